//! Writes NetFlow version 5 (Cisco, "NetFlow Export Datagram Formats"), by itself.

use crate::cache::Metered;
use crate::packet::low16;
use crate::seen::Addresses;
use crate::template::Sampler;
use crate::words::{low32, words};

/// Sampling mode 2, random, in the two bits above the interval.
const RANDOM: u16 = 2 << 14;

/// What the header says of the datagram.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) records: u16,
    /// Milliseconds since 1970.
    pub(crate) at: i64,
    /// Flows sent before.
    pub(crate) sequence: u32,
    pub(crate) engine: u8,
}

/// The 24 octets before the records.
pub(crate) fn write_header(out: &mut Vec<u8>, head: Head, sampler: Sampler) {
    out.extend_from_slice(&5_u16.to_be_bytes());
    out.extend_from_slice(&head.records.to_be_bytes());
    let (seconds, millis) = (head.at.div_euclid(1_000), head.at.rem_euclid(1_000));
    words(out, &[uptime(head.at, sampler), low32(seconds.unsigned_abs()), low32(millis.unsigned_abs() * 1_000_000), head.sequence]);
    out.extend_from_slice(&[0, head.engine]);
    out.extend_from_slice(&(RANDOM | low16(sampler.rate) & 0x3fff).to_be_bytes());
}

/// A flow in 48 octets; nothing of one that is not IPv4.
pub(crate) fn write_record(out: &mut Vec<u8>, flow: &Metered, sampler: Sampler) {
    let Addresses::V4(src, dst) = flow.first.addresses else { return };
    out.extend_from_slice(&src.octets());
    out.extend_from_slice(&dst.octets());
    // A switch has no next hop, no autonomous systems and no prefixes to tell.
    words(out, &[0]);
    halves(out, &[low16(flow.first.input), low16(flow.first.output)]);
    words(out, &[low32(flow.packets), low32(flow.octets), uptime(flow.first.at, sampler), uptime(flow.last, sampler)]);
    halves(out, &[flow.first.ports.0, flow.first.ports.1]);
    out.extend_from_slice(&[0, 0, flow.first.protocol, 0]);
    out.extend_from_slice(&[0; 8]);
}

/// Milliseconds since the switch started: of 32 bits, which wrap after 49 days.
pub(crate) fn uptime(at: i64, sampler: Sampler) -> u32 {
    low32((at - sampler.booted).unsigned_abs())
}

fn halves(out: &mut Vec<u8>, halves: &[u16]) {
    for half in halves {
        out.extend_from_slice(&half.to_be_bytes());
    }
}
