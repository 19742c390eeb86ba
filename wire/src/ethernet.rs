//! The first octets of an Ethernet frame (IEEE 802.3, IEEE 802.1Q).

use schema::Mac;
use schema::sample::{Addressed, Ends, IpPair, MacPair, Tunnel};

use crate::reader::Reader;
use crate::tunnel;

/// Deepest stack of VLAN tags that is followed.
///
/// Two are usual and four are the most that switches forward; it keeps a header of nothing but tags from being walked to its end.
pub const MAX_TAGS: usize = 8;

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
const MPLS: u16 = 0x8847;
/// MPLS with a label that the sender of the frame did not choose (RFC 5332); once for multicast.
const MPLS_UPSTREAM: u16 = 0x8848;

/// What the matrix needs of a frame's first octets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Start {
    /// Both addresses; `None` if the header was cut before their end.
    pub macs: Option<MacPair>,
    /// VLAN id of the outermost tag; 0 for none, or for a tag that carries a priority alone.
    pub vlan: u16,
    /// 4, 6, or 0 for anything that is not IP or was cut off.
    pub ip_version: u8,
    /// What the frame carries another one in, by its outermost sign.
    pub tunnel: Tunnel,
    /// Both IP addresses behind the tags; `None` if they were cut off, and behind labels.
    pub ips: Option<IpPair>,
}

/// Reads as much of a frame's start as is there; a header that was cut gives less, never an error.
#[inline]
#[must_use]
pub fn start(header: &[u8]) -> Start {
    let Some((first, behind)) = header.split_first_chunk::<14>() else {
        return cut(header);
    };
    let (macs, ether_type) = addresses(first);
    if !is_tag(ether_type) {
        let (ip_version, tunnel) = inside(ether_type, behind);
        return Start { macs, vlan: 0, ip_version, tunnel, ips: ips_in(ether_type, behind) };
    }
    match behind.split_first_chunk::<4>() {
        Some(([high, low, next_high, next_low], behind)) if !is_tag(u16::from_be_bytes([*next_high, *next_low])) => {
            let ether_type = u16::from_be_bytes([*next_high, *next_low]);
            let (ip_version, tunnel) = inside(ether_type, behind);
            Start { macs, vlan: vlan_id(*high, *low), ip_version, tunnel, ips: ips_in(ether_type, behind) }
        }
        _ => stacked(macs, Reader::new(behind)),
    }
}

/// Addresses and type. Two numbers of eight octets hold all of it, and overlap by two.
#[inline(always)]
fn addresses(first: &[u8; 14]) -> (Option<MacPair>, u16) {
    let (Some(dst_and_more), Some(src_and_type)) = (first.first_chunk::<8>(), first.last_chunk::<8>()) else { return (None, 0) };
    let (dst_and_more, src_and_type) = (u64::from_be_bytes(*dst_and_more), u64::from_be_bytes(*src_and_type));
    let [.., high, low] = src_and_type.to_be_bytes();
    let macs = MacPair { src: Mac::from_bits(src_and_type >> 16), dst: Mac::from_bits(dst_and_more >> 16) };
    (Some(macs), u16::from_be_bytes([high, low]))
}

/// The octets that say who exchanged a frame with one tag or none, which came in by this VLAN; `None` if they are not there, or if a tag that carries a priority alone
/// leaves the VLAN to the port.
#[inline(always)]
pub(crate) fn ends(header: &[u8], in_vlan: u16) -> Option<Ends> {
    let (start, behind) = header.split_first_chunk::<14>()?;
    let (first, second) = (u64::from_ne_bytes(*start.first_chunk()?), u64::from_ne_bytes(*start.last_chunk()?));
    // Compared as it lies there, for it need not be turned round.
    let ether_type = u16::from_ne_bytes(*start.last_chunk()?);
    let tag = if TAGS.contains(&ether_type) {
        let [high, low, next_high, next_low] = *behind.first_chunk::<4>()?;
        if vlan_id(high, low) == 0 {
            return None;
        }
        u32::from_ne_bytes([high & 0x0f, low, next_high, next_low])
    } else {
        u32::from(in_vlan)
    };
    Some(Ends { first, second, tag })
}

