//! Captures through the same lane and the same windows as the running collector, by the captures' own clock.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::hash::Hasher;
use std::io::{self, Read};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aggregator::ports::{Growth, PortKey};
use aggregator::{Delta, ExporterKey, ExporterTally, OpenWindow, Parties, Policies, Weights};
use directory::places::Places;
use directory::{Directory, Snapshot};
use schema::sample::Direction;
use schema::status::Ledger;
use schema::{CellKey, Rate, Sums, Timestamp, Window};

use crate::capture::{self, CaptureError, End};
use crate::counts::Counts;
use crate::lane::{Lane, Taken};
use crate::receiving::TICK;
use crate::roster::rates;

/// How a capture is replayed.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The exchange's short name, stored with every row.
    pub exchange: Arc<str>,
    /// Length of a window.
    pub window: Duration,
    /// How samples are weighed.
    pub weights: Weights,
    /// Who counts as a party of the matrix.
    pub parties: Parties,
    /// What the operator knows better than exporters say.
    pub policies: Arc<Policies>,
}

/// What was read and what it sums to.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Files read to their end or to where they are cut.
    pub files: u64,
    /// Files that end in the middle of a packet.
    pub cut: u64,
    /// Packets.
    pub packets: u64,
    /// Packets that carry no flow datagram.
    pub not_flow: u64,
    /// What the lane counted.
    pub counts: Counts,
    /// The matrix over all windows.
    pub cells: BTreeMap<CellKey, Sums>,
    /// Exporters with the sampling rates that they told, or that the operator knows better.
    pub exporters: BTreeMap<ExporterKey, (ExporterTally, BTreeSet<Rate>)>,
    /// Ports with the growth of their counters.
    pub ports: BTreeMap<PortKey, Growth>,
    /// What was sampled at each port, whether it counts in the matrix or was set aside.
    pub port_samples: BTreeMap<SampledPort, Sums>,
    /// The time that the windows measured.
    pub measured: Duration,
    /// What came, held against what lies in the windows: both are the same unless this program is wrong.
    pub ledger: Ledger,
}

/// A port and a direction in which it was sampled.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SampledPort {
    /// Agent address, as it is written to the rows.
    pub agent: Arc<str>,
    /// ifIndex.
    pub if_index: u32,
    /// Whether these are frames that the port received or sent, or that the exporter does not tell.
    pub direction: Direction,
}

impl Summary {
    /// Adds a window that has ended.
    fn add(&mut self, window: &Window) {
        for row in &window.cells {
            let Some(reason) = row.reason() else { continue };
            let localities = row.localities();
            let key = CellKey { src: row.src(), dst: row.dst(), vlan: row.vlan, ip_version: row.ip_version, reason, localities };
            self.cells.entry(key).or_default().merge(row.sums());
        }
        for row in &window.port_samples {
            let port = SampledPort { agent: Arc::clone(&row.agent), if_index: row.if_index, direction: Direction::from_code(row.egress) };
            self.port_samples.entry(port).or_default().merge(row.sums());
        }
        let measured = window.measured();
        self.measured += measured.to.since(measured.from);
    }
}

/// A replay over one or several captures.
pub struct Replay {
    settings: Settings,
    directory: Arc<Directory>,
    /// The directory as it is at the open window's start.
    members: Snapshot,
    /// What is known of addresses.
    places: Option<Arc<Places>>,
    lane: Lane,
    open: Option<OpenWindow>,
    empty: Delta,
    summary: Summary,
    serial: u64,
    /// Time of the latest datagram: until then the open window is measured.
    latest: Timestamp,
    /// When data sets that wait for their template were last looked through.
    ticked: Timestamp,
}

/// What happens with a window as soon as its time is over.
pub type Sink<'a> = &'a mut dyn FnMut(Window);

impl Replay {
    /// A replay that has read nothing yet.
    #[must_use]
    pub fn new(settings: Settings, directory: Arc<Directory>) -> Self {
        let lane = Lane::new(settings.parties, Arc::clone(&settings.policies), settings.window);
        Self {
            settings,
            members: directory.as_of(Timestamp::default()),
            directory,
            places: None,
            lane,
            open: None,
            empty: Delta::default(),
            summary: Summary::default(),
            serial: 0,
            latest: Timestamp::default(),
            ticked: Timestamp::default(),
        }
    }

    /// The same where this is known of addresses, whenever they were seen.
    #[must_use]
    pub fn knowing(mut self, places: Option<Arc<Places>>) -> Self {
        self.members = self.members.with_places(places.clone());
        self.places = places;
        self
    }

