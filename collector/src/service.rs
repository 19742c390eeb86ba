//! The running collector.
//!
//! Each socket has a thread with its own lane. One more thread, the timer, closes the windows: it counts them with a number that the lanes read with every batch; a lane
//! that sees a new number hands over what it added to the old window, and goes on. So traffic is not needed to close a window, and no
//! lane ever waits for another.

use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use aggregator::{Delta, OpenWindow, Parties, Weights};
use arc_swap::ArcSwap;
use directory::Snapshot;
use schema::status::{DirectoryStatus, Listener, Status};
use schema::{Timestamp, Window};

use crate::batch::Batch;
use crate::counts::Counts;
use crate::lane::Lane;
use crate::outbox::Outbox;
use crate::roster::Roster;
use crate::socket::{self, BindError, Bound};

/// How often lanes hand over and the live view moves on.
const TICK: Duration = Duration::from_secs(1);

/// How long the timer waits for the lanes' last hand-over of a window. They wake up every [`socket::IDLE`], so only a machine that is
/// overloaded beyond use makes them later than this; what comes later is added to the next window, not lost.
const CLOSING: Duration = Duration::from_secs(5);

/// Hand-overs that may wait for the timer, for each lane. It bounds the memory that they hold. A lane sends one a tick, so it would wait for a place only if
/// the timer had been stuck for as many ticks; the kernel's buffer holds what comes meanwhile.
const HANDOVERS: usize = 4;

/// Weighing the running window for the live view may take this part of the timer's time; with very many cells the view moves on more slowly instead.
const PUBLISHING_SHARE: u32 = 20;

/// How long a receiving thread rests after an error, so that a lasting one does not fill the processor and the log.
const AFTER_ERROR: Duration = Duration::from_millis(200);

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
    /// Length of a window.
    pub window: Duration,
    /// How samples are weighed.
    pub weights: Weights,
}

/// What the rest of the program shares with the collector.
#[derive(Clone)]
pub struct Shared {
    /// The members, swapped whole by whoever reloads them.
    pub directory: Arc<ArcSwap<Snapshot>>,
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
                    lane: Lane::new(Parties::Members),
                    stats: SocketStats::default(),
                    stop: Arc::clone(&stop),
                    number: Arc::clone(&number),
                    directory: Arc::clone(&shared.directory),
                    handovers: sender.clone(),
                    empty: Arc::clone(&empty),
                };
                returns.push(empty);
                lanes.push(thread::Builder::new().name(format!("receive-{}", lanes.len())).spawn(move || lane.run())?);
            }
        }
        let timer = Timer::new(settings, shared, handovers, number, listeners, returns);
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
    }
}

/// What one socket counted since its start.
#[derive(Clone, Copy, Default)]
struct SocketStats {
    datagrams: u64,
    octets: u64,
    kernel_drops: u64,
    truncated: u64,
    errors: u64,
}

/// What a lane hands over.
struct Handover {
    lane: usize,
    listener: usize,
    /// Number of the window that the delta belongs to.
    number: u64,
    /// The lane adds nothing to that window any more.
    last: bool,
    delta: Delta,
    counts: Counts,
    stats: SocketStats,
}

/// A receiving thread.
struct Receiving {
    index: usize,
    listener: usize,
    socket: UdpSocket,
    lane: Lane,
    stats: SocketStats,
    stop: Arc<AtomicBool>,
    number: Arc<AtomicU64>,
    directory: Arc<ArcSwap<Snapshot>>,
    handovers: SyncSender<Handover>,
    empty: Arc<Mutex<Vec<Delta>>>,
}

impl Receiving {
    fn run(mut self) {
        let mut batch = match Batch::new() {
            Ok(batch) => batch,
            Err(error) => return tracing::error!(%error, "no memory for the buffers of a receiving thread; it does not receive"),
        };
        let mut directory = arc_swap::Cache::new(Arc::clone(&self.directory));
        let mut number = self.number.load(Ordering::Acquire);
        let mut ticked = Instant::now();
        while !self.stop.load(Ordering::Acquire) {
            self.receive(&mut batch, true, directory.load());
            let now = self.number.load(Ordering::Acquire);
            if now == number && ticked.elapsed() < TICK {
                continue;
            }
            self.hand_over(number, now != number);
            batch.ask_for_drops();
            if now != number {
                self.lane.forget_silent(Timestamp::now());
            }
            (number, ticked) = (now, Instant::now());
        }
        while self.receive(&mut batch, false, directory.load()) > 0 {}
        self.hand_over(self.number.load(Ordering::Acquire), true);
    }

    /// Reads one batch into the shard. Returns how many datagrams there were.
    fn receive(&mut self, batch: &mut Batch, waiting: bool, directory: &Snapshot) -> usize {
        if let Err(error) = batch.receive(&self.socket, waiting) {
            self.stats.errors += 1;
            tracing::warn!(%error, "receiving failed; going on");
            thread::sleep(AFTER_ERROR);
            return 0;
        }
        let at = Timestamp::now();
        let datagrams = batch.datagrams();
        let count = datagrams.len();
        for datagram in datagrams {
            self.stats.octets += datagram.payload.len() as u64;
            self.stats.truncated += u64::from(datagram.truncated);
            self.lane.datagram(datagram.source, datagram.payload, at, directory);
        }
        self.stats.datagrams += count as u64;
        self.stats.kernel_drops = u64::from(batch.kernel_drops);
        count
    }

