//! The header of a datagram (`sample_datagram_v5`).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use schema::sample::Agent;

use super::Samples;
use crate::protocol::{Protocol, recognise};
use crate::reader::Reader;

const VERSION: u32 = 5;
const ADDRESS_IPV4: u32 = 1;
const ADDRESS_IPV6: u32 = 2;

/// Who sent a datagram, and where it stands in the sender's sequence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// The exporter, by the address inside the datagram.
    pub agent: Agent,
    /// Number of this datagram, counted by each sub-agent, modulo 2³².
    pub sequence: u32,
    /// Milliseconds since the exporter started, modulo 2³².
    pub uptime_ms: u32,
    /// Samples that the datagram declares.
    pub samples: u32,
}

/// Why a whole datagram was refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Refusal {
    /// It ends inside its header; the number of octets that came.
    Truncated(usize),
    /// It is sFlow of another version.
    OtherVersion(u32),
    /// It speaks another protocol.
    OtherProtocol(Protocol),
    /// It speaks no protocol that is known; its first 32 bits.
    NotSflow(u32),
    /// The type of its agent address is neither IPv4 nor IPv6.
    AgentAddress(u32),
}

impl Refusal {
    /// The names of all reasons, in the order of [`index`](Self::index).
    pub const NAMES: [&'static str; 5] =
        ["truncated_datagram", "other_sflow_version", "other_protocol", "not_sflow", "unknown_agent_address_type"];

    /// The place of its name in [`NAMES`](Self::NAMES), for counting in an array.
    #[inline]
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Truncated(_) => 0,
            Self::OtherVersion(_) => 1,
            Self::OtherProtocol(_) => 2,
            Self::NotSflow(_) => 3,
            Self::AgentAddress(_) => 4,
        }
    }

    /// The name in counters.
    #[must_use]
    pub const fn name(self) -> &'static str {
        let [truncated, version, protocol, foreign, address] = Self::NAMES;
        match self {
            Self::Truncated(_) => truncated,
            Self::OtherVersion(_) => version,
            Self::OtherProtocol(_) => protocol,
            Self::NotSflow(_) => foreign,
            Self::AgentAddress(_) => address,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated(octets) => {
                write!(f, "the datagram ends after {octets} octets, inside its sFlow header; look for what cuts it on its way here")
            }
            Self::OtherVersion(version) => {
                write!(f, "the datagram is sFlow version {version}; set the exporter to version 5")
            }
            Self::OtherProtocol(protocol) => {
                write!(f, "the datagram speaks {}, not sFlow; send it to a port for that protocol", protocol.name())
            }
            Self::NotSflow(word) => {
                write!(f, "the datagram begins with {word:#010x}, which is no sFlow version 5; check what is sent to this port")
            }
            Self::AgentAddress(kind) => {
                write!(
                    f,
                    "the agent address of the datagram has type {kind}, not 1 (IPv4) or 2 (IPv6); set an agent address on the exporter"
                )
            }
        }
    }
}

impl std::error::Error for Refusal {}

/// Reads the header of a datagram. Its samples are not touched yet, so that the caller can look up the exporter first.
///
/// # Errors
/// Refuses what is not sFlow version 5, has an agent without an IP address, or ends inside its header.
#[inline]
pub fn header(datagram: &[u8]) -> Result<(Header, Samples<'_>), Refusal> {
    let truncated = Refusal::Truncated(datagram.len());
    let mut reader = Reader::new(datagram);
    let version = reader.word().ok_or(truncated)?;
    if version != VERSION {
        return Err(foreign(version, datagram));
    }
    let address = match reader.word().ok_or(truncated)? {
        ADDRESS_IPV4 => IpAddr::from(Ipv4Addr::from(reader.octets::<4>().ok_or(truncated)?)),
        ADDRESS_IPV6 => IpAddr::from(Ipv6Addr::from(reader.octets::<16>().ok_or(truncated)?)),
        kind => return Err(Refusal::AgentAddress(kind)),
    };
    let [sub_agent, sequence, uptime_ms, samples] = reader.words().ok_or(truncated)?;
    let header = Header { agent: Agent { address, sub_agent }, sequence, uptime_ms, samples };
    Ok((header, Samples { declared: samples, reader }))
}

#[cold]
fn foreign(word: u32, datagram: &[u8]) -> Refusal {
    match recognise(datagram) {
        Some(Protocol::SflowOld) => Refusal::OtherVersion(word),
        Some(protocol) => Refusal::OtherProtocol(protocol),
        None => Refusal::NotSflow(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sflow::builder::Datagram;

    #[test]
    fn the_header_names_the_agent_inside_the_datagram() {
        let datagram = Datagram::new([192, 0, 2, 1]).sub_agent(3).sequence(77).bytes();
        let (header, _) = header(&datagram).unwrap();
        assert_eq!(header.agent, Agent { address: [192, 0, 2, 1].into(), sub_agent: 3 });
        assert_eq!((header.sequence, header.uptime_ms, header.samples), (77, 1000, 0));
    }

    #[test]
    fn an_agent_may_have_an_ipv6_address() {
        let mut datagram = vec![0, 0, 0, 5, 0, 0, 0, 2, 0x20, 1, 0x0d, 0xb8];
        datagram.resize(24 + 16, 0);
        let (header, _) = header(&datagram).unwrap();
        assert_eq!(header.agent.address.to_string(), "2001:db8::");
        assert_eq!(super::header(&datagram[..39]).unwrap_err(), Refusal::Truncated(39));
    }

    #[test]
    fn every_cut_inside_the_header_is_refused() {
        let datagram = Datagram::new([192, 0, 2, 1]).bytes();
        for length in 0..28 {
            assert_eq!(header(&datagram[..length]).unwrap_err(), Refusal::Truncated(length));
        }
        assert!(header(&datagram).is_ok());
    }

    #[test]
    fn what_is_not_sflow_5_is_refused_under_its_own_name() {
        for (start, refusal) in [
            ([0, 0, 0, 2, 0, 0, 0, 1], Refusal::OtherVersion(2)),
            ([0, 0, 0, 4, 0, 0, 0, 1], Refusal::OtherVersion(4)),
            ([0, 0, 0, 4, 0, 0, 0, 0], Refusal::NotSflow(4)),
            ([0, 10, 0, 100, 0, 0, 0, 0], Refusal::OtherProtocol(Protocol::Ipfix)),
            ([0, 5, 0, 1, 0, 0, 0, 0], Refusal::OtherProtocol(Protocol::Netflow5)),
            ([1, 2, 3, 4, 0, 0, 0, 0], Refusal::NotSflow(0x0102_0304)),
            ([0, 0, 0, 5, 0, 0, 0, 0], Refusal::AgentAddress(0)),
            ([0, 0, 0, 5, 0, 0, 0, 3], Refusal::AgentAddress(3)),
        ] {
            let mut datagram = start.to_vec();
            datagram.resize(100, 0);
            assert_eq!(header(&datagram).unwrap_err(), refusal);
            assert_eq!(Refusal::NAMES[refusal.index()], refusal.name());
        }
    }

    #[test]
    fn a_refusal_is_a_sentence_that_says_what_to_do() {
        let sentence = Refusal::OtherVersion(4).to_string();
        assert!(sentence.contains("version 4") && sentence.contains("set the exporter"), "{sentence}");
        let sentence = Refusal::OtherProtocol(Protocol::Netflow9).to_string();
        assert!(sentence.contains("netflow9"), "{sentence}");
    }
}
