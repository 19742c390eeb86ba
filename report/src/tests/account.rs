//! What becomes of members that are known in several ways, or not at all; and what is said of it.

use std::collections::BTreeSet;

use schema::Locality::{Domestic, Unknown};
use schema::border::Direction;
use schema::{Class, Month};

use super::*;
use crate::books::{Books, Crossed, Link, Listed, Measured};
use crate::volumes::{Said, Volume};
use crate::{Account, Headline, Inputs, Period};

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

/// November, which has 2,592,000 seconds: 8 bit/s are as many octets.
fn november() -> Period {
    Period { from: month("2026-11").start(), to: month("2026-11").end() }
}

const SECONDS: u64 = 2_592_000;

fn volume(member: u32, class: Class, octets: u64) -> Volume {
    Volume {
        month: month("2026-11"),
        member: Asn(member),
        class,
        direction: Direction::Inbound,
        said: Said::Octets(Declared::between(octets, octets)),
        source: "letter".into(),
        note: String::new(),
        line: 2,
    }
}

fn listed(asn: u32) -> Listed {
    Listed { asn: Asn(asn), name: format!("Network {asn}"), port_speed: 8_000 }
}

fn link(member: u32, class: Class, capacity: u64) -> Link {
    Link { member: Asn(member), class, capacity, price: None }
}

/// All that a member can have, declared.
fn all_of(member: u32, transit: u64) -> Vec<Volume> {
    vec![volume(member, Class::Transit, transit), volume(member, Class::Private, 0), volume(member, Class::Cache, 0)]
}

fn account(books: &Books, measured: &Measured, period: Period, members: &[u32], exchange: &Exchange) -> Account {
    let listed: Vec<Listed> = members.iter().copied().map(listed).collect();
    let measured_seconds = period.seconds();
    Account::of(&Inputs { economy: Some("TJ"), period, measured_seconds, exchange, listed: &listed, books, measured })
}

fn says(sentences: &[String], part: &str) -> bool {
    sentences.iter().any(|sentence| sentence.contains(part))
}

fn domestic(octets: u64) -> Exchange {
    exchange(&[(Domestic, Domestic, octets)])
}

#[test]
fn with_the_exchange_alone_it_is_said_what_is_missing() {
    let exchange = exchange(&[(Unknown, Unknown, 1_000)]);
    let account = account(&Books::default(), &Measured::new(), november(), &[1, 2], &exchange);
    assert_eq!((account.shares.exchanged, account.shares.accessible, account.resilience), (None, None, None));
    assert_eq!((account.shares.headline, account.volumes.exchanged), (Headline::Nothing, Declared::between(1_000, 1_000)));
    assert_eq!(account.volumes.local, Declared::between(0, 1_000));
    assert!(says(&account.missing, "an exchange alone sees only what is exchanged"), "{:?}", account.missing);
    assert!(
        says(&account.missing, "no cell of this time tells where its two ends are")
            && says(&account.missing, "no border of a member was measured")
    );
}

#[test]
fn where_a_class_is_measured_and_declared_the_measurement_counts_and_that_is_said() {
    let books = Books { volumes: all_of(1, 900), ..Books::default() };
    let measured = Measured::from([((Asn(1), Class::Transit), Crossed { inbound: Some(exactly(600)), outbound: None })]);
    let account = account(&books, &measured, november(), &[1], &domestic(400));
    assert_eq!(account.volumes.transit, Declared::between(600, 600));
    assert!(says(
        &account.notes,
        "transit of AS1 was measured and declared; the measurement counts, and the declared 900 to 900 octets do not"
    ));
    assert_eq!((account.members[0].transit.name(), account.members[0].private.name()), ("measured", "declared"));
    assert!(account.members[0].transit.sources.is_empty() && account.members[0].private.sources == BTreeSet::from(["letter".to_owned()]));
}

