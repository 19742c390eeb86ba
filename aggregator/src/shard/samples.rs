//! sFlow's samples on their way to their cells.

use std::hash::{Hash, Hasher};
use std::net::IpAddr;

use directory::Snapshot;
use hashbrown::hash_map::Entry;
use schema::sample::{Agent, DataSource, Direction, FlowSample, Frame, LengthBasis};
use schema::{CellKey, Moments, Rate, Reason, Timestamp};

use super::{MAX_CELLS, MAX_DATA_SOURCES, Shard};
use crate::attribution::{Crossing, attribute};
use crate::delta::{StreamCell, overflow};
use crate::policy::DirectionRule;
use crate::roster::{Exporter, ExporterId};
use crate::stream::{Follower, StreamKey};
use crate::weight::{MAX_PLAUSIBLE_RATE, is_plausible};

/// What names a data source.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct SourceKey {
    pub(super) agent: Agent,
    pub(super) source: DataSource,
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

/// What is remembered of a data source.
pub(super) struct Source {
    follower: Follower,
    /// The rate in use, for which the streams below are.
    rate: Rate,
    /// The latest rate that was known.
    known_rate: Rate,
    /// The places of its streams in the delta, by their direction, good while `round` is the shard's.
    streams: [u32; 3],
    shows_ingress: bool,
    is_core: bool,
    round: u64,
    pub(super) last_seen: Timestamp,
}

/// No place in the delta yet. There are fewer streams than that.
const NO_PLACE: u32 = u32::MAX;

impl Source {
    fn new(is_core: bool) -> Self {
        Self {
            follower: Follower::default(),
            rate: Rate::UNKNOWN,
            known_rate: Rate::UNKNOWN,
            streams: [NO_PLACE; 3],
            shows_ingress: false,
            is_core,
            round: 0,
            last_seen: Timestamp::default(),
        }
    }

    /// Whether samples that it took at ingress have come.
    pub(super) const fn shows_ingress(&self) -> bool {
        self.shows_ingress
    }

    /// Goes on with another rate, or after a hand-over.
    fn begin(&mut self, rate: Rate, round: u64) {
        (self.rate, self.round, self.streams) = (rate, round, [NO_PLACE; 3]);
        if !rate.is_unknown() {
            self.known_rate = rate;
        }
    }
}

/// Where a sample belongs.
#[derive(Clone, Copy)]
struct Placed {
    stream: u32,
    is_core: bool,
}

impl Shard {
    /// Adds one flow sample of the datagram at hand.
    #[inline]
    pub fn flow(&mut self, exporter: ExporterId, sample: &FlowSample, directory: &Snapshot) {
        let Some(heard) = self.exporters.get_mut(exporter) else { return };
        heard.tally.flow_samples += 1;
        self.delta.received += 1;
        if heard.adjusts_samples || sample.rate > MAX_PLAUSIBLE_RATE {
            return self.flow_adjusted(exporter, sample, directory);
        }
        let agent = heard.key.agent;
        heard.tally.rate(sample.rate);
        let direction = sample.direction();
        let placed = self.stream(exporter, agent, sample, Rate::whole(sample.rate), direction);
        let (mut cell, octets) = self.cell_of_sample(agent, sample, directory);
        if placed.is_core || direction == Direction::Egress {
            cell.reason = self.set_aside(exporter, sample, placed.is_core).unwrap_or(cell.reason);
        }
        self.add(placed.stream, cell, octets);
    }

    /// The same for an exporter of which the operator knows something better, and for a rate that cannot be one.
    #[cold]
    fn flow_adjusted(&mut self, exporter: ExporterId, sample: &FlowSample, directory: &Snapshot) {
        let Some(heard) = self.exporters.get_mut(exporter) else { return };
        let (agent, basis) = (heard.key.agent, heard.policy.octets);
        let is_given = heard.policy.sampling.is_some();
        let announced = Rate::whole(sample.rate);
        let rate = if is_given || is_plausible(announced) {
            heard.policy.rate(announced)
        } else {
            heard.tally.implausible += 1;
            let before = self.sources.get(&SourceKey { agent, source: sample.source });
            heard.policy.rate(before.map_or(Rate::UNKNOWN, |source| source.known_rate))
        };
        heard.tally.rate(rate.rounded());
        // Who announces a wrong rate may count its pool by it: then the pool would win over what the operator knows.
        let pool = if is_given { 0 } else { sample.pool };
        let placed = self.stream(exporter, agent, &FlowSample { pool, ..*sample }, rate, sample.direction());
        let (mut cell, mut octets) = self.cell_of_sample(agent, sample, directory);
        if let (Some(basis), Some(Frame { basis: LengthBasis::Frame, vlan, .. })) = (basis, sample.frame) {
            octets = octets.saturating_add(basis.missing(vlan != 0));
        }
        cell.reason = self.set_aside(exporter, sample, placed.is_core).unwrap_or(cell.reason);
        self.add(placed.stream, cell, octets);
    }

