//! What the journal promises: once, whole, and after any crash.

mod made;

use std::fs;
use std::time::Duration;

use made::*;
use schema::Window;
use store::{Appended, Journal, Options, Reader, Retention, StoreError};

#[test]
fn a_second_writer_is_refused_in_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path());
    let refused = Journal::open(dir.path(), keep_all()).unwrap_err();
    assert!(matches!(refused, StoreError::Locked { .. }));
    assert!(refused.to_string().contains("in use by another process"), "{refused}");
    drop(first);
    open(dir.path());
}

#[test]
fn a_store_of_another_version_and_a_folder_without_a_store_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(Reader::open(dir.path()), Err(StoreError::NoStore { .. })));
    drop(open(dir.path()));
    fs::write(dir.path().join("FORMAT"), "chorsu journal 99\n").unwrap();
    assert!(matches!(Reader::open(dir.path()), Err(StoreError::Format { .. })));
    assert!(matches!(Journal::open(dir.path(), keep_all()), Err(StoreError::Format { .. })));
}

#[test]
fn a_window_is_appended_once_however_often_it_comes() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = open(dir.path());
    assert_eq!(journal.append(&plain(0, 100)).unwrap(), Appended::Written);
    assert_eq!(journal.append(&plain(0, 100)).unwrap(), Appended::Known);
    drop(journal);
    let mut journal = open(dir.path());
    assert_eq!(journal.append_bulk(&plain(0, 100)).unwrap(), Appended::Known);
    assert_eq!(matrix(dir.path(), &minutes(0, 1)).total.bytes, 100);
}

#[test]
fn a_window_that_only_roll_ups_still_hold_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let retention = Retention { minutes: Some(MINUTE), five_minutes: Some(MINUTE), hours: Some(MINUTE), days: None };
    let mut journal = Journal::open(dir.path(), Options { retention }).unwrap();
    journal.append(&plain(3, 100)).unwrap();
    for _ in 0..3 {
        journal.maintain(later()).unwrap();
    }
    assert_eq!(["1m", "5m", "1h"].map(|level| segments(dir.path(), level).len()), [0, 0, 0]);
    assert_eq!(journal.append(&plain(3, 100)).unwrap(), Appended::Known);
    assert_eq!(matrix(dir.path(), &minutes(0, 1440)).total.bytes, 100);
}

#[test]
fn a_window_that_fits_no_roll_up_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = open(dir.path());
    for length in [Duration::ZERO, Duration::from_secs(7), Duration::from_secs(600)] {
        let window = Window { length, ..plain(0, 1) };
        assert!(matches!(journal.append(&window), Err(StoreError::WindowLength { .. })), "{length:?}");
    }
    let crooked = Window { start: minute(0).plus(Duration::from_secs(1)), ..plain(0, 1) };
    assert!(matches!(journal.append(&crooked), Err(StoreError::WindowLength { .. })));
    let short = Window { length: Duration::from_secs(5), ..plain(0, 1) };
    assert_eq!(journal.append(&short).unwrap(), Appended::Written);
}

#[test]
fn closed_periods_are_rolled_up_and_open_ones_wait() {
    let dir = tempfile::tempdir().unwrap();
    let windows: Vec<Window> = (0..70).map(|number| plain(number, 10)).collect();
    let mut journal = filled(dir.path(), &windows);
    let done = journal.maintain(minute(66)).unwrap();
    assert_eq!(done.rolled_up, 12 + 1, "twelve times five minutes, and the first hour: {done:?}");
    assert_eq!(journal.maintain(minute(66)).unwrap().rolled_up, 0);
    assert_eq!(matrix(dir.path(), &minutes(0, 70)).total.bytes, 700);
    assert_eq!(matrix(dir.path(), &minutes(0, 70)).coverage.step, "1h");
}

