//! The way to the collector: what it loses and doubles is what the numbers of datagrams show.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use simulator::{Carried, Datagram, Exchange, Plan, Way};

use crate::heard::{PEAK, decode};

/// The agent and number of every datagram that arrives, and what became of all.
fn arrived(lose: f64, duplicate: f64, seed: u64) -> (Vec<(IpAddr, u32)>, Carried, Exchange) {
    let mut exchange = Exchange::new(&Plan { peak_samples_per_second: 500.0, ..Plan::default() }, PEAK);
    let (mut way, mut arrived) = (Way::new(lose, duplicate, seed), Vec::new());
    let mut arrive = |datagram: &Datagram<'_>| arrived.push((datagram.agent, decode(datagram).sequence));
    exchange.advance(Duration::from_secs(60), &mut |datagram| way.carry(datagram, &mut arrive));
    (arrived, way.carried(), exchange)
}

#[test]
fn what_is_lost_and_doubled_is_counted() {
    let (arrived, carried, exchange) = arrived(0.05, 0.02, 9);
    assert_eq!(carried.sent, exchange.truth().datagrams);
    assert_eq!(carried.arrived(), arrived.len() as u64);
    let share = |count: u64| count as f64 / carried.sent as f64;
    assert!((0.04..0.06).contains(&share(carried.lost)), "{carried:?}");
    assert!((0.013..0.026).contains(&share(carried.duplicated)), "{carried:?}");

    let (mut latest, mut missing, mut twice) = (HashMap::new(), 0, 0);
    for (agent, sequence) in arrived {
        match sequence.wrapping_sub(latest.insert(agent, sequence).unwrap_or(sequence.wrapping_sub(1))) {
            0 => twice += 1,
            step => missing += u64::from(step) - 1,
        }
    }
    assert_eq!(twice, carried.duplicated);
    // A loss before the first datagram of a switch, or after its last, shows in no number.
    assert!(missing <= carried.lost && missing + 6 > carried.lost, "{missing} {carried:?}");
}

#[test]
fn the_same_seed_loses_the_same_datagrams_and_shares_do_not_mix() {
    let (first, carried, _) = arrived(0.05, 0.02, 9);
    assert_eq!(first, arrived(0.05, 0.02, 9).0);
    assert_ne!(first, arrived(0.05, 0.02, 10).0);
    assert_eq!(arrived(0.05, 0.0, 9).1, Carried { duplicated: 0, ..carried });
}

#[test]
fn a_good_way_carries_all_and_the_worst_nothing() {
    let (all, carried, _) = arrived(0.0, 0.0, 1);
    assert_eq!((carried.lost, carried.duplicated, carried.arrived()), (0, 0, all.len() as u64));
    let (none, carried, _) = arrived(7.0, f64::NAN, 1);
    assert_eq!((none.len(), carried.lost), (0, carried.sent));
    let (twice, carried, _) = arrived(-1.0, 1.0, 1);
    assert_eq!(twice.len() as u64, 2 * carried.sent);
}
