//! The first octets of an Ethernet frame (IEEE 802.3, IEEE 802.1Q).

use schema::Mac;
use schema::sample::MacPair;

use crate::reader::Reader;

/// Deepest stack of VLAN tags that is followed.
///
/// Two are usual and four are the most that switches forward; it keeps a header of nothing but tags from being walked to its end.
pub const MAX_TAGS: usize = 8;

/// Octets that Ethernet adds to an IP packet: two addresses, the type and the FCS.
pub const OVERHEAD: u32 = 18;

/// Octets of one VLAN tag.
pub const TAG: u32 = 4;

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;

/// What the matrix needs of a frame's first octets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Start {
    /// Both addresses; `None` if the header was cut before their end.
    pub macs: Option<MacPair>,
    /// VLAN id of the outermost tag; 0 for none, or for a tag that carries a priority alone.
    pub vlan: u16,
    /// 4, 6, or 0 for anything that is not IP or was cut off.
    pub ip_version: u8,
}

/// Reads as much of a frame's start as is there; a header that was cut gives less, never an error.
#[inline]
#[must_use]
pub fn start(header: &[u8]) -> Start {
    let mut reader = Reader::new(header);
    let Some([first, second, third]) = reader.words() else {
        return Start::default();
    };
    let dst = Mac::from_bits(u64::from(first) << 16 | u64::from(second) >> 16);
    let src = Mac::from_bits(u64::from(second) << 32 | u64::from(third));
    let macs = Some(MacPair { src, dst });
    let ether_type = half(&mut reader).unwrap_or(0);
    if !is_tag(ether_type) {
        return Start { macs, vlan: 0, ip_version: ip_version(ether_type) };
    }
    let (vlan, ether_type) = tags(reader);
    Start { macs, vlan, ip_version: ip_version(ether_type) }
}

/// The outermost VLAN id and the type behind all tags, from behind the type of the first tag; 0 for what is not there.
fn tags(mut reader: Reader<'_>) -> (u16, u16) {
    let mut vlan = None;
    for _ in 0..MAX_TAGS {
        let Some(control) = half(&mut reader) else { break };
        let vlan = *vlan.get_or_insert(control & 0x0fff);
        let Some(ether_type) = half(&mut reader) else { return (vlan, 0) };
        if !is_tag(ether_type) {
            return (vlan, ether_type);
        }
    }
    (vlan.unwrap_or(0), 0)
}

#[inline]
fn half(reader: &mut Reader<'_>) -> Option<u16> {
    reader.octets().map(u16::from_be_bytes)
}

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
    fn a_cut_header_gives_what_it_holds() {
        let whole = frame(&[0x8100, 100, IPV4]);
        assert_eq!(start(&whole[..11]), Start::default());
        assert_eq!(start(&whole[..12]).macs, start(&whole).macs);
        assert_eq!(start(&whole[..15]).vlan, 0);
        assert_eq!((start(&whole[..16]).vlan, start(&whole[..16]).ip_version), (100, 0));
        assert_eq!((start(&whole[..18]).vlan, start(&whole[..18]).ip_version), (100, 4));
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
