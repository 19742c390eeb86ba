//! The window that is open: where the shards' hand-overs meet, and where weights are known.

use std::sync::Arc;
use std::time::Duration;

use schema::sample::Direction;
use schema::window::{ExporterRow, PortRow, Stretch};
use schema::{CellKey, Moments, Party, Reason, Timestamp, Window};

use crate::delta::{Delta, FlowCell, Map, StreamCell, forget};
use crate::entering::Entering;
use crate::exporter::{ExporterKey, ExporterTally};
use crate::flow_cells::FlowCells;
use crate::ports::{Growth, PortKey};
use crate::rows::{Weighing, rows};
use crate::stream::{StreamKey, Tally};
use crate::weight::Weights;

/// Cells of samples of one window over all shards, against the same floods as in a shard: as many as a table of 2²⁰ places holds, which takes 60 MB,
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
    cells: Map<StreamCell, Moments>,
    flows: FlowCells,
    /// How many cells name an address that no member claims.
    unknown_cells: usize,
    /// Pairs whose traffic an exporter meters at ingress, so that what it meters at egress is the same packets once more. It outlives the window.
    entering: Entering,
    exporters: Map<ExporterKey, ExporterTally>,
    ports: Map<PortKey, Growth>,
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
            cells: Map::default(),
            flows: FlowCells::default(),
            unknown_cells: 0,
            entering: Entering::default(),
            exporters: Map::default(),
            ports: Map::default(),
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
                let Some((key, _)) = streams.get(cell.at.stream as usize) else { continue };
                cell.at.stream = self.streams.add(*key, &Tally::default());
                self.add_flow(start, cell, moments);
            }
        }
    }

    /// Adds what a shard handed over.
    pub fn merge(&mut self, delta: &Delta) {
        let places: Vec<u32> = delta.streams.iter().map(|(key, tally)| self.streams.add(*key, tally)).collect();
        let place = |stream: u32| places.get(stream as usize).copied();
        for (StreamCell { stream, cell }, moments) in &delta.cells {
            let Some(stream) = place(*stream) else { continue };
            self.add(StreamCell { stream, cell: *cell }, *moments);
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
        if let Some(sum) = self.cells.get_mut(&at) {
            return sum.merge(moments);
        }
        let is_full = self.cells.len() >= MAX_WINDOW_CELLS;
        at.cell = if is_full { CellKey::nobody(Reason::Overflow) } else { self.within_unknown(at.cell) };
        self.cells.entry(at).or_default().merge(moments);
    }

    fn add_flow(&mut self, mut start: Timestamp, mut cell: FlowCell, moments: Moments) {
        if !self.flows.contains(start, &cell) {
            (start, cell.at.cell) = if self.flows.is_full() {
                (self.start, CellKey::nobody(Reason::Overflow))
            } else {
                (start, self.within_unknown(cell.at.cell))
            };
            self.note_entering(&cell.at);
        }
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

    /// The window as it stands at `now`, every cell weighed with what its streams' numbers show until now.
    ///
    /// It is partial if it was opened after its start or is asked before its end. Rows come sorted by their keys, so that the same samples give the
    /// same rows whatever thread they came by.
    #[must_use]
    pub fn close(&self, now: Timestamp, weights: Weights) -> Window {
        let weighing = self.weighing(weights);
        let samples = self.cells.iter().filter_map(|(cell, moments)| weighing.samples(cell, moments));
        let records = self.flows.of(self.start).filter_map(|(cell, moments)| weighing.records(cell, moments));
        Window {
            start: self.start,
            length: self.length,
            serial: self.serial,
            partial: self.partial(now),
            cells: rows(samples.chain(records).collect(), self.start, &self.exchange),
            ports: self.port_rows(),
            exporters: self.exporter_rows(),
            ..Window::default()
        }
    }

    /// Takes out what flow records brought of windows before this one, one window each, the oldest first. They have cells only.
    ///
    /// They bear this window's serial, for there may be more of them with the next one. Call it when this window is closed, before [`reopen`](Self::reopen).
    #[must_use]
    pub fn take_late(&mut self, weights: Weights) -> Vec<Window> {
        self.take_flows(weights, |start, open| start < open)
    }

    /// The same of all windows but this one, for the end of the process: the latest hand-over may hold some of the window that would come next.
    #[must_use]
    pub fn take_rest(&mut self, weights: Weights) -> Vec<Window> {
        self.take_flows(weights, |start, open| start != open)
    }

    fn take_flows(&mut self, weights: Weights, is_meant: impl Fn(Timestamp, Timestamp) -> bool) -> Vec<Window> {
        let starts: Vec<Timestamp> = self.flows.starts().into_iter().filter(|start| is_meant(*start, self.start)).collect();
        if starts.is_empty() {
            return Vec::new();
        }
        let weighing = self.weighing(weights);
        let window = |start| {
            let pieces = self.flows.of(start).filter_map(|(cell, moments)| weighing.records(cell, moments));
            let cells = rows(pieces.collect(), start, &self.exchange);
            // It measured no time by itself: that is what the window of the same start did, if there is one.
            let partial = Some(Stretch { from: start, to: start });
            Window { start, length: self.length, serial: self.serial, partial, cells, ..Window::default() }
        };
        let windows = starts.iter().map(|start| window(*start)).collect();
        starts.into_iter().for_each(|start| self.flows.remove(start));
        windows
    }

    fn weighing(&self, weights: Weights) -> Weighing<'_> {
        Weighing::new(&self.streams.list, weights, &self.entering)
    }

    fn partial(&self, now: Timestamp) -> Option<Stretch> {
        let from = if self.opened > self.start.plus(OPENING_SLACK) { self.opened } else { self.start };
        let to = now.min(self.end()).max(from);
        (from > self.start || to < self.end()).then_some(Stretch { from, to })
    }

    fn port_rows(&self) -> Vec<PortRow> {
        let mut ports: Vec<_> = self.ports.iter().collect();
        ports.sort_unstable_by_key(|(key, _)| **key);
        ports.into_iter().map(|(key, growth)| growth.row(self.start, &self.exchange, key)).collect()
    }

    fn exporter_rows(&self) -> Vec<ExporterRow> {
        let mut exporters: Vec<_> = self.exporters.iter().collect();
        exporters.sort_unstable_by_key(|(key, _)| **key);
        exporters.into_iter().map(|(key, tally)| tally.row(self.start, &self.exchange, key)).collect()
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
}

/// A window opened this soon after its start is whole: threads wake up some milliseconds after the turn of the minute.
const OPENING_SLACK: Duration = Duration::from_millis(1_500);
