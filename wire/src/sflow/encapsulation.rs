//! Flow records that say that a frame came out of a tunnel.
//!
//! They matter where a switch samples behind its own decapsulation, so that the sampled header no longer shows the tunnel. What a record says of
//! the way *out* (`extended_*_egress`, an outgoing label stack, the names of the records 1008 to 1011) is no sign: the frames of a member's own port
//! get that too, where the exchange carries them through tunnels of its own.

use schema::sample::Tunnel;

use super::packet::{IPV4_WORDS, IPV6_WORDS, sampled_ethernet};
use super::{Skip, address};
use crate::reader::{Block, Reader};

/// Formats of flow records; the enterprise is 0 in all of them ("sFlow Version 5" up to 1012, "sFlow Tunnel Structures" from 1021).
mod format {
    pub(super) const MPLS: u32 = 1006;
    pub(super) const VLAN_TUNNEL: u32 = 1012;
    pub(super) const L2_TUNNEL_INGRESS: u32 = 1022;
    pub(super) const IPV4_TUNNEL_INGRESS: u32 = 1024;
    pub(super) const IPV6_TUNNEL_INGRESS: u32 = 1026;
    pub(super) const DECAPSULATE_EGRESS: u32 = 1027;
    pub(super) const DECAPSULATE_INGRESS: u32 = 1028;
    pub(super) const VNI_INGRESS: u32 = 1030;
}

/// The tunnel that a record names; [`Skip::UnusedRecord`] if it is of another kind.
pub(super) fn read(record: Block<'_>) -> Result<Tunnel, Skip> {
    let mut body = record.body;
    let read = match record.format {
        format::MPLS => labels_in(body).map(|labels| if labels > 0 { Tunnel::Mpls } else { Tunnel::None }),
        format::VLAN_TUNNEL => body.word().map(|stripped| if stripped > 0 { Tunnel::StackedTags } else { Tunnel::None }),
        // Both offsets lie in the sampled header: before decapsulation on the way in, behind encapsulation on the way out.
        format::DECAPSULATE_EGRESS | format::DECAPSULATE_INGRESS | format::VNI_INGRESS => body.word().map(|_| Tunnel::Vxlan),
        format::L2_TUNNEL_INGRESS => sampled_ethernet(body).map(|_| Tunnel::Vxlan),
        format::IPV4_TUNNEL_INGRESS => body.words::<IPV4_WORDS>().map(|_| Tunnel::Vxlan),
        format::IPV6_TUNNEL_INGRESS => body.words::<IPV6_WORDS>().map(|_| Tunnel::Vxlan),
        _ => return Err(Skip::UnusedRecord),
    };
    read.ok_or(Skip::BrokenRecord)
}

/// How many labels the packet came with, by `extended_mpls`.
fn labels_in(mut body: Reader<'_>) -> Option<u32> {
    address::step_over(&mut body)?;
    body.word()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sflow::builder::{Datagram, Sample, ethernet_header, heard, raw_header, raw_header_of, words};

    /// The tunnel of a sample with a plain raw header and this record, and what was stepped over.
    fn tunnel(format: u32, body: &[u8]) -> (Tunnel, Vec<Skip>) {
        let sample = Sample::flow([1, 3, 256, 256, 0, 3, 4]).record(format, body).record(1, &raw_header(200));
        let heard = heard(&Datagram::new([192, 0, 2, 1]).sample(sample).bytes());
        (heard.flows[0].frame.unwrap().tunnel, heard.skips)
    }

    #[test]
    fn a_record_of_the_way_in_names_the_tunnel_that_the_header_no_longer_shows() {
        for (format, body, expected) in [
            (1006, words(&[1, 0x0a00_0001, 2, 17, 18, 0]), Tunnel::Mpls),
            (1006, words(&[2, 0, 0, 0, 0, 1, 17, 0]), Tunnel::Mpls),
            (1012, words(&[1, 0x8100_0064]), Tunnel::StackedTags),
            (1022, words(&[1500, 0, 0, 0, 0, 0x0800]), Tunnel::Vxlan),
            (1024, words(&[0; 8]), Tunnel::Vxlan),
            (1026, words(&[0; 14]), Tunnel::Vxlan),
            (1027, words(&[50]), Tunnel::Vxlan),
            (1028, words(&[50]), Tunnel::Vxlan),
            (1030, words(&[7001]), Tunnel::Vxlan),
        ] {
            assert_eq!(tunnel(format, &body), (expected, vec![]), "{format}");
        }
    }

    #[test]
    fn a_record_of_the_way_out_says_nothing_of_the_frame_that_came_in() {
        assert_eq!(tunnel(1006, &words(&[1, 0x0a00_0001, 0, 1, 17])), (Tunnel::None, vec![]));
        assert_eq!(tunnel(1012, &words(&[0])), (Tunnel::None, vec![]));
        for format in [1008, 1009, 1010, 1011, 1021, 1023, 1025, 1029] {
            assert_eq!(tunnel(format, &[0; 60]), (Tunnel::None, vec![Skip::UnusedRecord]), "{format}");
        }
    }

    #[test]
    fn a_tunnel_record_too_short_for_its_format_is_broken() {
        for (format, length) in [(1006, 4), (1006, 3), (1012, 3), (1022, 16), (1024, 28), (1026, 52), (1027, 0), (1028, 3), (1030, 0)] {
            assert_eq!(tunnel(format, &vec![0; length]), (Tunnel::None, vec![Skip::BrokenRecord]), "{format}");
        }
    }

    #[test]
    fn what_the_header_shows_wins_over_what_a_record_names_and_the_first_record_over_the_next() {
        let frame = |records: [(u32, Vec<u8>); 3]| {
            let sample = Sample::flow([1, 3, 256, 256, 0, 3, 4]);
            let sample = records.iter().fold(sample, |sample, (format, body)| sample.record(*format, body));
            heard(&Datagram::new([192, 0, 2, 1]).sample(sample).bytes()).flows[0].frame.unwrap().tunnel
        };
        let stacked = raw_header_of(1, 200, &ethernet_header(&[0x88a8, 5, 0x8100, 6, 0x0800]));
        let (vni, tags) = ((1030, words(&[1])), (1012, words(&[1, 0])));
        assert_eq!(frame([vni.clone(), (1, stacked), tags.clone()]), Tunnel::StackedTags);
        assert_eq!(frame([vni.clone(), (1, raw_header(64)), tags.clone()]), Tunnel::Vxlan);
        assert_eq!(frame([tags, (1, raw_header(64)), vni]), Tunnel::StackedTags);
    }
}
