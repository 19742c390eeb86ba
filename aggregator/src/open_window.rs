//! The window that is open: where the shards' hand-overs meet, and where weights are known.

mod closing;

use std::sync::Arc;
use std::time::Duration;

use schema::sample::Direction;
use schema::status::Ledger;
use schema::{CellKey, Moments, Party, Reason, Timestamp};

use crate::cells::Cells;
use crate::delta::{Delta, FlowCell, Map, StreamCell, forget, overflow};
use crate::entering::Entering;
use crate::exporter::{ExporterKey, ExporterTally};
use crate::flow_cells::FlowCells;
use crate::pools::Pools;
use crate::ports::{Growth, PortKey};
use crate::stream::{StreamKey, Tally};

/// Cells of samples of one window over all shards, against the same floods as in a shard: 52 MB with the index of their places,
/// and to close it twice as much again for a moment. What comes above it is counted in the overflow cell.
pub(crate) const MAX_WINDOW_CELLS: usize = (1 << 20) / 8 * 7;

/// Cells of one window, whether of samples or of flow records, that may name a MAC address which no member claims. Each shard forgets such addresses with
/// every tick anew; without this bound a flood of them would take the places of members' cells within some seconds.
pub(crate) const MAX_WINDOW_UNKNOWN_CELLS: usize = 1 << 18;

/// Streams of one window over all shards, against exporters that send a new rate with every sample: 35 MB. What comes above it shares a coarse stream
/// an agent; see [`StreamKey::coarse`].
pub(crate) const MAX_WINDOW_STREAMS: usize = 1 << 18;

/// An open window.
pub struct OpenWindow {
    exchange: Arc<str>,
    start: Timestamp,
    length: Duration,
    opened: Timestamp,
    serial: u64,
    streams: Streams,
    cells: Cells,
    flows: FlowCells,
    /// How many cells name an address that no member claims.
    unknown_cells: usize,
    /// Pairs whose traffic an exporter meters at ingress, so that what it meters at egress is the same packets once more. It outlives the window.
    entering: Entering,
    /// What data sources' pools showed before. It outlives the window, too.
    pools: Pools,
    exporters: Map<ExporterKey, ExporterTally>,
    ports: Map<PortKey, Growth>,
    /// What shards say has come, since the start.
    received: u64,
    /// What was added to cells, of this window and of others, since the start. Counted where it is added, so that both agree only if nothing is lost on the way.
    in_windows: u64,
}

/// The streams of a window and where they stand.
#[derive(Default)]
struct Streams {
    list: Vec<(StreamKey, Tally)>,
    places: Map<StreamKey, u32>,
}

impl Streams {
    fn add(&mut self, mut key: StreamKey, tally: &Tally) -> u32 {
        if self.list.len() >= MAX_WINDOW_STREAMS && !self.places.contains_key(&key) {
            key = key.coarse();
        }
        let next = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        let place = *self.places.entry(key).or_insert(next);
        if place == next {
            self.list.push((key, Tally::default()));
        }
        if let Some((_, sum)) = self.list.get_mut(place as usize) {
            sum.merge(tally);
        }
        place
    }

    fn clear(&mut self) {
        self.list.clear();
        self.places.clear();
    }
}

impl OpenWindow {
    /// Opens the window of `length` that holds the moment `opened`.
    ///
    /// `serial` tells it apart from every other window with the same start, in this process and in others.
    #[must_use]
    pub fn new(exchange: Arc<str>, length: Duration, opened: Timestamp, serial: u64) -> Self {
        Self {
            exchange,
            start: opened.floor(length),
            length,
            opened,
            serial,
            streams: Streams::default(),
            cells: Cells::default(),
            flows: FlowCells::default(),
            unknown_cells: 0,
            entering: Entering::default(),
            pools: Pools::default(),
            exporters: Map::default(),
            ports: Map::default(),
            received: 0,
            in_windows: 0,
        }
    }

    /// Its first moment.
    #[must_use]
    pub const fn start(&self) -> Timestamp {
        self.start
    }

