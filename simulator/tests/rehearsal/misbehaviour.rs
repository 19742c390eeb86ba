//! Switches that misbehave as real ones do, and the truth of it.

#![expect(clippy::unwrap_used, reason = "only tests use it, and they shall fail")]

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::time::Duration;

use schema::{Asn, Mac, Protocol};
use simulator::{Datagram, Directions, Exchange, Extras, Plan, PortTruth};

use crate::heard::{Flow, Heard, PEAK, run};

/// A port: its agent and ifIndex.
pub(crate) type Place = (IpAddr, u32);

/// Every sample, with the port that took it.
pub(crate) fn samples(heard: &[Heard]) -> impl Iterator<Item = (Place, &Flow)> {
    heard.iter().flat_map(|datagram| datagram.flows.iter().map(|flow| ((datagram.agent, flow.if_index), flow)))
}

/// The port of each router.
pub(crate) fn homes(exchange: &Exchange) -> HashMap<Mac, Place> {
    let members = exchange.members().iter();
    members.flat_map(|member| member.macs.iter().map(|mac| (mac.mac, (member.agent, member.if_index)))).collect()
}

/// Destination and source of a sampled frame.
pub(crate) fn macs(flow: &Flow) -> (Mac, Mac) {
    let mac = |at: usize| Mac::new(flow.header.header[at..at + 6].try_into().unwrap());
    (mac(0), mac(6))
}

pub(crate) const fn is_ingress(flow: &Flow) -> bool {
    flow.if_index == flow.input
}

fn pools(heard: &[Heard]) -> HashMap<Place, Vec<u32>> {
    let mut pools: HashMap<_, Vec<u32>> = HashMap::new();
    samples(heard).for_each(|(place, flow)| pools.entry(place).or_default().push(flow.pool));
    pools
}

/// Whether samples of each port are numbered one by one.
fn are_numbered(heard: &[Heard]) -> bool {
    let mut latest = HashMap::new();
    samples(heard).all(|(place, flow)| latest.insert(place, flow.sequence).is_none_or(|latest| latest.wrapping_add(1) == flow.sequence))
}

/// A plan of two switches that take every frame.
pub(crate) fn every_frame() -> Plan {
    Plan { members: 30, sampling: 1, peak_samples_per_second: 500.0, extras: Extras::NONE, seed: 4, ..Plan::default() }
}

#[test]
fn both_directions_share_one_pool_and_one_series_of_numbers() {
    let (exchange, heard) = run(&Plan { directions: Directions::Both, ..every_frame() }, 3, Duration::from_millis(2_500));
    let pools = pools(&heard);
    let truth = exchange.truth();
    for port in truth.ports.iter().filter(|port| port.in_frames + port.out_frames > 0) {
        assert_eq!((port.in_samples, port.out_samples), (port.in_frames, port.out_frames));
        let frames = u32::try_from(port.in_frames + port.out_frames).unwrap();
        let expected: Vec<u32> = (1..=frames).map(|frame| port.first_pool.wrapping_add(frame)).collect();
        assert_eq!(pools[&(port.agent, port.if_index)], expected);
    }
    assert!(truth.ports.iter().filter(|port| port.in_frames > 0 && port.out_frames > 0).count() > 20);
    assert!(are_numbered(&heard));
    // Each frame is in the total once, and was sampled twice.
    assert_eq!(truth.flow_samples, 2 * truth.total.frames);
    assert_eq!(truth.total.samples, truth.flow_samples);
}

#[test]
fn a_sample_of_a_leaving_frame_names_the_ports_of_its_way() {
    let plan = Plan { directions: Directions::Both, peak_samples_per_second: 300.0, ..Plan::default() };
    let (exchange, heard) = run(&plan, 2, Duration::from_secs(30));
    let (homes, truth) = (homes(&exchange), exchange.truth());
    let core: HashMap<IpAddr, u32> = truth.core_ports.iter().map(|port| (port.agent, port.if_index)).collect();
    let (mut near, mut far) = (0, 0);
    for ((agent, if_index), flow) in samples(&heard).filter(|(_, flow)| !is_ingress(flow)) {
        assert_eq!(flow.output, (0, if_index));
        let (destination, source) = macs(flow);
        let Some(home) = homes.get(&source) else { continue };
        assert!(homes.get(&destination).is_none_or(|home| *home == (agent, if_index)));
        if home.0 == agent {
            assert_eq!(flow.input, home.1);
            near += 1;
        } else {
            assert_eq!(flow.input, core[&agent]);
            far += 1;
        }
    }
    assert!(near > 1_000 && far > 1_000, "{near} {far}");
    let truths = truth.ports.iter().chain(&truth.core_ports);
    let (entering, leaving) = truths.fold((0, 0), |(entering, leaving), port| (entering + port.in_samples, leaving + port.out_samples));
    assert_eq!(samples(&heard).filter(|(_, flow)| is_ingress(flow)).count() as u64, entering);
    assert_eq!(entering + leaving, truth.flow_samples);
    assert!(truth.core_ports.iter().all(|port| port.in_samples + port.out_samples == 0));
}

