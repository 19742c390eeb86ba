//! `chorsu lookup`: what is known of an address, and by which file.

use std::net::IpAddr;

use directory::places::{Gazetteer, Home, PlaceSource, Places, SourceState};
use schema::{Asn, Economy, Locality, Timestamp};
use serde::Serialize;

use crate::cli::{Lookup, LookupFormat, Wanted};
use crate::config::Config;
use crate::failure::{Context, Failure, Outcome, print};
use crate::tables::{Align, printable, table};

/// All that was found, as JSON has it.
#[derive(Serialize)]
struct Found {
    home: String,
    economies: Vec<Economy>,
    addresses: Vec<OfAddress>,
    networks: Vec<OfNetwork>,
    sources: Vec<OfSource>,
}

#[derive(Serialize)]
struct OfAddress {
    address: IpAddr,
    locality: Locality,
    economy: Option<Economy>,
    /// Which file decided, `null` where none says anything.
    economy_by: Option<By>,
    asn: Option<Asn>,
    asn_by: Option<By>,
    asn_registered_in: Option<Economy>,
    asn_registered_by: Option<By>,
    local_cache_by: Option<By>,
}

#[derive(Serialize)]
struct OfNetwork {
    asn: Asn,
    registered_in: Option<Economy>,
    registered_by: Option<By>,
    overridden: Option<Economy>,
    overridden_by: Option<By>,
    local_cache_by: Option<By>,
}

/// A file by its kind and its path.
#[derive(Clone, Serialize)]
struct By {
    kind: &'static str,
    file: String,
    data_of: Option<Timestamp>,
}

#[derive(Serialize)]
struct OfSource {
    #[serde(flatten)]
    by: By,
    ipv4_prefixes: usize,
    ipv6_prefixes: usize,
    networks: usize,
    left_out: u64,
}

pub(crate) fn lookup(asked: &Lookup) -> Outcome {
    let (home, sources) = wanted_files(asked)?;
    let mut gazetteer = Gazetteer::new(home, sources);
    gazetteer.refresh(Timestamp::now());
    let refused: Vec<&str> = gazetteer.states().filter_map(|state| state.refused.as_deref()).collect();
    if !refused.is_empty() {
        return Err(Failure::several(&refused));
    }
    let states: Vec<SourceState> = gazetteer.states().cloned().collect();
    let found = Seen { places: &gazetteer.places().load(), states: &states }.all(&asked.wanted);
    match asked.format {
        LookupFormat::Table => print(text(&found)),
        LookupFormat::Json => {
            let json = serde_json::to_string_pretty(&found).context("what was found cannot be written as JSON")?;
            print(json + "\n")
        }
    }
}

fn wanted_files(asked: &Lookup) -> Outcome<(Home, Vec<PlaceSource>)> {
    if let Some(home) = asked.home {
        return Ok((Home::from(home), asked.files.sources()));
    }
    let config = Config::load(&asked.config).map_err(|mistakes| Failure::several(&mistakes))?;
    let (file, off) = (asked.config.display(), config.layer2_only);
    let economy = config.economy.ok_or_else(|| {
        let why = if off { "`privacy.layer2_only` switches look-ups off" } else { "`economy.home` is not set" };
        Failure::new(format!("{file}: {why}; change that, or name a home and files on the command line (chorsu lookup --help)"))
    })?;
    Ok((economy.home, economy.sources))
}

/// A table, and how its files are.
struct Seen<'a> {
    places: &'a Places,
    states: &'a [SourceState],
}

