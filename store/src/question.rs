//! What one can ask.

use std::time::Duration;

use schema::{Asn, Locality, Timestamp};

/// A span of time and what part of the traffic in it is meant.
#[derive(Clone, PartialEq, Debug)]
pub struct Question {
    /// First moment; taken down to a whole minute.
    pub from: Timestamp,
    /// The moment after the last; taken up to a whole minute.
    pub to: Timestamp,
    /// Only this IP version (4, 6, or 0 for frames that are not IP).
    pub ip_version: Option<u8>,
    /// Only this VLAN (0 for untagged).
    pub vlan: Option<u16>,
    /// Only what this member sent.
    pub src: Option<Asn>,
    /// Only what this member received.
    pub dst: Option<Asn>,
    /// Only what came from addresses of this locality.
    pub src_locality: Option<Locality>,
    /// Only what went to addresses of this locality.
    pub dst_locality: Option<Locality>,
    /// Bring each sender's traffic to what the counters of its ports say (raking).
    pub raked: bool,
}

impl Question {
    /// All traffic of a span.
    #[must_use]
    pub const fn all(from: Timestamp, to: Timestamp) -> Self {
        Self { from, to, ip_version: None, vlan: None, src: None, dst: None, src_locality: None, dst_locality: None, raked: false }
    }

    /// How long the span is.
    #[must_use]
    pub fn length(&self) -> Duration {
        self.to.since(self.from)
    }
}

/// By what a time series is split.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum By {
    /// One series for all.
    #[default]
    Nothing,
    /// A series for each IP version.
    IpVersion,
    /// A series for each VLAN.
    Vlan,
    /// A series for each pair of localities, as in `domestic_to_foreign`.
    Locality,
}
