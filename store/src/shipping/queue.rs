//! What is sent next.
//!
//! New windows keep their place while a backlog drains: a turn for them, if there are any, then one for the backlog, and so on. Either is sent in the order of the windows' starts. So a
//! window that has just been closed waits for one insert of the backlog at most, however long that is.

use std::time::Duration;

use schema::Timestamp;

use super::files::Files;
use super::ledger::Batch;
use crate::error::{Result, StoreError};
use crate::layout::Layout;
use crate::segment::{Base, Tally};

/// Windows that began within so long are new ones: those that Grafana's last quarter of an hour shows.
const NEW: Duration = Duration::from_secs(15 * 60);

/// Windows of one insert: with more the warehouse gains nothing, and a repeated insert repeats more.
const MOST_WINDOWS: usize = 240;

/// Octets of one insert where several windows go together: bounds this process' memory.
const MOST_OCTETS: u64 = 32 << 20;

/// One in so many milliseconds of a day: rows of one insert are of one day, which is one partition of the finest table.
const DAY: Duration = Duration::from_secs(86_400);

/// Whose turn it is.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Whose {
    /// New windows'.
    #[default]
    New,
    /// The backlog's.
    Backlog,
}

impl Whose {
    /// The windows whose turn it is now, the oldest first, and whose turn it is after them. `unshipped` is in order.
    pub(crate) fn choose(self, unshipped: &[Base], now: Timestamp) -> (&[Base], Self) {
        let new_from = now.minus(NEW);
        let (backlog, new) = unshipped.split_at(unshipped.partition_point(|base| base.id.start < new_from));
        match self {
            Self::New if new.is_empty() => (backlog, Self::New),
            Self::Backlog if backlog.is_empty() => (new, Self::Backlog),
            Self::New => (new, Self::Backlog),
            Self::Backlog => (backlog, Self::New),
        }
    }
}

/// Windows that go by one insert.
pub(crate) struct Composed {
    pub(crate) batch: Batch,
    pub(crate) files: Vec<Files>,
}

/// What one insert may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Most<'e> {
    /// Rows of several windows together.
    pub(crate) rows: u64,
    /// The exchange of windows without rows.
    pub(crate) exchange: &'e str,
}

/// Takes as many windows as one insert bears, in their order. Those that cannot be read are stepped over, and given to `unreadable`.
pub(crate) fn compose(
    layout: &Layout,
    candidates: &[Base],
    most: Most<'_>,
    mut unreadable: impl FnMut(Base, &StoreError),
) -> Result<Option<Composed>> {
    let mut files: Vec<Files> = Vec::new();
    let (mut sum, mut octets) = (0, 0);
    for base in candidates {
        let read = match Files::read(layout, *base) {
            Err(StoreError::Gone { .. }) => continue,
            Err(error @ StoreError::Broken { .. }) => {
                unreadable(*base, &error);
                continue;
            }
            read => read?,
        };
        (sum, octets) = (sum + read.rows(), octets + read.octets());
        let is_more = files.len() == MOST_WINDOWS || sum > most.rows || octets > MOST_OCTETS;
        if files.first().is_some_and(|first| is_more || !goes_with(first, &read)) {
            break;
        }
        files.push(read);
    }
    let bases: Vec<Base> = files.iter().map(|files| files.base).collect();
    let exchange = files.iter().find_map(|files| files.exchange.as_deref()).unwrap_or(most.exchange);
    Ok(token(exchange, &bases).map(|token| Composed { batch: Batch { token, bases }, files }))
}

/// Rows of one insert are of one exchange and of one day.
fn goes_with(first: &Files, other: &Files) -> bool {
    let is_same = first.exchange.is_none() || other.exchange.is_none() || first.exchange == other.exchange;
    is_same && first.base.id.start.floor(DAY) == other.base.id.start.floor(DAY)
}

/// The name of the one window, or a name of all: that of the first, how many they are, and which. Before it stands the exchange: windows of two may have the
/// same name, and the warehouse has one memory of tokens for all.
fn token(exchange: &str, bases: &[Base]) -> Option<String> {
    let exchange = exchange.replace(char::is_whitespace, "_");
    match bases {
        [] => None,
        [one] => Some(format!("{exchange}/{one}")),
        [first, ..] => {
            let tally = Tally::of(bases.iter().map(|base| &base.id));
            Some(format!("{exchange}/{first}+{}-{:016x}", tally.count, tally.digest))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::BaseId;

    const MINUTE: i64 = 60_000;

    fn windows(minutes: impl IntoIterator<Item = i64>) -> Vec<Base> {
        let id = |minute: i64| BaseId { start: Timestamp(minute * MINUTE), serial: 7 };
        minutes.into_iter().map(|minute| Base { id: id(minute), length: Duration::from_secs(60), partial: None }).collect()
    }

    #[test]
    fn new_windows_and_the_backlog_take_turns() {
        let unshipped = windows((0..1_440).chain(2_000..2_003));
        let now = Timestamp(2_003 * MINUTE);
        let (first, next) = Whose::New.choose(&unshipped, now);
        assert_eq!((first.len(), first[0].id.start), (3, Timestamp(2_000 * MINUTE)));
        let (second, next) = next.choose(&unshipped, now);
        assert_eq!((second.len(), second[0].id.start), (1_440, Timestamp(0)));
        assert_eq!(next, Whose::New);
    }

    #[test]
    fn whoever_is_alone_has_every_turn() {
        let old = windows(0..9);
        assert_eq!(Whose::New.choose(&old, Timestamp(2_000 * MINUTE)), (&old[..], Whose::New));
        let (new, _) = Whose::Backlog.choose(&old, Timestamp(9 * MINUTE));
        assert_eq!(new.len(), 9);
        assert!(Whose::New.choose(&[], Timestamp(0)).0.is_empty());
    }

    #[test]
    fn a_token_names_exactly_what_it_stands_for() {
        let some = windows(0..3);
        assert_eq!(token("ix", &some[..1]), Some(format!("ix/{}", some[0])));
        assert_eq!(token("ix", &[]), None);
        let [two, three, others] = [&some[..2], &some[..], &windows([0, 2])].map(|bases| token("ix", bases).unwrap());
        assert!(two != three && two != others && two.starts_with(&format!("ix/{}+2-", some[0])), "{two} {others}");
        assert_ne!(token("another", &some[..2]), Some(two), "windows of two exchanges may have the same names");
        assert!(!token("a\n b", &some).unwrap().contains(char::is_whitespace), "a line of the ledger stays one");
    }
}
