//! Every window once, views included, though the database is killed, answers are lost and requests break off.

use std::thread;
use std::time::Duration;

use schema::Timestamp;
use store::shipping::{Done, Settings, Shipper};

use super::engine;
use super::made::{Store, access, prepared, shipper};
use super::proxy::Proxy;

/// Turns until nothing is left to ship; what fails is tried again at once.
fn drain(shipper: &mut Shipper) -> usize {
    let mut failures = 0;
    loop {
        match shipper.turn(Timestamp::now()) {
            Ok(Done::Nothing) => return failures,
            Ok(Done::Shipped(_)) => {}
            Err(error) => {
                assert!(error.may_pass(), "{error}");
                failures += 1;
                assert!(failures < 50, "{error}");
            }
        }
    }
}

#[test]
fn windows_late_parts_and_batches_are_there_once() {
    let Some((engine, database)) = engine("windows_late_parts_and_batches_are_there_once", "plain") else { return };
    let mut store = Store::new();
    let mut shipper = shipper(store.path(), access(&engine.url(), &database));
    store.append(100);
    assert_eq!(shipper.turn(Timestamp::now()).unwrap(), Done::Shipped(100), "windows of one day go together");
    store.append(1);
    assert_eq!(shipper.turn(Timestamp::now()).unwrap(), Done::Shipped(1));
    assert_eq!(shipper.turn(Timestamp::now()).unwrap(), Done::Nothing);
    store.must_be_there_once(&engine, &database);
    let status = shipper.watch().status();
    assert_eq!((status.windows, status.backlog_windows, status.retries), (101, 0, 0));
    assert_eq!((status.rows, status.up_to), (4 * 101, Some(store.start_of(100).plus(super::made::MINUTE))));
}

#[test]
fn an_answer_that_is_lost_at_any_step_counts_nothing_twice() {
    let Some((engine, database)) = engine("an_answer_that_is_lost_at_any_step_counts_nothing_twice", "answers") else { return };
    let proxy = Proxy::to(&engine.url());
    let mut store = Store::new();
    let mut shipper = shipper(store.path(), access(&proxy.url(), &database));
    // What is asked before the first window, then the steps of a batch: the windows that come, three tables, the windows that are there.
    for answers in 0..7 {
        store.append(3);
        proxy.lose_answer_after(answers);
        let outcome = shipper.turn(Timestamp::now());
        proxy.mend();
        assert!(answers >= 5 || outcome.is_err(), "answer {answers} was not lost");
        drain(&mut shipper);
        store.must_be_there_once(&engine, &database);
    }
}

#[test]
fn a_request_that_breaks_off_anywhere_counts_nothing_twice() {
    let Some((engine, database)) = engine("a_request_that_breaks_off_anywhere_counts_nothing_twice", "requests") else { return };
    let proxy = Proxy::to(&engine.url());
    let mut store = Store::new();
    let mut shipper = shipper(store.path(), access(&proxy.url(), &database));
    for octets in [0, 100, 2_500, 5_000, 9_000, 15_000] {
        store.append(3);
        proxy.cut_after(octets);
        assert!(shipper.turn(Timestamp::now()).is_err(), "nothing broke off after {octets} octets");
        proxy.mend();
        drain(&mut shipper);
    }
    store.must_be_there_once(&engine, &database);
}

#[test]
fn a_database_that_is_killed_before_and_after_an_insert_has_everything_once() {
    let test = "a_database_that_is_killed_before_and_after_an_insert_has_everything_once";
    let Some((mut engine, database)) = engine(test, "killed") else { return };
    let mut store = Store::new();
    let mut shipper = shipper(store.path(), access(&engine.url(), &database));
    for is_before in [true, false, true, false] {
        store.append(5);
        if is_before {
            engine.kill();
            assert!(shipper.turn(Timestamp::now()).is_err());
        } else {
            shipper.turn(Timestamp::now()).unwrap();
            engine.kill();
        }
        engine.resume();
        drain(&mut shipper);
        store.must_be_there_once(&engine, &database);
    }
}

