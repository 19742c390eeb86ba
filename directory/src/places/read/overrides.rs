//! What the operator knows better, in CSV or TOML: the economy of a prefix, or of all that a network announces.
//!
//! ```csv
//! place,economy,note
//! 192.0.2.0/24,TJ,an exchange's own prefix that another registry lists
//! AS64500,TJ,registered abroad and used here
//! ```

use super::super::layer::{Layer, LayerBuilder};
use super::input::Input;
use super::lines::{self, Fault};
use super::values::{self, Listed};
use super::{Refused, overrides_toml};
use crate::refusal::shortened;

/// What the first two columns are called.
const HEADER: [&str; 2] = ["place", "economy"];

pub(super) fn read(input: Input<'_>) -> Result<Layer, Refused> {
    let text = input.whole()?;
    if is_toml(&text) {
        return overrides_toml::read(&text);
    }
    let mut builder = LayerBuilder::default();
    let mut first = true;
    let input = super::input::unpacked(text.as_slice(), super::SourceKind::Overrides)?;
    lines::each(input, &mut builder, |builder, text| line(builder, text, std::mem::take(&mut first)))?;
    lines::finish(builder, "a list of overrides, `place,economy`")
}

/// Whether the first line that says something is TOML's: a table or a key.
fn is_toml(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let lines = text.split(|octet| *octet == b'\n').map(<[u8]>::trim_ascii);
    let said = lines.into_iter().find(|line| !line.is_empty() && !line.starts_with(b"#"));
    said.is_some_and(|line| line.starts_with(b"[") || line.contains(&b'='))
}

fn line(builder: &mut LayerBuilder, line: &str, first: bool) -> Result<(), Fault> {
    // Spreadsheets write a semicolon where the comma is the decimal sign.
    let delimiter = if line.contains(';') && !line.contains(',') { ';' } else { ',' };
    let mut fields = lines::fields(line, delimiter);
    let (place, economy) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
    if first && place.eq_ignore_ascii_case(HEADER[0]) && economy.eq_ignore_ascii_case(HEADER[1]) {
        return Ok(());
    }
    add(builder, &place, &economy)
}

/// Adds an override. Whoever means "no place" must say so: an empty field is more likely forgotten.
pub(super) fn add(builder: &mut LayerBuilder, place: &str, economy: &str) -> Result<(), Fault> {
    let what = values::listed(place)?;
    if economy.is_empty() {
        return Err(Fault::Line(format!("`{}` has no economy and was left out; write one as in TJ, or ZZ for none", shortened(place))));
    }
    let economy = values::economy_or_none(economy)?;
    match what {
        Listed::Prefix(prefix) => builder.add(prefix, economy.into())?,
        Listed::Network(asn) => builder.add_networks(asn, asn, economy)?,
    }
    Ok(())
}
