//! What the operator knows better.

use super::*;
use crate::policy::{Policy, Rule};

fn under(policy: Policy) -> Shard {
    let rule = Rule { agents: "192.0.2.1/32".parse().unwrap(), sub_agent: None, policy };
    Shard::new(Parties::Members, Arc::new(Policies::new(vec![rule])), MINUTE)
}

/// Bytes that are made of these samples, and how many of them are without a rate.
fn of_samples(policy: Policy, samples: &[FlowSample]) -> (u64, u64) {
    let (mut shard, mut open, directory) = (under(policy), open(), members());
    let id = hello(&mut shard);
    samples.iter().for_each(|sample| shard.flow(id, sample, &directory));
    open.merge(&shard.take(Delta::default()));
    (bytes(&open.close(Timestamp(60_000), Weights::Observed)), open.exporters().next().unwrap().1.unscalable)
}

fn of_record(policy: Policy, record: FlowRecord) -> CellRow {
    let (mut shard, mut open, directory) = (under(policy), open(), members());
    let id = hello(&mut shard);
    shard.record(id, &record, Timestamp(0), &directory);
    open.merge(&shard.take(Delta::default()));
    only(&open.close(Timestamp(60_000), Weights::Observed)).clone()
}

#[test]
fn a_missing_rate_is_filled_in_and_an_announced_one_is_not_touched() {
    let policy = Policy { sampling_if_missing: Some(Rate::whole(500)), ..Policy::default() };
    assert_eq!(of_samples(policy.clone(), &[FlowSample { rate: 0, ..sample(1, 2, 1_000) }]), (500_000, 0));
    assert_eq!(of_samples(policy.clone(), &[sample(1, 2, 1_000)]), (100_000, 0));
    assert_eq!(of_samples(Policy::default(), &[FlowSample { rate: 0, ..sample(1, 2, 1_000) }]), (1_000, 1));
    assert_eq!(of_record(policy, FlowRecord { rate: Rate::UNKNOWN, ..record(1, 2) }).bytes, 5_000_000);
}

#[test]
fn a_given_rate_stands_even_against_a_pool_that_was_made_by_a_wrong_one() {
    let samples = numbered((0..200).map(|_| sample(1, 2, 1_000)));
    let policy = Policy { sampling: Some(Rate::whole(50)), ..Policy::default() };
    assert_eq!(of_samples(policy.clone(), &samples), (200 * 50_000, 0));
    let every_other: Vec<_> = samples.into_iter().step_by(2).collect();
    let (told, _) = of_samples(policy.clone(), &every_other);
    assert_eq!(told, 200 * 50_000, "what is lost is still made good, by the samples' numbers");
    assert_eq!(of_record(policy, record(1, 2)).bytes, 500_000);
}

#[test]
fn octets_are_what_the_operator_says() {
    let layer2 = Policy { octets: Some(LengthBasis::Layer2), ..Policy::default() };
    assert_eq!(of_samples(layer2.clone(), &[sample(1, 2, 1_000)]).0, 100_400);
    let of_ip =
        |sample: FlowSample| FlowSample { frame: sample.frame.map(|frame| Frame { basis: LengthBasis::IpPacket, ..frame }), ..sample };
    assert_eq!(of_samples(layer2.clone(), &[of_ip(sample(1, 2, 1_000))]).0, 100_000, "an IP record's length is no frame's");
    assert_eq!(of_record(layer2, record(1, 2)).bytes, 100 * (9_820 + 40));
    let frame = Policy { octets: Some(LengthBasis::Frame), ..Policy::default() };
    assert_eq!(of_record(frame, record(1, 2)).bytes, 982_000);
}

#[test]
fn counters_that_are_scaled_already_are_not_scaled_again() {
    let policy = Policy { scaled: true, ..Policy::default() };
    let scaled = FlowRecord { packets: 1_000, octets: 982_000, ..record(1, 2) };
    let (told, expected) = (of_record(policy, scaled), of_record(Policy::default(), record(1, 2)));
    assert_eq!(told, expected);
}

#[test]
fn other_exporters_are_left_alone() {
    let policy = Policy { sampling: Some(Rate::whole(9)), ..Policy::default() };
    let (mut shard, mut open, directory) = (under(policy), open(), members());
    let id = shard.datagram(exporter(2), Numbering::Datagrams(1), Some(1), Timestamp(0)).unwrap();
    shard.flow(id, &sample(1, 2, 1_000), &directory);
    open.merge(&shard.take(Delta::default()));
    assert_eq!(bytes(&open.close(Timestamp(60_000), Weights::Nominal)), 100_000);
}
