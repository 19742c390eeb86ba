//! Whole days.

use std::fmt;
use std::str::FromStr;

use schema::{Level, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// 9999-12-30, the last day whose midnight is a moment that is written and read everywhere.
const LAST: u32 = 2_932_895;

/// A whole day in UTC, from 1970 to 9999.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Day(u32);

/// The text or the moment is no whole day.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is no whole day in UTC, and claims hold for whole days because roll-ups do; write a date, as in 2026-11-21")]
pub struct NotADay(pub String);

impl Day {
    /// The earliest.
    pub(crate) const FIRST: Self = Self(0);

    /// The latest.
    pub(crate) const LAST: Self = Self(LAST);

    /// The day that a moment lies in; the first or the last for a moment before or after all of them.
    #[must_use]
    pub fn containing(time: Timestamp) -> Self {
        let day = Level::Day.span().as_millis();
        let number = u128::from(time.millis().max(0).unsigned_abs()).checked_div(day);
        Self(number.and_then(|number| u32::try_from(number).ok()).unwrap_or(LAST).min(LAST))
    }

    /// Its midnight: its first moment.
    #[must_use]
    pub fn start(self) -> Timestamp {
        Timestamp(0).plus(Level::Day.span() * self.0)
    }

    /// The day after it; the last day for itself.
    #[must_use]
    pub fn next(self) -> Self {
        Self((self.0 + 1).min(LAST))
    }

    /// The day before it; the first day for itself.
    pub(crate) const fn before(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl TryFrom<Timestamp> for Day {
    type Error = NotADay;

    fn try_from(time: Timestamp) -> Result<Self, NotADay> {
        let day = Self::containing(time);
        if day.start() == time { Ok(day) } else { Err(NotADay(time.to_string())) }
    }
}

impl FromStr for Day {
    type Err = NotADay;

    fn from_str(text: &str) -> Result<Self, NotADay> {
        let time: Timestamp = text.parse().map_err(|_| NotADay(text.to_owned()))?;
        Self::try_from(time)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let midnight = self.start().to_string();
        f.pad(midnight.split('T').next().unwrap_or(&midnight))
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_reads_what_it_writes() {
        for (text, number) in [("1970-01-01", 0), ("2026-11-21", 20_778), ("9999-12-30", LAST)] {
            let day: Day = text.parse().unwrap();
            assert_eq!((day.number(), day.to_string().as_str()), (number, text));
            assert_eq!((Day::try_from(day.start()), Day::containing(day.start())), (Ok(day), day));
            assert_eq!(Day::containing(Timestamp(day.start().0 + 86_399_999)), day);
        }
        assert_eq!("2026-11-21T00:00:00Z".parse(), Ok(Day(20_778)));
    }

    #[test]
    fn anything_but_a_midnight_is_refused_in_a_sentence() {
        for text in ["", "yesterday", "2026-11-21T00:00:01Z", "2026-11-21T00:00:00+05:00", "1969-12-31", "2026-02-30"] {
            let refused = text.parse::<Day>().unwrap_err().to_string();
            assert!(refused.contains("write a date"), "{refused}");
        }
        assert_eq!((Day::containing(Timestamp(i64::MIN)), Day::containing(Timestamp(i64::MAX))), (Day::FIRST, Day::LAST));
    }
}