#[test]
fn a_member_that_reports_only_outbound_has_not_told_what_came_in() {
    let crossed = Crossed { inbound: None, outbound: Some(exactly(1_000_000)) };
    let measured = Measured::from([((Asn(1), Class::Transit), crossed)]);
    let books = Books { volumes: all_of(2, 600), links: vec![link(1, Class::Transit, 8)], ..Books::default() };
    let account_of = |books: &Books, measured: &Measured| account(books, measured, november(), &[1, 2], &domestic(400));
    let told = account_of(&books, &measured);
    assert_eq!(told.volumes.transit, Declared::between(600, 600 + SECONDS));
    assert_eq!(told.shares.coverage.reporting, 1);
    assert!(says(&told.notes, "transit of AS1 was reported outbound only"), "{:?}", told.notes);
    // The same of a declaration.
    let mut books = books;
    books.volumes.push(Volume { direction: Direction::Outbound, ..volume(1, Class::Transit, 1_000_000) });
    assert_eq!(account_of(&books, &Measured::new()).volumes.transit, Declared::between(600, 600 + SECONDS));
}

#[test]
fn a_month_that_is_asked_for_in_part_does_not_count_and_one_of_two_counts_for_one() {
    let books = Books { volumes: all_of(1, 500), links: vec![link(1, Class::Transit, 8)], ..Books::default() };
    let half = Period { to: month("2026-11").start().plus(std::time::Duration::from_secs(SECONDS / 2)), ..november() };
    let cut = account(&books, &Measured::new(), half, &[1], &domestic(400));
    assert_eq!(cut.volumes.transit, Declared::between(0, SECONDS / 2));
    assert!(says(&cut.notes, "declared for a month of which only a part is asked for"), "{:?}", cut.notes);
    let two = Period { to: month("2026-12").end(), ..november() };
    let partly = account(&books, &Measured::new(), two, &[1], &domestic(400));
    assert_eq!(partly.volumes.transit, Declared::between(500, 500 + 31 * 86_400));
    assert_eq!((partly.members[0].transit.name(), partly.shares.coverage.reporting), ("partly_declared", 0));
    assert!(says(&partly.notes, "declared for a part of the time only") && partly.shares.exchanged.is_some());
}

#[test]
fn members_without_domestic_users_have_no_part_in_it_and_others_than_members_do() {
    let books = Books { volumes: [all_of(1, 600), all_of(7, 100)].concat(), outside: [Asn(2)].into(), ..Books::default() };
    let account = account(&books, &Measured::new(), november(), &[1, 2], &domestic(300));
    assert_eq!(account.members.iter().map(|row| row.listed.asn.0).collect::<Vec<_>>(), [1, 7]);
    let share = account.shares.accessible.unwrap();
    assert!(share.low.identified && (share.low.share - 0.3).abs() < 1e-12 && (share.high.share - 0.3).abs() < 1e-12, "{share:?}");
    assert!(!says(&account.missing, "do not tell"), "{:?}", account.missing);
}

#[test]
fn a_time_that_was_not_measured_is_bounded_by_the_ports() {
    let (exchange, books) = (domestic(400), Books { volumes: all_of(1, 600), ..Books::default() });
    let known = [listed(1), Listed { port_speed: 8_000, ..listed(2) }];
    let unknown = [listed(1), Listed { port_speed: 0, ..listed(2) }];
    let of = |listed: &[Listed]| {
        let (measured, period) = (Measured::new(), november());
        let measured_seconds = SECONDS - 60;
        Account::of(&Inputs {
            economy: Some("TJ"),
            period,
            measured_seconds,
            exchange: &exchange,
            listed,
            books: &books,
            measured: &measured,
        })
    };
    let bounded = of(&known);
    assert_eq!(bounded.volumes.local, Declared::between(400, 400 + 60 * 2_000));
    assert!(says(&bounded.missing, "not measured for 60 s of this time; what was exchanged then is bounded"), "{:?}", bounded.missing);
    assert_eq!(of(&unknown).volumes.local, Declared { low: 400, high: None });
    assert!(!of(&unknown).shares.exchanged.unwrap().high.identified);
}

#[test]
fn links_of_one_class_add_up_and_none_at_all_is_not_known() {
    let books =
        Books { links: vec![link(1, Class::Transit, 8), link(1, Class::Transit, 16), link(1, Class::Cache, 0)], ..Books::default() };
    let capacities = [Class::Transit, Class::Cache, Class::Private].map(|class| books.capacity(Asn(1), class));
    assert_eq!(capacities, [Some(24), Some(0), None]);
}
