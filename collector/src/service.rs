//! The running collector.
//!
//! Each socket has a thread with its own lane. One more thread, the timer, closes the windows: it counts them with a number that the lanes
//! read with every batch; a lane that sees a new number hands over what it added to the old window, and goes on. So traffic is not needed
//! to close a window, and no lane ever waits for another.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use aggregator::{Parties, Policies, Weights};
use arc_swap::ArcSwap;
use directory::Current;
use ipnet::IpNet;
use schema::Timestamp;
use schema::status::{DirectoryStatus, Listener, Status};

use crate::lane::Lane;
use crate::outbox::Outbox;
use crate::receiving::{Receiving, SocketStats};
use crate::socket::{self, BindError, Bound};
use crate::templates::book::Book;
use crate::templates::book_file;
use crate::templates::scribe::Scribe;
use crate::timer::{Memory, Timer};

/// Hand-overs that may wait for the timer, for each lane. It bounds the memory that they hold. A lane sends one a tick, so it would wait
/// for a place only if the timer had been stuck for as many ticks; the kernel's buffer holds what comes meanwhile.
const HANDOVERS: usize = 4;

/// How the collector works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The exchange's short name, stored with every row.
    pub exchange: Arc<str>,
    /// Where to listen.
    pub listen: Vec<SocketAddr>,
    /// Receiving threads for each address.
    pub threads: usize,
    /// Receive buffer to ask the kernel for, in octets for each socket.
    pub receive_buffer: usize,
    /// Datagrams to read by one system call, 1 to [`MOST_BATCH`](crate::MOST_BATCH).
    pub batch: usize,
    /// Length of a window.
    pub window: Duration,
    /// How samples are weighed.
    pub weights: Weights,
    /// What the operator knows better than exporters say.
    pub policies: Arc<Policies>,
    /// Who may export here; everyone if it is empty. Others' datagrams are counted, and nothing else is done with them.
    pub allow: Vec<IpNet>,
    /// The file in which exporters' templates and sampling rates outlive a restart; none if they need not.
    pub templates: Option<PathBuf>,
}

/// What the rest of the program shares with the collector.
#[derive(Clone)]
pub struct Shared {
    /// The members: whoever reloads them replaces them, and each window begins with those of its time.
    pub directory: Arc<Current>,
    /// What is said of the directory; whoever reloads it writes this too.
    pub directory_status: Arc<ArcSwap<DirectoryStatus>>,
    /// Where closed windows go.
    pub outbox: Arc<Outbox>,
    /// The collector as it stands, written with every tick.
    pub status: Arc<ArcSwap<Status>>,
}

/// A collector that runs until [`Service::stop`].
pub struct Service {
    stop: Arc<AtomicBool>,
    timer: JoinHandle<()>,
    lanes: Vec<JoinHandle<()>>,
    addresses: Vec<SocketAddr>,
}

/// Why the collector did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be used.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// A thread could not be had.
    #[error("the receiving threads cannot be started: {0}; lower `collect.threads` or give the service more memory")]
    Threads(#[from] std::io::Error),
}

impl Service {
    /// Binds the addresses and starts to receive.
    ///
    /// # Errors
    /// Says in one sentence why an address cannot be used; nothing is started then.
    pub fn start(settings: &Settings, shared: Shared) -> Result<Self, StartError> {
        let bound: Vec<Bound> = settings
            .listen
            .iter()
            .map(|address| socket::bind(*address, settings.threads, settings.receive_buffer))
            .collect::<Result<_, _>>()?;
        let addresses = bound.iter().map(|bound| bound.address).collect();
        let (stop, number) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (sender, handovers) = mpsc::sync_channel(HANDOVERS * settings.threads.max(1) * settings.listen.len().max(1));
        let book = settings.templates.as_deref().map(remembered).unwrap_or_default();
        let scribe = settings.templates.clone().map(Scribe::start).transpose()?;
        let (before, allowed): (Arc<Book>, Arc<[IpNet]>) = (Arc::new(book.clone()), settings.allow.clone().into());
        let mut listeners = Vec::new();
        let mut lanes = Vec::new();
        let mut returns = Vec::new();
        for (listener, bound) in bound.into_iter().enumerate() {
            listeners.push(listener_status(&bound));
            for socket in bound.sockets {
                let empty = Arc::new(Mutex::new(Vec::new()));
                let lane = Receiving {
                    index: returns.len(),
                    listener,
                    socket,
                    batch: settings.batch,
                    lane: Lane::new(Parties::Members, Arc::clone(&settings.policies), settings.window)
                        .admitting(Arc::clone(&allowed))
                        .remembering(Arc::clone(&before)),
                    stats: SocketStats::default(),
                    stop: Arc::clone(&stop),
                    number: Arc::clone(&number),
                    directory: Arc::clone(shared.directory.snapshot()),
                    handovers: sender.clone(),
                    empty: Arc::clone(&empty),
                };
                returns.push(empty);
                lanes.push(thread::Builder::new().name(format!("receive-{}", lanes.len())).spawn(move || lane.run())?);
            }
        }
        let timer = Timer::new(settings, shared, handovers, number, listeners, returns, Memory { book, scribe });
        let timer = thread::Builder::new().name("timer".into()).spawn(move || timer.run())?;
        Ok(Self { stop, timer, lanes, addresses })
    }

    /// The addresses on which it listens, in the order of the settings; ports that were asked for as 0 have their number.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Takes what the kernel has already received, closes the running window as partial, and stops. The outbox is closed when it returns.
    pub fn stop(self) {
        self.stop.store(true, Ordering::Release);
        for lane in self.lanes {
            // A lane that panicked has handed over what it had with its last tick; the others' windows must still be closed.
            let _ = lane.join();
        }
        let _ = self.timer.join();
    }
}

/// What exporters said before the start. A file that cannot be used costs only the time until they say it again.
fn remembered(path: &Path) -> Book {
    let mut book = book_file::read(path).unwrap_or_else(|error| {
        tracing::warn!("{error}");
        Book::default()
    });
    book.forget_silent(Timestamp::now());
    book
}

fn listener_status(bound: &Bound) -> Listener {
    Listener {
        address: bound.address,
        threads: bound.sockets.len(),
        receive_buffer: bound.receive_buffer,
        datagrams: 0,
        octets: 0,
        kernel_drops: 0,
        truncated: 0,
        errors: 0,
        refused: 0,
    }
}
