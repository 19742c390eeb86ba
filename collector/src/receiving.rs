//! A receiving thread: one socket, one lane.

use std::net::{IpAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use aggregator::Delta;
use arc_swap::ArcSwap;
use directory::Snapshot;
use schema::Timestamp;

use crate::batch::Batch;
use crate::counts::Counts;
use crate::lane::Lane;
use crate::socket;
use crate::templates::TemplateCounts;
use crate::templates::book::Learned;

/// How often lanes hand over and the live view moves on.
pub(crate) const TICK: Duration = Duration::from_secs(1);

/// How long a receiving thread rests after an error, so that a lasting one does not fill the processor and the log.
const AFTER_ERROR: Duration = Duration::from_millis(200);

/// What one socket counted since its start.
#[derive(Clone, Copy, Default)]
pub(crate) struct SocketStats {
    pub(crate) datagrams: u64,
    pub(crate) octets: u64,
    pub(crate) kernel_drops: u64,
    pub(crate) truncated: u64,
    pub(crate) errors: u64,
}

/// What a lane hands over.
pub(crate) struct Handover {
    pub(crate) lane: usize,
    pub(crate) listener: usize,
    /// Number of the window that the delta belongs to.
    pub(crate) number: u64,
    /// The lane adds nothing to that window any more.
    pub(crate) last: bool,
    pub(crate) delta: Delta,
    pub(crate) counts: Counts,
    pub(crate) stats: SocketStats,
    /// Senders that are not on the allow-list, with their datagrams.
    pub(crate) strangers: Vec<(IpAddr, u64)>,
    /// How many templates each exporter has, where that changed.
    pub(crate) templates: Option<TemplateCounts>,
    /// What exporters said anew; with the last hand-over of a window.
    pub(crate) learned: Vec<Learned>,
}

/// A receiving thread.
pub(crate) struct Receiving {
    pub(crate) index: usize,
    pub(crate) listener: usize,
    pub(crate) socket: UdpSocket,
    /// Datagrams to read by one system call.
    pub(crate) batch: usize,
    pub(crate) lane: Lane,
    pub(crate) stats: SocketStats,
    pub(crate) stop: Arc<AtomicBool>,
    pub(crate) number: Arc<AtomicU64>,
    pub(crate) directory: Arc<ArcSwap<Snapshot>>,
    pub(crate) handovers: SyncSender<Handover>,
    pub(crate) empty: Arc<Mutex<Vec<Delta>>>,
}

impl Receiving {
    pub(crate) fn run(mut self) {
        let mut batch = Batch::new(self.batch);
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
        count
    }

    /// Hands over what was added to the window with this number.
    fn hand_over(&mut self, number: u64, last: bool) {
        let empty = self.empty.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        if let Some(drops) = socket::drops(&self.socket) {
            self.stats.kernel_drops = drops.into();
        }
        let (lane, listener, stats) = (self.index, self.listener, self.stats);
        self.lane.expire(Timestamp::now());
        let handover = Handover {
            lane,
            listener,
            number,
            last,
            delta: self.lane.take(empty),
            counts: self.lane.counts().clone(),
            stats,
            strangers: self.lane.strangers().to_vec(),
            templates: self.lane.template_counts(),
            learned: if last { self.lane.learned() } else { Vec::new() },
        };
        // The timer ends after all lanes, so the channel is open as long as there is a sender.
        let _ = self.handovers.send(handover);
    }
}
