//! Flow records bring parts of windows that were closed long ago: each is counted once, at every level, and costs little.

mod made;

use std::sync::Arc;

use made::*;
use schema::window::Stretch;
use schema::{Timestamp, Window};
use store::Reader;

/// A part of the window of minute `number`, which came late.
fn late(number: i64, serial: u64, bytes: u64) -> Window {
    window(minute(number), 1_000 + serial, vec![cell(1, 2, 0, bytes)])
}

/// Octets and measured seconds of each step.
fn steps(dir: &std::path::Path, minutes_of_step: u32) -> Vec<(u64, u64)> {
    let answer = timeseries(dir, &minutes(0, 120), MINUTE * minutes_of_step);
    let points = answer.series[0].points.iter().map(|point| point.map_or(0, |point| point.bytes));
    points.zip(answer.measured).collect()
}

#[test]
fn late_parts_are_counted_once_at_every_level_before_and_after_they_are_rolled_up() {
    let dir = tempfile::tempdir().unwrap();
    let windows: Vec<Window> = (0..120).map(|number| plain(number, 100)).collect();
    let mut journal = filled(dir.path(), &windows);
    journal.maintain(minute(122)).unwrap();
    assert_eq!(["5m", "1h", "1d"].map(|level| segments(dir.path(), level).len()), [24, 2, 0]);
    for part in 0..60 {
        journal.append(&late(60 + part, u64::try_from(part).unwrap(), 1)).unwrap();
        journal.append(&late(60, 100 + u64::try_from(part).unwrap(), 1)).unwrap();
    }
    for run in 0..4 {
        let answer = matrix(dir.path(), &minutes(0, 120));
        assert_eq!((answer.total.bytes, answer.total.samples), (12_120, 240), "run {run}");
        assert_eq!((answer.coverage.measured_seconds, answer.coverage.complete), (7_200, true), "run {run}");
        assert_eq!(matrix(dir.path(), &minutes(60, 61)).total.bytes, 161, "run {run}");
        assert_eq!(steps(dir.path(), 60), [(6_000, 3_600), (6_120, 3_600)], "run {run}");
        assert_eq!(steps(dir.path(), 5)[11..14], [(500, 300), (565, 300), (505, 300)], "run {run}");
        assert_eq!(steps(dir.path(), 1)[59..62], [(100, 60), (161, 60), (101, 60)], "run {run}");
        journal.maintain(if run == 0 { minute(125) } else { later() }).unwrap();
    }
    assert_eq!(["5m", "1h", "1d"].map(|level| segments(dir.path(), level).len()), [24, 2, 1]);
}

#[test]
fn a_period_that_late_parts_keep_reaching_is_rolled_up_a_few_times_only() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = filled(dir.path(), &[plain(0, 100)]);
    let (mut made, mut total) = (0, 100);
    for now in 1..140 {
        if now <= 62 {
            journal.append_bulk(&late(0, u64::try_from(now).unwrap(), 1)).unwrap();
            total += 1;
        }
        made += journal.maintain(minute(now)).unwrap().rolled_up;
        if now % 8 == 0 {
            assert_eq!(matrix(dir.path(), &minutes(0, 5)).total.bytes, total, "at minute {now}");
        }
    }
    assert!((2..=14).contains(&made), "{made} roll-ups of five minutes and of the hour");
    assert_eq!(journal.maintain(minute(400)).unwrap().rolled_up, 0, "nothing is left beside them");
    assert_eq!(matrix(dir.path(), &minutes(0, 60)).coverage.step, "1h");
}

#[test]
fn late_parts_in_memory_are_counted_once() {
    let dir = tempfile::tempdir().unwrap();
    let windows: Vec<Window> = (0..60).map(|number| plain(number, 100)).collect();
    let mut journal = filled(dir.path(), &windows);
    journal.append(&late(3, 1, 10)).unwrap();
    journal.maintain(later()).unwrap();
    // The first is in a roll-up by now, the second in the journal beside it, the others only in memory.
    journal.append(&late(3, 2, 10)).unwrap();
    let waiting: Vec<Arc<Window>> =
        [late(3, 1, 10), late(3, 2, 10), late(3, 3, 1_000), late(3, 3, 1_000), late(59, 3, 5)].map(Arc::new).to_vec();
    let answer = matrix_with(dir.path(), &minutes(0, 60), &waiting);
    assert_eq!((answer.total.bytes, answer.coverage.measured_seconds), (6_000 + 20 + 1_000 + 5, 3_600));
    assert_eq!((answer.coverage.source.as_str(), answer.coverage.complete), ("journal+live", false));
    let answer = matrix_with(dir.path(), &minutes(3, 4), &waiting);
    assert_eq!((answer.total.bytes, answer.coverage.measured_seconds), (1_120, 60));
    assert_eq!(matrix_with(dir.path(), &minutes(4, 59), &waiting).coverage.source, "journal");
}

#[test]
fn a_late_part_without_time_of_its_own_fills_no_gap() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = filled(dir.path(), &[plain(0, 100)]);
    let nothing = |start: Timestamp| Some(Stretch { from: start, to: start });
    for number in [0, 1] {
        journal.append(&Window { partial: nothing(minute(number)), ..late(number, 1, 10) }).unwrap();
    }
    for _ in 0..3 {
        let answer = matrix(dir.path(), &minutes(0, 2));
        assert_eq!((answer.total.bytes, answer.coverage.measured_seconds, answer.coverage.complete), (120, 60, false));
        journal.maintain(later()).unwrap();
        assert_eq!(Reader::open(dir.path()).unwrap().extent().unwrap().unwrap().0.floor(DAY), MIDNIGHT);
    }
}
