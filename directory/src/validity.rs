//! When a claim holds.

use std::fmt;

use schema::Timestamp;

/// Stands for "since ever". No list can write it: it lies outside of the years that a time is read in.
const EVER: Timestamp = Timestamp(i64::MIN);

/// Stands for "without end"; cannot be written either.
const NEVER: Timestamp = Timestamp(i64::MAX);

/// A span of time that holds its first moment and ends just before the moment after its last. It may be open at either end, and is never
/// empty.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Validity {
    start: Timestamp,
    end: Timestamp,
}

impl Validity {
    /// Without beginning and without end.
    pub const ALWAYS: Self = Self { start: EVER, end: NEVER };

    /// From `from` on, up to the moment before `until`; `None` if there is no such moment.
    #[must_use]
    pub fn new(from: Option<Timestamp>, until: Option<Timestamp>) -> Option<Self> {
        Self::between(from.unwrap_or(EVER), until.unwrap_or(NEVER))
    }

    fn between(start: Timestamp, end: Timestamp) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    /// The first moment at which it holds; `None` if it has held since ever.
    #[must_use]
    pub fn from(self) -> Option<Timestamp> {
        (self.start != EVER).then_some(self.start)
    }

    /// The first moment at which it holds no more; `None` if it has no end.
    #[must_use]
    pub fn until(self) -> Option<Timestamp> {
        (self.end != NEVER).then_some(self.end)
    }

    /// Whether it holds at this moment.
    #[inline]
    #[must_use]
    pub fn holds_at(self, at: Timestamp) -> bool {
        self.start <= at && (at < self.end || self.end == NEVER)
    }

    /// Whether it holds longer than the other, whichever of them began first.
    pub(crate) fn outlasts(self, other: Self) -> bool {
        self.end > other.end
    }

    /// The time in which both hold.
    pub(crate) fn overlap(self, other: Self) -> Option<Self> {
        Self::between(self.start.max(other.start), self.end.min(other.end))
    }

    /// The time in which either holds, if there is no gap between them.
    pub(crate) fn joined(self, other: Self) -> Option<Self> {
        let is_apart = self.end < other.start || other.end < self.start;
        (!is_apart).then(|| Self { start: self.start.min(other.start), end: self.end.max(other.end) })
    }
}

impl Default for Validity {
    fn default() -> Self {
        Self::ALWAYS
    }
}

impl fmt::Display for Validity {
    /// As a part of a sentence: `from 2026-03-01T00:00:00Z until 2026-06-01T00:00:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from(), self.until()) {
            (None, None) => f.write_str("at all times"),
            (Some(from), None) => write!(f, "from {from}"),
            (None, Some(until)) => write!(f, "until {until}"),
            (Some(from), Some(until)) => write!(f, "from {from} until {until}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::option;
    use proptest::prelude::*;

    use super::*;

    fn span(from: i64, until: i64) -> Validity {
        Validity::new(Some(Timestamp(from)), Some(Timestamp(until))).unwrap()
    }

    #[test]
    fn it_holds_at_its_first_moment_and_not_at_its_end() {
        let march = span(10, 20);
        for (at, holds) in [(9, false), (10, true), (19, true), (20, false)] {
            assert_eq!(march.holds_at(Timestamp(at)), holds, "{at}");
        }
        for moment in [i64::MIN, 0, i64::MAX].map(Timestamp) {
            assert!(Validity::ALWAYS.holds_at(moment), "{moment:?}");
        }
    }

    #[test]
    fn it_is_never_empty() {
        for (from, until) in [(20, 10), (10, 10)] {
            assert_eq!(Validity::new(Some(Timestamp(from)), Some(Timestamp(until))), None);
        }
    }

    #[test]
    fn what_follows_without_a_gap_is_joined_and_does_not_overlap() {
        assert_eq!((span(1, 5).joined(span(5, 9)), span(1, 5).overlap(span(5, 9))), (Some(span(1, 9)), None));
        assert_eq!((span(1, 5).joined(span(4, 9)), span(1, 5).overlap(span(4, 9))), (Some(span(1, 9)), Some(span(4, 5))));
        assert_eq!((span(1, 5).joined(span(6, 9)), span(1, 5).overlap(span(6, 9))), (None, None));
    }

    #[test]
    fn it_reads_as_a_part_of_a_sentence() {
        let (from, until) = ("2026-03-01".parse().ok(), "2026-06-01".parse().ok());
        let text = |from, until| Validity::new(from, until).unwrap().to_string();
        assert_eq!(text(from, until), "from 2026-03-01T00:00:00Z until 2026-06-01T00:00:00Z");
        assert_eq!(text(from, None), "from 2026-03-01T00:00:00Z");
        assert_eq!(text(None, until), "until 2026-06-01T00:00:00Z");
        assert_eq!(text(None, None), "at all times");
    }

    fn any_validity() -> impl Strategy<Value = Validity> {
        let moment = || option::of((0..12_i64).prop_map(Timestamp));
        (moment(), moment()).prop_filter_map("empty", |(from, until)| Validity::new(from, until))
    }

    proptest! {
        #[test]
        fn overlaps_and_joins_hold_when_both_or_either_does(a in any_validity(), b in any_validity()) {
            prop_assert_eq!(Validity::new(a.from(), a.until()), Some(a));
            for at in (-1..14).map(Timestamp) {
                let (in_a, in_b) = (a.holds_at(at), b.holds_at(at));
                prop_assert_eq!(a.overlap(b).is_some_and(|both| both.holds_at(at)), in_a && in_b);
                if let Some(either) = a.joined(b) {
                    prop_assert_eq!(either.holds_at(at), in_a || in_b);
                }
            }
        }
    }
}
