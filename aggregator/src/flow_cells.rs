//! The cells of flow records, of the open window and of those before and after it.

use std::collections::BTreeMap;

use schema::{Moments, Timestamp};

use crate::delta::{FlowCell, Map};

/// Cells of flow records over all windows that they reach, against the same floods as in a shard: as many as a table of 2²⁰ places holds, 70 MB. What
/// comes above it is counted in the overflow cell of the open window.
pub(crate) const MAX_WINDOW_FLOW_CELLS: usize = (1 << 20) / 8 * 7;

/// Cells by the start of their window.
#[derive(Default)]
pub(crate) struct FlowCells {
    by_start: BTreeMap<Timestamp, Map<FlowCell, Moments>>,
    count: usize,
}

impl FlowCells {
    /// Whether there is this cell, so that adding to it makes none.
    pub(crate) fn contains(&self, start: Timestamp, cell: &FlowCell) -> bool {
        self.by_start.get(&start).is_some_and(|cells| cells.contains_key(cell))
    }

    pub(crate) const fn is_full(&self) -> bool {
        self.count >= MAX_WINDOW_FLOW_CELLS
    }

    pub(crate) fn add(&mut self, start: Timestamp, cell: FlowCell, moments: Moments) {
        let cells = self.by_start.entry(start).or_default();
        let before = cells.len();
        cells.entry(cell).or_default().merge(moments);
        self.count += cells.len() - before;
    }

    /// Those of one window.
    pub(crate) fn of(&self, start: Timestamp) -> impl Iterator<Item = (&FlowCell, &Moments)> {
        self.by_start.get(&start).into_iter().flatten()
    }

    /// The starts of all windows that have cells, in order.
    pub(crate) fn starts(&self) -> Vec<Timestamp> {
        self.by_start.keys().copied().collect()
    }

    /// Forgets the cells of one window.
    pub(crate) fn remove(&mut self, start: Timestamp) {
        if let Some(cells) = self.by_start.remove(&start) {
            self.count -= cells.len();
        }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_start.is_empty()
    }
}

impl IntoIterator for FlowCells {
    type Item = (Timestamp, Map<FlowCell, Moments>);
    type IntoIter = std::collections::btree_map::IntoIter<Timestamp, Map<FlowCell, Moments>>;

    fn into_iter(self) -> Self::IntoIter {
        self.by_start.into_iter()
    }
}
