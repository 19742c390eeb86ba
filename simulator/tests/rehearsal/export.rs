//! What leaves flow exporters is NetFlow and IPFIX that another decoder reads, number by number.

use std::collections::HashMap;
use std::time::Duration;

use schema::Protocol;
use simulator::{Exchange, FlowCache, Plan, TemplateRefresh};

use crate::heard::PEAK;
use crate::told::{Ear, Told, run};

const PROTOCOLS: [Protocol; 3] = [Protocol::Netflow5, Protocol::Netflow9, Protocol::Ipfix];

fn plan(protocol: Protocol) -> Plan {
    Plan { protocol, peak_samples_per_second: 200.0, ..Plan::default() }
}

fn sum(told: &[Told], element: u16) -> u64 {
    told.iter().flat_map(|told| &told.records).map(|record| record.number(element)).sum()
}

#[test]
fn the_truth_says_what_the_datagrams_hold() {
    for protocol in PROTOCOLS {
        let (exchange, told) = run(&plan(protocol), 4, Duration::from_secs(30));
        let truth = exchange.truth();
        assert_eq!(truth.protocols.len(), 1);
        let exported = truth.protocols[protocol.name()];
        assert_eq!(exported.datagrams, told.len() as u64, "{protocol:?}");
        assert_eq!(truth.datagrams, exported.datagrams);
        assert_eq!(exported.records, told.iter().map(|told| told.records.len() as u64).sum::<u64>());
        assert_eq!(exported.options_records, told.iter().map(|told| told.options.len() as u64).sum::<u64>());
        assert_eq!((exported.octets, exported.packets), (sum(&told, 1), sum(&told, 2)));
        assert_eq!(exported.nominal_packets, exported.packets * 2_048);
        if protocol != Protocol::Netflow5 {
            assert_eq!(exported.nominal_bytes, (sum(&told, 352) + 4 * exported.packets) * 2_048);
        }
        let mut templates: Vec<_> = told.iter().flat_map(|told| told.templates.0.iter().map(|id| (told.agent, *id))).collect();
        templates.sort_unstable();
        templates.dedup();
        assert_eq!(exported.templates, templates.len() as u64);
        assert_eq!(exported.options_templates, if protocol == Protocol::Netflow5 { 0 } else { 3 });
        // What the cells took together came out.
        let told_of = truth.total.samples;
        assert_eq!(exported.packets, told_of, "{protocol:?}");
        assert_eq!((exported.flow_samples, exported.counter_samples, truth.flow_samples), (0, 0, 0));
        assert!(exported.records < exported.packets || protocol == Protocol::Netflow5);
    }
}

#[test]
fn numbers_of_datagrams_advance_by_what_each_protocol_counts() {
    for protocol in PROTOCOLS {
        let (_, told) = run(&plan(protocol), 4, Duration::from_secs(45));
        let mut next = HashMap::new();
        for datagram in &told {
            let records = u32::try_from(datagram.records.len()).unwrap();
            let (templates, options) = (&datagram.templates, u32::try_from(datagram.options.len()).unwrap());
            let advance = match protocol {
                Protocol::Netflow5 => records,
                Protocol::Netflow9 => 1,
                _ => records + options,
            };
            let key = (datagram.agent, datagram.domain);
            let expected = next.insert(key, datagram.sequence.wrapping_add(advance));
            assert!(expected.is_none_or(|expected| expected == datagram.sequence), "{protocol:?}: {expected:?} {datagram:?}");
            let announced = u16::try_from(templates.0.len() + templates.1.len() + datagram.options.len()).unwrap();
            assert!(datagram.count.is_none_or(|count| u32::from(count - announced) == records));
            assert!(datagram.octets <= 1_400);
            assert_eq!(i64::from(datagram.clock), datagram.at / 1_000);
        }
        // A switch has one domain, and none shares its number with another.
        let mut domains: Vec<u32> = next.keys().map(|(_, domain)| *domain).collect();
        domains.sort_unstable();
        assert_eq!(domains, [1, 2, 3]);
        assert!(told.windows(2).all(|pair| pair[0].at <= pair[1].at));
        assert!(told.iter().any(|datagram| datagram.octets > 1_290), "{protocol:?}");
    }
}

