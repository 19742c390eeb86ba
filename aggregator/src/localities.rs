//! Where both ends of a frame are. Addresses are looked up and forgotten.

use directory::places::Places;
use schema::sample::IpPair;
use schema::{Localities, Locality, Party};

/// Where both addresses are; what is not to be seen is unknown.
#[inline]
pub(crate) fn of_addresses(places: &Places, ips: Option<IpPair>) -> Localities {
    match ips {
        Some(IpPair::V4 { src, dst }) => Localities { src: places.locality_4(src.to_bits()), dst: places.locality_4(dst.to_bits()) },
        Some(IpPair::V6 { src, dst }) => Localities { src: places.locality(src.into()), dst: places.locality(dst.into()) },
        None => Localities::UNKNOWN,
    }
}

/// The same for a cell: what a member sends that stands on the list of local caches is local, wherever its addresses are.
pub(crate) fn of_cell(places: &Places, found: Localities, src: Party) -> Localities {
    let is_cache = src.asn().is_some_and(|member| places.is_local_cache(member).is_some());
    if is_cache { Localities { src: Locality::LocalCache, ..found } } else { found }
}
