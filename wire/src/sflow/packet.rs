//! The packet of a flow sample: one, however many records describe it.
//!
//! A switch may send its header, an Ethernet record and an IP record of the same packet. The raw header says most and wins over
//! the Ethernet record, which wins over the IP record; of two records of one kind the first wins.

use schema::Mac;
use schema::sample::{ETHERNET_OCTETS, Frame, IpPair, LengthBasis, MacPair, TAG_OCTETS, Tunnel};

use super::{Skip, encapsulation};
use crate::ethernet;
use crate::reader::{Block, Reader};

/// Longest frame that is believed, in octets.
///
/// The longest in use are the 512 KiB that Linux joins before its own sampler sees them. One broken length of 4 GB, multiplied by
/// a rate, would outweigh all true traffic of a window.
pub const MAX_FRAME_OCTETS: u32 = 1 << 20;

/// Formats of flow records; the enterprise is 0 in all of them.
pub(super) mod format {
    pub(in crate::sflow) const RAW_HEADER: u32 = 1;
    pub(super) const ETHERNET: u32 = 2;
    pub(in crate::sflow) const IPV4: u32 = 3;
    pub(in crate::sflow) const IPV6: u32 = 4;
    pub(in crate::sflow) const EXTENDED_SWITCH: u32 = 1001;
}

/// Values of `header_protocol`.
pub(super) mod header_protocol {
    pub(in crate::sflow) const ETHERNET: u32 = 1;
    pub(super) const IPV4: u32 = 11;
    pub(super) const IPV6: u32 = 12;
    pub(super) const MPLS: u32 = 13;
}

/// Words of `sampled_ipv4` and `sampled_ipv6`; the first is the length of the packet.
pub(super) const IPV4_WORDS: usize = 8;
pub(super) const IPV6_WORDS: usize = 14;

/// What the records of a sample have said so far.
///
/// What few switches send lies apart, so that the rest can be kept in registers.
#[derive(Clone, Copy, Default)]
pub(super) struct Packet {
    raw: Option<Frame>,
    /// Incoming VLAN by the extended switch record; 0 if there is none or it is not known.
    in_vlan: u16,
    seldom: Seldom,
}

/// Records that describe the packet where no raw header does, or not wholly.
#[derive(Clone, Copy, Default)]
struct Seldom {
    ethernet: Option<Frame>,
    ip: Option<Frame>,
    tunnel: Tunnel,
}

impl Packet {
    /// Takes one record in; says so where it could not, or not wholly.
    #[inline(always)]
    pub(super) fn add(&mut self, record: Block<'_>) -> Option<Skip> {
        match record.format {
            format::RAW_HEADER => self.add_raw_header(record.body),
            format::EXTENDED_SWITCH => self.add_extended_switch(record.body),
            _ => self.seldom.add(record),
        }
    }

    /// `frame_length` of the raw header; 0 without one.
    #[inline]
    pub(super) fn raw_length(&self) -> u32 {
        self.raw.map_or(0, |frame| frame.octets)
    }

    /// The one frame that all records together describe.
    #[inline]
    pub(super) fn frame(&self) -> Option<Frame> {
        let mut frame = match self.raw {
            Some(raw) if raw.macs.is_some() => raw,
            raw => self.seldom.piece_together(raw, self.in_vlan)?,
        };
        if frame.vlan == 0 {
            frame.vlan = self.in_vlan;
        }
        if frame.tunnel == Tunnel::None {
            frame.tunnel = self.seldom.tunnel;
        }
        Some(frame)
    }

    /// Takes in the first octets of the packet, and the length of its frame.
    #[inline(always)]
    pub(super) fn add_header(&mut self, protocol: u32, octets: u32, header: &[u8]) -> Option<Skip> {
        if octets > MAX_FRAME_OCTETS {
            return Some(Skip::ImplausibleLength);
        }
        let ethernet::Start { macs, vlan, ip_version, tunnel, ips } = header_start(protocol, header);
        self.raw = Some(Frame { octets, basis: LengthBasis::Frame, macs, vlan, ip_version, tunnel, ips });
        None
    }

    #[inline(always)]
    fn add_raw_header(&mut self, mut body: Reader<'_>) -> Option<Skip> {
        if self.raw.is_some() {
            return Some(Skip::RepeatedRecord);
        }
        let Some([protocol, octets, _stripped, length]) = body.words() else {
            return Some(Skip::BrokenRecord);
        };
        let there = body.rest();
        let header = usize::try_from(length).ok().and_then(|length| there.get(..length));
        let overrun = header.is_none().then_some(Skip::HeaderOverrun);
        self.add_header(protocol, octets, header.unwrap_or(there)).or(overrun)
    }

