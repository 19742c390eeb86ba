//! The cellar: the journal and questions to it.
//!
//! A window that was measured comes in as rows and is asked for again as a matrix, a time series, a list. In between:
//!
//! 1. [`Journal`] is the one writer. It puts every window into a **segment** of its own, a directory of Parquet files that
//!    appears whole or not at all. `segment` says how names tell everything that a plan needs, `layout` where things lie and
//!    how they survive a kill at any moment, `encode` how rows become columns.
//! 2. [`Journal::maintain`] sums closed periods into **roll-ups** of five minutes, an hour and a day (`rollup`), and drops
//!    what is old and contained in a roll-up (`retention`). A roll-up lists the windows that it is the sum of, so that one
//!    that comes late is added exactly once.
//! 3. [`Reader`] answers, beside the writer and without a lock. `catalog` lists the segments, `tree` compares roll-ups with
//!    what is finer, `plan` picks segments so that each window is read once, `spans` knows which time was measured.
//! 4. `fold` sums: for roll-ups, for questions, and for the windows that are still in memory, by the same rules of
//!    [`schema::columns::Role`]. `tables` is the one list of tables, `older` says what stands in the place of tables and
//!    columns that an older version did not write, `rows` makes typed rows of small sums.
//! 5. [`question`] is what can be asked and [`answer`] what comes back; [`Reader::matrix`], [`Reader::timeseries`],
//!    [`Reader::members`], [`Reader::locality`], [`Reader::ports`], [`Reader::exporters`] and [`Reader::exchanged`] lead from one to the other.
//! 6. `reconcile` holds ports' counters against what was sampled at the ports, `reconciled` puts what they say beside the cells, and
//!    `figure` adds that up and brings traffic to the counters where that is asked for. `unseen` says what may be there without a
//!    sample, `loss` where samples were lost.
//! 7. [`reattribution`] gives traffic of [`unknown`] MAC addresses to members that were registered late, in every answer and in no file.
//! 8. [`flat`] makes flat tables of answers, and [`encode()`] makes CSV, Parquet or Arrow of these.
//! 9. [`shipping`] brings windows to a ClickHouse, the [`warehouse`], which answers in the journal's place where that is wanted: `sources` is what a question is answered from, and
//!    where rows are summed it asks whoever holds them.

pub mod answer;
mod bundle;
mod catalog;
mod cells;
mod condition;
mod encode;
mod error;
mod exchanged;
mod figure;
pub mod flat;
mod fold;
mod format;
mod frame;
mod grouped;
mod health;
mod journal;
mod keys;
mod layout;
mod listing;
mod locality;
mod loss;
mod matrix;
mod members;
mod memory;
mod older;
mod parallel;
mod part;
mod plan;
mod ports;
pub mod question;
mod reader;
pub mod reattribution;
mod reconcile;
mod reconciled;
mod retention;
mod rollup;
mod rows;
mod segment;
pub mod shipping;
mod sources;
mod spans;
mod table_file;
mod tables;
mod timeseries;
mod tree;
pub mod unknown;
mod unseen;
pub mod warehouse;

pub use error::StoreError;
pub use exchanged::Exchanged;
pub use format::{Format, NotAFormat, TableFormat, encode};
pub use journal::{Appended, Journal, Maintenance, Options};
pub use reader::Reader;
pub use retention::Retention;
pub use timeseries::MOST_POINTS;
