//! How much went from where to where.

use schema::Locality;
use serde::Serialize;

use super::{Bounds, Coverage, Estimate, ShareEstimate};

/// What went from addresses of one locality to addresses of another.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct LocalityFlow {
    /// Where the senders' addresses are.
    pub src: Locality,
    /// Where the receivers' addresses are.
    pub dst: Locality,
    /// How much.
    #[serde(flatten)]
    pub estimate: Estimate,
    /// Which part of the total it is.
    #[serde(flatten)]
    pub share: Option<ShareEstimate>,
}

/// The answer to `locality`. `flows` + `unattributed` = `total`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct LocalityAnswer {
    /// What it covers.
    #[serde(flatten)]
    pub coverage: Coverage,
    /// All that was exchanged.
    pub total: Estimate,
    /// What two known members exchanged, by the localities of both ends: the largest first, those without traffic left out.
    pub flows: Vec<LocalityFlow>,
    /// What no two known members exchanged.
    pub unattributed: Estimate,
    /// Which part of the total two known members exchanged.
    pub attribution: Option<ShareEstimate>,
    /// Which part of the total two known members exchanged between addresses of which both are known.
    pub located: Option<ShareEstimate>,
    /// Which part of the total is domestic at both ends. What is unknown or unattributed may be so or not: it makes the difference between both ends. `None` of nothing, and where no
    /// address is known at all.
    pub domestic: Option<Bounds>,
}
