//! From which levels a span is answered.
//!
//! The warehouse has every closed period at every level, so a plan is arithmetic: the coarsest periods that lie within the span, finer ones at its edges. What has
//! become too old for a level is taken from the next coarser one, and the span is widened to that, as the journal's plan does it.

use schema::warehouse::Keep;
use schema::{Level, Timestamp};

/// What is read from the tables of one level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Range {
    pub(super) level: Level,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

/// What must be known for a plan.
#[derive(Clone, Debug)]
pub(super) struct Horizon<'k> {
    /// Periods that end later are not taken as a whole yet. That is when the journal rolls them up, so that both answer alike.
    pub(super) closed: Timestamp,
    /// The moment of the question.
    pub(super) now: Timestamp,
    pub(super) keep: &'k Keep,
    /// The first row of each level, the finest first; `None` where there is none.
    pub(super) first_rows: [Option<Timestamp>; Level::ALL.len()],
    /// First moment of any window.
    pub(super) first: Timestamp,
}

impl Horizon<'_> {
    /// The ranges that answer [`from`, `to`) with periods no longer than `coarsest`, where finer ones are left. They overlap nowhere.
    pub(super) fn ranges(&self, from: Timestamp, to: Timestamp, coarsest: Level) -> Vec<Range> {
        let mut ranges = Vec::new();
        self.visit(Level::Day, Range { level: coarsest, from, to }, &mut ranges);
        ranges
    }

    /// Takes a part of the span from `level`, or from finer ones.
    fn visit(&self, level: Level, asked: Range, ranges: &mut Vec<Range>) {
        let Range { level: coarsest, from, to } = asked;
        if from >= to {
            return;
        }
        let Some(finer) = level.finer() else {
            return ranges.push(Range { level, from, to });
        };
        let gone = self.kept_from(finer).map_or(from, |kept| ceil(kept, level));
        if from < gone {
            ranges.push(Range { level, from: from.floor(level.span()), to: ceil(to.min(gone), level) });
        }
        let from = from.max(gone);
        let (begin, end) = (ceil(from, level), to.min(self.closed).floor(level.span()));
        if level > coarsest || begin >= end {
            return self.visit(finer, Range { from, ..asked }, ranges);
        }
        self.visit(finer, Range { from, to: begin, ..asked }, ranges);
        ranges.push(Range { level, from: begin, to: end });
        self.visit(finer, Range { from: end, ..asked }, ranges);
    }

    /// From when on a level has all its rows: not what is older than it keeps, nor what was dropped while it kept less than now. `None` if it has them from the first.
    fn kept_from(&self, level: Level) -> Option<Timestamp> {
        let kept = self.keep.of(level).map(|keep| self.now.minus(keep));
        let first_row = self.first_rows.get(level as usize).copied().flatten();
        // Whole partitions are dropped, none of which is shorter than a day: of the first row's own day nothing is gone.
        let first_day = first_row.map(|row| row.floor(Level::Day.span()));
        kept.into_iter().chain(first_day).filter(|time| self.first.floor(level.span()) < *time).max()
    }
}

/// The start of the first period that begins at a moment or after it.
fn ceil(time: Timestamp, level: Level) -> Timestamp {
    let floor = time.floor(level.span());
    if floor < time { floor.plus(level.span()) } else { floor }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    /// Minutes after 2026-11-21T00:00:00Z.
    fn at(minutes: i64) -> Timestamp {
        Timestamp(1_795_219_200_000 + minutes * 60_000)
    }

    fn horizon(keep: &Keep, now: i64) -> Horizon<'_> {
        Horizon { closed: at(now - 2), now: at(now), keep, first_rows: [Some(at(0)); 4], first: at(0) }
    }

    fn told(ranges: &[Range]) -> Vec<(&'static str, i64, i64)> {
        let minutes = |time: Timestamp| (time.millis() - at(0).millis()) / 60_000;
        ranges.iter().map(|range| (range.level.name(), minutes(range.from), minutes(range.to))).collect()
    }

    #[test]
    fn the_coarsest_periods_within_the_span_are_taken_and_finer_ones_at_its_edges() {
        let horizon = horizon(&Keep::ALL, 3 * 1440);
        let ranges = horizon.ranges(at(1437), at(2 * 1440 + 66), Level::Day);
        assert_eq!(told(&ranges), [("1m", 1437, 1440), ("1d", 1440, 2880), ("1h", 2880, 2940), ("5m", 2940, 2945), ("1m", 2945, 2946)]);
        assert_eq!(told(&horizon.ranges(at(0), at(1440), Level::FiveMinutes)), [("5m", 0, 1440)]);
        assert_eq!(told(&horizon.ranges(at(61), at(64), Level::Day)), [("1m", 61, 64)]);
        assert!(horizon.ranges(at(5), at(5), Level::Day).is_empty());
    }

    #[test]
    fn a_first_window_within_a_period_is_no_reason_to_widen_the_span() {
        let horizon = Horizon { first: at(7), ..horizon(&Keep::ALL, 3 * 1440) };
        assert_eq!(told(&horizon.ranges(at(7), at(66), Level::FiveMinutes)), [("1m", 7, 10), ("5m", 10, 65), ("1m", 65, 66)]);
    }

    #[test]
    fn a_period_that_is_not_closed_is_taken_in_parts() {
        let ranges = horizon(&Keep::ALL, 121).ranges(at(0), at(180), Level::Hour);
        assert_eq!(told(&ranges), [("1h", 0, 60), ("5m", 60, 115), ("1m", 115, 180)]);
    }

    #[test]
    fn what_is_too_old_for_a_level_is_taken_from_a_coarser_one_and_widens_the_span() {
        let keep = Keep { minutes: Some(HOUR), five_minutes: Some(2 * HOUR), ..Keep::ALL };
        let ranges = horizon(&keep, 600).ranges(at(451), at(591), Level::Minute);
        assert_eq!(told(&ranges), [("1h", 420, 480), ("5m", 480, 540), ("1m", 540, 591)]);
        assert_eq!(told(&horizon(&keep, 600).ranges(at(7), at(9), Level::Minute)), [("1h", 0, 60)]);
    }

    #[test]
    fn what_was_dropped_while_less_was_kept_is_not_looked_for() {
        let mut horizon = horizon(&Keep::ALL, 600);
        horizon.first_rows[0] = Some(at(1440 + 303));
        assert_eq!(told(&horizon.ranges(at(1437), at(1444), Level::Minute)), [("5m", 1435, 1440), ("1m", 1440, 1444)]);
    }
}
