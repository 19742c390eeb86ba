//! Traffic that is metered in both directions counts once.

use schema::sample::Direction::{Egress, Ingress, Unknown};

use super::*;
use crate::policy::{DirectionRule, Policy, Rule};

fn under(direction: DirectionRule) -> Shard {
    let rule = Rule { agents: "192.0.2.0/24".parse().unwrap(), sub_agent: None, policy: Policy { direction, ..Policy::default() } };
    Shard::new(Parties::Members, Arc::new(Policies::new(vec![rule])), MINUTE)
}

/// Gives records of these directions and of exporter `agent`.
fn give(shard: &mut Shard, open: &mut OpenWindow, agent: u8, directions: &[Direction]) {
    let directory = members();
    // Numbers of records that stand still refuse nothing.
    let id = shard.datagram(exporter(agent), Numbering::Records(0), None, Timestamp(0)).unwrap();
    for direction in directions {
        shard.record(id, &FlowRecord { direction: *direction, ..record(1, 2) }, Timestamp(0), &directory);
    }
    open.merge(&shard.take(Delta::default()));
}

/// Megabytes that count, and those that are set aside for the other direction.
fn counted(open: &OpenWindow) -> (u64, u64) {
    let window = open.close(Timestamp(60_000), Weights::Observed);
    let (aside, counted): (Vec<_>, Vec<_>) = window.cells.iter().partition(|cell| cell.reason() == Some(Reason::OtherDirection));
    let sum = |cells: &[&CellRow]| cells.iter().map(|cell| cell.bytes).sum::<u64>() / 1_000_000;
    (sum(&counted), sum(&aside))
}

#[test]
fn each_rule_counts_what_it_says_and_whatever_has_no_direction() {
    for (rule, expected) in
        [(DirectionRule::Auto, (2, 2)), (DirectionRule::Ingress, (2, 2)), (DirectionRule::Egress, (3, 1)), (DirectionRule::Both, (4, 0))]
    {
        let (mut shard, mut open) = (under(rule), open());
        give(&mut shard, &mut open, 1, &[Egress, Ingress, Unknown, Egress]);
        assert_eq!(counted(&open), expected, "{rule:?}");
    }
}

#[test]
fn an_exporter_that_meters_only_at_egress_counts() {
    let (mut shard, mut open) = (under(DirectionRule::Auto), open());
    give(&mut shard, &mut open, 1, &[Egress, Egress]);
    give(&mut shard, &mut open, 2, &[Ingress]);
    assert_eq!(counted(&open), (3, 0), "what another exporter meters says nothing of this one");
    give(&mut shard, &mut open, 2, &[Egress]);
    assert_eq!(counted(&open), (3, 1));
}

#[test]
fn each_pair_counts_where_an_exporter_meters_it() {
    // A probe at one member's port meters what the member sends at ingress, and what it receives at egress: all of it counts.
    let (mut shard, mut open) = (under(DirectionRule::Auto), open());
    let directory = members();
    let id = shard.datagram(exporter(1), Numbering::Records(0), None, Timestamp(0)).unwrap();
    shard.record(id, &FlowRecord { direction: Ingress, ..record(1, 2) }, Timestamp(0), &directory);
    shard.record(id, &FlowRecord { direction: Egress, ..record(2, 1) }, Timestamp(0), &directory);
    open.merge(&shard.take(Delta::default()));
    assert_eq!(counted(&open), (2, 0));
    // Metered at the other member's port as well, it counts where it entered.
    shard.record(id, &FlowRecord { direction: Egress, ..record(1, 2) }, Timestamp(0), &directory);
    shard.record(id, &FlowRecord { direction: Ingress, ..record(2, 1) }, Timestamp(0), &directory);
    open.merge(&shard.take(Delta::default()));
    assert_eq!(counted(&open), (2, 2));
}

#[test]
fn what_a_probe_meters_at_one_port_counts_in_both_directions() {
    // softflowd calls what answers a flow "egress", at the same interface: both members' flows have such answers.
    let (mut shard, mut open) = (under(DirectionRule::Auto), open());
    let directory = members();
    let id = shard.datagram(exporter(1), Numbering::Records(0), None, Timestamp(0)).unwrap();
    let at_port =
        |direction, from, to| FlowRecord { direction, input: Interface::Index(7), output: Interface::Index(7), ..record(from, to) };
    for direction in [Ingress, Egress] {
        shard.record(id, &at_port(direction, 1, 2), Timestamp(0), &directory);
        shard.record(id, &at_port(direction, 2, 1), Timestamp(0), &directory);
    }
    open.merge(&shard.take(Delta::default()));
    assert_eq!(counted(&open), (4, 0));
}

#[test]
fn that_an_exporter_meters_at_ingress_is_remembered_from_window_to_window() {
    let (mut shard, mut open) = (under(DirectionRule::Auto), open());
    give(&mut shard, &mut open, 1, &[Ingress]);
    open.reopen(Timestamp(60_000), 2);
    let directory = members();
    let id = shard.datagram(exporter(1), Numbering::Datagrams(9), None, Timestamp(60_000)).unwrap();
    let egress = FlowRecord { direction: Egress, age: Age { first_ms: 60_000, last_ms: 0 }, ..record(1, 2) };
    shard.record(id, &egress, Timestamp(90_000), &directory);
    open.merge(&shard.take(Delta::default()));
    let aside = |window: &Window| (only(window).reason(), only(window).src_asn, only(window).bytes);
    assert_eq!(aside(&open.close(Timestamp(120_000), Weights::Observed)), (Some(Reason::OtherDirection), 64500, 500_000));
    assert_eq!(aside(&open.take_late(Weights::Observed)[0]), (Some(Reason::OtherDirection), 64500, 500_000));
}
