//! What one datagram says: sampled frames, flow records and interface counters.
//!
//! These are small `Copy` values; `wire` makes them and hands them on by a call.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::Mac;
pub use crate::flow_record::{Age, FlowRecord, MAX_RECORD_OCTETS};
pub use crate::port_name::PortName;
pub use crate::sampled::{Addressed, Ends, Sampled};

/// Where an exporter takes its samples (sFlow v5, section 4.2.3 and `sflow_data_source` in the datagram's definition).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct DataSource {
    /// What the index counts: 0 ifIndex, 1 smonVlanDataSource, 2 entPhysicalEntry.
    pub class: u32,
    /// The index in that class.
    pub index: u32,
}

/// An interface as the exporter names it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Interface {
    /// The exporter did not say.
    Unknown,
    /// An ifIndex.
    Index(u32),
    /// From or to the exporter itself (0x3FFFFFFF).
    Internal,
    /// The frame was dropped, with sFlow's reason code.
    Discarded(u32),
    /// Sent by several interfaces; the number of them, 0 if not known.
    Multiple(u32),
}

impl Interface {
    /// The ifIndex, if it is one.
    #[inline]
    #[must_use]
    pub const fn index(self) -> Option<u32> {
        match self {
            Self::Index(index) => Some(index),
            _ => None,
        }
    }
}

/// What an exporter's octets count, before they are made the octets of whole frames.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LengthBasis {
    /// The layer-2 frame with its FCS, as the exporter gave it (raw header or sampled Ethernet record, dataLinkFrameSize).
    Frame,
    /// The layer-2 frame without its FCS (layer2OctetDeltaCount); 4 octets a frame are added.
    Layer2,
    /// The IP packet alone; 18 octets a frame are added for Ethernet and its FCS, and 4 more for a VLAN tag.
    IpPacket,
}

/// Octets of a frame's check sequence.
pub const FCS_OCTETS: u32 = 4;

/// Octets that Ethernet adds to an IP packet: two addresses, the type and the FCS.
pub const ETHERNET_OCTETS: u32 = 18;

/// Octets of one VLAN tag.
pub const TAG_OCTETS: u32 = 4;

impl LengthBasis {
    /// Octets that are missing to the whole frame.
    #[inline]
    #[must_use]
    pub const fn missing(self, tagged: bool) -> u32 {
        match self {
            Self::Frame => 0,
            Self::Layer2 => FCS_OCTETS,
            Self::IpPacket if tagged => ETHERNET_OCTETS + TAG_OCTETS,
            Self::IpPacket => ETHERNET_OCTETS,
        }
    }
}

/// What a frame carries instead of a member's packet, as core ports do: the frame of the member is inside.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub enum Tunnel {
    /// Nothing that is known here: an ordinary frame.
    #[default]
    None,
    /// Two VLAN tags or more (IEEE 802.1ad, "QinQ").
    StackedTags,
    /// An MPLS label stack (RFC 3032).
    Mpls,
    /// VXLAN (RFC 7348), or a layer-2 segment that the exporter names.
    Vxlan,
}

/// The sender's and the receiver's MAC address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MacPair {
    /// Source address.
    pub src: Mac,
    /// Destination address.
    pub dst: Mac,
}

/// The sender's and the receiver's IP address. They are looked up and forgotten: nothing that is stored has them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum IpPair {
    /// Of version 4.
    V4 {
        /// Source address.
        src: Ipv4Addr,
        /// Destination address.
        dst: Ipv4Addr,
    },
    /// Of version 6.
    V6 {
        /// Source address.
        src: Ipv6Addr,
        /// Destination address.
        dst: Ipv6Addr,
    },
}

impl IpPair {
    /// Source and destination of IPv4, one behind the other.
    #[inline(always)]
    #[must_use]
    pub fn v4(octets: [u8; 8]) -> Self {
        let [a, b, c, d, e, f, g, h] = octets;
        Self::V4 { src: Ipv4Addr::new(a, b, c, d), dst: Ipv4Addr::new(e, f, g, h) }
    }

    /// Source and destination of IPv6.
    #[inline(always)]
    #[must_use]
    pub fn v6(src: [u8; 16], dst: [u8; 16]) -> Self {
        Self::V6 { src: Ipv6Addr::from(src), dst: Ipv6Addr::from(dst) }
    }

    /// The same the other way round.
    #[must_use]
    pub const fn turned(self) -> Self {
        match self {
            Self::V4 { src, dst } => Self::V4 { src: dst, dst: src },
            Self::V6 { src, dst } => Self::V6 { src: dst, dst: src },
        }
    }
}

/// One frame that crossed the exchange, as far as the matrix needs it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame {
    /// Layer-2 octets with the FCS, as on the wire at the port where it entered.
    pub octets: u32,
    /// By what the length was found.
    pub basis: LengthBasis,
    /// Both MAC addresses, where layer 2 was sampled.
    pub macs: Option<MacPair>,
    /// VLAN id of the outermost tag, else the incoming VLAN that the exporter names; 0 if there is none.
    pub vlan: u16,
    /// 4, 6, or 0 for anything that is not IP.
    pub ip_version: u8,
    /// What it carries another frame in.
    pub tunnel: Tunnel,
    /// Both IP addresses of the packet in it, where they are to be seen; of an outer packet, if that carries another one.
    pub ips: Option<IpPair>,
}

