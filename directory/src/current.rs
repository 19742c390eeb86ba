//! The directory in use.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use schema::Timestamp;

use crate::book::Directory;
use crate::places::Places;
use crate::snapshot::Snapshot;

/// A member list in use: the list, and its snapshot that everybody reads.
///
/// Whoever reads takes the snapshot and waits for nobody. Three write: the one who reloads the list, the one whose clock
/// passes a moment at which a claim begins or ends, and the one who reads what is known of addresses. The lock keeps them from undoing each other's work.
#[derive(Debug, Default)]
pub struct Current {
    known: Mutex<Known>,
    snapshot: Arc<ArcSwap<Snapshot>>,
}

/// What snapshots are made of.
#[derive(Debug, Default)]
struct Known {
    list: Arc<Directory>,
    places: Option<Arc<Places>>,
}

impl Known {
    fn as_of(&self, now: Timestamp) -> Arc<Snapshot> {
        Arc::new(self.list.as_of(now).with_places(self.places.clone()))
    }
}

impl Current {
    /// Takes a list into use.
    #[must_use]
    pub fn new(list: Directory, now: Timestamp) -> Self {
        let snapshot = Arc::new(ArcSwap::from_pointee(list.as_of(now)));
        Self { known: Mutex::new(Known { list: Arc::new(list), places: None }), snapshot }
    }

    /// The snapshot, swapped whole whenever there is another.
    #[must_use]
    pub const fn snapshot(&self) -> &Arc<ArcSwap<Snapshot>> {
        &self.snapshot
    }

    /// The list.
    #[must_use]
    pub fn list(&self) -> Arc<Directory> {
        Arc::clone(&self.locked().list)
    }

    /// Takes another list into use.
    pub fn replace(&self, list: Directory, now: Timestamp) {
        // Built before the lock is taken, which the other writer may want meanwhile.
        let snapshot = list.as_of(now);
        let mut in_use = self.locked();
        in_use.list = Arc::new(list);
        self.snapshot.store(Arc::new(snapshot.with_places(in_use.places.clone())));
    }

    /// Takes another table of what is known of addresses into use, the first one included.
    pub fn know(&self, places: Arc<Places>, now: Timestamp) {
        let mut in_use = self.locked();
        in_use.places = Some(places);
        self.snapshot.store(in_use.as_of(now));
    }

    /// Swaps the snapshot if claims have begun or ended since it was made. Returns whether it did.
    pub fn keep_up(&self, now: Timestamp) -> bool {
        let in_use = self.locked();
        if self.snapshot.load().validity().holds_at(now) {
            return false;
        }
        self.snapshot.store(in_use.as_of(now));
        true
    }

    fn locked(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use schema::{Asn, Mac};

    use super::*;
    use crate::load::parse;
    use crate::member::Claim;

    const MOVES: &[u8] = b"asn,mac,from,until\n64500,02:00:5e:00:00:01,,2026-03-01\n64501,02:00:5e:00:00:01,2026-03-01,\n";

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn whose(current: &Current) -> Claim {
        current.snapshot().load().by_mac(Mac::new([0x02, 0, 0x5e, 0, 0, 1]), 0)
    }

    #[test]
    fn the_snapshot_is_swapped_when_a_claim_begins_and_not_before() {
        let current = Current::new(parse(MOVES, None).unwrap(), moment("2026-02-01"));
        let before = current.snapshot().load_full();
        assert!(!current.keep_up(moment("2026-02-28T23:59:59.999Z")));
        assert!(Arc::ptr_eq(&before, &current.snapshot().load_full()));
        assert_eq!(whose(&current), Claim::Member(Asn(64500)));
        assert!(current.keep_up(moment("2026-03-01")));
        assert_eq!(whose(&current), Claim::Member(Asn(64501)));
        assert!(!current.keep_up(moment("2040-01-01")));
        assert!(current.keep_up(moment("2026-02-01")), "a clock that is set back finds what held then");
        assert_eq!(whose(&current), Claim::Member(Asn(64500)));
    }

    #[test]
    fn what_is_known_of_addresses_stays_when_the_list_or_the_time_changes() {
        let current = Current::new(parse(MOVES, None).unwrap(), moment("2026-02-01"));
        assert!(current.snapshot().load().places().is_none());
        let places = Arc::new(Places::empty());
        current.know(Arc::clone(&places), moment("2026-02-01"));
        let known = || current.snapshot().load().places().map(Places::number);
        assert_eq!(known(), Some(places.number()));
        assert!(current.keep_up(moment("2026-03-01")));
        assert_eq!(known(), Some(places.number()));
        current.replace(parse(MOVES, None).unwrap(), moment("2026-03-02"));
        assert_eq!((known(), whose(&current)), (Some(places.number()), Claim::Member(Asn(64501))));
    }

    #[test]
    fn another_list_counts_from_the_moment_at_which_it_comes() {
        let current = Current::default();
        assert_eq!((whose(&current), current.keep_up(moment("2026-03-01"))), (Claim::Nobody, false));
        current.replace(parse(MOVES, None).unwrap(), moment("2026-03-01"));
        assert_eq!((whose(&current), current.list().member_count()), (Claim::Member(Asn(64501)), 2));
        assert!(current.keep_up(moment("2026-02-01")));
    }
}
