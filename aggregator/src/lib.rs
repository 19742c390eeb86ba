//! The abacus: samples × directory → windows.
//!
//! Pure: no socket, no file, no clock; time is passed in. The way of a sample through this room:
//!
//! 1. [`Shard::datagram`] finds the exporter and follows its datagrams' numbers ([`sequence`]);
//! 2. [`Shard::flow`] finds the sample's stream, that is its data source and rate ([`stream`]), asks who exchanged the frame
//!    ([`attribution`]), and adds three integers to the cell of that stream: `(1, x, x²)`;
//! 3. [`Shard::counters`] follows the port's counters ([`ports`]);
//! 4. with every tick [`Shard::take`] hands over what was added since, as a [`Delta`], and [`OpenWindow::merge`] adds it to the open
//!    window;
//! 5. [`OpenWindow::close`] knows how far each data source's pool advanced, gives each stream its weight ([`weight`]), and sums
//!    the streams of a cell to the four sums of a row.
//!
//! A shard belongs to one thread. Nothing here locks, and once its maps are warm nothing here allocates for a sample.

pub mod attribution;
mod exporter;
mod open_window;
pub mod ports;
pub mod sequence;
mod shard;
pub mod stream;
pub mod weight;

pub use attribution::Parties;
pub use exporter::{ExporterKey, ExporterTally};
pub use open_window::OpenWindow;
pub use shard::{Delta, ExporterId, Refused, Shard};
pub use weight::Weights;

#[cfg(test)]
mod tests;