#[test]
fn what_leaves_estimates_the_truth_as_what_enters_does() {
    for seed in 1..=4 {
        let plan = Plan { directions: Directions::Egress, seed, members: 30, sampling: 128, extras: Extras::NONE, ..Plan::default() };
        let (exchange, heard) = run(&plan, 4, Duration::from_secs(30));
        let (mut estimate, mut variance) = (0.0, 0.0);
        for (_, flow) in samples(&heard) {
            assert!(!is_ingress(flow) && flow.output == (0, flow.if_index));
            let octets = f64::from(flow.header.frame_length);
            estimate += 128.0 * octets;
            variance += 128.0 * 127.0 * octets * octets;
        }
        let deviation = (estimate - exchange.truth().total.octets as f64) / f64::sqrt(variance);
        assert!(deviation.abs() < 4.5, "seed {seed}: {deviation}");
        assert!(are_numbered(&heard));
    }
}

#[test]
fn one_switch_can_sample_in_other_directions_than_the_rest() {
    let plan = Plan { switch_directions: vec![(1, Directions::Egress), (2, Directions::Both)], ..Plan::default() };
    let (exchange, heard) = run(&plan, 2, Duration::from_secs(30));
    let switches: HashMap<IpAddr, usize> = exchange.members().iter().map(|member| (member.agent, member.switch)).collect();
    let mut seen: BTreeMap<(usize, bool), u64> = BTreeMap::new();
    samples(&heard).for_each(|((agent, _), flow)| *seen.entry((switches[&agent], is_ingress(flow))).or_default() += 1);
    assert_eq!(seen.keys().copied().collect::<Vec<_>>(), [(0, true), (1, false), (2, false), (2, true)]);
}

#[test]
fn flooded_frames_are_sampled_as_they_enter_only() {
    let extras = Extras { arp: 0.05, neighbour_solicitations: 0.05, ..Extras::NONE };
    let (exchange, heard) = run(&Plan { directions: Directions::Both, extras, ..every_frame() }, 2, Duration::from_secs(2));
    let truth = exchange.truth();
    let flooded = |(_, flow): &(Place, &Flow)| flow.header.header[0] & 1 == 1;
    let expected = truth.unattributed["group_destination"].frames + truth.set_aside["multiple_outputs"].frames;
    assert_eq!(samples(&heard).filter(flooded).count() as u64, expected);
    assert!(expected > 0 && samples(&heard).filter(flooded).all(|(_, flow)| is_ingress(flow)));
    // Nor does the pool count their copies.
    let pools = pools(&heard);
    for port in truth.ports.iter().filter(|port| port.in_samples + port.out_samples > 0) {
        let latest = *pools[&(port.agent, port.if_index)].last().unwrap();
        assert_eq!(u64::from(latest.wrapping_sub(port.first_pool)), port.in_samples + port.out_samples);
    }
}

/// Frames sampled as they entered members' ports: when, where, and their first octets.
fn entering(plan: &Plan) -> Vec<(Place, u32, Vec<u8>)> {
    let (exchange, heard) = run(plan, 3, Duration::from_secs(50));
    let core = exchange.truth().core_ports;
    let at_edge = |place: Place| !core.iter().any(|port| (port.agent, port.if_index) == place);
    let of = |(place, flow): (Place, &Flow)| (place, flow.header.frame_length, flow.header.header.clone());
    let mut entering: Vec<_> = samples(&heard).filter(|(place, flow)| is_ingress(flow) && at_edge(*place)).map(of).collect();
    entering.sort();
    entering
}

#[test]
fn misbehaviour_changes_nothing_of_what_is_sampled_on_entering() {
    let honest = Plan::default();
    let misbehaving = Plan { directions: Directions::Both, core_sampling: true, made_up_pool: true, wild_rates: 0.1, ..honest.clone() };
    let expected = entering(&honest);
    assert!(expected.len() > 5_000);
    assert_eq!(entering(&misbehaving), expected);
    let dropping = Plan { agent_drop_share: 0.2, ..honest };
    assert_eq!(entering(&dropping), entering(&Plan { silent_drops: true, ..dropping.clone() }));
}

