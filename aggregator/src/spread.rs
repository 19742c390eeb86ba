//! A flow record over the windows in which its packets passed.

use std::time::Duration;

use schema::sample::Age;
use schema::{Moments, Timestamp};

/// How many windows before the present one a flow record reaches. What passed before that is counted in the oldest of them. It keeps one record
/// that claims an age of weeks from filling thousands of windows. Exporters report long flows every half hour or more often.
pub(crate) const MAX_SPREAD: u32 = 60;

/// The parts of a record by windows, the oldest first. They add up to the record exactly.
#[derive(Clone, Debug)]
pub(crate) struct Spread {
    whole: Moments,
    /// When the first packet passed, and how many milliseconds later the last one did.
    from: i64,
    length: u64,
    /// Up to where parts were given.
    done: u64,
    finished: bool,
    /// Starts of the window at hand, and of the oldest within reach.
    present: i64,
    oldest: i64,
    window_ms: i64,
}

/// Spreads what passed evenly between `at − first` and `at − last`.
#[inline]
pub(crate) fn spread(whole: Moments, age: Age, at: Timestamp, window: Duration) -> Spread {
    let window_ms = i64::try_from(window.as_millis()).unwrap_or(i64::MAX).max(1);
    let present = floor(at.millis(), window_ms);
    let from = at.millis().saturating_sub(i64::from(age.first_ms));
    let length = u64::from(age.first_ms.saturating_sub(age.last_ms));
    let reach = window_ms.saturating_mul(i64::from(MAX_SPREAD));
    let oldest = present.saturating_sub(reach);
    Spread { whole, from, length, done: 0, finished: false, present, oldest, window_ms }
}

/// [`Timestamp::floor`] for a length of the window that is worked out already.
#[inline]
const fn floor(moment: i64, window_ms: i64) -> i64 {
    moment.saturating_sub(moment.rem_euclid(window_ms))
}

impl Spread {
    /// The start of the window in which the record came.
    #[inline]
    pub(crate) const fn present(&self) -> Timestamp {
        Timestamp(self.present)
    }

    /// The window of all of it, where that is one: as it is with most records.
    #[inline]
    pub(crate) fn only_window(&self) -> Option<Timestamp> {
        let start = self.start(self.from);
        (self.until(start) >= self.length).then_some(Timestamp(start))
    }

    /// The start of the window in which what passed at this moment is counted.
    #[inline]
    fn start(&self, moment: i64) -> i64 {
        // No moment of a record is behind the present window, and to divide takes long.
        if moment >= self.present { self.present } else { floor(moment, self.window_ms).max(self.oldest) }
    }

    /// Whether some of it passed before the oldest window within reach.
    pub(crate) const fn is_beyond_reach(&self) -> bool {
        self.from < self.oldest
    }

    /// How far into the record's time the window ends that starts at `start`.
    #[inline]
    fn until(&self, start: i64) -> u64 {
        let end = start.saturating_add(self.window_ms).saturating_sub(self.from);
        u64::try_from(end).unwrap_or(0).min(self.length)
    }
}

impl Iterator for Spread {
    type Item = (Timestamp, Moments);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        let moment = self.from.saturating_add_unsigned(self.done);
        let start = self.start(moment);
        let until = self.until(start);
        self.finished = until >= self.length;
        let is_whole = self.done == 0 && self.finished;
        let part = if is_whole { self.whole } else { self.whole.part(self.done, until, self.length) };
        self.done = until;
        Some((Timestamp(start), part))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn parts(first_ms: u32, last_ms: u32, at: i64) -> Vec<(i64, u64)> {
        let whole = Moments { n: 1_000, x: 600_000, xx: 360_000_000 };
        let spread = spread(whole, Age { first_ms, last_ms }, Timestamp(at), MINUTE);
        spread.map(|(start, part)| (start.millis(), part.x)).collect()
    }

    #[test]
    fn a_record_is_spread_in_proportion_to_time() {
        assert_eq!(parts(150_000, 30_000, 270_000), [(120_000, 300_000), (180_000, 300_000)]);
        assert_eq!(parts(100_000, 0, 130_000), [(0, 180_000), (60_000, 360_000), (120_000, 60_000)]);
    }

    #[test]
    fn a_record_of_one_moment_or_of_one_window_stays_whole() {
        assert_eq!(parts(0, 0, 120_000), [(120_000, 600_000)]);
        assert_eq!(parts(1, 1, 120_000), [(60_000, 600_000)]);
        assert_eq!(parts(60_000, 0, 120_000), [(60_000, 600_000)], "the first moment of the next window is not in it");
        assert_eq!(parts(5_000, 9_000, 90_000), [(60_000, 600_000)], "an end before the start is no time at all");
    }

    #[test]
    fn what_lies_out_of_reach_goes_to_the_oldest_window_within_it() {
        let at = 1_000 * 60_000 + 5;
        let oldest = (1_000 - i64::from(MAX_SPREAD)) * 60_000;
        assert_eq!(parts(u32::MAX, u32::MAX - 10, at), [(oldest, 600_000)]);
        let long = parts(u32::MAX, 0, at);
        assert_eq!((long.len(), long[0].0), (MAX_SPREAD as usize + 1, oldest));
        assert!(long[0].1 > 590_000 && long.iter().map(|part| part.1).sum::<u64>() == 600_000);
        assert!(spread(Moments::default(), Age { first_ms: u32::MAX, last_ms: 0 }, Timestamp(at), MINUTE).is_beyond_reach());
        assert!(!spread(Moments::default(), Age { first_ms: 60 * 60_000, last_ms: 0 }, Timestamp(at), MINUTE).is_beyond_reach());
    }

    proptest! {
        /// Whatever ages are claimed and however long windows are, the parts add up to the whole, in windows within reach.
        #[test]
        fn the_parts_add_up_to_the_whole(
            (n, x, xx) in any::<(u64, u64, u64)>(),
            (first_ms, last_ms) in any::<(u32, u32)>(),
            at in -(1_i64 << 50)..1 << 50,
            window in 0..100_000_000_u64,
        ) {
            let (whole, window) = (Moments { n, x, xx }, Duration::from_micros(window));
            let spread = spread(whole, Age { first_ms, last_ms }, Timestamp(at), window);
            let mut sum = Moments::default();
            let (mut before, mut count) = (None, 0);
            prop_assert_eq!(spread.present(), Timestamp(at).floor(window));
            let only = spread.only_window();
            for (start, part) in spread {
                prop_assert!(before < Some(start) && start <= Timestamp(at));
                prop_assert_eq!(start, start.floor(window));
                before = Some(start);
                sum.merge(part);
                count += 1;
            }
            prop_assert_eq!(only.is_some(), count == 1);
            prop_assert!(only.is_none_or(|only| before == Some(only)));
            prop_assert_eq!(sum, whole);
        }
    }
}
