//! What was shipped, as the journal's keeper asks for it: in memory, and never held while something is sent.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::segment::BaseId;

/// The windows that are in the warehouse, and those that are on their way.
#[derive(Debug, Default)]
pub(crate) struct Shipped {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    shipped: HashSet<BaseId>,
    on_its_way: HashSet<BaseId>,
}

impl Shipped {
    pub(crate) fn add(&self, ids: impl IntoIterator<Item = BaseId>) {
        self.known().shipped.extend(ids);
    }

    /// Takes the place of what was on its way before.
    pub(crate) fn on_its_way(&self, ids: impl IntoIterator<Item = BaseId>) {
        self.known().on_its_way = ids.into_iter().collect();
    }

    /// They are not there after all.
    pub(crate) fn forget<'i>(&self, ids: impl IntoIterator<Item = &'i BaseId>) {
        let mut known = self.known();
        for id in ids {
            known.shipped.remove(id);
        }
    }

    pub(crate) fn clear(&self) {
        *self.known() = Known::default();
    }

    pub(crate) fn has(&self, id: &BaseId) -> bool {
        self.known().shipped.contains(id)
    }

    /// Whether a window may be in an insert that is under way or will be repeated.
    pub(crate) fn is_on_its_way(&self, id: &BaseId) -> bool {
        self.known().on_its_way.contains(id)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
