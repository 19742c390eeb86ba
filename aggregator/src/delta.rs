//! What a shard hands over.

use std::hash::{Hash, Hasher};

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use schema::{CellKey, Moments, Party, Reason, Timestamp};

use crate::cells::Cells;
use crate::exporter::{ExporterKey, ExporterTally};
use crate::ports::{Growth, PortKey};
use crate::stream::{StreamKey, Tally};

pub(crate) type Map<K, V> = HashMap<K, V, RandomState>;

/// A cell of one stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct StreamCell {
    /// The stream's number in its shard, or its place among those of a window.
    pub(crate) stream: u32,
    pub(crate) cell: CellKey,
}

/// As three numbers of full width, which takes fewer steps than field by field.
impl Hash for StreamCell {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        let CellKey { src, dst, vlan, ip_version, reason, localities } = self.cell;
        let small = u32::from(localities.bits()) << 28 | u32::from(vlan) << 16 | u32::from(ip_version) << 8 | u32::from(reason.code());
        state.write_u64(u64::from(self.stream) << 32 | u64::from(small));
        src.hash(state);
        dst.hash(state);
    }
}

/// A cell of one stream of flow records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FlowCell {
    pub(crate) at: StreamCell,
    /// Whether Σx² is a lower bound, because the records do not tell their packets' lengths.
    pub(crate) is_bound: bool,
}

impl Hash for FlowCell {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.at.hash(state);
        state.write_u8(u8::from(self.is_bound));
    }
}

/// What was added since the last hand-over.
#[derive(Debug, Default)]
pub struct Delta {
    /// The streams that were added to.
    pub streams: Vec<(StreamKey, Tally)>,
    /// The numbers of these streams, which the cells use.
    pub(crate) numbers: Vec<u32>,
    /// The cells of samples.
    pub(crate) cells: Cells,
    /// Further cells of samples. One may be there several times.
    pub(crate) pairs: Vec<(StreamCell, Moments)>,
    /// The cells of flow records, by the start of their window.
    pub(crate) flow_cells: Map<(Timestamp, FlowCell), Moments>,
    /// Exporters that were heard.
    pub exporters: Vec<(ExporterKey, ExporterTally)>,
    /// Ports that reported.
    pub ports: Vec<(PortKey, Growth)>,
    /// Samples, and frames of flow records, counted as they came in. Those in the cells are as many, unless this program is wrong; see
    /// [`OpenWindow::ledger`](crate::OpenWindow::ledger).
    pub received: u64,
}

impl Delta {
    /// Whether nothing came.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty() && self.pairs.is_empty() && self.flow_cells.is_empty() && self.exporters.is_empty() && self.ports.is_empty()
    }

    /// Empties it and keeps its memory, so that a shard can use it again.
    pub fn clear(&mut self) {
        self.streams.clear();
        self.numbers.clear();
        self.cells.clear();
        self.pairs.clear();
        self.flow_cells.clear();
        self.exporters.clear();
        self.ports.clear();
        self.received = 0;
    }
}

/// A party without the MAC address that no member claims.
pub(crate) fn forget(party: Party) -> Party {
    if party.mac().is_some() { Party::NOBODY } else { party }
}

/// The cell of what comes above a bound. What does not count is kept apart from what does.
pub(crate) const fn overflow(cell: CellKey) -> CellKey {
    CellKey::nobody(if cell.reason.is_set_aside() { cell.reason } else { Reason::Overflow })
}
