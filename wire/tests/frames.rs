//! The start of a frame, against `etherparse`.

#![expect(clippy::unwrap_used, reason = "what cannot be built fails the test")]

use etherparse::{LaxNetSlice, LaxSlicedPacket, PacketBuilder, TransportSlice, VlanId};
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::sample::select;
use proptest::{prop_assert_eq, proptest};
use schema::sample::Tunnel;
use wire::ethernet::start;

const SOURCE: [u8; 6] = [2, 0, 0, 0, 0, 1];
const DESTINATION: [u8; 6] = [2, 0, 0, 0, 0, 2];

/// A frame with so many tags, of UDP or else of TCP.
fn frame(tags: &[u16], ipv6: bool, udp: bool, port: u16, payload: &[u8]) -> Vec<u8> {
    let id = |place: usize| VlanId::try_new(tags[place] & 0x0fff).unwrap();
    let ethernet = PacketBuilder::ethernet2(SOURCE, DESTINATION);
    let ip = match (tags.len(), ipv6) {
        (0, false) => ethernet.ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64),
        (0, true) => ethernet.ipv6([1; 16], [2; 16], 64),
        (1, false) => ethernet.single_vlan(id(0)).ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64),
        (1, true) => ethernet.single_vlan(id(0)).ipv6([1; 16], [2; 16], 64),
        (_, false) => ethernet.double_vlan(id(0), id(1)).ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64),
        (_, true) => ethernet.double_vlan(id(0), id(1)).ipv6([1; 16], [2; 16], 64),
    };
    let mut octets = Vec::new();
    if udp {
        ip.udp(40_000, port).write(&mut octets, payload).unwrap();
    } else {
        ip.tcp(40_000, port, 1, 1024).write(&mut octets, payload).unwrap();
    }
    octets
}

proptest! {
    #[test]
    fn a_start_says_what_etherparse_says(
        tags in vec(any::<u16>(), 0..3),
        ipv6 in any::<bool>(),
        udp in any::<bool>(),
        port in select(vec![443, 4788, 4789, 8472]),
        cut in 0_usize..100,
    ) {
        let whole = frame(&tags, ipv6, udp, port, &[0x08, 0, 0, 0, 0, 0, 7, 0]);
        let header = &whole[..whole.len().min(14 + cut)];
        let ours = start(header);
        let theirs = LaxSlicedPacket::from_ethernet(header).unwrap();
        let ids = theirs.vlan_ids();
        prop_assert_eq!(ours.macs.map(|macs| (macs.src.octets(), macs.dst.octets())), Some((SOURCE, DESTINATION)));
        if ids.len() == tags.len() {
            prop_assert_eq!(ours.vlan, ids.first().map_or(0, |id| id.value()));
        }
        if let Some(net) = &theirs.net {
            prop_assert_eq!(ours.ip_version, if matches!(net, LaxNetSlice::Ipv6(_)) { 6 } else { 4 });
        }
        if let Some(transport) = &theirs.transport {
            let vxlan = matches!(transport, TransportSlice::Udp(udp) if [4789, 8472].contains(&udp.destination_port()));
            let tunnel = match ids.len() {
                0 | 1 if vxlan => Tunnel::Vxlan,
                0 | 1 => Tunnel::None,
                _ => Tunnel::StackedTags,
            };
            prop_assert_eq!(ours.tunnel, tunnel);
        }
    }
}
