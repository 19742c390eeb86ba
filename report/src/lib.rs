//! The press: how much of an economy's traffic stays local, and how far that is known.
//!
//! Only arithmetic: no files, no clock, no addresses. Read it in the order in which a figure is made:
//!
//! 1. [`Exchange`]: what was exchanged, by the localities of both ends; several exchanges add up;
//! 2. [`Member`]: what came to a member by transit, private peering and caches. Each class is [`Told`] as measured, as declared, or not at all;
//! 3. [`Shares`]: the share by exchange, the accessible share and the domestic–domestic share, each between [`Bounds`] that hold the truth whatever was not told;
//! 4. [`Coverage`]: how much of the economy was looked at; and the [`Headline`] that this allows;
//! 5. [`Trombone`] and [`saving`]: what leaves the economy to come back, and what it would save to exchange it.
//!
//! Two kinds of not knowing are kept apart. What was *sampled* has a variance, from which comes a 95 % interval. What was *declared*, or not told at all,
//! has none: it can be anything between two ends, so it moves the bounds. A bound is taken at the end that is worst for it, and widened by what sampling adds there.

mod amount;
mod bounds;
mod coverage;
mod exchange;
mod headline;
mod member;
mod saving;
mod shares;
mod trombone;

#[cfg(test)]
mod tests;

pub use amount::{Declared, Told};
pub use bounds::{Bounds, End};
pub use coverage::Coverage;
pub use exchange::Exchange;
pub use headline::{ENOUGH_COVERAGE, Headline, NARROW};
pub use member::Member;
pub use saving::{Month, percentile_95, saving};
pub use shares::Shares;
pub use trombone::{Octets, Trombone};
