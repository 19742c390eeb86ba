//! What comes of several files, held against a naive model.

use std::net::Ipv4Addr;

use proptest::prelude::*;
use schema::Asn;

use super::super::address::Prefix;
use super::super::layer::LayerBuilder;
use super::*;

const REGISTRY: &[u8] = b"2|test|20261127|3|19700101|20261127|+0000
test|US|ipv4|10.0.0.0|16777216|20260101|allocated|a
test|TJ|ipv6|2001:db8::|32|20260101|allocated|b
test|US|asn|64500|2|20260101|assigned|a
";

#[test]
fn the_more_believed_kind_decides_however_short_its_prefix_is() {
    let table = places(&[
        (SourceKind::Registry, REGISTRY),
        (SourceKind::Geofeed, b"10.1.0.0/16,TJ\n10.1.2.0/24,\n10.1.4.0/24,DE\n"),
        (SourceKind::Overrides, b"10.1.4.0/23,TJ\n"),
    ]);
    assert_eq!(seen(&table, "10.0.0.1"), (Locality::Foreign, Some(economy("US")), Some(0)));
    assert_eq!(seen(&table, "10.1.1.1"), (Locality::Domestic, Some(economy("TJ")), Some(1)));
    // Its holder says that it has no place, and nobody further down is asked.
    assert_eq!(seen(&table, "10.1.2.3"), (Locality::Unknown, None, Some(1)));
    assert_eq!(seen(&table, "10.1.4.9"), (Locality::Domestic, Some(economy("TJ")), Some(2)));
    assert_eq!(seen(&table, "11.0.0.0"), (Locality::Unknown, None, None));
    assert_eq!(seen(&table, "2001:db8:ffff::1"), (Locality::Domestic, Some(economy("TJ")), Some(0)));
    assert_eq!(seen(&table, "::ffff:10.1.1.1"), seen(&table, "10.1.1.1"));
    assert_eq!(seen(&table, "::"), (Locality::Unknown, None, None));
}

#[test]
fn of_two_files_of_a_kind_the_longer_prefix_counts_and_of_the_same_prefix_the_first_file() {
    let table =
        places(&[(SourceKind::Geofeed, b"10.0.0.0/8,DE\n10.1.0.0/16,FR\n"), (SourceKind::Geofeed, b"10.0.0.0/8,TJ\n10.1.1.0/24,TJ\n")]);
    assert_eq!(seen(&table, "10.2.0.0").1, Some(economy("DE")));
    assert_eq!(seen(&table, "10.1.0.0").1, Some(economy("FR")));
    assert_eq!(seen(&table, "10.1.1.0"), (Locality::Domestic, Some(economy("TJ")), Some(1)));
}

#[test]
fn an_override_of_a_network_needs_its_routes_and_gives_way_to_one_of_a_prefix() {
    let overrides: &[u8] = b"AS64500,TJ\n10.3.0.0/16,DE\n";
    let routes = made::routes(&[("10.0.0.0/8", &[&[7, 64_500]]), ("10.9.0.0/16", &[&[7, 64_502]])]);
    let table = places(&[(SourceKind::Registry, REGISTRY), (SourceKind::Overrides, overrides), (SourceKind::Routes, &routes)]);
    assert_eq!(seen(&table, "10.0.0.1"), (Locality::Domestic, Some(economy("TJ")), Some(1)));
    assert_eq!(seen(&table, "10.3.0.1"), (Locality::Foreign, Some(economy("DE")), Some(1)));
    assert_eq!(seen(&table, "10.9.0.1"), (Locality::Foreign, Some(economy("US")), Some(0)));
    let place = at(&table, "10.0.0.1");
    assert_eq!((place.network, place.network_by), (Some(Asn(64_500)), Some(2)));
    assert_eq!((place.registered, place.registered_by), (Some(economy("US")), Some(0)), "registration is another thing than place");
    assert_eq!(table.overridden(Asn(64_500)), Some((economy("TJ"), 1)));
    assert_eq!((table.registered(Asn(64_501)), table.registered(Asn(64_502))), (Some((economy("US"), 0)), None));
}