impl Seen<'_> {
    fn all(&self, wanted: &[Wanted]) -> Found {
        let addresses = wanted.iter().filter_map(|wanted| if let Wanted::Address(address) = wanted { Some(*address) } else { None });
        let networks = wanted.iter().filter_map(|wanted| if let Wanted::Network(asn) = wanted { Some(*asn) } else { None });
        Found {
            home: self.places.home().name().to_owned(),
            economies: self.places.home().economies().to_vec(),
            addresses: addresses.map(|address| self.address(address)).collect(),
            networks: networks.map(|asn| self.network(asn)).collect(),
            sources: self.states.iter().map(source).collect(),
        }
    }

    fn address(&self, address: IpAddr) -> OfAddress {
        let place = self.places.place(address);
        OfAddress {
            address,
            locality: place.locality,
            economy: place.economy,
            economy_by: self.by(place.economy_by),
            asn: place.network,
            asn_by: self.by(place.network_by),
            asn_registered_in: place.registered,
            asn_registered_by: self.by(place.registered_by),
            local_cache_by: self.by(place.cache_by),
        }
    }

    fn network(&self, asn: Asn) -> OfNetwork {
        let (registered, overridden) = (self.places.registered(asn), self.places.overridden(asn));
        OfNetwork {
            asn,
            registered_in: registered.map(|(economy, _)| economy),
            registered_by: self.by(registered.map(|(_, source)| source)),
            overridden: overridden.map(|(economy, _)| economy),
            overridden_by: self.by(overridden.map(|(_, source)| source)),
            local_cache_by: self.by(self.places.is_local_cache(asn)),
        }
    }

    /// Every file was read, so the table numbers them as they stand here.
    fn by(&self, source: Option<u8>) -> Option<By> {
        self.states.get(usize::from(source?)).map(by)
    }
}

fn by(state: &SourceState) -> By {
    By { kind: state.source.kind.name(), file: state.source.file.display().to_string(), data_of: state.data_of() }
}

fn source(state: &SourceState) -> OfSource {
    let layer = state.layer.as_deref();
    OfSource {
        by: by(state),
        ipv4_prefixes: layer.map_or(0, |layer| layer.prefixes_4()),
        ipv6_prefixes: layer.map_or(0, |layer| layer.prefixes_6()),
        networks: layer.map_or(0, |layer| layer.networks()),
        left_out: layer.map_or(0, |layer| layer.left_out()),
    }
}

fn text(found: &Found) -> String {
    let codes: Vec<&str> = found.economies.iter().map(Economy::code).collect();
    let group = if codes == [found.home.as_str()] { String::new() } else { format!(" ({})", codes.join(", ")) };
    let mut text = format!("seen from {}{group}\n\n", found.home);
    if !found.addresses.is_empty() {
        let heads =
            ["Address", "Locality", "Economy", "Decided by", "Network", "Decided by", "Registered in"].map(|head| (head, Align::Left));
        text += &table(&heads, found.addresses.iter().map(address_row));
    }
    if !found.networks.is_empty() {
        let heads = ["Network", "Registered in", "Said by", "Overridden", "Local cache"].map(|head| (head, Align::Left));
        text += if found.addresses.is_empty() { "" } else { "\n" };
        text += &table(&heads, found.networks.iter().map(network_row));
    }
    text
}

fn address_row(of: &OfAddress) -> Vec<String> {
    let decided = of.local_cache_by.as_ref().or(of.economy_by.as_ref());
    vec![
        of.address.to_string(),
        of.locality.to_string(),
        said(of.economy),
        file(decided),
        said(of.asn),
        file(of.asn_by.as_ref()),
        said(of.asn_registered_in),
    ]
}

fn network_row(of: &OfNetwork) -> Vec<String> {
    vec![of.asn.to_string(), said(of.registered_in), file(of.registered_by.as_ref()), said(of.overridden), file(of.local_cache_by.as_ref())]
}

fn said(what: Option<impl ToString>) -> String {
    what.map_or_else(|| "–".into(), |what| what.to_string())
}

/// A file with the day of its data.
fn file(by: Option<&By>) -> String {
    let Some(by) = by else { return "–".into() };
    let day = by.data_of.map(|time| time.to_string().chars().take(10).collect::<String>());
    let day = day.map_or_else(String::new, |day| format!(" of {day}"));
    printable(&format!("{} {}{day}", by.kind, by.file))
}
