//! What a question is answered from: segments of the journal, windows in memory, and what the warehouse holds.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use polars_core::prelude::DataFrame;
use schema::columns::Row;
use schema::time::span_text;
use schema::{Timestamp, Window};

use crate::answer::Coverage;
use crate::error::Result;
use crate::fold::Fold;
use crate::frame::Frame;
use crate::memory::Memory;
use crate::reattribution::InForce;
use crate::spans::Spans;
use crate::warehouse::Held;

/// What a question is answered from.
pub(crate) struct Sources {
    /// First moment of the answer.
    pub(crate) from: Timestamp,
    /// The moment after its last.
    pub(crate) to: Timestamp,
    /// The time that windows cover.
    pub(crate) spans: Spans,
    /// The length of the coarsest windows, at least a minute.
    pub(crate) step: Duration,
    pub(crate) segments: Vec<PathBuf>,
    /// The same with bundles in the place of days.
    pub(crate) bundled: Vec<PathBuf>,
    /// What is claimed of unknown MAC addresses.
    pub(crate) claims: Arc<InForce>,
    pub(crate) memory: Memory,
    /// The windows in memory that the journal does not hold.
    pub(crate) live: Vec<Arc<Window>>,
    /// What the warehouse holds; then the segments are those of windows that it lacks.
    pub(crate) held: Option<Held>,
    /// Whether something may be missing that nothing else tells.
    pub(crate) is_torn: bool,
}

impl Sources {
    /// Sums their rows, as they read with the claims in force.
    pub(crate) fn summed<R: Row>(&self, fold: &Fold, rows_of: impl Fn(&Window) -> &[R]) -> Result<DataFrame> {
        let fold = fold.clone().under(&self.claims);
        let frames: Vec<Frame> = self.live.iter().map(|window| fold.frame_of(rows_of(window))).collect();
        let segments = if fold.takes_bundles() { &self.bundled } else { &self.segments };
        let Some(held) = &self.held else { return fold.run_from(&self.memory, segments, frames) };
        // What the warehouse lacks changes with every window that is sent: not worth remembering.
        let here = fold.run(segments, frames)?;
        let mut sums = held.sums(&fold)?;
        sums.push(here);
        fold.one_of(&sums)
    }

    /// Adds a window in memory.
    pub(crate) fn add_live(&mut self, window: Arc<Window>) {
        self.spans.add_live(&window);
        self.step = self.step.max(window.length);
        self.widen(window.start, window.end());
        self.live.push(window);
    }

    /// Takes the answer's span out to a window.
    pub(crate) fn widen(&mut self, from: Timestamp, to: Timestamp) {
        (self.from, self.to) = (self.from.min(from), self.to.max(to));
    }

    /// What an answer made of them covers.
    pub(crate) fn coverage(&self) -> Coverage {
        let warehouse = self.held.as_ref().is_some_and(|held| !held.is_empty());
        let source = match (warehouse, self.segments.is_empty(), self.live.is_empty()) {
            (true, true, true) => "clickhouse",
            (true, true, false) => "clickhouse+live",
            (true, false, true) => "clickhouse+journal",
            (true, false, false) => "clickhouse+journal+live",
            (false, _, true) => "journal",
            (false, true, false) => "live",
            (false, false, false) => "journal+live",
        };
        let span = self.to.since(self.from);
        Coverage {
            from: self.from,
            to: self.to,
            step: span_text(self.step),
            source: source.to_owned(),
            complete: self.live.is_empty() && !self.is_torn && !span.is_zero() && self.spans.closed() >= span,
            measured_seconds: self.spans.measured().as_secs(),
        }
    }
}