#[test]
fn silent_drops_leave_no_trace_but_in_the_pool() {
    let plan = Plan { agent_drop_share: 0.3, silent_drops: true, ..every_frame() };
    let (exchange, heard) = run(&plan, 4, Duration::from_secs(10));
    let truth = exchange.truth();
    assert!(samples(&heard).all(|(_, flow)| flow.drops == 0));
    assert!(are_numbered(&heard));
    assert_eq!((truth.agent_drops, truth.silent_drops), (0, truth.total.frames - truth.flow_samples));
    let share = truth.silent_drops as f64 / truth.total.frames as f64;
    assert!((0.28..0.32).contains(&share), "{share}");
    let pools = pools(&heard);
    for port in truth.ports.iter().filter(|port| port.in_samples > 200) {
        assert_eq!(port.in_samples + port.silent_drops, port.in_frames);
        let all = &pools[&(port.agent, port.if_index)];
        let passed = u64::from(all.last().unwrap().wrapping_sub(port.first_pool));
        // What was dropped after the latest kept sample is all that the pool has not told yet.
        assert!(passed <= port.in_frames && passed + 30 > port.in_frames && passed > port.in_samples, "{port:?}");
    }
}

#[test]
fn a_made_up_pool_stands_still_while_the_counters_go_on() {
    let plan = Plan { made_up_pool: true, agent_drop_share: 0.5, silent_drops: true, ..Plan::default() };
    let (exchange, heard) = run(&plan, 3, Duration::from_secs(40));
    assert!(samples(&heard).count() > 3_000 && samples(&heard).all(|(_, flow)| (flow.pool, flow.drops) == (0, 0)));
    let truth = exchange.truth();
    assert!(truth.ports.iter().all(|port| port.first_pool == 0));
    let mut counters = HashMap::new();
    for (agent, report) in heard.iter().flat_map(|datagram| datagram.reports.iter().map(move |report| (datagram.agent, report))) {
        counters.insert((agent, report.if_index), report.counters.if_in_octets);
    }
    let told: u64 = counters.values().sum();
    let entered: u64 = truth.ports.iter().map(|port: &PortTruth| port.in_octets).sum();
    assert!(told > entered / 2 && told <= entered);
}

#[test]
fn wild_rates_are_few_as_asked_and_counted() {
    let plan = Plan { wild_rates: 0.02, directions: Directions::Both, peak_samples_per_second: 300.0, ..Plan::default() };
    let (exchange, heard) = run(&plan, 2, Duration::from_secs(40));
    let truth = exchange.truth();
    let mut rates: BTreeMap<u32, u64> = BTreeMap::new();
    samples(&heard).for_each(|(_, flow)| *rates.entry(flow.rate).or_default() += 1);
    assert_eq!(rates.keys().copied().collect::<Vec<_>>(), [2_048, 3_000_000_000, u32::MAX]);
    assert_eq!(truth.wild_samples, rates[&3_000_000_000] + rates[&u32::MAX]);
    assert_eq!(truth.ports.iter().map(|port| port.wild_samples).sum::<u64>(), truth.wild_samples);
    let share = truth.wild_samples as f64 / truth.flow_samples as f64;
    assert!((0.015..0.025).contains(&share), "{share}");
    assert_eq!(truth.protocols["sflow5"].nominal_packets, 2_048 * truth.flow_samples);
}

#[test]
fn what_only_samples_can_show_changes_no_flow_record() {
    let octets = |plan: &Plan| {
        let mut exchange = Exchange::new(plan, PEAK);
        let mut all = Vec::new();
        exchange.advance(Duration::from_secs(90), &mut |datagram: &Datagram<'_>| all.push(datagram.bytes.to_vec()));
        all
    };
    for protocol in [Protocol::Netflow5, Protocol::Netflow9, Protocol::Ipfix] {
        let plain = Plan { protocol, agent_drop_share: 0.1, ..Plan::default() };
        let sflow_only = Plan {
            directions: Directions::Egress,
            switch_directions: vec![(0, Directions::Both)],
            silent_drops: true,
            made_up_pool: true,
            wild_rates: 1.0,
            ..plain.clone()
        };
        assert!(octets(&plain).len() > 20);
        assert_eq!(octets(&sflow_only), octets(&plain), "{protocol:?}");
    }
}

#[test]
fn a_cell_tells_of_which_frame_sizes_it_is_made() {
    let truth = run(&Plan { peak_samples_per_second: 300.0, ..Plan::default() }, 2, Duration::from_secs(60)).0.truth();
    let mut seen: BTreeMap<&str, Vec<Asn>> = BTreeMap::new();
    for cell in truth.cells.iter().filter(|cell| cell.volume.frames > 5_000) {
        let mean = cell.volume.octets / cell.volume.frames;
        let range = match cell.profile {
            "content" => 1_200..1_300,
            "acknowledgements" => 150..230,
            "mixed" => 600..700,
            other => panic!("{other}"),
        };
        assert!(range.contains(&mean), "{cell:?}: {mean}");
        seen.entry(cell.profile).or_default().push(cell.src_asn);
    }
    assert_eq!(seen.len(), 3);
}
