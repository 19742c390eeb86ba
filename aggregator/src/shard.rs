//! The part of the matrix that one receiving thread adds to.

use std::hash::{Hash, Hasher};
use std::net::IpAddr;

use directory::Snapshot;
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use schema::sample::{Agent, DataSource, FlowSample, InterfaceCounters};
use schema::{CellKey, Moments, Party, Reason, Timestamp};

use crate::attribution::{Parties, attribute};
use crate::exporter::{Exporter, ExporterKey, ExporterTally};
use crate::ports::{Growth, Port, PortKey};
use crate::sequence::Step;
use crate::stream::{Follower, StreamKey, Tally};

/// Exporters (agent, sub-agent, UDP source) that a shard follows. UDP sources and agent addresses can be forged: without a bound a forger
/// would fill the memory. An exchange has tens of switches.
pub(crate) const MAX_EXPORTERS: usize = 4_096;

/// Data sources that a shard follows, against an exporter that invents them. The largest switches have a few thousand ports.
pub(crate) const MAX_DATA_SOURCES: usize = 131_072;

/// Streams between two ticks, against an exporter that sends a new rate with every sample. What comes above it shares one stream an exporter
/// that has no rate, and so cannot spoil the weights of others.
pub(crate) const MAX_STREAMS: usize = 262_144;

/// Ports whose counters a shard follows, against the same.
pub(crate) const MAX_PORTS: usize = 131_072;

/// Cells that a shard may hold between two ticks. What comes above it is counted in the overflow cell, so that sums stay right.
pub(crate) const MAX_CELLS: usize = 1 << 20;

/// How many of them may name a MAC address that no member claims, against a loop or an attacker that sends from ever new addresses. Above it
/// the address is forgotten and the frame keeps its reason.
pub(crate) const MAX_UNKNOWN_CELLS: usize = 1 << 16;

/// Exporters, data sources and ports that were silent for so long are forgotten.
const FORGET_AFTER: std::time::Duration = std::time::Duration::from_secs(3_600);

pub(crate) type Map<K, V> = HashMap<K, V, RandomState>;

/// Cells by stream.
pub(crate) type Cells = Map<StreamCell, Moments>;

/// A cell of one stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct StreamCell {
    /// The stream's place in [`Delta::streams`].
    pub(crate) stream: u32,
    pub(crate) cell: CellKey,
}

/// As three numbers of full width, which takes fewer steps than field by field.
impl Hash for StreamCell {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        let CellKey { src, dst, vlan, ip_version, reason } = self.cell;
        let small = u32::from(vlan) << 16 | u32::from(ip_version) << 8 | u32::from(reason.code());
        state.write_u64(u64::from(self.stream) << 32 | u64::from(small));
        src.hash(state);
        dst.hash(state);
    }
}

/// Why a datagram was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// It came before.
    Duplicate,
    /// There are [`MAX_EXPORTERS`] already.
    TooManyExporters,
}

/// The exporter of the datagram at hand: its place in this shard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExporterId(usize);

/// What was added since the last hand-over.
#[derive(Debug, Default)]
pub struct Delta {
    /// The streams, by the numbers that the cells use.
    pub streams: Vec<(StreamKey, Tally)>,
    /// The cells.
    pub(crate) cells: Cells,
    /// Exporters that were heard.
    pub exporters: Vec<(ExporterKey, ExporterTally)>,
    /// Ports that reported.
    pub ports: Vec<(PortKey, Growth)>,
}

impl Delta {
    /// Whether nothing came.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty() && self.exporters.is_empty() && self.ports.is_empty()
    }

    /// Empties it and keeps its memory, so that a shard can use it again.
    pub fn clear(&mut self) {
        self.streams.clear();
        self.cells.clear();
        self.exporters.clear();
        self.ports.clear();
    }
}

/// Where the streams of this round stand in the delta, and whose they are.
#[derive(Default)]
struct Streams {
    places: Map<StreamKey, u32>,
    exporters: Vec<ExporterId>,
}

