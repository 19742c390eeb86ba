//! The thread that closes the windows and publishes the status.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aggregator::{Delta, OpenWindow};
use schema::status::{DirectoryStatus, Ledger, Listener, Status};
use schema::{Timestamp, Window};

use crate::admission;
use crate::counts::Counts;
use crate::listening::{Listening, OfLane};
use crate::receiving::{Handover, SocketStats, TICK};
use crate::roster::Roster;
use crate::service::{Settings, Shared};
use crate::templates::TemplateCounts;
use crate::templates::book::Book;
use crate::templates::scribe::Scribe;

/// How long the timer waits for the lanes' last hand-over of a window. They wake up every [`IDLE`](crate::socket::IDLE), so only a machine
/// that is overloaded beyond use makes them later than this; what comes later is added to the next window, not lost.
const CLOSING: Duration = Duration::from_secs(5);

/// Weighing the running window for the live view may take this part of the timer's time; with very many cells the view moves on more slowly
/// instead.
const PUBLISHING_SHARE: u32 = 20;

/// The thread that closes the windows.
pub(crate) struct Timer {
    settings: Settings,
    shared: Shared,
    handovers: Receiver<Handover>,
    number: Arc<AtomicU64>,
    open: OpenWindow,
    /// When the open window ends by a clock that nobody sets.
    ends: Instant,
    lanes: Vec<LaneView>,
    listening: Listening,
    roster: Roster,
    started: Timestamp,
    /// Hand-overs of the window after the one that is being closed.
    early: Vec<Handover>,
    memory: Memory,
}

/// What exporters said, and who writes it down.
pub(crate) struct Memory {
    pub(crate) book: Book,
    pub(crate) scribe: Option<Scribe>,
}

/// What the timer knows of a lane.
struct LaneView {
    listener: usize,
    finished: Option<u64>,
    counts: Counts,
    stats: SocketStats,
    strangers: Vec<(IpAddr, u64)>,
    templates: TemplateCounts,
    empty: Arc<Mutex<Vec<Delta>>>,
}

impl Timer {
    pub(crate) fn new(
        settings: &Settings,
        shared: Shared,
        handovers: Receiver<Handover>,
        number: Arc<AtomicU64>,
        listeners: Vec<Listener>,
        returns: Vec<Arc<Mutex<Vec<Delta>>>>,
        memory: Memory,
    ) -> Self {
        let now = Timestamp::now();
        let open = OpenWindow::new(Arc::clone(&settings.exchange), settings.window, now, serial(now));
        let ends = Instant::now() + open.end().since(now);
        let view = |empty| LaneView {
            listener: 0,
            finished: None,
            counts: Counts::default(),
            stats: SocketStats::default(),
            strangers: Vec::new(),
            templates: TemplateCounts::new(),
            empty,
        };
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
            listening: Listening::new(listeners),
            roster: Roster::default(),
            started: now,
            early: Vec::new(),
            memory,
        }
    }

    pub(crate) fn run(mut self) {
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
        self.open.take_rest(self.settings.weights).into_iter().for_each(|window| self.shared.outbox.put_late(window));
        self.shared.outbox.close();
        self.publish();
        if let Memory { mut book, scribe: Some(scribe) } = self.memory {
            scribe.finish(&mut book);
        }
    }

    /// Ends the open window and begins the next. Returns when to publish again.
    fn turn(&mut self) -> Instant {
        self.keep_up_members();
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
        self.open.take_late(self.settings.weights).into_iter().for_each(|window| self.shared.outbox.put_late(window));
        self.keep_templates(now);
        self.open.reopen(now, serial(now));
        self.ends = Instant::now() + self.open.end().since(now);
        for handover in std::mem::take(&mut self.early) {
            self.take(handover);
        }
        self.publish()
    }

    /// Takes members' claims into use, and out of it, of which the time has come. It is done before the number is raised: whoever sees the
    /// new number sees the new members too, so the window that begins is attributed by them from its first sample on.
    fn keep_up_members(&self) {
        let begins = Timestamp::now().max(self.open.end());
        if self.shared.directory.keep_up(begins) {
            tracing::info!("members' claims have begun or ended; the window from {begins} on is attributed by those that hold now");
        }
    }

    fn take(&mut self, handover: Handover) {
        self.open.merge(&handover.delta);
        self.roster.add(&handover.delta.exporters);
        for (key, tally) in &handover.delta.exporters {
            self.memory.book.heard(key.source, key.protocol, tally.last_seen);
        }
        self.memory.book.learn(handover.learned, Timestamp::now());
        let Some(lane) = self.lanes.get_mut(handover.lane) else { return };
        lane.listener = handover.listener;
        lane.counts = handover.counts;
        lane.stats = handover.stats;
        lane.strangers = handover.strangers;
        lane.templates = handover.templates.unwrap_or(std::mem::take(&mut lane.templates));
        if handover.last {
            lane.finished = Some(handover.number);
        }
        lane.empty.lock().unwrap_or_else(PoisonError::into_inner).push(handover.delta);
    }

    /// Has what exporters said written down, if anything is new.
    fn keep_templates(&mut self, now: Timestamp) {
        if let Memory { book, scribe: Some(scribe) } = &mut self.memory {
            book.forget_silent(now);
            scribe.offer(book);
        }
    }

    /// Sends the open window on its way to the store. An empty one goes too: that nothing came is a measurement, and no gap.
    fn close(&mut self, now: Timestamp) {
        let window = self.window(now);
        self.listening.close(of_lanes(&self.lanes));
        self.roster.add(&self.open.weighed(self.settings.weights));
        self.shared.outbox.put(window);
    }

    /// The open window as it stands.
    fn window(&self, now: Timestamp) -> Window {
        let listeners = self.listening.rows(self.open.start(), &self.settings.exchange, of_lanes(&self.lanes));
        Window { listeners, ..self.open.close(now, self.settings.weights) }
    }

    /// Writes the status with the running window as it stands. Returns when to do it again.
    fn publish(&mut self) -> Instant {
        let (began, now) = (Instant::now(), Timestamp::now());
        let running = Arc::new(self.window(now));
        let (waiting, store) = self.shared.outbox.status();
        let mut counts = Counts::default();
        self.lanes.iter().for_each(|lane| counts.merge(&lane.counts));
        let templates: Vec<&TemplateCounts> = self.lanes.iter().map(|lane| &lane.templates).collect();
        let status = Status {
            started: self.started,
            at: now,
            running,
            waiting,
            listeners: self.listening.status(of_lanes(&self.lanes)),
            exporters: self.roster.status(&self.settings.exchange, &self.open, self.settings.weights, &templates),
            skipped: counts.skipped().collect(),
            strangers: admission::busiest(self.lanes.iter().map(|lane| lane.strangers.as_slice())),
            directory: DirectoryStatus::clone(&self.shared.directory_status.load()),
            store,
            ledger: Ledger { lost: self.shared.outbox.lost_samples(), ..self.open.ledger() },
        };
        self.shared.status.store(Arc::new(status));
        began + TICK.max(began.elapsed() * PUBLISHING_SHARE)
    }
}

/// What the lanes counted since the start, as far as they handed over.
fn of_lanes(lanes: &[LaneView]) -> impl Iterator<Item = OfLane<'_>> {
    lanes.iter().map(|lane| (lane.listener, &lane.stats, &lane.counts))
}

/// A window's serial in a running service: the moment at which it was opened, which no other window of this exchange shares.
fn serial(opened: Timestamp) -> u64 {
    opened.millis().unsigned_abs()
}
