//! How long the warehouse keeps what.

use std::time::Duration;

use crate::Level;

const DAY: Duration = Duration::from_secs(86_400);

/// How long the rows of each level are kept, counted from the end of their window; `None` for ever.
///
/// A warehouse drops whole partitions whose last row's time has come: a day of minutes, a month of what is longer. So rows stay somewhat longer, never shorter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Keep {
    /// Windows as they were closed.
    pub minutes: Option<Duration>,
    /// Sums of five minutes.
    pub five_minutes: Option<Duration>,
    /// Sums of an hour.
    pub hours: Option<Duration>,
    /// Sums of a day.
    pub days: Option<Duration>,
}

impl Default for Keep {
    /// Ten times what a journal keeps of minutes, since this is where histories are long.
    fn default() -> Self {
        Self { minutes: Some(30 * DAY), five_minutes: Some(180 * DAY), hours: Some(3 * 366 * DAY), days: None }
    }
}

impl Keep {
    /// Everything for ever.
    pub const ALL: Self = Self { minutes: None, five_minutes: None, hours: None, days: None };

    /// How long a level is kept.
    #[must_use]
    pub const fn of(&self, level: Level) -> Option<Duration> {
        match level {
            Level::Minute => self.minutes,
            Level::FiveMinutes => self.five_minutes,
            Level::Hour => self.hours,
            Level::Day | Level::FiveDays | Level::ThirtyDays => self.days,
        }
    }
}
