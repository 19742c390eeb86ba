//! Shipping: the windows of the journal, brought to the warehouse once each.
//!
//! 1. A [`Shipper`] compares the journal with its `ledger`, which says on disk what was shipped, and takes windows in turns: new ones, then some of the backlog (`queue`).
//! 2. Their `files` go as they are; several of one table are put together without being decoded. `send` brings them over, every step under a token by which the
//!    warehouse knows a repeated one. What is about to be sent stands in the ledger before it is sent, so that after a kill, a lost answer or an outage the very same insert is made
//!    again.
//! 3. [`Shipping`] is the thread that does so for as long as the service runs, and waits longer and longer while it fails (`backoff`). [`Shipper::fill`] does it on demand.
//! 4. A [`Hold`] keeps the journal from dropping what is not shipped, up to a bound of the disk. [`Watch`] shows how it stands.
//!
//! Nothing here is waited for by those who measure: the keeper asks a set in memory which windows it must keep, and no more.

mod backfill;
mod backoff;
mod files;
mod hold;
mod ledger;
mod older;
mod queue;
mod send;
mod shipped;
mod shipper;
mod status;
mod thread;

pub use backfill::Filled;
pub use hold::{GivenUp, Hold};
pub use shipper::{ChangedMembers, Done, Prepare, Settings, Shipper};
pub use status::{ShippingStatus, Watch};
pub use thread::Shipping;

use crate::error::StoreError;
use crate::warehouse::Trouble;

/// Why windows were not shipped.
#[derive(Debug, thiserror::Error)]
pub enum ShippingError {
    /// The journal or the ledger could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The warehouse could not be reached, or refused.
    #[error(transparent)]
    Warehouse(#[from] Trouble),
    /// The warehouse is not as this version needs it.
    #[error("{0}")]
    NotReady(String),
}

impl ShippingError {
    /// Whether it may pass by itself: what is refused by name is not.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Warehouse(Trouble::Unreachable { .. } | Trouble::TimedOut { .. } | Trouble::Answer { .. }))
    }
}