#[test]
fn every_switch_says_its_own_sampling_rate() {
    for protocol in PROTOCOLS {
        let plan = Plan { switch_sampling: vec![(1, 512)], ..plan(protocol) };
        let (_, told) = run(&plan, 2, Duration::from_secs(30));
        for datagram in &told {
            let rate = if datagram.domain == 2 { 512 } else { 2_048 };
            if protocol == Protocol::Netflow5 {
                assert_eq!(datagram.sampling, 2 << 14 | rate);
            }
            for option in &datagram.options {
                let (sampler, said) = match protocol {
                    Protocol::Netflow9 => (option.number(48), option.number(50)),
                    _ => (option.number(302), option.number(305) + option.number(306)),
                };
                assert_eq!((sampler, said), (u64::from(datagram.domain), u64::from(rate)));
            }
            let names_it = |element: u16| datagram.records.iter().all(|record| record.number(element) == u64::from(datagram.domain));
            match protocol {
                Protocol::Netflow9 => assert!(names_it(48)),
                Protocol::Ipfix => assert!(names_it(302)),
                _ => {}
            }
        }
    }
}

/// Positions of datagrams with templates, for each switch, and their times.
fn announcements(plan: &Plan) -> Vec<Vec<(usize, i64)>> {
    let (_, told) = run(plan, 3, Duration::from_secs(60));
    let mut by_switch: HashMap<_, Vec<&Told>> = HashMap::new();
    told.iter().for_each(|datagram| by_switch.entry(datagram.agent).or_default().push(datagram));
    let tells = |datagram: &Told| {
        let whole = (datagram.templates.0.len(), datagram.templates.1.len(), datagram.options.len()) == (3, 1, 1);
        assert!(whole || datagram.templates == (vec![], vec![]) && datagram.options.is_empty());
        whole
    };
    let positions = |told: Vec<&Told>| {
        let each = told.iter().enumerate();
        each.filter(|(_, datagram)| tells(datagram)).map(|(position, datagram)| (position, datagram.at)).collect()
    };
    by_switch.into_values().map(positions).collect()
}

#[test]
fn templates_come_first_and_again_after_so_many_datagrams() {
    for protocol in [Protocol::Netflow9, Protocol::Ipfix] {
        let template_refresh = TemplateRefresh { datagrams: 7, interval: Duration::from_secs(3_600) };
        for switch in announcements(&Plan { template_refresh, ..plan(protocol) }) {
            assert!(switch.len() > 5);
            assert!(switch.iter().enumerate().all(|(time, (position, _))| *position == time * 7), "{switch:?}");
        }
    }
}

#[test]
fn templates_come_again_after_so_many_seconds() {
    let template_refresh = TemplateRefresh { datagrams: u32::MAX, interval: Duration::from_secs(20) };
    for switch in announcements(&Plan { template_refresh, ..plan(Protocol::Ipfix) }) {
        assert_eq!(switch[0].0, 0);
        // The first flows end after 15 seconds; there is a datagram nearly every second from then on.
        assert!((8..=9).contains(&switch.len()), "{switch:?}");
        assert!(switch.windows(2).all(|pair| (19_000..23_000).contains(&(pair[1].1 - pair[0].1))), "{switch:?}");
    }
}

#[test]
fn records_end_within_the_timeouts_of_the_cache() {
    for protocol in PROTOCOLS {
        let flow_cache = FlowCache { active: Duration::from_secs(20), inactive: Duration::from_secs(6), ..FlowCache::default() };
        let (exchange, told) = run(&Plan { flow_cache, peak_samples_per_second: 400.0, ..plan(protocol) }, 60, Duration::from_secs(1));
        let (start, end) = (PEAK.millis(), exchange.now().millis());
        let mut longest = 0;
        for datagram in &told {
            for record in &datagram.records {
                let (first, last) = match protocol {
                    Protocol::Ipfix => (record.number(152).cast_signed(), record.number(153).cast_signed()),
                    _ => {
                        let ago = |element: u16| i64::from(datagram.uptime.wrapping_sub(u32::try_from(record.number(element)).unwrap()));
                        (datagram.at - ago(22), datagram.at - ago(21))
                    }
                };
                assert!(start <= first && first <= last && last <= datagram.at && datagram.at <= end);
                assert!(last - first < 20_000, "{record:?}");
                // A second more to wait for others.
                assert!(datagram.at - last <= 7_000 && datagram.at - first <= 21_000, "{record:?}");
                longest = longest.max(last - first);
            }
        }
        assert!(longest > 15_000 || protocol == Protocol::Netflow5, "{longest}");
    }
}

#[test]
fn a_small_cache_exports_early_and_loses_nothing() {
    let flow_cache = FlowCache { capacity: 3, ..FlowCache::default() };
    let (exchange, told) = run(&Plan { flow_cache, ..plan(Protocol::Ipfix) }, 1, Duration::from_secs(10));
    assert!(told.iter().filter(|datagram| datagram.at < PEAK.millis() + 9_000).count() > 20);
    assert_eq!(sum(&told, 2), exchange.truth().total.samples);
}

