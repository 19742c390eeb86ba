//! Windows of a journal in a real ClickHouse: each once, whatever breaks.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod exactly_once;
mod grafana;
mod killed;
mod made;
mod old;
mod outage;
mod proxy;
mod refusals;
mod service;

use store::warehouse::Client;
use tests::clickhouse::ClickHouse;

/// An engine with the tables of this version in a database.
fn engine(test: &str, database: &str) -> Option<(ClickHouse, String)> {
    let engine = ClickHouse::start(test)?;
    made::prepare(&Client::new(&made::access(&engine.url(), database)).unwrap()).unwrap();
    Some((engine, database.to_owned()))
}
