//! Geofeeds (RFC 8805): `prefix,country,region,city,postal`, published by whoever holds the prefixes.
//!
//! Only the first two are read. A prefix without a country, or with `ZZ`, is one of which its holder says that it has no place: that is an answer,
//! and nobody further down is asked.

use super::super::layer::{Layer, LayerBuilder};
use super::input::Input;
use super::lines::{self, Fault};
use super::{Refused, values};

pub(super) fn read(input: Input<'_>) -> Result<Layer, Refused> {
    let mut builder = LayerBuilder::default();
    lines::each(input, &mut builder, line)?;
    lines::finish(builder, "a geofeed, `prefix,country,…`")
}

fn line(builder: &mut LayerBuilder, line: &str) -> Result<(), Fault> {
    let mut fields = lines::fields(line, ',');
    let prefix = values::prefix(&fields.next().unwrap_or_default())?;
    let economy = values::economy_or_none(&fields.next().unwrap_or_default())?;
    Ok(builder.add(prefix, economy.into())?)
}
