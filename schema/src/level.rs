//! The levels of the roll-ups.

use std::time::Duration;

/// How long the windows of a roll-up are; each level is a plain sum of the one below it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Level {
    /// The windows as they were closed.
    Minute,
    /// Five minutes.
    FiveMinutes,
    /// An hour.
    Hour,
    /// A day, in UTC.
    Day,
    /// Five days, counted from 1970.
    FiveDays,
    /// Thirty days, counted from 1970.
    ThirtyDays,
}

impl Level {
    /// The levels at which windows are kept, the finest first.
    pub const ALL: [Self; 4] = [Self::Minute, Self::FiveMinutes, Self::Hour, Self::Day];

    /// Sums of days, the longest first. They make long questions short, and hold nothing that days do not hold.
    pub const BUNDLES: [Self; 2] = [Self::ThirtyDays, Self::FiveDays];

    /// All of them, the finest first.
    pub const EVERY: [Self; 6] = [Self::Minute, Self::FiveMinutes, Self::Hour, Self::Day, Self::FiveDays, Self::ThirtyDays];

    /// Length of one window at this level.
    #[must_use]
    pub const fn span(self) -> Duration {
        Duration::from_secs(match self {
            Self::Minute => 60,
            Self::FiveMinutes => 300,
            Self::Hour => 3_600,
            Self::Day => 86_400,
            Self::FiveDays => 5 * 86_400,
            Self::ThirtyDays => 30 * 86_400,
        })
    }

    /// Its name in folders, configuration and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minute => "1m",
            Self::FiveMinutes => "5m",
            Self::Hour => "1h",
            Self::Day => "1d",
            Self::FiveDays => "5d",
            Self::ThirtyDays => "30d",
        }
    }

    /// The next coarser level at which windows are kept.
    #[must_use]
    pub const fn coarser(self) -> Option<Self> {
        match self {
            Self::Minute => Some(Self::FiveMinutes),
            Self::FiveMinutes => Some(Self::Hour),
            Self::Hour => Some(Self::Day),
            Self::Day | Self::FiveDays | Self::ThirtyDays => None,
        }
    }

    /// The next finer level.
    #[must_use]
    pub const fn finer(self) -> Option<Self> {
        match self {
            Self::Minute => None,
            Self::FiveMinutes => Some(Self::Minute),
            Self::Hour => Some(Self::FiveMinutes),
            Self::Day => Some(Self::Hour),
            Self::FiveDays | Self::ThirtyDays => Some(Self::Day),
        }
    }
}
