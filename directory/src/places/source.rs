//! Where what is known of addresses comes from.

use std::path::PathBuf;

/// What a file is, and so how it is read and how far it is believed.
///
/// In the order of belief: of two that say something of the economy of an address, the earlier decides; so of two that name its network.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum SourceKind {
    /// What the operator knows better: prefixes and networks, in CSV or TOML.
    Overrides,
    /// Where the holders of prefixes say that they are used (RFC 8805).
    Geofeed,
    /// A database of economies in `MaxMind`'s format.
    Economies,
    /// To whom a regional registry gave addresses and AS numbers: its delegated-extended statistics.
    Registry,
    /// Which network announces a prefix: a dump of a routing table (MRT, RFC 6396).
    Routes,
    /// A database of networks in `MaxMind`'s format.
    Networks,
    /// What foreign networks serve from inside the economy: prefixes and members, by the operator.
    LocalCache,
}

impl SourceKind {
    /// All of them, the most believed first.
    pub const ALL: [Self; 7] =
        [Self::Overrides, Self::Geofeed, Self::Economies, Self::Registry, Self::Routes, Self::Networks, Self::LocalCache];

    /// Its name in the configuration, the API and the metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Overrides => "overrides",
            Self::Geofeed => "geofeeds",
            Self::Economies => "economy_databases",
            Self::Registry => "registries",
            Self::Routes => "routes",
            Self::Networks => "network_databases",
            Self::LocalCache => "local_cache",
        }
    }

    /// What one such file is, for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Overrides => "the operator's own list",
            Self::Geofeed => "a geofeed",
            Self::Economies => "a database of economies",
            Self::Registry => "a registry's statistics",
            Self::Routes => "a routing table",
            Self::Networks => "a database of networks",
            Self::LocalCache => "the list of local caches",
        }
    }
}

/// One file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlaceSource {
    /// What it is.
    pub kind: SourceKind,
    /// Where it is.
    pub file: PathBuf,
}
