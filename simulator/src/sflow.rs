//! Writes sFlow version 5 (sflow.org, "sFlow Version 5", July 2004), by itself.

use std::net::Ipv4Addr;

use crate::packet::FCS_OCTETS;
use crate::port::{Counters, Tally};
use crate::words::{low32, words};

/// Reason code of a frame dropped by an access list (section 5, note on `interface`).
const DROPPED_BY_ACL: u32 = 258;
const FORMAT_DISCARDED: u32 = 1;
const FORMAT_MULTIPLE: u32 = 2;

/// The interface by which a frame left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Output {
    Index(u32),
    Unknown,
    Multiple(u32),
    Discarded,
}

impl Output {
    /// The ifIndex; 0 where it is no single port that is known, as NetFlow and IPFIX have it.
    pub(crate) const fn index(self) -> u32 {
        match self {
            Self::Index(index) => index,
            Self::Unknown | Self::Multiple(_) | Self::Discarded => 0,
        }
    }

    /// Format and value of the expanded form.
    const fn parts(self) -> (u32, u32) {
        match self {
            Self::Index(index) => (0, index),
            Self::Unknown => (0, 0),
            Self::Multiple(count) => (FORMAT_MULTIPLE, count),
            Self::Discarded => (FORMAT_DISCARDED, DROPPED_BY_ACL),
        }
    }
}

/// One flow sample.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FlowSample<'a> {
    pub(crate) expanded: bool,
    pub(crate) sequence: u32,
    /// The port that sampled it, by which it entered or left.
    pub(crate) if_index: u32,
    pub(crate) rate: u32,
    pub(crate) pool: u32,
    pub(crate) drops: u32,
    /// ifIndex of the port by which it entered.
    pub(crate) input: u32,
    pub(crate) output: Output,
    /// Octets of the frame with FCS.
    pub(crate) frame_length: u32,
    pub(crate) header: &'a [u8],
    pub(crate) vlan: u16,
}

/// One counter sample.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CounterSample<'a> {
    pub(crate) expanded: bool,
    pub(crate) sequence: u32,
    pub(crate) if_index: u32,
    pub(crate) speed: u64,
    pub(crate) counters: Counters,
    pub(crate) port_name: &'a str,
}

/// Writes the head of a datagram; sequence, uptime and number of samples are still 0 (see [`finish_datagram`]).
pub(crate) fn start_datagram(out: &mut Vec<u8>, agent: Ipv4Addr) {
    words(out, &[5, 1]);
    out.extend_from_slice(&agent.octets());
    words(out, &[0, 0, 0, 0]);
}

/// Fills in what is known only when the datagram is sent.
pub(crate) fn finish_datagram(datagram: &mut [u8], sequence: u32, uptime_millis: u32, samples: u32) {
    for (at, word) in [(16, sequence), (20, uptime_millis), (24, samples)] {
        datagram[at..at + 4].copy_from_slice(&word.to_be_bytes());
    }
}

/// `flow_sample` or `flow_sample_expanded`.
pub(crate) fn write_flow_sample(out: &mut Vec<u8>, sample: &FlowSample<'_>) {
    let (format, value) = sample.output.parts();
    let tail = [sample.rate, sample.pool, sample.drops];
    structure(out, if sample.expanded { 3 } else { 1 }, |out| {
        words(out, &[sample.sequence]);
        data_source(out, sample.expanded, sample.if_index);
        words(out, &tail);
        if sample.expanded {
            words(out, &[0, sample.input, format, value]);
        } else {
            words(out, &[sample.input, format << 30 | value]);
        }
        words(out, &[2]);
        raw_header(out, sample);
        let vlan = u32::from(sample.vlan);
        structure(out, 1_001, |out| words(out, &[vlan, 0, vlan, 0]));
    });
}

/// `sampled_header` with header protocol 1, Ethernet.
fn raw_header(out: &mut Vec<u8>, sample: &FlowSample<'_>) {
    structure(out, 1, |out| {
        words(out, &[1, sample.frame_length, FCS_OCTETS]);
        opaque(out, sample.header);
    });
}

