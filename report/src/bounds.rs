//! A share between two ends.

use schema::estimator::share_of_parts;

pub use store::answer::{Bounds, End};

use crate::amount::Amount;

const NOT_BELOW: End = End { share: 0.0, centre: 0.0, identified: false };
const NOT_ABOVE: End = End { share: 1.0, centre: 1.0, identified: false };

/// The share `L/(L+I)` of what is local, `I` being what is not: least where `L` is least and `I` most, most where it is the other way round. `None` of nothing.
///
/// `L` may be `local_least` to `local_most`, which differ by what is not known of both ends of the same frames.
pub(crate) fn share(local_least: &Amount, local_most: &Amount, international: &Amount) -> Option<Bounds> {
    let low = match international.high() {
        Some(most) => share_of_parts(&local_least.low(), &most).map(|share| End::known(share.low, share)),
        None => Some(NOT_BELOW),
    };
    let high = match local_most.high() {
        Some(most) => share_of_parts(&most, &international.low()).map(|share| End::known(share.high, share)),
        None => Some(NOT_ABOVE),
    };
    match (low, high) {
        (None, None) => None,
        // One corner has nothing at all in it, and says nothing.
        (low, high) => Some(Bounds { low: low.unwrap_or(NOT_BELOW), high: high.unwrap_or(NOT_ABOVE) }),
    }
}
