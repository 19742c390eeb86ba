//! An exchange made up for measuring: windows of as many rows as a real one of its size would give.
//!
//! Members are of very different size, so few pairs exchange most of the traffic, and which of the others are seen is a matter of the window's length: a pair
//! that sends a sample an hour is in every sixtieth window of a minute and in every hour's roll-up.

use std::sync::Arc;
use std::time::Duration;

use schema::window::{CellRow, ExporterRow, PortRow, PortSampleRow};
use schema::{Timestamp, Window};

/// The first member's ASN.
const FIRST_ASN: u32 = 65_000;

/// Members that share a switch.
const MEMBERS_OF_SWITCH: u32 = 40;

/// One frame in so many is sampled.
const RATE: u32 = 4_096;

/// Octets of a frame, on average.
const FRAME: u64 = 800;

/// The member of rank r (from 1) has a weight of 1 / r to this power.
const STEEPNESS: f64 = 1.2;

/// The share of pairs that exchange anything.
const PEERING: f64 = 0.5;

/// Of samples, those of IPv6.
const IPV6: f64 = 0.2;

/// Samples a second, of all members together.
const SAMPLES: f64 = 400.0;

/// The exchange.
pub(crate) struct Exchange {
    name: Arc<str>,
    agents: Vec<Arc<str>>,
    /// Each pair of members that exchange something, with its part of all samples.
    pairs: Vec<(u32, u32, f64)>,
    members: u32,
}

impl Exchange {
    /// An exchange of so many members, the same each time.
    #[must_use]
    pub(crate) fn of(members: u32) -> Self {
        let weight = |member: u32| f64::from(member + 1).powf(-STEEPNESS);
        let all = (0..members).flat_map(|src| (0..members).map(move |dst| (src, dst))).filter(|(src, dst)| src != dst);
        let peering = all.filter(|(src, dst)| chance(u64::from((*src).max(*dst)), u64::from((*src).min(*dst))) < PEERING);
        let mut pairs: Vec<(u32, u32, f64)> = peering.map(|(src, dst)| (src, dst, weight(src) * weight(dst))).collect();
        let total: f64 = pairs.iter().map(|(_, _, weight)| weight).sum();
        pairs.iter_mut().for_each(|(_, _, weight)| *weight /= total);
        let agents = (0..=members / MEMBERS_OF_SWITCH).map(|switch| format!("192.0.2.{}", switch + 1).into()).collect();
        Self { name: "year".into(), agents, pairs, members }
    }

    /// A window in which as much is seen as in `seen` of measuring.
    #[must_use]
    pub(crate) fn window(&self, start: Timestamp, length: Duration, seen: Duration) -> Window {
        Window {
            start,
            length,
            serial: 1,
            partial: None,
            cells: self.cells(start, seen),
            ports: (0..self.members).map(|member| self.port(start, length, member)).collect(),
            port_samples: (0..self.members).map(|member| self.port_sample(start, seen, member)).collect(),
            exporters: self.agents.iter().map(|agent| self.exporter(start, seen, agent)).collect(),
            listeners: Vec::new(),
        }
    }

    fn cells(&self, start: Timestamp, seen: Duration) -> Vec<CellRow> {
        let samples = SAMPLES * seen.as_secs_f64();
        let mut cells = Vec::new();
        for (position, (src, dst, part)) in self.pairs.iter().enumerate() {
            for (ip_version, of_version) in [(4, 1.0 - IPV6), (6, IPV6)] {
                let expected = samples * part * of_version;
                let seed = u64::try_from(start.millis() / 1_000).unwrap_or_default() ^ (u64::from(ip_version) << 40);
                let luck = chance(position as u64, seed);
                let count = if expected < 1.0 { u64::from(luck < expected) } else { whole(expected * (0.5 + luck)) };
                if count > 0 {
                    cells.push(self.cell(start, *src, *dst, ip_version, count, luck));
                }
            }
        }
        cells
    }

    fn cell(&self, time: Timestamp, src: u32, dst: u32, ip_version: u8, samples: u64, luck: f64) -> CellRow {
        let packets = samples * u64::from(RATE);
        let bytes = packets * FRAME / 2 + whole(luck * packets as f64 * FRAME as f64);
        let exchange = Arc::clone(&self.name);
        let variance = bytes as f64 * f64::from(RATE) * FRAME as f64;
        let (src_asn, dst_asn) = (FIRST_ASN + src, FIRST_ASN + dst);
        CellRow { time, exchange, src_asn, dst_asn, ip_version, samples, packets, bytes, variance, ..CellRow::default() }
    }

    fn agent(&self, member: u32) -> Arc<str> {
        let switch = usize::try_from(member / MEMBERS_OF_SWITCH).unwrap_or_default();
        self.agents.get(switch).cloned().unwrap_or_default()
    }

    fn port(&self, time: Timestamp, length: Duration, member: u32) -> PortRow {
        let octets = whole(SAMPLES * f64::from(RATE) * FRAME as f64 * length.as_secs_f64() / f64::from(self.members));
        PortRow {
            time,
            exchange: Arc::clone(&self.name),
            agent: self.agent(member),
            if_index: member + 1,
            speed: 100_000_000_000,
            reports: length.as_secs() / 30,
            covered_ms: u64::try_from(length.as_millis()).unwrap_or(u64::MAX),
            in_octets: octets,
            out_octets: octets,
            name: format!("Ethernet{member}").into(),
            ..PortRow::default()
        }
    }

    fn port_sample(&self, time: Timestamp, seen: Duration, member: u32) -> PortSampleRow {
        let samples = whole(SAMPLES * seen.as_secs_f64() / f64::from(self.members)).max(1);
        let packets = samples * u64::from(RATE);
        PortSampleRow {
            time,
            exchange: Arc::clone(&self.name),
            agent: self.agent(member),
            if_index: member + 1,
            asn: FIRST_ASN + member,
            samples,
            packets,
            bytes: packets * FRAME,
            variance: (packets * FRAME) as f64 * f64::from(RATE) * FRAME as f64,
            ..PortSampleRow::default()
        }
    }

    fn exporter(&self, time: Timestamp, seen: Duration, agent: &Arc<str>) -> ExporterRow {
        let samples = whole(SAMPLES * seen.as_secs_f64() / self.agents.len() as f64);
        ExporterRow {
            time,
            exchange: Arc::clone(&self.name),
            protocol: "sflow5".into(),
            agent: Arc::clone(agent),
            source: Arc::clone(agent),
            datagrams: samples / 6,
            flow_samples: samples,
            by_pool: samples,
            rate_min: RATE,
            rate_max: RATE,
            ..ExporterRow::default()
        }
    }
}

/// A number in [0, 1) that looks like chance, and is the same for the same two numbers (splitmix64).
fn chance(one: u64, other: u64) -> f64 {
    let mut bits = one.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(other.wrapping_mul(0xd1b5_4a32_d192_ed03));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and nothing here is negative")]
const fn whole(number: f64) -> u64 {
    number as u64
}
