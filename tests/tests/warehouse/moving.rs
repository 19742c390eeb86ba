//! Windows count once while they come into the warehouse, and when it is away.

use std::sync::atomic::{AtomicBool, Ordering};

use schema::Window;
use schema::warehouse::WindowRow;
use store::Reader;
use store::question::Question;
use tests::clickhouse::ClickHouse;
use tests::warehouse::{client, mark, minute, send, window};

use super::{both, journal};

#[test]
fn a_window_that_is_on_its_way_counts_once_whenever_it_is_asked_for() {
    let Some(engine) = ClickHouse::start("a_window_that_is_on_its_way_counts_once_whenever_it_is_asked_for") else { return };
    let folder = tempfile::tempdir().unwrap();
    let windows: Vec<Window> = (600..612).map(|number| window(number, 1, None)).collect();
    let database = engine.database("moving");
    journal(folder.path(), &windows);
    let [ours, theirs] = both(&engine, folder.path(), &database);
    let client = client(&engine, &database);
    let question = Question::all(minute(590), minute(620));
    let ask = |reader: &Reader| {
        let answer = reader.matrix(&question, None, &|asn| asn.to_string(), &[]).unwrap();
        (answer.total.bytes, answer.total.samples, answer.coverage.measured_seconds)
    };
    let (expected, is_sent) = (ask(&ours), AtomicBool::new(false));
    let answers = std::thread::scope(|scope| {
        scope.spawn(|| {
            send(&engine, &client, folder.path(), &windows);
            is_sent.store(true, Ordering::Relaxed);
        });
        let mut answers = 0;
        while !is_sent.load(Ordering::Relaxed) {
            assert_eq!(ask(&theirs), expected);
            answers += 1;
        }
        answers
    });
    assert!(answers > 0);
    assert_eq!(ask(&theirs), expected);
}

#[test]
fn while_a_windows_sending_is_broken_off_the_journal_answers() {
    let Some(engine) = ClickHouse::start("while_a_windows_sending_is_broken_off_the_journal_answers") else { return };
    let folder = tempfile::tempdir().unwrap();
    let windows: Vec<Window> = (600..603).map(|number| window(number, 1, None)).collect();
    let database = engine.database("broken_off");
    journal(folder.path(), &windows);
    let [ours, theirs] = both(&engine, folder.path(), &database);
    let client = client(&engine, &database);
    send(&engine, &client, folder.path(), &windows);
    // Its rows are there; whether all of them are nobody knows.
    let begun = WindowRow { serial: 2, ..WindowRow::begun(&"ix".into(), &windows[2]) };
    mark(&engine, &client, &begun);
    let question = Question::all(minute(600), minute(603));
    let [one, other] = [&ours, &theirs].map(|reader| reader.matrix(&question, None, &|asn| asn.to_string(), &[]).unwrap());
    assert_eq!((&one, one.coverage.complete), (&other, true));
    let elsewhere = Question::all(minute(600), minute(602));
    let source = |question: &Question| theirs.matrix(question, None, &|asn| asn.to_string(), &[]).unwrap().coverage.source;
    assert_eq!((source(&elsewhere).as_str(), source(&question).as_str()), ("clickhouse", "journal"));
    // Where there is no such journal there is only the warehouse, and the answer says that something may be missing.
    let empty = tempfile::tempdir().unwrap();
    journal(empty.path(), &[]);
    let [_, alone] = both(&engine, empty.path(), &database);
    let torn = alone.matrix(&question, None, &|asn| asn.to_string(), &[]).unwrap();
    assert_eq!((torn.total.bytes, torn.coverage.complete, torn.coverage.source.as_str()), (one.total.bytes, false, "clickhouse"));
    mark(&engine, &client, &begun.finished());
    assert_eq!(source(&question), "clickhouse");
}

#[test]
fn while_the_warehouse_is_away_the_journal_answers_alone() {
    let Some(mut engine) = ClickHouse::start("while_the_warehouse_is_away_the_journal_answers_alone") else { return };
    let folder = tempfile::tempdir().unwrap();
    let windows: Vec<Window> = (600..602).map(|number| window(number, 1, None)).collect();
    let database = engine.database("away");
    journal(folder.path(), &windows);
    let [ours, theirs] = both(&engine, folder.path(), &database);
    send(&engine, &client(&engine, &database), folder.path(), &windows);
    let question = Question::all(minute(600), minute(602));
    let ask = |reader: &Reader| reader.matrix(&question, None, &|asn| asn.to_string(), &[]).unwrap();
    assert_eq!(ask(&theirs).coverage.source, "clickhouse");
    engine.kill();
    assert_eq!(ask(&theirs), ask(&ours));
    engine.resume();
    assert_eq!(ask(&theirs).coverage.source, "clickhouse");
}
