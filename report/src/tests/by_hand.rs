//! A small economy in round numbers.
//!
//! | exchanged | octets | |
//! |---|---|---|
//! | domestic → domestic | 500 | |
//! | local cache → domestic | 100 | L_X is at least 600 |
//! | unknown → domestic | 50 | may be local: L_X is at most 650 |
//! | foreign → domestic | 200 | resold over the exchange: it is in some member's transit, too, and not in L_X |
//! | domestic → foreign | 150 | |
//!
//! E = 1,000. Member 1 tells all: transit 300, private 100, cache 200. Member 2 declares transit of 80 to 120, and nothing private or cached. So
//! I is 380 to 420 and P + C = 300.

use schema::Locality::{Domestic, Foreign, LocalCache, Unknown};

use super::*;
use crate::{Bounds, Headline, Shares, Trombone};

const MONTH: u64 = 30 * 86_400;

fn economy() -> Exchange {
    exchange(&[
        (Domestic, Domestic, 500),
        (LocalCache, Domestic, 100),
        (Unknown, Domestic, 50),
        (Foreign, Domestic, 200),
        (Domestic, Foreign, 150),
    ])
}

fn members() -> Vec<Member> {
    vec![member(1, measured(300), measured(100), measured(200)), member(2, declared(80, 120), declared(0, 0), declared(0, 0))]
}

fn is(bounds: Option<Bounds>, low: f64, high: f64) {
    let bounds = bounds.unwrap();
    let near = |one: f64, two: f64| (one - two).abs() < 1e-12;
    assert!(near(bounds.low.share, low) && near(bounds.high.share, high), "{bounds:?}, not {low} to {high}");
}

#[test]
fn the_three_shares_are_what_a_pencil_says() {
    let shares = Shares::of(&economy(), &members(), MONTH);
    is(shares.exchanged, 600.0 / (600.0 + 420.0), 650.0 / (650.0 + 380.0));
    is(shares.accessible, 900.0 / (900.0 + 420.0), 950.0 / (950.0 + 380.0));
    is(shares.domestic, 500.0 / 1_000.0, 550.0 / 1_000.0);
    assert_eq!((shares.coverage.members, shares.coverage.reporting, shares.coverage.weakest()), (2, 2, 1.0));
    let Headline::Figure(figure) = shares.headline else { panic!("{:?}", shares.headline) };
    assert!((figure - (900.0 / 1_320.0 + 950.0 / 1_330.0) / 2.0).abs() < 1e-12);
    assert_eq!(shares.method, schema::METHOD_VERSION);
}

#[test]
fn a_member_that_tells_nothing_moves_the_lower_end_by_what_its_links_carry() {
    let mut members = members();
    let silent =
        |capacity| Member { transit: Told::Nothing { capacity }, private: measured(0), cache: measured(0), ..Member::silent(Asn(3), 0) };
    // 8 bit/s over 580 seconds are 580 octets: I is 380 to 1,000.
    members.push(silent(Some(8)));
    let shares = Shares::of(&economy(), &members, 580);
    is(shares.exchanged, 600.0 / 1_600.0, 650.0 / 1_030.0);
    assert!(matches!(shares.headline, Headline::Range { .. }), "{:?}", shares.headline);
    // Without a capacity the lower end is not identified.
    members[2] = silent(None);
    let shares = Shares::of(&economy(), &members, 580);
    is(shares.exchanged, 0.0, 650.0 / 1_030.0);
    assert!(!shares.exchanged.unwrap().low.identified && shares.exchanged.unwrap().middle().is_none());
}

#[test]
fn what_came_in_privately_and_is_not_told_leaves_the_upper_end_open() {
    let mut members = members();
    members[1].private = Told::default();
    let shares = Shares::of(&economy(), &members, MONTH);
    is(shares.accessible, 900.0 / 1_320.0, 1.0);
    assert!(!shares.accessible.unwrap().high.identified);
    is(shares.exchanged, 600.0 / 1_020.0, 650.0 / 1_030.0);
}

#[test]
fn with_the_exchange_alone_there_is_no_share_of_the_economy() {
    let silent = [Member::silent(Asn(1), 1), Member::silent(Asn(2), 1)];
    for members in [&[][..], &silent] {
        let shares = Shares::of(&economy(), members, MONTH);
        assert_eq!((shares.exchanged, shares.accessible, shares.headline), (None, None, Headline::Nothing));
        is(shares.domestic, 0.5, 0.55);
    }
    assert_eq!(Shares::of(&Exchange::default(), &[], MONTH).domestic, None);
}

#[test]
fn unattributed_frames_may_be_of_anybody() {
    let mut exchange = economy();
    exchange.add_unattributed(exactly(250));
    let shares = Shares::of(&exchange, &members(), MONTH);
    is(shares.domestic, 500.0 / 1_250.0, 800.0 / 1_250.0);
    is(shares.exchanged, 600.0 / 1_020.0, 900.0 / 1_280.0);
    assert_eq!(shares.coverage.attribution, Some(0.8));
}

#[test]
fn a_narrow_figure_that_covers_little_is_no_headline() {
    let mut members = members();
    members.push(Member {
        transit: Told::Nothing { capacity: Some(0) },
        private: measured(0),
        cache: measured(0),
        ..Member::silent(Asn(3), 10_000_000_000)
    });
    let shares = Shares::of(&economy(), &members, MONTH);
    assert!(shares.accessible.unwrap().width() < 0.1 && shares.coverage.weakest() < 0.8);
    assert!(matches!(shares.headline, Headline::Range { .. }));
    let mut counted = economy();
    counted.counted = Some(2_000);
    assert_eq!(Shares::of(&counted, &members, MONTH).coverage.counters, Some(0.5));
}

#[test]
fn sampling_widens_both_ends_on_the_logit_scale() {
    let mut exchange = Exchange::default();
    exchange.add(Domestic, Domestic, Sums { samples: 1_000, packets: 1, bytes: 1_000_000, variance: 1e10, bytes_from_flows: 0 });
    let told = Told::Measured(Sums { samples: 1_000, packets: 1, bytes: 500_000, variance: 1e10, bytes_from_flows: 0 });
    let share = Shares::of(&exchange, &[member(1, told, measured(0), measured(0))], MONTH).exchanged.unwrap();
    // L/I = 2, se² = 1e10/1e12 + 1e10/25e10 = 0.05.
    let half = 1.96 * 0.05_f64.sqrt();
    let logistic = |logit: f64| 1.0 / (1.0 + (-logit).exp());
    is(Some(share), logistic(2.0_f64.ln() - half), logistic(2.0_f64.ln() + half));
    assert!((share.middle().unwrap() - 2.0 / 3.0).abs() < 1e-12);
}

#[test]
fn several_exchanges_add_up() {
    let mut both = economy();
    both.merge(&exchange(&[(Domestic, Domestic, 1_000)]));
    is(Shares::of(&both, &members(), MONTH).domestic, 1_500.0 / 2_000.0, 1_550.0 / 2_000.0);
}

#[test]
fn a_trombone_lies_between_the_strict_and_the_loose_reading() {
    let mut trombone = Trombone { strict: exactly(30), loose: exactly(50), transit: exactly(200) };
    trombone.merge(&Trombone { strict: exactly(10), loose: exactly(10), transit: exactly(100) });
    is(trombone.share(), 40.0 / 300.0, 60.0 / 300.0);
    assert_eq!(Trombone::default().share(), None);
}
