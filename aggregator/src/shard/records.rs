//! Flow records on their way to their cells.

use directory::Snapshot;
use hashbrown::hash_map::Entry;
use schema::sample::{DataSource, Direction, FlowRecord};
use schema::{CellKey, Moments, Reason, Timestamp};

use super::{MAX_FLOW_CELLS, Shard};
use crate::attribution::{Crossing, attribute};
use crate::delta::{FlowCell, StreamCell};
use crate::policy::{DirectionRule, Policy};
use crate::roster::ExporterId;
use crate::spread::spread;
use crate::stream::StreamKey;

impl Shard {
    /// Adds one flow record of the datagram at hand, which came at `at`.
    ///
    /// It is spread evenly over the windows in which its packets passed. What passed more than 60 windows ago is counted in the oldest window within
    /// reach, and the record in [`ExporterTally::beyond_reach`](crate::ExporterTally::beyond_reach).
    pub fn record(&mut self, exporter: ExporterId, record: &FlowRecord, at: Timestamp, directory: &Snapshot) {
        let Some(heard) = self.exporters.get_mut(exporter) else { return };
        let (agent, policy) = (heard.key.agent, heard.policy.unwrap_or_default());
        let rate = policy.rate(record.rate);
        let parts = spread(policy.unscaled(record.moments(policy.octets), rate), record.age, at, self.window);
        heard.tally.flow_records += 1;
        heard.tally.beyond_reach += u64::from(parts.is_beyond_reach());
        heard.tally.rate(rate.rounded());
        let source = undecided(&policy, record);
        let stream = self.streams.place(&mut self.delta, exporter, StreamKey { agent, source, rate });
        if let Some((_, tally)) = self.delta.streams.get_mut(stream as usize) {
            tally.received += 1;
        }
        let mut cell = attribute(&Crossing::of_record(record), agent.address, directory, self.parties);
        if policy.direction.sets_aside(record.direction) {
            cell.reason = Reason::OtherDirection;
        }
        let cell = FlowCell { at: StreamCell { stream, cell }, is_bound: !record.squares_known() };
        let present = at.floor(self.window);
        for (start, part) in parts.filter(|(_, part)| *part != Moments::default()) {
            self.add_part(start, cell, part, present);
        }
    }

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
            (present, CellKey::nobody(Reason::Overflow))
        } else {
            (start, self.within_unknown(cell.at.cell))
        };
        let cell = FlowCell { at: StreamCell { cell: key, ..cell.at }, ..cell };
        self.delta.flow_cells.entry((start, cell)).or_default().merge(part);
    }
}

/// The source of a record's stream: with its direction and interface where the close of the window has still to decide by them whether it counts.
fn undecided(policy: &Policy, record: &FlowRecord) -> DataSource {
    match policy.direction {
        DirectionRule::Auto => DataSource::flow_records(record.direction, record.metered_at()),
        DirectionRule::Ingress | DirectionRule::Egress | DirectionRule::Both => DataSource::flow_records(Direction::Unknown, 0),
    }
}
