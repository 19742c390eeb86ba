//! When the packets of a record passed.

use schema::sample::Age;

/// Longest time that a flow is believed to have waited in an exporter's cache: a day.
///
/// Caches are emptied after minutes. It keeps times that were never set, or that no clock ever showed, from spreading a record over decades.
pub const MAX_AGE_MS: u32 = 24 * 3_600_000;

/// Seconds from the epoch of NTP, 1900, to that of Unix, 1970 (RFC 5905, section 6), modulo 2³².
const NTP_TO_UNIX: u32 = 2_208_988_800;

/// By what the times of a message's records are understood: the exporter's own clocks, as its header shows them.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Clock {
    /// When the message was exported, in milliseconds since 1970.
    pub export_ms: u64,
    /// Milliseconds since the exporter started, modulo 2³²; IPFIX does not tell it.
    pub uptime_ms: Option<u32>,
}

/// How a template writes the times of the first and the last packet.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) enum TimeUnit {
    /// Not at all.
    #[default]
    None,
    /// Milliseconds since the exporter started (elements 22 and 21).
    Uptime,
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Milliseconds,
    /// As NTP does: seconds since 1900 and their fraction, in 32 bits each (RFC 7011, sections 6.1.9 and 6.1.10).
    Ntp,
    /// Microseconds before the export.
    DeltaMicroseconds,
}

/// The times in a record; 0 for one that it does not hold.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Times {
    pub(super) first: u64,
    pub(super) last: u64,
    /// When the exporter started, in milliseconds since 1970 (element 160).
    pub(super) init_ms: u64,
}

impl Clock {
    /// The age of a record with these times.
    pub(super) fn age(self, unit: TimeUnit, times: Times) -> Age {
        if unit == TimeUnit::None {
            return Age::default();
        }
        let Times { first, last, init_ms } = times;
        // Where only one of the two is told, it stands for both.
        let (first, last) = (if first == 0 { last } else { first }, if last == 0 { first } else { last });
        if last == 0 {
            return Age::default();
        }
        let before = |time| self.before(unit, time, init_ms);
        match unit {
            TimeUnit::Uptime if self.uptime_ms.is_none() && init_ms == 0 => bounded(u64::from(since(last as u32, first as u32)), 0),
            _ => bounded(before(first), before(last)),
        }
    }

    /// The age of a record that tells both times in one of the units that most exporters write; `None` for any other, whose [`age`](Self::age) it does not
    /// tell.
    #[inline(always)]
    pub(super) fn usual_age(self, unit: TimeUnit, first: u64, last: u64) -> Option<Age> {
        if first == 0 || last == 0 {
            return None;
        }
        match (unit, self.uptime_ms) {
            (TimeUnit::Milliseconds, _) => Some(bounded(self.export_ms.saturating_sub(first), self.export_ms.saturating_sub(last))),
            (TimeUnit::Uptime, Some(uptime)) => {
                Some(bounded(u64::from(since(uptime, first as u32)), u64::from(since(uptime, last as u32))))
            }
            _ => None,
        }
    }

    /// Milliseconds from a time to the export; 0 for one behind it.
    #[inline]
    fn before(self, unit: TimeUnit, time: u64, init_ms: u64) -> u64 {
        match unit {
            TimeUnit::None => 0,
            TimeUnit::Uptime => match self.uptime_ms {
                Some(uptime) => u64::from(since(uptime, time as u32)),
                None => self.export_ms.saturating_sub(init_ms.saturating_add(time)),
            },
            TimeUnit::Seconds => self.export_ms.saturating_sub(time.saturating_mul(1000)),
            TimeUnit::Milliseconds => self.export_ms.saturating_sub(time),
            TimeUnit::Ntp => self.export_ms.saturating_sub(ntp_ms(time)),
            TimeUnit::DeltaMicroseconds => time / 1000,
        }
    }
}

/// An age no older than is believed. A record whose last packet is older was given a time that says nothing, so it has just passed.
#[inline]
fn bounded(first: u64, last: u64) -> Age {
    let bound = |ms: u64| u32::try_from(ms).map_or(MAX_AGE_MS, |ms| ms.min(MAX_AGE_MS));
    if last > u64::from(MAX_AGE_MS) {
        return Age::default();
    }
    Age { first_ms: bound(first.max(last)), last_ms: bound(last) }
}

