//! Geofeeds (RFC 8805): `prefix,country,region,city,postal`, published by whoever holds the prefixes.
//!
//! Only the first two are read. A prefix without a country, or with `ZZ`, is one of which its holder says that it has no place: that is an answer,
//! and nobody further down is asked.

use super::super::address::{AnyPrefix, Prefix};
use super::super::layer::{Layer, LayerBuilder};
use super::input::Input;
use super::lines::{self, Fault};
use super::{Refused, values};
use crate::refusal::shortened;

/// The shortest prefixes that a geofeed may speak of. No holder has more than a /8 of IPv4 or a /16 of IPv6; a line that speaks of half the world is a mistake, or
/// meant to be one, and would decide for all who are believed less.
const SHORTEST_4: u8 = 8;
const SHORTEST_6: u8 = 16;

pub(super) fn read(input: Input<'_>) -> Result<Layer, Refused> {
    let mut builder = LayerBuilder::default();
    lines::each(input, &mut builder, line)?;
    lines::finish(builder, "a geofeed, `prefix,country,…`")
}

fn line(builder: &mut LayerBuilder, line: &str) -> Result<(), Fault> {
    let mut fields = lines::fields(line, ',');
    let text = fields.next().unwrap_or_default();
    let prefix = values::prefix(&text)?;
    if is_too_short(prefix) {
        return Err(Fault::Line(format!(
            "`{}` is more than any network holds and was left out; write the prefixes that are meant",
            shortened(&text)
        )));
    }
    let economy = values::economy_or_none(&fields.next().unwrap_or_default())?;
    Ok(builder.add(prefix, economy.into())?)
}

const fn is_too_short(prefix: AnyPrefix) -> bool {
    match prefix {
        AnyPrefix::V4(Prefix { len, .. }) => len < SHORTEST_4,
        AnyPrefix::V6(Prefix { len, .. }) => len < SHORTEST_6,
    }
}
