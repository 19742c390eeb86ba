//! Segments by their names.
//!
//! A name says all that a plan needs, so that a year's journal is known from its directories alone:
//!
//! - a window as it was closed: `20261121T012300Z-1m-0000018f3a5c7e10`, which is start, length and serial, with
//!   `-2500-41000` behind it where only the time from 2.5 s to 41 s after its start was measured;
//! - a roll-up: `20261121T010000Z-g2-60-3600000-3540000-9d0c…`, which is start, generation, number of windows in it, the
//!   milliseconds that they cover, the milliseconds that whole ones cover, and the digest of their names.

use std::fmt;
use std::time::Duration;

use schema::time::{parse_span, span_text};
use schema::window::Stretch;
use schema::{Level, Timestamp, Window};

/// What names a window for ever.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct BaseId {
    pub(crate) start: Timestamp,
    pub(crate) serial: u64,
}

/// A window as it was closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Base {
    pub(crate) id: BaseId,
    pub(crate) length: Duration,
    /// The part of it that was measured, if that is not all of it.
    pub(crate) partial: Option<Stretch>,
}

/// How many windows a set has, and which: two sets with the same tally are the same set.
///
/// The digest is the sum of the windows' hashes, so that the tallies of disjoint sets add up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) count: u64,
    pub(crate) digest: u64,
}

/// A plain sum of windows of one period.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct RollUp {
    pub(crate) level: Level,
    pub(crate) start: Timestamp,
    /// Grows with every roll-up of the same period; the highest holds all that the lower ones hold.
    pub(crate) generation: u32,
    pub(crate) tally: Tally,
    /// Time that any of its windows covers, in milliseconds.
    pub(crate) measured: u64,
    /// Time that its whole windows cover, in milliseconds.
    pub(crate) closed: u64,
}

/// A segment of the journal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Segment {
    Base(Base),
    RollUp(RollUp),
}

impl Base {
    pub(crate) fn of(window: &Window) -> Self {
        let id = BaseId { start: window.start, serial: window.serial };
        Self { id, length: window.length, partial: window.partial }
    }

    pub(crate) fn end(&self) -> Timestamp {
        self.id.start.plus(self.length)
    }

    /// The time that it covers.
    pub(crate) fn measured(&self) -> Stretch {
        self.partial.unwrap_or(Stretch { from: self.id.start, to: self.end() })
    }

    /// The window of a name; `None` for anything that this version would not write.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let mut parts = name.split('-');
        let start = parse_start(parts.next()?)?;
        let length = parse_span(parts.next()?).ok()?;
        let serial = u64::from_str_radix(parts.next()?, 16).ok()?;
        let mut offset = || Some(start.plus(Duration::from_millis(parts.next()?.parse().ok()?)));
        let partial = offset().and_then(|from| Some(Stretch { from, to: offset()? }));
        let base = Self { id: BaseId { start, serial }, length, partial };
        (base.to_string() == name).then_some(base)
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{:016x}", start_text(self.id.start), span_text(self.length), self.id.serial)?;
        let Some(part) = self.partial else { return Ok(()) };
        write!(f, "-{}-{}", part.from.since(self.id.start).as_millis(), part.to.since(self.id.start).as_millis())
    }
}

impl Tally {
    pub(crate) fn of<'b>(bases: impl IntoIterator<Item = &'b BaseId>) -> Self {
        let mut tally = Self::default();
        bases.into_iter().for_each(|id| tally.add(Self { count: 1, digest: hash(*id) }));
        tally
    }

    pub(crate) const fn add(&mut self, other: Self) {
        self.count += other.count;
        self.digest = self.digest.wrapping_add(other.digest);
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// A hash that is stored in names, so it must never change: the finaliser of splitmix64 over both halves of the name.
fn hash(id: BaseId) -> u64 {
    mix(mix(id.start.millis().cast_unsigned()).wrapping_add(id.serial))
}

const fn mix(mut bits: u64) -> u64 {
    bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

impl RollUp {
    pub(crate) fn end(&self) -> Timestamp {
        self.start.plus(self.level.span())
    }

    /// The roll-up of a name in the folder of `level`; `None` for anything that this version would not write.
    pub(crate) fn parse(level: Level, name: &str) -> Option<Self> {
        let mut parts = name.split('-');
        let start = parse_start(parts.next()?)?;
        let generation = parts.next()?.strip_prefix('g')?.parse().ok()?;
        let count = parts.next()?.parse().ok()?;
        let measured = parts.next()?.parse().ok()?;
        let closed = parts.next()?.parse().ok()?;
        let digest = u64::from_str_radix(parts.next()?, 16).ok()?;
        let roll_up = Self { level, start, generation, tally: Tally { count, digest }, measured, closed };
        let aligned = start.floor(level.span()) == start;
        (aligned && roll_up.to_string() == name).then_some(roll_up)
    }
}

impl fmt::Display for RollUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { count, digest } = self.tally;
        let start = start_text(self.start);
        write!(f, "{start}-g{}-{count}-{}-{}-{digest:016x}", self.generation, self.measured, self.closed)
    }
}