/// Milliseconds from one uptime to a later one, which may have passed 2³² meanwhile; 0 if it is not later.
#[inline]
fn since(later: u32, earlier: u32) -> u32 {
    let elapsed = later.wrapping_sub(earlier);
    if elapsed > u32::MAX / 2 { 0 } else { elapsed }
}

/// Milliseconds since 1970 of a timestamp of NTP.
#[inline]
fn ntp_ms(time: u64) -> u64 {
    let seconds = ((time >> 32) as u32).wrapping_sub(NTP_TO_UNIX);
    u64::from(seconds) * 1000 + (((time & 0xffff_ffff) * 1000) >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_700_000_000_000;

    fn age(clock: Clock, unit: TimeUnit, first: u64, last: u64) -> (u32, u32) {
        let Age { first_ms, last_ms } = clock.age(unit, Times { first, last, init_ms: 0 });
        (first_ms, last_ms)
    }

    #[test]
    fn every_unit_of_time_gives_the_same_age() {
        let uptime = Clock { export_ms: NOW_MS, uptime_ms: Some(500_000) };
        let clock = Clock { uptime_ms: None, ..uptime };
        let ntp = |ms: u64| (ms / 1000 + u64::from(NTP_TO_UNIX)) << 32;
        for (clock, unit, first, last) in [
            (uptime, TimeUnit::Uptime, 440_000, 495_000),
            (clock, TimeUnit::Seconds, NOW_MS / 1000 - 60, NOW_MS / 1000 - 5),
            (clock, TimeUnit::Milliseconds, NOW_MS - 60_000, NOW_MS - 5_000),
            (clock, TimeUnit::Ntp, ntp(NOW_MS - 60_000), ntp(NOW_MS - 5_000)),
            (clock, TimeUnit::DeltaMicroseconds, 60_000_000, 5_000_000),
        ] {
            assert_eq!(age(clock, unit, first, last), (60_000, 5_000), "{unit:?}");
            assert_eq!(age(clock, unit, 0, last), (5_000, 5_000), "{unit:?}");
            assert_eq!(age(clock, unit, first, 0), (60_000, 60_000), "{unit:?}");
            assert_eq!(age(clock, unit, 0, 0), (0, 0), "{unit:?}");
        }
    }

    #[test]
    fn an_uptime_of_ipfix_needs_the_time_of_the_start_or_gives_the_duration_alone() {
        let clock = Clock { export_ms: NOW_MS, uptime_ms: None };
        assert_eq!(age(clock, TimeUnit::Uptime, 10_000, 40_000), (30_000, 0));
        let times = Times { first: 10_000, last: 40_000, init_ms: NOW_MS - 50_000 };
        assert_eq!(clock.age(TimeUnit::Uptime, times), Age { first_ms: 40_000, last_ms: 10_000 });
    }

    #[test]
    fn an_uptime_may_pass_its_end() {
        let clock = Clock { export_ms: NOW_MS, uptime_ms: Some(1_000) };
        assert_eq!(age(clock, TimeUnit::Uptime, u64::from(u32::MAX) - 8_999, u64::from(u32::MAX)), (10_000, 1_001));
    }

    #[test]
    fn times_that_cannot_be_are_bounded() {
        let clock = Clock { export_ms: NOW_MS, uptime_ms: None };
        let ms = TimeUnit::Milliseconds;
        assert_eq!(age(clock, ms, NOW_MS + 5, NOW_MS + 9), (0, 0), "behind the export");
        assert_eq!(age(clock, ms, NOW_MS - 1_000, NOW_MS - 3_000), (3_000, 3_000), "first behind last");
        assert_eq!(age(clock, ms, 7, NOW_MS), (MAX_AGE_MS, 0), "a start that was never set");
        assert_eq!(age(clock, ms, 7, 9), (0, 0), "a clock that was never set");
        assert_eq!(age(clock, TimeUnit::Seconds, u64::MAX, u64::MAX), (0, 0));
        assert_eq!(age(clock, TimeUnit::Ntp, u64::MAX, u64::MAX), (0, 0));
    }
}
