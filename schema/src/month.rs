//! Calendar months, in UTC: what is billed and declared by the month.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::time::Timestamp;

/// A calendar month in UTC, written as in `2026-11`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i16,
    /// From 1 to 12.
    month: i8,
}

/// The text is no month.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotAMonth;

impl Month {
    /// The month that holds a moment.
    #[must_use]
    pub fn of(moment: Timestamp) -> Self {
        let moment = jiff::Timestamp::from_millisecond(moment.0).unwrap_or_default();
        let date = moment.to_zoned(jiff::tz::TimeZone::UTC).date();
        Self { year: date.year(), month: date.month() }
    }

    /// The month after it.
    #[must_use]
    pub const fn next(self) -> Self {
        if self.month < 12 { Self { month: self.month + 1, ..self } } else { Self { year: self.year.saturating_add(1), month: 1 } }
    }

    /// Its first moment.
    #[must_use]
    pub fn start(self) -> Timestamp {
        let date = jiff::civil::Date::new(self.year, self.month, 1).unwrap_or_default();
        let midnight = date.to_zoned(jiff::tz::TimeZone::UTC);
        Timestamp(midnight.map(|midnight| midnight.timestamp().as_millisecond()).unwrap_or_default())
    }

    /// The moment after its last.
    #[must_use]
    pub fn end(self) -> Timestamp {
        self.next().start()
    }

    /// How long it is, in seconds.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.end().since(self.start()).as_secs()
    }
}

impl FromStr for Month {
    type Err = NotAMonth;

    fn from_str(text: &str) -> Result<Self, NotAMonth> {
        let (year, month) = text.split_once('-').filter(|(year, month)| (year.len(), month.len()) == (4, 2)).ok_or(NotAMonth)?;
        let digits = |text: &str| text.bytes().all(|letter| letter.is_ascii_digit());
        let (year, month) = (digits(year) && digits(month)).then_some((year, month)).ok_or(NotAMonth)?;
        let (year, month) = (year.parse().map_err(|_| NotAMonth)?, month.parse().map_err(|_| NotAMonth)?);
        if (1970..=9_998).contains(&year) && (1..=12).contains(&month) { Ok(Self { year, month }) } else { Err(NotAMonth) }
    }
}

impl fmt::Display for NotAMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a month, as in 2026-11")
    }
}

impl std::error::Error for NotAMonth {}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_its_days_and_the_next_one_begins_where_it_ends() {
        let month = |text: &str| text.parse::<Month>().unwrap();
        assert_eq!(month("2026-11").start().to_string(), "2026-11-01T00:00:00Z");
        assert_eq!(month("2026-12").end().to_string(), "2027-01-01T00:00:00Z");
        let days = ["2026-11", "2024-02", "2026-02"].map(|text| month(text).seconds() / 86_400);
        assert_eq!(days, [30, 29, 28]);
        assert_eq!(Month::of(month("2026-11").end().minus(std::time::Duration::from_millis(1))), month("2026-11"));
        assert_eq!(month("2026-03").to_string(), "2026-03");
    }

    #[test]
    fn what_is_no_month_is_refused() {
        for text in ["", "2026", "2026-13", "2026-00", "2026-1", "26-01", "2026-11-01", "+026-01", "1969-12", "9999-12"] {
            assert!(text.parse::<Month>().is_err(), "{text}");
        }
    }
}
