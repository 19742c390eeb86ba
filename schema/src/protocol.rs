//! The protocols in which exporters report traffic.

use serde::{Serialize, Serializer};

/// A protocol for reporting traffic.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Protocol {
    /// sFlow version 5.
    Sflow5,
    /// sFlow version 4 (RFC 3176): samples as in version 5, but their parts carry no length.
    Sflow4,
    /// sFlow version 2, which differs from version 4 in how it tells a route.
    Sflow2,
    /// NetFlow version 5.
    Netflow5,
    /// NetFlow version 9 (RFC 3954).
    Netflow9,
    /// IPFIX (RFC 7011).
    Ipfix,
}

impl Protocol {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Sflow5, Self::Sflow4, Self::Sflow2, Self::Netflow5, Self::Netflow9, Self::Ipfix];

    /// The name in counters, tables and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sflow5 => "sflow5",
            Self::Sflow4 => "sflow4",
            Self::Sflow2 => "sflow2",
            Self::Netflow5 => "netflow5",
            Self::Netflow9 => "netflow9",
            Self::Ipfix => "ipfix",
        }
    }

    /// Whether it reports sampled frames one by one, rather than flow records.
    #[must_use]
    pub const fn is_sflow(self) -> bool {
        matches!(self, Self::Sflow5 | Self::Sflow4 | Self::Sflow2)
    }
}

impl Serialize for Protocol {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
