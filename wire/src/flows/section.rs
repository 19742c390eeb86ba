//! Sections of sampled packets in records (RFC 5477, section 8.5): read as the headers in sFlow samples are.

use schema::sample::{FlowRecord, LengthBasis};

use super::element as ie;
use super::layout::{Place, Segments};
use super::plan::{Planner, Slot, Values};
use crate::ethernet;
use crate::sflow::MAX_FRAME_OCTETS;

/// The value of dataLinkFrameType (element 408) for Ethernet; 0 where it is not told.
const ETHERNET: u64 = 1;

/// Octets of both addresses of a frame.
const ADDRESSES: usize = 12;

/// Octets of the fixed header of IPv6, which its own length does not count (RFC 8200, section 3).
const IPV6_HEADER: u32 = 40;

/// Where a section lies, and what it is a section of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Section {
    start: Place,
    /// Just behind it.
    end: Place,
    kind: Kind,
    /// The template has sectionExportedOctets: how much of a section of fixed length is no padding.
    is_padded: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// From the first octet of the frame.
    Frame,
    /// From the first octet of the IP header.
    Ip,
}

/// A packet as its section shows it.
#[derive(Clone, Copy, Debug)]
struct Packet {
    start: ethernet::Start,
    octets: u32,
    basis: LengthBasis,
}

impl Section {
    /// Plans the reading of the first section that the template has, preferably of a frame.
    pub(super) fn plan(planner: &mut Planner<'_>) -> Option<Self> {
        let elements = [ie::DATA_LINK_FRAME_SECTION, ie::LAYER2_SECTION_DATA, ie::IP_HEADER_PACKET_SECTION];
        let placed = elements.iter().find_map(|element| planner.index.find(*element))?;
        let start = planner.wanted.place(placed)?;
        let end = if placed.is_variable() { planner.wanted.behind(placed)? } else { start.plus(placed.field.length) };
        let kind = if placed.field.element == ie::IP_HEADER_PACKET_SECTION { Kind::Ip } else { Kind::Frame };
        planner.first(Slot::FrameSize, &[ie::DATA_LINK_FRAME_SIZE, ie::LAYER2_SECTION_SIZE]);
        planner.first(Slot::SectionOffset, &[ie::SECTION_OFFSET, ie::LAYER2_SECTION_OFFSET]);
        planner.first(Slot::FrameType, &[ie::DATA_LINK_FRAME_TYPE]);
        let is_padded = planner.first(Slot::SectionOctets, &[ie::SECTION_EXPORTED_OCTETS]).is_some();
        Some(Self { start, end, kind, is_padded })
    }

    /// Completes a record with the packet of its section; `false` if it gives a length that no frame has.
    ///
    /// Counters, addresses and VLAN that the record has beside the section stand.
    pub(super) fn complete<S: Segments>(self, segments: &S, values: &Values, record: &mut FlowRecord) -> bool {
        let Some(packet) = self.packet(segments, values) else { return true };
        let ethernet::Start { macs, vlan, ip_version, tunnel, ips } = packet.start;
        record.macs = record.macs.or(macs);
        record.ips = record.ips.or(ips);
        record.vlan = if record.vlan == 0 { vlan } else { record.vlan };
        record.ip_version = if record.ip_version == 0 { ip_version } else { record.ip_version };
        record.tunnel = if record.tunnel == schema::sample::Tunnel::None { tunnel } else { record.tunnel };
        if record.octets > 0 {
            return true;
        }
        let plausible = packet.octets <= MAX_FRAME_OCTETS;
        record.packets = record.packets.max(1);
        record.octets = if plausible { u64::from(packet.octets).saturating_mul(record.packets) } else { 0 };
        record.basis = packet.basis;
        plausible
    }

    /// The packet; `None` if the section is that of no start of a packet.
    fn packet<S: Segments>(self, segments: &S, values: &Values) -> Option<Packet> {
        let (start, behind) = (segments.rest(self.start), segments.rest(self.end));
        let section = start.get(..start.len().checked_sub(behind.len())?)?;
        let exported = if self.is_padded { usize::try_from(values.get(Slot::SectionOctets)).ok()? } else { section.len() };
        let section = section.get(..exported).unwrap_or(section);
        if section.is_empty() || values.get(Slot::SectionOffset) != 0 {
            return None;
        }
        let packet = match self.kind {
            Kind::Ip => ip(section),
            Kind::Frame if matches!(values.get(Slot::FrameType), 0 | ETHERNET) => frame(section),
            Kind::Frame => Packet { start: ethernet::Start::default(), octets: length(section), basis: LengthBasis::Layer2 },
        };
        Some(match u32::try_from(values.get(Slot::FrameSize)) {
            Ok(0) => packet,
            size => Packet { octets: size.unwrap_or(u32::MAX), basis: LengthBasis::Frame, ..packet },
        })
    }
}