/// It has failed, by a part of an insert that was missing at one level: killed between noting a block's token and having its part, ClickHouse would take the repeated
/// insert for one that it has.
#[test]
#[ignore = "ClickHouse itself may lose a part of an insert in the midst of which it is killed; see docs/clickhouse.md"]
fn a_database_that_is_killed_during_an_insert_has_everything_once() {
    let test = "a_database_that_is_killed_during_an_insert_has_everything_once";
    let Some((mut engine, database)) = engine(test, "struck") else { return };
    let mut store = Store::new();
    let mut shipper = shipper(store.path(), access(&engine.url(), &database));
    store.append(2);
    drain(&mut shipper);
    // The steps of a batch take some 300 ms.
    for millis in [10, 60, 110, 160, 210, 260] {
        store.append(5);
        thread::scope(|scope| {
            let turn = scope.spawn(|| shipper.turn(Timestamp::now()));
            thread::sleep(Duration::from_millis(millis));
            engine.kill();
            let _ = turn.join().unwrap();
        });
        engine.resume();
        drain(&mut shipper);
        store.must_be_there_once(&engine, &database);
    }
}

#[test]
fn another_address_or_a_lost_ledger_makes_nothing_be_sent_twice() {
    let Some((engine, database)) = engine("another_address_or_a_lost_ledger_makes_nothing_be_sent_twice", "address") else { return };
    let mut store = Store::new();
    store.append(20);
    drain(&mut shipper(store.path(), access(&engine.url(), &database)));

    let proxy = Proxy::to(&engine.url());
    let mut by_another_way = shipper(store.path(), access(&proxy.url(), &database));
    // Killed in the midst, and seen again under the first address: it goes on with the very same insert.
    store.append(4);
    proxy.lose_answer_after(3);
    assert!(by_another_way.turn(Timestamp::now()).is_err());
    drop(by_another_way);
    let mut first = shipper(store.path(), access(&engine.url(), &database));
    drain(&mut first);
    assert_eq!(first.watch().status().windows, 4, "what was there was not sent again");

    std::fs::remove_dir_all(store.path().join("shipping")).unwrap();
    let mut anew = shipper(store.path(), access(&engine.url(), &database));
    drain(&mut anew);
    assert_eq!(anew.watch().status().windows, 0);
    store.must_be_there_once(&engine, &database);
}

#[test]
fn windows_of_two_exchanges_that_have_the_same_names_are_all_there() {
    let Some((engine, database)) = engine("windows_of_two_exchanges_that_have_the_same_names_are_all_there", "two") else { return };
    for exchange in ["ix", "another-ix"] {
        let mut store = Store::new();
        store.exchange = exchange;
        store.append(8);
        let settings = Settings {
            data: store.path().to_owned(),
            exchange: exchange.into(),
            access: access(&engine.url(), &database),
            batch: 1,
            backlog: 1 << 30,
        };
        let mut shipper = Shipper::open(&settings, Box::new(prepared), Box::new(|| None)).unwrap();
        drain(&mut shipper);
        assert_eq!(shipper.watch().status().windows, 8);
        store.must_be_there_once(&engine, &database);
    }
}

#[test]
fn two_that_ship_one_journal_under_two_addresses_send_nothing_twice() {
    let Some((engine, database)) = engine("two_that_ship_one_journal_under_two_addresses_send_nothing_twice", "addresses") else { return };
    let proxy = Proxy::to(&engine.url());
    let mut store = Store::new();
    let mut first = shipper(store.path(), access(&engine.url(), &database));
    let mut second = shipper(store.path(), access(&proxy.url(), &database));
    for _ in 0..4 {
        store.append(3);
        drain(&mut first);
        store.append(3);
        drain(&mut second);
        store.must_be_there_once(&engine, &database);
    }
    assert_eq!(first.watch().status().windows + second.watch().status().windows, 24);
}
