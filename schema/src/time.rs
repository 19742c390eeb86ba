//! Moments and lengths of time, in whole milliseconds.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Serialize, Serializer};

/// A moment: milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Timestamp(pub i64);

/// The text is no moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotATime(pub String);

impl Timestamp {
    /// This moment by the system's clock.
    #[must_use]
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// Milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The start of the span of length `span` that holds this moment, counted from 1970.
    ///
    /// A span of less than a millisecond leaves the moment as it is.
    #[must_use]
    pub fn floor(self, span: Duration) -> Self {
        let span = millis(span).max(1);
        // Only before the first whole span that a number can tell does it saturate.
        Self(self.0.saturating_sub(self.0.rem_euclid(span)))
    }

    /// The moment `span` later.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(millis(span)))
    }

    /// The moment `span` earlier.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(millis(span)))
    }

    /// How long after `earlier` this moment is; zero if it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        let distance = self.0.saturating_sub(earlier.0).max(0);
        Duration::from_millis(distance.unsigned_abs())
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Self(millis(after)),
            Err(before) => Self(-millis(before.duration())),
        }
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, with milliseconds only where there are some.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(moment) => fmt::Display::fmt(&moment, f),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for NotATime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no time; write RFC 3339 with a zone, as in 2026-11-21T08:00:00Z", self.0)
    }
}

impl std::error::Error for NotATime {}

impl FromStr for Timestamp {
    type Err = NotATime;

    /// Reads RFC 3339; a bare date stands for its midnight in UTC.
    fn from_str(text: &str) -> Result<Self, NotATime> {
        let refused = || NotATime(text.to_owned());
        if let Ok(moment) = text.parse::<jiff::Timestamp>() {
            return Ok(Self(moment.as_millisecond()));
        }
        let date: jiff::civil::Date = text.parse().map_err(|_| refused())?;
        if text.len() > "2026-11-21".len() {
            return Err(refused());
        }
        let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| refused())?;
        Ok(Self(midnight.timestamp().as_millisecond()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The text is no length of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotASpan(pub String);

impl fmt::Display for NotASpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no length of time; write a number and a unit, as in 30s, 5m, 24h or 90d", self.0)
    }
}

impl std::error::Error for NotASpan {}

/// Reads `60s`, `5m`, `24h`, `30d` or `250ms`.
///
/// # Errors
/// Refuses anything but one whole number above zero and one of these units.
pub fn parse_span(text: &str) -> Result<Duration, NotASpan> {
    let refused = || NotASpan(text.to_owned());
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(refused)?;
    let (number, unit) = text.split_at(split);
    let number: u64 = number.parse().map_err(|_| refused())?;
    let unit = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(refused()),
    };
    let millis = number.checked_mul(unit).filter(|millis| *millis > 0).ok_or_else(refused)?;
    Ok(Duration::from_millis(millis))
}

/// Writes a length of time in the largest unit that keeps it whole, as [`parse_span`] reads it.
#[must_use]
pub fn span_text(span: Duration) -> String {
    let millis = span.as_millis();
    for (unit, length) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)] {
        if millis >= length && millis.is_multiple_of(length) {
            return format!("{}{unit}", millis / length);
        }
    }
    format!("{millis}ms")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_and_write_rfc_3339() {
        let time: Timestamp = "2026-11-21T08:00:30Z".parse().unwrap();
        assert_eq!(time.to_string(), "2026-11-21T08:00:30Z");
        assert_eq!(time.floor(Duration::from_secs(60)).to_string(), "2026-11-21T08:00:00Z");
        assert_eq!("2026-11-21T13:00:30+05:00".parse(), Ok(time));
        assert_eq!("2026-11-21".parse::<Timestamp>().unwrap().to_string(), "2026-11-21T00:00:00Z");
        for text in ["yesterday", "", "2026-11-21T08:00:30"] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }

    #[test]
    fn moments_before_1970_floor_downwards() {
        assert_eq!(Timestamp(-1).floor(Duration::from_secs(60)), Timestamp(-60_000));
    }

    #[test]
    fn moments_that_no_clock_shows_have_a_floor_too() {
        let minute = Duration::from_secs(60);
        for moment in [i64::MIN, i64::MIN + 1, i64::MAX].map(Timestamp) {
            let floor = moment.floor(minute);
            assert!(floor <= moment && moment.since(floor) < minute, "{moment:?}");
        }
    }

    #[test]
    fn spans_read_what_they_write() {
        for text in ["250ms", "60s", "5m", "24h", "30d"] {
            let span = parse_span(text).unwrap();
            assert_eq!(parse_span(&span_text(span)), Ok(span));
        }
        assert_eq!(span_text(Duration::from_secs(86_400)), "1d");
        for text in ["", "5", "m", "5 m", "0s", "-1s", "1.5h", "99999999999999999999d"] {
            assert!(parse_span(text).is_err(), "{text}");
        }
    }
}
