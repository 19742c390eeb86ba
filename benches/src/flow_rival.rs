//! The same matrix of flow records by `netflow_parser` and the standard library's maps, as one would write it at first.

use std::collections::HashMap;
use std::net::IpAddr;

use directory::Snapshot;
use netflow_parser::variable_versions::ipfix::lookup::{IANAIPFixField as Iana, IPFixField};
use netflow_parser::variable_versions::v9::lookup::V9Field;
use netflow_parser::variable_versions::{ipfix, v9};
use netflow_parser::{FieldValue, NetflowPacket, NetflowParser};
use schema::{Mac, Moments};

/// Octets of a frame's check sequence, which layer 2's counts leave out.
const FCS: u64 = 4;

/// Length of a window in milliseconds.
const WINDOW_MS: u64 = 60_000;

/// NetFlow v9 knows `layer2OctetDeltaCount` by its number only.
const LAYER2_OCTETS: u16 = 352;

/// Exporter, domain, interface at which it was metered, rate, sender, receiver, VLAN, IP version, window.
type Cell = (IpAddr, u32, u32, u32, u32, u32, u16, u8, u64);

/// What is needed of a record.
#[derive(Default)]
struct Record {
    src: [u8; 6],
    dst: [u8; 6],
    vlan: u64,
    ip_version: u64,
    input: u64,
    selector: u64,
    packets: u64,
    octets: u64,
    end_ms: u64,
}

/// A matrix of members.
pub struct FlowRival {
    claims: HashMap<(Mac, Option<u16>), u32>,
    parsers: HashMap<IpAddr, NetflowParser>,
    /// By exporter, domain and sampler.
    rates: HashMap<(IpAddr, u32, u64), u32>,
    /// The next number of each exporter's domain, and how many are missing.
    numbers: HashMap<(IpAddr, u32), (u32, u64)>,
    cells: HashMap<Cell, Moments>,
    records: u64,
}

impl FlowRival {
    /// An empty matrix of these members.
    #[must_use]
    pub fn new(directory: &Snapshot) -> Self {
        let claims = directory.members().iter().flat_map(|member| member.macs.iter().map(|claim| ((claim.mac, claim.vlan), member.asn.0)));
        Self {
            claims: claims.collect(),
            parsers: HashMap::new(),
            rates: HashMap::new(),
            numbers: HashMap::new(),
            cells: HashMap::new(),
            records: 0,
        }
    }

    /// Empties the matrix and keeps its memory, and what exporters announced.
    pub fn clear(&mut self) {
        self.cells.clear();
        self.records = 0;
    }

    /// Records since it was last empty.
    #[must_use]
    pub const fn records(&self) -> u64 {
        self.records
    }

    /// Packets and octets of each pair of members: sender, receiver, VLAN, IP version.
    #[must_use]
    pub fn pairs(&self) -> HashMap<(u32, u32, u16, u8), (u64, u64)> {
        let mut pairs: HashMap<_, (u64, u64)> = HashMap::new();
        for ((_, _, _, _, src, dst, vlan, ip_version, _), moments) in &self.cells {
            let pair = pairs.entry((*src, *dst, *vlan, *ip_version)).or_default();
            *pair = (pair.0 + moments.n, pair.1 + moments.x);
        }
        pairs
    }

    /// Adds a datagram. It has no bounds and believes what it is sent, so it is for the simulator's datagrams only.
    pub fn datagram(&mut self, source: IpAddr, payload: &[u8]) {
        let packets = self.parsers.entry(source).or_default().parse_bytes(payload).packets;
        for packet in packets {
            match packet {
                NetflowPacket::IPFix(packet) => self.ipfix(source, &packet),
                NetflowPacket::V9(packet) => self.netflow9(source, &packet),
                _ => {}
            }
        }
    }

    fn ipfix(&mut self, source: IpAddr, packet: &ipfix::IPFix) {
        let domain = packet.header.observation_domain_id;
        let before = self.records;
        for set in &packet.flowsets {
            match &set.body {
                ipfix::FlowSetBody::Data(data) => {
                    data.fields.iter().for_each(|fields| self.add(source, domain, &of_ipfix(fields)));
                }
                ipfix::FlowSetBody::OptionsData(data) => {
                    for fields in &data.fields {
                        let find =
                            |wanted: Iana| fields.iter().find(|(field, _)| *field == IPFixField::IANA(wanted)).map(|(_, v)| number(v));
                        let interval = find(Iana::SamplingPacketInterval).unwrap_or(1);
                        let space = find(Iana::SamplingPacketSpace).unwrap_or(0);
                        self.announce(source, domain, find(Iana::SelectorId).unwrap_or(0), interval + space);
                    }
                }
                _ => {}
            }
        }
        self.follow(source, domain, packet.header.sequence_number, self.records - before);
    }

