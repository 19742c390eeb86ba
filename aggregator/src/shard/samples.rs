//! sFlow's samples on their way to their cells.

use std::hash::{Hash, Hasher};
use std::net::IpAddr;

use directory::Snapshot;
use hashbrown::hash_map::Entry;
use schema::sample::{Agent, DataSource, FlowSample, Frame, LengthBasis};
use schema::{CellKey, Moments, Rate, Reason, Timestamp};

use super::{MAX_CELLS, MAX_DATA_SOURCES, Shard};
use crate::attribution::{Crossing, attribute};
use crate::delta::StreamCell;
use crate::roster::ExporterId;
use crate::stream::{Follower, NO_SOURCE, StreamKey};

/// What names a data source.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct SourceKey {
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

/// What is remembered of a data source.
#[derive(Default)]
pub(super) struct Source {
    follower: Follower,
    /// The stream in use: its rate and its place in the delta, good while `round` is the shard's.
    rate: Rate,
    stream: u32,
    round: u64,
    pub(super) last_seen: Timestamp,
}

impl Shard {
    /// Adds one flow sample of the datagram at hand.
    #[inline]
    pub fn flow(&mut self, exporter: ExporterId, sample: &FlowSample, directory: &Snapshot) {
        let Some(heard) = self.exporters.get_mut(exporter) else { return };
        heard.tally.flow_samples += 1;
        let agent = heard.key.agent;
        if heard.policy.is_some() {
            return self.flow_under_policy(exporter, sample, directory);
        }
        heard.tally.rate(sample.rate);
        let stream = self.stream(exporter, agent, sample, Rate::whole(sample.rate));
        let (cell, octets) = self.cell_of_sample(agent, sample, directory);
        self.add(stream, cell, octets);
    }

    /// The same for an exporter of which the operator knows something better.
    #[cold]
    fn flow_under_policy(&mut self, exporter: ExporterId, sample: &FlowSample, directory: &Snapshot) {
        let Some(heard) = self.exporters.get_mut(exporter) else { return };
        let (agent, policy) = (heard.key.agent, heard.policy.unwrap_or_default());
        let rate = policy.rate(Rate::whole(sample.rate));
        heard.tally.rate(rate.rounded());
        // Who announces a wrong rate may count its pool by it: then the pool would win over what the operator knows.
        let pool = if policy.sampling.is_some() { 0 } else { sample.pool };
        let stream = self.stream(exporter, agent, &FlowSample { pool, ..*sample }, rate);
        let (mut cell, mut octets) = self.cell_of_sample(agent, sample, directory);
        if let (Some(basis), Some(Frame { basis: LengthBasis::Frame, vlan, .. })) = (policy.octets, sample.frame) {
            octets = octets.saturating_add(basis.missing(vlan != 0));
        }
        if policy.direction.sets_aside(sample.direction()) {
            cell.reason = Reason::OtherDirection;
        }
        self.add(stream, cell, octets);
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
    fn stream(&mut self, exporter: ExporterId, agent: Agent, sample: &FlowSample, rate: Rate) -> u32 {
        let key = SourceKey { agent, source: sample.source };
        let Some(source) = self.sources.get_mut(&key) else {
            return self.stream_of_new_source(exporter, key, sample, rate);
        };
        source.last_seen = self.now;
        if source.round != self.round || source.rate != rate {
            let key = StreamKey { agent, source: sample.source, rate };
            source.stream = self.streams.place(&mut self.delta, exporter, key);
            (source.rate, source.round) = (rate, self.round);
        }
        if let Some((_, tally)) = self.delta.streams.get_mut(source.stream as usize) {
            source.follower.follow(sample, tally);
        }
        source.stream
    }

    /// The same for a data source that was not heard of before.
    #[cold]
    fn stream_of_new_source(&mut self, exporter: ExporterId, key: SourceKey, sample: &FlowSample, rate: Rate) -> u32 {
        if self.sources.len() >= MAX_DATA_SOURCES {
            return self.unfollowed(exporter, key.agent, rate);
        }
        self.sources.insert(key, Source::default());
        self.stream(exporter, key.agent, sample, rate)
    }

    /// The stream of a sample whose data source is not followed.
    #[cold]
    fn unfollowed(&mut self, exporter: ExporterId, agent: Agent, rate: Rate) -> u32 {
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

    /// Adds to a new cell of a kind whose number is bounded.
    #[cold]
    fn add_bounded(&mut self, stream: u32, cell: CellKey, octets: u32) {
        let is_full = self.delta.cells.len() >= MAX_CELLS;
        let cell = if is_full { CellKey::nobody(Reason::Overflow) } else { self.within_unknown(cell) };
        self.delta.cells.entry(StreamCell { stream, cell }).or_default().add(octets);
    }
}