/// What the [`ends`] say.
pub(crate) fn addressed(header: &[u8], in_vlan: u16) -> Option<Addressed> {
    let (first, behind) = header.split_first_chunk::<14>()?;
    let (macs, ether_type) = addresses(first);
    let (vlan, ether_type) = if is_tag(ether_type) {
        let [high, low, next_high, next_low] = *behind.first_chunk::<4>()?;
        (vlan_id(high, low), u16::from_be_bytes([next_high, next_low]))
    } else {
        (0, ether_type)
    };
    Some(Addressed { macs: macs?, vlan: if vlan == 0 { in_vlan } else { vlan }, ip_version: ip_version(ether_type) })
}

/// Both IP addresses of a frame with one tag or none; `None` if it carries anything else, or was cut before their end.
#[inline(always)]
pub(crate) fn ips(header: &[u8]) -> Option<IpPair> {
    let (start, behind) = header.split_first_chunk::<14>()?;
    let ether_type = u16::from_be_bytes(*start.last_chunk()?);
    if !is_tag(ether_type) {
        return ips_in(ether_type, behind);
    }
    let ([_, _, high, low], behind) = behind.split_first_chunk::<4>()?;
    ips_in(u16::from_be_bytes([*high, *low]), behind)
}

/// Both addresses of the packet behind an Ethernet type.
#[inline(always)]
fn ips_in(ether_type: u16, packet: &[u8]) -> Option<IpPair> {
    match ether_type {
        IPV4 => Some(IpPair::v4(*packet.get(12..)?.first_chunk()?)),
        IPV6 => {
            let (src, behind) = packet.get(8..)?.split_first_chunk()?;
            Some(IpPair::v6(*src, *behind.first_chunk()?))
        }
        _ => None,
    }
}

/// A header that was cut before the end of its type: it has both addresses, or nothing.
#[cold]
fn cut(header: &[u8]) -> Start {
    let mut whole = [0; 14];
    let (Some(both), Some(place)) = (header.first_chunk::<12>(), whole.first_chunk_mut::<12>()) else { return Start::default() };
    *place = *both;
    Start { macs: addresses(&whole).0, ..Start::default() }
}

/// Starts of packets that were sampled without their frame, and so have no addresses.
impl Start {
    /// A bare IPv4 packet.
    #[must_use]
    pub fn of_ipv4(packet: &[u8]) -> Self {
        Self { ip_version: 4, tunnel: tunnel::in_ipv4(packet), ips: ips_in(IPV4, packet), ..Self::default() }
    }

    /// A bare IPv6 packet.
    #[must_use]
    pub fn of_ipv6(packet: &[u8]) -> Self {
        Self { ip_version: 6, tunnel: tunnel::in_ipv6(packet), ips: ips_in(IPV6, packet), ..Self::default() }
    }

    /// A bare MPLS packet.
    #[must_use]
    pub fn of_mpls(stack: &[u8]) -> Self {
        Self { ip_version: tunnel::ip_version_in_mpls(stack), tunnel: Tunnel::Mpls, ..Self::default() }
    }
}

/// IP version and tunnel behind an Ethernet type.
#[inline(always)]
fn inside(ether_type: u16, packet: &[u8]) -> (u8, Tunnel) {
    match ether_type {
        IPV4 => (4, tunnel::in_ipv4(packet)),
        IPV6 => (6, tunnel::in_ipv6(packet)),
        MPLS | MPLS_UPSTREAM => (tunnel::ip_version_in_mpls(packet), Tunnel::Mpls),
        _ => (0, Tunnel::None),
    }
}

/// The start of a frame with several tags or a cut one, from behind the type of the first.
#[cold]
fn stacked(macs: Option<MacPair>, mut reader: Reader<'_>) -> Start {
    let mut start = Start { macs, ..Start::default() };
    for depth in 1..=MAX_TAGS {
        if depth > 1 {
            start.tunnel = Tunnel::StackedTags;
        }
        let Some([high, low]) = reader.octets() else { return start };
        if depth == 1 {
            start.vlan = vlan_id(high, low);
        }
        let Some(ether_type) = half(&mut reader) else { return start };
        if !is_tag(ether_type) {
            start.ip_version = inside(ether_type, reader.rest()).0;
            start.ips = ips_in(ether_type, reader.rest());
            return start;
        }
    }
    start
}

/// The id in the control octets of a tag, without priority and drop eligibility.
#[inline]
const fn vlan_id(high: u8, low: u8) -> u16 {
    u16::from_be_bytes([high & 0x0f, low])
}

