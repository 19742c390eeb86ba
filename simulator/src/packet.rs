//! The first octets of a frame, as a switch puts them into a sample.

use rand::RngExt;
use rand_pcg::Pcg64;

use crate::flows::{Flow, Payload};
use crate::members::{Member, PEERING_VLAN};
use crate::profile::Profile;

/// Most octets of a frame that a sample carries.
pub(crate) const HEADER_OCTETS: usize = 128;
/// Octets of the frame check sequence, which no sample carries.
pub(crate) const FCS_OCTETS: u32 = 4;

/// Octets of an Ethernet header without tag.
pub(crate) const ETHERNET_OCTETS: u32 = 14;
/// Octets of an IEEE 802.1Q tag.
pub(crate) const TAG_OCTETS: u32 = 4;

const IPV6_HEADER_OCTETS: u32 = 40;
const HTTPS: u16 = 443;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMPV6: u8 = 58;
/// The size at which content is sent over QUIC; the other sizes are TCP.
const QUIC_OCTETS: u32 = 1_294;

/// Writes into `out` the first octets of a frame of `flow` whose untagged size is `untagged` octets.
pub(crate) fn write_header(out: &mut Vec<u8>, flow: &Flow, untagged: u32, members: &[Member], rng: &mut Pcg64) {
    let (from, to) = (&members[flow.entry], &members[flow.receiver]);
    out.clear();
    ethernet(out, flow);
    let packet = untagged - ETHERNET_OCTETS - FCS_OCTETS;
    match flow.payload {
        Payload::Arp => arp(out, flow, from, to),
        Payload::Solicitation => solicitation(out, flow, from, to),
        Payload::Ipv4 => ipv4(out, flow, packet, from, to, rng),
        Payload::Ipv6 => ipv6(out, flow, packet, from, to, rng),
    }
    let frame = flow.octets(untagged) - FCS_OCTETS;
    out.resize((frame as usize).min(HEADER_OCTETS), 0);
}

/// IEEE 802.3 addresses and type, with an IEEE 802.1Q tag where the flow is tagged.
fn ethernet(out: &mut Vec<u8>, flow: &Flow) {
    out.extend_from_slice(&flow.dst_mac.octets());
    out.extend_from_slice(&flow.src_mac.octets());
    if flow.is_tagged() {
        out.extend_from_slice(&[0x81, 0x00]);
        out.extend_from_slice(&flow.cell.vlan.to_be_bytes());
    }
    let ethertype: u16 = match flow.payload {
        Payload::Ipv4 => 0x0800,
        Payload::Arp => 0x0806,
        Payload::Ipv6 | Payload::Solicitation => 0x86dd,
    };
    out.extend_from_slice(&ethertype.to_be_bytes());
}

/// RFC 791.
fn ipv4(out: &mut Vec<u8>, flow: &Flow, packet: u32, from: &Member, to: &Member, rng: &mut Pcg64) {
    let start = out.len();
    let protocol = transport_of(flow, packet);
    out.extend_from_slice(&[0x45, 0]);
    out.extend_from_slice(&low16(packet).to_be_bytes());
    out.extend_from_slice(&rng.random::<u16>().to_be_bytes());
    out.extend_from_slice(&[0x40, 0, 60, protocol, 0, 0]);
    out.extend_from_slice(&from.ipv4(rng.random()).octets());
    out.extend_from_slice(&to.ipv4(rng.random()).octets());
    let checksum = internet_checksum(&[&out[start..]]);
    out[start + 10..start + 12].copy_from_slice(&checksum.to_be_bytes());
    transport(out, flow, protocol, packet - 20, rng);
}

/// RFC 8200.
fn ipv6(out: &mut Vec<u8>, flow: &Flow, packet: u32, from: &Member, to: &Member, rng: &mut Pcg64) {
    let protocol = transport_of(flow, packet);
    let payload = packet - IPV6_HEADER_OCTETS;
    out.extend_from_slice(&[0x60, 0, 0, 0]);
    out.extend_from_slice(&low16(payload).to_be_bytes());
    out.extend_from_slice(&[protocol, 60]);
    out.extend_from_slice(&from.ipv6(rng.random()).octets());
    out.extend_from_slice(&to.ipv6(rng.random()).octets());
    transport(out, flow, protocol, payload, rng);
}

