//! Datagrams of which not even the header can be read.

use std::fmt;

use schema::Protocol;

use crate::protocol::recognise;

/// Why a whole datagram was refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Refusal {
    /// It ends inside its header; the number of octets that came.
    Truncated(usize),
    /// It speaks another protocol.
    OtherProtocol(Protocol),
    /// It speaks no protocol that is known; its first 16 bits.
    NotFlows(u16),
    /// It is an IPFIX message that claims to be shorter than its own header; the length that it claims.
    MessageLength(u16),
}

impl Refusal {
    /// The names of all reasons, in the order of [`index`](Self::index).
    pub const NAMES: [&'static str; 4] = ["truncated_datagram", "other_protocol", "not_flow_records", "short_message"];

    /// The place of its name in [`NAMES`](Self::NAMES), for counting in an array.
    #[inline]
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Truncated(_) => 0,
            Self::OtherProtocol(_) => 1,
            Self::NotFlows(_) => 2,
            Self::MessageLength(_) => 3,
        }
    }

    /// The name in counters.
    #[must_use]
    pub const fn name(self) -> &'static str {
        let [truncated, protocol, foreign, length] = Self::NAMES;
        match self {
            Self::Truncated(_) => truncated,
            Self::OtherProtocol(_) => protocol,
            Self::NotFlows(_) => foreign,
            Self::MessageLength(_) => length,
        }
    }

    /// The refusal of a datagram that begins with another version than its decoder reads.
    #[cold]
    pub(super) fn foreign(version: u16, payload: &[u8]) -> Self {
        recognise(payload).map_or(Self::NotFlows(version), Self::OtherProtocol)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated(octets) => {
                write!(f, "the datagram ends after {octets} octets, inside its header; look for what cuts it on its way here")
            }
            Self::OtherProtocol(protocol) => {
                write!(f, "the datagram speaks {}, which is decoded otherwise; set the exporter to one protocol", protocol.name())
            }
            Self::NotFlows(version) => {
                write!(f, "the datagram begins with version {version}, not 5, 9 or 10; check what is sent to this port")
            }
            Self::MessageLength(octets) => {
                write!(f, "the IPFIX message claims {octets} octets, fewer than the 16 of its header; update the exporter's software")
            }
        }
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_a_name_and_says_what_to_do() {
        for (refusal, advice) in [
            (Refusal::Truncated(3), "look for"),
            (Refusal::OtherProtocol(Protocol::Sflow5), "sflow5"),
            (Refusal::NotFlows(7), "check what is sent"),
            (Refusal::MessageLength(15), "update"),
        ] {
            assert_eq!(Refusal::NAMES[refusal.index()], refusal.name());
            assert!(refusal.to_string().contains(advice), "{refusal}");
        }
    }
}
