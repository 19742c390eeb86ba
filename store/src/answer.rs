//! Answers, in the shape in which the command, the API and the pages show them.
//!
//! Top-N, "others", intervals and rates are made here, once, whatever kept the rows.

mod bounds;
mod estimate;
mod exporters;
mod locality;
mod ports;
mod traffic;

use schema::Timestamp;
use serde::Serialize;

pub use bounds::{Bounds, End};
pub use estimate::{Estimate, Quality, Reasoned, ShareEstimate, Unseen, rate};
pub use exporters::{ExporterHealth, ExportersAnswer, ListenerHealth, LossBudget, Stage};
pub use locality::{LocalityAnswer, LocalityFlow};
pub use ports::{PortTraffic, PortsAnswer, Reconciliation, Suspicion};
pub use traffic::{MatrixAnswer, MatrixCell, MemberName, MemberTraffic, MembersAnswer, Others, Series, TimeseriesAnswer};

/// What span an answer covers, and from what.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Coverage {
    /// First moment.
    pub from: Timestamp,
    /// The moment after the last.
    pub to: Timestamp,
    /// Length of the coarsest windows that the answer was made of (`1m`, `5m`, `1h`, `1d`).
    pub step: String,
    /// `journal`, `live`, or `journal+live`.
    pub source: String,
    /// Whether every minute of the span was measured and is closed.
    pub complete: bool,
    /// Time for which there is at least one window; rates are means over this time, so a gap is no zero.
    pub measured_seconds: u64,
}
