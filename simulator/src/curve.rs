//! How traffic changes over the day and the week.

use std::f64::consts::PI;

use schema::Timestamp;

/// Hour of the day with the least traffic, local time.
const TROUGH: f64 = 4.5;
/// Hour of the day with the most traffic, local time.
const PEAK: f64 = 21.0;
/// Traffic at the trough as a share of the peak's.
const FLOOR: f64 = 0.28;
/// Traffic on Saturday and Sunday as a share of a working day's.
const WEEKEND: f64 = 0.86;
/// Hours over which a working day goes over into the weekend and back, centred on midnight.
const CHANGE: f64 = 4.0;

/// The level of traffic at a moment, as a share of a working day's evening peak.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct DayCurve {
    /// Local time minus UTC, in seconds.
    pub utc_offset_seconds: i64,
}

impl DayCurve {
    /// The level at `moment`: at most 1, and never 0.
    #[must_use]
    pub fn level(self, moment: Timestamp) -> f64 {
        let local = moment.millis() + self.utc_offset_seconds * 1_000;
        // 1970 began on a Thursday; four days earlier was a Sunday, so this counts from a Monday.
        let hour_of_week = hours(local + 3 * 86_400_000, 7 * 24);
        daily(hours(local, 24)) * weekly(hour_of_week)
    }
}

/// Hours since the latest multiple of `span` hours.
fn hours(millis: i64, span: i64) -> f64 {
    millis.rem_euclid(span * 3_600_000) as f64 / 3_600_000.0
}

fn daily(hour: f64) -> f64 {
    let rise = PEAK - TROUGH;
    let since_trough = (hour - TROUGH).rem_euclid(24.0);
    let height = if since_trough < rise { ease(since_trough / rise) } else { 1.0 - ease((since_trough - rise) / (24.0 - rise)) };
    FLOOR + (1.0 - FLOOR) * height
}

fn weekly(hour: f64) -> f64 {
    let half = CHANGE / 2.0;
    let saturday = 5.0 * 24.0;
    // Counted from the middle of the week, so that the end of Sunday does not wrap.
    let hour = if hour < half { hour + 7.0 * 24.0 } else { hour };
    let into = ease(((hour - saturday + half) / CHANGE).clamp(0.0, 1.0));
    let out = ease(((hour - 7.0 * 24.0 + half) / CHANGE).clamp(0.0, 1.0));
    1.0 - (1.0 - WEEKEND) * (into - out)
}

/// From 0 to 1 with a level start and end.
fn ease(x: f64) -> f64 {
    (1.0 - (PI * x).cos()) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASHKENT: DayCurve = DayCurve { utc_offset_seconds: 5 * 3_600 };

    fn level(text: &str) -> f64 {
        TASHKENT.level(text.parse().unwrap())
    }

    #[test]
    fn the_evening_is_the_peak_and_the_small_hours_are_the_trough() {
        // A Wednesday.
        let day: Vec<f64> = (0..1_440)
            .map(|minute| TASHKENT.level(Timestamp("2026-11-18T00:00:00+05:00".parse::<Timestamp>().unwrap().millis() + minute * 60_000)))
            .collect();
        let at = |wanted: f64| day.iter().position(|level| *level == wanted).unwrap();
        assert_eq!(at(day.iter().copied().fold(0.0, f64::max)), 21 * 60);
        assert_eq!(at(day.iter().copied().fold(1.0, f64::min)), 4 * 60 + 30);
        assert!((level("2026-11-18T21:00:00+05:00") - 1.0).abs() < 1e-9);
        assert!((level("2026-11-18T04:30:00+05:00") - FLOOR).abs() < 1e-9);
    }

    #[test]
    fn the_weekend_is_quieter_and_nothing_jumps() {
        for (day, quiet) in [("16", false), ("20", false), ("21", true), ("22", true), ("23", false)] {
            let level = level(&format!("2026-11-{day}T12:00:00+05:00"));
            let working = daily(12.0);
            assert_eq!(level < working * 0.99, quiet, "November {day}");
        }
        let start: Timestamp = "2026-11-16T00:00:00Z".parse().unwrap();
        let week: Vec<f64> = (0..7 * 1_440).map(|minute| TASHKENT.level(Timestamp(start.millis() + minute * 60_000))).collect();
        assert!(week.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.005));
        assert!(week.iter().all(|level| (FLOOR * WEEKEND - 1e-9..=1.0).contains(level)));
    }
}
