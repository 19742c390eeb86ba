//! What a shard hands over.

use std::hash::{Hash, Hasher};

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use schema::{CellKey, Moments, Party, Reason, Timestamp};

use crate::exporter::{ExporterKey, ExporterTally};
use crate::ports::{Growth, PortKey};
use crate::roster::ExporterId;
use crate::stream::{StreamKey, Tally};

/// Streams between two ticks, against an exporter that sends a new rate with every sample. What comes above it shares a coarse stream an agent; see
/// [`StreamKey::coarse`].
pub(crate) const MAX_STREAMS: usize = 131_072;

pub(crate) type Map<K, V> = HashMap<K, V, RandomState>;

/// A cell of one stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct StreamCell {
    /// The stream's place in [`Delta::streams`], or in those of a window.
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
    /// The streams, by the numbers that the cells use.
    pub streams: Vec<(StreamKey, Tally)>,
    /// The cells of samples.
    pub(crate) cells: Map<StreamCell, Moments>,
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
        self.cells.is_empty() && self.flow_cells.is_empty() && self.exporters.is_empty() && self.ports.is_empty()
    }

    /// Empties it and keeps its memory, so that a shard can use it again.
    pub fn clear(&mut self) {
        self.streams.clear();
        self.cells.clear();
        self.flow_cells.clear();
        self.exporters.clear();
        self.ports.clear();
        self.received = 0;
    }
}

/// Where the streams of this round stand in the delta, and whose they are.
#[derive(Default)]
pub(crate) struct Streams {
    places: Map<StreamKey, u32>,
    pub(crate) exporters: Vec<ExporterId>,
}

impl Streams {
    /// The place of a stream in this round's delta.
    pub(crate) fn place(&mut self, delta: &mut Delta, exporter: ExporterId, mut key: StreamKey) -> u32 {
        if let Some(place) = self.places.get(&key) {
            return *place;
        }
        if delta.streams.len() >= MAX_STREAMS {
            key = key.coarse();
        }
        let next = u32::try_from(delta.streams.len()).unwrap_or(u32::MAX);
        let place = *self.places.entry(key).or_insert(next);
        if place == next {
            delta.streams.push((key, Tally::default()));
            self.exporters.push(exporter);
        }
        place
    }

    pub(crate) fn clear(&mut self) {
        self.places.clear();
        self.exporters.clear();
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
