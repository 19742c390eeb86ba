//! A day without the database, at compressed time.

use std::path::Path;
use std::time::Duration;

use schema::{Level, Timestamp};
use store::question::Question;
use store::shipping::{Done, Settings, Shipper};
use store::{Reader, Retention};
use tests::clickhouse::ClickHouse;

use super::engine;
use super::made::{Store, access, prepared};

/// How long a window is: fewer files for the same day.
const LENGTH: Duration = Duration::from_secs(300);

/// Windows of the outage.
const A_DAY: u64 = 24 * 12;

/// Windows after which the keeper looks after roll-ups and retention. It does so three times a minute; what it leaves behind is the same.
const MAINTENANCE: u64 = 4;

/// What the journal keeps of minutes by itself.
const KEPT: Duration = Duration::from_secs(3_600);

/// Rows of one insert: a tenth of the day's backlog or so, so that it drains in several turns.
const BATCH: u64 = 120;

fn store() -> Store {
    Store::of(LENGTH, Retention { minutes: Some(KEPT), ..Retention::default() })
}

fn shipper(store: &Store, engine: &ClickHouse, database: &str, backlog: u64) -> Shipper {
    let settings =
        Settings { data: store.path().to_owned(), exchange: "ix".into(), access: access(&engine.url(), database), batch: BATCH, backlog };
    Shipper::open(&settings, Box::new(prepared), Box::new(|| None)).unwrap()
}

/// One window of the keeper, and now and then maintenance. Gives the window's end.
fn pass_a_window(store: &mut Store) -> Timestamp {
    store.append(1);
    let now = store.start_of(store.appended - 1).plus(LENGTH);
    if store.appended.is_multiple_of(MAINTENANCE) {
        store.journal.maintain(now).unwrap();
    }
    now
}

/// Octets of the finest level's files.
fn octets_of_minutes(store: &Path) -> u64 {
    let windows = std::fs::read_dir(store.join("journal").join(Level::Minute.name())).unwrap();
    let files = windows.flat_map(|window| std::fs::read_dir(window.unwrap().path()).unwrap());
    files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
}

/// Octets of the whole matrix, as the journal answers.
fn measured(store: &Store) -> u64 {
    let (from, to) = (store.start_of(0), store.start_of(store.appended).plus(LENGTH));
    let asked = Question::all(from, to);
    Reader::open(store.path()).unwrap().matrix(&asked, None, &|_| String::new(), &[]).unwrap().total.bytes
}

#[test]
fn after_a_day_without_the_database_the_backlog_drains_while_new_windows_keep_their_place() {
    let test = "after_a_day_without_the_database_the_backlog_drains_while_new_windows_keep_their_place";
    let Some((mut engine, database)) = engine(test, "outage") else { return };
    let mut store = store();
    let mut shipper = shipper(&store, &engine, &database, 1 << 30);
    store.journal.hold_back(shipper.hold());
    engine.kill();
    for _ in 0..A_DAY {
        let now = pass_a_window(&mut store);
        assert!(shipper.turn(now).is_err());
    }
    assert_eq!(measured(&store), store.octets(), "what is measured does not change");
    let status = shipper.watch().status();
    assert_eq!((status.backlog_windows, status.given_up.windows, status.windows), (A_DAY, 0, 0));
    assert_eq!(status.up_to, Some(store.start_of(0)));

    engine.resume();
    let mut turns = 0;
    while shipper.watch().status().backlog_windows > 0 {
        let now = pass_a_window(&mut store);
        // A window that was just closed is there after two turns at most, whatever the backlog.
        let shipped = [shipper.turn(now).unwrap(), shipper.turn(now).unwrap()];
        turns += shipped.iter().filter(|done| **done != Done::Nothing).count();
        let newest = now.minus(LENGTH).max(store.start_of(store.appended - 1)).millis();
        let there = engine
            .told(&database, &format!("SELECT count() FROM windows FINAL WHERE finished = 1 AND toUnixTimestamp64Milli(time) = {newest}"));
        assert_ne!(there, "0", "the newest window waits behind the backlog");
    }
    assert!(turns > 8, "the backlog was no backlog: {turns} turns");
    store.must_be_there_once(&engine, &database);
    store.journal.maintain(store.start_of(store.appended).plus(LENGTH)).unwrap();
    let kept = std::fs::read_dir(store.path().join("journal/1m")).unwrap().count();
    assert!(kept < 30, "{kept} windows are kept although they are shipped");
}

#[test]
fn where_the_disk_bears_no_more_the_oldest_windows_are_given_up_and_named() {
    let Some((mut engine, database)) = engine("where_the_disk_bears_no_more_the_oldest_windows_are_given_up_and_named", "bound") else {
        return;
    };
    let mut store = store();
    const BACKLOG: u64 = 1 << 20;
    let mut shipper = shipper(&store, &engine, &database, BACKLOG);
    store.journal.hold_back(shipper.hold());
    engine.kill();
    let mut most_of_an_hour = 0;
    for number in 0..A_DAY {
        let now = pass_a_window(&mut store);
        if number < 12 {
            most_of_an_hour = octets_of_minutes(store.path());
        }
        if number.is_multiple_of(MAINTENANCE) {
            assert!(shipper.turn(now).is_err());
            let octets = octets_of_minutes(store.path());
            // What retention keeps by itself, the bound, and what comes between two maintenances and the two hours that roll-ups need.
            assert!(octets < BACKLOG + 4 * most_of_an_hour, "{octets} octets after {number} windows");
        }
    }
    assert_eq!(measured(&store), store.octets(), "what is given up is in the roll-ups");
    let given_up = shipper.watch().status().given_up;
    let names = std::fs::read_to_string(store.path().join("shipping/given-up")).unwrap();
    assert!(given_up.windows > 20 && names.lines().count() as u64 == given_up.windows, "{given_up:?}");
    assert_eq!(given_up.span.unwrap().0, store.start_of(0), "the oldest go first");

    engine.resume();
    let now = store.start_of(store.appended);
    while shipper.turn(now).unwrap() != Done::Nothing {}
    let there: u64 = engine.told(&database, "SELECT count() FROM windows FINAL WHERE finished = 1").parse().unwrap();
    assert_eq!(there + given_up.windows, A_DAY);
    assert_eq!(shipper.watch().status().backlog_windows, 0);
}
