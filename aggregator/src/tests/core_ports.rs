//! Ports between switches: what is sampled there was sampled where it entered, too.

use super::*;
use crate::policy::{CorePorts, DirectionRule, Policy, Rule};

fn core(direction: DirectionRule) -> Shard {
    let policy = Policy { core_ports: CorePorts::new([49..=52, 100..=100]), direction, ..Policy::default() };
    let rule = Rule { agents: "192.0.2.1/32".parse().unwrap(), sub_agent: None, policy };
    Shard::new(Parties::Members, Arc::new(Policies::new(vec![rule])), MINUTE)
}

fn told(shard: &mut Shard) -> Window {
    let mut open = open();
    open.merge(&shard.take(Delta::default()));
    open.close(Timestamp(60_000), Weights::Nominal)
}

#[test]
fn samples_of_core_ports_are_set_aside_in_both_directions_whatever_the_rule() {
    for rule in [DirectionRule::Auto, DirectionRule::Both, DirectionRule::Ingress, DirectionRule::Egress] {
        let (mut shard, directory) = (core(rule), members());
        let id = hello(&mut shard);
        for sample in [passing(49, 49, 8), passing(100, 7, 100), FlowSample { rate: u32::MAX, ..passing(52, 3, 4) }] {
            shard.flow(id, &sample, &directory);
        }
        let window = told(&mut shard);
        assert_eq!(reasons(&window), [(Reason::CorePort, 3)], "{rule:?}");
        assert!(window.cells.iter().all(|cell| (cell.src_asn, cell.dst_asn) == (64500, 64501)), "whose they are is kept");
        assert!(window.port_samples.iter().all(|row| row.core == 1 && row.bytes_set_aside == row.bytes));
    }
}

#[test]
fn ports_at_the_edge_and_sources_that_are_no_interface_count() {
    let (mut shard, directory) = (core(DirectionRule::Auto), members());
    let id = hello(&mut shard);
    let vlan = FlowSample { source: DataSource { class: 1, index: 49 }, ..passing(49, 49, 8) };
    for sample in [passing(48, 48, 8), passing(53, 53, 49), vlan] {
        shard.flow(id, &sample, &directory);
    }
    let window = told(&mut shard);
    assert_eq!(reasons(&window), [(Reason::Attributed, 3)]);
    assert_eq!(window.port_samples.iter().map(|row| (row.if_index, row.core)).collect::<Vec<_>>(), [(48, 0), (53, 0)]);
}

#[test]
fn core_ports_of_one_exporter_are_edge_ports_of_another() {
    let (mut shard, directory) = (core(DirectionRule::Auto), members());
    let id = shard.datagram(exporter(2), Numbering::Datagrams(1), Some(1), Timestamp(0)).unwrap();
    shard.flow(id, &passing(49, 49, 8), &directory);
    assert_eq!(reasons(&told(&mut shard)), [(Reason::Attributed, 1)]);
}

#[test]
fn flow_records_that_were_metered_at_a_core_port_are_set_aside() {
    use Direction::{Egress, Ingress, Unknown};
    for (direction, input, output, reason) in [
        (Ingress, 49, 8, Reason::CorePort),
        (Ingress, 8, 49, Reason::Attributed),
        (Egress, 8, 49, Reason::CorePort),
        (Egress, 49, 8, Reason::Attributed),
        (Unknown, 49, 49, Reason::Attributed),
    ] {
        let (mut shard, directory) = (core(DirectionRule::Auto), members());
        let id = hello(&mut shard);
        let (input, output) = (Interface::Index(input), Interface::Index(output));
        shard.record(id, &FlowRecord { direction, input, output, ..record(1, 2) }, Timestamp(0), &directory);
        assert_eq!(reasons(&told(&mut shard)), [(reason, 10)], "{direction:?} {input:?} {output:?}");
    }
}

#[test]
fn a_record_is_set_aside_once_for_one_reason() {
    // What enters at port 8 leaves through the core: the second copy stays that of a core port, and is not called the other direction.
    let (mut shard, directory) = (core(DirectionRule::Auto), members());
    let id = hello(&mut shard);
    for (direction, input, output) in [(Direction::Ingress, 8, 49), (Direction::Egress, 8, 49), (Direction::Egress, 8, 9)] {
        let (input, output) = (Interface::Index(input), Interface::Index(output));
        shard.record(id, &FlowRecord { direction, input, output, ..record(1, 2) }, Timestamp(0), &directory);
    }
    assert_eq!(reasons(&told(&mut shard)), [(Reason::Attributed, 10), (Reason::OtherDirection, 10), (Reason::CorePort, 10)]);
}
