//! Trombones: what leaves the economy only to come back.

use schema::Sums;
use schema::estimator::{share_of_total, volume};
use serde::Serialize;

use crate::bounds::{Bounds, End};

/// What came in by transit although both its ends are domestic. It is counted as it comes in: it crosses the border twice.
///
/// By the strict reading an end is domestic where both its network's registration *and* the place of its address say so, by the loose one where either does.
/// The truth is taken to lie between.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Trombone {
    /// Domestic by both.
    pub strict: Sums,
    /// Domestic by either; what is strict is among it.
    pub loose: Sums,
    /// All that came in by transit; the loose is among it.
    pub transit: Sums,
}

/// A volume between two ends, in octets, with what sampling adds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Octets {
    /// Lower end.
    pub low: u64,
    /// Upper end.
    pub high: u64,
}

impl Trombone {
    /// Adds another member's.
    pub fn merge(&mut self, other: &Self) {
        self.strict.merge(other.strict);
        self.loose.merge(other.loose);
        self.transit.merge(other.transit);
    }

    /// How much it is.
    #[must_use]
    pub fn octets(&self) -> Octets {
        Octets { low: volume(&self.strict).low, high: volume(&self.loose).high }
    }

    /// Its part of all that came in by transit; `None` of nothing.
    #[must_use]
    pub fn share(&self) -> Option<Bounds> {
        let (strict, loose) = share_of_total(&self.strict, &self.transit).zip(share_of_total(&self.loose, &self.transit))?;
        Some(Bounds { low: End::known(strict.low, strict), high: End::known(loose.high, loose) })
    }
}