    /// Why the frame of this sample is counted elsewhere; `None` if it counts here.
    #[inline(never)]
    fn set_aside(&self, exporter: ExporterId, sample: &FlowSample, is_core: bool) -> Option<Reason> {
        if is_core {
            return Some(Reason::CorePort);
        }
        let (Exporter { key, policy, .. }, direction) = (self.exporters.get(exporter)?, sample.direction());
        let is_seen_before = policy.direction == DirectionRule::Auto
            && direction == Direction::Egress
            && self.entries.sample(key.agent, sample.input, sample.source, &policy.core_ports);
        (is_seen_before || policy.direction.sets_aside(direction)).then_some(Reason::OtherDirection)
    }

    #[inline]
    fn cell_of_sample(&self, agent: Agent, sample: &FlowSample, directory: &Snapshot) -> (CellKey, u32) {
        match &sample.frame {
            Some(frame) => (attribute(&Crossing::of_frame(sample, frame), agent.address, directory, self.parties), frame.octets),
            // It came, but no record says what it was.
            None => (CellKey::nobody(Reason::NoLayer2), 0),
        }
    }

    /// Books the sample's numbers and says to which stream it belongs.
    #[inline]
    fn stream(&mut self, exporter: ExporterId, agent: Agent, sample: &FlowSample, rate: Rate, direction: Direction) -> Placed {
        let key = SourceKey { agent, source: sample.source };
        let Some(source) = self.sources.get_mut(&key) else {
            return self.stream_of_new_source(exporter, key, sample, rate, direction);
        };
        source.last_seen = self.now;
        if source.round != self.round || source.rate != rate {
            source.begin(rate, self.round);
        }
        let is_core = source.is_core;
        let place = &mut source.streams[direction as usize];
        if *place == NO_PLACE {
            let key = StreamKey { agent, source: sample.source, rate, direction, is_core };
            *place = self.streams.place(&mut self.delta, exporter, key);
            if direction == Direction::Ingress && !source.shows_ingress {
                source.shows_ingress = true;
                self.entries.note(agent, sample.source);
            }
        }
        let stream = source.streams[direction as usize];
        if let Some((_, tally)) = self.delta.streams.get_mut(stream as usize) {
            source.follower.follow(sample, tally);
        }
        Placed { stream, is_core }
    }

    /// The same for a data source that was not heard of before.
    #[cold]
    fn stream_of_new_source(
        &mut self,
        exporter: ExporterId,
        key: SourceKey,
        sample: &FlowSample,
        rate: Rate,
        direction: Direction,
    ) -> Placed {
        let heard = self.exporters.get(exporter);
        let port = key.source.interface();
        let is_core = port.zip(heard).is_some_and(|(port, heard)| heard.policy.core_ports.contains(port));
        if self.sources.len() >= MAX_DATA_SOURCES {
            return Placed { stream: self.unfollowed(exporter, key.agent, rate), is_core };
        }
        self.sources.insert(key, Source::new(is_core));
        self.stream(exporter, key.agent, sample, rate, direction)
    }

    /// The stream of a sample whose data source is not followed.
    fn unfollowed(&mut self, exporter: ExporterId, agent: Agent, rate: Rate) -> u32 {
        let stream = self.streams.place(&mut self.delta, exporter, StreamKey::unfollowed(agent, rate));
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

    /// Adds to a new cell of a kind whose number is bounded.
    #[cold]
    fn add_bounded(&mut self, stream: u32, cell: CellKey, octets: u32) {
        let is_full = self.delta.cells.len() >= MAX_CELLS;
        let cell = if is_full { overflow(cell) } else { self.within_unknown(cell) };
        self.delta.cells.entry(StreamCell { stream, cell }).or_default().add(octets);
    }
}
