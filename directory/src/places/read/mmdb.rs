//! Databases in `MaxMind`'s format (mmdb), of whichever publisher: economies, or networks.
//!
//! Of an economy only where the address is said to *be* is taken: `country.iso_code`, or the texts `country_code` or `country` of other publishers. Where a record has
//! only `registered_country`, it says nothing: registration is what the registries' own statistics are for.

use std::collections::HashMap;

use maxminddb::{PathElement, Reader, WithinOptions};
use schema::{Asn, Economy, Timestamp};

use super::super::address::{AnyPrefix, Bits, Prefix};
use super::super::layer::{Layer, LayerBuilder};
use super::Refused;
use super::input::Input;
use crate::field;
use crate::refusal::shortened;

/// Octets of a node of the tree, at least (its two records have 24 bits each).
const NODE_OCTETS: usize = 6;

/// Networks that are looked at for each node of the tree. A tree has one more than it has nodes; one whose nodes lead to the same over and over has no end.
const NETWORKS_A_NODE: usize = 2;

/// Where publishers write the economy.
const ECONOMY: [&[PathElement<'static>]; 3] =
    [&[PathElement::Key("country"), PathElement::Key("iso_code")], &[PathElement::Key("country_code")], &[PathElement::Key("country")]];

/// Where publishers write the network.
const NETWORK: [&[PathElement<'static>]; 2] = [&[PathElement::Key("autonomous_system_number")], &[PathElement::Key("asn")]];

type Database = Reader<Vec<u8>>;
type Found<'d> = maxminddb::LookupResult<'d, Vec<u8>>;

/// A database of economies.
pub(super) fn economies(input: Input<'_>) -> Result<Layer, Refused> {
    read(input, &economy, "economies: its records have no `country.iso_code`, `country_code` or `country`")
}

/// A database of networks.
pub(super) fn networks(input: Input<'_>) -> Result<Layer, Refused> {
    read(input, &network, "networks: its records have no `autonomous_system_number` or `asn`")
}

fn read(input: Input<'_>, value: &dyn Fn(&Found<'_>) -> Option<u32>, nothing: &str) -> Result<Layer, Refused> {
    let octets = input.whole()?;
    let most = octets.len() / NODE_OCTETS * NETWORKS_A_NODE;
    let database = Reader::from_source(octets).map_err(|error| broken("is no database in MaxMind's format", &error))?;
    let kind = shortened(&database.metadata().database_type);
    let mut builder = LayerBuilder::flat();
    let epoch = i64::try_from(database.metadata().build_epoch).ok().and_then(|seconds| seconds.checked_mul(1_000));
    builder.made = epoch.map(Timestamp);
    add_all(&database, most, value, &mut builder)?;
    if builder.is_empty() {
        return Err(Refused::new(format!("is a database of the type `{kind}`, and holds no {nothing}; name another file")));
    }
    Ok(builder.finish())
}

/// Adds the networks that have a value, of `most` that are looked at.
fn add_all(database: &Database, most: usize, value: &dyn Fn(&Found<'_>) -> Option<u32>, builder: &mut LayerBuilder) -> Result<(), Refused> {
    // Networks without data are asked for, too: else one step of a broken tree might go through more of them than there is time for.
    let options = WithinOptions::default().include_networks_without_data();
    let networks = database.networks(options).map_err(|error| broken("has no tree that can be read", &error))?;
    // Most networks share their records with many others.
    let mut known: HashMap<usize, Option<u32>> = HashMap::new();
    for (step, found) in networks.enumerate() {
        if step > most {
            return Err(Refused::new("has a tree that leads to the same places over and over: it is broken; fetch it again"));
        }
        let found = found.map_err(|error| broken("cannot be read to its end", &error))?;
        let Some(offset) = found.offset() else { continue };
        let Some(value) = *known.entry(offset).or_insert_with(|| value(&found)) else { continue };
        let network = found.network().map_err(|error| broken("cannot be read to its end", &error))?;
        builder.add(prefix(network.ip(), network.prefix()), value)?;
    }
    Ok(())
}

fn prefix(address: std::net::IpAddr, len: u8) -> AnyPrefix {
    match address {
        std::net::IpAddr::V4(address) => AnyPrefix::V4(Prefix { first: address.to_bits().first_of(len), len }),
        std::net::IpAddr::V6(address) => AnyPrefix::V6(Prefix { first: address.to_bits().first_of(len), len }),
    }
}

fn economy(found: &Found<'_>) -> Option<u32> {
    let texts = ECONOMY.iter().filter_map(|path| found.decode_path::<&str>(path).ok().flatten());
    let economy = texts.filter_map(|text| text.parse::<Economy>().ok()).next()?;
    Some(economy.number().into())
}

fn network(found: &Found<'_>) -> Option<u32> {
    let number = |path: &&[PathElement<'_>]| found.decode_path::<u32>(path).ok().flatten().map(Asn);
    let text = |path: &&[PathElement<'_>]| found.decode_path::<&str>(path).ok().flatten().and_then(field::asn);
    let asn = NETWORK.iter().find_map(|path| number(path).or_else(|| text(path)))?;
    field::is_a_network(asn).then_some(asn.0)
}

fn broken(what: &str, error: &maxminddb::MaxMindDbError) -> Refused {
    Refused::new(format!("{what} ({}); fetch it again", shortened(&error.to_string())))
}
