//! How moments are written on pages: in UTC, with the day only where it is needed.

use std::time::Duration;

use schema::Timestamp;

/// Spans longer than this are shown with the day.
const ONE_DAY: Duration = Duration::from_secs(86_400);

fn written(time: Timestamp, format: &str) -> String {
    match jiff::Timestamp::from_millisecond(time.millis()) {
        Ok(moment) => moment.strftime(format).to_string(),
        Err(_) => time.to_string(),
    }
}

/// `21 Nov 2026 08:00`.
pub(crate) fn full(time: Timestamp) -> String {
    written(time, "%-d %b %Y %H:%M")
}

/// `08:00`, or `21 Nov 08:00` in spans of more than a day.
pub(crate) fn within(time: Timestamp, span: Duration) -> String {
    written(time, if span > ONE_DAY { "%-d %b %H:%M" } else { "%H:%M" })
}

/// `08:00 to 09:00, 21 Nov 2026`, or both in full where they are on different days.
pub(crate) fn span(from: Timestamp, to: Timestamp) -> String {
    if from.floor(ONE_DAY) == to.floor(ONE_DAY) {
        return format!("{} to {}", written(from, "%H:%M"), written(to, "%H:%M UTC, %-d %b %Y"));
    }
    format!("{} to {} UTC", full(from), full(to))
}

/// How long ago, in the one or two largest units.
pub(crate) fn ago(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0..60 => format!("{seconds}\u{a0}s"),
        60..3_600 => format!("{}\u{a0}min", seconds / 60),
        3_600..86_400 => format!("{}\u{a0}h {}\u{a0}min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{}\u{a0}d {}\u{a0}h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_shown_only_where_it_is_needed() {
        let from: Timestamp = "2026-11-21T08:00:00Z".parse().unwrap();
        let hour = Duration::from_secs(3_600);
        assert_eq!(span(from, from.plus(hour)), "08:00 to 09:00 UTC, 21 Nov 2026");
        assert_eq!(span(from, from.plus(ONE_DAY)), "21 Nov 2026 08:00 to 22 Nov 2026 08:00 UTC");
        assert_eq!((within(from, hour), within(from, ONE_DAY * 7)), ("08:00".to_owned(), "21 Nov 08:00".to_owned()));
    }

    #[test]
    fn lengths_take_their_largest_units() {
        assert_eq!(ago(Duration::from_secs(59)), "59\u{a0}s");
        assert_eq!(ago(Duration::from_secs(7_500)), "2\u{a0}h 5\u{a0}min");
        assert_eq!(ago(Duration::from_secs(90_000)), "1\u{a0}d 1\u{a0}h");
    }
}