const fn transport_of(flow: &Flow, packet: u32) -> u8 {
    let content = matches!(flow.profile, Profile::Content | Profile::Mixed);
    if content && packet + ETHERNET_OCTETS + FCS_OCTETS == QUIC_OCTETS { UDP } else { TCP }
}

/// RFC 768 or RFC 9293. The checksum covers a payload that a sample does not carry; it is left 0.
fn transport(out: &mut Vec<u8>, flow: &Flow, protocol: u8, octets: u32, rng: &mut Pcg64) {
    let ephemeral: u16 = rng.random_range(32_768..61_000);
    let (src, dst) = if flow.profile == Profile::Acknowledgements { (ephemeral, HTTPS) } else { (HTTPS, ephemeral) };
    out.extend_from_slice(&src.to_be_bytes());
    out.extend_from_slice(&dst.to_be_bytes());
    if protocol == UDP {
        out.extend_from_slice(&low16(octets).to_be_bytes());
        out.extend_from_slice(&[0, 0]);
        return;
    }
    out.extend_from_slice(&rng.random::<u64>().to_be_bytes());
    out.extend_from_slice(&[0x50, 0x10, 0x01, 0xf5, 0, 0, 0, 0]);
}

/// A request of RFC 826 for the receiver's address on the peering LAN.
fn arp(out: &mut Vec<u8>, flow: &Flow, from: &Member, to: &Member) {
    out.extend_from_slice(&[0, 1, 0x08, 0, 6, 4, 0, 1]);
    out.extend_from_slice(&flow.src_mac.octets());
    out.extend_from_slice(&from.lan_ipv4(PEERING_VLAN).octets());
    out.extend_from_slice(&[0; 6]);
    out.extend_from_slice(&to.lan_ipv4(PEERING_VLAN).octets());
}

/// A neighbour solicitation of RFC 4861, section 4.3, with the source link-layer address option.
fn solicitation(out: &mut Vec<u8>, flow: &Flow, from: &Member, to: &Member) {
    let (src, target) = (from.lan_ipv6(PEERING_VLAN).octets(), to.lan_ipv6(PEERING_VLAN).octets());
    let [.., a, b, c] = target;
    let group = [0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, a, b, c];
    let mut message = vec![135, 0, 0, 0, 0, 0, 0, 0];
    message.extend_from_slice(&target);
    message.extend_from_slice(&[1, 1]);
    message.extend_from_slice(&flow.src_mac.octets());
    let pseudo = [0, 0, 0, 32, 0, 0, 0, ICMPV6];
    let checksum = internet_checksum(&[&src, &group, &pseudo, &message]);
    message[2..4].copy_from_slice(&checksum.to_be_bytes());

    out.extend_from_slice(&[0x60, 0, 0, 0, 0, 32, ICMPV6, 255]);
    out.extend_from_slice(&src);
    out.extend_from_slice(&group);
    out.extend_from_slice(&message);
}

/// The Internet checksum (RFC 1071) over parts of an even number of octets each, but for the last.
pub(crate) fn internet_checksum(parts: &[&[u8]]) -> u16 {
    let mut sum = 0_u64;
    for part in parts {
        for pair in part.chunks(2) {
            sum += u64::from(pair[0]) << 8 | u64::from(pair.get(1).copied().unwrap_or(0));
        }
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(0)
}

/// The low 16 bits of a length that fits into them.
pub(crate) fn low16(length: u32) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_rfc_1071() {
        // The example of RFC 1071, section 3: the sum is ddf2.
        assert_eq!(internet_checksum(&[&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]]), !0xddf2);
        assert_eq!(internet_checksum(&[&[0x00, 0x01, 0xf2, 0x03], &[0xf4, 0xf5, 0xf6, 0xf7]]), !0xddf2);
        assert_eq!(internet_checksum(&[&[1]]), !0x0100);
    }
}
