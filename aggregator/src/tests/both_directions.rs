//! Samples of frames that a switch sees as they enter and as they leave.

use schema::sample::Direction::{Egress, Ingress, Unknown};

use super::*;
use crate::policy::{CorePorts, DirectionRule, Policy, Rule};

fn under(policy: Policy) -> Shard {
    let rule = Rule { agents: "192.0.2.0/24".parse().unwrap(), sub_agent: None, policy };
    Shard::new(Parties::Members, Arc::new(Policies::new(vec![rule])), MINUTE)
}

/// What becomes of samples of one exporter, in this order.
fn told(mut shard: Shard, samples: &[FlowSample]) -> Vec<(Reason, u64)> {
    let directory = members();
    let id = hello(&mut shard);
    numbered(samples.iter().copied()).iter().for_each(|sample| shard.flow(id, sample, &directory));
    let mut open = open();
    open.merge(&shard.take(Delta::default()));
    reasons(&open.close(Timestamp(60_000), Weights::Nominal))
}

fn auto(samples: &[FlowSample]) -> Vec<(Reason, u64)> {
    told(shard(Parties::Members), samples)
}

const COUNTED: Reason = Reason::Attributed;
const ASIDE: Reason = Reason::OtherDirection;

/// From port 7 to port 8, as each of them sees it.
const ENTERING: fn() -> FlowSample = || passing(7, 7, 8);
const LEAVING: fn() -> FlowSample = || passing(8, 7, 8);

#[test]
fn a_frame_that_could_be_sampled_as_it_entered_counts_there() {
    assert_eq!(auto(&[ENTERING(), LEAVING(), ENTERING(), LEAVING()]), [(COUNTED, 2), (ASIDE, 2)]);
}

#[test]
fn a_switch_that_samples_only_what_leaves_is_counted_there() {
    assert_eq!(auto(&[LEAVING(), passing(7, 8, 7), LEAVING()]), [(COUNTED, 3)]);
}

#[test]
fn what_enters_through_a_port_that_is_not_sampled_counts_where_it_leaves() {
    let from_port_9 = passing(8, 9, 8);
    assert_eq!(auto(&[ENTERING(), LEAVING(), from_port_9]), [(COUNTED, 2), (ASIDE, 1)]);
}

#[test]
fn where_a_port_is_sampled_both_ways_what_comes_by_an_uplink_was_sampled_at_the_other_switch() {
    let (entering_8, from_uplink) = (passing(8, 8, 7), passing(8, 9, 8));
    assert_eq!(auto(&[entering_8, from_uplink]), [(COUNTED, 1), (ASIDE, 1)]);
}

#[test]
fn where_it_entered_is_not_told_the_port_itself_stands_for_the_others() {
    let leaving_8 = FlowSample { input: Interface::Unknown, ..LEAVING() };
    let leaving_7 = FlowSample { input: Interface::Unknown, ..passing(7, 0, 7) };
    assert_eq!(auto(&[ENTERING(), leaving_8, leaving_7]), [(COUNTED, 2), (ASIDE, 1)]);
}

#[test]
fn what_the_switch_sends_by_itself_never_entered() {
    let own = FlowSample { input: Interface::Internal, ..passing(7, 0, 7) };
    assert_eq!(auto(&[ENTERING(), own]), [(COUNTED, 2)]);
}

#[test]
fn what_came_through_a_core_port_counts_here_only_if_nothing_is_sampled_on_entering() {
    let core = || under(Policy { core_ports: CorePorts::new([49..=49]), ..Policy::default() });
    let from_core = passing(8, 49, 8);
    assert_eq!(told(core(), &[from_core]), [(COUNTED, 1)]);
    assert_eq!(told(core(), &[ENTERING(), from_core]), [(COUNTED, 1), (ASIDE, 1)]);
}

#[test]
fn a_direction_that_is_not_known_always_counts() {
    let nowhere = passing(5, 7, 8);
    assert_eq!(nowhere.direction(), Unknown);
    assert_eq!(auto(&[ENTERING(), nowhere]), [(COUNTED, 2)]);
}

#[test]
fn ports_of_all_sub_agents_are_those_of_one_agent() {
    let directory = members();
    let mut shard = shard(Parties::Members);
    let card = |number| ExporterKey { agent: Agent { sub_agent: number, ..exporter(1).agent }, ..exporter(1) };
    for (number, sample) in [(1, ENTERING()), (2, LEAVING())] {
        let id = shard.datagram(card(number), Numbering::Datagrams(1), Some(1), Timestamp(0)).unwrap();
        shard.flow(id, &sample, &directory);
    }
    let mut open = open();
    open.merge(&shard.take(Delta::default()));
    assert_eq!(reasons(&open.close(Timestamp(60_000), Weights::Nominal)), [(COUNTED, 1), (ASIDE, 1)]);
}

