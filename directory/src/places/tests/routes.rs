//! Routing tables in MRT's format, and a second opinion on them by `bgpkit-parser`.

use std::collections::BTreeMap;

use bgpkit_parser::BgpkitParser;
use proptest::prelude::*;
use schema::{Asn, Timestamp};

use super::super::address::{AnyPrefix, Bits};
use super::*;

/// Prefix → network, 0 for none.
fn networks(table: &[u8]) -> BTreeMap<String, u32> {
    let layer = layer(SourceKind::Routes, table);
    let v4 = layer.v4.iter().map(|entry| (format!("{}/{}", std::net::Ipv4Addr::from_bits(entry.first), entry.len), entry.value));
    let v6 = layer.v6.iter().map(|entry| (format!("{}/{}", std::net::Ipv6Addr::from_bits(entry.first), entry.len), entry.value));
    v4.chain(v6).collect()
}

fn network(paths: &[&[u32]]) -> u32 {
    networks(&made::routes(&[("192.0.2.0/24", paths)]))["192.0.2.0/24"]
}

#[test]
fn the_last_network_of_most_routes_is_the_prefix_s() {
    assert_eq!(network(&[&[1, 2, 3]]), 3);
    assert_eq!(network(&[&[1, 9], &[2, 3], &[4, 3]]), 3);
    assert_eq!(network(&[&[1, 9], &[2, 3]]), 3, "of two with as many routes, the lower number");
    assert_eq!(network(&[&[], &[]]), 100, "an empty path is of the peer's own network");
    assert_eq!(network(&[&[5, 23_456]]), 0, "a stand-in for a number that does not fit is no network");
    assert_eq!(network(&[&[5, 0], &[1, 9]]), 9, "a network goes before none");
}

#[test]
fn sets_and_confederations() {
    let of = |segments: &[Vec<u8>]| {
        let table = [made::peers(), made::rib("192.0.2.0/24", &[segments.concat()])].concat();
        networks(&table)["192.0.2.0/24"]
    };
    let sequence = made::segment(2, &[1, 2]);
    assert_eq!(of(&[sequence.clone(), made::segment(1, &[7, 8])]), 0);
    assert_eq!(of(&[sequence.clone(), made::segment(1, &[7])]), 7);
    assert_eq!(of(&[made::segment(3, &[65_000]), sequence.clone()]), 2);
    assert_eq!(of(&[sequence, made::segment(3, &[65_000])]), 2);
    assert_eq!(of(&[made::segment(4, &[65_000])]), 100);
}

#[test]
fn both_versions_are_read_and_a_default_route_is_nobodys() {
    let table =
        made::routes(&[("0.0.0.0/0", &[&[1]]), ("2001:db8::/32", &[&[1, 2]]), ("198.51.100.128/25", &[&[1, 3]]), ("::/0", &[&[1]])]);
    assert_eq!(networks(&table), [("2001:db8::/32".to_owned(), 2), ("198.51.100.128/25".to_owned(), 3)].into());
    let nobodys = [table.clone(), made::rib("203.0.113.0/24", &[])].concat();
    assert_eq!((networks(&nobodys), layer(SourceKind::Routes, &nobodys).left_out()), (networks(&table), 0), "without a route");
    assert_eq!(layer(SourceKind::Routes, &table).made(), Some("2026-11-01".parse::<Timestamp>().unwrap()));
}

#[test]
fn a_broken_record_costs_itself_and_one_that_is_cut_the_file() {
    let good = made::routes(&[("192.0.2.0/24", &[&[1, 2]])]);
    let other = [made::record(13, 2, &[0, 0, 0, 1, 99]), made::record(13, 2, &[0; 6]), made::record(16, 4, b"an update")].concat();
    let table = [good.clone(), other].concat();
    let read_back = layer(SourceKind::Routes, &table);
    assert_eq!(read_back.notes(), ["record 3 is broken and was left out", "record 4 is broken and was left out"]);
    assert_eq!(read_back.prefixes_4(), 1);
    let peers = made::peers().len();
    for end in (1..good.len()).filter(|end| *end != peers) {
        assert!(refused(SourceKind::Routes, &good[..end]).starts_with("ends in the middle of a record"), "{end}");
    }
    assert!(refused(SourceKind::Routes, &good[..peers]).starts_with("holds no routes in the 1 records"));
    assert!(refused(SourceKind::Routes, "<html> there is nothing here").contains("has a record of"));
    assert!(refused(SourceKind::Routes, b"").starts_with("holds no routes in the 0 records"));
}

/// What another decoder finds: the last network of each path that ends in one.
fn by_bgpkit(table: &[u8]) -> BTreeMap<String, Vec<u32>> {
    let mut found: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for element in BgpkitParser::from_reader(table) {
        let origins = element.origin_asns.unwrap_or_default();
        found.entry(element.prefix.prefix.to_string()).or_default().extend(origins.iter().map(|asn| asn.to_u32()));
    }
    found
}

fn prefix() -> impl Strategy<Value = String> {
    let v4 = (any::<u32>(), 1_u8..=32).prop_map(|(first, len)| format!("{}/{len}", std::net::Ipv4Addr::from_bits(first.first_of(len))));
    let v6 = (any::<u128>(), 1_u8..=128).prop_map(|(first, len)| format!("{}/{len}", std::net::Ipv6Addr::from_bits(first.first_of(len))));
    // What lies in the space of IPv4 that IPv6 has is written otherwise.
    prop_oneof![v4, v6].prop_filter("mapped", |text| text.contains('.') != matches!(AnyPrefix::parse(text), Ok(AnyPrefix::V6(_))))
}

proptest! {
    #[test]
    fn another_decoder_finds_the_same_networks(announced in prop::collection::btree_map(prefix(), prop::collection::vec(prop::collection::vec(1_u32..20_000, 1..6), 1..8), 1..12)) {
        let paths: Vec<(&String, Vec<&[u32]>)> = announced.iter().map(|(prefix, paths)| (prefix, paths.iter().map(Vec::as_slice).collect())).collect();
        let announced: Vec<made::Announced<'_>> = paths.iter().map(|(prefix, paths)| (prefix.as_str(), paths.as_slice())).collect();
        let table = made::routes(&announced);
        let (ours, theirs) = (networks(&table), by_bgpkit(&table));
        prop_assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
        for (prefix, network) in &ours {
            let votes = |wanted: u32| theirs[prefix].iter().filter(|origin| **origin == wanted).count();
            let most = theirs[prefix].iter().map(|origin| votes(*origin)).max().unwrap();
            let best = theirs[prefix].iter().copied().filter(|origin| votes(*origin) == most).min();
            prop_assert_eq!(Some(*network), best, "{}", prefix);
        }
    }

    #[test]
    fn whatever_comes_is_read_or_refused(octets: Vec<u8>, kind in 0_usize..7) {
        let _ = read(SourceKind::ALL[kind], octets.as_slice());
    }
}

#[test]
fn a_network_is_asked_of_the_longest_prefix() {
    let table = made::routes(&[("10.0.0.0/8", &[&[1, 2]]), ("10.1.0.0/16", &[&[1, 3]]), ("10.1.1.0/24", &[&[1, 0]])]);
    let table = places(&[(SourceKind::Routes, &table)]);
    let found = ["10.0.0.1", "10.1.0.1", "10.1.1.1", "10.1.2.1"].map(|address| at(&table, address).network);
    assert_eq!(found, [Some(Asn(2)), Some(Asn(3)), None, Some(Asn(3))], "a prefix whose network is not known is not its wider one's");
}