    fn netflow9(&mut self, source: IpAddr, packet: &v9::V9) {
        let domain = packet.header.source_id;
        let booted = u64::from(packet.header.unix_secs) * 1_000 - u64::from(packet.header.sys_up_time);
        for set in &packet.flowsets {
            match &set.body {
                v9::FlowSetBody::Data(data) => {
                    data.fields.iter().for_each(|fields| self.add(source, domain, &of_netflow9(fields, booted)));
                }
                v9::FlowSetBody::OptionsData(data) => {
                    for fields in data.fields.iter().map(|data| &data.options_fields) {
                        let find = |wanted: V9Field| fields.iter().find(|(field, _)| *field == wanted).map_or(0, |(_, v)| number(v));
                        self.announce(source, domain, find(V9Field::FlowSamplerId), find(V9Field::FlowSamplerRandomInterval));
                    }
                }
                _ => {}
            }
        }
        self.follow(source, domain, packet.header.sequence_number, 1);
    }

    fn announce(&mut self, source: IpAddr, domain: u32, sampler: u64, rate: u64) {
        self.rates.insert((source, domain, sampler), u32::try_from(rate).unwrap_or(u32::MAX));
    }

    fn follow(&mut self, source: IpAddr, domain: u32, sequence: u32, count: u64) {
        let (next, lost) = self.numbers.entry((source, domain)).or_insert((sequence, 0));
        *lost += u64::from(sequence.wrapping_sub(*next));
        *next = sequence.wrapping_add(u32::try_from(count).unwrap_or(0));
    }

    fn add(&mut self, source: IpAddr, domain: u32, record: &Record) {
        self.records += 1;
        let rate = self.rates.get(&(source, domain, record.selector)).copied().unwrap_or(1);
        let vlan = u16::try_from(record.vlan).unwrap_or(0);
        let (src, dst) = (self.member(record.src, vlan), self.member(record.dst, vlan));
        let input = u32::try_from(record.input).unwrap_or(0);
        let ip_version = u8::try_from(record.ip_version).unwrap_or(0);
        let cell = (source, domain, input, rate, src, dst, vlan, ip_version, record.end_ms / WINDOW_MS);
        let (n, x) = (record.packets, record.octets + FCS * record.packets);
        self.cells.entry(cell).or_default().merge(Moments { n, x, xx: x * x / n.max(1) });
    }

    /// The member's ASN, 0 for none.
    fn member(&self, mac: [u8; 6], vlan: u16) -> u32 {
        let mac = Mac::new(mac);
        self.claims.get(&(mac, Some(vlan))).or_else(|| self.claims.get(&(mac, None))).copied().unwrap_or(0)
    }
}

fn of_ipfix(fields: &[(IPFixField, FieldValue)]) -> Record {
    let mut record = Record::default();
    for (field, value) in fields {
        let IPFixField::IANA(field) = field else { continue };
        match field {
            Iana::SourceMacaddress => record.src = mac(value),
            Iana::DestinationMacaddress => record.dst = mac(value),
            Iana::Dot1qVlanId => record.vlan = number(value),
            Iana::IpVersion => record.ip_version = number(value),
            Iana::IngressInterface => record.input = number(value),
            Iana::SelectorId => record.selector = number(value),
            Iana::PacketDeltaCount => record.packets = number(value),
            Iana::Layer2octetDeltaCount => record.octets = number(value),
            Iana::FlowEndMilliseconds => record.end_ms = number(value),
            _ => {}
        }
    }
    record
}

fn of_netflow9(fields: &[(V9Field, FieldValue)], booted: u64) -> Record {
    let mut record = Record::default();
    for (field, value) in fields {
        match field {
            V9Field::InSrcMac => record.src = mac(value),
            V9Field::InDstMac => record.dst = mac(value),
            V9Field::SrcVlan => record.vlan = number(value),
            V9Field::IpProtocolVersion => record.ip_version = number(value),
            V9Field::InputSnmp => record.input = number(value),
            V9Field::FlowSamplerId => record.selector = number(value),
            V9Field::InPkts => record.packets = number(value),
            V9Field::Unknown(LAYER2_OCTETS) => record.octets = number(value),
            V9Field::LastSwitched => record.end_ms = booted + number(value),
            _ => {}
        }
    }
    record
}

fn mac(value: &FieldValue) -> [u8; 6] {
    if let FieldValue::MacAddr(octets) = value { *octets } else { [0; 6] }
}

fn number(value: &FieldValue) -> u64 {
    match value {
        FieldValue::Duration(duration) => u64::try_from(duration.as_duration().as_millis()).unwrap_or(u64::MAX),
        FieldValue::Vec(octets) => octets.iter().fold(0, |number, octet| number << 8 | u64::from(*octet)),
        other => other.as_u64().unwrap_or(0),
    }
}

/// Records of data in these packets, options not among them.
pub(crate) fn records(packets: &[NetflowPacket]) -> u64 {
    let in_packet = |packet: &NetflowPacket| -> usize {
        match packet {
            NetflowPacket::IPFix(packet) => packet.flowsets.iter().map(|set| of_ipfix_set(&set.body)).sum(),
            NetflowPacket::V9(packet) => packet.flowsets.iter().map(|set| of_netflow9_set(&set.body)).sum(),
            _ => 0,
        }
    };
    packets.iter().map(in_packet).sum::<usize>() as u64
}

const fn of_ipfix_set(body: &ipfix::FlowSetBody) -> usize {
    if let ipfix::FlowSetBody::Data(data) = body { data.fields.len() } else { 0 }
}

const fn of_netflow9_set(body: &v9::FlowSetBody) -> usize {
    if let v9::FlowSetBody::Data(data) = body { data.fields.len() } else { 0 }
}