/// One sampled frame with what is needed to weigh it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FlowSample {
    /// Where it was sampled.
    pub source: DataSource,
    /// Number of this sample at its data source, modulo 2³².
    pub sequence: u32,
    /// One in so many frames is sampled, as this sample says; 0 where the exporter does not know.
    pub rate: u32,
    /// Frames that could have been sampled until now, modulo 2³².
    pub pool: u32,
    /// Samples that the exporter itself dropped until now, modulo 2³².
    pub drops: u32,
    /// Where the frame entered.
    pub input: Interface,
    /// Where it left.
    pub output: Interface,
    /// The frame; `None` if no record of the sample describes a packet.
    pub frame: Option<Frame>,
    /// `frame_length` of the raw header record; 0 if the sample has none. Only nominal sums use it.
    pub raw_length: u32,
}

impl DataSource {
    /// The source of the flow records that an exporter meters in one direction at one interface, 0 if it does not say at which. Flow records name
    /// no data source; these classes are none of sFlow's.
    #[must_use]
    pub const fn flow_records(direction: Direction, if_index: u32) -> Self {
        let class = match direction {
            Direction::Ingress => Self::FLOWS_AT_INGRESS,
            Direction::Egress => Self::FLOWS_AT_EGRESS,
            Direction::Unknown => Self::FLOWS,
        };
        Self { class, index: if_index }
    }

    /// The ifIndex of a source of samples that is an interface.
    #[inline]
    #[must_use]
    pub const fn interface(self) -> Option<u32> {
        if self.class == 0 { Some(self.index) } else { None }
    }

    /// In which direction flow records of this source were metered; `None` if it is a source of samples.
    #[must_use]
    pub const fn flow_direction(self) -> Option<Direction> {
        match self.class {
            Self::FLOWS_AT_INGRESS => Some(Direction::Ingress),
            Self::FLOWS_AT_EGRESS => Some(Direction::Egress),
            Self::FLOWS => Some(Direction::Unknown),
            _ => None,
        }
    }

    const FLOWS_AT_INGRESS: u32 = u32::MAX - 1;
    const FLOWS_AT_EGRESS: u32 = u32::MAX - 2;
    const FLOWS: u32 = u32::MAX - 3;
}

impl FlowSample {
    /// The direction in which the frame was seen at its data source (sFlow v5: by comparing interfaces).
    #[inline]
    #[must_use]
    pub fn direction(&self) -> Direction {
        let Some(here) = self.source.interface() else { return Direction::Unknown };
        if self.input == Interface::Index(here) {
            return Direction::Ingress;
        }
        if self.output == Interface::Index(here) { Direction::Egress } else { Direction::Unknown }
    }
}

/// Whether a frame was sampled as it entered or as it left.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Direction {
    /// On entering the switch.
    Ingress,
    /// On leaving it.
    Egress,
    /// The exporter does not say.
    Unknown,
}

impl Direction {
    /// The number by which tables name it.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Ingress => 0,
            Self::Egress => 1,
            Self::Unknown => 2,
        }
    }

    /// The direction of this number; of one that this version does not know, nothing is known.
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Ingress,
            1 => Self::Egress,
            _ => Self::Unknown,
        }
    }
}

/// Generic interface counters (sFlow v5, `if_counters`, after RFC 2233), and what the records beside them say of the same interface; `None`
/// is "not available" (all ones).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InterfaceCounters {
    /// Number of this report at its data source.
    pub sequence: u32,
    /// The interface.
    pub if_index: u32,
    /// Speed in bit/s; 0 if not known.
    pub speed: u64,
    /// Full duplex is 1, half 2, in 3, out 4, unknown 0.
    pub direction: u32,
    /// Bit 0 administratively up, bit 1 operationally up.
    pub status: u32,
    /// Octets received.
    pub in_octets: Option<u64>,
    /// Octets sent.
    pub out_octets: Option<u64>,
    /// Unicast frames received, modulo 2³².
    pub in_unicast: Option<u32>,
    /// Unicast frames sent, modulo 2³².
    pub out_unicast: Option<u32>,
    /// Frames received but dropped, modulo 2³².
    pub in_discards: Option<u32>,
    /// Frames to be sent but dropped, modulo 2³².
    pub out_discards: Option<u32>,
    /// Frames received in error, modulo 2³².
    pub in_errors: Option<u32>,
    /// Frames that could not be sent for errors, modulo 2³².
    pub out_errors: Option<u32>,
    /// Frames received with a wrong check sequence, modulo 2³² (`ethernet_counters`, dot3StatsFCSErrors).
    pub fcs_errors: Option<u32>,
    /// ifIndex of the aggregate that the port belongs to (`lag_port_stats`, dot3adAggPortAttachedAggID); 0 for none.
    pub lag: u32,
    /// The port's name (`port_name`); empty where it is not told.
    pub name: PortName,
}

/// Who exported a datagram: its own address inside the datagram, and the process that made it.
///
/// The UDP source may differ behind NAT or a relay, so it is kept beside, never in, the identity (sFlow v5, section 3.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Agent {
    /// Agent address.
    pub address: IpAddr,
    /// Sub-agent id, or the observation domain.
    pub sub_agent: u32,
}
