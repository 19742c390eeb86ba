//! The way from octets to an answer.

mod databases;
mod layers;
mod lists;
mod made;
mod reloading;
mod routes;

use std::net::IpAddr;
use std::sync::Arc;

use schema::{Economy, Locality};

use super::{Home, Layer, Place, PlaceSource, Places, SourceKind, read};

fn economy(code: &str) -> Economy {
    code.parse().unwrap()
}

fn layer(kind: SourceKind, text: impl AsRef<[u8]>) -> Layer {
    read(kind, text.as_ref()).unwrap()
}

fn refused(kind: SourceKind, text: impl AsRef<[u8]>) -> String {
    read(kind, text.as_ref()).unwrap_err().to_string()
}

/// The table of such files, seen from Tajikistan.
fn places(files: &[(SourceKind, &[u8])]) -> Places {
    let layers: Vec<_> = files
        .iter()
        .enumerate()
        .map(|(number, (kind, text))| (PlaceSource { kind: *kind, file: number.to_string().into() }, Arc::new(read(*kind, *text).unwrap())))
        .collect();
    Places::new(Home::from(economy("TJ")), &layers)
}

fn at(places: &Places, address: &str) -> Place {
    let address: IpAddr = address.parse().unwrap();
    let place = places.place(address);
    assert_eq!(places.locality(address), place.locality, "both ways to the locality must agree");
    place
}

/// Locality, economy, and the source that decided on it.
fn seen(places: &Places, address: &str) -> (Locality, Option<Economy>, Option<u8>) {
    let place = at(places, address);
    (place.locality, place.economy, place.economy_by)
}