    /// Reads one capture. `sink` gets each window that ends; `progress` the octets read so far.
    ///
    /// The windows are named after the file's content and their order: the same file replayed twice into one store counts once, and another
    /// file of the same minutes is added.
    ///
    /// # Errors
    /// Refuses what cannot be read and what is no capture.
    pub fn file(&mut self, path: &Path, sink: Sink<'_>, progress: &mut dyn FnMut(u64)) -> Result<End, CaptureError> {
        let digest = digest(path).map_err(|source| CaptureError::Unreadable { path: path.to_owned(), source })?;
        self.serial ^= digest;
        let end = capture::read(path, &mut |packet| self.packet(&packet, sink), progress)?;
        self.summary.files += 1;
        self.summary.cut += u64::from(end == End::Cut);
        Ok(end)
    }

    fn packet(&mut self, packet: &capture::Packet<'_>, sink: Sink<'_>) {
        self.summary.packets += 1;
        let Some(udp) = packet.udp else {
            self.summary.not_flow += 1;
            return;
        };
        self.datagram(udp.source, udp.payload, packet.at, sink);
    }

    /// Takes one datagram that came from `source` at `at`, from wherever it comes.
    pub fn datagram(&mut self, source: IpAddr, payload: &[u8], at: Timestamp, sink: Sink<'_>) {
        self.turn(at, sink);
        self.latest = at;
        if at.since(self.ticked) >= TICK || at < self.ticked {
            self.lane.expire(at);
            self.ticked = at;
        }
        if self.lane.datagram(source, payload, at, &self.members) == Taken::NotFlow {
            self.summary.not_flow += 1;
        }
    }

    /// Closes the open window if `at` lies outside of it. Packets that are captured a little out of order stay in it.
    fn turn(&mut self, at: Timestamp, sink: Sink<'_>) {
        let Some(open) = &self.open else {
            let exchange = Arc::clone(&self.settings.exchange);
            let open = OpenWindow::new(exchange, self.settings.window, at, self.serial);
            self.keep_up_members(open.start());
            self.open = Some(open);
            return;
        };
        let is_early = at < open.start().minus(self.settings.window);
        if at >= open.end() || is_early {
            let end = if is_early { self.latest } else { open.end() };
            self.close(end, false, sink);
            self.lane.forget_silent(at);
            // Another one for each window: what comes late for a window, or out of order, must not bear the name of what was kept of it
            // before.
            self.serial = self.serial.wrapping_add(1);
            let serial = self.serial;
            let Some(open) = &mut self.open else { return };
            open.reopen(at, serial);
            let begins = open.start();
            self.keep_up_members(begins);
        }
    }

    /// Has the next window attributed by the claims that hold when it begins.
    fn keep_up_members(&mut self, begins: Timestamp) {
        if !self.members.validity().holds_at(begins) {
            self.members = self.directory.as_of(begins).with_places(self.places.clone());
        }
    }

    /// Closes the open window at the moment `end`. What flow records brought of other windows goes with it: of those before it, and if it
    /// is the last, of all.
    fn close(&mut self, end: Timestamp, is_last: bool, sink: Sink<'_>) {
        let delta = self.lane.take(std::mem::take(&mut self.empty));
        let Some(open) = &mut self.open else { return };
        open.merge(&delta);
        self.empty = delta;
        for (key, tally) in open.exporters() {
            let (sum, told) = self.summary.exporters.entry(*key).or_default();
            sum.merge(tally);
            told.extend(rates(open, key));
        }
        for (key, growth) in open.ports() {
            self.summary.ports.entry(*key).or_default().merge(growth);
        }
        for (key, weighed) in open.weighed(self.settings.weights) {
            self.summary.exporters.entry(key).or_default().0.merge(&weighed);
        }
        let window = open.close(end, self.settings.weights);
        let others = if is_last { open.take_rest(self.settings.weights) } else { open.take_late(self.settings.weights) };
        for window in std::iter::once(window).chain(others) {
            self.summary.add(&window);
            sink(window);
        }
    }

    /// Closes the last window and says what was read.
    #[must_use]
    pub fn finish(mut self, sink: Sink<'_>) -> Summary {
        self.close(self.latest, true, sink);
        self.summary.counts = self.lane.counts().clone();
        self.summary.ledger = self.open.as_ref().map(OpenWindow::ledger).unwrap_or_default();
        self.summary
    }
}

/// A hash of the file's content that stays the same for ever, on every machine.
fn digest(path: &Path) -> io::Result<u64> {
    let mut file = File::open(path)?;
    let mut hasher = twox_hash::XxHash64::with_seed(0);
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finish()),
            count => hasher.write(buffer.get(..count).unwrap_or_default()),
        }
    }
}
