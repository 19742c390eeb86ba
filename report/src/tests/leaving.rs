//! Trombones, who is behind them, what they cost, and what would be without them.

use schema::Locality::{Domestic, Foreign, LocalCache};

use super::*;
use crate::{Billed, Money, Price, Remote, Trombone, candidates, resilience, savings, what_if};

const MONTH: u64 = 30 * 86_400;

fn near(one: f64, two: f64) -> bool {
    (one - two).abs() < 1e-12
}

fn remote(network: Option<u32>, strict: u64, loose: u64) -> Remote {
    Remote { network: network.map(Asn), is_member: network == Some(2), strict: exactly(strict), loose: exactly(loose) }
}

#[test]
fn candidates_are_the_networks_behind_what_trombones_the_largest_first() {
    let remotes =
        [remote(Some(1), 100, 200), remote(Some(2), 300, 500), remote(None, 200, 200), remote(Some(3), 0, 100), remote(Some(4), 0, 0)];
    let found = candidates(&remotes);
    assert_eq!(found.iter().map(|candidate| candidate.network.0).collect::<Vec<_>>(), [2, 1, 3]);
    assert_eq!(found.iter().map(|candidate| candidate.is_member).collect::<Vec<_>>(), [true, false, false]);
    // What has no network of its own is part of the whole of 1,000.
    assert!(
        near(found[0].share.high.share, 0.5)
            && near(found[0].together, 0.5)
            && near(found[1].together, 0.7)
            && near(found[2].together, 0.8)
    );
    assert_eq!((found[0].octets.low, found[0].octets.high), (300, 500));
    assert_eq!(candidates(&[]), []);
}

#[test]
fn what_moves_is_taken_from_transit_and_given_to_the_exchange() {
    let exchange = exchange(&[(Domestic, Domestic, 400)]);
    let members = [member(1, measured(500), measured(100), measured(0))];
    let moved = Trombone { strict: exactly(50), loose: exactly(150), transit: exactly(500) };
    let shares = what_if(&exchange, &members, &moved, MONTH);
    let exchanged = shares.exchanged.unwrap();
    assert!(near(exchanged.low.share, 450.0 / 900.0) && near(exchanged.high.share, 550.0 / 900.0), "{exchanged:?}");
    let accessible = shares.accessible.unwrap();
    assert!(near(accessible.low.share, 550.0 / 1_000.0) && near(accessible.high.share, 650.0 / 1_000.0), "{accessible:?}");
    assert_eq!(what_if(&exchange, &[Member::silent(Asn(1), 0)], &moved, MONTH).accessible, None);
}

#[test]
fn without_transit_domestic_networks_survive_and_caches_perhaps() {
    let exchange = exchange(&[(Domestic, Domestic, 300), (LocalCache, Domestic, 100), (Foreign, Domestic, 1_000)]);
    let members = [member(1, measured(400), measured(100), measured(100))];
    let share = resilience(&exchange, &members, MONTH).unwrap();
    // 300 + 100 private of 1,000; with both kinds of caches 600 of 1,000.
    assert!(near(share.low.share, 0.4) && near(share.high.share, 0.6), "{share:?}");
    assert_eq!(resilience(&exchange, &[Member::silent(Asn(1), 0)], MONTH), None);
}

#[test]
fn each_currency_is_added_up_by_itself() {
    let price = |currency: &str, per_mbit| Price { per_mbit, currency: currency.into(), date: "2026-11-01".into() };
    let (dollars, somoni) = (price("USD", 2.0), price("TJS", 20.0));
    let (transit, strict, loose) = (vec![100e6; 20], vec![10e6; 20], vec![30e6; 20]);
    let billed = |asn, price| Billed { asn: Asn(asn), price, transit: &transit, strict: &strict, loose: &loose };
    let broken = Billed { strict: &strict[..3], ..billed(4, &dollars) };
    let saved = savings(&[billed(1, &dollars), billed(2, &dollars), billed(3, &somoni), broken]);
    let is = |money: Money, low: f64, high: f64| assert!((money.low - low).abs() < 1e-6 && (money.high - high).abs() < 1e-6, "{money:?}");
    assert_eq!(saved.members.iter().map(|saved| saved.asn.0).collect::<Vec<_>>(), [1, 2, 3]);
    is(saved.members[0].saved, 20.0, 60.0);
    is(saved.together["USD"], 40.0, 120.0);
    is(saved.together["TJS"], 200.0, 600.0);
}

#[test]
fn foreign_bytes_that_are_resold_over_the_exchange_are_not_local_and_not_counted_twice() {
    // A member sells 200 of its 300 of transit to another one over the exchange.
    let members = [member(1, measured(300), measured(0), measured(0)), member(2, measured(0), measured(0), measured(0))];
    let resold = exchange(&[(Domestic, Domestic, 100), (Foreign, Domestic, 200)]);
    let share = crate::Shares::of(&resold, &members, MONTH).exchanged.unwrap();
    assert!(near(share.low.share, 0.25) && near(share.high.share, 0.25), "{share:?}");
}
