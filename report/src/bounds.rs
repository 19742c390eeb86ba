//! A share between two ends.

use schema::estimator::{Share, share_of_parts};
use serde::Serialize;

use crate::amount::Amount;

/// One end of a share, from 0 to 1.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct End {
    /// With what sampling adds (the end of a 95 % interval).
    pub share: f64,
    /// Without it.
    pub centre: f64,
    /// Whether the data say it. If not, it is the end of the scale: something that was not told has no known limit.
    pub identified: bool,
}

/// Between which ends a share lies, whatever it is that was declared or not told.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Bounds {
    /// The lower end.
    pub low: End,
    /// The upper end.
    pub high: End,
}

impl Bounds {
    /// How far the ends are apart, from 0 to 1.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.high.share - self.low.share
    }

    /// Half way between the ends, without what sampling adds. `None` where one of them is not known.
    #[must_use]
    pub fn middle(&self) -> Option<f64> {
        (self.low.identified && self.high.identified).then(|| f64::midpoint(self.low.centre, self.high.centre))
    }

    /// Whether a share lies between the ends.
    #[must_use]
    pub fn hold(&self, share: f64) -> bool {
        (self.low.share..=self.high.share).contains(&share)
    }
}

const NOT_BELOW: End = End { share: 0.0, centre: 0.0, identified: false };
const NOT_ABOVE: End = End { share: 1.0, centre: 1.0, identified: false };

/// The share `L/(L+I)` of what is local, `I` being what is not: least where `L` is least and `I` most, most where it is the other way round. `None` of nothing.
///
/// `L` may be `local_least` to `local_most`, which differ by what is not known of both ends of the same frames.
pub(crate) fn share(local_least: &Amount, local_most: &Amount, international: &Amount) -> Option<Bounds> {
    let low = match international.high() {
        Some(most) => share_of_parts(&local_least.low(), &most).map(|share| end(share.low, share)),
        None => Some(NOT_BELOW),
    };
    let high = match local_most.high() {
        Some(most) => share_of_parts(&most, &international.low()).map(|share| end(share.high, share)),
        None => Some(NOT_ABOVE),
    };
    match (low, high) {
        (None, None) => None,
        // One corner has nothing at all in it, and says nothing.
        (low, high) => Some(Bounds { low: low.unwrap_or(NOT_BELOW), high: high.unwrap_or(NOT_ABOVE) }),
    }
}

pub(crate) const fn end(share: f64, of: Share) -> End {
    End { share, centre: of.value, identified: true }
}
