//! Versions 4 (RFC 3176, section 4) and 2: what version 5 says, without lengths.
//!
//! Every sample has one packet and a list of extended data, or one set of counters; each kind has a layout that must be known to find the next. So
//! a kind that is not known costs the rest of the datagram, and so does a sample that the datagram cuts off. Version 2 differs in one structure, the
//! gateway's, whose AS path is not yet divided into segments and which has no communities and no preference.

use schema::Protocol;
use schema::sample::InterfaceCounters;

use super::packet::{IPV4_WORDS, IPV6_WORDS, Packet, format};
use super::{Listener, Samples, Skip, address, counters, flow};
use crate::reader::{Block, Reader};

/// Kinds of samples.
mod sample {
    pub(super) const FLOW: u32 = 1;
    pub(super) const COUNTERS: u32 = 2;
}

/// Kinds of packet data (`packet_information_type`).
mod packet_data {
    pub(super) const HEADER: u32 = 1;
    pub(super) const IPV4: u32 = 2;
    pub(super) const IPV6: u32 = 3;
}

/// Kinds of extended data (`extended_information_type`).
mod extended {
    pub(super) const SWITCH: u32 = 1;
    pub(super) const ROUTER: u32 = 2;
    pub(super) const GATEWAY: u32 = 3;
    pub(super) const USER: u32 = 4;
    pub(super) const URL: u32 = 5;
}

/// Kinds of counters (`counters_version`).
mod counter_set {
    pub(super) const GENERIC: u32 = 1;
    pub(super) const ETHERNET: u32 = 2;
    pub(super) const TOKEN_RING: u32 = 3;
    pub(super) const VG: u32 = 5;
    pub(super) const WAN: u32 = 6;
    pub(super) const VLAN: u32 = 7;
}

/// Words behind the generic counters of a token ring and of a 100BaseVG interface, and of the counters of a VLAN.
const TOKEN_RING_WORDS: usize = 18;
const VG_WORDS: usize = 20;
const VLAN_WORDS: usize = 7;

const SWITCH_WORDS: usize = 4;

/// What a sample that the datagram cuts off is.
const CUT: Skip = Skip::SampleOverrun;

/// Reads samples until their end, or as far as their kinds are known.
#[cold]
#[inline(never)]
pub(super) fn walk<L: Listener>(samples: Samples<'_>, listener: &mut L) {
    let mut reader = samples.reader;
    for _ in 0..samples.declared {
        if reader.is_empty() {
            return listener.skipped(Skip::MissingSamples);
        }
        if let Err(skip) = read_sample(samples.protocol, &mut reader, listener) {
            return listener.skipped(skip);
        }
    }
    if !reader.is_empty() {
        listener.skipped(Skip::TrailingOctets);
    }
}

/// Reads one sample; an error costs it and all behind it.
fn read_sample<L: Listener>(protocol: Protocol, reader: &mut Reader<'_>, listener: &mut L) -> Result<(), Skip> {
    match reader.word().ok_or(CUT)? {
        sample::FLOW => read_flow(protocol, reader, listener),
        sample::COUNTERS => read_counters(reader, listener),
        _ => Err(Skip::UnknownStructure),
    }
}

fn read_flow<L: Listener>(protocol: Protocol, reader: &mut Reader<'_>, listener: &mut L) -> Result<(), Skip> {
    let mut sample = flow::compact(reader).ok_or(CUT)?;
    let kind = reader.word().ok_or(CUT)?;
    let mut packet = Packet::default();
    let skip = add_packet_data(&mut packet, kind, reader)?;
    for _ in 0..reader.word().ok_or(CUT)? {
        add_extended_data(&mut packet, protocol, reader)?;
    }
    if let Some(skip) = skip {
        listener.skipped(skip);
    }
    flow::complete(&mut sample, &packet, listener);
    listener.flow(&sample);
    Ok(())
}

