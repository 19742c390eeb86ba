//! Templates of NetFlow v9 and IPFIX, and records written by them.
//!
//! One list of fields makes both the template and the records, so that they cannot disagree. Elements have the numbers of IANA's registry
//! "IPFIX Information Elements", of which those below 128 are NetFlow v9's field types.

use schema::Protocol;

use crate::cache::Metered;
use crate::packet::FCS_OCTETS;
use crate::seen::{Addresses, Seen};

/// Length in a template of a field whose records give it themselves (RFC 7011, section 7).
const VARIABLE: u16 = 0xffff;
/// `samplingAlgorithm`: random (RFC 3954, section 8).
const RANDOM: u64 = 2;
/// `selectorAlgorithm`: count-based (IANA, PSAMP parameters). The one whose parameters are interval and space; random samplers are announced by it, too.
const COUNT_BASED: u64 = 1;

const OCTETS: u16 = 1;
const PACKETS: u16 = 2;
const SRC_IPV4: u16 = 8;
const INPUT: u16 = 10;
const DST_IPV4: u16 = 12;
const OUTPUT: u16 = 14;
const LAST_SWITCHED: u16 = 21;
const FIRST_SWITCHED: u16 = 22;
const SRC_IPV6: u16 = 27;
const DST_IPV6: u16 = 28;
const SAMPLER: u16 = 48;
const SAMPLER_MODE: u16 = 49;
const SAMPLER_INTERVAL: u16 = 50;
const SRC_MAC: u16 = 56;
const SRC_VLAN: u16 = 58;
const IP_VERSION: u16 = 60;
const DIRECTION: u16 = 61;
const DST_MAC: u16 = 80;
const FLOW_START: u16 = 152;
const FLOW_END: u16 = 153;
const DOT1Q_VLAN: u16 = 243;
const ETHERTYPE: u16 = 256;
const SELECTOR: u16 = 302;
const SELECTOR_ALGORITHM: u16 = 304;
const SAMPLING_INTERVAL: u16 = 305;
const SAMPLING_SPACE: u16 = 306;
const FRAME_SIZE: u16 = 312;
const FRAME_SECTION: u16 = 315;
const OBSERVED: u16 = 323;
const LAYER2_OCTETS: u16 = 352;

/// NetFlow v9's scope "System" (RFC 3954, section 6.1), a numbering of its own.
const SCOPE_SYSTEM: u16 = 1;

/// An element and its length in octets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Field {
    pub(crate) element: u16,
    pub(crate) length: u16,
}

const fn field(element: u16, length: u16) -> Field {
    Field { element, length }
}

const IPFIX_FLOW: [Field; 14] = [
    field(FLOW_START, 8),
    field(FLOW_END, 8),
    field(OCTETS, 8),
    field(PACKETS, 8),
    field(LAYER2_OCTETS, 8),
    field(IP_VERSION, 1),
    field(ETHERTYPE, 2),
    field(SRC_MAC, 6),
    field(DST_MAC, 6),
    field(DOT1Q_VLAN, 2),
    field(INPUT, 4),
    field(OUTPUT, 4),
    field(DIRECTION, 1),
    field(SELECTOR, 8),
];
const NETFLOW9_FLOW: [Field; 14] = [
    field(FIRST_SWITCHED, 4),
    field(LAST_SWITCHED, 4),
    field(OCTETS, 4),
    field(PACKETS, 4),
    field(LAYER2_OCTETS, 4),
    field(IP_VERSION, 1),
    field(ETHERTYPE, 2),
    field(SRC_MAC, 6),
    field(DST_MAC, 6),
    field(SRC_VLAN, 2),
    field(INPUT, 4),
    field(OUTPUT, 4),
    field(DIRECTION, 1),
    field(SAMPLER, 1),
];
const IPV4: [Field; 2] = [field(SRC_IPV4, 4), field(DST_IPV4, 4)];
const IPV6: [Field; 2] = [field(SRC_IPV6, 16), field(DST_IPV6, 16)];
const SECTION: [Field; 8] = [
    field(OBSERVED, 8),
    field(DOT1Q_VLAN, 2),
    field(INPUT, 4),
    field(OUTPUT, 4),
    field(DIRECTION, 1),
    field(SELECTOR, 8),
    field(FRAME_SIZE, 2),
    field(FRAME_SECTION, VARIABLE),
];

