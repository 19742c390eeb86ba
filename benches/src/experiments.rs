//! The proof: how often the intervals hold the truth, and what becomes of the figures when things go wrong.
//!
//! Nothing here is timed. Everything is drawn from fixed seeds, so that the same program prints the same tables.
//!
//! 1. [`mix`] says of which frames a cell is made;
//! 2. [`estimator`] samples such cells by themselves, some ten thousand times each, and counts how often the interval holds the truth;
//! 3. [`pipeline`] plays a whole exchange through decoder, weights and windows, and does the same with its cells;
//! 4. [`mishaps`] loses, repeats and double-counts on the way, and holds the totals against the truth;
//! 5. [`table`] prints all that as the tables that stand in the documentation.

pub mod estimator;
pub mod mishaps;
pub mod mix;
pub mod pipeline;
pub mod table;