/// What names a data source.
#[derive(Clone, Copy, PartialEq, Eq)]
struct SourceKey {
    agent: Agent,
    source: DataSource,
}

/// As numbers of full width, not octet by octet, as an address is hashed otherwise.
impl Hash for SourceKey {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        let sub_agent = u64::from(self.agent.sub_agent) << 32;
        match self.agent.address {
            IpAddr::V4(address) => state.write_u64(sub_agent | u64::from(address.to_bits())),
            IpAddr::V6(address) => {
                state.write_u128(address.to_bits());
                state.write_u64(sub_agent);
            }
        }
        state.write_u64(u64::from(self.source.class) << 32 | u64::from(self.source.index));
    }
}

#[derive(Default)]
struct Source {
    follower: Follower,
    /// The stream in use: its rate and its place in the delta, good while `round` is the shard's.
    rate: u32,
    stream: u32,
    round: u64,
    last_seen: Timestamp,
}

/// One thread's part of the matrix.
pub struct Shard {
    parties: Parties,
    exporters: Vec<Exporter>,
    exporter_places: Map<ExporterKey, usize>,
    sources: Map<SourceKey, Source>,
    streams: Streams,
    ports: Map<PortKey, Port>,
    delta: Delta,
    unknown_cells: usize,
    /// Counts hand-overs, so that places in a delta that was handed over are known to be stale.
    round: u64,
    now: Timestamp,
}

impl Shard {
    /// An empty shard.
    #[must_use]
    pub fn new(parties: Parties) -> Self {
        Self {
            parties,
            exporters: Vec::new(),
            exporter_places: Map::default(),
            sources: Map::default(),
            streams: Streams::default(),
            ports: Map::default(),
            delta: Delta::default(),
            unknown_cells: 0,
            round: 1,
            now: Timestamp::default(),
        }
    }

    /// Takes the header of a datagram that came at `at`.
    ///
    /// # Errors
    /// Says why the datagram's samples must not be added.
    pub fn datagram(&mut self, key: ExporterKey, sequence: u32, uptime_ms: u32, at: Timestamp) -> Result<ExporterId, Refused> {
        self.now = at;
        let place = self.exporter_place(key)?;
        let Some(exporter) = self.exporters.get_mut(place) else { return Err(Refused::TooManyExporters) };
        exporter.last_seen = at;
        exporter.tally.last_seen = at;
        // A younger exporter than before has started again, and its numbers with it.
        let younger = uptime_ms.saturating_add(RESTART_SLACK_MS) < exporter.uptime_ms && exporter.uptime_ms < NEAR_WRAP_MS;
        exporter.uptime_ms = uptime_ms;
        let mut step = exporter.sequence.follow(sequence);
        if younger && step != Step::Late {
            exporter.sequence = Default::default();
            exporter.sequence.follow(sequence);
            step = Step::Restart;
        }
        let tally = &mut exporter.tally;
        match step {
            Step::First => {}
            Step::Ahead(by) => tally.lost_datagrams += i64::from(by) - 1,
            Step::Late => {
                tally.lost_datagrams -= 1;
                tally.reordered_datagrams += 1;
            }
            Step::Duplicate => {
                tally.reordered_datagrams += 1;
                return Err(Refused::Duplicate);
            }
            Step::Restart => tally.restarts += 1,
        }
        tally.datagrams += 1;
        Ok(ExporterId(place))
    }

    fn exporter_place(&mut self, key: ExporterKey) -> Result<usize, Refused> {
        if let Some(place) = self.exporter_places.get(&key) {
            return Ok(*place);
        }
        if self.exporters.len() >= MAX_EXPORTERS {
            return Err(Refused::TooManyExporters);
        }
        let place = self.exporters.len();
        self.exporters.push(Exporter::new(key));
        self.exporter_places.insert(key, place);
        Ok(place)
    }