#[test]
fn a_local_cache_is_one_by_the_operators_list_alone() {
    let table = places(&[
        (SourceKind::Registry, REGISTRY),
        (SourceKind::LocalCache, b"10.4.0.0/16, a cache at a member's\nAS64501, in the same hall\n"),
    ]);
    let place = at(&table, "10.4.1.1");
    assert_eq!((place.locality, place.economy, place.cache_by), (Locality::LocalCache, Some(economy("US")), Some(1)));
    assert_eq!(at(&table, "10.5.1.1").locality, Locality::Foreign);
    assert_eq!((table.is_local_cache(Asn(64_501)), table.is_local_cache(Asn(64_500))), (Some(1), None));
}

#[test]
fn routes_go_before_a_database_of_networks() {
    let routes = made::routes(&[("10.1.0.0/16", &[&[1, 2]])]);
    let database = made::database("Some-ASN", &[("10.0.0.0/8", made::network(64_511)), ("10.1.1.0/24", made::network(64_510))]);
    let table = places(&[(SourceKind::Networks, &database), (SourceKind::Routes, &routes)]);
    let network = |address| (at(&table, address).network, at(&table, address).network_by);
    assert_eq!(network("10.1.1.1"), (Some(Asn(2)), Some(1)));
    assert_eq!(network("10.2.1.1"), (Some(Asn(64_511)), Some(0)));
    assert_eq!(network("11.0.0.0"), (None, None));
}

/// A file of the model: what it is, and what it says in its order.
type File = (SourceKind, Vec<(Prefix<u32>, u16)>);

/// Prefixes that lie near each other, so that they are often nested, equal or neighbours.
fn prefixes() -> impl Strategy<Value = Vec<(u32, u8, usize)>> {
    prop::collection::vec((0_u32..64, 0_u8..=32, 0_usize..4), 0..40)
}

const CODES: [&str; 4] = ["TJ", "DE", "FR", "ZZ"];

fn number(code: &str) -> u16 {
    code.parse().map(Economy::number).unwrap_or_default()
}

proptest! {
    #[test]
    fn every_address_has_the_answer_of_the_naive_model(files in prop::collection::vec((0_usize..4, prefixes()), 0..5), probes in prop::collection::vec(0_u32..64, 20)) {
        let files: Vec<File> = files
            .iter()
            .map(|(kind, prefixes)| {
                let prefix = |&(near, len, code): &(u32, u8, usize)| {
                    let first = super::super::address::Bits::first_of(0x0a00_0000 | near << 26 | near << 7 | near, len);
                    (Prefix { first, len }, number(CODES[code]))
                };
                (SourceKind::ALL[*kind], prefixes.iter().map(prefix).collect())
            })
            .collect();
        let layers: Vec<_> = files
            .iter()
            .map(|(kind, prefixes)| {
                let mut builder = LayerBuilder::default();
                for (prefix, value) in prefixes {
                    builder.add_4(*prefix, (*value).into()).unwrap();
                }
                (PlaceSource { kind: *kind, file: "x".into() }, Arc::new(builder.finish()))
            })
            .collect();
        let table = Places::new(Home::from(economy("TJ")), &layers);
        let ends = files.iter().flat_map(|(_, prefixes)| prefixes).flat_map(|(prefix, _)| {
            let last = super::super::address::Bits::last_of(prefix.first, prefix.len);
            [prefix.first, prefix.first.wrapping_sub(1), last, last.wrapping_add(1)]
        });
        for address in probes.iter().map(|near| 0x0a00_0000 | near << 26 | near << 7).chain(ends) {
            let expected = naive(&files, address);
            let place = table.place(Ipv4Addr::from_bits(address).into());
            prop_assert_eq!((place.economy_by, place.economy), expected, "{}", Ipv4Addr::from_bits(address));
            prop_assert_eq!(table.locality_4(address), place.locality);
        }
    }
}

/// Of all files, the kind that is believed most and has a prefix that holds the address; of that kind the longest prefix, of several the first.
fn naive(files: &[File], address: u32) -> (Option<u8>, Option<Economy>) {
    let holds = |prefix: &Prefix<u32>| super::super::address::Bits::first_of(address, prefix.len) == prefix.first;
    let mut best: Option<(SourceKind, u8, u8, u16)> = None;
    for (number, (kind, prefixes)) in files.iter().enumerate() {
        for (prefix, value) in prefixes.iter().filter(|(prefix, _)| holds(prefix)) {
            if best.is_none_or(|(best_kind, len, ..)| *kind < best_kind || (*kind == best_kind && prefix.len > len)) {
                best = Some((*kind, prefix.len, u8::try_from(number).unwrap(), *value));
            }
        }
    }
    (best.map(|best| best.2), best.and_then(|best| Economy::of_number(best.3)))
}
