//! What may be said in one line.

use serde::Serialize;

use crate::bounds::Bounds;
use crate::coverage::Coverage;

/// Between ends no further apart than this, one figure may stand for a share: ten points of a hundred.
pub const NARROW: f64 = 0.10;

/// With a coverage below this, no figure may stand alone, however near its ends are: what was not looked at may be different.
pub const ENOUGH_COVERAGE: f64 = 0.80;

/// The first line of a report. A figure is said only where it is one.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Headline {
    /// One figure, half way between the ends.
    Figure(f64),
    /// The two ends.
    Range {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// Nothing can be said of it: both ends are those of the scale, or there was nothing.
    Nothing,
}

impl Headline {
    /// The line that these bounds and this coverage allow.
    #[must_use]
    pub fn of(bounds: Option<&Bounds>, coverage: &Coverage) -> Self {
        let Some(bounds) = bounds.filter(|bounds| bounds.low.identified || bounds.high.identified) else { return Self::Nothing };
        match bounds.middle() {
            Some(middle) if bounds.width() <= NARROW && coverage.weakest() >= ENOUGH_COVERAGE => Self::Figure(middle),
            _ => Self::Range { low: bounds.low.share, high: bounds.high.share },
        }
    }
}