#[test]
fn what_another_agent_samples_says_nothing_of_this_one() {
    let directory = members();
    let mut shard = shard(Parties::Members);
    for (number, sample) in [(1, ENTERING()), (2, LEAVING())] {
        let id = shard.datagram(exporter(number), Numbering::Datagrams(1), Some(1), Timestamp(0)).unwrap();
        shard.flow(id, &sample, &directory);
    }
    let mut open = open();
    open.merge(&shard.take(Delta::default()));
    assert_eq!(reasons(&open.close(Timestamp(60_000), Weights::Nominal)), [(COUNTED, 2)]);
}

#[test]
fn that_a_port_is_sampled_on_entering_is_remembered_until_it_is_silent() {
    const HOUR: i64 = 3_600_000;
    let (mut shard, mut open, directory) = (shard(Parties::Members), open(), members());
    let mut give = |shard: &mut Shard, sample: FlowSample, number: u32, at: i64| {
        let id = shard.datagram(exporter(1), Numbering::Datagrams(number), None, Timestamp(at)).unwrap();
        shard.flow(id, &FlowSample { sequence: number, ..sample }, &directory);
        open.merge(&shard.take(Delta::default()));
        let told = reasons(&open.close(Timestamp(60_000), Weights::Nominal));
        open.reopen(Timestamp(0), 1);
        told[0].0
    };
    assert_eq!(give(&mut shard, ENTERING(), 1, 0), COUNTED);
    shard.forget_silent(Timestamp(HOUR));
    assert_eq!(give(&mut shard, LEAVING(), 2, HOUR), ASIDE);
    shard.forget_silent(Timestamp(HOUR + 1));
    assert_eq!(give(&mut shard, LEAVING(), 3, HOUR + 1), COUNTED, "port 7 was silent for an hour");
}

#[test]
fn rules_of_directions_stand_before_what_is_seen() {
    let samples = [ENTERING(), LEAVING(), passing(5, 7, 8)];
    assert_eq!(samples.map(|sample| sample.direction()), [Ingress, Egress, Unknown]);
    for (direction, expected) in [
        (DirectionRule::Auto, vec![(COUNTED, 2), (ASIDE, 1)]),
        (DirectionRule::Both, vec![(COUNTED, 3)]),
        (DirectionRule::Ingress, vec![(COUNTED, 2), (ASIDE, 1)]),
        (DirectionRule::Egress, vec![(COUNTED, 2), (ASIDE, 1)]),
    ] {
        // A rate that is filled in makes no difference, and takes the way on which each sample is looked at.
        let policy = Policy { direction, sampling_if_missing: Some(Rate::whole(1)), ..Policy::default() };
        assert_eq!(told(under(policy), &samples), expected, "{direction:?}");
    }
}

#[test]
fn both_directions_of_a_data_source_have_one_pool() {
    // Each port samples one direction after the other; of every four samples the last two are lost, so that it is always the one of the frame that
    // enters which shows the gap.
    let all = numbered((0..800).map(|number| if number % 2 == 0 { passing(7, 7, 8) } else { passing(7, 8, 7) }));
    let arrived = all.into_iter().filter(|sample| sample.sequence % 4 < 2);
    let directory = members();
    let mut shard = under(Policy { direction: DirectionRule::Both, ..Policy::default() });
    let id = hello(&mut shard);
    arrived.for_each(|sample| shard.flow(id, &sample, &directory));
    let mut open = open();
    open.merge(&shard.take(Delta::default()));
    assert_eq!(open.streams().len(), 2);
    let window = open.close(Timestamp(60_000), Weights::Observed);
    let sampled: Vec<_> = window.port_samples.iter().map(|row| (row.if_index, row.egress, row.samples)).collect();
    assert_eq!(sampled, [(7, 0, 200), (7, 1, 200)]);
    let [entered, left] = [0, 1].map(|place| window.port_samples[place].bytes);
    assert_eq!(entered, left, "both are weighed alike");
    let frames = 797.0 * 100.0 / 399.0;
    assert!((entered as f64 - 200.0 * 1_000.0 * frames).abs() < 1.0, "{entered}");
}