    /// Adds one flow sample of the datagram at hand.
    #[inline]
    pub fn flow(&mut self, exporter: ExporterId, sample: &FlowSample, directory: &Snapshot) {
        let Some(Exporter { key, tally, .. }) = self.exporters.get_mut(exporter.0) else { return };
        tally.flow_samples += 1;
        tally.rate(sample.rate);
        let agent = key.agent;
        let stream = self.stream(exporter, agent, sample);
        let (cell, octets) = match &sample.frame {
            Some(frame) => (attribute(sample, frame, agent.address, directory, self.parties), frame.octets),
            // It came, but no record says what it was.
            None => (CellKey::nobody(Reason::NoLayer2), 0),
        };
        self.add(stream, cell, octets);
    }

    /// Books the sample's numbers and says to which stream it belongs.
    #[inline]
    fn stream(&mut self, exporter: ExporterId, agent: Agent, sample: &FlowSample) -> u32 {
        let key = SourceKey { agent, source: sample.source };
        let Some(source) = self.sources.get_mut(&key) else {
            return self.stream_of_new_source(exporter, key, sample);
        };
        source.last_seen = self.now;
        if source.round != self.round || source.rate != sample.rate {
            let key = StreamKey { agent, source: sample.source, rate: sample.rate };
            source.stream = self.streams.place(&mut self.delta, exporter, key);
            (source.rate, source.round) = (sample.rate, self.round);
        }
        if let Some((_, tally)) = self.delta.streams.get_mut(source.stream as usize) {
            source.follower.follow(sample, tally);
        }
        source.stream
    }

    /// The same for a data source that was not heard of before.
    #[cold]
    fn stream_of_new_source(&mut self, exporter: ExporterId, key: SourceKey, sample: &FlowSample) -> u32 {
        if self.sources.len() >= MAX_DATA_SOURCES {
            return self.unfollowed(exporter, key.agent, sample.rate);
        }
        self.sources.insert(key, Source::default());
        self.stream(exporter, key.agent, sample)
    }

    /// The stream of a sample whose data source is not followed.
    #[cold]
    fn unfollowed(&mut self, exporter: ExporterId, agent: Agent, rate: u32) -> u32 {
        let key = StreamKey { agent, source: NO_SOURCE, rate };
        let stream = self.streams.place(&mut self.delta, exporter, key);
        if let Some((_, tally)) = self.delta.streams.get_mut(stream as usize) {
            tally.received += 1;
        }
        stream
    }

    #[inline]
    fn add(&mut self, stream: u32, cell: CellKey, octets: u32) {
        let room = self.delta.cells.len() < MAX_CELLS && !self.names_unknown(&cell);
        match self.delta.cells.entry(StreamCell { stream, cell }) {
            Entry::Occupied(mut entry) => return entry.get_mut().add(octets),
            Entry::Vacant(entry) if room => return entry.insert(Moments::default()).add(octets),
            Entry::Vacant(_) => {}
        }
        self.add_bounded(stream, cell, octets);
    }

    /// Whether a cell holds a MAC address of which there may be any number.
    #[inline]
    fn names_unknown(&self, cell: &CellKey) -> bool {
        self.parties == Parties::Members && (cell.src.mac().is_some() || cell.dst.mac().is_some())
    }

    /// Adds to a new cell of a kind whose number is bounded.
    #[cold]
    fn add_bounded(&mut self, stream: u32, mut cell: CellKey, octets: u32) {
        let names_unknown = self.names_unknown(&cell);
        if names_unknown && self.unknown_cells >= MAX_UNKNOWN_CELLS {
            cell = CellKey { src: forget(cell.src), dst: forget(cell.dst), ..cell };
        } else if names_unknown {
            self.unknown_cells += 1;
        }
        if self.delta.cells.len() >= MAX_CELLS {
            cell = CellKey::nobody(Reason::Overflow);
        }
        match self.delta.cells.entry(StreamCell { stream, cell }) {
            Entry::Occupied(mut entry) => entry.get_mut().add(octets),
            Entry::Vacant(entry) => entry.insert(Moments::default()).add(octets),
        }
    }

    /// Counts a counter sample of the datagram at hand, whatever records it has.
    pub fn counter_sample(&mut self, exporter: ExporterId) {
        if let Some(exporter) = self.exporters.get_mut(exporter.0) {
            exporter.tally.counter_samples += 1;
        }
    }