/// The one packet of a sample; says so where it was read and not taken.
fn add_packet_data(packet: &mut Packet, kind: u32, reader: &mut Reader<'_>) -> Result<Option<Skip>, Skip> {
    match kind {
        packet_data::HEADER => {
            let [protocol, octets, length] = reader.words().ok_or(CUT)?;
            let header = reader.opaque(length).ok_or(CUT)?;
            Ok(packet.add_header(protocol, octets, header))
        }
        packet_data::IPV4 => Ok(packet.add(record::<IPV4_WORDS>(format::IPV4, reader)?)),
        packet_data::IPV6 => Ok(packet.add(record::<IPV6_WORDS>(format::IPV6, reader)?)),
        _ => Err(Skip::UnknownStructure),
    }
}

/// Takes in the VLAN of a switch and steps over the rest.
fn add_extended_data(packet: &mut Packet, protocol: Protocol, reader: &mut Reader<'_>) -> Result<(), Skip> {
    let stepped = match reader.word().ok_or(CUT)? {
        extended::SWITCH => {
            packet.add(record::<SWITCH_WORDS>(format::EXTENDED_SWITCH, reader)?);
            Some(())
        }
        extended::ROUTER => step_over_router(reader),
        extended::GATEWAY if protocol == Protocol::Sflow2 => step_over_gateway2(reader),
        extended::GATEWAY => step_over_gateway(reader),
        extended::USER => step_over_text(reader).and_then(|()| step_over_text(reader)),
        extended::URL => reader.word().and_then(|_direction| step_over_text(reader)),
        _ => return Err(Skip::UnknownStructure),
    };
    stepped.ok_or(CUT)
}

/// The next words as a record of version 5, which they have become without a change.
fn record<'a, const WORDS: usize>(format: u32, reader: &mut Reader<'a>) -> Result<Block<'a>, Skip> {
    let body = reader.slice(4 * WORDS).ok_or(CUT)?;
    Ok(Block { format, body: Reader::new(body) })
}

/// Next hop and two prefix lengths.
fn step_over_router(reader: &mut Reader<'_>) -> Option<()> {
    address::step_over(reader)?;
    reader.words::<2>().map(|_| ())
}

/// Three AS numbers and the path, all in version 2.
fn step_over_gateway2(reader: &mut Reader<'_>) -> Option<()> {
    let [_as, _source, _source_peer] = reader.words()?;
    step_over_list(reader)
}

/// Three AS numbers, the path in segments, the communities and the local preference.
fn step_over_gateway(reader: &mut Reader<'_>) -> Option<()> {
    let [_as, _source, _source_peer, segments] = reader.words()?;
    for _ in 0..segments {
        let _set_or_sequence = reader.word()?;
        step_over_list(reader)?;
    }
    step_over_list(reader)?;
    reader.word().map(|_preference| ())
}

/// A count, and so many words.
fn step_over_list(reader: &mut Reader<'_>) -> Option<()> {
    let words = usize::try_from(reader.word()?).ok()?;
    reader.slice(words.checked_mul(4)?).map(|_| ())
}

/// A length, and so many octets with their padding.
fn step_over_text(reader: &mut Reader<'_>) -> Option<()> {
    let length = reader.word()?;
    reader.opaque(length).map(|_| ())
}

fn read_counters<L: Listener>(reader: &mut Reader<'_>, listener: &mut L) -> Result<(), Skip> {
    let [sequence, _source, _interval, kind] = reader.words().ok_or(CUT)?;
    if kind == counter_set::VLAN {
        reader.words::<VLAN_WORDS>().ok_or(CUT)?;
        listener.counter_sample();
        return Ok(());
    }
    if !(counter_set::GENERIC..=counter_set::WAN).contains(&kind) {
        return Err(Skip::UnknownStructure);
    }
    let mut interface = InterfaceCounters { sequence, ..counters::if_counters(reader).ok_or(CUT)? };
    match kind {
        counter_set::ETHERNET => interface.fcs_errors = counters::ethernet_fcs_errors(reader).ok_or(CUT)?,
        counter_set::TOKEN_RING => _ = reader.words::<TOKEN_RING_WORDS>().ok_or(CUT)?,
        counter_set::VG => _ = reader.words::<VG_WORDS>().ok_or(CUT)?,
        // FDDI and WAN interfaces have the generic counters alone.
        _ => {}
    }
    listener.counter_sample();
    listener.counters(&interface);
    Ok(())
}

