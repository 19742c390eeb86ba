//! Sums together with what counters say of them: what becomes an [`Estimate`].

use std::time::Duration;

use schema::Sums;

use crate::answer::{Estimate, Quality};
use crate::reconcile::{AGREES, Check, Margin, RAKED_WITHIN};

/// The part of a figure that must have passed ports with a factor, for the factor to speak for all of it.
const LEAST_CHECKED: f64 = 0.5;

/// Sums, and what counters say of them. Figures add up as sums do.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct Figure {
    pub(crate) sums: Sums,
    /// Octets by the samples alone, raked or not.
    sampled: f64,
    /// Octets of `sampled` that passed ports with a factor.
    checked: f64,
    /// These octets, multiplied by the factor.
    corrected: f64,
    /// Octets of `sampled` that were brought to what the counters say.
    raked: f64,
}

/// What counters say of all that a party sent, of which a figure is a part.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Verdict {
    factor: f64,
    /// The part of its traffic that passed ports with a factor.
    covered: f64,
    /// What its traffic is raked to.
    margin: Margin,
}

impl Verdict {
    /// The verdict on a party that `asked` octets of the question are of; `None` if no port with a factor saw any of it.
    pub(crate) fn new(check: &Check, asked: u64) -> Option<Self> {
        let whole = check.sampled.bytes.max(asked) as f64;
        Some(Self { factor: check.factor()?, covered: check.checked / whole, margin: check.margin()? })
    }

    /// Whether traffic may be scaled by it.
    fn can_rake(&self) -> bool {
        self.covered >= LEAST_CHECKED && RAKED_WITHIN.contains(&self.factor)
    }
}

impl Figure {
    /// Sums of which counters say this.
    pub(crate) fn new(sums: Sums, verdict: Option<&Verdict>) -> Self {
        let sampled = sums.bytes as f64;
        let checked = verdict.map_or(0.0, |verdict| sampled * verdict.covered);
        let corrected = verdict.map_or(0.0, |verdict| checked * verdict.factor);
        Self { sums, sampled, checked, corrected, raked: 0.0 }
    }

    /// The same, brought to what the counters say; unchanged where too little was checked, or the factor is one that nobody should scale by.
    ///
    /// A cell is the same part of what the counters say as it is of what was sampled at its party's ports. The variances of raked cells are added as if they were
    /// independent. They are not: one is too high where another is too low. So the interval of a raked sum is wider than it need be.
    pub(crate) fn raked(self, verdict: Option<&Verdict>) -> Self {
        match verdict.filter(|verdict| verdict.can_rake()) {
            Some(verdict) => Self { sums: verdict.margin.raked(&self.sums), raked: self.sampled, ..self },
            None => self,
        }
    }

    /// Adds another figure.
    pub(crate) fn merge(&mut self, other: Self) {
        self.sums.merge(other.sums);
        self.sampled += other.sampled;
        self.checked += other.checked;
        self.corrected += other.corrected;
        self.raked += other.raked;
    }

    /// The sum of figures.
    pub(crate) fn sum(figures: impl IntoIterator<Item = Self>) -> Self {
        let mut sum = Self::default();
        figures.into_iter().for_each(|figure| sum.merge(figure));
        sum
    }

    /// Octets by the counters over octets by the samples, of what was checked; `None` if that is less than half.
    fn factor(&self) -> Option<f64> {
        (self.checked > 0.0 && self.checked >= LEAST_CHECKED * self.sampled).then(|| self.corrected / self.checked)
    }

    /// The estimate over `measured` time.
    pub(crate) fn estimate(&self, measured: Duration) -> Estimate {
        let estimate = marked(Estimate::new(self.sums, measured), self.factor());
        let is_raked = self.raked > 0.0 && 2.0 * self.raked >= self.sampled;
        if is_raked { Estimate { quality: Quality::Raked, ..estimate } } else { estimate }
    }
}

/// An estimate with what counters say of it.
pub(crate) fn marked(estimate: Estimate, factor: Option<f64>) -> Estimate {
    let quality = match factor {
        None => Quality::Unchecked,
        Some(factor) if AGREES.contains(&factor) => Quality::Agrees,
        Some(_) => Quality::Differs,
    };
    Estimate { quality, counter_factor: factor, ..estimate }
}
