//! What leaves the switches is sFlow that another decoder reads, number by number.

use std::collections::HashMap;
use std::time::Duration;

use crate::heard::{Heard, PEAK, decode, run};
use simulator::{Datagram, Exchange, Extras, Member, PRIVATE_VLAN, Plan, PortTruth};

fn bytes(seed: u64, steps: u32) -> Vec<(i64, Vec<u8>)> {
    let mut exchange = Exchange::new(&Plan { seed, ..Plan::default() }, PEAK);
    let mut all = Vec::new();
    for _ in 0..steps {
        exchange.advance(Duration::from_secs(10), &mut |datagram: &Datagram<'_>| all.push((datagram.at.millis(), datagram.bytes.to_vec())));
    }
    all
}

#[test]
fn a_seed_makes_the_same_octets_again_and_another_seed_others() {
    let first = bytes(1, 12);
    assert!(first.len() > 1_000);
    assert_eq!(first, bytes(1, 12));
    assert_ne!(first, bytes(2, 12));
}

#[test]
fn datagrams_come_in_order_of_time_are_small_and_miss_no_number() {
    let (exchange, heard) = run(&Plan::default(), 4, Duration::from_secs(45));
    assert!(heard.windows(2).all(|pair| pair[0].at <= pair[1].at));
    assert!(heard.iter().all(|datagram| datagram.octets <= 1_400));
    let (mut datagrams, mut flows, mut reports) = (HashMap::new(), HashMap::new(), HashMap::new());
    let next = |latest: Option<u32>, sequence: u32, what: &str| {
        assert!(latest.is_none_or(|latest| latest.wrapping_add(1) == sequence), "{what}: {latest:?} then {sequence}");
    };
    for datagram in &heard {
        next(datagrams.insert(datagram.agent, datagram.sequence), datagram.sequence, "datagram");
        for flow in &datagram.flows {
            next(flows.insert((datagram.agent, flow.if_index), flow.sequence), flow.sequence, "flow sample");
            assert_eq!((flow.input, flow.drops, flow.rate), (flow.if_index, 0, 2_048));
            assert_eq!(flow.expanded, flow.if_index >= 1 << 24);
        }
        for report in &datagram.reports {
            next(reports.insert((datagram.agent, report.if_index), report.sequence), report.sequence, "counter sample");
        }
    }
    let truth = exchange.truth();
    assert_eq!(truth.datagrams, heard.len() as u64);
    assert_eq!(truth.flow_samples, heard.iter().map(|datagram| datagram.flows.len() as u64).sum::<u64>());
    assert_eq!(truth.counter_samples, heard.iter().map(|datagram| datagram.reports.len() as u64).sum::<u64>());
    assert_eq!(datagrams.len(), 3);
    assert_eq!(reports.len(), 49);
    assert!(heard.iter().flat_map(|datagram| &datagram.flows).any(|flow| flow.expanded));
}

#[test]
fn samples_show_frames_with_right_lengths_addresses_and_checksums() {
    let (exchange, heard) = run(&Plan { peak_samples_per_second: 400.0, ..Plan::default() }, 1, Duration::from_secs(60));
    let members: HashMap<_, &Member> = exchange.members().iter().map(|member| ((member.agent, member.if_index), member)).collect();
    let mut kinds: HashMap<u16, u64> = HashMap::new();
    for (datagram, flow) in heard.iter().flat_map(|datagram| datagram.flows.iter().map(move |flow| (datagram, flow))) {
        let header = &flow.header.header;
        let length = flow.header.frame_length as usize;
        assert_eq!(header.len(), (length - 4).min(128));
        assert_eq!((flow.header.stripped, flow.switch.src_vlan), (4, flow.switch.dst_vlan));
        let word = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
        let tag = if word(12) == 0x8100 { 4 } else { 0 };
        assert_eq!(flow.switch.src_vlan, u32::from(if tag == 4 { word(14) } else { 100 }));
        assert_eq!(tag == 4, flow.switch.src_vlan == u32::from(PRIVATE_VLAN));
        let source = schema::Mac::new(header[6..12].try_into().unwrap());
        let member = members.get(&(datagram.agent, flow.if_index));
        let speaks = |vlan: Option<u16>| vlan.is_none_or(|vlan| u32::from(vlan) == flow.switch.src_vlan);
        let claimed = member.is_some_and(|member| member.macs.iter().any(|mac| mac.mac == source && speaks(mac.vlan)));
        // The router that no member claims is on a port that no member has.
        let anyones = exchange.members().iter().any(|member| member.macs.iter().any(|mac| mac.mac == source));
        assert!(claimed || (member.is_none() && !anyones), "{source}");
        let ip = 14 + tag;
        match word(12 + tag) {
            0x0800 => {
                assert_eq!(usize::from(word(ip + 2)), length - 18 - tag);
                let sum: u32 = (0..10).map(|at| u32::from(word(ip + 2 * at))).sum();
                assert_eq!((sum & 0xffff) + (sum >> 16), 0xffff);
                assert_eq!(header[ip + 12], 198);
            }
            0x86dd => assert_eq!(usize::from(word(ip + 4)), length - 58 - tag),
            0x0806 => assert_eq!((length, &header[..6]), (64, &[0xff; 6][..])),
            other => panic!("ethertype {other:04x}"),
        }
        *kinds.entry(word(12)).or_default() += 1;
    }
    assert!([0x0800, 0x86dd, 0x8100, 0x0806].iter().all(|kind| kinds.get(kind).is_some_and(|count| *count > 0)), "{kinds:?}");
}

/// Truth of the ports at the end of each second.
fn by_second(plan: &Plan, seconds: u32) -> (Vec<Vec<PortTruth>>, Vec<Heard>) {
    let mut exchange = Exchange::new(plan, PEAK);
    let (mut truths, mut heard) = (vec![exchange.truth().ports], Vec::new());
    for _ in 0..seconds {
        exchange.advance(Duration::from_secs(1), &mut |datagram: &Datagram<'_>| heard.push(decode(datagram)));
        truths.push(exchange.truth().ports);
    }
    (truths, heard)
}

#[test]
fn counters_say_what_really_passed_the_port() {
    let plan = Plan { members: 10, extras: Extras { arp: 0.05, neighbour_solicitations: 0.05, ..Extras::default() }, ..Plan::default() };
    let (truths, heard) = by_second(&plan, 70);
    let mut reports = 0;
    for (datagram, report) in heard.iter().flat_map(|datagram| datagram.reports.iter().map(move |report| (datagram, report))) {
        // A report leaves within a second of being written, which is done at a whole second.
        let at = usize::try_from((datagram.at - PEAK.millis()) / 1_000).unwrap();
        let matches = (at.saturating_sub(1)..=at).any(|second| {
            let port = truths[second].iter().find(|port| port.agent == datagram.agent && port.if_index == report.if_index).unwrap();
            let said = &report.counters;
            let (entered, left) = (
                [said.if_in_ucast_pkts, said.if_in_multicast_pkts, said.if_in_broadcast_pkts, said.if_in_discards],
                [said.if_out_ucast_pkts, said.if_out_multicast_pkts, said.if_out_broadcast_pkts, said.if_out_discards],
            );
            let frames = |parts: [u32; 4]| parts.iter().map(|part| u64::from(*part)).sum::<u64>();
            said.if_in_octets == port.in_octets
                && said.if_out_octets == port.out_octets
                && frames(entered) == port.in_frames
                && frames(left) == port.out_frames
                && said.if_speed == port.speed_bits_per_second
                && (said.if_status, said.if_direction) == (3, 1)
        });
        assert!(matches, "{report:?}");
        reports += 1;
    }
    assert!(reports >= 20, "{reports}");
}

#[test]
fn the_pool_counts_every_frame_that_enters_and_no_other() {
    let plan = Plan { members: 10, sampling: 16, switch_sampling: vec![(0, 8)], ..Plan::default() };
    let (truths, heard) = by_second(&plan, 30);
    let mut latest = HashMap::new();
    for (datagram, flow) in heard.iter().flat_map(|datagram| datagram.flows.iter().map(move |flow| (datagram, flow))) {
        let of = |second: usize| truths[second].iter().find(|port| port.agent == datagram.agent && port.if_index == flow.if_index).unwrap();
        let frames = u64::from(flow.pool.wrapping_sub(of(0).first_pool));
        let at = usize::try_from((datagram.at - PEAK.millis()) / 1_000).unwrap();
        let end = (at + 1).min(truths.len() - 1);
        assert!(of(at.saturating_sub(1)).in_frames < frames && frames <= of(end).in_frames, "{frames} at second {at}");
        assert!(latest.insert((datagram.agent, flow.if_index), frames).is_none_or(|latest| latest < frames));
        assert_eq!(flow.rate, of(0).sampling);
    }
    assert!(latest.len() >= 8);
}

#[test]
fn with_every_frame_sampled_the_pool_advances_one_by_one_to_the_truth() {
    let plan = Plan { members: 5, sampling: 1, peak_samples_per_second: 500.0, ..Plan::default() };
    let (exchange, heard) = run(&plan, 3, Duration::from_millis(2_500));
    let truth = exchange.truth();
    let mut pools: HashMap<_, Vec<u32>> = HashMap::new();
    for (datagram, flow) in heard.iter().flat_map(|datagram| datagram.flows.iter().map(move |flow| (datagram, flow))) {
        pools.entry((datagram.agent, flow.if_index)).or_default().push(flow.pool);
    }
    for port in truth.ports.iter().filter(|port| port.in_frames > 0) {
        let expected: Vec<u32> = (1..=u32::try_from(port.in_frames).unwrap()).map(|frame| port.first_pool.wrapping_add(frame)).collect();
        assert_eq!(pools[&(port.agent, port.if_index)], expected);
    }
    let octets: u64 = heard.iter().flat_map(|datagram| &datagram.flows).map(|flow| u64::from(flow.header.frame_length)).sum();
    let aside: u64 = truth.set_aside.values().map(|volume| volume.octets).sum();
    assert_eq!(octets, truth.total.octets + aside);
    assert!(truth.cells.iter().all(|cell| cell.volume.samples == cell.volume.frames));
}

#[test]
fn an_agent_that_drops_samples_says_how_many() {
    let plan = Plan { agent_drop_share: 0.3, peak_samples_per_second: 300.0, ..Plan::default() };
    let (exchange, heard) = run(&plan, 2, Duration::from_secs(60));
    let truth = exchange.truth();
    let share = truth.agent_drops as f64 / (truth.agent_drops + truth.flow_samples) as f64;
    assert!((0.28..0.32).contains(&share), "{share}");
    let mut drops = HashMap::new();
    for (datagram, flow) in heard.iter().flat_map(|datagram| datagram.flows.iter().map(move |flow| (datagram, flow))) {
        assert!(drops.insert((datagram.agent, flow.if_index), flow.drops).is_none_or(|latest| latest <= flow.drops));
    }
    let said: u64 = drops.values().map(|drops| u64::from(*drops)).sum();
    assert!(said <= truth.agent_drops && said + 5 * 48 > truth.agent_drops);
}

#[test]
fn a_port_is_on_the_way_out_only_where_the_switch_says_so() {
    let extras = Extras { arp: 0.05, neighbour_solicitations: 0.05, from_unknown: 0.05, to_unknown: 0.05, discarded: 0.05 };
    let (exchange, heard) = run(&Plan { extras, peak_samples_per_second: 300.0, ..Plan::default() }, 1, Duration::from_secs(60));
    let mut outputs: HashMap<_, u64> = HashMap::new();
    for flow in heard.iter().flat_map(|datagram| &datagram.flows) {
        let kind = match flow.output {
            (0, 0) => "unknown",
            (0, _) => "port",
            (1, 258) => "discarded",
            (2, 16 | 17) => "multiple",
            other => panic!("output {other:?}"),
        };
        *outputs.entry(kind).or_default() += 1;
    }
    let truth = exchange.truth();
    assert_eq!(outputs["unknown"], truth.unattributed["group_destination"].samples);
    assert_eq!(outputs["discarded"], truth.set_aside["discarded"].samples);
    assert_eq!(outputs["multiple"], truth.set_aside["multiple_outputs"].samples);
    assert!(["unknown_source", "unknown_destination"].iter().all(|reason| truth.unattributed[reason].samples > 0));
}
