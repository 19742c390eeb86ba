//! The lines of a file.

use std::collections::BTreeMap;

use csv::{Position, ReaderBuilder, StringRecord};
use schema::border::Direction;
use schema::{Asn, Class, Month};

use super::line::{self, RATE, VOLUME};
use super::{Refused, Said, Volume, Warning};

/// The columns. `direction` and `note` may be left out; of `volume` and `mbit95` each line has one.
pub const COLUMNS: [&str; 8] = ["month", "member", "class", "volume", "mbit95", "source", "direction", "note"];

/// Columns without which a line says nothing.
const NEEDED: [&str; 4] = ["month", "member", "class", "source"];

/// The longest file that is read: a wrong path must not fill memory.
pub const MAX_OCTETS: u64 = 16 << 20;

/// The most volumes of a file: ten years of two thousand networks with three classes would be more than twice as many, and no economy has them.
pub const MAX_VOLUMES: usize = 300_000;

/// Warnings that are kept to be shown; the rest is counted. A file that is wrong in every line would fill the page.
pub const MAX_WARNINGS: usize = 20;

/// Characters of a file's own text that a sentence quotes.
const MAX_QUOTED: usize = 40;

/// The volumes of a file, and what was left out of it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Book {
    /// In the order of the file.
    pub volumes: Vec<Volume>,
    /// The first lines that were left out.
    pub warnings: Vec<Warning>,
    /// How many lines were left out.
    pub left_out: u64,
}

/// What no two volumes may share.
type Key = (Month, Asn, Class, Direction);

impl Book {
    /// Reads a file's text.
    ///
    /// # Errors
    /// If it is too long or its first line does not name the columns. A line that cannot be understood costs itself alone.
    pub fn read(text: &str) -> Result<Self, Refused> {
        if text.len() as u64 > MAX_OCTETS {
            return Err(Refused(format!("is longer than {} MiB; a line for each month, network and class is enough", MAX_OCTETS >> 20)));
        }
        let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).comment(Some(b'#')).from_reader(text.as_bytes());
        let (mut book, mut header, mut seen) = (Self::default(), None, BTreeMap::<Key, u64>::new());
        let (mut record, mut lines) = (StringRecord::new(), Lines::of(text));
        while reader.read_record(&mut record).map_err(|error| Refused(format!("is no file of comma-separated values: {error}")))? {
            let line = lines.line(record.position());
            let Some(header) = &header else {
                header = Some(Header::read(&record)?);
                continue;
            };
            if record.iter().all(|field| field.trim().is_empty()) {
                continue;
            }
            match (Line { header, record: &record, line }).volume() {
                Ok(volume) => book.add(volume, &mut seen)?,
                Err(what) => book.leave_out(line, what),
            }
        }
        if header.is_none() {
            return Err(Refused(format!("is empty; its first line must name the columns {}", COLUMNS.join(", "))));
        }
        Ok(book)
    }

    fn add(&mut self, volume: Volume, seen: &mut BTreeMap<Key, u64>) -> Result<(), Refused> {
        if self.volumes.len() >= MAX_VOLUMES {
            return Err(Refused(format!("has more than {MAX_VOLUMES} volumes; leave out the months that are no longer asked for")));
        }
        let Volume { month, member, class, direction, line, .. } = volume;
        match seen.get(&(month, member, class, direction)) {
            Some(first) => {
                let what = format!("{class} of {member} in {month} stands in line {first} already, which counts; this one was left out");
                self.leave_out(line, what);
            }
            None => {
                seen.insert((month, member, class, direction), line);
                self.volumes.push(volume);
            }
        }
        Ok(())
    }

    fn leave_out(&mut self, line: u64, what: String) {
        self.left_out += 1;
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(Warning { line, what });
        }
    }
}

/// Tells the line of a record. The `csv` crate counts empty lines and remarks before a record to it, so its first octet is looked for.
struct Lines<'t> {
    text: &'t str,
    /// Octets that were counted already,
    counted: usize,
    /// and the line in which they end, counted from 1.
    line: u64,
}

