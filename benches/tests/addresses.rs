//! The table of places: both ways to look up give the same, nothing is allocated, and it stays small.

use std::net::Ipv4Addr;

use allocation_counter::measure;
use benches::addresses::Addresses;

/// Octets that a table of a full routing table may take: it must leave room for everything else in a machine of one gigabyte.
const MOST_OCTETS: usize = 64 << 20;

#[test]
fn a_table_of_the_world_is_small_right_and_allocates_nothing() {
    let made = Addresses::made().unwrap();
    let search = made.search();
    assert!(made.places.octets() < MOST_OCTETS, "{} octets", made.places.octets());
    for address in made.busy.iter().chain(&made.far) {
        let network = made.places.place(Ipv4Addr::from_bits(*address).into()).network;
        assert_eq!(network.map_or(0, |asn| asn.0), search.network(*address), "{}", Ipv4Addr::from_bits(*address));
    }
    let allocated = measure(|| {
        let sum = |address: &u32| {
            made.places.locality_4(*address) as u64 + u64::from(made.places.place(Ipv4Addr::from_bits(*address).into()).network.is_some())
        };
        let known: u64 = made.far.iter().map(sum).sum();
        let known_6 = made.busy_6.iter().filter(|address| made.places.place(**address).network.is_some()).count();
        assert_eq!((known, known_6), (made.far.len() as u64, made.busy_6.len()));
    });
    assert_eq!(allocated.count_total, 0);
}
