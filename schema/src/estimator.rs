//! What the additive sums of a cell say: figures with their 95 % intervals.
//!
//! This is the one place where an interval is made. Each function names its formula and where it comes from:
//!
//! | question | function |
//! |---|---|
//! | how much is it | [`volume`] |
//! | on how many equal samples does it rest | [`effective_samples`] |
//! | how much may it be although nothing was sampled | [`unseen`] |
//! | what share of a whole is it, that it was sampled with | [`share_of_total`] |
//! | what share do two independent parts have | [`share_of_parts`] |
//! | how much is it if a port's counter is right | [`raked`] |
//!
//! How often the intervals really hold the truth is an experiment that is kept: `benches/src/bin/coverage.rs`.

mod raking;
mod shares;
mod volumes;

pub use raking::raked;
pub use shares::{Share, share_of_parts, share_of_total};
pub use volumes::{Interval, effective_samples, unseen, volume};

/// Both tails outside a 95 % normal interval, in standard deviations.
const Z95: f64 = 1.96;

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and no estimate is negative")]
const fn whole(estimate: f64) -> u64 {
    estimate.round() as u64
}
