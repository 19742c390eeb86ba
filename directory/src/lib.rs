//! The address book: who is behind a MAC address, a VLAN and a port.
//!
//! Read it in the order of a member list's life:
//!
//! 1. [`load`] reads a file and tells its [`Format`] by its content: TOML, CSV or an IX-F Member Export;
//! 2. one module per format turns it into entries, and a builder merges the entries of one network;
//! 3. the [`Directory`] that comes out holds all claims with their [`Validity`], the time in which each holds;
//! 4. [`Directory::as_of`] makes the immutable [`Snapshot`] of one moment: it is built outside any lock, shared as an `Arc`, and replaced as a
//!    whole, by [`Current`] when the list is another or a claim begins or ends;
//! 5. [`Snapshot::by_mac`] and [`Snapshot::by_port`] answer for every sample; each answer is one [`Claim`] or one ASN.
//!
//! What would make attribution wrong is refused ([`Refusal`]: one sentence, nothing is loaded); what only costs one claim is stepped over
//! and said ([`Warning`]: one sentence each, all counted).

mod book;
mod builder;
mod conflict;
mod csv_file;
mod current;
mod field;
mod ixf;
mod load;
mod macs;
mod member;
pub mod places;
mod refusal;
mod snapshot;
mod toml_file;
mod validity;
mod warning;

pub use book::{Directory, MAX_MACS, MAX_MEMBERS, MAX_PORTS};
pub use current::Current;
pub use load::{Format, LoadError, MAX_FILE_OCTETS, Source, load, parse};
pub use member::{Claim, MacClaim, Member, Port};
pub use refusal::{Place, Refusal};
pub use snapshot::Snapshot;
pub use validity::Validity;
pub use warning::{MAX_WARNINGS, Warning};