impl Segment {
    /// In which folder it lies.
    pub(crate) const fn level(&self) -> Level {
        match self {
            Self::Base(_) => Level::Minute,
            Self::RollUp(roll_up) => roll_up.level,
        }
    }

    pub(crate) const fn start(&self) -> Timestamp {
        match self {
            Self::Base(base) => base.id.start,
            Self::RollUp(roll_up) => roll_up.start,
        }
    }

    pub(crate) fn end(&self) -> Timestamp {
        match self {
            Self::Base(base) => base.end(),
            Self::RollUp(roll_up) => roll_up.end(),
        }
    }

    /// The length of its windows.
    pub(crate) const fn length(&self) -> Duration {
        match self {
            Self::Base(base) => base.length,
            Self::RollUp(roll_up) => roll_up.level.span(),
        }
    }

    /// The segment of a name in the folder of `level`.
    pub(crate) fn parse(level: Level, name: &str) -> Option<Self> {
        match level {
            Level::Minute => Base::parse(name).map(Self::Base),
            _ => RollUp::parse(level, name).map(Self::RollUp),
        }
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base(base) => base.fmt(f),
            Self::RollUp(roll_up) => roll_up.fmt(f),
        }
    }
}

/// `20261121T012300Z`, with a fraction only where there is one.
fn start_text(start: Timestamp) -> String {
    start.to_string().replace(['-', ':'], "")
}

fn parse_start(text: &str) -> Option<Timestamp> {
    let (date, time) = text.split_once('T')?;
    let (year, month, day) = (date.get(..4)?, date.get(4..6)?, date.get(6..)?);
    let (hour, minute, rest) = (time.get(..2)?, time.get(2..4)?, time.get(4..)?);
    format!("{year}-{month}-{day}T{hour}:{minute}:{rest}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(start: &str, millis: u64, serial: u64, part: Option<(i64, i64)>) -> Base {
        let start: Timestamp = start.parse().unwrap();
        let partial = part.map(|(from, to)| Stretch { from: Timestamp(start.0 + from), to: Timestamp(start.0 + to) });
        Base { id: BaseId { start, serial }, length: Duration::from_millis(millis), partial }
    }

    #[test]
    fn names_read_back() {
        let whole = base("2026-11-21T01:23:00Z", 60_000, 0x18f, None);
        assert_eq!(whole.to_string(), "20261121T012300Z-1m-000000000000018f");
        let split = base("2026-11-21T01:23:00.250Z", 250, u64::MAX, Some((10, 200)));
        assert!(split.to_string().ends_with("-10-200"));
        for base in [whole, split] {
            assert_eq!(Base::parse(&base.to_string()), Some(base));
        }
        let roll_up = RollUp {
            level: Level::Hour,
            start: "2026-11-21T01:00:00Z".parse().unwrap(),
            generation: 2,
            tally: Tally::of([&whole.id, &split.id]),
            measured: 60_250,
            closed: 60_000,
        };
        assert_eq!(RollUp::parse(Level::Hour, &roll_up.to_string()), Some(roll_up));
        assert_eq!(RollUp::parse(Level::Day, &roll_up.to_string()), None, "not the start of a day");
    }

    #[test]
    fn what_this_version_would_not_write_is_no_name() {
        for name in ["", "lost+found", "20261121T012300Z", "20261121T012300Z-60s-000000000000018f", "20261121T012300Z-1m-18f"] {
            assert_eq!(Base::parse(name), None, "{name}");
        }
        for behind in ["-torn", "-5", "-5-x", "-5-6-7", "-05-6"] {
            assert_eq!(Base::parse(&format!("20261121T012300Z-1m-000000000000018f{behind}")), None, "{behind}");
        }
        assert_eq!(Base::parse("é0261121T012300Z-1m-000000000000018f"), None);
        assert_eq!(RollUp::parse(Level::Hour, "20261121T010000Z-g1-1-1"), None);
    }

    #[test]
    fn tallies_of_disjoint_sets_add_up_and_differ_otherwise() {
        let [a, b, c] = [1, 2, 3].map(|serial| BaseId { start: Timestamp(60_000), serial });
        let mut sum = Tally::of([&a]);
        sum.add(Tally::of([&c, &b]));
        assert_eq!(sum, Tally::of([&a, &b, &c]));
        assert_ne!(Tally::of([&a, &b]), Tally::of([&a, &c]));
    }
}
