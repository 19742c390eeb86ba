//! The abacus: samples and flow records × directory → windows.
//!
//! Pure: no socket, no file, no clock; time is passed in. The way of a sample through this room:
//!
//! 1. [`Shard::datagram`] finds the exporter, what the operator knows better of it ([`policy`]), and follows its datagrams' numbers
//!    ([`sequence`]);
//! 2. [`Shard::flow`] finds the sample's stream, that is its data source, rate and direction ([`stream`]), asks who exchanged the frame
//!    ([`attribution`]) and whether it is counted elsewhere, as at a core port, and adds three integers to the cell of that stream: `(1, x, x²)`;
//! 3. [`Shard::record`] does the same for a flow record, and spreads it over the windows in which its packets passed;
//! 4. [`Shard::counters`] follows the port's counters ([`ports`]);
//! 5. with every tick [`Shard::take`] hands over what was added since, as a [`Delta`], and [`OpenWindow::merge`] adds it to the open
//!    window;
//! 6. [`OpenWindow::close`] knows how far each data source's pool advanced, gives its streams their weight ([`weight`]), and sums
//!    the streams of a cell to the sums of a row, and those at a port to what was sampled there; [`OpenWindow::take_late`] gives what flow records add to
//!    windows that were closed before.
//!
//! Samples are counted twice, where they come in and where they lie; [`OpenWindow::ledger`] shows both.
//!
//! A shard belongs to one thread. Nothing here locks, and once its maps are warm nothing here allocates for a sample.

pub mod attribution;
mod cells;
mod delta;
mod entering;
mod exporter;
mod flow_cells;
mod localities;
mod open_window;
mod pairs;
pub mod policy;
mod pools;
mod port_samples;
pub mod ports;
mod roster;
mod rows;
pub mod sequence;
mod shard;
mod spread;
pub mod stream;
mod streams;
mod table;
pub mod weight;

pub use attribution::Parties;
pub use delta::Delta;
pub use exporter::{ExporterKey, ExporterTally};
pub use open_window::OpenWindow;
pub use policy::Policies;
pub use roster::ExporterId;
pub use sequence::Numbering;
pub use shard::{Intake, Refused, Shard};
pub use weight::Weights;

#[cfg(test)]
mod tests;
