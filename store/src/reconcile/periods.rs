//! The periods in which counters and samples are held against each other.

use std::ops::Range;
use std::time::Duration;

use schema::time::span_text;
use schema::{Level, Timestamp};

use crate::reader::Sources;

const DAY: Duration = Duration::from_secs(86_400);

/// Spans up to this length are looked at in periods of an hour, and longer ones in days: bounds the periods of an answer to some hundreds.
const HOURS_UP_TO: Duration = Duration::from_secs(31 * 86_400);

/// Periods of a chart.
const MOST_OF_CHART: u128 = 100;

/// Steps of equal length, and how much of each was measured.
pub(crate) struct Periods {
    first: Timestamp,
    length: Duration,
    pub(crate) measured: Vec<Duration>,
}

impl Periods {
    /// The length of periods that suits a span: five minutes up to a day, an hour up to 31 days, else a day.
    pub(crate) fn fair_level(span: Duration) -> Level {
        match span {
            span if span <= DAY => Level::FiveMinutes,
            span if span <= HOURS_UP_TO => Level::Hour,
            _ => Level::Day,
        }
    }

    /// The length of periods that suits a chart of `span`: so long that reading their tables does not cost more than reading the cells.
    pub(crate) fn few_level(span: Duration) -> Level {
        let suits = |level: &Level| span.as_millis() <= MOST_OF_CHART * level.span().as_millis();
        [Level::FiveMinutes, Level::Hour].into_iter().find(suits).unwrap_or(Level::Day)
    }

    /// The periods of an answer: of this level, but no shorter than the windows that it is made of.
    pub(crate) fn new(sources: &Sources, level: Level) -> Self {
        let wanted = level.span().max(sources.step);
        let length = Level::ALL.into_iter().map(Level::span).find(|span| *span >= wanted).unwrap_or(DAY);
        // Not those of the question's span, which may reach from long before the first window to long after the last.
        let (from, to) = sources.spans.extent().unwrap_or_default();
        let first = from.floor(length);
        let count = to.since(first).as_millis().div_ceil(length.as_millis().max(1));
        let count = usize::try_from(count).unwrap_or_default();
        Self { first, length, measured: sources.spans.measured_by_step(first, length, count) }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.measured.len()
    }

    /// Whether anything was measured in one of them.
    pub(crate) fn is_measured(&self, period: usize) -> bool {
        self.measured.get(period).is_some_and(|measured| !measured.is_zero())
    }

    /// Their length.
    pub(crate) const fn length(&self) -> Duration {
        self.length
    }

    /// Their length, as it is written.
    pub(crate) fn name(&self) -> String {
        span_text(self.length)
    }

    /// Those that overlap the time from `from` to `to`.
    pub(crate) fn around(&self, from: Timestamp, to: Timestamp) -> Range<usize> {
        if to <= self.first {
            return 0..0;
        }
        let last = to.minus(Duration::from_millis(1)).max(from);
        let end = self.of(last).saturating_add(1).min(self.count());
        self.of(from).min(end)..end
    }

    /// In which one a moment lies.
    pub(crate) fn of(&self, time: Timestamp) -> usize {
        usize::try_from(time.since(self.first).as_millis() / self.length.as_millis().max(1)).unwrap_or(usize::MAX)
    }
}
