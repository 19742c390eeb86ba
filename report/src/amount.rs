//! How much it is, and how that is known.

use schema::Sums;
use schema::estimator::volume;
use serde::Serialize;

/// A volume that somebody declared, in octets of the whole period: it is not less and not more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Declared {
    /// Not less.
    pub low: u64,
    /// Not more; `None` where the declaration does not say, as a 95th percentile does not say what its free hours carried.
    pub high: Option<u64>,
}

impl Declared {
    /// Between two ends, in whatever order they are given.
    #[must_use]
    pub const fn between(one: u64, other: u64) -> Self {
        if one <= other { Self { low: one, high: Some(other) } } else { Self { low: other, high: Some(one) } }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let high = self.high.zip(other.high).map(|(one, two)| one.saturating_add(two));
        Self { low: self.low.saturating_add(other.low), high }
    }
}

/// What is known of one class of a member's traffic.
///
/// It is one of three, so that nothing can be counted both as measured and as declared.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Told {
    /// Sampled at the member's own border.
    Measured(Sums),
    /// Said by the member.
    Declared(Declared),
    /// Told for a part of the period only; these are the ends for all of it, what its links can carry in the rest included.
    Partly(Declared),
    /// Not told. Not more than its links carry, in bits a second, if that is known.
    Nothing {
        /// Capacity of the links of this class, in bits a second.
        capacity: Option<u64>,
    },
}

impl Default for Told {
    fn default() -> Self {
        Self::Nothing { capacity: None }
    }
}

impl Told {
    /// The best of what is there: a measurement before a declaration, and either before a capacity.
    #[must_use]
    pub fn best(measured: Option<Sums>, declared: Option<Declared>, capacity: Option<u64>) -> Self {
        let declared = || declared.map(Self::Declared);
        measured.map(Self::Measured).or_else(declared).unwrap_or(Self::Nothing { capacity })
    }

    /// Whether the member told it for the whole period, one way or the other.
    #[must_use]
    pub const fn is_told(&self) -> bool {
        matches!(self, Self::Measured(_) | Self::Declared(_))
    }

    /// What it is over a period of so many seconds.
    pub(crate) fn amount(&self, seconds: u64) -> Amount {
        match *self {
            Self::Measured(sums) => Amount { measured: sums, ..Amount::default() },
            Self::Declared(Declared { low, high }) | Self::Partly(Declared { low, high }) => {
                Amount { least: low.into(), most: high.map(u128::from), ..Amount::default() }
            }
            Self::Nothing { capacity } => {
                let octets = |bits_per_second: u64| u128::from(bits_per_second) * u128::from(seconds) / 8;
                Amount { least: 0, most: capacity.map(octets), ..Amount::default() }
            }
        }
    }
}

/// A sum of what was measured and of what lies between two ends, in octets.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Amount {
    pub(crate) measured: Sums,
    /// Beside what was measured, at least so much,
    pub(crate) least: u128,
    /// and at most so much; `None` where nobody knows.
    pub(crate) most: Option<u128>,
}

impl Default for Amount {
    fn default() -> Self {
        Self { measured: Sums::default(), least: 0, most: Some(0) }
    }
}

impl Amount {
    pub(crate) fn of(measured: Sums) -> Self {
        Self { measured, ..Self::default() }
    }

    pub(crate) fn plus(mut self, other: Self) -> Self {
        self.measured.merge(other.measured);
        self.least = self.least.saturating_add(other.least);
        self.most = self.most.zip(other.most).map(|(one, two)| one.saturating_add(two));
        self
    }

    /// The same without a part of what was measured; never less than nothing.
    pub(crate) fn without(mut self, part: Sums) -> Self {
        let measured = &mut self.measured;
        measured.bytes = measured.bytes.saturating_sub(part.bytes);
        measured.variance = (measured.variance - part.variance).max(0.0);
        self
    }

    /// The two ends, each with what sampling adds to it.
    pub(crate) fn between(&self) -> Declared {
        let measured = volume(&self.measured);
        let octets = |octets: u128| u64::try_from(octets).unwrap_or(u64::MAX);
        let high = self.most.map(|most| measured.high.saturating_add(octets(most)));
        Declared { low: measured.low.saturating_add(octets(self.least)), high }
    }

    /// The sums at the lower end.
    pub(crate) fn low(&self) -> Sums {
        with(self.measured, self.least)
    }

    /// The sums at the upper end, if there is one.
    pub(crate) fn high(&self) -> Option<Sums> {
        self.most.map(|most| with(self.measured, most))
    }
}

/// Adds octets that have no variance.
fn with(measured: Sums, octets: u128) -> Sums {
    let octets = u64::try_from(octets).unwrap_or(u64::MAX);
    Sums { bytes: measured.bytes.saturating_add(octets), ..measured }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measurement_goes_before_a_declaration_and_is_not_added_to_it() {
        let (measured, declared) = (Sums { bytes: 70, ..Sums::default() }, Declared::between(100, 90));
        assert_eq!(Told::best(Some(measured), Some(declared), Some(5)), Told::Measured(measured));
        assert_eq!(Told::best(None, Some(declared), Some(5)), Told::Declared(Declared { low: 90, high: Some(100) }));
        assert_eq!(Told::best(None, None, Some(5)), Told::Nothing { capacity: Some(5) });
        assert!(Told::Declared(declared).is_told() && !Told::default().is_told());
    }

    #[test]
    fn what_is_not_told_is_between_nothing_and_what_its_links_carry() {
        let amount = Told::Nothing { capacity: Some(8_000) }.amount(60);
        assert_eq!((amount.low().bytes, amount.high().unwrap().bytes), (0, 60_000));
        let unknown = amount.plus(Told::default().amount(60));
        assert_eq!((unknown.low().bytes, unknown.high()), (0, None));
        let all = amount.plus(Told::Declared(Declared::between(1, 2)).amount(60)).plus(Amount::of(Sums { bytes: 10, ..Sums::default() }));
        assert_eq!((all.low().bytes, all.high().unwrap().bytes), (11, 60_012));
    }
}
