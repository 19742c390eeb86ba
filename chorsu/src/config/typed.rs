//! The file as it was typed: sections, blocks, keys and values with their lines.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{KEYS, blocks, names, sections};
use super::values::Read;
use super::{Mistake, nearest};

/// A parsed file from which the known keys are read; what is left over at the end is a mistake.
pub(super) struct Typed<'a> {
    place: &'a str,
    text: &'a str,
    table: DeTable<'a>,
    mistakes: Mistakes,
}

/// Mistakes with the offsets at which they stand.
type Mistakes = Vec<(usize, String)>;

/// The keys of one section, or of one block of those that share a name.
pub(super) struct Keys<'t, 'a> {
    name: &'static str,
    /// `None` where the section is not in the file.
    table: Option<&'t DeTable<'a>>,
    start: usize,
    mistakes: &'t mut Mistakes,
}

/// What was read from a block, and the offset at which the block stands.
pub(super) struct Placed<T> {
    pub(super) start: usize,
    pub(super) value: T,
}

impl<'a> Typed<'a> {
    /// # Errors
    /// Refuses what is no TOML, with the line.
    pub(super) fn parse(place: &'a str, text: &'a str) -> Result<Self, Vec<Mistake>> {
        match DeTable::parse(text) {
            Ok(table) => Ok(Self { place, text, table: table.into_inner(), mistakes: Vec::new() }),
            Err(error) => {
                let what = format!("is not TOML here: {}", error.message().replace('\n', ", "));
                Err(vec![Mistake { place: at(place, text, error.span().map(|span| span.start)), what }])
            }
        }
    }

    /// The keys of a section, which may not be there.
    pub(super) fn section(&mut self, name: &'static str) -> Keys<'_, 'a> {
        let value = self.table.get(name);
        let start = value.map_or(0, |value| value.span().start);
        Keys { name, table: value.and_then(|value| value.get_ref().as_table()), start, mistakes: &mut self.mistakes }
    }

    /// What `read` makes of each block of a name, in the order of the file.
    pub(super) fn blocks<T>(&mut self, name: &'static str, read: impl Fn(&mut Keys<'_, 'a>) -> Option<T>) -> Vec<Placed<T>> {
        let mut placed = Vec::new();
        for block in blocks_of(&self.table, name) {
            let (start, table) = (block.span().start, block.get_ref().as_table());
            // What is no table is told as such by `finish`.
            if table.is_none() {
                continue;
            }
            let mut keys = Keys { name, table, start, mistakes: &mut self.mistakes };
            placed.extend(read(&mut keys).map(|value| Placed { start, value }));
        }
        placed
    }

    /// The line of an offset, as people count.
    pub(super) fn line(&self, start: usize) -> usize {
        line(self.text, start)
    }

    /// Notes a mistake that stands at an offset.
    pub(super) fn mistake(&mut self, start: usize, what: String) {
        self.mistakes.push((start, what));
    }

    /// All mistakes in the order of their lines, unknown keys, sections and blocks among them.
    pub(super) fn finish(mut self) -> Vec<Mistake> {
        self.find_unknown();
        self.mistakes.sort();
        let (place, text) = (self.place, self.text);
        self.mistakes.into_iter().map(|(start, what)| Mistake { place: at(place, text, Some(start)), what }).collect()
    }

    fn find_unknown(&mut self) {
        for (key, value) in &self.table {
            let (name, start) = (key.get_ref().as_ref(), key.span().start);
            if sections().any(|section| section == name) {
                match value.get_ref().as_table() {
                    Some(keys) => unknown_keys(name, keys, &mut self.mistakes),
                    None => self.mistakes.push((start, format!("`{name}` must be a section, written as [{name}]"))),
                }
            } else if blocks().any(|block| block == name) {
                if !value.get_ref().is_array() || blocks_of(&self.table, name).any(|block| !block.get_ref().is_table()) {
                    self.mistakes.push((start, format!("`{name}` must be blocks, each written as [[{name}]] with its keys below")));
                }
                let tables = blocks_of(&self.table, name).filter_map(|block| block.get_ref().as_table());
                tables.for_each(|keys| unknown_keys(name, keys, &mut self.mistakes));
            } else {
                let near = nearest::nearest(name, names());
                self.mistakes.push((start, format!("`{name}` is no section of this file; did you mean `{near}`?")));
            }
        }
    }
}

