//! A share between two ends.

use schema::Sums;
use schema::estimator::{Share, share_of_total};
use serde::Serialize;

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

impl End {
    /// An end of this share that the data say.
    #[must_use]
    pub const fn known(share: f64, of: Share) -> Self {
        Self { share, centre: of.value, identified: true }
    }
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
    /// The share in `total` of what is `least` or `most`, both of them parts of it: each end widened by its sampling interval. `None` of nothing.
    #[must_use]
    pub fn of_total(least: &Sums, most: &Sums, total: &Sums) -> Option<Self> {
        let (low, high) = share_of_total(least, total).zip(share_of_total(most, total))?;
        Some(Self { low: End::known(low.low, low), high: End::known(high.high, high) })
    }

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