    #[inline]
    fn add_extended_switch(&mut self, mut body: Reader<'_>) -> Option<Skip> {
        let Some([in_vlan, _in_priority, _out_vlan, _out_priority]) = body.words() else {
            return Some(Skip::BrokenRecord);
        };
        self.in_vlan = vlan_id(in_vlan);
        None
    }
}

impl Seldom {
    #[inline(never)]
    fn add(&mut self, record: Block<'_>) -> Option<Skip> {
        match record.format {
            format::ETHERNET => first(&mut self.ethernet, || sampled_ethernet(record.body)),
            format::IPV4 => first(&mut self.ip, || sampled_ip::<IPV4_WORDS>(record.body, 4)),
            format::IPV6 => first(&mut self.ip, || sampled_ip::<IPV6_WORDS>(record.body, 6)),
            _ => self.add_tunnel(record),
        }
    }

    /// The first record that names a tunnel is the one that counts.
    fn add_tunnel(&mut self, record: Block<'_>) -> Option<Skip> {
        match encapsulation::read(record) {
            Ok(tunnel) if self.tunnel == Tunnel::None => {
                self.tunnel = tunnel;
                None
            }
            Ok(_) => None,
            Err(skip) => Some(skip),
        }
    }

    /// The frame where no raw header says it all; kept out of the way of the others.
    #[cold]
    fn piece_together(&self, raw: Option<Frame>, in_vlan: u16) -> Option<Frame> {
        let mut frame = raw.or(self.ethernet).or(self.ip)?;
        if frame.macs.is_none() {
            frame.macs = self.ethernet.and_then(|ethernet| ethernet.macs);
        }
        frame.ips = frame.ips.or(self.ip.and_then(|ip| ip.ips));
        if frame.basis == LengthBasis::IpPacket && in_vlan != 0 {
            frame.octets += TAG_OCTETS;
        }
        Some(frame)
    }
}

/// Reads a record into its place, unless an earlier one of its kind is there.
fn first(place: &mut Option<Frame>, read: impl FnOnce() -> Option<Frame>) -> Option<Skip> {
    if place.is_some() {
        return Some(Skip::RepeatedRecord);
    }
    match read() {
        None => Some(Skip::BrokenRecord),
        Some(frame) if frame.octets > MAX_FRAME_OCTETS => Some(Skip::ImplausibleLength),
        frame => {
            *place = frame;
            None
        }
    }
}

/// The start of a sampled header; only Ethernet has addresses, and bare IP at least a version.
#[inline(always)]
fn header_start(protocol: u32, header: &[u8]) -> ethernet::Start {
    if protocol == header_protocol::ETHERNET { ethernet::start(header) } else { bare_start(protocol, header) }
}

/// The start of a header that was sampled without its frame.
#[cold]
fn bare_start(protocol: u32, header: &[u8]) -> ethernet::Start {
    match protocol {
        header_protocol::IPV4 => ethernet::Start::of_ipv4(header),
        header_protocol::IPV6 => ethernet::Start::of_ipv6(header),
        header_protocol::MPLS => ethernet::Start::of_mpls(header),
        _ => ethernet::Start::default(),
    }
}

/// The record `sampled_ethernet`. XDR pads each address to 8 octets, some switches do not: the record's length tells.
pub(super) fn sampled_ethernet(mut body: Reader<'_>) -> Option<Frame> {
    let octets = body.word()?;
    let padded = body;
    let (src, dst, ether_type) = addresses::<8>(padded).or_else(|| addresses::<6>(body))?;
    let ip_version = u16::try_from(ether_type).map_or(0, ethernet::ip_version);
    Some(Frame {
        octets,
        basis: LengthBasis::Frame,
        macs: Some(MacPair { src, dst }),
        vlan: 0,
        ip_version,
        tunnel: Tunnel::None,
        ips: None,
    })
}

/// Source, destination and type, each address in `N` octets.
fn addresses<const N: usize>(mut body: Reader<'_>) -> Option<(Mac, Mac, u32)> {
    let src = *body.octets::<N>()?.first_chunk::<6>()?;
    let dst = *body.octets::<N>()?.first_chunk::<6>()?;
    Some((Mac::new(src), Mac::new(dst), body.word()?))
}

/// The record `sampled_ipv4` or `sampled_ipv6`: the length of the IP packet, to which Ethernet's own octets are added.
fn sampled_ip<const WORDS: usize>(mut body: Reader<'_>, ip_version: u8) -> Option<Frame> {
    let words = body.words::<WORDS>()?;
    let octets = words.first()?.saturating_add(ETHERNET_OCTETS);
    // Behind the length and the protocol, in both of them.
    let ips = ips(words.get(2..)?, ip_version);
    Some(Frame { octets, basis: LengthBasis::IpPacket, macs: None, vlan: 0, ip_version, tunnel: Tunnel::None, ips })
}

