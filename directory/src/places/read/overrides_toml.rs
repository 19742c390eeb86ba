//! Overrides in TOML: `"192.0.2.0/24" = "TJ"` under `[places]`, or blocks `[[place]]` with `place`, `economy` and a `note`.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::layer::{Layer, LayerBuilder};
use super::lines::{self, Fault};
use super::{Refused, overrides};
use crate::refusal::{Lines, Place, shortened};

/// A section whose keys are prefixes and networks, and whose values are economies.
const SECTION: &str = "places";

/// A block of one override.
const BLOCK: &str = "place";

/// Keys of a block.
const KEYS: [&str; 3] = ["place", "economy", "note"];

pub(super) fn read(octets: &[u8]) -> Result<Layer, Refused> {
    let octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
    let lines_of = Lines::of(octets);
    let text = str::from_utf8(octets).map_err(|error| {
        Refused::new(format!("holds octets that are no UTF-8 in {}; save the file as UTF-8", lines_of.place(error.valid_up_to())))
    })?;
    let root = DeTable::parse(text).map_err(|error| {
        let place = error.span().map_or(Place::List, |span| lines_of.place(span.start));
        Refused::new(format!("is no TOML in {place}: {}", error.message().replace('\n', ", ")))
    })?;
    let mut found = Found { lines: lines_of, builder: LayerBuilder::default() };
    for (key, value) in root.get_ref() {
        match (key.get_ref().as_ref(), value.get_ref()) {
            (SECTION, DeValue::Table(table)) => found.section(table),
            (BLOCK, DeValue::Array(blocks)) => found.blocks(blocks),
            (other, _) => {
                let what = format!("`{}` is neither [{SECTION}] nor [[{BLOCK}]] and was left out", shortened(other));
                found.note(key.span().start, || what);
                Ok(())
            }
        }?;
    }
    lines::finish(found.builder, "a list of overrides")
}

struct Found {
    lines: Lines,
    builder: LayerBuilder,
}

impl Found {
    fn section(&mut self, table: &DeTable<'_>) -> Result<(), Refused> {
        // In the order of the file, so that the first of two is the first.
        let mut keys: Vec<_> = table.iter().collect();
        keys.sort_by_key(|(key, _)| key.span().start);
        keys.into_iter().try_for_each(|(key, value)| self.add(key.span().start, key.get_ref(), value.get_ref()))
    }

    fn blocks(&mut self, blocks: &[Spanned<DeValue<'_>>]) -> Result<(), Refused> {
        blocks.iter().try_for_each(|block| self.block(block))
    }

    fn block(&mut self, block: &Spanned<DeValue<'_>>) -> Result<(), Refused> {
        let start = block.span().start;
        let Some(table) = block.get_ref().as_table() else {
            self.note(start, || format!("is no block and was left out; write [[{BLOCK}]] with its keys below"));
            return Ok(());
        };
        if let Some(key) = table.keys().find(|key| !KEYS.contains(&key.get_ref().as_ref())) {
            let what = format!("`{}` is no key of a [[{BLOCK}]], so it was left out; write {}", shortened(key.get_ref()), KEYS.join(", "));
            self.note(key.span().start, || what);
            return Ok(());
        }
        let Some(place) = table.get(KEYS[0]).and_then(|place| place.get_ref().as_str()) else {
            self.note(start, || "has no `place` and was left out; write a prefix or a network, as in place = \"AS64500\"".into());
            return Ok(());
        };
        match table.get(KEYS[1]) {
            Some(economy) => self.add(start, place, economy.get_ref()),
            None => self.add(start, place, &DeValue::String("".into())),
        }
    }

    fn add(&mut self, start: usize, place: &str, economy: &DeValue<'_>) -> Result<(), Refused> {
        let added = match economy.as_str() {
            Some(economy) => overrides::add(&mut self.builder, place.trim(), economy.trim()),
            None => Err(Fault::Line(format!("the economy of `{}` is no text and was left out; write it in quotes", shortened(place)))),
        };
        match added {
            Err(Fault::Line(what)) => self.note(start, || what),
            Err(Fault::File(refused)) => return Err(refused),
            Ok(()) => {}
        }
        Ok(())
    }

    fn note(&mut self, start: usize, what: impl FnOnce() -> String) {
        let place = self.lines.place(start);
        self.builder.notes.add(|| format!("{place}: {}", what()));
    }
}
