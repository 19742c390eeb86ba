//! A sampled frame as a flow meter sees it.

use std::net::{Ipv4Addr, Ipv6Addr};

use schema::Mac;

use crate::flows::{Flow, Payload};
use crate::packet::{ETHERNET_OCTETS, FCS_OCTETS, TAG_OCTETS};

/// What of a sampled frame a flow record can hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Seen {
    /// When, in milliseconds since 1970.
    pub(crate) at: i64,
    /// ifIndex where it entered.
    pub(crate) input: u32,
    /// ifIndex where it leaves; 0 where that is no single port.
    pub(crate) output: u32,
    pub(crate) src_mac: Mac,
    pub(crate) dst_mac: Mac,
    pub(crate) vlan: u16,
    pub(crate) ethertype: u16,
    pub(crate) addresses: Addresses,
    /// The IP protocol.
    pub(crate) protocol: u8,
    /// Source and destination port of TCP and UDP.
    pub(crate) ports: (u16, u16),
    /// Octets of the packet under the Ethernet header, padding included.
    pub(crate) octets: u32,
    /// Octets of the frame with FCS.
    pub(crate) frame: u32,
}

/// Source and destination address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Addresses {
    V4(Ipv4Addr, Ipv4Addr),
    V6(Ipv6Addr, Ipv6Addr),
    /// It is not IP.
    None,
}

/// The way of a frame through the switch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passage {
    pub(crate) at: i64,
    pub(crate) input: u32,
    pub(crate) output: u32,
}

impl Seen {
    /// Looks at a frame of `flow` of `frame` octets with FCS, by its first octets.
    pub(crate) fn look(passage: Passage, flow: &Flow, frame: u32, header: &[u8]) -> Self {
        let tag = if flow.is_tagged() { TAG_OCTETS } else { 0 };
        let ip = &header[(ETHERNET_OCTETS + tag) as usize..];
        let (ethertype, addresses, protocol, ports) = match flow.payload {
            Payload::Ipv4 => (0x0800, Addresses::V4(v4(ip, 12), v4(ip, 16)), ip[9], ports(&ip[20..])),
            Payload::Ipv6 => (0x86dd, Addresses::V6(v6(ip, 8), v6(ip, 24)), ip[6], ports(&ip[40..])),
            Payload::Solicitation => (0x86dd, Addresses::V6(v6(ip, 8), v6(ip, 24)), ip[6], (0, 0)),
            Payload::Arp => (0x0806, Addresses::None, 0, (0, 0)),
        };
        let Passage { at, input, output } = passage;
        let octets = frame - FCS_OCTETS - ETHERNET_OCTETS - tag;
        let (src_mac, dst_mac, vlan) = (flow.src_mac, flow.dst_mac, flow.cell.vlan);
        Self { at, input, output, src_mac, dst_mac, vlan, ethertype, addresses, protocol, ports, octets, frame }
    }
}

fn octets<const N: usize>(from: &[u8], at: usize) -> [u8; N] {
    std::array::from_fn(|position| from[at + position])
}

fn v4(packet: &[u8], at: usize) -> Ipv4Addr {
    Ipv4Addr::from(octets(packet, at))
}

fn v6(packet: &[u8], at: usize) -> Ipv6Addr {
    Ipv6Addr::from(octets(packet, at))
}

fn ports(transport: &[u8]) -> (u16, u16) {
    (u16::from_be_bytes(octets(transport, 0)), u16::from_be_bytes(octets(transport, 2)))
}
