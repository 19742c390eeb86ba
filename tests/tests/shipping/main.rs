//! Windows of a journal in a real ClickHouse: each once, whatever breaks.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod made;

use made::{Store, access, prepare, shipper};
use schema::Timestamp;
use store::Retention;
use store::shipping::Done;
use store::warehouse::Client;
use tests::clickhouse::ClickHouse;

/// An engine with the tables of this version in a database.
fn engine(test: &str, database: &str) -> Option<(ClickHouse, String)> {
    let engine = ClickHouse::start(test)?;
    prepare(&Client::new(&access(&engine.url(), database)).unwrap()).unwrap();
    Some((engine, database.to_owned()))
}

#[test]
fn windows_late_parts_and_batches_are_there_once() {
    let Some((engine, database)) = engine("windows_late_parts_and_batches_are_there_once", "plain") else { return };
    let mut store = Store::new(Retention::default());
    store.append(100);
    let mut shipper = shipper(store.path(), access(&engine.url(), &database));
    let began = std::time::Instant::now();
    let mut turns = 0;
    while shipper.turn(Timestamp::now()).unwrap() != Done::Nothing {
        turns += 1;
    }
    println!("{turns} turns {:?}", began.elapsed());
    store.must_be_there_once(&engine, &database);
    store.append(1);
    let began = std::time::Instant::now();
    assert_eq!(shipper.turn(Timestamp::now()).unwrap(), Done::Shipped(1));
    println!("one {:?}", began.elapsed());
    store.must_be_there_once(&engine, &database);
}
