//! The window that is open: where the shards' hand-overs meet, and where weights are known.

use std::sync::Arc;
use std::time::Duration;

use schema::window::{CellRow, ExporterRow, PortRow, Stretch};
use schema::{CellKey, Moments, Reason, Sums, Timestamp, Window};

use crate::exporter::{ExporterKey, ExporterTally};
use crate::ports::{Growth, PortKey};
use crate::shard::{Delta, Map, StreamCell};
use crate::stream::{StreamKey, Tally};
use crate::weight::Weights;

/// Cells of one window over all shards, against the same floods as in a shard. What comes above it is counted in the overflow cell.
pub(crate) const MAX_WINDOW_CELLS: usize = 1 << 21;

/// An open window.
pub struct OpenWindow {
    exchange: Arc<str>,
    start: Timestamp,
    length: Duration,
    opened: Timestamp,
    serial: u64,
    streams: Vec<(StreamKey, Tally)>,
    places: Map<StreamKey, u32>,
    cells: Map<(u32, CellKey), Moments>,
    exporters: Map<ExporterKey, ExporterTally>,
    ports: Map<PortKey, Growth>,
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
            streams: Vec::new(),
            places: Map::default(),
            cells: Map::default(),
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
    pub fn reopen(&mut self, at: Timestamp, serial: u64) {
        self.start = at.floor(self.length);
        self.opened = at;
        self.serial = serial;
        self.streams.clear();
        self.places.clear();
        self.cells.clear();
        self.exporters.clear();
        self.ports.clear();
    }

    /// Adds what a shard handed over.
    pub fn merge(&mut self, delta: &Delta) {
        let places: Vec<u32> = delta.streams.iter().map(|(key, tally)| self.stream(key, tally)).collect();
        for (StreamCell { stream, cell }, moments) in &delta.cells {
            let Some(stream) = places.get(*stream as usize) else { continue };
            let full = self.cells.len() >= MAX_WINDOW_CELLS;
            let key = if full && !self.cells.contains_key(&(*stream, *cell)) {
                (*stream, CellKey::nobody(Reason::Overflow))
            } else {
                (*stream, *cell)
            };
            self.cells.entry(key).or_default().merge(*moments);
        }
        for (key, tally) in &delta.exporters {
            self.exporters.entry(*key).or_default().merge(tally);
        }
        for (key, growth) in &delta.ports {
            self.ports.entry(*key).or_default().merge(growth);
        }
    }

    fn stream(&mut self, key: &StreamKey, tally: &Tally) -> u32 {
        let next = u32::try_from(self.streams.len()).unwrap_or(u32::MAX);
        let place = *self.places.entry(*key).or_insert(next);
        if place == next {
            self.streams.push((*key, Tally::default()));
        }
        if let Some((_, sum)) = self.streams.get_mut(place as usize) {
            sum.merge(tally);
        }
        place
    }

    /// The window as it stands at `now`, every cell weighed with what its streams' numbers show until now.
    ///
    /// It is partial if it was opened after its start or is asked before its end. Rows come sorted by their keys, so that the same samples give the
    /// same rows whatever thread they came by.
    #[must_use]
    pub fn close(&self, now: Timestamp, weights: Weights) -> Window {
        Window {
            start: self.start,
            length: self.length,
            serial: self.serial,
            partial: self.partial(now),
            cells: self.cell_rows(weights),
            ports: self.port_rows(),
            exporters: self.exporter_rows(),
        }
    }

    fn partial(&self, now: Timestamp) -> Option<Stretch> {
        let from = if self.opened > self.start.plus(OPENING_SLACK) { self.opened } else { self.start };
        let to = now.min(self.end()).max(from);
        (from > self.start || to < self.end()).then_some(Stretch { from, to })
    }

    fn cell_rows(&self, weights: Weights) -> Vec<CellRow> {
        let weighed: Vec<f64> = self.streams.iter().map(|(key, tally)| weights.weigh(key.rate, tally).frames).collect();
        let mut cells: Vec<(CellKey, StreamKey, Sums)> = self
            .cells
            .iter()
            .filter_map(|((stream, cell), moments)| {
                let place = *stream as usize;
                Some((*cell, self.streams.get(place)?.0, moments.weighed(*weighed.get(place)?)))
            })
            .collect();
        cells.sort_unstable_by_key(|(cell, stream, _)| (*cell, *stream));
        let mut rows: Vec<(CellKey, Sums)> = Vec::with_capacity(cells.len());
        for (cell, _, sums) in cells {
            match rows.last_mut() {
                Some((last, total)) if *last == cell => total.merge(sums),
                _ => rows.push((cell, sums)),
            }
        }
        rows.into_iter().map(|(cell, sums)| CellRow::new(self.start, &self.exchange, cell, sums)).collect()
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
        &self.streams
    }
}

/// A window opened this soon after its start is whole: threads wake up some milliseconds after the turn of the minute.
const OPENING_SLACK: Duration = Duration::from_millis(1_500);