const NETFLOW9_OPTIONS: [Field; 4] = [field(SCOPE_SYSTEM, 4), field(SAMPLER, 1), field(SAMPLER_MODE, 1), field(SAMPLER_INTERVAL, 4)];
const IPFIX_OPTIONS: [Field; 4] = [field(SELECTOR, 8), field(SELECTOR_ALGORITHM, 2), field(SAMPLING_INTERVAL, 4), field(SAMPLING_SPACE, 4)];

/// What a record is about, which decides its template.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Ipv4,
    Ipv6,
    /// A flow that is not IP.
    Layer2,
    /// One frame.
    Section,
}

impl Kind {
    /// Of flow records.
    pub(crate) const FLOWS: [Self; 3] = [Self::Ipv4, Self::Ipv6, Self::Layer2];

    pub(crate) const fn of(seen: &Seen) -> Self {
        match seen.addresses {
            Addresses::V4(..) => Self::Ipv4,
            Addresses::V6(..) => Self::Ipv6,
            Addresses::None => Self::Layer2,
        }
    }

    /// Of its template.
    pub(crate) const fn id(self) -> u16 {
        match self {
            Self::Ipv4 => 256,
            Self::Ipv6 => 257,
            Self::Layer2 => 258,
            Self::Section => 259,
        }
    }

    /// The fields of its records.
    pub(crate) fn fields(self, protocol: Protocol) -> impl Iterator<Item = Field> {
        let flow = if protocol == Protocol::Netflow9 { &NETFLOW9_FLOW } else { &IPFIX_FLOW };
        let (common, addresses): (&'static [Field], &'static [Field]) = match self {
            Self::Ipv4 => (flow, &IPV4),
            Self::Ipv6 => (flow, &IPV6),
            Self::Layer2 => (flow, &[]),
            Self::Section => (&SECTION, &[]),
        };
        // Without an IP header there is no version of it.
        let has_version = self != Self::Layer2;
        common.iter().chain(addresses).copied().filter(move |field| has_version || field.element != IP_VERSION)
    }
}

/// What a switch says of its sampler.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Sampler {
    pub(crate) id: u8,
    /// One frame in so many.
    pub(crate) rate: u32,
    /// When the switch started, in milliseconds since 1970.
    pub(crate) booted: i64,
}

/// Template id of the options.
pub(crate) const OPTIONS: u16 = 512;

/// The fields that announce the sampler, of which the first is the scope.
pub(crate) const fn options(protocol: Protocol) -> &'static [Field] {
    match protocol {
        Protocol::Netflow9 => &NETFLOW9_OPTIONS,
        _ => &IPFIX_OPTIONS,
    }
}

/// Writes the record that announces the sampler.
pub(crate) fn write_options(out: &mut Vec<u8>, protocol: Protocol, sampler: Sampler) {
    for Field { element, length } in options(protocol) {
        let value = match *element {
            SAMPLER | SELECTOR => u64::from(sampler.id),
            SAMPLER_MODE => RANDOM,
            SAMPLER_INTERVAL => u64::from(sampler.rate),
            SELECTOR_ALGORITHM => COUNT_BASED,
            SAMPLING_INTERVAL => 1,
            SAMPLING_SPACE => u64::from(sampler.rate - 1),
            // The system is the switch itself; it has no number.
            _ => 0,
        };
        number(out, value, *length);
    }
}

