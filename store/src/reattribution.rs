//! Traffic of MAC addresses that nobody claimed when it was measured, given to a member afterwards.
//!
//! A member that is registered late has its history in the journal already, by MAC address. A **claim** says whose such an
//! address was, in which VLAN and on which days; a **re-attribution** is a list of claims that were made together, and can
//! be withdrawn. No file of the journal is ever rewritten for it: [`Reader`](crate::Reader) puts the claims in force over the
//! rows of every question, those of windows in memory too, before it filters and sums them.
//!
//! Claims hold for whole days in UTC. The coarsest roll-up is a day, so whatever level a question is answered from, each row
//! lies within one day, and the answer is the same.
//!
//! The list is the file [`FILE`] beside the journal, to which lines of JSON are only ever added:
//!
//! ```text
//! {"id":1,"made":"2026-11-21T09:00:00Z","by":"members.toml","claims":[{"mac":"02:00:5e:00:00:01","vlan":null,"asn":64500,"from":"2026-11-01","until":null}]}
//! {"withdraws":1,"made":"2026-11-22T09:00:00Z"}
//! ```
//!
//! A last line without its newline was cut short by a kill: it does not count, and the next line takes its place.
//!
//! What a row becomes is told by [`Reason`](schema::Reason) alone, as if the member had been known: a row from an unknown source becomes attributed, one whose
//! both sides are unknown lacks only the other one, and a reason that has nothing to do with the member stays. The sums are never touched.
//! Samples by port carry no MAC address, so no claim reaches them.

mod claim;
mod day;
mod file;
mod in_force;
mod list;
mod over_rows;
mod refusal;
mod watched;

pub use claim::{Claim, NotAClaim};
pub use day::{Day, NotADay};
pub use file::{FILE, append, load, withdraw};
pub(crate) use in_force::InForce;
pub use in_force::{Contradiction, MAX_CLAIMS};
pub use list::{Reattribution, Reattributions};
pub(crate) use over_rows::CLAIMED_BY;
pub use refusal::Refusal;
pub(crate) use watched::Watched;
