//! Flow records on their way to their cells.

use directory::Snapshot;
use hashbrown::hash_map::Entry;
use schema::sample::{Agent, DataSource, Direction, FlowRecord};
use schema::{Moments, Rate, Reason, Timestamp};

use super::{MAX_FLOW_CELLS, Shard};
use crate::attribution::{Crossing, attribute};
use crate::delta::{FlowCell, StreamCell, overflow};
use crate::policy::{DirectionRule, Policy};
use crate::roster::ExporterId;
use crate::spread::{Spread, spread};
use crate::stream::StreamKey;

impl Shard {
    /// Adds one flow record of the datagram at hand, which came at `at`.
    ///
    /// It is spread evenly over the windows in which its packets passed. What passed more than 60 windows ago is counted in the oldest window within
    /// reach, and the record in [`ExporterTally::beyond_reach`](crate::ExporterTally::beyond_reach).
    pub fn record(&mut self, exporter: ExporterId, record: &FlowRecord, at: Timestamp, directory: &Snapshot) {
        let Some(heard) = self.exporters.get_mut(exporter) else { return };
        let (agent, rate) = (heard.key.agent, heard.record_rate(record.rate));
        let whole = heard.policy.unscaled(record.moments(heard.policy.octets), rate);
        let parts = spread(whole, record.age, at, self.window);
        heard.tally.flow_records += 1;
        heard.tally.beyond_reach += u64::from(parts.is_beyond_reach());
        heard.tally.rate(rate.rounded());
        self.delta.received = self.delta.received.wrapping_add(whole.n);
        let key = stream_key(agent, rate, &heard.policy, record);
        let rule_sets_aside = heard.policy.direction.sets_aside(record.direction);
        let stream = self.streams.number(&heard.key, key);
        if let Some(tally) = self.streams.tally_mut(stream) {
            tally.received += 1;
        }
        let mut cell = attribute(&Crossing::of_record(record), agent.address, directory, self.parties);
        if key.is_core {
            cell.reason = Reason::CorePort;
        } else if rule_sets_aside {
            cell.reason = Reason::OtherDirection;
        }
        let cell = FlowCell { at: StreamCell { stream, cell }, is_bound: !record.squares_known() };
        let present = parts.present();
        if let Some(start) = parts.only_window() {
            if whole != Moments::default() {
                self.add_part(start, cell, whole, present);
            }
            return;
        }
        self.add_parts(parts, cell, present);
    }

    /// Adds a record that reaches over several windows.
    #[inline(never)]
    fn add_parts(&mut self, parts: Spread, cell: FlowCell, present: Timestamp) {
        for (start, part) in parts.filter(|(_, part)| *part != Moments::default()) {
            self.add_part(start, cell, part, present);
        }
    }

    #[inline]
    fn add_part(&mut self, start: Timestamp, cell: FlowCell, part: Moments, present: Timestamp) {
        let room = self.delta.flow_cells.len() < MAX_FLOW_CELLS && !self.names_unknown(&cell.at.cell);
        match self.delta.flow_cells.entry((start, cell)) {
            Entry::Occupied(mut entry) => return entry.get_mut().merge(part),
            Entry::Vacant(entry) if room => {
                entry.insert(part);
                return;
            }
            Entry::Vacant(_) => {}
        }
        self.add_part_bounded(start, cell, part, present);
    }

    /// Adds to a new cell of a kind whose number is bounded.
    #[cold]
    fn add_part_bounded(&mut self, start: Timestamp, cell: FlowCell, part: Moments, present: Timestamp) {
        // In the present window: else there would be an overflow cell for each stream and each window within reach.
        let (start, key) = if self.delta.flow_cells.len() >= MAX_FLOW_CELLS {
            (present, overflow(cell.at.cell))
        } else {
            (start, self.within_unknown(cell.at.cell))
        };
        let cell = FlowCell { at: StreamCell { cell: key, ..cell.at }, ..cell };
        self.delta.flow_cells.entry((start, cell)).or_default().merge(part);
    }
}

/// A record's stream. Its source has the direction only where the close of the window has still to decide by it whether the record counts.
fn stream_key(agent: Agent, rate: Rate, policy: &Policy, record: &FlowRecord) -> StreamKey {
    let undecided = match policy.direction {
        DirectionRule::Auto => record.direction,
        DirectionRule::Ingress | DirectionRule::Egress | DirectionRule::Both => Direction::Unknown,
    };
    let port = record.metered_at();
    let is_core = port != 0 && policy.core_ports.contains(port);
    StreamKey { agent, source: DataSource::flow_records(undecided, port), rate, direction: record.direction, is_core }
}
