//! The way of a sample from its octets to its cell allocates nothing once the maps are warm.

#![expect(clippy::unwrap_used, reason = "a test that fails shall say so")]

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use aggregator::{Delta, OpenWindow, Parties, Policies, Weights};
use benches::case::feed;
use benches::traffic::{Kind, Traffic, renumber};
use collector::Lane;
use directory::Snapshot;
use schema::{Localities, Locality, Protocol, Timestamp};
use simulator::{Exchange, FlowCache, Plan};

const WINDOW: Duration = Duration::from_secs(60);

/// Allocations of a whole pass over the traffic of so many members, the hand-over before it included, when two passes went before: each of the two
/// deltas that take turns has then held all cells.
fn allocations_of_a_warm_pass(members: usize, parties: Parties) -> u64 {
    allocations_over(&Traffic::of(members).unwrap(), parties)
}

fn allocations_over(traffic: &Traffic, parties: Parties) -> u64 {
    let mut lane = Lane::new(parties, Arc::new(Policies::default()), WINDOW);
    feed(&mut lane, traffic);
    let first = lane.take(Delta::default());
    feed(&mut lane, traffic);
    let second = lane.take(first);
    assert!(second.streams.iter().map(|(_, tally)| tally.received).sum::<u64>() >= traffic.samples);
    let mut spare = Some(second);
    let allocated = allocation_counter::measure(|| {
        feed(&mut lane, traffic);
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

#[test]
fn a_warm_pass_over_a_thousand_members_and_a_hundred_thousand_addresses_allocates_nothing() {
    assert_eq!(allocations_over(&Traffic::made(Kind::Crowded, 1_000).unwrap(), Parties::Members), 0);
}

/// The maps grow to their bounds in the first passes, and stay so: what comes after finds room or is counted without its address.
#[test]
fn addresses_that_were_never_seen_allocate_nothing_once_the_maps_have_their_size() {
    let traffic = Traffic::made(Kind::Hostile, 1_000).unwrap();
    assert_eq!(allocations_over(&traffic, Parties::Members), 0);
    assert_eq!(allocations_over(&traffic, Parties::Macs), 0);
}

#[test]
fn a_warm_pass_in_which_addresses_are_looked_up_allocates_nothing() {
    let traffic = Traffic::of(500).unwrap();
    let without = cells(&traffic);
    let located = traffic.located().unwrap();
    assert_eq!(allocations_over(&located, Parties::Members), 0);
    // They were looked up: all pairs have one cell without that, and none has two, for each member's customers are in one place.
    assert!(without.iter().all(|(localities, _)| *localities == Localities::UNKNOWN));
    let with = cells(&located);
    let of = |src, dst| with.iter().filter(|(it, _)| *it == Localities { src, dst }).count();
    assert!(
        of(Locality::Domestic, Locality::Domestic) > 100
            && of(Locality::Foreign, Locality::Domestic) > 10
            && of(Locality::Domestic, Locality::Unknown) > 10
    );
    let samples = |cells: &[(Localities, u64)]| cells.iter().map(|(_, samples)| samples).sum::<u64>();
    assert_eq!(samples(&with), samples(&without));
}

/// Localities and samples of the cells of one pass.
fn cells(traffic: &Traffic) -> Vec<(Localities, u64)> {
    let mut lane = Lane::new(Parties::Members, Arc::new(Policies::default()), WINDOW);
    feed(&mut lane, traffic);
    let mut window = OpenWindow::new(Arc::from("ix"), WINDOW, traffic.datagrams[0].at, 1);
    window.merge(&lane.take(Delta::default()));
    let closed = window.close(window.end(), Weights::Nominal);
    closed.cells.iter().map(|row| (row.localities(), row.samples)).collect()
}

#[test]
fn flow_records_between_known_members_allocate_nothing() {
    let made = |kind| Traffic::made(kind, 500).unwrap();
    let both = [Kind::Ipfix, Kind::Netflow9];
    let all = both.map(|kind| (kind, made(kind))).into_iter().chain(both.map(|kind| (kind, made(kind).located().unwrap())));
    for (kind, mut traffic) in all {
        let mut lane = Lane::new(Parties::Members, Arc::new(Policies::default()), WINDOW);
        let mut spare = Delta::default();
        // Each pass is of the exporters' later life, else it would be a repetition.
        for _ in 0..2 {
            feed(&mut lane, &traffic);
            spare = lane.take(spare);
            traffic.datagrams.iter_mut().for_each(|datagram| renumber(&mut datagram.payload, 10_000_000));
        }
        let mut warm = Some(spare);
        let allocated = allocation_counter::measure(|| {
            feed(&mut lane, &traffic);
            warm = warm.take().map(|delta| lane.take(delta));
        });
        assert_eq!(warm.unwrap().streams.iter().map(|(_, tally)| tally.received).sum::<u64>(), traffic.samples);
        assert_eq!(allocated.count_total, 0, "{kind:?}");
    }
}

#[test]
fn warm_flow_records_allocate_nothing() {
    let plan = Plan { members: 48, protocol: Protocol::Ipfix, flow_cache: FlowCache::NONE, ..Plan::default() };
    let start = Timestamp(1_700_000_040_000);
    let datagrams = Exchange::new(&plan, start).gather(400);
    let source = IpAddr::from([192, 0, 2, 1]);
    let members = Snapshot::default();
    let mut lane = Lane::new(Parties::Macs, Arc::new(Policies::default()), WINDOW);
    // A message that comes again is a repetition, so each pass comes from the exporter's later life.
    let pass = |lane: &mut Lane, number: u32| {
        for datagram in &datagrams {
            let mut datagram = datagram.clone();
            renumber(&mut datagram, number * 10_000_000);
            lane.datagram(source, &datagram, start, &members);
        }
    };
    pass(&mut lane, 0);
    let first = lane.take(Delta::default());
    pass(&mut lane, 1);
    let second = lane.take(first);
    let warm: Vec<Vec<u8>> = datagrams
        .iter()
        .map(|datagram| {
            let mut next = datagram.clone();
            renumber(&mut next, 20_000_000);
            next
        })
        .collect();
    let mut spare = Some(second);
    let records = lane.counts().ipfix.records;
    let allocated = allocation_counter::measure(|| {
        for datagram in &warm {
            lane.datagram(source, datagram, start, &members);
        }
        spare = spare.take().map(|delta| lane.take(delta));
    });
    assert!(lane.counts().ipfix.records - records > 4_000);
    assert!(spare.is_some_and(|delta| !delta.is_empty()));
    assert_eq!(allocated.count_total, 0);
}
