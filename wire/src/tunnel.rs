//! Headers that hide a frame inside another: MPLS (RFC 3032) and VXLAN (RFC 7348).
//!
//! A core port carries members' frames inside its own. Its samples are told apart by what lies behind the Ethernet type, as far as the sampled
//! header shows it; nothing here follows the frame inside.

use schema::sample::Tunnel;

use crate::reader::Reader;

/// Deepest stack of MPLS labels that is followed.
///
/// Four are usual; it keeps a header of nothing but labels from being walked to its end.
pub const MAX_LABELS: usize = 16;

/// UDP in an IP header.
const UDP: u8 = 17;

/// VXLAN's port, and the one that Linux took before there was an assignment.
const VXLAN_PORTS: [u16; 2] = [4789, 8472];

/// The flag of a VXLAN header that says that its network identifier is valid.
const VXLAN_VALID: u8 = 0x08;

/// Octets of an IPv6 header.
const IPV6_HEADER: usize = 40;

/// Octets of a UDP header behind its ports.
const LENGTH_AND_CHECKSUM: usize = 4;

/// What the IPv4 packet that begins here carries.
#[inline]
#[must_use]
pub fn in_ipv4(packet: &[u8]) -> Tunnel {
    match packet.get(9) {
        Some(&UDP) => in_ipv4_udp(packet),
        _ => Tunnel::None,
    }
}

/// What the IPv6 packet that begins here carries. Extension headers are not followed: tunnels between switches have none.
#[inline]
#[must_use]
pub fn in_ipv6(packet: &[u8]) -> Tunnel {
    match packet.get(6) {
        Some(&UDP) => in_ipv6_udp(packet),
        _ => Tunnel::None,
    }
}

/// The IP version behind the label stack that begins here; 0 if it is none, or the stack's end is not to be seen.
///
/// Nothing in the stack says what it carries, so the first four bits behind it decide, as they do in switches that balance load. A pseudowire's
/// control word begins with 0, so that it is not taken for IP (RFC 4385, section 2).
#[must_use]
pub fn ip_version_in_mpls(stack: &[u8]) -> u8 {
    let mut reader = Reader::new(stack);
    for _ in 0..MAX_LABELS {
        match reader.word() {
            Some(label) if is_bottom(label) => return reader.octets().map_or(0, |[octet]| first_four_bits(octet)),
            Some(_) => {}
            None => return 0,
        }
    }
    0
}

const fn is_bottom(label: u32) -> bool {
    label & 0x100 != 0
}

const fn first_four_bits(octet: u8) -> u8 {
    match octet >> 4 {
        version @ (4 | 6) => version,
        _ => 0,
    }
}

/// Apart, as [`in_ipv4_udp`] is.
#[inline(never)]
fn in_ipv6_udp(packet: &[u8]) -> Tunnel {
    in_udp(packet.get(IPV6_HEADER..))
}

/// Apart, so that it does not stand in the way of TCP.
#[inline(never)]
fn in_ipv4_udp(packet: &[u8]) -> Tunnel {
    let (Some(first), Some(fragment)) = (packet.first(), packet.get(6..8)) else { return Tunnel::None };
    let is_first_fragment = matches!(fragment, [high, 0] if high & 0x1f == 0);
    let header = usize::from(first & 0x0f) * 4;
    if is_first_fragment { in_udp(packet.get(header..)) } else { Tunnel::None }
}