/// Writes a flow as a record.
pub(crate) fn write_flow(out: &mut Vec<u8>, protocol: Protocol, flow: &Metered, sampler: Sampler) {
    let kind = Kind::of(&flow.first);
    for Field { element, length } in kind.fields(protocol) {
        match (element, flow.first.addresses) {
            (SRC_MAC, _) => out.extend_from_slice(&flow.first.src_mac.octets()),
            (DST_MAC, _) => out.extend_from_slice(&flow.first.dst_mac.octets()),
            (SRC_IPV4, Addresses::V4(address, _)) | (DST_IPV4, Addresses::V4(_, address)) => out.extend_from_slice(&address.octets()),
            (SRC_IPV6, Addresses::V6(address, _)) | (DST_IPV6, Addresses::V6(_, address)) => out.extend_from_slice(&address.octets()),
            _ => number(out, flow_number(element, flow, sampler), length),
        }
    }
}

fn flow_number(element: u16, flow: &Metered, sampler: Sampler) -> u64 {
    match element {
        OCTETS => flow.octets,
        PACKETS => flow.packets,
        LAYER2_OCTETS => flow.frame_octets - flow.packets * u64::from(FCS_OCTETS),
        FLOW_START => flow.first.at.unsigned_abs(),
        FLOW_END => flow.last.unsigned_abs(),
        FIRST_SWITCHED => (flow.first.at - sampler.booted).unsigned_abs(),
        LAST_SWITCHED => (flow.last - sampler.booted).unsigned_abs(),
        _ => frame_number(element, &flow.first, sampler),
    }
}

/// What a flow and a single frame both have. Frames are metered where they enter, which is direction 0.
fn frame_number(element: u16, seen: &Seen, sampler: Sampler) -> u64 {
    match (element, seen.addresses) {
        (IP_VERSION, Addresses::V4(..)) => 4,
        (IP_VERSION, Addresses::V6(..)) => 6,
        (ETHERTYPE, _) => u64::from(seen.ethertype),
        (SRC_VLAN | DOT1Q_VLAN, _) => u64::from(seen.vlan),
        (INPUT, _) => u64::from(seen.input),
        (OUTPUT, _) => u64::from(seen.output),
        (SAMPLER | SELECTOR, _) => u64::from(sampler.id),
        (OBSERVED, _) => seen.at.unsigned_abs(),
        (FRAME_SIZE, _) => u64::from(seen.frame),
        _ => 0,
    }
}

/// Writes a frame by itself, with its first octets.
pub(crate) fn write_section(out: &mut Vec<u8>, seen: &Seen, header: &[u8], sampler: Sampler) {
    for Field { element, length } in SECTION {
        if element != FRAME_SECTION {
            number(out, frame_number(element, seen, sampler), length);
            continue;
        }
        // Below 255 octets one octet tells the length; a header has 128 at most.
        out.push(u8::try_from(header.len()).unwrap_or(0));
        out.extend_from_slice(header);
    }
}

/// The low `length` octets of `value`, at most 8: counters wrap.
fn number(out: &mut Vec<u8>, value: u64, length: u16) {
    let octets = value.to_be_bytes();
    out.extend_from_slice(&octets[octets.len() - usize::from(length)..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_as_long_as_their_templates_say() {
        let sampler = Sampler { id: 3, rate: 100, booted: 0 };
        let mut out = Vec::new();
        for protocol in [Protocol::Netflow9, Protocol::Ipfix] {
            out.clear();
            write_options(&mut out, protocol, sampler);
            assert_eq!(out.len(), options(protocol).iter().map(|field| usize::from(field.length)).sum::<usize>());
        }
        assert_eq!(out, [0, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0, 99]);
    }

    #[test]
    fn an_exchange_record_has_sixteen_fields_and_each_element_once() {
        for protocol in [Protocol::Netflow9, Protocol::Ipfix] {
            for (kind, count) in [(Kind::Ipv4, 16), (Kind::Ipv6, 16), (Kind::Layer2, 13)] {
                let mut elements: Vec<u16> = kind.fields(protocol).map(|field| field.element).collect();
                elements.sort_unstable();
                elements.dedup();
                assert_eq!(elements.len(), count, "{protocol:?} {kind:?}");
            }
        }
    }
}