#[test]
fn a_late_window_is_added_to_every_roll_up_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = filled(dir.path(), &[plain(0, 10), plain(1, 20)]);
    journal.maintain(later()).unwrap();
    journal.append(&window(minute(1), 2, vec![cell(1, 2, 0, 5)])).unwrap();
    assert_eq!(matrix(dir.path(), &minutes(0, 1440)).total.bytes, 35, "beside the day's roll-up");
    assert_eq!(journal.maintain(later()).unwrap().rolled_up, 3);
    assert_eq!(matrix(dir.path(), &minutes(0, 1440)).total.bytes, 35, "within it");
    let done = journal.maintain(later()).unwrap();
    assert_eq!((done.rolled_up, done.superseded), (0, 3));
    assert_eq!(matrix(dir.path(), &minutes(0, 1440)).total.bytes, 35);
    assert_eq!(segments(dir.path(), "1d").len(), 1);
}

#[test]
fn a_late_window_of_a_time_long_dropped_is_added_too() {
    let dir = tempfile::tempdir().unwrap();
    let retention = Retention { minutes: Some(MINUTE), five_minutes: Some(MINUTE), hours: Some(MINUTE), days: None };
    let mut journal = Journal::open(dir.path(), Options { retention }).unwrap();
    let mut total = 0;
    for serial in 1..6 {
        let bytes = 10_u64.pow(u32::try_from(serial).unwrap());
        journal.append(&window(minute(7), serial, vec![cell(1, 2, 0, bytes)])).unwrap();
        total += bytes;
        for _ in 0..serial {
            journal.maintain(later()).unwrap();
            assert_eq!(matrix(dir.path(), &minutes(0, 1440)).total.bytes, total);
        }
    }
}

#[test]
fn retention_drops_only_what_a_roll_up_holds() {
    let dir = tempfile::tempdir().unwrap();
    let windows: Vec<Window> = (0..10).map(|number| plain(number, 10)).collect();
    drop(filled(dir.path(), &windows));
    let retention = Retention { minutes: Some(MINUTE), five_minutes: None, hours: None, days: None };
    let mut journal = Journal::open(dir.path(), Options { retention }).unwrap();
    assert_eq!(journal.maintain(minute(12)).unwrap().expired, 0, "no roll-up yet");
    assert_eq!(journal.maintain(minute(12)).unwrap().expired, 10);
    assert_eq!(matrix(dir.path(), &minutes(0, 10)).total.bytes, 100);
    let edge = matrix(dir.path(), &minutes(2, 7));
    assert_eq!((edge.coverage.from, edge.coverage.to, edge.coverage.step.as_str()), (minute(0), minute(10), "5m"));
    assert_eq!(edge.total.bytes, 100, "whole windows");
}

#[test]
fn what_a_killed_writer_left_unfinished_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), &[plain(0, 10)]));
    for level in ["1m", "5m", "1h", "1d"] {
        let torn = dir.path().join("journal").join(level).join(".tmp-20261121T000100Z-1m-0000000000000001");
        fs::create_dir(&torn).unwrap();
        fs::write(torn.join("cells.parquet"), b"PAR1").unwrap();
    }
    assert_eq!(matrix(dir.path(), &minutes(0, 5)).total.bytes, 10, "readers step over it");
    drop(open(dir.path()));
    for level in ["1m", "5m", "1h", "1d"] {
        assert!(segments(dir.path(), level).iter().all(|name| !name.starts_with(".tmp-")));
    }
}

