//! Rates that cannot be ones, and what each exporter's health row tells of its weights.

use super::*;
use crate::policy::{Policy, Rule};
use crate::weight::{MAX_PLAUSIBLE_RATE, Weighed};

const WILD: u32 = MAX_PLAUSIBLE_RATE + 1;

fn under(policy: Policy) -> Shard {
    let rule = Rule { agents: "192.0.2.1/32".parse().unwrap(), sub_agent: None, policy };
    Shard::new(Parties::Members, Arc::new(Policies::new(vec![rule])), MINUTE)
}

fn merged(mut shard: Shard, rates: &[u32]) -> OpenWindow {
    let (directory, id) = (members(), hello(&mut shard));
    for (sequence, rate) in (0..).zip(rates) {
        shard.flow(id, &FlowSample { sequence, rate: *rate, ..sample(1, 2, 1_000) }, &directory);
    }
    let mut open = open();
    open.merge(&shard.take(Delta::default()));
    open
}

fn frames(open: &OpenWindow) -> u64 {
    open.close(Timestamp(60_000), Weights::Nominal).cells.iter().map(|cell| cell.packets).sum()
}

fn only_tally(open: &OpenWindow) -> ExporterTally {
    *open.exporters().next().unwrap().1
}

#[test]
fn a_wild_rate_is_replaced_by_the_one_before_it_and_counted() {
    let open = merged(shard(Parties::Members), &[100, WILD, 300, WILD, 0, u32::MAX, MAX_PLAUSIBLE_RATE]);
    assert_eq!(frames(&open), 2 * 100 + 2 * 300 + 1 + 300 + u64::from(MAX_PLAUSIBLE_RATE));
    let tally = only_tally(&open);
    assert_eq!((tally.flow_samples, tally.implausible, tally.unscalable), (7, 3, 1));
    assert_eq!((tally.rate_min, tally.rate_max), (100, MAX_PLAUSIBLE_RATE));
}

#[test]
fn a_rate_that_is_wild_from_the_start_is_none() {
    let open = merged(shard(Parties::Members), &[WILD, WILD]);
    let tally = only_tally(&open);
    assert_eq!((frames(&open), tally.implausible, tally.unscalable, tally.rate_min, tally.rate_max), (2, 2, 2, 0, 0));
}

#[test]
fn a_sample_of_a_wild_rate_keeps_its_place_in_the_sequence() {
    let rates: Vec<u32> = (0..300).map(|number| if number % 3 == 1 { WILD } else { 100 }).collect();
    let open = merged(shard(Parties::Members), &rates);
    assert_eq!((open.streams().len(), only_tally(&open).lost_samples, frames(&open)), (1, 0, 30_000));
}

#[test]
fn what_the_operator_knows_stands_before_a_wild_rate() {
    let given = merged(under(Policy { sampling: Some(Rate::whole(7)), ..Policy::default() }), &[WILD]);
    assert_eq!((frames(&given), only_tally(&given).implausible), (7, 0));
    let missing = || under(Policy { sampling_if_missing: Some(Rate::whole(9)), ..Policy::default() });
    let filled_in = merged(missing(), &[WILD, 100, WILD]);
    assert_eq!((frames(&filled_in), only_tally(&filled_in).implausible), (9 + 100 + 100, 2));
}

#[test]
fn a_wild_rate_of_flow_records_is_replaced_by_their_exporters_latest() {
    let (mut shard, directory) = (shard(Parties::Members), members());
    let id = hello(&mut shard);
    for rate in [WILD, 50, 0, WILD] {
        shard.record(id, &FlowRecord { rate: Rate::whole(rate), ..record(1, 2) }, Timestamp(0), &directory);
    }
    let mut open = open();
    open.merge(&shard.take(Delta::default()));
    assert_eq!(frames(&open), 10 + 500 + 10 + 500);
    let tally = only_tally(&open);
    assert_eq!((tally.implausible, tally.unscalable, tally.rate_min, tally.rate_max), (2, 2, 50, 50));
}

/// 400 samples at each of these ports, whose pools advance by so many frames a sample.
fn with_pools(pools: &[(u32, u32)], key: ExporterKey) -> Shard {
    let (mut shard, directory) = (shard(Parties::Members), members());
    let id = shard.datagram(key, Numbering::Datagrams(1), Some(1), Timestamp(0)).unwrap();
    for (port, frames) in pools {
        for sequence in 0..400 {
            shard.flow(id, &FlowSample { sequence, pool: sequence * frames, ..passing(*port, *port, 99) }, &directory);
        }
    }
    shard
}

#[test]
fn an_exporters_row_tells_how_its_samples_were_weighed() {
    let mut open = open();
    // One in 100: a good pool, one that shows a third dropped in silence, one that is made up, and one that stands still.
    open.merge(&with_pools(&[(1, 100), (2, 150), (3, 7), (4, 0)], exporter(1)).take(Delta::default()));
    let row = &open.close(Timestamp(60_000), Weights::Observed).exporters[0];
    assert_eq!((row.by_pool, row.by_sequence, row.pool_refused), (800, 800, 400));
    assert_eq!((row.pool_due, row.pool_taken), (399 + 599, 399 * 2));
    let row = &open.close(Timestamp(60_000), Weights::Nominal).exporters[0];
    assert_eq!((row.by_pool, row.by_sequence, row.pool_refused, row.pool_due), (0, 0, 0, 0));
}

#[test]
fn exporters_that_are_one_agent_tell_of_its_weights_once() {
    let mut open = open();
    let relayed = |last: u8| ExporterKey { source: [198, 51, 100, last].into(), ..exporter(1) };
    let flows = ExporterKey { protocol: Protocol::Ipfix, ..exporter(1) };
    let mut other = shard(Parties::Members);
    let id = other.datagram(flows, Numbering::Records(0), None, Timestamp(0)).unwrap();
    other.record(id, &record(1, 2), Timestamp(0), &members());
    for mut shard in [other, with_pools(&[(1, 100)], relayed(2)), with_pools(&[(2, 100)], relayed(1)), with_pools(&[(3, 100)], exporter(2))]
    {
        open.merge(&shard.take(Delta::default()));
    }
    let rows = open.close(Timestamp(60_000), Weights::Observed).exporters;
    assert_eq!(rows.iter().map(|row| row.by_pool).collect::<Vec<_>>(), [800, 0, 400, 0], "{rows:?}");
    let weighed: Vec<_> = open.weighed(Weights::Observed).into_iter().map(|(_, tally)| tally.weighed.by_pool).collect();
    assert_eq!(weighed, [800, 0, 400, 0]);
    assert!(open.exporters().all(|(_, tally)| tally.weighed == Weighed::default()));
}
