//! From a file to a [`Layer`].

mod caches;
mod cursor;
mod geofeed;
mod input;
mod lines;
mod mmdb;
mod mrt;
mod overrides;
mod overrides_toml;
mod registry;
mod routes;
mod values;

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader};

use super::layer::Layer;
use super::source::{PlaceSource, SourceKind};

pub use lines::MAX_LINE_OCTETS;

/// Why a whole file is refused: the end of a sentence that begins with the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused {
    what: String,
}

impl Refused {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into() }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Refused {}

/// Octets that are read of a file at once.
const AT_ONCE: usize = 256 * 1024;

/// Loads a file.
pub(crate) fn load(source: &PlaceSource) -> Result<Layer, Refused> {
    let unreadable = |error| Refused::new(format!("cannot be read ({error}); check the path and who may read it"));
    let file = File::open(&source.file).map_err(unreadable)?;
    read(source.kind, BufReader::with_capacity(AT_ONCE, file))
}

/// Reads what a file of such a kind holds; one that was packed by gzip or bzip2 is unpacked on the way.
///
/// # Errors
/// If nothing of it can be understood, if it ends too early, or if it is longer than such a file can be.
pub fn read<'r>(kind: SourceKind, raw: impl BufRead + 'r) -> Result<Layer, Refused> {
    let input = input::unpacked(raw, kind)?;
    match kind {
        SourceKind::Overrides => overrides::read(input),
        SourceKind::Geofeed => geofeed::read(input),
        SourceKind::Economies => mmdb::economies(input),
        SourceKind::Registry => registry::read(input),
        SourceKind::Routes => routes::read(input),
        SourceKind::Networks => mmdb::networks(input),
        SourceKind::LocalCache => caches::read(input),
    }
}
