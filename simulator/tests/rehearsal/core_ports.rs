//! The ports by which switches are joined: they count what passes them, and sample it where wanted.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::time::Duration;

use schema::Protocol;
use simulator::{Directions, Exchange, Extras, FlowCache, Plan, PortTruth, Truth};

use crate::heard::{PEAK, decode, run};
use crate::misbehaviour::{Place, every_frame, homes, is_ingress, macs, samples};
use crate::told;

fn place(port: &PortTruth) -> Place {
    (port.agent, port.if_index)
}

fn core_places(truth: &Truth) -> HashSet<Place> {
    truth.core_ports.iter().map(place).collect()
}

#[test]
fn a_frame_between_switches_is_sampled_where_it_enters_each_of_them() {
    let (exchange, heard) = run(&Plan { core_sampling: true, ..every_frame() }, 3, Duration::from_secs(2));
    let (homes, truth) = (homes(&exchange), exchange.truth());
    let core = core_places(&truth);
    let mut at_core = 0;
    for (place, flow) in samples(&heard) {
        assert!(is_ingress(flow));
        let (destination, source) = macs(flow);
        let (from, to) = (homes[&source], homes[&destination]);
        if core.contains(&place) {
            assert!(from.0 != place.0 && flow.output == (0, to.1) && to.0 == place.0);
            at_core += 1;
            continue;
        }
        assert_eq!(from, place);
        assert_eq!(core.contains(&(place.0, flow.output.1)), to.0 != place.0);
    }
    let crossing = crossing(&exchange, &truth, |cell| cell.volume.frames);
    assert_eq!(at_core, crossing);
    assert!(crossing > 0 && truth.core_ports.iter().all(|port| port.in_samples == port.in_frames && port.out_samples == 0));
    assert_eq!(truth.flow_samples, truth.total.frames + crossing);
}

/// What passed between members on different switches.
fn crossing(exchange: &Exchange, truth: &Truth, of: impl Fn(&simulator::CellTruth) -> u64) -> u64 {
    let switches: HashMap<_, usize> = exchange.members().iter().map(|member| (member.asn, member.switch)).collect();
    truth.cells.iter().filter(|cell| switches[&cell.src_asn] != switches[&cell.dst_asn]).map(of).sum()
}

#[test]
fn each_switch_forwards_what_comes_in_and_no_more() {
    let plan = Plan { extras: Extras::NONE, members: 60, ..Plan::default() };
    let (exchange, _) = run(&plan, 3, Duration::from_secs(20));
    let truth = exchange.truth();
    assert_eq!(truth.core_ports.len(), 3);
    let mut balance: HashMap<IpAddr, (u64, u64)> = HashMap::new();
    for port in truth.ports.iter().chain(&truth.core_ports) {
        let (entered, left) = balance.entry(port.agent).or_default();
        (*entered, *left) = (*entered + port.in_octets, *left + port.out_octets);
    }
    assert!(balance.values().all(|(entered, left)| entered == left && *entered > 0), "{balance:?}");
    let (entered, left) = truth.core_ports.iter().fold((0, 0), |(entered, left), port| (entered + port.in_octets, left + port.out_octets));
    assert_eq!((entered, left), (left, crossing(&exchange, &truth, |cell| cell.volume.octets)));
}

#[test]
fn a_flooded_frame_passes_one_core_port_outwards_and_all_others_inwards() {
    let extras = Extras { arp: 0.05, neighbour_solicitations: 0.05, ..Extras::NONE };
    let plan = Plan { extras, members: 60, core_sampling: true, directions: Directions::Both, ..every_frame() };
    let (with, heard) = run(&plan, 2, Duration::from_secs(2));
    let truth = with.truth();
    let flooded = truth.unattributed["group_destination"].frames + truth.set_aside["multiple_outputs"].frames;
    let unicast = crossing(&with, &truth, |cell| cell.volume.frames);
    let frames = |of: fn(&PortTruth) -> u64| truth.core_ports.iter().map(of).sum::<u64>();
    assert_eq!(frames(|port| port.out_frames), unicast + flooded);
    assert_eq!(frames(|port| port.in_frames), unicast + 2 * flooded);
    // All that enters is sampled, floods among it; of what leaves they are not.
    let core = core_places(&truth);
    let copies = samples(&heard).filter(|(place, flow)| core.contains(place) && flow.header.header[0] & 1 == 1);
    assert_eq!(copies.count() as u64, 2 * flooded);
}