fn blocks_of<'t, 'a>(table: &'t DeTable<'a>, name: &str) -> impl Iterator<Item = &'t Spanned<DeValue<'a>>> + use<'t, 'a> {
    table.get(name).and_then(|value| value.get_ref().as_array()).into_iter().flat_map(|blocks| blocks.iter())
}

fn unknown_keys(name: &str, keys: &DeTable<'_>, mistakes: &mut Mistakes) {
    for key in keys.keys() {
        let full = format!("{name}.{}", key.get_ref());
        if !KEYS.contains(&full.as_str()) {
            let near = nearest::nearest(&full, KEYS.iter().copied());
            mistakes.push((key.span().start, format!("`{full}` is no key of this file; did you mean `{near}`?")));
        }
    }
}

impl<'a> Keys<'_, 'a> {
    /// The value of a key, if it is there and right.
    pub(super) fn get<T>(&mut self, key: &str, read: impl Fn(&str) -> Read<T>) -> Option<T> {
        let value = self.value(key)?;
        let (span, got) = (value.span(), scalar(value.get_ref()));
        let Some(got) = got else { return self.mistake(span.start, format!("`{}.{key}` must be one value", self.name)) };
        self.read_one(key, span, &got, read)
    }

    /// The value of a key that must be there.
    pub(super) fn required<T>(&mut self, key: &str, read: impl Fn(&str) -> Read<T>, expected: &str) -> Option<T> {
        if self.has(key) {
            return self.get(key, read);
        }
        self.mistake(self.start, format!("`{}.{key}` is missing: {expected}", self.name))
    }

    /// The values of a key that takes a list, or one value for a list of one.
    pub(super) fn list<T>(&mut self, key: &str, read: impl Fn(&str) -> Read<T>) -> Option<Vec<T>> {
        let value = self.value(key)?;
        let one = std::slice::from_ref(value);
        let values: Vec<_> = match value.get_ref() {
            DeValue::Array(values) => values.iter().map(|value| (value.span(), scalar(value.get_ref()))).collect(),
            _ => one.iter().map(|value| (value.span(), scalar(value.get_ref()))).collect(),
        };
        let mut list = Vec::new();
        for (span, got) in values {
            let Some(got) = got else { return self.mistake(span.start, format!("`{}.{key}` must be a list of values", self.name)) };
            list.push(self.read_one(key, span, &got, &read)?);
        }
        Some(list)
    }

    /// Whether the section is in the file, be it empty.
    pub(super) const fn are_there(&self) -> bool {
        self.table.is_some()
    }

    /// Whether a key is there, right or wrong.
    pub(super) fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    /// Notes that the value of a key does not go with the rest of its section or block.
    pub(super) fn refuse(&mut self, key: &str, why: &str) {
        let start = self.value(key).map_or(self.start, |value| value.span().start);
        self.mistakes.push((start, format!("`{}.{key}` {why}", self.name)));
    }

    fn value(&self, key: &str) -> Option<&Spanned<DeValue<'a>>> {
        self.table.and_then(|table| table.get(key))
    }

    fn read_one<T>(&mut self, key: &str, span: Range<usize>, got: &str, read: impl Fn(&str) -> Read<T>) -> Option<T> {
        match read(got) {
            Ok(value) => Some(value),
            Err(expected) => self.mistake(span.start, format!("`{}.{key}` is {got:?}: {expected}", self.name)),
        }
    }

    fn mistake<T>(&mut self, start: usize, what: String) -> Option<T> {
        self.mistakes.push((start, what));
        None
    }
}

/// A value that is one text, number or truth; `None` for a list or a section.
fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Boolean(truth) => Some(truth.to_string()),
        DeValue::Datetime(time) => Some(time.to_string()),
        DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

fn at(place: &str, text: &str, start: Option<usize>) -> String {
    start.map_or_else(|| place.to_owned(), |start| format!("{place}, line {}", line(text, start)))
}

fn line(text: &str, start: usize) -> usize {
    text.get(..start).unwrap_or(text).matches('\n').count() + 1
}