    /// The moment after its last.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        self.start.plus(self.length)
    }

    /// Opens the window that holds `at`, and keeps the memory of this one.
    ///
    /// Flow records of other windows are kept too: a lane that notices the turn late may have brought some of the next one.
    pub fn reopen(&mut self, at: Timestamp, serial: u64) {
        self.pools.remember(&self.streams.list);
        self.flows.remove(self.start);
        self.start = at.floor(self.length);
        self.opened = at;
        self.serial = serial;
        self.cells.clear();
        self.unknown_cells = 0;
        self.exporters.clear();
        self.ports.clear();
        self.keep_flows();
    }

    /// Begins a new list of streams with those of the flow records that are left.
    fn keep_flows(&mut self) {
        if self.flows.is_empty() {
            return self.streams.clear();
        }
        let streams = std::mem::take(&mut self.streams).list;
        for (start, cells) in std::mem::take(&mut self.flows) {
            for (mut cell, moments) in cells {
                // It is added once more.
                self.in_windows = self.in_windows.wrapping_sub(moments.n);
                let Some((key, _)) = streams.get(cell.at.stream as usize) else { continue };
                cell.at.stream = self.streams.add(*key, &Tally::default());
                self.add_flow(start, cell, moments);
            }
        }
    }

    /// Adds what a shard handed over.
    pub fn merge(&mut self, delta: &Delta) {
        self.received = self.received.wrapping_add(delta.received);
        let highest = delta.numbers.iter().max().map_or(0, |number| *number as usize + 1);
        let mut places = vec![None; highest];
        for (number, (key, tally)) in delta.numbers.iter().zip(&delta.streams) {
            if let Some(place) = places.get_mut(*number as usize) {
                *place = Some(self.streams.add(*key, tally));
            }
        }
        let place = |stream: u32| places.get(stream as usize).copied().flatten();
        let pairs = delta.pairs.iter().map(|(at, moments)| (*at, moments));
        for (StreamCell { stream, cell }, moments) in delta.cells.iter().chain(pairs) {
            let Some(stream) = place(stream) else { continue };
            self.add(StreamCell { stream, cell }, *moments);
        }
        for ((start, cell), moments) in &delta.flow_cells {
            let Some(stream) = place(cell.at.stream) else { continue };
            self.add_flow(*start, FlowCell { at: StreamCell { stream, ..cell.at }, ..*cell }, *moments);
        }
        for (key, tally) in &delta.exporters {
            self.exporters.entry(*key).or_default().merge(tally);
        }
        for (key, growth) in &delta.ports {
            self.ports.entry(*key).or_default().merge(growth);
        }
    }

    /// Remembers where an exporter meters a pair's traffic as it enters.
    fn note_entering(&mut self, at: &StreamCell) {
        let Some((key, _)) = self.streams.list.get(at.stream as usize) else { return };
        if key.source.flow_direction() == Some(Direction::Ingress) && at.cell.src != Party::NOBODY {
            self.entering.note(key, &at.cell);
        }
    }

    fn add(&mut self, mut at: StreamCell, moments: Moments) {
        self.in_windows = self.in_windows.wrapping_add(moments.n);
        if let Some(sum) = self.cells.get_mut(at.stream, &at.cell) {
            return sum.merge(moments);
        }
        let is_full = self.cells.len() >= MAX_WINDOW_CELLS;
        at.cell = if is_full { overflow(at.cell) } else { self.within_unknown(at.cell) };
        self.cells.merge(&at, moments);
    }

    fn add_flow(&mut self, mut start: Timestamp, mut cell: FlowCell, moments: Moments) {
        if !self.flows.contains(start, &cell) {
            (start, cell.at.cell) =
                if self.flows.is_full() { (self.start, overflow(cell.at.cell)) } else { (start, self.within_unknown(cell.at.cell)) };
            self.note_entering(&cell.at);
        }
        self.in_windows = self.in_windows.wrapping_add(moments.n);
        self.flows.add(start, cell, moments);
    }

    /// A new cell as it is kept: without addresses that no member claims once there are too many of them.
    fn within_unknown(&mut self, cell: CellKey) -> CellKey {
        let names_unknown = cell.src.mac().is_some() || cell.dst.mac().is_some();
        // Where no directory is given every address is a party by itself.
        if !names_unknown || cell.reason == Reason::Attributed {
            return cell;
        }
        if self.unknown_cells >= MAX_WINDOW_UNKNOWN_CELLS {
            return CellKey { src: forget(cell.src), dst: forget(cell.dst), ..cell };
        }
        self.unknown_cells += 1;
        cell
    }

    /// Samples since the start, as shards counted them when they came in, and as they were added to the cells of windows.
    #[must_use]
    pub const fn ledger(&self) -> Ledger {
        Ledger { received: self.received, in_windows: self.in_windows, lost: 0 }
    }

    /// The exporters heard in this window.
    pub fn exporters(&self) -> impl Iterator<Item = (&ExporterKey, &ExporterTally)> {
        self.exporters.iter()
    }

    /// The ports that reported in this window.
    pub fn ports(&self) -> impl Iterator<Item = (&PortKey, &Growth)> {
        self.ports.iter()
    }

    /// The streams of this window with what their numbers advanced by.
    #[must_use]
    pub fn streams(&self) -> &[(StreamKey, Tally)] {
        &self.streams.list
    }

    /// All cells of this window with their streams' keys.
    #[cfg(test)]
    pub(crate) fn cells_with_streams(&self) -> impl Iterator<Item = (&StreamKey, &Moments)> {
        let samples = self.cells.iter().map(|(at, moments)| (at.stream, moments));
        let records = self.flows.of(self.start).map(|(cell, moments)| (cell.at.stream, moments));
        samples.chain(records).filter_map(|(stream, moments)| Some((&self.streams.list.get(stream as usize)?.0, moments)))
    }
}