/// Both addresses in words.
fn ips(words: &[u32], ip_version: u8) -> Option<IpPair> {
    if ip_version == 4 {
        let [src, dst] = *words.first_chunk::<2>()?;
        return Some(IpPair::V4 { src: src.into(), dst: dst.into() });
    }
    let (src, behind) = words.split_first_chunk::<4>()?;
    let address = |words: &[u32; 4]| words.iter().fold(0, |address, word| address << 32 | u128::from(*word)).into();
    Some(IpPair::V6 { src: address(src), dst: address(behind.first_chunk()?) })
}

/// A VLAN id of 802.1Q; 0 for none, and for all else that switches write there (all ones for "not known").
#[inline(always)]
pub(super) const fn vlan_id(word: u32) -> u16 {
    if word <= 4094 { word as u16 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sflow::builder::{DST, Datagram, SRC, Sample, ethernet_header, heard, raw_header, raw_header_of, words};

    /// The frame of a sample with these records, and what was stepped over.
    fn frame(records: &[(u32, Vec<u8>)]) -> (Option<Frame>, Vec<Skip>) {
        let sample = records.iter().fold(Sample::flow([1, 3, 256, 256, 0, 3, 4]), |sample, (format, body)| sample.record(*format, body));
        let heard = heard(&Datagram::new([192, 0, 2, 1]).sample(sample).bytes());
        assert_eq!(heard.flows.len(), 1);
        (heard.flows[0].frame, heard.skips)
    }

    fn macs() -> Option<MacPair> {
        Some(MacPair { src: Mac::new(SRC), dst: Mac::new(DST) })
    }

    fn switch(in_vlan: u32) -> (u32, Vec<u8>) {
        (1001, words(&[in_vlan, 0, 999, 0]))
    }

    fn ipv4(length: u32) -> (u32, Vec<u8>) {
        (3, words(&[length, 6, 1, 2, 3, 4, 5, 6]))
    }

    fn ethernet(length: u32, padded: bool) -> (u32, Vec<u8>) {
        let mut body = words(&[length]);
        let padding: &[u8] = if padded { &[0xaa, 0xbb] } else { &[] };
        for mac in [SRC, DST] {
            body.extend(mac);
            body.extend(padding);
        }
        body.extend(words(&[0x86dd]));
        (2, body)
    }

    #[test]
    fn a_raw_ethernet_header_gives_all_that_is_needed() {
        let (frame, skips) = frame(&[(1, raw_header_of(1, 1518, &ethernet_header(&[0x8100, 100, 0x0800])))]);
        let expected =
            Frame { octets: 1518, basis: LengthBasis::Frame, macs: macs(), vlan: 100, ip_version: 4, tunnel: Tunnel::None, ips: None };
        assert_eq!((frame, skips), (Some(expected), vec![]));
    }

    #[test]
    fn a_bare_ip_header_has_a_version_and_no_addresses() {
        for (protocol, ip_version) in [(11, 4), (12, 6), (7, 0), (9999, 0)] {
            let (frame, _) = frame(&[(1, raw_header_of(protocol, 1500, &ethernet_header(&[0x0800])))]);
            let expected =
                Frame { octets: 1500, basis: LengthBasis::Frame, macs: None, vlan: 0, ip_version, tunnel: Tunnel::None, ips: None };
            assert_eq!(frame, Some(expected), "{protocol}");
        }
    }

    #[test]
    fn the_incoming_vlan_counts_where_the_header_has_none() {
        let header = |halves: &[u16]| (1, raw_header_of(1, 1000, &ethernet_header(halves)));
        let vlan = |records: &[_]| frame(records).0.unwrap().vlan;
        assert_eq!(vlan(&[header(&[0x0800]), switch(16)]), 16);
        assert_eq!(vlan(&[switch(16), header(&[0x0800])]), 16);
        assert_eq!(vlan(&[switch(16), header(&[0x8100, 100, 0x0800])]), 100);
        assert_eq!(vlan(&[switch(16), header(&[0x8100, 0xa000, 0x0800])]), 16);
        for unknown in [0, 4095, 4096, u32::MAX] {
            assert_eq!(vlan(&[header(&[0x0800]), switch(unknown)]), 0, "{unknown}");
        }
    }

    #[test]
    fn one_packet_in_several_records_counts_once_and_the_raw_header_wins() {
        let raw = (1, raw_header(200));
        for records in [[raw.clone(), ethernet(201, true), ipv4(182)], [ipv4(182), ethernet(201, true), raw.clone()]] {
            assert_eq!(frame(&records).0.map(|frame| frame.octets), Some(200));
        }
        assert_eq!(frame(&[ipv4(182), ethernet(201, true)]).0.map(|frame| frame.octets), Some(201));
        let (kept, skips) = frame(&[raw, (1, raw_header(300)), (1, raw_header(400))]);
        assert_eq!(kept.map(|frame| frame.octets), Some(200));
        assert_eq!(skips, [Skip::RepeatedRecord; 2]);
    }

    #[test]
    fn an_ethernet_record_is_read_with_and_without_padding() {
        for padded in [true, false] {
            let (frame, skips) = frame(&[ethernet(1518, padded)]);
            let expected =
                Frame { octets: 1518, basis: LengthBasis::Frame, macs: macs(), vlan: 0, ip_version: 6, tunnel: Tunnel::None, ips: None };
            assert_eq!((frame, skips), (Some(expected), vec![]), "padded: {padded}");
        }
    }

    #[test]
    fn an_ethernet_record_lends_its_addresses_to_a_bare_ip_header() {
        let bare = (1, raw_header_of(11, 1486, &[0x45; 20]));
        let (frame, _) = frame(&[bare, ethernet(1500, true)]);
        assert_eq!(frame.map(|frame| (frame.octets, frame.macs, frame.ip_version)), Some((1486, macs(), 4)));
    }

    #[test]
    fn an_ip_length_grows_by_what_ethernet_adds() {
        let ipv6 = (4, words(&[[1280, 6, 0, 0, 0, 1, 0, 0, 0, 2].as_slice(), &[0; 4]].concat()));
        let (frame4, _) = frame(&[ipv4(40)]);
        let (frame6, _) = frame(&[ipv6, switch(5)]);
        let expected =
            Frame { octets: 58, basis: LengthBasis::IpPacket, macs: None, vlan: 0, ip_version: 4, tunnel: Tunnel::None, ips: None };
        let ips = IpPair::v4([0, 0, 0, 1, 0, 0, 0, 2]);
        assert_eq!(frame4, Some(Frame { ips: Some(ips), ..expected }));
        let ips = IpPair::v6(1_u128.to_be_bytes(), 2_u128.to_be_bytes());
        assert_eq!(frame6, Some(Frame { octets: 1302, vlan: 5, ip_version: 6, ips: Some(ips), ..expected }));
    }

    #[test]
    fn a_header_that_claims_too_much_is_read_as_far_as_it_goes() {
        let mut body = raw_header_of(1, 1518, &ethernet_header(&[0x0800]));
        body[12..16].copy_from_slice(&u32::MAX.to_be_bytes());
        let (frame, skips) = frame(&[(1, body)]);
        assert_eq!(frame.map(|frame| (frame.octets, frame.macs)), Some((1518, macs())));
        assert_eq!(skips, [Skip::HeaderOverrun]);
    }

    #[test]
    fn a_header_cut_after_its_addresses_still_has_them() {
        let header = ethernet_header(&[0x0800]);
        let read = |length: usize| frame(&[(1, raw_header_of(1, 100, &header[..length]))]).0.unwrap();
        assert_eq!((read(12).macs, read(12).ip_version), (macs(), 0));
        assert_eq!((read(11).macs, read(11).octets), (None, 100));
    }

    #[test]
    fn an_implausible_length_costs_its_record_and_the_next_best_one_counts() {
        let (raw, skips) = frame(&[(1, raw_header(MAX_FRAME_OCTETS + 1)), ethernet(1518, true)]);
        assert_eq!((raw.map(|frame| frame.octets), skips), (Some(1518), vec![Skip::ImplausibleLength]));
        for record in [ethernet(u32::MAX, true), ipv4(u32::MAX)] {
            assert_eq!(frame(&[record]), (None, vec![Skip::ImplausibleLength, Skip::NoPacketRecord]));
        }
        assert_eq!(frame(&[(1, raw_header(MAX_FRAME_OCTETS))]).0.map(|frame| frame.octets), Some(MAX_FRAME_OCTETS));
    }

    #[test]
    fn a_record_too_short_for_its_format_is_broken() {
        for (format, length) in [(1, 12), (2, 16), (3, 28), (4, 52), (1001, 12)] {
            let (_, skips) = frame(&[(format, vec![0; length]), (1, raw_header(64))]);
            assert_eq!(skips, [Skip::BrokenRecord], "{format}");
        }
    }
}
