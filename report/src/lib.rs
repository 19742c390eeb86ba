//! The press: how much of an economy's traffic stays local, and how far that is known.
//!
//! Arithmetic alone, but for [`About`], which asks the store: no files, no clock, no addresses. Read it in the order in which a figure is made:
//!
//! 1. [`Exchange`]: what was exchanged, by the localities of both ends; several exchanges add up;
//! 2. [`Member`]: what came to a member by transit, private peering and caches. Each class is [`Told`] as measured, as declared, or not at all;
//! 3. [`Shares`]: the share by exchange, the accessible share and the domestic–domestic share, each between [`Bounds`] that hold the truth whatever was not told;
//! 4. [`Coverage`]: how much of the economy was looked at; and the [`Headline`] that this allows;
//! 5. [`Trombone`], [`candidates`], [`savings`] and [`what_if`]: what leaves the economy to come back, who is behind it, what it would save to exchange it, and what the shares would be;
//!    [`resilience`]: what would be left without transit;
//! 6. [`volumes`]: what networks declare; [`books`]: all that is known of them beside the exchange, and which of it counts;
//! 7. [`Account`]: everything that can be said, and what is missing to say more; [`ShareAnswer`]: the same of what a store holds.
//!
//! Two kinds of not knowing are kept apart. What was *sampled* has a variance, from which comes a 95 % interval. What was *declared*, or not told at all,
//! has none: it can be anything between two ends, so it moves the bounds. A bound is taken at the end that is worst for it, and widened by what sampling adds there.

mod account;
mod amount;
mod answer;
pub mod books;
mod bounds;
mod candidates;
mod coverage;
mod exchange;
mod flat;
mod headline;
mod ledger;
mod member;
mod period;
mod resilience;
mod saving;
mod savings;
mod shares;
mod trombone;
pub mod volumes;
mod what_if;
mod words;

#[cfg(test)]
mod tests;

pub use account::{Account, Inputs, Volumes};
pub use amount::{Declared, Told};
pub use answer::{About, ShareAnswer};
pub use bounds::{Bounds, End};
pub use candidates::{Candidate, Remote, candidates};
pub use coverage::Coverage;
pub use exchange::Exchange;
pub use headline::{ENOUGH_COVERAGE, Headline, NARROW};
pub use member::Member;
pub use period::Period;
pub use resilience::{LIMITS, resilience};
pub use saving::{Month, percentile_95, saving};
pub use savings::{Billed, Money, Price, Saved, Savings, savings};
pub use shares::Shares;
pub use trombone::{Octets, Trombone};
pub use what_if::{WhatIf, what_if};