#[cfg(test)]
mod tests {
    use schema::Mac;
    use schema::sample::{DataSource, FlowSample, Frame, Interface, LengthBasis, MacPair, Tunnel};

    use super::*;
    use crate::sflow::builder::{DST, IfCounters, SRC, ethernet_header, heard, words};
    use crate::sflow::builder4::{
        FLOW, VERSIONS, counters, datagram, extended_gateway, extended_router, extended_switch, extended_url, extended_user, flow,
        header_data, ip_data,
    };

    fn tagged(octets: u32) -> Vec<u8> {
        header_data(1, octets, &ethernet_header(&[0x8100, 100, 0x0800, 0x4500]))
    }

    #[test]
    fn every_word_of_a_flow_sample_lands_in_its_own_field() {
        for version in VERSIONS {
            let heard = heard(&datagram(version, &[flow([1, 0x0200_0003, 4, 5, 6, 7, 0x8000_0008], &tagged(1518), &[])]));
            let macs = Some(MacPair { src: Mac::new(SRC), dst: Mac::new(DST) });
            let frame = Frame { octets: 1518, basis: LengthBasis::Frame, macs, vlan: 100, ip_version: 4, tunnel: Tunnel::None, ips: None };
            let expected = FlowSample {
                source: DataSource { class: 2, index: 3 },
                sequence: 1,
                rate: 4,
                pool: 5,
                drops: 6,
                input: Interface::Index(7),
                output: Interface::Multiple(8),
                frame: Some(frame),
                raw_length: 1518,
            };
            assert_eq!((heard.flows, heard.skips), (vec![expected], vec![]), "{version}");
        }
    }

    #[test]
    fn ip_data_has_a_length_and_a_version() {
        for (kind, words, ip_version) in [(2, 8, 4), (3, 14, 6)] {
            let heard = heard(&datagram(4, &[flow(FLOW, &ip_data(kind, 1000, words), &[])]));
            let frame = heard.flows[0].frame.unwrap();
            assert_eq!((frame.octets, frame.basis, frame.ip_version), (1018, LengthBasis::IpPacket, ip_version));
            assert_eq!((heard.flows[0].raw_length, heard.skips), (0, vec![]));
        }
    }

    #[test]
    fn every_kind_of_extended_data_is_stepped_over_to_the_switch_behind_it() {
        for version in VERSIONS {
            let untagged = header_data(1, 200, &ethernet_header(&[0x86dd]));
            for before in [
                extended_router(&[1, 0x0a00_0001]),
                extended_router(&[2, 0, 0, 0, 1]),
                extended_router(&[0]),
                extended_gateway(version, &[&[64500, 64501], &[64502]]),
                extended_gateway(version, &[]),
                extended_user("alice", "bob"),
                extended_url("https://example.org/"),
            ] {
                let sample = flow(FLOW, &untagged, &[before, extended_switch(77)]);
                let heard = heard(&datagram(version, &[sample.clone(), sample]));
                let vlans: Vec<u16> = heard.flows.iter().map(|flow| flow.frame.unwrap().vlan).collect();
                assert_eq!((vlans, heard.skips), (vec![77, 77], vec![]), "{version}");
            }
        }
    }

