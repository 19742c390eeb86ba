//! Of which time a report speaks.

use schema::{Month, Timestamp};

/// A span of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Period {
    /// First moment.
    pub from: Timestamp,
    /// The moment after the last.
    pub to: Timestamp,
}

impl Period {
    /// How long it is, in seconds.
    #[must_use]
    pub fn seconds(&self) -> u64 {
        self.to.since(self.from).as_secs()
    }

    /// Whether all of a month lies in it.
    #[must_use]
    pub fn holds(&self, month: Month) -> bool {
        self.from <= month.start() && month.end() <= self.to
    }

    /// Whether some of a month lies in it.
    #[must_use]
    pub fn touches(&self, month: Month) -> bool {
        month.start() < self.to && self.from < month.end()
    }
}
