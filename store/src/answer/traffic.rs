//! Who exchanged how much.

use schema::Timestamp;
use serde::Serialize;

use super::{Coverage, Estimate, Reasoned, ShareEstimate, Unseen};

/// A member as it is named in answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MemberName {
    /// Its ASN.
    pub asn: u32,
    /// Its name in the directory, or "AS…" if it is no longer there.
    pub name: String,
}

/// What one member sent to another.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct MatrixCell {
    /// ASN of the sender.
    pub src: u32,
    /// ASN of the receiver.
    pub dst: u32,
    /// How much.
    #[serde(flatten)]
    pub estimate: Estimate,
    /// Which part of the total it is.
    #[serde(flatten)]
    pub share: Option<ShareEstimate>,
}

/// The cells that were left out of a list, summed.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Others {
    /// How many cells.
    pub cells: usize,
    /// How much.
    #[serde(flatten)]
    pub estimate: Estimate,
}

/// The answer to `matrix`. `cells` + `others` + `unattributed` = `total`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct MatrixAnswer {
    /// What it covers.
    #[serde(flatten)]
    pub coverage: Coverage,
    /// All that was exchanged.
    pub total: Estimate,
    /// What no two known members exchanged.
    pub unattributed: Reasoned,
    /// Dropped and flooded frames: health figures, outside `total`.
    pub set_aside: Reasoned,
    /// The members that appear in `cells`, by ASN.
    pub members: Vec<MemberName>,
    /// The largest cells, the largest first.
    pub cells: Vec<MatrixCell>,
    /// The rest of the cells.
    pub others: Others,
    /// Which part of the total two known members exchanged.
    pub attribution: Option<ShareEstimate>,
    /// What a pair that is not listed anywhere may have exchanged all the same.
    pub unseen: Option<Unseen>,
}

/// One series of a time series.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Series {
    /// What it is of: `all`, an IP version, a VLAN id, or the localities of both ends as in `domestic_to_foreign`.
    pub key: String,
    /// One for each of the answer's times; null where nothing was measured. A point without samples reaches up to what may have passed unseen.
    pub points: Vec<Option<Estimate>>,
}

/// The answer to `timeseries`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct TimeseriesAnswer {
    /// What it covers; `step` is the distance of the times.
    #[serde(flatten)]
    pub coverage: Coverage,
    /// Start of each step.
    pub times: Vec<Timestamp>,
    /// Measured time in each step.
    pub measured: Vec<u64>,
    /// The series, the largest first. Together they are all that was exchanged, unattributed traffic included.
    pub series: Vec<Series>,
}

/// What one member exchanged.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct MemberTraffic {
    /// The member.
    #[serde(flatten)]
    pub member: MemberName,
    /// Whether the directory knows it now.
    pub registered: bool,
    /// Sent to other parties, unknown ones included.
    pub sent: Estimate,
    /// Received from other parties, unknown ones included.
    pub received: Estimate,
    /// Members to which it sent or from which it received.
    pub peers: usize,
}

/// The answer to `members`, the largest first; members without traffic last.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct MembersAnswer {
    /// What it covers.
    #[serde(flatten)]
    pub coverage: Coverage,
    /// All that was exchanged.
    pub total: Estimate,
    /// The members.
    pub members: Vec<MemberTraffic>,
    /// What a member without samples may have sent or received all the same.
    pub unseen: Option<Unseen>,
}
