//! `chorsu demo`: a simulated exchange in the browser.
//!
//! Its history goes through the same decoder, matrix and journal as live traffic, by the simulator's own clock; then the exchange goes on
//! with the world's clock and sends real sFlow over loopback.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use aggregator::{Parties, Weights};
use collector::Wanted;
use collector::replay::{self, Replay};
use directory::places::{PlaceSource, SourceKind};
use schema::{Level, Timestamp};
use simulator::{Exchange, HOME, Plan};
use store::{Journal, Retention};

use super::run;
use super::simulate::{STEP, sender};
use crate::cli::Demo;
use crate::config::{Collect, Config, Economy, Http, Share, Store};
use crate::failure::{Context, Failure, Outcome, print};
use crate::{config, places, progress, wiring};

/// Samples a second at the evening peak: as many as a medium exchange has.
const PEAK_SAMPLES_PER_SECOND: f64 = 400.0;

/// One frame in so many is sampled, as on switches of many ports of 10 and 100 Gbit/s.
const SAMPLING: u32 = 16_384;

/// File in the demo's folder: statistics of a registry that does not exist, from which is known where its members' customers are.
const REGISTRY: &str = "delegated-simulated-extended-latest";

/// How much longer than its history the demo keeps the windows themselves.
const A_DAY: Duration = Duration::from_secs(86_400);

/// From where the switches' datagrams come: over loopback, in the history as afterwards.
const FROM: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A history that ends so shortly before now is whole. A large exchange takes as long for a short step as the step is: it would never come nearer.
const CAUGHT_UP: Duration = Duration::from_secs(1);

/// Receive buffer of the demo, in octets: its datagrams are few.
const RECEIVE_BUFFER: usize = 1 << 20;

pub(crate) fn demo(asked: &Demo) -> Outcome {
    run::log();
    run::pages_can_be_served(asked.listen)?;
    let folder = Folder::open(asked.data.as_deref())?;
    let config = config_of(asked, &folder.path);
    let plan = Plan {
        exchange: config.exchange.name.to_string(),
        members: usize::from(asked.members),
        peak_samples_per_second: PEAK_SAMPLES_PER_SECOND,
        sampling: SAMPLING,
        seed: asked.seed,
        ..Plan::default()
    };
    let start = Timestamp::now().minus(asked.history).floor(Level::Minute.span());
    let mut exchange = Exchange::new(&plan, start);
    let members = folder.path.join("members.toml");
    std::fs::write(&members, exchange.members_toml()).context(format!("{} cannot be written", members.display()))?;
    let registry = folder.path.join(REGISTRY);
    std::fs::write(&registry, exchange.registry()).context(format!("{} cannot be written", registry.display()))?;
    fill(&mut exchange, &config, &members)?;
    let house = wiring::build(&config)?;
    let to = house.addresses().first().copied().ok_or_else(|| Failure::new("the demo has no address to send to"))?;
    let switches = Switches::start(exchange, to)?;
    let (length, listen) = (asked.length, config.http.listen);
    let stop = async move {
        match length {
            Some(length) => {
                let _ = tokio::time::timeout(length, run::stopped()).await;
            }
            None => run::stopped().await,
        }
    };
    let served = run::serve(house, listen, announce, stop);
    switches.stop();
    served
}

fn announce(address: SocketAddr) {
    // The address is what a person or a script waits for; without a reader the demo goes on all the same.
    let _ = print(format!("The exchange is at http://{address}/ (stop with Ctrl-C)\n"));
}

