//! The rough handling: everything that reads bytes from outside, under whatever bytes a fuzzer comes upon.
//!
//! A *target* is a function of an input's octets. It reads them as the program does, and panics if what must hold for every input does not.
//! It says how much of the input was understood, so that a test notices seeds that are no longer read. [`TARGETS`] lists them:
//!
//! - [`sflow`]: one datagram of sFlow;
//! - [`netflow5`]: one datagram of NetFlow v5;
//! - [`netflow9_ipfix`]: [`datagrams`] of one exporter, whose templates hold for those behind them;
//! - [`lane`]: [`datagrams`] of several exporters in any protocol, on their way to a window;
//! - [`capture`]: a pcap or pcapng file;
//! - [`members`]: member lists in TOML, CSV, and as IX-F exports;
//! - [`places`]: files of economies and networks: lists, geofeeds, registries' statistics, routing tables and databases.
//!
//! Each reads within a [`memory::Bound`]. [`exporter`] and [`records`] say what must hold of templates and of flow records.
//!
//! `fuzz/run.sh` builds the targets with libFuzzer and with the compiler's counters of what was reached, and runs them from the seeds in
//! `fuzz/corpus/`. The seeds alone are ordinary tests of this crate.

pub mod capture;
pub mod datagrams;
pub mod exporter;
pub mod lane;
pub mod members;
pub mod memory;
pub mod netflow5;
pub mod netflow9_ipfix;
pub mod places;
pub mod records;
pub mod sflow;

/// Reads an input and says how much of it was understood, in samples, records or members.
pub type Target = fn(&[u8]) -> u64;

/// Every target by its name, which its binary and its folder of seeds have too.
pub const TARGETS: &[(&str, Target)] = &[
    ("sflow", sflow::run),
    ("netflow5", netflow5::run),
    ("netflow9_ipfix", netflow9_ipfix::run),
    ("lane", lane::run),
    ("capture", capture::run),
    ("members_toml", members::toml),
    ("members_csv", members::csv),
    ("members_ixf", members::ixf),
    ("places_overrides", places::overrides),
    ("places_geofeed", places::geofeed),
    ("places_registry", places::registry),
    ("places_routes", places::routes),
    ("places_database", places::database),
    ("places_caches", places::caches),
];
