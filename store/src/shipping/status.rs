//! How shipping stands, for the pages and the metrics.

use std::sync::{Arc, Mutex, PoisonError};

use schema::Timestamp;

use super::hold::GivenUp;

/// How shipping stands. Counts are since the start.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ShippingStatus {
    /// To which warehouse.
    pub to: String,
    /// Windows shipped.
    pub windows: u64,
    /// Their rows, of all tables.
    pub rows: u64,
    /// Their octets, as they were sent.
    pub octets: u64,
    /// Everything in the journal that began before it is shipped; `None` before the first look.
    pub up_to: Option<Timestamp>,
    /// End of the newest window that was shipped.
    pub newest: Option<Timestamp>,
    /// Windows that are not shipped yet.
    pub backlog_windows: u64,
    /// Their octets.
    pub backlog_octets: u64,
    /// Times that something failed and was tried again.
    pub retries: u64,
    /// Why it fails, while it does.
    pub failing: Option<String>,
    /// Since when it does.
    pub failing_since: Option<Timestamp>,
    /// Windows that were dropped although they are not shipped, for the disk's sake.
    pub given_up: GivenUp,
    /// Windows that cannot be sent because their files cannot be read.
    pub unreadable: u64,
}

/// Where the status can be looked at, from any thread.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    status: Arc<Mutex<ShippingStatus>>,
    given_up: Arc<Mutex<GivenUp>>,
}

impl Watch {
    pub(crate) fn new(to: &str, given_up: Arc<Mutex<GivenUp>>) -> Self {
        let status = ShippingStatus { to: to.to_owned(), ..ShippingStatus::default() };
        Self { status: Arc::new(Mutex::new(status)), given_up }
    }

    /// One that shows what it is given, and nothing that happens.
    #[must_use]
    pub fn still(status: ShippingStatus) -> Self {
        Self { given_up: Arc::new(Mutex::new(status.given_up)), status: Arc::new(Mutex::new(status)) }
    }

    /// How it stands now.
    #[must_use]
    pub fn status(&self) -> ShippingStatus {
        let given_up = *self.given_up.lock().unwrap_or_else(PoisonError::into_inner);
        ShippingStatus { given_up, ..self.status.lock().unwrap_or_else(PoisonError::into_inner).clone() }
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut ShippingStatus)) {
        change(&mut self.status.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
