//! Writes datagrams of versions 4 and 2 for the tests of this module.

use super::builder::{IfCounters, ethernet_header, words};

/// The versions before 5 that were in use.
pub(crate) const VERSIONS: [u32; 2] = [2, 4];

/// Sequence, source, rate, pool, drops, input, output.
pub(crate) const FLOW: [u32; 7] = [1, 3, 256, 256, 0, 3, 4];

/// A datagram with these samples.
pub(crate) fn datagram(version: u32, samples: &[Vec<u8>]) -> Vec<u8> {
    [words(&[version, 1, 0xc000_0201, 1, 1000, samples.len() as u32]), samples.concat()].concat()
}

/// A flow sample with this packet data and extended data.
pub(crate) fn flow(fixed: [u32; 7], packet: &[u8], extended: &[Vec<u8>]) -> Vec<u8> {
    [words(&[1]), words(&fixed), packet.to_vec(), words(&[extended.len() as u32]), extended.concat()].concat()
}

/// A counter sample with the number 41.
pub(crate) fn counters(kind: u32, body: &[u8]) -> Vec<u8> {
    [words(&[2, 41, 1, 30, kind]), body.to_vec()].concat()
}

/// Packet data: a header of this protocol.
pub(crate) fn header_data(protocol: u32, frame_length: u32, header: &[u8]) -> Vec<u8> {
    let mut bytes = words(&[1, protocol, frame_length, header.len() as u32]);
    bytes.extend(header);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// Packet data of an IP packet: its length, and as many words as its kind has.
pub(crate) fn ip_data(kind: u32, length: u32, count: usize) -> Vec<u8> {
    [words(&[kind, length]), words(&vec![7; count - 1])].concat()
}

pub(crate) fn extended_switch(in_vlan: u32) -> Vec<u8> {
    words(&[1, in_vlan, 0, 999, 0])
}

/// A router with this next hop: a type and the words of the address.
pub(crate) fn extended_router(next_hop: &[u32]) -> Vec<u8> {
    [words(&[2]), words(next_hop), words(&[24, 16])].concat()
}

/// A gateway with these segments of its path, which are one in version 2.
pub(crate) fn extended_gateway(version: u32, segments: &[&[u32]]) -> Vec<u8> {
    let mut bytes = words(&[3, 64496, 64497, 64498]);
    if version == 2 {
        let path = segments.concat();
        bytes.extend(words(&[path.len() as u32]));
        bytes.extend(words(&path));
        return bytes;
    }
    bytes.extend(words(&[segments.len() as u32]));
    for segment in segments {
        bytes.extend(words(&[2, segment.len() as u32]));
        bytes.extend(words(segment));
    }
    bytes.extend(words(&[2, 0xfbf0_0001, 0xfbf0_0002, 100]));
    bytes
}

pub(crate) fn extended_user(source: &str, destination: &str) -> Vec<u8> {
    [words(&[4]), text(source), text(destination)].concat()
}

pub(crate) fn extended_url(url: &str) -> Vec<u8> {
    [words(&[5, 1]), text(url)].concat()
}

fn text(text: &str) -> Vec<u8> {
    let mut bytes = words(&[text.len() as u32]);
    bytes.extend(text.bytes());
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// A datagram with every kind of packet and extended data, and two sets of counters.
pub(crate) fn rich(version: u32) -> Vec<u8> {
    let tagged = header_data(1, 600, &ethernet_header(&[0x88a8, 5, 0x8100, 6, 0x86dd]));
    let extended = [
        extended_gateway(version, &[&[64500, 64501], &[64502]]),
        extended_router(&[1, 0x0a00_0001]),
        extended_user("alice", "bob"),
        extended_url("https://example.org/"),
        extended_switch(77),
    ];
    let generic = IfCounters::numbered().bytes();
    let samples = [
        flow(FLOW, &tagged, &extended),
        counters(2, &[generic.clone(), words(&[9; 13])].concat()),
        flow(FLOW, &ip_data(2, 1000, 8), &[extended_switch(5)]),
        counters(7, &words(&[9; 7])),
        flow(FLOW, &ip_data(3, 1000, 14), &[]),
        counters(1, &generic),
    ];
    datagram(version, &samples)
}
