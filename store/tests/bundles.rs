//! Bundles make long questions short and change no answer.
#![expect(clippy::unwrap_used, reason = "a test that cannot make its store has failed")]

mod made;

use std::fs::{self, File};
use std::path::Path;

use made::*;
use schema::{Timestamp, Window};
use store::question::Question;
use store::{Journal, Options, Reader, Retention};

/// The start of a period of thirty days.
const START: Timestamp = Timestamp(691 * 30 * 86_400_000);

fn day(number: u32) -> Timestamp {
    START.plus(DAY * number)
}

/// A minute of each day, of traffic that tells the days apart.
fn windows(days: u32) -> Vec<Window> {
    (0..days).map(|number| window(day(number).plus(HOUR), 1, vec![cell(1, 2, 0, 1 << number), cell(number + 3, 1, 0, 1)])).collect()
}

fn total(dir: &Path, from: u32, to: u32) -> u64 {
    matrix(dir, &Question::all(day(from), day(to))).total.bytes
}

/// What the traffic of some days adds up to.
fn expected(from: u32, to: u32) -> u64 {
    (from..to).map(|number| (1 << number) + 1).sum()
}

/// Maintains the journal until there is nothing more to do.
fn settled(journal: &mut Journal, now: Timestamp) -> u32 {
    std::iter::from_fn(|| Some(journal.maintain(now).unwrap())).take_while(|done| done.rolled_up > 0).map(|done| done.rolled_up).sum()
}

#[test]
fn days_are_bundled_by_five_and_by_thirty() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = filled(dir.path(), &windows(33));
    settled(&mut journal, day(32));
    assert_eq!((segments(dir.path(), "5d").len(), segments(dir.path(), "30d").len()), (6, 1));
    for (from, to) in [(0, 33), (0, 30), (1, 30), (4, 11), (0, 5), (29, 33)] {
        assert_eq!(total(dir.path(), from, to), expected(from, to), "days {from} to {to}");
    }
    let answer = matrix(dir.path(), &Question::all(day(0), day(33)));
    assert_eq!((answer.cells.len(), answer.coverage.step.as_str()), (1 + 33, "1d"));
}

#[test]
fn a_long_question_reads_bundles_and_one_that_tells_days_apart_reads_days() {
    let dir = tempfile::tempdir().unwrap();
    let retention = Retention { minutes: Some(DAY), five_minutes: Some(DAY), hours: Some(DAY), days: None };
    let mut journal = Journal::open(dir.path(), Options { retention }).unwrap();
    for window in windows(30) {
        journal.append_bulk(&window).unwrap();
    }
    settled(&mut journal, day(32));
    let series = || timeseries(dir.path(), &Question::all(day(0), day(30)), DAY).series[0].points.iter().flatten().count();
    assert_eq!((total(dir.path(), 0, 30), series()), (expected(0, 30), 30));
    for name in segments(dir.path(), "1d") {
        fs::remove_file(dir.path().join("journal/1d").join(name).join("cells.parquet")).unwrap();
    }
    assert_eq!((total(dir.path(), 0, 30), series()), (expected(0, 30), 0));
}

#[test]
fn what_comes_late_for_a_bundled_day_counts_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = filled(dir.path(), &windows(30));
    settled(&mut journal, day(40));
    journal.append(&window(day(7).plus(HOUR), 2, vec![cell(1, 2, 0, 1 << 40)])).unwrap();
    let with_late = expected(0, 30) + (1 << 40);
    assert_eq!(total(dir.path(), 0, 30), with_late, "beside the bundle");
    while journal.maintain(day(40)).unwrap().rolled_up > 0 {
        assert_eq!(total(dir.path(), 0, 30), with_late);
    }
    journal.maintain(day(40)).unwrap();
    let names = segments(dir.path(), "30d");
    assert!(names.len() == 1 && names[0].contains("-g2-31-"), "{names:?}");
    assert_eq!(total(dir.path(), 0, 30), with_late, "within it");
}

#[test]
fn a_bundle_goes_with_the_first_of_its_days() {
    let dir = tempfile::tempdir().unwrap();
    settled(&mut filled(dir.path(), &windows(30)), day(32));
    let retention = Retention { minutes: Some(DAY), five_minutes: Some(DAY), hours: Some(DAY), days: Some(40 * DAY) };
    let mut journal = Journal::open(dir.path(), Options { retention }).unwrap();
    journal.maintain(day(41)).unwrap();
    assert_eq!((segments(dir.path(), "1d").len(), segments(dir.path(), "5d").len(), segments(dir.path(), "30d").len()), (29, 5, 0));
    assert_eq!(total(dir.path(), 0, 30), expected(1, 30));
    assert_eq!(settled(&mut journal, day(41)), 0, "it is not made again");
}

#[test]
fn a_torn_bundle_is_left_out_and_its_days_are_read() {
    let dir = tempfile::tempdir().unwrap();
    settled(&mut filled(dir.path(), &windows(30)), day(32));
    let bundle = dir.path().join("journal/30d").join(&segments(dir.path(), "30d")[0]);
    File::options().write(true).open(bundle.join("cells.parquet")).unwrap().set_len(50).unwrap();
    assert_eq!(total(dir.path(), 0, 30), expected(0, 30));
}

#[test]
fn a_journal_from_before_bundles_is_read_and_gets_them() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), &windows(30)));
    for level in ["5d", "30d"] {
        fs::remove_dir(dir.path().join("journal").join(level)).unwrap();
    }
    assert_eq!(total(dir.path(), 0, 30), expected(0, 30));
    let reader = Reader::open(dir.path()).unwrap();
    let mut journal = open(dir.path());
    settled(&mut journal, day(32));
    assert_eq!(segments(dir.path(), "30d").len(), 1);
    assert_eq!(reader.extent().unwrap(), Some((day(0), day(30))));
}
