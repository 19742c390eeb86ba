//! Which packets flow records show twice.
//!
//! An exporter that meters all ports in both directions reports a packet where it enters, at the sender's port, and again where it leaves, at the
//! receiver's. A probe at one member's port reports what the member sends at ingress and what it receives at egress, each once. What tells the two
//! apart is whether the same sender's traffic to the same receiver is metered at ingress, too, and at another interface.

use schema::sample::{Agent, Direction};
use schema::{CellKey, Party};

use crate::delta::Map;
use crate::stream::StreamKey;

/// Pairs of parties of which it is remembered where their traffic enters, against pairs that are made up: 12 MB. Egress records of a pair above it count.
pub(crate) const MAX_ENTERING_PAIRS: usize = (1 << 18) / 8 * 7;

/// Where exporters meter the traffic of pairs as it enters. It outlives the window, for a short one may bring only one of the directions.
#[derive(Default)]
pub(crate) struct Entering(Map<(Agent, Party, Party), Ports>);

/// The interfaces at which a pair's traffic enters.
#[derive(Clone, Copy)]
struct Ports {
    first: u32,
    has_others: bool,
}

impl Entering {
    /// Notes that a pair's traffic was metered at ingress, in this stream.
    pub(crate) fn note(&mut self, stream: &StreamKey, cell: &CellKey) {
        let is_full = self.0.len() >= MAX_ENTERING_PAIRS;
        let (key, port) = ((stream.agent, cell.src, cell.dst), stream.source.index);
        match self.0.get_mut(&key) {
            Some(ports) => ports.has_others |= ports.first != port,
            None if is_full => {}
            None => {
                self.0.insert(key, Ports { first: port, has_others: false });
            }
        }
    }

    /// Whether what a stream says of a pair is counted where it entered.
    pub(crate) fn counts(&self, stream: &StreamKey, cell: &CellKey) -> bool {
        if stream.source.flow_direction() != Some(Direction::Egress) {
            return false;
        }
        let ports = self.0.get(&(stream.agent, cell.src, cell.dst));
        ports.is_some_and(|ports| ports.has_others || ports.first != stream.source.index)
    }
}