impl<'t> Lines<'t> {
    const fn of(text: &'t str) -> Self {
        Self { text, counted: 0, line: 1 }
    }

    fn line(&mut self, position: Option<&Position>) -> u64 {
        let start = position.and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(self.counted);
        let rest = self.text.get(start..).unwrap_or_default();
        let skipped = |line: &&str| line.trim_end_matches(['\r', '\n']).is_empty() || line.starts_with('#');
        let start = start + rest.split_inclusive('\n').take_while(skipped).map(str::len).sum::<usize>();
        let before = self.text.as_bytes().get(self.counted..start).unwrap_or_default();
        self.line += before.iter().filter(|octet| **octet == b'\n').count() as u64;
        self.counted = start;
        self.line
    }
}

/// Where each column stands.
struct Header([Option<usize>; COLUMNS.len()]);

impl Header {
    fn read(record: &StringRecord) -> Result<Self, Refused> {
        let mut positions = [None; COLUMNS.len()];
        for (position, name) in record.iter().enumerate() {
            let name = name.trim().trim_start_matches('\u{feff}').to_lowercase();
            let column = COLUMNS.iter().position(|column| *column == name);
            let unknown = || Refused(format!("line 1: there is no column `{}`; the columns are {}", quoted(&name), COLUMNS.join(", ")));
            if positions[column.ok_or_else(unknown)?].replace(position).is_some() {
                return Err(Refused(format!("line 1: the column `{name}` stands there twice; delete one")));
            }
        }
        let header = Self(positions);
        match NEEDED.into_iter().find(|name| header.position(name).is_none()) {
            Some(missing) => Err(Refused(format!("line 1: there is no column `{missing}`; the columns are {}", COLUMNS.join(", ")))),
            None => Ok(header),
        }
    }

    fn position(&self, name: &str) -> Option<usize> {
        COLUMNS.iter().position(|column| *column == name).and_then(|column| self.0[column])
    }
}

/// One line under its header.
struct Line<'r> {
    header: &'r Header,
    record: &'r StringRecord,
    line: u64,
}

impl Line<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.record.get(self.header.position(name)?).map(str::trim).filter(|text| !text.is_empty())
    }

    fn parsed<T>(&self, name: &str, expected: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, String> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let refused = || format!("`{name}` is `{}` and was left out with its line; write {expected}", quoted(text));
        parse(text).map(Some).ok_or_else(refused)
    }

    fn needed<T>(&self, name: &str, expected: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, String> {
        self.parsed(name, expected, parse)?.ok_or_else(|| format!("`{name}` is empty, and the line was left out; write {expected}"))
    }

    fn volume(&self) -> Result<Volume, String> {
        let class = |text: &str| text.parse().ok().filter(|class| *class != Class::Exchange);
        Ok(Volume {
            month: self.needed("month", "a month, as in 2026-11", |text| text.parse().ok())?,
            member: self.needed("member", "an AS number, as in 64500", line::asn)?,
            class: self.needed("class", "`transit`, `private` or `cache`; what is exchanged is measured", class)?,
            direction: self.parsed("direction", "`inbound` or `outbound`", |text| text.parse().ok())?.unwrap_or_default(),
            said: self.said()?,
            source: self.needed("source", "who says so, as in `invoice 4711`", |text| Some(text.to_owned()))?,
            note: self.get("note").unwrap_or_default().to_owned(),
            line: self.line,
        })
    }

    fn said(&self) -> Result<Said, String> {
        match (self.parsed("volume", VOLUME, line::volume)?, self.parsed("mbit95", RATE, line::rate)?) {
            (Some(said), None) | (None, Some(said)) => Ok(said),
            (None, None) => Err(format!("has neither `volume` nor `mbit95`, and was left out; write {VOLUME}, or {RATE}")),
            (Some(_), Some(_)) => Err("has both `volume` and `mbit95`, and was left out; delete one of them, best the percentile".into()),
        }
    }
}

fn quoted(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(MAX_QUOTED).collect()
}