    /// Hands over what was added to the window with this number.
    fn hand_over(&mut self, number: u64, last: bool) {
        let empty = self.empty.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        let (lane, listener, stats) = (self.index, self.listener, self.stats);
        let delta = self.lane.take(empty);
        let handover = Handover { lane, listener, number, last, delta, counts: self.lane.counts().clone(), stats };
        // The timer ends after all lanes, so the channel is open as long as there is a sender.
        let _ = self.handovers.send(handover);
    }
}

/// The thread that closes the windows.
struct Timer {
    settings: Settings,
    shared: Shared,
    handovers: Receiver<Handover>,
    number: Arc<AtomicU64>,
    open: OpenWindow,
    /// When the open window ends by a clock that nobody sets.
    ends: Instant,
    lanes: Vec<LaneView>,
    listeners: Vec<Listener>,
    roster: Roster,
    started: Timestamp,
    /// Hand-overs of the window after the one that is being closed.
    early: Vec<Handover>,
}

/// What the timer knows of a lane.
struct LaneView {
    listener: usize,
    finished: Option<u64>,
    counts: Counts,
    stats: SocketStats,
    empty: Arc<Mutex<Vec<Delta>>>,
}

impl Timer {
    fn new(
        settings: &Settings,
        shared: Shared,
        handovers: Receiver<Handover>,
        number: Arc<AtomicU64>,
        listeners: Vec<Listener>,
        returns: Vec<Arc<Mutex<Vec<Delta>>>>,
    ) -> Self {
        let now = Timestamp::now();
        let open = OpenWindow::new(Arc::clone(&settings.exchange), settings.window, now, serial(now));
        let ends = Instant::now() + open.end().since(now);
        let view = |empty| LaneView { listener: 0, finished: None, counts: Counts::default(), stats: SocketStats::default(), empty };
        let lanes = returns.into_iter().map(view).collect();
        let settings = settings.clone();
        Self {
            settings,
            shared,
            handovers,
            number,
            open,
            ends,
            lanes,
            listeners,
            roster: Roster::default(),
            started: now,
            early: Vec::new(),
        }
    }

    fn run(mut self) {
        let mut due = self.publish();
        loop {
            let patience = self.ends.min(due).saturating_duration_since(Instant::now());
            match self.handovers.recv_timeout(patience) {
                Ok(handover) => self.take(handover),
                Err(RecvTimeoutError::Timeout) => {}
                // All lanes have ended.
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if Instant::now() >= self.ends {
                due = self.turn();
            }
            if Instant::now() >= due {
                due = self.publish();
            }
        }
        let now = Timestamp::now();
        self.close(now);
        self.shared.outbox.close();
        self.publish();
    }

    /// Ends the open window and begins the next. Returns when to publish again.
    fn turn(&mut self) -> Instant {
        let old = self.number.fetch_add(1, Ordering::AcqRel);
        let deadline = Instant::now() + CLOSING;
        while !self.lanes.iter().all(|lane| lane.finished >= Some(old)) {
            match self.handovers.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(handover) if handover.number > old => self.early.push(handover),
                Ok(handover) => self.take(handover),
                Err(_) => break,
            }
        }
        let now = Timestamp::now();
        self.close(now.max(self.open.end()));
        self.open.reopen(now, serial(now));
        self.ends = Instant::now() + self.open.end().since(now);
        for handover in std::mem::take(&mut self.early) {
            self.take(handover);
        }
        self.publish()
    }

    fn take(&mut self, handover: Handover) {
        self.open.merge(&handover.delta);
        self.roster.add(&handover.delta.exporters);
        let Some(lane) = self.lanes.get_mut(handover.lane) else { return };
        lane.listener = handover.listener;
        lane.counts = handover.counts;
        lane.stats = handover.stats;
        if handover.last {
            lane.finished = Some(handover.number);
        }
        lane.empty.lock().unwrap_or_else(PoisonError::into_inner).push(handover.delta);
    }

    /// Sends the open window on its way to the store. An empty one goes too: that nothing came is a measurement, and no gap.
    fn close(&mut self, now: Timestamp) {
        let window = self.open.close(now, self.settings.weights);
        self.shared.outbox.put(window);
    }

    /// Writes the status with the running window as it stands. Returns when to do it again.
    fn publish(&mut self) -> Instant {
        let (began, now) = (Instant::now(), Timestamp::now());
        let running: Arc<Window> = Arc::new(self.open.close(now, self.settings.weights));
        let (waiting, store) = self.shared.outbox.status();
        let mut counts = Counts::default();
        self.lanes.iter().for_each(|lane| counts.merge(&lane.counts));
        let status = Status {
            started: self.started,
            at: now,
            running,
            waiting,
            listeners: self.listener_status(),
            exporters: self.roster.status(&self.settings.exchange, &self.open),
            skipped: counts.skipped().collect(),
            directory: DirectoryStatus::clone(&self.shared.directory_status.load()),
            store,
        };
        self.shared.status.store(Arc::new(status));
        began + TICK.max(began.elapsed() * PUBLISHING_SHARE)
    }

    fn listener_status(&self) -> Vec<Listener> {
        let mut listeners = self.listeners.clone();
        for lane in &self.lanes {
            let Some(listener) = listeners.get_mut(lane.listener) else { continue };
            listener.datagrams += lane.stats.datagrams;
            listener.octets += lane.stats.octets;
            listener.kernel_drops += lane.stats.kernel_drops;
            listener.truncated += lane.stats.truncated;
            listener.errors += lane.stats.errors;
        }
        listeners
    }
}

/// A window's serial in a running service: the moment at which it was opened, which no other window of this exchange shares.
fn serial(opened: Timestamp) -> u64 {
    opened.millis().unsigned_abs()
}
