//! Local caches: what foreign networks serve from inside the economy. One prefix or network a line; what stands behind a comma is a note for people.

use super::super::layer::{Layer, LayerBuilder};
use super::Refused;
use super::input::Input;
use super::lines::{self, Fault};
use super::values::{self, Listed};

/// That it is listed is all that is said.
const LISTED: u16 = 1;

pub(super) fn read(input: Input<'_>) -> Result<Layer, Refused> {
    let mut builder = LayerBuilder::default();
    lines::each(input, &mut builder, line)?;
    lines::finish(builder, "a list of prefixes and networks, one a line")
}

fn line(builder: &mut LayerBuilder, line: &str) -> Result<(), Fault> {
    let what = lines::fields(line, ',').next().unwrap_or_default();
    match values::listed(&what)? {
        Listed::Prefix(prefix) => builder.add(prefix, LISTED.into())?,
        Listed::Network(asn) => builder.add_networks(asn, asn, LISTED)?,
    }
    Ok(())
}