#[test]
fn both_directions_hold_for_core_ports_too() {
    let plan = Plan { core_sampling: true, directions: Directions::Both, ..every_frame() };
    let (exchange, heard) = run(&plan, 2, Duration::from_secs(2));
    let (homes, truth) = (homes(&exchange), exchange.truth());
    let core = core_places(&truth);
    let mut pools: HashMap<Place, Vec<u32>> = HashMap::new();
    for (place, flow) in samples(&heard).filter(|(place, _)| core.contains(place)) {
        pools.entry(place).or_default().push(flow.pool);
        let (destination, source) = macs(flow);
        if !is_ingress(flow) {
            assert_eq!((flow.output, place.0, flow.input), ((0, place.1), homes[&source].0, homes[&source].1));
            assert_ne!(homes[&destination].0, place.0);
        }
    }
    for port in &truth.core_ports {
        assert!(port.in_samples == port.in_frames && port.out_samples == port.out_frames && port.out_frames > 0);
        let frames = u32::try_from(port.in_frames + port.out_frames).unwrap();
        assert_eq!(pools[&place(port)], (1..=frames).map(|frame| port.first_pool.wrapping_add(frame)).collect::<Vec<_>>());
    }
    assert_eq!(truth.flow_samples, 2 * (truth.total.frames + crossing(&exchange, &truth, |cell| cell.volume.frames)));
}

#[test]
fn core_ports_that_sample_report_true_counters_and_others_nothing() {
    let mut exchange = Exchange::new(&Plan { core_sampling: true, ..Plan::default() }, PEAK);
    let (mut truths, mut heard) = (vec![exchange.truth().core_ports], Vec::new());
    for _ in 0..60 {
        exchange.advance(Duration::from_secs(1), &mut |datagram| heard.push(decode(datagram)));
        truths.push(exchange.truth().core_ports);
    }
    let mut reports = 0;
    for datagram in &heard {
        let at = usize::try_from((datagram.at - PEAK.millis()) / 1_000).unwrap();
        for report in &datagram.reports {
            let of = |second: &Vec<PortTruth>| second.iter().find(|port| place(port) == (datagram.agent, report.if_index)).cloned();
            // A report leaves within a second of being written, which is done at a whole second.
            let mut seconds = (at.saturating_sub(1)..=at).filter_map(|second| of(&truths[second])).peekable();
            if seconds.peek().is_none() {
                continue;
            }
            let said = (report.counters.if_in_octets, report.counters.if_out_octets, report.counters.if_speed);
            assert!(seconds.any(|port| said == (port.in_octets, port.out_octets, port.speed_bits_per_second)), "{report:?}");
            reports += 1;
        }
    }
    assert!(reports >= 4, "{reports}");

    let (exchange, heard) = run(&Plan::default(), 1, Duration::from_secs(60));
    let core = core_places(&exchange.truth());
    assert_eq!(core.len(), 3);
    assert!(heard.iter().all(|datagram| datagram.reports.iter().all(|report| !core.contains(&(datagram.agent, report.if_index)))));
    assert!(samples(&heard).all(|(place, _)| !core.contains(&place)));
}

#[test]
fn one_switch_alone_has_no_core_port() {
    let (exchange, _) = run(&Plan { members: 10, core_sampling: true, ..Plan::default() }, 1, Duration::from_secs(10));
    assert!(exchange.truth().core_ports.is_empty());
}

#[test]
fn meters_of_flows_see_what_comes_in_by_core_ports_too() {
    let plan = Plan { protocol: Protocol::Ipfix, core_sampling: true, flow_cache: FlowCache::NONE, ..every_frame() };
    let (exchange, told) = told::run(&plan, 2, Duration::from_secs(2));
    let (homes, truth) = (homes(&exchange), exchange.truth());
    let core = core_places(&truth);
    let mut at_core = 0;
    for (agent, record) in told.iter().flat_map(|told| told.records.iter().map(|record| (told.agent.unwrap(), record))) {
        let input = (agent, u32::try_from(record.number(10)).unwrap());
        assert_eq!(core.contains(&input), homes[&record.mac(56)] != input);
        at_core += u64::from(core.contains(&input));
    }
    assert_eq!(at_core, crossing(&exchange, &truth, |cell| cell.volume.frames));
    assert!(at_core > 0);
}