#[inline]
fn half(reader: &mut Reader<'_>) -> Option<u16> {
    reader.octets().map(u16::from_be_bytes)
}

/// What [`is_tag`] tells, as it lies in a frame.
const TAGS: [u16; 3] = [0x8100_u16.to_be(), 0x88a8_u16.to_be(), 0x9100_u16.to_be()];

/// 802.1Q, 802.1ad, and the type that was in use for stacked tags before it.
#[inline]
const fn is_tag(ether_type: u16) -> bool {
    matches!(ether_type, 0x8100 | 0x88a8 | 0x9100)
}

/// The IP version that an Ethernet type announces; 0 for any other type.
#[inline]
#[must_use]
pub const fn ip_version(ether_type: u16) -> u8 {
    match ether_type {
        IPV4 => 4,
        IPV6 => 6,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACS: [u8; 12] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];

    fn frame(after_macs: &[u16]) -> Vec<u8> {
        let mut bytes = MACS.to_vec();
        bytes.extend(after_macs.iter().flat_map(|half| half.to_be_bytes()));
        bytes
    }

    #[test]
    fn the_destination_comes_first_on_the_wire() {
        let macs = start(&frame(&[IPV4])).macs.unwrap();
        assert_eq!(macs.src.to_string(), "02:00:00:00:00:01");
        assert_eq!(macs.dst.to_string(), "02:00:00:00:00:02");
    }

    #[test]
    fn the_outermost_of_stacked_tags_is_the_vlan() {
        for (tags, vlan, ip_version) in [
            (&[IPV6][..], 0, 6),
            (&[0x8100, 0x6064, IPV4], 0x64, 4),
            (&[0x88a8, 100, 0x8100, 200, IPV6], 100, 6),
            (&[0x9100, 7, 0x9100, 8, 0x8100, 9, IPV4], 7, 4),
            (&[0x8100, 0xe000, IPV4], 0, 4),
            (&[0x8100, 5, 0x0806], 5, 0),
        ] {
            let start = start(&frame(tags));
            assert_eq!((start.vlan, start.ip_version), (vlan, ip_version), "{tags:x?}");
        }
    }

    #[test]
    fn two_tags_or_more_are_a_stack() {
        for (tags, tunnel) in [
            (&[IPV4][..], Tunnel::None),
            (&[0x8100, 5, IPV4], Tunnel::None),
            (&[0x8100, 5, 0x8100, 6, IPV4], Tunnel::StackedTags),
            (&[0x88a8, 5, 0x8100, 6, 0x8100, 7, IPV6], Tunnel::StackedTags),
            (&[0x88a8, 5, 0x8100], Tunnel::StackedTags),
            (&[0x88a8, 5], Tunnel::None),
            (&[0x88a8, 5, 0x8100, 6, MPLS, 0, 0x0140, 0x4500], Tunnel::StackedTags),
        ] {
            assert_eq!(start(&frame(tags)).tunnel, tunnel, "{tags:x?}");
        }
    }

    #[test]
    fn a_label_stack_is_mpls_with_and_without_a_tag() {
        for ether_type in [MPLS, MPLS_UPSTREAM] {
            for before in [&[][..], &[0x8100, 5]] {
                let start = start(&frame(&[before, &[ether_type, 0, 0x0140, 0x6000]].concat()));
                assert_eq!((start.tunnel, start.ip_version), (Tunnel::Mpls, 6), "{ether_type:x} {before:x?}");
            }
        }
        assert_eq!(start(&frame(&[MPLS])).ip_version, 0);
    }

    #[test]
    fn vxlan_is_seen_behind_a_tag_too() {
        let mut ip = vec![0_u8; 28];
        (ip[0], ip[9], ip[22], ip[23]) = (0x45, 17, 0x12, 0xb5);
        for tags in [&[IPV4][..], &[0x8100, 5, IPV4]] {
            let start = start(&[frame(tags), ip.clone()].concat());
            assert_eq!((start.tunnel, start.ip_version), (Tunnel::Vxlan, 4), "{tags:x?}");
        }
        assert_eq!((Start::of_ipv4(&ip).tunnel, Start::of_ipv4(&ip).ip_version), (Tunnel::Vxlan, 4));
    }

    #[test]
    fn a_cut_header_gives_what_it_holds() {
        let whole = frame(&[0x8100, 100, IPV4]);
        assert_eq!(start(&whole[..11]), Start::default());
        assert_eq!(start(&whole[..12]).macs, start(&whole).macs);
        assert_eq!(start(&whole[..15]).vlan, 0);
        assert_eq!((start(&whole[..16]).vlan, start(&whole[..16]).ip_version), (100, 0));
        assert_eq!((start(&whole[..18]).vlan, start(&whole[..18]).ip_version), (100, 4));
    }

    #[test]
    fn both_addresses_are_found_behind_tags_and_nothing_where_one_of_them_was_cut() {
        let ipv4 = [&[0x45; 12][..], &[192, 0, 2, 1, 198, 51, 100, 2]].concat();
        let ipv6 = [&[0x60; 8][..], &[1; 16], &[2; 16]].concat();
        let pairs = [IpPair::v4([192, 0, 2, 1, 198, 51, 100, 2]), IpPair::v6([1; 16], [2; 16])];
        for tags in [&[][..], &[0x8100, 5], &[0x88a8, 5, 0x8100, 6], &[0x9100, 5, 0x8100, 6, 0x8100, 7]] {
            for (ether_type, packet, pair) in [(IPV4, &ipv4, pairs[0]), (IPV6, &ipv6, pairs[1])] {
                let whole = [frame(&[tags, &[ether_type]].concat()), packet.clone()].concat();
                assert_eq!(start(&whole).ips, Some(pair), "{tags:x?}");
                assert_eq!(ips(&whole), Some(pair).filter(|_| tags.len() <= 2), "{tags:x?}");
                for cut in 0..whole.len() {
                    assert_eq!((start(&whole[..cut]).ips, ips(&whole[..cut])), (None, None), "{tags:x?} {cut}");
                }
            }
        }
        assert_eq!(start(&[frame(&[0x0806]), ipv4.clone()].concat()).ips, None);
        assert_eq!(start(&[frame(&[MPLS, 0, 0x0140]), ipv4.clone()].concat()).ips, None);
        assert_eq!((Start::of_ipv4(&ipv4).ips, Start::of_ipv6(&ipv6).ips), (Some(pairs[0]), Some(pairs[1])));
        assert_eq!((Start::of_ipv4(&ipv4[..19]).ips, Start::of_ipv6(&ipv6[..39]).ips), (None, None));
    }

    #[test]
    fn frames_with_the_same_ends_say_the_same() {
        let types = [
            &[IPV4][..],
            &[IPV6],
            &[0x0806],
            &[0x8100, 5, IPV4],
            &[0x8100, 6, IPV4],
            &[0x88a8, 5, IPV4],
            &[0x8100, 5, 0x8100],
            &[0x8100, 5, IPV6],
        ];
        let frames: Vec<_> = types.iter().flat_map(|halves| [0, 7].map(|in_vlan| (frame(halves), in_vlan))).collect();
        for (one, in_vlan) in &frames {
            for (other, other_vlan) in &frames {
                let are_same = ends(one, *in_vlan).unwrap() == ends(other, *other_vlan).unwrap();
                let say = (addressed(one, *in_vlan).unwrap(), addressed(other, *other_vlan).unwrap());
                assert!(!are_same || say.0 == say.1, "{one:x?} {in_vlan} {other:x?} {other_vlan}");
            }
        }
        // Its priority is no part of it.
        assert_eq!(ends(&frame(&[0x8100, 0xe005, IPV4]), 0), ends(&frame(&[0x8100, 5, IPV4]), 0));
        assert_eq!(ends(&frame(&[0x8100, 0xe000, IPV4]), 7), None, "the port's VLAN counts");
        assert_eq!(ends(&frame(&[IPV4])[..13], 0), None);
        assert_eq!(ends(&frame(&[0x8100, 5, IPV4])[..17], 0), None);
    }

    #[test]
    fn a_stack_of_tags_is_followed_to_its_bound() {
        let stack = |depth: usize| {
            let mut halves: Vec<u16> = (0..depth).flat_map(|_| [0x8100, 3]).collect();
            halves.push(IPV4);
            start(&frame(&halves)).ip_version
        };
        assert_eq!(stack(MAX_TAGS), 4);
        assert_eq!(stack(MAX_TAGS + 1), 0);
    }
}