    #[test]
    fn every_kind_of_counters_is_read_as_far_as_it_counts_an_interface() {
        let generic = IfCounters::numbered().bytes();
        for (kind, behind, fcs_errors) in
            [(1, 0, None), (2, 13, Some(9)), (3, TOKEN_RING_WORDS, None), (4, 0, None), (5, VG_WORDS, None), (6, 0, None)]
        {
            let body = [generic.clone(), words(&vec![9; behind])].concat();
            let heard = heard(&datagram(4, &[counters(kind, &body), flow(FLOW, &tagged(64), &[])]));
            assert_eq!((heard.counter_samples, heard.flows.len(), heard.skips.as_slice()), (1, 1, &[][..]), "{kind}");
            let read = heard.counters[0];
            assert_eq!((read.sequence, read.if_index, read.in_octets, read.fcs_errors), (41, 1, Some(6), fcs_errors), "{kind}");
        }
        let vlan = heard(&datagram(4, &[counters(7, &words(&[9; VLAN_WORDS])), flow(FLOW, &tagged(64), &[])]));
        assert_eq!((vlan.counter_samples, vlan.counters.len(), vlan.flows.len(), vlan.skips), (1, 0, 1, vec![]));
    }

    #[test]
    fn an_unknown_kind_costs_the_rest_of_the_datagram() {
        let good = flow(FLOW, &tagged(64), &[]);
        let unknown = [
            words(&[3, 0, 0, 0]),
            flow(FLOW, &ip_data(4, 64, 14), &[]),
            flow(FLOW, &tagged(64), &[words(&[6, 0])]),
            counters(0, &[0; 88]),
            counters(8, &[0; 88]),
        ];
        for sample in unknown {
            let heard = heard(&datagram(4, &[good.clone(), sample, good.clone()]));
            assert_eq!((heard.flows.len(), heard.counter_samples), (1, 0));
            assert_eq!(heard.skips, [Skip::UnknownStructure]);
        }
    }

    #[test]
    fn a_cut_costs_the_sample_that_it_cuts() {
        for version in VERSIONS {
            let extended = [extended_switch(7), extended_gateway(version, &[&[1, 2]]), extended_user("a", "b"), extended_url("c")];
            let samples = [flow(FLOW, &tagged(200), &extended), counters(2, &[0; 140])];
            let first = 24 + samples[0].len();
            let bytes = datagram(version, &samples);
            for length in 24..bytes.len() {
                let heard = heard(&bytes[..length]);
                // The padding of the last text may be missing.
                let flows = usize::from(length >= first - 3);
                let skip = if length == 24 || (first - 3..=first).contains(&length) { Skip::MissingSamples } else { Skip::SampleOverrun };
                assert_eq!((heard.flows.len(), heard.counter_samples, heard.skips), (flows, 0, vec![skip]), "{version} {length}");
            }
        }
    }

    #[test]
    fn counts_and_lengths_that_lie_are_not_believed() {
        let lies = [
            flow(FLOW, &words(&[1, 1, 64, u32::MAX]), &[]),
            flow(FLOW, &tagged(64), &[words(&[3, 1, 2, 3, u32::MAX])]),
            flow(FLOW, &tagged(64), &[words(&[3, 1, 2, 3, 1, 2, u32::MAX])]),
            flow(FLOW, &tagged(64), &[words(&[4, u32::MAX])]),
        ];
        for lie in lies {
            let heard = heard(&datagram(4, &[lie]));
            assert_eq!((heard.flows.len(), heard.skips), (0, vec![Skip::SampleOverrun]));
        }
    }

    #[test]
    fn an_implausible_length_costs_its_packet() {
        let heard = heard(&datagram(4, &[flow(FLOW, &tagged(u32::MAX), &[]), flow(FLOW, &tagged(64), &[])]));
        assert_eq!(heard.flows.iter().map(|flow| flow.raw_length).collect::<Vec<_>>(), [0, 64]);
        assert_eq!(heard.skips, [Skip::ImplausibleLength, Skip::NoPacketRecord]);
    }

    #[test]
    fn what_is_behind_the_last_sample_is_counted() {
        let mut bytes = datagram(4, &[flow(FLOW, &tagged(64), &[])]);
        bytes.extend([0; 4]);
        assert_eq!(heard(&bytes).skips, [Skip::TrailingOctets]);
    }
}