/// `counters_sample` or its expanded form, with the records `if_counters`, `ethernet_counters` and `port_name`.
pub(crate) fn write_counter_sample(out: &mut Vec<u8>, sample: &CounterSample<'_>) {
    structure(out, if sample.expanded { 4 } else { 2 }, |out| {
        words(out, &[sample.sequence]);
        data_source(out, sample.expanded, sample.if_index);
        words(out, &[3]);
        structure(out, 1, |out| if_counters(out, sample));
        structure(out, 2, |out| words(out, &[0; 13]));
        structure(out, 1_005, |out| opaque(out, sample.port_name.as_bytes()));
    });
}

/// RFC 2233's generic counters: 6 is Ethernet, 1 full duplex, 3 up by command and in fact.
fn if_counters(out: &mut Vec<u8>, sample: &CounterSample<'_>) {
    words(out, &[sample.if_index, 6]);
    out.extend_from_slice(&sample.speed.to_be_bytes());
    words(out, &[1, 3]);
    let direction = |out: &mut Vec<u8>, tally: &Tally| {
        out.extend_from_slice(&tally.octets.to_be_bytes());
        words(out, &[low32(tally.unicast), low32(tally.multicast), low32(tally.broadcast), low32(tally.discards), 0]);
    };
    direction(out, &sample.counters.entered);
    // ifInUnknownProtos has no counterpart on the way out.
    words(out, &[0]);
    direction(out, &sample.counters.left);
    words(out, &[0]);
}

fn data_source(out: &mut Vec<u8>, expanded: bool, if_index: u32) {
    if expanded { words(out, &[0, if_index]) } else { words(out, &[if_index & 0x00ff_ffff]) }
}

/// A structure with its format and its length in front.
fn structure(out: &mut Vec<u8>, format: u32, write: impl FnOnce(&mut Vec<u8>)) {
    words(out, &[format, 0]);
    let start = out.len();
    write(out);
    let length = low32((out.len() - start) as u64);
    out[start - 4..start].copy_from_slice(&length.to_be_bytes());
}

/// XDR's variable-length opaque data (RFC 4506, section 4.10).
fn opaque(out: &mut Vec<u8>, octets: &[u8]) {
    words(out, &[low32(octets.len() as u64)]);
    out.extend_from_slice(octets);
    out.resize(out.len() + octets.len().next_multiple_of(4) - octets.len(), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compact_sample_is_written_as_the_specification_lays_it_out() {
        let mut out = Vec::new();
        let sample = FlowSample {
            expanded: false,
            sequence: 7,
            if_index: 3,
            rate: 1_000,
            pool: 8_000,
            drops: 1,
            input: 4,
            output: Output::Multiple(5),
            frame_length: 64,
            header: &[0xaa; 6],
            vlan: 100,
        };
        write_flow_sample(&mut out, &sample);
        let words: Vec<u32> = out.chunks(4).map(|word| u32::from_be_bytes(word.try_into().unwrap())).collect();
        let head = [1, 88, 7, 3, 1_000, 8_000, 1, 4, 0x8000_0005, 2];
        let header = [1, 24, 1, 64, 4, 6, 0xaaaa_aaaa, 0xaaaa_0000];
        let switch = [1_001, 16, 100, 0, 100, 0];
        assert_eq!(words, [&head[..], &header[..], &switch[..]].concat());
    }

    #[test]
    fn an_expanded_sample_gives_format_and_value_words_of_their_own() {
        let mut out = Vec::new();
        let sample = FlowSample {
            expanded: true,
            sequence: 7,
            if_index: 0x1a00_0003,
            rate: 9,
            pool: 8,
            drops: 0,
            input: 0x1a00_0004,
            output: Output::Discarded,
            frame_length: 64,
            header: &[],
            vlan: 0,
        };
        write_flow_sample(&mut out, &sample);
        let words: Vec<u32> = out.chunks(4).map(|word| u32::from_be_bytes(word.try_into().unwrap())).collect();
        assert_eq!(words[..13], [3, 92, 7, 0, 0x1a00_0003, 9, 8, 0, 0, 0x1a00_0004, 1, 258, 2]);
    }
}