#[test]
fn netflow_5_tells_of_ipv4_on_small_indexes_with_rates_of_14_bits() {
    let plan = Plan { sampling: 100_000, switch_sampling: vec![(2, 70_000)], ..plan(Protocol::Netflow5) };
    let (exchange, told) = run(&plan, 1, Duration::from_secs(40));
    let truth = exchange.truth();
    assert_eq!(truth.sampling, 16_383);
    assert!(truth.ports.iter().all(|port| port.if_index < 1_000 && port.sampling == 16_383));
    assert!(told.iter().all(|datagram| datagram.sampling == 2 << 14 | 16_383));
    let indexes: Vec<u64> = exchange.members().iter().map(|member| u64::from(member.if_index)).collect();
    let stranger = truth.ports.last().unwrap().if_index;
    for record in told.iter().flat_map(|datagram| &datagram.records) {
        let input = record.number(10);
        assert!(indexes.contains(&input) || input == u64::from(stranger));
        assert!(
            indexes.contains(&record.number(14)) || [0, 1_000].contains(&record.number(14)) || record.number(14) == u64::from(stranger)
        );
        assert_eq!(record.0[&8][0], 198);
        assert!([6, 17].contains(&record.number(4)));
    }
    let untold = &truth.not_exported;
    assert!(untold["ipv6"].samples > 100 && untold["ipv6"].frames > untold["ipv6"].samples * 10_000, "{untold:?}");
    assert!(truth.cells.iter().all(|cell| cell.ip_version == 4 || cell.volume.samples == 0));
    assert!(truth.cells.iter().any(|cell| cell.ip_version == 6 && cell.volume.frames > 0));
}

#[test]
fn frame_sections_show_the_frames_themselves() {
    let plan = Plan { frame_sections: true, ..plan(Protocol::Ipfix) };
    let (exchange, told) = run(&plan, 1, Duration::from_secs(30));
    let truth = exchange.truth();
    let exported = truth.protocols["ipfix"];
    assert_eq!((exported.records, exported.octets, exported.packets, exported.templates), (truth.total.samples, 0, 0, 3));
    assert_eq!(exported.nominal_packets, exported.records * 2_048);
    assert_eq!(exported.nominal_bytes, sum(&told, 312) * 2_048);
    let macs: Vec<_> = exchange.members().iter().flat_map(|member| member.macs.iter().map(|mac| mac.mac)).collect();
    let mut members = 0;
    for datagram in &told {
        for record in &datagram.records {
            let (section, size) = (&record.0[&315], record.number(312));
            assert_eq!(section.len() as u64, (size - 4).min(128));
            members += usize::from(macs.contains(&schema::Mac::new(section[6..12].try_into().unwrap())));
            assert!((0..=1_000).contains(&(datagram.at - record.number(323).cast_signed())));
        }
    }
    assert!(members * 100 > told.iter().map(|datagram| datagram.records.len()).sum::<usize>() * 95);
}

#[test]
fn gathered_datagrams_are_full_of_records_and_stand_by_themselves() {
    let plan = Plan { flow_cache: FlowCache::NONE, peak_samples_per_second: 5_000.0, ..plan(Protocol::Ipfix) };
    let datagrams = Exchange::new(&plan, PEAK).gather(500);
    assert_eq!(datagrams.len(), 500);
    let (mut ear, mut records) = (Ear::default(), 0);
    for bytes in &datagrams {
        // The domain tells the switches apart as well as their addresses would.
        let agent = std::net::IpAddr::from([192, 0, 2, bytes[15]]);
        let told = ear.hear(&simulator::Datagram { at: PEAK, agent, protocol: Protocol::Ipfix, bytes });
        assert!(told.records.iter().all(|record| record.number(2) == 1));
        records += told.records.len();
    }
    assert!(records > 500 * 11, "{records}");
    assert_eq!(datagrams, Exchange::new(&plan, PEAK).gather(500));
    assert!(Exchange::new(&Plan { members: 2, peak_samples_per_second: 0.0, ..plan }, PEAK).gather(1).is_empty());
}

#[test]
fn nominal_sums_of_sflow_are_those_of_its_samples() {
    let (exchange, heard) = crate::heard::run(&Plan { switch_sampling: vec![(0, 100)], ..Plan::default() }, 2, Duration::from_secs(20));
    let exported = exchange.truth().protocols["sflow5"];
    let flows = || heard.iter().flat_map(|datagram| &datagram.flows);
    assert_eq!(exported.nominal_packets, flows().map(|flow| u64::from(flow.rate)).sum::<u64>());
    assert_eq!(exported.nominal_bytes, flows().map(|flow| u64::from(flow.rate) * u64::from(flow.header.frame_length)).sum::<u64>());
    assert_eq!((exported.records, exported.flow_samples), (0, flows().count() as u64));
}
