//! From where is known in which economy and network an address is.

use schema::status::{PlaceSourceStatus, Status};
use schema::{Economy, Timestamp};
use serde::Serialize;

/// The home economy and the files.
#[derive(Serialize)]
pub(super) struct PlacesView<'a> {
    home: &'a str,
    economies: &'a [Economy],
    table_bytes: usize,
    sources: Vec<SourceView<'a>>,
}

#[derive(Serialize)]
struct SourceView<'a> {
    kind: &'static str,
    file: &'a str,
    loaded: Option<Timestamp>,
    data_of: Option<Timestamp>,
    age_seconds: Option<u64>,
    ipv4_prefixes: usize,
    ipv6_prefixes: usize,
    as_ranges: usize,
    left_out: u64,
    notes: &'a [String],
    refused: Option<&'a str>,
}

/// `None` where no home economy is configured.
pub(super) fn view(status: &Status) -> Option<PlacesView<'_>> {
    let places = Some(&status.directory.places).filter(|places| !places.home.is_empty())?;
    Some(PlacesView {
        home: &places.home,
        economies: &places.economies,
        table_bytes: places.octets,
        sources: places.sources.iter().map(|of| source(of, status.at)).collect(),
    })
}

fn source(source: &PlaceSourceStatus, now: Timestamp) -> SourceView<'_> {
    SourceView {
        kind: source.kind,
        file: &source.file,
        loaded: source.loaded,
        data_of: source.data_of,
        age_seconds: source.data_of.map(|time| now.since(time).as_secs()),
        ipv4_prefixes: source.prefixes_4,
        ipv6_prefixes: source.prefixes_6,
        as_ranges: source.networks,
        left_out: source.left_out,
        notes: &source.notes,
        refused: source.refused.as_deref(),
    }
}