/// The packet of an Ethernet frame. How long it was is told by the IP header in it; without one, only the section's own length is known.
fn frame(section: &[u8]) -> Packet {
    let inside = network_header(section);
    let octets = inside.and_then(|(at, header)| Some(length(section.get(..at)?).saturating_add(ip_length(header)?)));
    Packet { start: ethernet::start(section), octets: octets.unwrap_or(length(section)), basis: LengthBasis::Layer2 }
}

/// A packet of which layer 2 was not exported.
fn ip(section: &[u8]) -> Packet {
    let start = match section.first().map(|octet| octet >> 4) {
        Some(4) => ethernet::Start::of_ipv4(section),
        Some(6) => ethernet::Start::of_ipv6(section),
        _ => ethernet::Start::default(),
    };
    Packet { start, octets: ip_length(section).unwrap_or(length(section)), basis: LengthBasis::IpPacket }
}

/// The octet at which the IP header of an Ethernet frame begins, and what is there of it.
fn network_header(section: &[u8]) -> Option<(usize, &[u8])> {
    let mut at = ADDRESSES;
    for _ in 0..=ethernet::MAX_TAGS {
        let kind = u16::from_be_bytes(*section.get(at..)?.first_chunk()?);
        if ethernet::ip_version(kind) != 0 {
            return Some((at + 2, section.get(at + 2..)?));
        }
        if !matches!(kind, 0x8100 | 0x88a8 | 0x9100) {
            return None;
        }
        at += 4;
    }
    None
}

/// The length of an IP packet, as its header tells it.
fn ip_length(header: &[u8]) -> Option<u32> {
    let half = |at: usize| Some(u32::from(u16::from_be_bytes(*header.get(at..)?.first_chunk()?)));
    match header.first()? >> 4 {
        4 => half(2),
        6 => Some(half(4)? + IPV6_HEADER),
        _ => None,
    }
}