/// A kill can fall between any two steps of maintenance: after the roll-ups of any level, before older generations are gone.
#[test]
fn a_kill_between_any_two_steps_changes_no_answer() {
    for removed in [&["1d"][..], &["1d", "1h"], &["1d", "1h", "5m"]] {
        let dir = tempfile::tempdir().unwrap();
        let with_samples =
            |window| timed(Window { port_samples: vec![sampled(1, 0, 1, 10)], listeners: vec![listener("[::]:6343", 3)], ..window });
        let windows: Vec<Window> = (0..20).map(|number| with_samples(plain(number, 10))).collect();
        let totals = || {
            let reader = Reader::open(dir.path()).unwrap();
            let ports = reader.ports(&minutes(0, 1440), &|_, _| None, &[]).unwrap().ports;
            let listeners = reader.exporters(&minutes(0, 1440), &[]).unwrap().listeners;
            let sampled = ports[0].received.as_ref().unwrap().sampled.bytes;
            (matrix(dir.path(), &minutes(0, 1440)).total.bytes, sampled, listeners[0].datagrams)
        };
        let mut journal = filled(dir.path(), &windows);
        journal.maintain(later()).unwrap();
        journal.append(&with_samples(window(minute(3), 9, vec![cell(1, 2, 0, 1)]))).unwrap();
        let before: Vec<Vec<String>> = removed.iter().map(|level| segments(dir.path(), level)).collect();
        journal.maintain(later()).unwrap();
        drop(journal);
        // As if the kill had come before these levels' new generations were written; the old ones still lie there.
        for (level, old) in removed.iter().zip(&before) {
            for name in segments(dir.path(), level).iter().filter(|name| !old.contains(name)) {
                fs::remove_dir_all(dir.path().join("journal").join(level).join(name)).unwrap();
            }
        }
        assert_eq!(totals(), (201, 210, 63), "after the kill: {removed:?}");
        let mut journal = open(dir.path());
        for _ in 0..2 {
            journal.maintain(later()).unwrap();
            assert_eq!(totals(), (201, 210, 63), "after the next run: {removed:?}");
        }
        assert_eq!(["5m", "1h", "1d"].map(|level| segments(dir.path(), level).len()), [4, 1, 1]);
    }
}

#[test]
fn a_torn_segment_is_set_aside_and_costs_only_itself() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = filled(dir.path(), &[plain(0, 10), plain(1, 20), plain(7, 40)]);
    let name = segments(dir.path(), "1m").into_iter().find(|name| name.contains("T000100Z")).unwrap();
    let file = dir.path().join("journal/1m").join(&name).join("cells.parquet");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(matrix(dir.path(), &minutes(0, 10)).total.bytes, 50, "readers answer without it");
    let done = journal.maintain(later()).unwrap();
    assert_eq!(done.quarantined, 1);
    assert!(dir.path().join("quarantine").join(format!("1m-{name}")).is_dir());
    let answer = matrix(dir.path(), &minutes(0, 10));
    assert_eq!((answer.total.bytes, answer.coverage.complete), (50, false));
    assert_eq!(journal.append(&plain(1, 20)).unwrap(), Appended::Written, "it may come again");
    journal.maintain(later()).unwrap();
    assert_eq!(matrix(dir.path(), &minutes(0, 10)).total.bytes, 70);
}

#[test]
fn a_torn_roll_up_is_made_again_from_what_is_finer() {
    for file in ["cells.parquet", "inputs"] {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = filled(dir.path(), &[plain(0, 10), plain(1, 20)]);
        journal.maintain(later()).unwrap();
        let day = segments(dir.path(), "1d").remove(0);
        fs::write(dir.path().join("journal/1d").join(&day).join(file), b"torn").unwrap();
        assert_eq!(matrix(dir.path(), &minutes(0, 1440)).total.bytes, 30, "{file}");
        journal.append(&plain(2, 5)).unwrap();
        assert_eq!(journal.maintain(later()).unwrap().quarantined, 1, "{file}");
        assert_eq!(matrix(dir.path(), &minutes(0, 1440)).total.bytes, 35, "{file}");
        assert_eq!(matrix(dir.path(), &minutes(0, 1440)).coverage.step, "1d", "{file}");
    }
}

#[test]
fn foreign_files_are_counted_and_stepped_over() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), &[plain(0, 10)]));
    fs::write(dir.path().join("journal/1m/notes.txt"), b"mine").unwrap();
    fs::create_dir(dir.path().join("journal/1d/lost+found")).unwrap();
    let mut journal = open(dir.path());
    assert_eq!(journal.maintain(later()).unwrap().foreign, 2);
    assert_eq!(matrix(dir.path(), &minutes(0, 1440)).total.bytes, 10);
    assert!(dir.path().join("journal/1m/notes.txt").exists());
}
