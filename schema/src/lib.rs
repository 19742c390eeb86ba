//! The dictionary: the words that every other room uses, and nothing that does I/O.
//!
//! Read it in the order of a sample's life:
//!
//! 1. [`protocol`] and [`sample`]: what one sampled frame, one flow record or one counter report says, as `wire` hands it on;
//! 2. [`party`] and [`cell`]: who exchanged it, and the cell of the matrix that it is added to;
//! 3. [`sums`]: the moments that the hot path adds, and the four additive sums of a cell; [`estimator`]: the figures and intervals that they give;
//! 4. [`window`]: what was measured in one window, as rows;
//! 5. [`columns`]: the one table of columns from which the Parquet files, the API's fields and their documentation come;
//! 6. [`level`]: the roll-ups;
//! 7. [`economy`] and [`locality`]: where an address is; [`border`] and [`month`]: over which kind of link a network's traffic comes, and by what it is billed;
//! 8. [`status`]: what the running collector says of itself;
//! 9. [`warehouse`]: the same tables in a ClickHouse.

pub mod border;
pub mod cell;
pub mod columns;
pub mod economy;
pub mod estimator;
pub mod flow_record;
pub mod level;
pub mod locality;
pub mod mac;
pub mod month;
pub mod party;
pub mod port_name;
pub mod protocol;
pub mod rate;
pub mod sample;
mod sampled;
pub mod status;
pub mod sums;
pub mod time;
pub mod warehouse;
pub mod window;

pub use border::Class;
pub use cell::{CellKey, Reason};
pub use economy::Economy;
pub use estimator::{Interval, Share};
pub use level::Level;
pub use locality::{Localities, Locality};
pub use mac::Mac;
pub use month::Month;
pub use party::{Asn, Party};
pub use protocol::Protocol;
pub use rate::Rate;
pub use sums::{Moments, Sums};
pub use time::Timestamp;
pub use window::Window;

/// Version of the method by which figures are made; printed with every report and every replay.
pub const METHOD_VERSION: &str = "1";
