//! The same matrix by sflow-parser and the standard library's maps, as one would write it at first.

use std::collections::HashMap;
use std::net::IpAddr;

use directory::Snapshot;
use schema::{Mac, Moments};
use sflow_parser::models::core::{Address, FlowData, FlowRecord, SFlowDatagram, SampleData};

/// Agent, sub-agent, index of the data source.
type Source = (IpAddr, u32, u32);

/// Data source and rate, sender, receiver, VLAN, IP version.
type Cell = (Source, u32, u32, u32, u16, u8);

/// What is remembered of a data source.
#[derive(Default)]
struct Followed {
    received: u64,
    sequence: u32,
    pool: u32,
    drops: u32,
    lost: u64,
    pool_advance: u64,
    drops_advance: u64,
}

/// The fixed words of a flow sample, whichever of the two encodings it came in.
struct Numbers {
    source: u32,
    sequence: u32,
    rate: u32,
    pool: u32,
    drops: u32,
}

/// A matrix of members.
pub struct Rival {
    claims: HashMap<(Mac, Option<u16>), u32>,
    sources: HashMap<(Source, u32), Followed>,
    cells: HashMap<Cell, Moments>,
}

impl Rival {
    /// An empty matrix of these members.
    #[must_use]
    pub fn new(directory: &Snapshot) -> Self {
        let claims = directory.members().iter().flat_map(|member| member.macs.iter().map(|claim| ((claim.mac, claim.vlan), member.asn.0)));
        Self { claims: claims.collect(), sources: HashMap::new(), cells: HashMap::new() }
    }

    /// Empties the matrix and keeps its memory.
    pub fn clear(&mut self) {
        self.cells.clear();
        self.sources.values_mut().for_each(|source| source.received = 0);
    }

    /// Samples since it was last empty.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.sources.values().map(|source| source.received).sum()
    }

    /// Samples and octets of each pair of members: sender, receiver, VLAN, IP version.
    #[must_use]
    pub fn pairs(&self) -> HashMap<(u32, u32, u16, u8), (u64, u64)> {
        let mut pairs: HashMap<_, (u64, u64)> = HashMap::new();
        for ((_, _, src, dst, vlan, ip_version), moments) in &self.cells {
            let pair = pairs.entry((*src, *dst, *vlan, *ip_version)).or_default();
            *pair = (pair.0 + moments.n, pair.1 + moments.x);
        }
        pairs
    }

    /// Adds a datagram. It has no bounds and believes what it is sent, so it is for the simulator's datagrams only.
    pub fn datagram(&mut self, payload: &[u8]) {
        let Ok(datagram) = sflow_parser::parse_datagram(payload) else { return };
        let Some(agent) = agent(&datagram) else { return };
        for sample in datagram.samples {
            let (numbers, records) = match sample.sample_data {
                SampleData::FlowSample(s) => {
                    let (source, sequence, rate) = (s.source_id.index(), s.sequence_number, s.sampling_rate);
                    (Numbers { source, sequence, rate, pool: s.sample_pool, drops: s.drops }, s.flow_records)
                }
                SampleData::FlowSampleExpanded(s) => {
                    let (source, sequence, rate) = (s.source_id.source_id_index, s.sequence_number, s.sampling_rate);
                    (Numbers { source, sequence, rate, pool: s.sample_pool, drops: s.drops }, s.flow_records)
                }
                _ => continue,
            };
            let source = (agent.0, agent.1, numbers.source);
            self.follow(source, &numbers);
            self.add(source, numbers.rate, &records);
        }
    }

    fn follow(&mut self, source: Source, now: &Numbers) {
        let before = self.sources.entry((source, now.rate)).or_default();
        before.received += 1;
        if before.sequence != 0 && now.sequence > before.sequence {
            before.lost += u64::from(now.sequence - before.sequence - 1);
            before.pool_advance += u64::from(now.pool.wrapping_sub(before.pool));
            before.drops_advance += u64::from(now.drops.wrapping_sub(before.drops));
        }
        (before.sequence, before.pool, before.drops) = (now.sequence, now.pool, now.drops);
    }

    fn add(&mut self, source: Source, rate: u32, records: &[FlowRecord]) {
        let mut vlan = 0;
        let mut frame = None;
        for record in records {
            match &record.flow_data {
                FlowData::SampledHeader(header) => frame = Some((header.frame_length, header.header.as_slice())),
                FlowData::ExtendedSwitch(switch) => vlan = u16::try_from(switch.src_vlan).unwrap_or(0),
                _ => {}
            }
        }
        let Some((octets, [d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, rest @ ..])) = frame else { return };
        let (tag, ip_version) = ether_type(rest);
        let vlan = tag.unwrap_or(vlan);
        let src = self.member(Mac::new([*s0, *s1, *s2, *s3, *s4, *s5]), vlan);
        let dst = self.member(Mac::new([*d0, *d1, *d2, *d3, *d4, *d5]), vlan);
        self.cells.entry((source, rate, src, dst, vlan, ip_version)).or_default().add(octets);
    }

    /// The member's ASN, 0 for none.
    fn member(&self, mac: Mac, vlan: u16) -> u32 {
        self.claims.get(&(mac, Some(vlan))).or_else(|| self.claims.get(&(mac, None))).copied().unwrap_or(0)
    }
}

fn agent(datagram: &SFlowDatagram) -> Option<(IpAddr, u32)> {
    let address = match datagram.agent_address {
        Address::IPv4(address) => IpAddr::V4(address),
        Address::IPv6(address) => IpAddr::V6(address),
        Address::Unknown => return None,
    };
    Some((address, datagram.sub_agent_id))
}

/// The VLAN of a single tag, and the IP version, from behind the addresses.
fn ether_type(rest: &[u8]) -> (Option<u16>, u8) {
    match rest {
        [0x81, 0x00, high, low, rest @ ..] => (Some(u16::from_be_bytes([*high & 0x0f, *low])), ether_type(rest).1),
        [0x08, 0x00, ..] => (None, 4),
        [0x86, 0xdd, ..] => (None, 6),
        _ => (None, 0),
    }
}
