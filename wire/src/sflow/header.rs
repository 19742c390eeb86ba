//! The header of a datagram (`sample_datagram_v5`, and `sample_datagram_v4` without a sub-agent).

use std::fmt;

use schema::sample::Agent;

use super::Samples;
use super::address::{self, Address};
use crate::protocol::{Protocol, recognise};
use crate::reader::Reader;

const VERSION_5: u32 = 5;

/// Who sent a datagram, and where it stands in the sender's sequence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// The version: [`Sflow5`](Protocol::Sflow5), [`Sflow4`](Protocol::Sflow4) or [`Sflow2`](Protocol::Sflow2).
    pub protocol: Protocol,
    /// The exporter, by the address inside the datagram. Before version 5 it has but one sub-agent, 0.
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
    /// It speaks another protocol.
    OtherProtocol(Protocol),
    /// It speaks no protocol that is known; its first 32 bits.
    NotSflow(u32),
    /// The type of its agent address is neither IPv4 nor IPv6.
    AgentAddress(u32),
}

impl Refusal {
    /// The names of all reasons, in the order of [`index`](Self::index).
    pub const NAMES: [&'static str; 4] = ["truncated_datagram", "other_protocol", "not_sflow", "unknown_agent_address_type"];

    /// The place of its name in [`NAMES`](Self::NAMES), for counting in an array.
    #[inline]
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Truncated(_) => 0,
            Self::OtherProtocol(_) => 1,
            Self::NotSflow(_) => 2,
            Self::AgentAddress(_) => 3,
        }
    }

    /// The name in counters.
    #[must_use]
    pub const fn name(self) -> &'static str {
        let [truncated, protocol, foreign, address] = Self::NAMES;
        match self {
            Self::Truncated(_) => truncated,
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
            Self::OtherProtocol(protocol) => {
                write!(f, "the datagram speaks {}, not sFlow; send it to a port for that protocol", protocol.name())
            }
            Self::NotSflow(word) => {
                write!(f, "the datagram begins with {word:#010x}, which is no sFlow; check what is sent to this port")
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
/// Refuses what is not sFlow version 5, 4 or 2, has an agent without an IP address, or ends inside its header.
#[inline]
pub fn header(datagram: &[u8]) -> Result<(Header, Samples<'_>), Refusal> {
    let truncated = Refusal::Truncated(datagram.len());
    let mut reader = Reader::new(datagram);
    let protocol = match reader.word().ok_or(truncated)? {
        VERSION_5 => Protocol::Sflow5,
        version => before_version5(version, datagram)?,
    };
    let address = match address::read(&mut reader).ok_or(truncated)? {
        Address::Ip(address) => address,
        Address::OtherType(kind) => return Err(Refusal::AgentAddress(kind)),
    };
    let sub_agent = if protocol == Protocol::Sflow5 { reader.word().ok_or(truncated)? } else { 0 };
    let [sequence, uptime_ms, samples] = reader.words().ok_or(truncated)?;
    let header = Header { protocol, agent: Agent { address, sub_agent }, sequence, uptime_ms, samples };
    Ok((header, Samples { protocol, declared: samples, reader }))
}

/// The protocol of what is not version 5, if it is sFlow at all.
#[cold]
fn before_version5(version: u32, datagram: &[u8]) -> Result<Protocol, Refusal> {
    match recognise(datagram) {
        Some(protocol @ (Protocol::Sflow4 | Protocol::Sflow2)) => Ok(protocol),
        Some(protocol) => Err(Refusal::OtherProtocol(protocol)),
        None => Err(Refusal::NotSflow(version)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sflow::builder::{Datagram, words};

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
    fn before_version_5_there_is_no_sub_agent() {
        for (version, protocol) in [(2, Protocol::Sflow2), (4, Protocol::Sflow4)] {
            let datagram = words(&[version, 1, 0xc000_0201, 77, 1000, 0]);
            let (header, _) = header(&datagram).unwrap();
            assert_eq!((header.protocol, header.agent.sub_agent), (protocol, 0));
            assert_eq!((header.sequence, header.uptime_ms, header.samples), (77, 1000, 0));
            for length in 8..24 {
                assert_eq!(super::header(&datagram[..length]).unwrap_err(), Refusal::Truncated(length), "{version}");
            }
            let ipv6 = words(&[version, 2, 0x2001_0db8, 0, 0, 1, 77, 1000, 0]);
            assert_eq!(super::header(&ipv6).unwrap().0.agent.address.to_string(), "2001:db8::1");
        }
    }

    #[test]
    fn what_is_not_sflow_is_refused_under_its_own_name() {
        for (start, refusal) in [
            ([0, 0, 0, 3, 0, 0, 0, 1], Refusal::NotSflow(3)),
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
        let sentence = Refusal::AgentAddress(0).to_string();
        assert!(sentence.contains("type 0") && sentence.contains("set an agent address"), "{sentence}");
        let sentence = Refusal::OtherProtocol(Protocol::Netflow9).to_string();
        assert!(sentence.contains("netflow9"), "{sentence}");
    }
}
