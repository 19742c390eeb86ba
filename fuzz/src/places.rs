//! Files of economies and networks: what an operator writes, what others publish, and what other programs make.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use directory::places::{Home, Layer, MAX_NOTES, PlaceSource, Places, SourceKind, read};
use schema::{Economy, Locality};

use crate::memory::Bound;

/// A file is read through buffers of fixed length, and a line becomes one entry. What is packed becomes some thousand times as long, but is not kept:
/// what an entry of it takes is bounded by the lines that its octets can be unpacked to.
const MEMORY: Bound = Bound { fixed: 4 * 1024 * 1024, per_octet: 512 };

/// What is read whole before it is understood, as databases are, may be packed.
const PACKED: Bound = Bound { fixed: 4 * 1024 * 1024, per_octet: 256 * 1024 };

/// Characters of the longest sentence: what is quoted from the file is shortened.
const LONGEST_SENTENCE: usize = 1_000;

/// Reads the input as the operator's own list, in CSV or TOML.
pub fn overrides(input: &[u8]) -> u64 {
    run(SourceKind::Overrides, input)
}

/// Reads the input as a geofeed.
pub fn geofeed(input: &[u8]) -> u64 {
    run(SourceKind::Geofeed, input)
}

/// Reads the input as a registry's statistics.
pub fn registry(input: &[u8]) -> u64 {
    run(SourceKind::Registry, input)
}

/// Reads the input as a routing table.
pub fn routes(input: &[u8]) -> u64 {
    run(SourceKind::Routes, input)
}

/// Reads the input as a database of economies, and as one of networks.
pub fn database(input: &[u8]) -> u64 {
    run(SourceKind::Economies, input) + run(SourceKind::Networks, input)
}

/// Reads the input as a list of local caches.
pub fn caches(input: &[u8]) -> u64 {
    run(SourceKind::LocalCache, input)
}

/// A file is read or refused in one sentence; how much it says.
fn run(kind: SourceKind, input: &[u8]) -> u64 {
    let packed = input.starts_with(b"\x1f\x8b") || input.starts_with(b"BZh");
    match (if packed { PACKED } else { MEMORY }).keep(input.len(), || read(kind, input)).result {
        Ok(layer) => check(kind, layer),
        Err(refused) => {
            check_sentence(&refused.to_string());
            0
        }
    }
}

/// What a table of one file says must agree with itself.
fn check(kind: SourceKind, layer: Layer) -> u64 {
    assert!(layer.notes().len() <= MAX_NOTES && layer.notes().len() as u64 <= layer.left_out());
    layer.notes().iter().for_each(|note| check_sentence(note));
    let said = (layer.prefixes_4() + layer.prefixes_6() + layer.networks()) as u64;
    assert_eq!(said == 0, layer.is_empty());
    let home = Economy::of_code(*b"TJ").map(Home::from).unwrap_or_default();
    let places = Places::new(home, &[(PlaceSource { kind, file: "input".into() }, Arc::new(layer))]);
    // Both ends of everything, and steps between.
    for step in 0..=16_u32 {
        check_place(&places, Ipv4Addr::from_bits((u32::MAX / 16).saturating_mul(step)).into());
        check_place(&places, Ipv6Addr::from_bits((u128::MAX / 16).saturating_mul(step.into())).into());
    }
    said
}

fn check_place(places: &Places, address: std::net::IpAddr) {
    let place = places.place(address);
    assert_eq!(places.locality(address), place.locality, "{address}");
    assert_eq!(place.locality == Locality::LocalCache, place.cache_by.is_some());
    assert!(place.economy.is_none() || place.economy_by.is_some(), "{address} has an economy by nobody");
    assert_eq!(place.network.is_some(), place.network_by.is_some());
}

fn check_sentence(sentence: &str) {
    assert!(!sentence.is_empty() && sentence.chars().count() <= LONGEST_SENTENCE, "no sentence, or a long one: {sentence}");
    assert!(!sentence.contains(char::is_control), "more than one line: {sentence:?}");
}
