//! How the rooms are put together, in one visible place.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use aggregator::policy::Policies;
use arc_swap::ArcSwap;
use collector::service::Shared;
use collector::{Outbox, Service, Settings, Sizes};
use dashboards::Site;
use schema::status::Status;
use store::shipping::{Shipper, Shipping, Watch};
use store::{Journal, Options, Reader};

use crate::books::Shelf;
use crate::config::{Config, Store};
use crate::failure::{Context, Outcome};
use crate::keeper;
use crate::members::Members;
use crate::places::Look;
use crate::shipping;
use crate::warehouse;

/// File in the data folder for the templates of NetFlow v9 and IPFIX, so that a start need not wait for exporters to repeat them.
const TEMPLATES: &str = "templates.jsonl";

/// Everything that `run` and `demo` start.
pub(crate) struct House {
    service: Service,
    keeper: JoinHandle<()>,
    shipping: Option<Shipping>,
    watch: Option<Watch>,
    pub(crate) members: Members,
    pub(crate) books: Shelf,
    /// `None` where nothing above layer 2 is looked at.
    pub(crate) places: Option<Look>,
    pub(crate) status: Arc<ArcSwap<Status>>,
    /// How it receives.
    pub(crate) sizes: Sizes,
    config: Config,
    reader: Arc<Reader>,
}

/// Puts the rooms together and starts to receive. The pages are served by whoever asked; see [`House::site`].
///
/// The order matters: what can be refused is asked first, so that a mistake leaves nothing half started.
pub(crate) fn build(config: &Config) -> Outcome<House> {
    let members = Members::load(config.members.clone())?;
    let books = Shelf::open(&config.share)?;
    let mut journal = open_journal(&config.store)?;
    let shipper = match &config.clickhouse {
        Some(clickhouse) => Some(shipping::open(config, clickhouse, shipping::changed_members(&config.exchange.name, &members))?),
        None => None,
    };
    if let Some(shipper) = &shipper {
        journal.hold_back(shipper.hold());
    }
    let watch = shipper.as_ref().map(Shipper::watch);
    let reader = Arc::new(warehouse::reader(&config.store.data, Some(config))?);
    let outbox = Arc::new(Outbox::default());
    let status = Arc::new(ArcSwap::from_pointee(Status::default()));
    let shared = Shared {
        directory: Arc::clone(&members.current),
        directory_status: Arc::clone(&members.status),
        outbox: Arc::clone(&outbox),
        status: Arc::clone(&status),
    };
    let places = config.economy.as_ref().map(|economy| Look::start(economy, &members)).transpose()?;
    let sizes = config.collect.sizes();
    let service = Service::start(&settings(config, &sizes), shared).plain()?;
    let keeper = keeper::start(journal, outbox).context("the thread that writes the journal cannot be started")?;
    let shipping = shipper.map(Shipping::start).transpose().context("the thread that ships to ClickHouse cannot be started")?;
    Ok(House { service, keeper, shipping, watch, members, books, places, status, sizes, config: config.clone(), reader })
}

/// Opens the journal for writing.
pub(crate) fn open_journal(store: &Store) -> Outcome<Journal> {
    Journal::open(&store.data, Options { retention: store.keep }).plain()
}

fn settings(config: &Config, sizes: &Sizes) -> Settings {
    Settings {
        exchange: Arc::clone(&config.exchange.name),
        listen: config.collect.listen.clone(),
        threads: sizes.threads,
        receive_buffer: sizes.receive_buffer,
        batch: sizes.batch,
        window: config.collect.window,
        weights: config.collect.weights,
        policies: Arc::new(Policies::new(config.exporters.clone())),
        allow: config.collect.allow.clone(),
        templates: Some(config.store.data.join(TEMPLATES)),
    }
}

impl House {
    /// What the pages show.
    pub(crate) fn site(&self) -> Site {
        let exchange = &self.config.exchange;
        Site {
            exchange: dashboards::ExchangeInfo { name: exchange.name.to_string(), title: exchange.title.clone() },
            reader: Arc::clone(&self.reader),
            status: Arc::clone(&self.status),
            shipping: self.watch.clone(),
            books: Arc::clone(&self.books.current),
            directory: Arc::clone(self.members.current.snapshot()),
            hosts: self.config.http.hosts.clone(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    /// Where it listens for datagrams.
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        self.service.addresses()
    }

    /// Takes what has been received, closes the running window, writes it, and ends.
    pub(crate) fn stop(self) {
        self.service.stop();
        // A keeper that panicked leaves its windows to the log; there is nothing else to wait for.
        let _ = self.keeper.join();
        if let Some(shipping) = self.shipping {
            shipping.stop();
        }
    }
}

/// Whether a folder can take a journal; used by `check`, which starts nothing.
pub(crate) fn data_is_usable(data: &Path) -> Result<(), String> {
    let nearest = data.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("."));
    let writable =
        nix::unistd::access(if nearest.as_os_str().is_empty() { Path::new(".") } else { nearest }, nix::unistd::AccessFlags::W_OK);
    writable.map_err(|error| {
        format!("{} cannot be written: {error}; give the folder to the user that runs chorsu, or change `store.data`", nearest.display())
    })
}