/// VXLAN by the destination port, unless what is to be seen behind it is no VXLAN header: such a port may also be anybody's answer.
#[inline]
fn in_udp(datagram: Option<&[u8]>) -> Tunnel {
    let Some((&[_, _, high, low], behind_ports)) = datagram.and_then(<[u8]>::split_first_chunk::<4>) else { return Tunnel::None };
    if !VXLAN_PORTS.contains(&u16::from_be_bytes([high, low])) {
        return Tunnel::None;
    }
    let flags = behind_ports.get(LENGTH_AND_CHECKSUM).copied().unwrap_or(VXLAN_VALID);
    if flags & VXLAN_VALID != 0 { Tunnel::Vxlan } else { Tunnel::None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An IPv4 header of this length and protocol, and a UDP header to this port.
    fn ipv4(words: u8, protocol: u8, port: u16) -> Vec<u8> {
        let mut packet = vec![0_u8; usize::from(words) * 4 + 8];
        (packet[0], packet[9]) = (0x40 | words, protocol);
        let at = usize::from(words) * 4 + 2;
        packet[at..at + 2].copy_from_slice(&port.to_be_bytes());
        packet
    }

    fn ipv6(next_header: u8, port: u16) -> Vec<u8> {
        let mut packet = vec![0_u8; 48];
        (packet[0], packet[6]) = (0x60, next_header);
        packet[42..44].copy_from_slice(&port.to_be_bytes());
        packet
    }

    #[test]
    fn udp_to_vxlans_ports_is_vxlan() {
        for port in [4789, 8472] {
            assert_eq!((in_ipv4(&ipv4(5, 17, port)), in_ipv6(&ipv6(17, port))), (Tunnel::Vxlan, Tunnel::Vxlan), "{port}");
        }
        for port in [443, 4788, 4790] {
            assert_eq!((in_ipv4(&ipv4(5, 17, port)), in_ipv6(&ipv6(17, port))), (Tunnel::None, Tunnel::None), "{port}");
        }
        assert_eq!((in_ipv4(&ipv4(5, 6, 4789)), in_ipv6(&ipv6(6, 4789))), (Tunnel::None, Tunnel::None));
    }

    #[test]
    fn ipv4_options_are_stepped_over() {
        assert_eq!(in_ipv4(&ipv4(15, 17, 4789)), Tunnel::Vxlan);
        let mut packet = ipv4(6, 17, 4789);
        packet[0] = 0x45;
        assert_eq!(in_ipv4(&packet), Tunnel::None);
    }

    #[test]
    fn a_fragment_that_is_not_the_first_shows_no_port() {
        let mut packet = ipv4(5, 17, 4789);
        packet[7] = 1;
        assert_eq!(in_ipv4(&packet), Tunnel::None);
        (packet[6], packet[7]) = (0x60, 0);
        assert_eq!(in_ipv4(&packet), Tunnel::Vxlan, "flags are no offset");
    }

    #[test]
    fn a_header_that_is_no_vxlan_header_tells_against_the_port() {
        for (flags, tunnel) in [(0x08, Tunnel::Vxlan), (0x88, Tunnel::Vxlan), (0x00, Tunnel::None), (0xf7, Tunnel::None)] {
            let packet = [ipv4(5, 17, 4789), vec![flags]].concat();
            assert_eq!(in_ipv4(&packet), tunnel, "{flags:#x}");
        }
    }

    #[test]
    fn a_packet_cut_before_its_ports_is_no_tunnel() {
        let (four, six) = (ipv4(5, 17, 4789), ipv6(17, 4789));
        for length in 0..24 {
            assert_eq!(in_ipv4(&four[..length]), Tunnel::None, "{length}");
        }
        for length in 0..44 {
            assert_eq!(in_ipv6(&six[..length]), Tunnel::None, "{length}");
        }
        assert_eq!((in_ipv4(&four[..24]), in_ipv6(&six[..44])), (Tunnel::Vxlan, Tunnel::Vxlan));
    }

    fn stack(depth: usize, inside: u8) -> Vec<u8> {
        let mut octets: Vec<u8> = (1..=depth).flat_map(|label| [0, 1, u8::from(label == depth), 64]).collect();
        octets.push(inside);
        octets
    }

    #[test]
    fn the_ip_version_stands_behind_the_last_label() {
        for (inside, version) in [(0x45, 4), (0x60, 6), (0x00, 0), (0x12, 0), (0xff, 0)] {
            assert_eq!((ip_version_in_mpls(&stack(1, inside)), ip_version_in_mpls(&stack(3, inside))), (version, version), "{inside:#x}");
        }
        assert_eq!(ip_version_in_mpls(&stack(3, 0x45)[..12]), 0);
        assert_eq!(ip_version_in_mpls(&[]), 0);
    }

    #[test]
    fn a_stack_of_labels_is_followed_to_its_bound() {
        assert_eq!(ip_version_in_mpls(&stack(MAX_LABELS, 0x45)), 4);
        assert_eq!(ip_version_in_mpls(&stack(MAX_LABELS + 1, 0x45)), 0);
    }
}