fn length(octets: &[u8]) -> u32 {
    u32::try_from(octets.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use schema::sample::{Interface, LengthBasis, Tunnel};

    use crate::flows::Skip;
    use crate::flows::builder::{Heard, Spec, heard, numbers};

    const VARIABLE: u16 = u16::MAX;

    /// A frame with this VLAN and an IPv4 packet of so many octets, cut after the IP header's first four.
    fn tagged(vlan: u8, ip_octets: u16) -> Vec<u8> {
        let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x81, 0, 0, vlan, 8, 0, 0x45, 0];
        frame.extend(ip_octets.to_be_bytes());
        frame
    }

    fn one(fields: &[Spec], body: &[u8]) -> Heard {
        let heard = heard(fields, body);
        assert_eq!(heard.records, 1);
        heard
    }

    #[test]
    fn a_frame_section_is_a_sampled_packet() {
        let frame = tagged(100, 1_500);
        for element in [315, 104] {
            let specs = [(312, 2), (element, VARIABLE), (10, 4)];
            let body = [numbers(&[(1_522, 2), (frame.len() as u64, 1)]), frame.clone(), numbers(&[(7, 4)])].concat();
            let exported = one(&specs, &body).exported[0];
            let record = exported.record;
            assert_eq!((record.packets, record.octets, record.basis), (1, 1_522, LengthBasis::Frame));
            assert_eq!((record.vlan, record.ip_version, record.input), (100, 4, Interface::Index(7)));
            assert_eq!(record.macs.map(|macs| macs.src.to_string()).as_deref(), Some("02:00:00:00:00:01"));
            assert_eq!((exported.octets, exported.packets), (0, 0), "it exports no counters");
        }
    }

    #[test]
    fn without_a_frame_size_the_ip_header_tells_the_length_and_the_section_is_the_last_resort() {
        let frame = tagged(100, 1_500);
        let variable = |section: &[u8]| one(&[(315, VARIABLE)], &[&[section.len() as u8], section].concat()).exported[0].record;
        assert_eq!((variable(&frame).octets, variable(&frame).basis), (1_518, LengthBasis::Layer2));
        let mut arp = frame.clone();
        arp[17] = 6;
        assert_eq!((variable(&arp).octets, variable(&arp).basis), (22, LengthBasis::Layer2));
        assert_eq!(variable(&frame[..19]).octets, 19);
        let mut ipv6 = tagged(7, 0);
        ipv6[16..22].copy_from_slice(&[0x86, 0xdd, 0x60, 0, 0, 0]);
        ipv6.extend([4, 0]);
        assert_eq!((variable(&ipv6).octets, variable(&ipv6).ip_version), (18 + 40 + 1_024, 6));
    }

    #[test]
    fn the_padding_of_a_section_of_fixed_length_is_not_read() {
        let mut section = tagged(100, 1_500)[..16].to_vec();
        section.resize(200, 0);
        let record = |exported: u64| {
            let body = [numbers(&[(exported, 2)]), section.clone()].concat();
            one(&[(410, 2), (315, 200)], &body).exported[0].record
        };
        assert_eq!((record(16).octets, record(16).vlan), (16, 100));
        assert_eq!((record(14).octets, record(14).vlan), (14, 0));
        assert_eq!(record(60_000).octets, 200, "it claims more than there is");
        assert_eq!((record(0).octets, record(0).macs), (0, None));
    }

    #[test]
    fn a_section_stands_for_every_packet_that_is_counted_beside_it_however_many_are_made_up() {
        let section = tagged(100, 1_500);
        let octets = |packets: u64| {
            let body = [numbers(&[(packets, 8), (section.len() as u64, 1)]), section.clone()].concat();
            one(&[(2, 8), (315, VARIABLE)], &body).exported[0].record.octets
        };
        assert_eq!((octets(3), octets(u64::MAX / 2)), (3 * 1_518, u64::MAX));
    }

    #[test]
    fn a_section_of_the_ip_header_has_no_addresses() {
        let record = |packet: &[u8]| one(&[(313, VARIABLE)], &[&[packet.len() as u8], packet].concat()).exported[0].record;
        let ipv4 = record(&[0x45, 0, 5, 0xdc, 0, 0, 0, 0]);
        assert_eq!((ipv4.ip_version, ipv4.octets, ipv4.basis, ipv4.macs), (4, 1_500, LengthBasis::IpPacket, None));
        let ipv6 = record(&[0x60, 0, 0, 0, 0, 100, 6, 64]);
        assert_eq!((ipv6.ip_version, ipv6.octets), (6, 140));
        assert_eq!((record(&[0x45, 0, 5]).octets, record(&[0x75, 0]).ip_version), (3, 0));
    }

    #[test]
    fn a_section_that_is_no_start_of_an_ethernet_frame_gives_no_addresses() {
        let frame = tagged(100, 1_500);
        let record = |element: u16, value: u64| {
            let body = [numbers(&[(value, 2), (22, 1)]), frame.clone()].concat();
            one(&[(element, 2), (315, VARIABLE)], &body).exported[0].record
        };
        assert_eq!((record(409, 64).macs, record(409, 64).octets), (None, 0));
        assert_eq!((record(408, 2).macs, record(408, 2).octets), (None, 22));
        assert_eq!((record(408, 1).vlan, record(409, 0).vlan), (100, 100));
    }

    #[test]
    fn counters_beside_a_section_stand() {
        let frame = tagged(100, 1_500);
        let body = [numbers(&[(90_000, 4), (60, 4), (22, 1)]), frame].concat();
        let exported = one(&[(1, 4), (2, 4), (315, VARIABLE)], &body).exported[0];
        assert_eq!((exported.octets, exported.packets), (90_000, 60));
        let record = exported.record;
        assert_eq!((record.octets, record.packets, record.basis, record.vlan), (90_000, 60, LengthBasis::IpPacket, 100));
    }

    #[test]
    fn a_length_that_no_frame_has_costs_the_length() {
        let body = [numbers(&[(u64::from(u32::MAX), 4), (22, 1)]), tagged(100, 1_500)].concat();
        let heard = one(&[(312, 4), (315, VARIABLE)], &body);
        assert_eq!(heard.skips, [Skip::ImplausibleLength]);
        assert_eq!((heard.exported[0].record.octets, heard.exported[0].record.vlan), (0, 100));
    }

    #[test]
    fn the_tunnel_of_a_sampled_frame_is_seen() {
        let mut stacked = tagged(100, 1_500);
        stacked.splice(12..12, [0x88, 0xa8, 0, 9]);
        let body = [&[stacked.len() as u8], stacked.as_slice()].concat();
        let record = one(&[(315, VARIABLE)], &body).exported[0].record;
        assert_eq!((record.tunnel, record.vlan, record.octets), (Tunnel::StackedTags, 9, 1_522));
    }
}