fn config_of(asked: &Demo, data: &Path) -> Config {
    Config {
        exchange: config::Exchange { name: "demo-ix".into(), title: "Demo Internet Exchange".into() },
        collect: Collect {
            listen: vec![SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0)],
            wanted: Wanted { threads: Some(1), receive_buffer: Some(RECEIVE_BUFFER), batch: None },
            window: Level::Minute.span(),
            weights: Weights::Observed,
            allow: Vec::new(),
        },
        members: Some(data.join("members.toml")),
        clickhouse: None,
        store: Store { data: data.to_owned(), keep: Retention { minutes: Some(asked.history + A_DAY), ..Retention::default() } },
        http: Http { listen: asked.listen, hosts: Vec::new() },
        economy: HOME.parse::<schema::Economy>().ok().map(|home| Economy {
            home: home.into(),
            sources: vec![PlaceSource { kind: SourceKind::Registry, file: data.join(REGISTRY) }],
        }),
        layer2_only: false,
        share: Share::default(),
        exporters: Vec::new(),
    }
}

/// Fills the history until the exchange's clock has come up with the world's.
fn fill(exchange: &mut Exchange, config: &Config, members: &Path) -> Outcome {
    let directory = Arc::new(directory::load(members).plain()?);
    let mut journal = wiring::open_journal(&config.store)?;
    let settings = replay::Settings {
        exchange: Arc::clone(&config.exchange.name),
        window: config.collect.window,
        weights: config.collect.weights,
        parties: Parties::Members,
        policies: Arc::default(),
    };
    let mut replay = Replay::new(settings, directory).knowing(config.economy.as_ref().map(places::read));
    let mut kept: Result<(), store::StoreError> = Ok(());
    let start = exchange.now();
    let total = Timestamp::now().since(start);
    let bar = progress::steps(u64::try_from(total.as_millis()).unwrap_or(u64::MAX), "filling the history");
    let mut sink = keep_in(&mut journal, &mut kept);
    loop {
        let behind = Timestamp::now().since(exchange.now());
        if behind < CAUGHT_UP {
            break;
        }
        exchange.advance(behind.min(Level::Minute.span()), &mut |datagram| replay.datagram(FROM, datagram.bytes, datagram.at, &mut sink));
        bar.set_position(u64::try_from(exchange.now().since(start).as_millis()).unwrap_or(u64::MAX));
    }
    let _ = replay.finish(&mut sink);
    drop(sink);
    kept.and_then(|()| journal.sync()).and_then(|()| journal.maintain(Timestamp::now()).map(drop)).plain()?;
    bar.finish_and_clear();
    Ok(())
}

fn keep_in<'a>(journal: &'a mut Journal, kept: &'a mut Result<(), store::StoreError>) -> impl FnMut(schema::Window) + 'a {
    |window| {
        if kept.is_ok() {
            *kept = journal.append_bulk(&window).map(drop);
        }
    }
}

/// The simulated switches, sending from a thread of their own.
struct Switches {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Switches {
    fn start(mut exchange: Exchange, to: SocketAddr) -> Outcome<Self> {
        let socket = sender(to)?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let work = move || {
            let (began, start) = (Instant::now(), exchange.now());
            while !stopped.load(Ordering::Acquire) {
                exchange.advance(STEP, &mut |datagram| {
                    // UDP: what does not arrive is lost, and shows as lost.
                    let _ = socket.send_to(datagram.bytes, to);
                });
                std::thread::sleep(exchange.now().since(start).saturating_sub(began.elapsed()));
            }
        };
        let thread = std::thread::Builder::new().name("switches".into()).spawn(work).context("the simulated switches cannot be started")?;
        Ok(Self { stop, thread })
    }

    fn stop(self) {
        self.stop.store(true, Ordering::Release);
        // A switch that panicked has said so on standard error.
        let _ = self.thread.join();
    }
}

/// The demo's folder; a temporary one goes with it.
struct Folder {
    path: PathBuf,
    temporary: bool,
}

impl Folder {
    fn open(given: Option<&Path>) -> Outcome<Self> {
        let temporary = given.is_none();
        let path = given.map_or_else(|| std::env::temp_dir().join(format!("chorsu-demo-{}", std::process::id())), Path::to_owned);
        std::fs::create_dir_all(&path).context(format!("{} cannot be made", path.display()))?;
        Ok(Self { path, temporary })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary {
            // What cannot be removed is left to the system's own cleaning of temporary files.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
