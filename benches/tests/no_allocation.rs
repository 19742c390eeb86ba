//! The way of a sample from its octets to its cell allocates nothing once the maps are warm.

#![expect(clippy::unwrap_used, reason = "a test that fails shall say so")]

use aggregator::{Delta, Parties};
use benches::case::feed;
use benches::traffic::Traffic;
use collector::Lane;

/// Allocations of a whole pass over the traffic of so many members, the hand-over before it included, when two passes went before: each of the two
/// deltas that take turns has then held all cells.
fn allocations_of_a_warm_pass(members: usize, parties: Parties) -> u64 {
    let traffic = Traffic::of(members).unwrap();
    let mut lane = Lane::new(parties);
    feed(&mut lane, &traffic);
    let first = lane.take(Delta::default());
    feed(&mut lane, &traffic);
    let second = lane.take(first);
    assert!(second.streams.iter().map(|(_, tally)| tally.received).sum::<u64>() >= traffic.samples);
    let mut spare = Some(second);
    let allocated = allocation_counter::measure(|| {
        feed(&mut lane, &traffic);
        spare = spare.take().map(|delta| lane.take(delta));
    });
    let third = spare.unwrap();
    assert_eq!(third.streams.iter().map(|(_, tally)| tally.received).sum::<u64>(), traffic.samples);
    allocated.count_total
}

#[test]
fn a_warm_pass_allocates_nothing() {
    assert_eq!(allocations_of_a_warm_pass(48, Parties::Members), 0);
}

#[test]
fn a_warm_pass_over_many_members_allocates_nothing() {
    assert_eq!(allocations_of_a_warm_pass(500, Parties::Members), 0);
}

#[test]
fn a_warm_pass_without_a_directory_allocates_nothing() {
    assert_eq!(allocations_of_a_warm_pass(48, Parties::Macs), 0);
}
