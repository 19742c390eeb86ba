//! Databases in `MaxMind`'s format.

use schema::{Asn, Timestamp};

use super::made::Value;
use super::*;

#[test]
fn economies_are_found_under_the_names_of_several_publishers() {
    let other = |key, code| Value::Map(vec![(key, Value::Text(code))]);
    let database = made::database(
        "Some-Country",
        &[
            ("10.0.0.0/8", made::economy("TJ")),
            ("10.1.0.0/16", other("country_code", "DE")),
            ("10.2.0.0/16", other("country", "FR")),
            // It is registered there, and nobody says where it is.
            ("10.3.0.0/16", Value::Map(vec![("registered_country", Value::Map(vec![("iso_code", Value::Text("US"))]))])),
            ("10.4.0.0/16", made::economy("EU")),
            ("2001:db8::/32", made::economy("UZ")),
        ],
    );
    let table = places(&[(SourceKind::Economies, &database)]);
    let economy_of = |address| at(&table, address).economy.map(|economy| economy.to_string());
    let found = ["10.9.0.1", "10.1.0.1", "10.2.255.255", "10.3.0.1", "10.4.0.1", "2001:db8::1", "11.0.0.1"].map(economy_of);
    assert_eq!(found.map(Option::unwrap_or_default), ["TJ", "DE", "FR", "", "", "UZ", ""]);
    assert_eq!(layer(SourceKind::Economies, &database).made(), Some("2026-11-01".parse::<Timestamp>().unwrap()));
}

#[test]
fn networks_are_numbers_or_texts() {
    let database = made::database(
        "Some-ASN",
        &[
            ("10.0.0.0/8", made::network(64_500)),
            ("11.0.0.0/8", Value::Map(vec![("asn", Value::Text("AS64501"))])),
            ("12.0.0.0/8", made::network(0)),
        ],
    );
    let table = places(&[(SourceKind::Networks, &database)]);
    let found = ["10.0.0.1", "11.0.0.1", "12.0.0.1"].map(|address| at(&table, address).network);
    assert_eq!(found, [Some(Asn(64_500)), Some(Asn(64_501)), None]);
}

#[test]
fn a_database_of_something_else_is_refused_by_its_name() {
    let database = made::database("Some-ASN", &[("10.0.0.0/8", made::network(64_500))]);
    let sentence = refused(SourceKind::Economies, &database);
    assert_eq!(
        sentence,
        "is a database of the type `Some-ASN`, and holds no economies: its records have no `country.iso_code`, `country_code` or `country`; name another file"
    );
    assert!(refused(SourceKind::Networks, "hello").starts_with("is no database in MaxMind's format ("));
}

#[test]
fn a_database_that_is_cut_anywhere_is_refused_or_says_less() {
    let database = made::database("Some-Country", &[("10.0.0.0/8", made::economy("TJ")), ("2001:db8::/32", made::economy("UZ"))]);
    for end in 0..database.len() {
        if let Ok(layer) = read(SourceKind::Economies, &database[..end]) {
            assert!(layer.prefixes_4() <= 1 && layer.prefixes_6() <= 1, "{end}");
        }
    }
}

#[test]
fn a_tree_that_leads_to_the_same_node_over_and_over_has_an_end() {
    // 96 nodes whose both sides lead to the next: 2⁹⁶ ways.
    let mut database = made::database("Some-Country", &[("::/96", made::economy("TJ"))]);
    for node in 0..95_usize {
        let next: [u8; 4] = u32::try_from(node + 1).unwrap().to_be_bytes();
        database[node * 6..node * 6 + 3].copy_from_slice(&next[1..]);
        database[node * 6 + 3..node * 6 + 6].copy_from_slice(&next[1..]);
    }
    assert!(refused(SourceKind::Economies, &database).contains("over and over"));
}
