//! The file as it was typed: sections, keys and values with their lines.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{KEYS, sections};
use super::{Mistake, Read};

/// A parsed file from which the known keys are read; what is left over at the end is a mistake.
pub(super) struct Typed<'a> {
    place: &'a str,
    text: &'a str,
    table: DeTable<'a>,
    read: BTreeSet<(&'static str, &'static str)>,
    mistakes: Vec<(usize, String)>,
}

impl<'a> Typed<'a> {
    /// # Errors
    /// Refuses what is no TOML, with the line.
    pub(super) fn parse(place: &'a str, text: &'a str) -> Result<Self, Vec<Mistake>> {
        match DeTable::parse(text) {
            Ok(table) => Ok(Self { place, text, table: table.into_inner(), read: BTreeSet::new(), mistakes: Vec::new() }),
            Err(error) => {
                let what = format!("is not TOML here: {}", error.message().replace('\n', ", "));
                Err(vec![Mistake { place: at(place, text, error.span()), what }])
            }
        }
    }

    /// The value of a key, if it is there and right.
    pub(super) fn get<T>(&mut self, section: &'static str, key: &'static str, read: impl Fn(&str) -> Read<T>) -> Option<T> {
        let value = self.value(section, key)?;
        let (span, got) = (value.span(), scalar(value.get_ref()));
        let Some(got) = got else { return self.mistake(span, format!("`{section}.{key}` must be one value")) };
        self.read_one(section, key, span, &got, read)
    }

    /// The values of a key that takes a list, or one value for a list of one.
    pub(super) fn list<T>(&mut self, section: &'static str, key: &'static str, read: impl Fn(&str) -> Read<T>) -> Option<Vec<T>> {
        let value = self.value(section, key)?;
        let one = std::slice::from_ref(value);
        let values: Vec<_> = match value.get_ref() {
            DeValue::Array(values) => values.iter().map(|value| (value.span(), scalar(value.get_ref()))).collect(),
            _ => one.iter().map(|value| (value.span(), scalar(value.get_ref()))).collect(),
        };
        let mut list = Vec::new();
        for (span, got) in values {
            let Some(got) = got else { return self.mistake(span, format!("`{section}.{key}` must be a list of values")) };
            list.push(self.read_one(section, key, span, &got, &read)?);
        }
        Some(list)
    }

    fn value(&mut self, section: &'static str, key: &'static str) -> Option<&Spanned<DeValue<'a>>> {
        self.read.insert((section, key));
        match self.table.get(section)?.get_ref() {
            DeValue::Table(table) => table.get(key),
            _ => None,
        }
    }

    fn read_one<T>(&mut self, section: &str, key: &str, span: Range<usize>, got: &str, read: impl Fn(&str) -> Read<T>) -> Option<T> {
        match read(got) {
            Ok(value) => Some(value),
            Err(expected) => self.mistake(span, format!("`{section}.{key}` is {got:?}: {expected}")),
        }
    }

    fn mistake<T>(&mut self, span: Range<usize>, what: String) -> Option<T> {
        self.mistakes.push((span.start, what));
        None
    }

    /// All mistakes in the order of their lines, unknown keys and sections among them.
    pub(super) fn finish(mut self) -> Vec<Mistake> {
        self.find_unknown();
        self.mistakes.sort();
        let (place, text) = (self.place, self.text);
        self.mistakes.into_iter().map(|(start, what)| Mistake { place: at(place, text, Some(start..start)), what }).collect()
    }

    fn find_unknown(&mut self) {
        for (section, value) in &self.table {
            let name = section.get_ref().as_ref();
            let start = section.span().start;
            if !sections().any(|section| section == name) {
                let near = nearest(name, sections());
                self.mistakes.push((start, format!("`{name}` is no section of this file; did you mean `{near}`?")));
                continue;
            }
            let DeValue::Table(keys) = value.get_ref() else {
                self.mistakes.push((start, format!("`{name}` must be a section, written as [{name}]")));
                continue;
            };
            for key in keys.keys() {
                let full = format!("{name}.{}", key.get_ref());
                if !KEYS.contains(&full.as_str()) {
                    let near = nearest(&full, KEYS.iter().copied());
                    self.mistakes.push((key.span().start, format!("`{full}` is no key of this file; did you mean `{near}`?")));
                }
            }
        }
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

fn at(place: &str, text: &str, span: Option<Range<usize>>) -> String {
    let Some(before) = span.and_then(|span| text.get(..span.start)) else { return place.to_owned() };
    format!("{place}, line {}", before.matches('\n').count() + 1)
}

/// The known name that shares most with what was typed.
fn nearest<'k>(typed: &str, known: impl Iterator<Item = &'k str>) -> &'k str {
    known.min_by_key(|name| distance(typed, name)).unwrap_or_default()
}

/// Levenshtein's distance: letters to insert, delete or replace.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.chars().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}
