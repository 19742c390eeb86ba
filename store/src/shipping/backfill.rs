//! Shipping what lies in the journal and not in the warehouse, on demand.

use std::collections::HashSet;
use std::thread;
use std::time::Duration;

use schema::{Level, Timestamp};

use super::ShippingError;
use super::shipper::Shipper;
use crate::segment::Base;

/// How often one insert is tried before a back-fill gives up; with the waits between them some two minutes.
const TRIES: u32 = 8;

/// A pause after each insert, in which the service can have its turn: a lock is given to whoever asks next, and that would be this process again.
const PAUSE: Duration = Duration::from_millis(20);

/// What a back-fill did.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Filled {
    /// Windows that the journal holds in the span.
    pub held: usize,
    /// Those of them that the warehouse had already.
    pub had: usize,
    /// Those that were shipped now.
    pub shipped: usize,
    /// Windows of the span that the journal holds in roll-ups only: they cannot be shipped.
    pub rolled_up: u64,
}

impl Shipper {
    /// Ships the windows that start in [`from`, `to`) and that the warehouse does not have, whatever was shipped before. `progress` is told how many of how
    /// many have been seen to.
    ///
    /// # Errors
    /// If the warehouse refuses, or cannot be reached for some time.
    pub fn fill(&mut self, from: Timestamp, to: Timestamp, mut progress: impl FnMut(usize, usize)) -> Result<Filled, ShippingError> {
        self.look()?;
        self.get_ready()?;
        let catalog = self.catalog();
        let held: Vec<Base> = catalog.bases_of(from, to).copied().collect();
        let there = self.warehouse.windows(from, to)?;
        let missing: Vec<Base> = held.iter().filter(|base| !there.contains(&base.id)).copied().collect();
        let had = held.len() - missing.len();
        // The ledger may say otherwise of a warehouse that has lost them.
        self.ledger.shipped().forget(missing.iter().map(|base| &base.id));
        let mut left = &missing[..];
        while !left.is_empty() {
            progress(held.len() - left.len(), held.len());
            self.ship_patiently(left)?;
            let shipped = self.ledger.shipped();
            let still = left.iter().position(|base| !shipped.has(&base.id) && !self.is_unreadable(base)).unwrap_or(left.len());
            left = &left[still..];
            thread::sleep(PAUSE);
        }
        progress(held.len(), held.len());
        let shipped = missing.iter().filter(|base| !self.is_unreadable(base)).count();
        Ok(Filled { held: held.len(), had, shipped, rolled_up: self.only_rolled_up(from, to)? })
    }

    fn ship_patiently(&mut self, windows: &[Base]) -> Result<(), ShippingError> {
        let mut tries = 0;
        loop {
            match self.ship(windows) {
                Err(error) if error.may_pass() && tries < TRIES => thread::sleep(self.backoff.next()),
                other => {
                    self.backoff.reset();
                    return other.map(drop);
                }
            }
            tries += 1;
        }
    }

    /// Windows of the span that lie in roll-ups and nowhere else.
    fn only_rolled_up(&self, from: Timestamp, to: Timestamp) -> Result<u64, ShippingError> {
        let catalog = self.catalog();
        let mut only = HashSet::new();
        for level in [Level::FiveMinutes, Level::Hour, Level::Day] {
            for roll_up in catalog.roll_ups_of(level, from.floor(level.span()), to) {
                let inputs = self.layout.inputs(roll_up)?.into_iter().map(|base| base.id);
                only.extend(inputs.filter(|id| id.start >= from && id.start < to && !catalog.bases.contains_key(id)));
            }
        }
        Ok(only.len() as u64)
    }
}
