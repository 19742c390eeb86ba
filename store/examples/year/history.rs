//! A year's journal of an exchange, written by the journal itself.
//!
//! Writing all of its half a million minutes would take hours. So there are three stretches, which leave the folders, and for questions the sizes, that a year
//! of measuring leaves after the retention that is the default:
//!
//! - the last [`DETAILED`] are whole, minute by minute;
//! - before that, back to [`FIVE_MINUTES_KEPT`], there is a window for every five minutes, and before that one for every hour. The first window of each day
//!   holds all cells of the day, the others hold few; so roll-ups of a day, which is what long questions read, have all their rows.

use std::path::Path;
use std::time::Duration;

use schema::{Level, Timestamp};
use store::{Journal, Maintenance, Options, StoreError};

use super::exchange::Exchange;

const DAY: Duration = Duration::from_secs(86_400);

/// Minutes are there for so long, before the end.
pub(crate) const DETAILED: Duration = Duration::from_secs(2 * 86_400);

/// Five minutes are there for so long, as by the default retention.
pub(crate) const FIVE_MINUTES_KEPT: Duration = Duration::from_secs(35 * 86_400);

/// What a window of the less detailed stretches sees, apart from the first of a day.
const LITTLE: Duration = Duration::from_secs(1);

/// Fills a new journal in `dir` with `days` of an exchange up to `end`, which is taken down to a whole minute.
///
/// # Errors
/// If the file system refuses.
pub(crate) fn fill(dir: &Path, exchange: &Exchange, days: u32, end: Timestamp) -> Result<(), StoreError> {
    let mut journal = Journal::open(dir, Options::default())?;
    let end = end.floor(Level::Minute.span());
    let first = end.minus(DAY * days).floor(DAY);
    let mut start = first;
    while start < end {
        let spacing = spacing(end.since(start));
        let (length, seen) = measured(start, spacing);
        journal.append_bulk(&exchange.window(start, length, seen))?;
        start = start.plus(spacing);
        if start.floor(DAY) == start {
            journal.maintain(start)?;
        }
    }
    settle(&mut journal, end)
}

/// Maintains a journal until there is nothing more to do at `now`.
///
/// # Errors
/// If the file system refuses.
pub(crate) fn settle(journal: &mut Journal, now: Timestamp) -> Result<(), StoreError> {
    while journal.maintain(now)? != Maintenance::default() {}
    Ok(())
}

/// How far it is from one window to the next, so long before the end.
fn spacing(before: Duration) -> Duration {
    match before {
        before if before <= DETAILED => Level::Minute.span(),
        before if before <= FIVE_MINUTES_KEPT => Level::FiveMinutes.span(),
        _ => Level::Hour.span(),
    }
}

/// How long a window is, and of how much measuring it has the cells.
fn measured(start: Timestamp, spacing: Duration) -> (Duration, Duration) {
    let length = spacing.min(Level::FiveMinutes.span());
    let seen = match spacing {
        spacing if spacing == Level::Minute.span() => spacing,
        _ if start.floor(DAY) == start => DAY,
        _ => LITTLE,
    };
    (length, seen)
}
