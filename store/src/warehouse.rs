//! The warehouse: ClickHouse, where many exchanges and long histories lie.
//!
//! `access` says where it is and how to get in, [`client`] speaks with it, [`trouble`] says in a sentence what went wrong. [`apply`] brings its tables to this version.
//!
//! Questions are answered by two executors from one plan. What is asked becomes folds, intervals and shares as always; only where rows are summed does the warehouse take the place of
//! the journal's files. `standing` knows which windows are there, `ranges` picks levels, `sources` puts together what the warehouse, the journal and the memory have
//! each, `statement` makes SQL of a fold, and `held` reads its rows.

pub mod access;
pub mod apply;
pub mod client;
mod connector;
mod held;
mod ranges;
mod sources;
mod standing;
mod statement;
pub mod trouble;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use schema::warehouse::Keep;

pub use access::{Access, Compression, Secret, Timeouts};
pub use apply::{Applied, apply};
pub use client::Client;
pub(crate) use held::Held;
pub(crate) use sources::{Asking, Stocked};
pub use trouble::{Refusal, Trouble};

use crate::segment::BaseId;

/// How often the log says that ClickHouse does not answer.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// A warehouse as one exchange asks it.
#[derive(Debug)]
pub struct Warehouse {
    client: Client,
    exchange: Arc<str>,
    keep: Keep,
    /// Windows of the journal that are known to be there: else every question would ask for all of them.
    known: Mutex<HashSet<BaseId>>,
    /// When it was last told why it does not answer.
    told: Mutex<Option<Instant>>,
    /// When a question last waited in vain for a moment at which no window was being sent.
    busy: Mutex<Option<Instant>>,
}

impl Warehouse {
    /// Questions of `exchange` by this client. `keep` says how long the warehouse keeps each level, as [`apply`] was told.
    #[must_use]
    pub fn new(client: Client, exchange: Arc<str>, keep: Keep) -> Self {
        Self { client, exchange, keep, known: Mutex::default(), told: Mutex::default(), busy: Mutex::default() }
    }
    /// Says why it does not answer, and who does: once in a while, for pages ask again and again.
    pub(crate) fn tell(&self, trouble: &Trouble) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_none_or(|told| told.elapsed() >= TELL_EVERY) {
            tracing::warn!(%trouble, "questions are answered from the journal alone");
            *told = Some(Instant::now());
        }
    }
}
