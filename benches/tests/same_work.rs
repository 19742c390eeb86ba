//! The rivals are measured doing the same work: they must come to the same matrix.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use aggregator::{Delta, OpenWindow, Parties, Policies, Weights};
use benches::case::{self, CLOSED_CELLS, Case};
use benches::flow_rival::FlowRival;
use benches::rival::Rival;
use benches::traffic::{CROWD, Kind, Traffic};
use collector::Lane;
use schema::{Reason, Timestamp, Window};

/// The simulator's sampling rate, which is every sample's nominal weight.
const RATE: u64 = 2_048;

/// By sender, receiver, VLAN and IP version: how much was sampled, and its octets.
type Pairs = HashMap<(u32, u32, u16, u8), (u64, u64)>;

fn closed(traffic: &Traffic) -> Vec<Window> {
    let mut lane = Lane::new(Parties::Members, Arc::new(Policies::default()), Duration::from_secs(60));
    case::feed(&mut lane, traffic);
    let at = traffic.datagrams.first().map_or(Timestamp(0), |datagram| datagram.at);
    let mut window = OpenWindow::new(Arc::from("ix"), Duration::from_secs(60), at, 1);
    window.merge(&lane.take(Delta::default()));
    let first = window.close(window.end(), Weights::Nominal);
    std::iter::once(first).chain(window.take_rest(Weights::Nominal)).collect()
}

/// What is between members, or dropped by the switch: the rivals do not look for that, and we set it aside.
fn ours(windows: &[Window]) -> Pairs {
    let cells = windows.iter().flat_map(|window| &window.cells);
    let mut ours = Pairs::new();
    for cell in cells.filter(|cell| matches!(cell.reason(), Some(Reason::Attributed | Reason::Discarded))) {
        let pair = ours.entry((cell.src_asn, cell.dst_asn, cell.vlan, cell.ip_version)).or_default();
        *pair = (pair.0 + cell.samples, pair.1 + cell.bytes / RATE);
    }
    ours
}

/// Every pair that we found is theirs, too, with the same numbers.
fn assert_same(ours: &Pairs, theirs: &Pairs) {
    assert!(ours.len() > 1_000, "{}", ours.len());
    for (pair, sums) in ours {
        assert_eq!(&theirs[pair], sums, "{pair:?}");
    }
}

#[test]
fn both_ways_count_the_same_samples_for_each_pair_of_members() {
    for kind in [Kind::Sflow, Kind::Crowded] {
        let traffic = Traffic::made(kind, 48).unwrap();
        let mut rival = Rival::new(&traffic.directory);
        traffic.datagrams.iter().for_each(|datagram| rival.datagram(&datagram.payload));
        assert_same(&ours(&closed(&traffic)), &rival.pairs());
        assert_eq!(rival.samples(), traffic.samples, "{kind:?}");
    }
}

#[test]
fn both_ways_count_the_same_records_for_each_pair_of_members() {
    for kind in [Kind::Ipfix, Kind::Netflow9] {
        let traffic = Traffic::made(kind, 48).unwrap();
        let mut rival = FlowRival::new(&traffic.directory);
        traffic.datagrams.iter().for_each(|datagram| rival.datagram(datagram.source, &datagram.payload));
        assert_same(&ours(&closed(&traffic)), &rival.pairs());
        assert_eq!(rival.records(), traffic.samples, "{kind:?}");
    }
}

#[test]
fn a_crowd_sends_from_as_many_addresses_as_it_claims() {
    let traffic = Traffic::made(Kind::Crowded, 1_000).unwrap();
    let claimed: usize = traffic.directory.members().iter().map(|member| member.macs.len()).sum();
    assert!(claimed > CROWD as usize, "{claimed}");
    let mut lane = Lane::new(Parties::Macs, Arc::new(Policies::default()), Duration::from_secs(60));
    case::feed(&mut lane, &traffic);
    let mut window = OpenWindow::new(Arc::from("ix"), Duration::from_secs(60), Timestamp(0), 1);
    window.merge(&lane.take(Delta::default()));
    let closed = window.close(window.end(), Weights::Nominal);
    let seen: std::collections::HashSet<u64> = closed.cells.iter().map(|cell| cell.src_mac).collect();
    assert!(seen.len() > CROWD as usize, "{}", seen.len());
}

#[test]
fn every_hostile_sample_comes_from_an_address_of_its_own_and_none_is_lost() {
    let traffic = Traffic::made(Kind::Hostile, 48).unwrap();
    let closed = closed(&traffic).remove(0);
    let unknown = closed.cells.iter().filter(|cell| cell.reason() == Some(Reason::UnknownSource));
    let (named, rest): (Vec<_>, Vec<_>) = unknown.partition(|cell| cell.src_mac != 0);
    // More than a shard remembers: the others keep their reason and lose their address.
    assert!((60_000..=1 << 16).contains(&named.len()) && named.iter().all(|cell| cell.samples == 1), "{}", named.len());
    assert!(rest.iter().map(|cell| cell.samples).sum::<u64>() > 10_000);
    assert_eq!(closed.cells.iter().map(|cell| cell.samples).sum::<u64>(), traffic.samples);
}

#[test]
fn every_case_does_its_work_in_every_round() {
    let mut made: Vec<(Kind, Rc<Traffic>)> = Vec::new();
    for case in Case::ALL {
        let kind = case.kind().unwrap_or(Kind::Sflow);
        if made.iter().all(|(of, _)| *of != kind) {
            made.push((kind, Rc::new(Traffic::made(kind, 48).unwrap())));
        }
        let (_, traffic) = made.iter().find(|(of, _)| *of == kind).unwrap();
        let mut round = case.prepare(traffic).unwrap();
        let (first, second) = (round(), round());
        assert!(first > 0 && first == second, "{}: {first} and {second}", case.name());
        let counts = case.name().contains("matrix") || case.name().contains("netflow_parser") || case.kind().is_none();
        if counts {
            assert_eq!(first, case.units(traffic), "{}", case.name());
        }
    }
}

#[test]
fn a_window_that_is_closed_and_written_has_as_many_cells_as_it_says() {
    let window = case::closed_window();
    assert_eq!(window.cells.len(), CLOSED_CELLS as usize);
}
