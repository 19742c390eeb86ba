//! What of a question the warehouse holds: the second executor.
//!
//! The question is planned and answered as from the journal. Only where rows are summed does the warehouse take the place of files: the same [`Fold`] becomes a statement, and
//! its rows come back as Arrow. Windows that it does not hold yet are summed from the journal's files and from memory, and added.

use std::sync::Arc;

use arrow::ipc::reader::StreamReader;
use polars_core::prelude::DataFrame;
use schema::columns::Column;
use schema::window::Stretch;

use super::Warehouse;
use super::ranges::Range;
use super::statement::{Rows, Statement, claimed_rows, sums};
use super::trouble::Trouble;
use crate::error::Result;
use crate::fold::Fold;
use crate::frame::Frame;

/// The part of a question's span that is in the warehouse.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(super) warehouse: Arc<Warehouse>,
    pub(super) ranges: Vec<Range>,
    /// How many windows of its span were here, or on their way, when stock was taken.
    pub(super) begun: u64,
    /// That span.
    pub(super) span: Stretch,
}

impl Held {
    /// Whether it holds no window of the span.
    pub(crate) const fn is_empty(&self) -> bool {
        self.begun == 0
    }

    /// Whether the warehouse holds what it held when stock was taken.
    pub(crate) fn is_unchanged(&self) -> Result<bool> {
        Ok(self.warehouse.stock().begun(self.span.from, self.span.to)? == self.begun)
    }

    /// Sums its rows. With claims there are several sums, for rows with a claimed MAC address are summed here, a batch at a time.
    pub(crate) fn sums(&self, fold: &Fold) -> Result<Vec<DataFrame>> {
        if self.ranges.is_empty() {
            return Ok(Vec::new());
        }
        let told = fold.told();
        let rows = Rows { exchange: &self.warehouse.exchange, ranges: &self.ranges };
        let macs = told.claims.map(crate::reattribution::InForce::macs);
        let mut of_all = self.read(&sums(&told, rows, macs.as_deref()), &told.columns(), Frame::into_polars)?;
        if let Some(macs) = &macs {
            let columns = fold.raw_columns();
            of_all.extend(self.read(&claimed_rows(&told, rows, &columns, macs), &columns, |batch| fold.of_raw(batch))?);
        }
        Ok(of_all)
    }

    /// Runs a statement and makes something of its rows, a batch at a time.
    fn read(&self, statement: &Statement, columns: &[Column], of: impl Fn(Frame) -> Result<DataFrame>) -> Result<Vec<DataFrame>> {
        let client = &self.warehouse.client;
        let stream = client.ask(&statement.text, &statement.values(), "ArrowStream")?;
        let unreadable = |detail: String| Trouble::Answer { url: client.access().url.clone(), detail };
        let mut made = Vec::new();
        for batch in StreamReader::try_new(&*stream, None)? {
            let batch = batch?;
            let mut frame = Frame::new(columns, batch.num_rows());
            frame.add_batch(&batch).map_err(unreadable)?;
            made.push(of(frame)?);
        }
        Ok(made)
    }
}
