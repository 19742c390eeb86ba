//! The rival is measured doing the same work: it must come to the same matrix.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use aggregator::{Delta, OpenWindow, Parties, Policies, Weights};
use benches::case::{self, CLOSED_CELLS, Case};
use benches::rival::Rival;
use benches::traffic::Traffic;
use collector::Lane;
use schema::{Reason, Timestamp};

/// The simulator's sampling rate, which is every sample's nominal weight.
const RATE: u64 = 2_048;

#[test]
fn both_ways_count_the_same_samples_for_each_pair_of_members() {
    let traffic = Traffic::of(48).unwrap();
    let mut lane = Lane::new(Parties::Members, Arc::new(Policies::default()), Duration::from_secs(60));
    case::feed(&mut lane, &traffic);
    let mut window = OpenWindow::new(Arc::from("ix"), Duration::from_secs(60), Timestamp(0), 1);
    window.merge(&lane.take(Delta::default()));
    let closed = window.close(window.end(), Weights::Nominal);
    // The rival does not look for frames that the switch dropped, which we set aside.
    let by_pair = closed.cells.iter().filter(|cell| matches!(cell.reason(), Some(Reason::Attributed | Reason::Discarded)));
    let mut ours: HashMap<_, (u64, u64)> = HashMap::new();
    for cell in by_pair {
        let pair = ours.entry((cell.src_asn, cell.dst_asn, cell.vlan, cell.ip_version)).or_default();
        *pair = (pair.0 + cell.samples, pair.1 + cell.bytes);
    }
    let mut rival = Rival::new(&traffic.directory);
    traffic.datagrams.iter().for_each(|datagram| rival.datagram(&datagram.payload));
    let pairs = rival.pairs();
    assert!(ours.len() > 1_000, "{}", ours.len());
    for (pair, (samples, bytes)) in ours {
        assert_eq!(pairs[&pair], (samples, bytes / RATE), "{pair:?}");
    }
    assert_eq!(rival.samples(), traffic.samples);
}

#[test]
fn every_case_does_its_work_in_every_round() {
    let traffic = Rc::new(Traffic::of(48).unwrap());
    for case in Case::ALL {
        let mut round = case.prepare(&traffic);
        let (first, second) = (round(), round());
        assert!(first > 0 && first == second, "{}: {first} and {second}", case.name());
    }
    assert_eq!(Case::Matrix.prepare(&traffic)(), traffic.samples);
    assert_eq!(Case::Close.prepare(&traffic)(), u64::from(CLOSED_CELLS));
}
