//! The tables of the warehouse, a ClickHouse, made from the one table of columns.
//!
//! For each table of a window there are four in the warehouse, as in `cells_1m`, `cells_5m`, `cells_1h` and `cells_1d` ([`tables`]). Rows are inserted into the
//! finest alone; materialized views sum each level up into the next as rows come. Every table begins with the exchange and the time, so that many
//! exchanges lie in one warehouse and a question reads its own rows only.
//!
//! | table | holds |
//! |---|---|
//! | `cells_…`, `ports_…`, `exporters_…`, `port_samples_…`, `listeners_…` | the rows of windows, at each level, kept as long as [`Keep`] says |
//! | `windows` | which windows are here, and which time they measured ([`rows::WindowRow`]) |
//! | `members` | the versions of the member list ([`rows::MemberRow`]); the view `member_names` gives the latest name of each |
//! | `schema_migrations` | which [`migrations`] were applied |
//!
//! **How a window comes in.** Whoever sends it inserts first its row of `windows` with `finished` = 0, then the rows of each of its tables into the finest level, then its
//! row of `windows` with `finished` = 1. Several windows may be sent together in this order. Every insert may be repeated: those of rows bear the same deduplication token, and
//! a repeated row of `windows` is the same row. A reader that sees a window which is begun and not finished knows that its rows may be here in part, and one that sees no new
//! row of `windows` while it read knows that nothing has changed below it.
//!
//! The cluster's form ([`Form::Cluster`]) has each table as a replicated one on every shard, named `…_local`, and a distributed one over them under the plain
//! name. Rows are sharded by exchange: a window goes to one shard as a whole, and questions of one exchange are answered by one.

pub mod keep;
pub mod migrations;
mod place;
pub mod rows;
pub mod tables;

pub use keep::Keep;
pub use migrations::{LATEST, Migration, migrations};
pub use place::Form;
pub use rows::{MEMBERS, MemberRow, WINDOWS, WindowRow};
pub use tables::{KEPT, name};
