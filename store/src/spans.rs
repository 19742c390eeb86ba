//! The time that windows cover: a gap is no zero.

use std::time::Duration;

use schema::window::Stretch;
use schema::{Timestamp, Window};

use crate::segment::{Base, RollUp};

/// The time that a set of windows covers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spans {
    /// What windows cover, each by itself.
    windows: Vec<Stretch>,
    /// What whole and closed windows cover, each by itself.
    whole: Vec<Stretch>,
    /// Roll-ups with gaps, of which only the sum of what they cover is known. Nothing else may overlap them.
    gappy: Vec<RollUp>,
}

impl Spans {
    /// Adds a window.
    fn add(&mut self, from: Timestamp, to: Timestamp, whole: bool) {
        self.windows.push(Stretch { from, to });
        if whole {
            self.whole.push(Stretch { from, to });
        }
    }

    /// Adds a window of the journal.
    pub(crate) fn add_base(&mut self, base: &Base) {
        let Stretch { from, to } = base.measured();
        self.add(from, to, base.partial.is_none());
    }

    /// Adds a window in memory, which never counts as whole.
    pub(crate) fn add_live(&mut self, window: &Window) {
        let Stretch { from, to } = window.measured();
        self.add(from, to, false);
    }

    /// Adds the time that whole windows measured together, and the time that other windows did.
    pub(crate) fn add_measured(&mut self, whole: &[Stretch], parts: &[Stretch]) {
        whole.iter().for_each(|stretch| self.add(stretch.from, stretch.to, true));
        parts.iter().for_each(|stretch| self.add(stretch.from, stretch.to, false));
    }

    /// Adds the windows of a roll-up, none of which overlaps any other.
    pub(crate) fn add_roll_up(&mut self, roll_up: RollUp) {
        if full(&roll_up, roll_up.measured) && (roll_up.closed == roll_up.measured) {
            self.add(roll_up.start, roll_up.end(), true);
        } else {
            self.gappy.push(roll_up);
        }
    }

    /// Takes out those roll-ups of which only the sum is known and that overlap a stretch.
    pub(crate) fn take_gappy(&mut self, from: Timestamp, to: Timestamp) -> Vec<RollUp> {
        self.gappy.extract_if(.., |roll_up| roll_up.start < to && from < roll_up.end()).collect()
    }

    /// First moment that is covered, and the moment after the last; a window that covers no time of its own still has a moment.
    pub(crate) fn extent(&self) -> Option<(Timestamp, Timestamp)> {
        let windows = self.windows.iter().map(|stretch| (stretch.from, stretch.to.max(stretch.from.plus(Duration::from_millis(1)))));
        let gappy = self.gappy.iter().map(|roll_up| (roll_up.start, roll_up.end()));
        windows.chain(gappy).reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
    }

    /// How much time is covered.
    pub(crate) fn measured(&self) -> Duration {
        let gappy: u64 = self.gappy.iter().map(|roll_up| roll_up.measured).sum();
        total(&self.windows) + Duration::from_millis(gappy)
    }

    /// How much time whole windows cover.
    pub(crate) fn closed(&self) -> Duration {
        let gappy: u64 = self.gappy.iter().map(|roll_up| roll_up.closed).sum();
        total(&self.whole) + Duration::from_millis(gappy)
    }

    /// How much time is covered in each of `count` steps from `first`; no roll-up is longer than a step.
    pub(crate) fn measured_by_step(&self, first: Timestamp, step: Duration, count: usize) -> Vec<Duration> {
        let mut measured = vec![Duration::ZERO; count];
        let position = |time: Timestamp| usize::try_from(time.since(first).as_millis() / step.as_millis().max(1)).unwrap_or(usize::MAX);
        for roll_up in &self.gappy {
            if let Some(slot) = measured.get_mut(position(roll_up.start)) {
                *slot += Duration::from_millis(roll_up.measured);
            }
        }
        for mut stretch in merged(&self.windows) {
            stretch.from = stretch.from.max(first);
            while stretch.from < stretch.to {
                let next = stretch.from.floor(step).plus(step).min(stretch.to);
                let Some(slot) = measured.get_mut(position(stretch.from)) else { break };
                *slot += next.since(stretch.from);
                stretch.from = next;
            }
        }
        measured
    }
}

/// The time that windows cover, and the time that whole ones among them cover, in milliseconds.
pub(crate) fn covered<'b>(bases: impl IntoIterator<Item = &'b Base>) -> (u64, u64) {
    let mut spans = Spans::default();
    bases.into_iter().for_each(|base| spans.add_base(base));
    (millis(spans.measured()), millis(spans.closed()))
}

fn full(roll_up: &RollUp, covered: u64) -> bool {
    covered == millis(roll_up.level.span())
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn total(stretches: &[Stretch]) -> Duration {
    merged(stretches).iter().map(|stretch| stretch.to.since(stretch.from)).sum()
}

/// The same time, in order and without overlaps.
fn merged(stretches: &[Stretch]) -> Vec<Stretch> {
    let mut sorted = stretches.to_vec();
    sorted.sort_unstable();
    let mut merged: Vec<Stretch> = Vec::with_capacity(sorted.len());
    for stretch in sorted {
        match merged.last_mut() {
            Some(last) if stretch.from <= last.to => last.to = last.to.max(stretch.to),
            _ => merged.push(stretch),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn minute(number: i64) -> Timestamp {
        Timestamp(number * 60_000)
    }

    #[test]
    fn overlaps_count_once_and_gaps_not_at_all() {
        let mut spans = Spans::default();
        spans.add(minute(0), minute(2), true);
        spans.add(minute(1), minute(3), false);
        spans.add(minute(5), minute(6), true);
        assert_eq!((spans.measured(), spans.closed()), (4 * MINUTE, 3 * MINUTE));
        assert_eq!((spans.extent(), Spans::default().extent()), (Some((minute(0), minute(6))), None));
        assert_eq!(spans.measured_by_step(minute(0), 2 * MINUTE, 3), [2 * MINUTE, MINUTE, MINUTE]);
    }

    #[test]
    fn a_roll_up_with_gaps_counts_what_it_covers() {
        use crate::segment::Tally;
        use schema::Level;
        let roll_up = RollUp {
            level: Level::FiveMinutes,
            start: minute(5),
            generation: 1,
            tally: Tally::default(),
            measured: 90_000,
            closed: 60_000,
        };
        let mut spans = Spans::default();
        spans.add_roll_up(roll_up);
        assert_eq!((spans.measured(), spans.closed()), (MINUTE * 3 / 2, MINUTE));
        assert_eq!(spans.measured_by_step(minute(0), 5 * MINUTE, 2), [Duration::ZERO, MINUTE * 3 / 2]);
        assert_eq!(spans.take_gappy(minute(9), minute(10)), [roll_up]);
        assert_eq!(spans.measured(), Duration::ZERO);
    }
}
