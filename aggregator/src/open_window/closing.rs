//! What a window says when it is closed, or looked at while it is open.

use std::time::Duration;

use schema::window::{ExporterRow, PortRow, Stretch};
use schema::{Timestamp, Window};

use super::OpenWindow;
use crate::exporter::{ExporterKey, ExporterTally};
use crate::port_samples::port_sample_rows;
use crate::rows::{Piece, Weighing, cell_rows, sort};
use crate::weight::Weights;

/// A window opened this soon after its start is whole: threads wake up some milliseconds after the turn of the minute.
const OPENING_SLACK: Duration = Duration::from_millis(1_500);

impl OpenWindow {
    /// The window as it stands at `now`, every cell weighed with what its streams' numbers show until now.
    ///
    /// It is partial if it was opened after its start or is asked before its end. Rows come sorted by their keys, so that the same samples give the
    /// same rows whatever thread they came by.
    #[must_use]
    pub fn close(&self, now: Timestamp, weights: Weights) -> Window {
        let weighing = self.weighing(weights);
        let samples = self.cells.iter().filter_map(|(cell, moments)| weighing.samples(&cell, moments));
        let records = self.flows.of(self.start).filter_map(|(cell, moments)| weighing.records(cell, moments));
        let pieces = samples.chain(records).collect();
        let partial = self.partial(now);
        let (ports, exporters) = (self.port_rows(), self.exporter_rows(&weighing));
        Window { partial, ports, exporters, ..self.window(self.start, pieces, &weighing) }
    }

    /// Takes out what flow records brought of windows before this one, one window each, the oldest first. They have cells and samples by port only.
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
            let pieces = self.flows.of(start).filter_map(|(cell, moments)| weighing.records(cell, moments)).collect();
            // It measured no time by itself: that is what the window of the same start did, if there is one.
            let partial = Some(Stretch { from: start, to: start });
            Window { partial, ..self.window(start, pieces, &weighing) }
        };
        let windows = starts.iter().map(|start| window(*start)).collect();
        starts.into_iter().for_each(|start| self.flows.remove(start));
        windows
    }

    /// The exporters heard in this window with how their samples were weighed, and with nothing else of what came from them.
    ///
    /// A data source belongs to an agent. Where several exporters of this window are one agent, as behind two relays, all of it is told of the first.
    #[must_use]
    pub fn weighed(&self, weights: Weights) -> Vec<(ExporterKey, ExporterTally)> {
        let tally = |(key, weighed)| (key, ExporterTally { weighed, ..ExporterTally::default() });
        let weighing = self.weighing(weights);
        self.exporters_in_order(&weighing).into_iter().map(|(key, tally_of)| tally((key, tally_of.weighed))).collect()
    }

    /// What these pieces sum to.
    fn window(&self, start: Timestamp, mut pieces: Vec<Piece>, weighing: &Weighing<'_>) -> Window {
        sort(&mut pieces);
        Window {
            start,
            length: self.length,
            serial: self.serial,
            cells: cell_rows(&pieces, start, &self.exchange),
            port_samples: port_sample_rows(&pieces, weighing, start, &self.exchange),
            ..Window::default()
        }
    }

    fn weighing(&self, weights: Weights) -> Weighing<'_> {
        Weighing::new(&self.streams.list, weights, &self.entering, &self.pools)
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

    fn exporter_rows(&self, weighing: &Weighing<'_>) -> Vec<ExporterRow> {
        let exporters = self.exporters_in_order(weighing).into_iter();
        exporters.map(|(key, tally)| tally.row(self.start, &self.exchange, &key)).collect()
    }

    /// All exporters, the first of each agent with how its samples were weighed.
    fn exporters_in_order(&self, weighing: &Weighing<'_>) -> Vec<(ExporterKey, ExporterTally)> {
        let mut exporters: Vec<_> = self.exporters.iter().map(|(key, tally)| (*key, *tally)).collect();
        exporters.sort_unstable_by_key(|(key, _)| *key);
        let mut agents = weighing.agents.clone();
        for (key, tally) in exporters.iter_mut().filter(|(key, _)| key.protocol.is_sflow()) {
            let Ok(place) = agents.binary_search_by_key(&key.agent, |(agent, _)| *agent) else { continue };
            if let Some((_, weighed)) = agents.get_mut(place) {
                tally.weighed.merge(&std::mem::take(weighed));
            }
        }
        exporters
    }
}
