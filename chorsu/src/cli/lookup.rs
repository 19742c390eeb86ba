//! What can be typed after `chorsu lookup`.

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use directory::places::{PlaceSource, SourceKind};
use schema::Asn;

const EXAMPLES: &str = "Reads the files that the configuration's section [economy] names. Nothing is fetched.

Examples:
  chorsu lookup 192.0.2.1 2001:db8::1 --config /etc/chorsu/chorsu.toml
  chorsu lookup AS64500 --format json
  chorsu lookup 192.0.2.1 --home TJ --registries delegated-ripencc-extended-latest";

/// What is looked up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wanted {
    Address(IpAddr),
    Network(Asn),
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(address) = text.parse() {
            return Ok(Self::Address(address));
        }
        let number = text.strip_prefix("AS").or_else(|| text.strip_prefix("as")).unwrap_or(text);
        let asn = number.parse().map(Asn).map_err(|_| "expected an address, as in 192.0.2.1, or a network, as in AS64500")?;
        Ok(Self::Network(asn))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LookupFormat {
    /// For a person
    Table,
    /// Everything, for a program
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Lookup {
    /// Addresses, and networks by their number
    #[arg(required = true, value_name = "ADDRESS|ASN")]
    pub(crate) wanted: Vec<Wanted>,
    /// The configuration file
    #[arg(long, value_name = "FILE", default_value = "chorsu.toml", conflicts_with = "home")]
    pub(crate) config: PathBuf,
    /// Without a configuration: the economy from which it is seen, as in TJ
    #[arg(long, value_name = "CODE")]
    pub(crate) home: Option<schema::Economy>,
    /// What is printed
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: LookupFormat,
    #[command(flatten)]
    pub(crate) files: Files,
}

/// Files that a configuration would name.
#[derive(Debug, Args)]
#[command(next_help_heading = "Files, with --home")]
pub(crate) struct Files {
    /// The operator's own list
    #[arg(long, value_name = "FILE", requires = "home")]
    overrides: Vec<PathBuf>,
    /// Geofeeds (RFC 8805)
    #[arg(long, value_name = "FILE", requires = "home")]
    geofeeds: Vec<PathBuf>,
    /// Databases of economies in MaxMind's format
    #[arg(long, value_name = "FILE", requires = "home")]
    economy_databases: Vec<PathBuf>,
    /// Registries' delegated-extended statistics
    #[arg(long, value_name = "FILE", requires = "home")]
    registries: Vec<PathBuf>,
    /// Dumps of routing tables (MRT)
    #[arg(long, value_name = "FILE", requires = "home")]
    routes: Vec<PathBuf>,
    /// Databases of networks in MaxMind's format
    #[arg(long, value_name = "FILE", requires = "home")]
    network_databases: Vec<PathBuf>,
    /// Local caches: prefixes and members
    #[arg(long, value_name = "FILE", requires = "home")]
    local_cache: Vec<PathBuf>,
}

impl Files {
    /// The files in the order in which they are believed.
    pub(crate) fn sources(&self) -> Vec<PlaceSource> {
        let of = |kind| match kind {
            SourceKind::Overrides => &self.overrides,
            SourceKind::Geofeed => &self.geofeeds,
            SourceKind::Economies => &self.economy_databases,
            SourceKind::Registry => &self.registries,
            SourceKind::Routes => &self.routes,
            SourceKind::Networks => &self.network_databases,
            SourceKind::LocalCache => &self.local_cache,
        };
        let sources = |kind| of(kind).iter().map(move |file| PlaceSource { kind, file: file.clone() });
        SourceKind::ALL.into_iter().flat_map(sources).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_or_a_network_is_wanted() {
        assert_eq!("192.0.2.1".parse(), Ok(Wanted::Address([192, 0, 2, 1].into())));
        assert_eq!(["AS64500", "as64500", "64500"].map(str::parse), [const { Ok(Wanted::Network(Asn(64_500))) }; 3]);
        assert!("example.net".parse::<Wanted>().is_err() && "192.0.2.0/24".parse::<Wanted>().is_err());
    }
}
