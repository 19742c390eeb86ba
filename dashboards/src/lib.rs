//! The windows: the HTTP API and the pages.
//!
//! Read it in the order of a request's life:
//!
//! 1. [`serve`] accepts a connection, with its limits, and [`router`] finds the handler behind the `guard`;
//! 2. `asked` turns the parameters into a typed question, or into a sentence that a person can act on (`problem`);
//! 3. `reading` puts the question to the store, away from the threads that serve;
//! 4. `api` writes the answer as JSON, CSV, Parquet or Arrow, and `pages` as a page whose tables are there before any script runs;
//!    both show figures through `figure` and `ratio`, which never print more digits than the interval allows;
//! 5. `assets` hands out the scripts and styles that `web/` was built to, `metrics` what Prometheus collects.

mod api;
mod asked;
mod assets;
mod figure;
mod formats;
mod guard;
mod messages;
mod metrics;
mod moment;
mod pages;
mod problem;
mod ratio;
mod reading;
mod server;
mod site;
mod status_view;

pub use server::{router, serve};
pub use site::{ExchangeInfo, Site};