    /// Counts a broken record or sample of the datagram at hand.
    pub fn malformed(&mut self, exporter: ExporterId) {
        if let Some(exporter) = self.exporters.get_mut(exporter.0) {
            exporter.tally.malformed += 1;
        }
    }

    /// Follows the counters of one port.
    pub fn counters(&mut self, exporter: ExporterId, counters: &InterfaceCounters) {
        let Some(exporter) = self.exporters.get(exporter.0) else { return };
        let key = PortKey { agent: exporter.key.agent, if_index: counters.if_index };
        let full = self.ports.len() >= MAX_PORTS;
        match self.ports.entry(key) {
            Entry::Occupied(mut port) => port.get_mut().follow(*counters, self.now),
            Entry::Vacant(_) if full => {}
            Entry::Vacant(port) => {
                port.insert(Port::new(*counters, self.now));
            }
        }
    }

    /// Hands over what was added since the last time, and goes on with `empty`, whose memory it uses again.
    pub fn take(&mut self, mut empty: Delta) -> Delta {
        empty.clear();
        let mut delta = std::mem::replace(&mut self.delta, empty);
        self.round += 1;
        self.unknown_cells = 0;
        self.book_samples_lost(&delta);
        for exporter in &mut self.exporters {
            let tally = std::mem::take(&mut exporter.tally);
            if tally != ExporterTally::default() {
                delta.exporters.push((exporter.key, tally));
            }
        }
        for (key, port) in &mut self.ports {
            let growth = std::mem::take(&mut port.growth);
            if growth.reports > 0 {
                delta.ports.push((*key, growth));
            }
        }
        delta
    }

    /// What the streams' numbers say of loss belongs to their exporters.
    fn book_samples_lost(&mut self, delta: &Delta) {
        for ((_, tally), exporter) in delta.streams.iter().zip(&self.streams.exporters) {
            if let Some(exporter) = self.exporters.get_mut(exporter.0) {
                exporter.tally.lost_samples += tally.lost();
                exporter.tally.agent_drops += tally.drops_advance;
            }
        }
        self.streams.clear();
    }

    /// Forgets what was silent for long. Call it between windows, with the time of the latest datagram or of the clock.
    pub fn forget_silent(&mut self, now: Timestamp) {
        let horizon = now.minus(FORGET_AFTER);
        self.sources.retain(|_, source| source.last_seen >= horizon);
        self.ports.retain(|_, port| port.last_seen() >= horizon);
        self.exporters.retain(|exporter| exporter.last_seen >= horizon);
        self.exporter_places = self.exporters.iter().enumerate().map(|(place, exporter)| (exporter.key, place)).collect();
    }
}

/// An uptime may step back by this much without a restart: datagrams are reordered by less.
const RESTART_SLACK_MS: u32 = 5_000;

/// From here on an uptime is about to wrap, as it does every 49.7 days; within the hour in which silence is forgotten a small one is no restart.
const NEAR_WRAP_MS: u32 = u32::MAX - 3_600_000;

/// The stream of samples whose data sources are not followed, because there were [`MAX_DATA_SOURCES`].
const NO_SOURCE: DataSource = DataSource { class: u32::MAX, index: u32::MAX };

fn forget(party: Party) -> Party {
    if party.mac().is_some() { Party::NOBODY } else { party }
}

impl Streams {
    /// The place of a stream in this round's delta.
    fn place(&mut self, delta: &mut Delta, exporter: ExporterId, mut key: StreamKey) -> u32 {
        if let Some(place) = self.places.get(&key) {
            return *place;
        }
        if delta.streams.len() >= MAX_STREAMS {
            key = StreamKey { agent: key.agent, source: NO_SOURCE, rate: 0 };
        }
        let next = u32::try_from(delta.streams.len()).unwrap_or(u32::MAX);
        let place = *self.places.entry(key).or_insert(next);
        if place == next {
            delta.streams.push((key, Tally::default()));
            self.exporters.push(exporter);
        }
        place
    }

    fn clear(&mut self) {
        self.places.clear();
        self.exporters.clear();
    }
}
