//! Every sampled frame is exported once, in the flow it belongs to, whatever the cache's timeouts are.

#![expect(clippy::unwrap_used, reason = "only tests use it, and they shall fail")]

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use proptest::prelude::{Just, ProptestConfig, Strategy, prop_assert, prop_assert_eq, prop_oneof, proptest};
use schema::{Asn, Mac, Protocol};
use simulator::{CellTruth, Exchange, FlowCache, PRIVATE_VLAN, Plan, TemplateRefresh, Truth, Volume};

use crate::told::{Record, Told, run};

/// Octets of an Ethernet header and FCS, and of a tag.
const ETHERNET: u64 = 18;
const TAG: u64 = 4;

type Cell = (Asn, Asn, u16, u8);

/// Packets and octets.
type Sums = (u64, u64);

/// What records say of each cell: layer-2 octets with FCS.
fn cells(exchange: &Exchange, told: &[Told]) -> BTreeMap<Cell, Sums> {
    let macs: HashMap<Mac, Asn> =
        exchange.members().iter().flat_map(|member| member.macs.iter().map(|mac| (mac.mac, member.asn))).collect();
    let mut cells: BTreeMap<Cell, Sums> = BTreeMap::new();
    for record in told.iter().flat_map(|datagram| &datagram.records) {
        let (Some(src), Some(dst)) = (macs.get(&record.mac(56)), macs.get(&record.mac(80))) else { continue };
        let cell = (*src, *dst, vlan(record), u8::try_from(record.number(60)).unwrap());
        let sums = cells.entry(cell).or_default();
        *sums = (sums.0 + record.number(2), sums.1 + record.number(352) + 4 * record.number(2));
    }
    cells
}

fn vlan(record: &Record) -> u16 {
    let element = if record.0.contains_key(&58) { 58 } else { 243 };
    u16::try_from(record.number(element)).unwrap()
}

fn sampled_cells(truth: &Truth) -> BTreeMap<Cell, Volume> {
    let sampled = truth.cells.iter().filter(|cell| cell.volume.samples > 0);
    sampled.map(|cell| ((cell.src_asn, cell.dst_asn, cell.vlan, cell.ip_version), cell.volume)).collect()
}

/// IP-layer octets of IPv4 traffic.
fn ipv4_octets(truth: &Truth) -> u64 {
    let under = |volume: &Volume, vlan: u16| volume.octets - volume.frames * (ETHERNET + if vlan == PRIVATE_VLAN { TAG } else { 0 });
    let cells: u64 = truth.cells.iter().filter(|cell| cell.ip_version == 4).map(|cell: &CellTruth| under(&cell.volume, cell.vlan)).sum();
    let unknown = ["unknown_source", "unknown_destination"].into_iter().filter_map(|reason| truth.unattributed.get(reason));
    cells + unknown.map(|volume| under(volume, 0)).sum::<u64>()
}

fn exporting() -> impl Strategy<Value = Plan> {
    let protocol = prop_oneof![Just(Protocol::Netflow5), Just(Protocol::Netflow9), Just(Protocol::Ipfix)];
    let cache = (0_u64..40_000, 0_u64..20_000, prop_oneof![1_usize..20, Just(65_536)]);
    let sampling = prop_oneof![Just(1), 2_u32..50];
    (protocol, cache, sampling, 2_usize..40, 1_u32..30, 0_u64..1_000).prop_map(|(protocol, cache, sampling, members, datagrams, seed)| {
        Plan {
            protocol,
            flow_cache: FlowCache { active: Duration::from_millis(cache.0), inactive: Duration::from_millis(cache.1), capacity: cache.2 },
            template_refresh: TemplateRefresh { datagrams, interval: Duration::from_secs(60) },
            sampling,
            members,
            seed,
            peak_samples_per_second: 150.0,
            ..Plan::default()
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn everything_sampled_is_exported_exactly_once(plan in exporting(), steps in 1_u32..5, millis in 100_u64..9_000) {
        let (exchange, told) = run(&plan, steps, Duration::from_millis(millis));
        let truth = exchange.truth();
        let packets: u64 = told.iter().flat_map(|datagram| &datagram.records).map(|record| record.number(2)).sum();
        prop_assert_eq!(packets, truth.total.samples);
        prop_assert!(truth.set_aside.values().all(|volume| volume.samples == 0));
        let entered: u64 = truth.ports.iter().map(|port| port.in_frames).sum();
        let untold: u64 = truth.not_exported.values().map(|volume| volume.samples).sum();
        if plan.sampling == 1 {
            prop_assert_eq!(packets + untold, entered);
        }
        if plan.protocol == Protocol::Netflow5 {
            let octets: u64 = told.iter().flat_map(|datagram| &datagram.records).map(|record| record.number(1)).sum();
            prop_assert!(plan.sampling > 1 || octets == ipv4_octets(&truth));
            return Ok(());
        }
        let (said, sampled) = (cells(&exchange, &told), sampled_cells(&truth));
        prop_assert_eq!(said.keys().collect::<Vec<_>>(), sampled.keys().collect::<Vec<_>>());
        for (cell, (packets, octets)) in said {
            prop_assert_eq!(packets, sampled[&cell].samples);
            prop_assert!(plan.sampling > 1 || octets == sampled[&cell].octets);
        }
    }
}
