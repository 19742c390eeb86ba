//! The warehouse: ClickHouse, where many exchanges and long histories lie.
//!
//! `access` says where it is and how to get in, [`client`] speaks with it, [`trouble`] says in a sentence what went wrong.

pub mod access;
pub mod client;
mod connector;
pub mod trouble;

pub use access::{Access, Compression, Secret, Timeouts};
pub use client::Client;
pub use trouble::{Refusal, Trouble};
