//! Questions by where both ends are.

mod made;

use std::sync::Arc;

use made::{cell, filled, later, matrix, minute, minutes, window};
use schema::window::CellRow;
use schema::{Locality, Reason};
use store::Reader;
use store::answer::LocalityAnswer;
use store::question::{By, Question};

fn between(src: Locality, dst: Locality, bytes: u64) -> CellRow {
    CellRow { src_locality: src.code(), dst_locality: dst.code(), variance: 0.0, ..cell(1, 2, 0, bytes) }
}

/// Of 1,000 octets 400 are domestic at both ends, 100 more may be, and 50 have no two known members.
fn rows() -> Vec<CellRow> {
    use Locality::{Domestic, Foreign, LocalCache, Unknown};
    let strangers = CellRow { variance: 0.0, ..cell(0, 2, Reason::UnknownSource.code(), 50) };
    let dropped = CellRow { src_locality: 1, dst_locality: 1, ..cell(1, 2, Reason::Discarded.code(), 9_999) };
    vec![
        between(Domestic, Domestic, 400),
        between(Domestic, Foreign, 150),
        between(Foreign, Domestic, 200),
        between(LocalCache, Domestic, 100),
        between(Unknown, Domestic, 60),
        between(Unknown, Unknown, 40),
        strangers,
        dropped,
    ]
}

fn flows(answer: &LocalityAnswer) -> Vec<(&'static str, &'static str, u64)> {
    answer.flows.iter().map(|flow| (flow.src.name(), flow.dst.name(), flow.estimate.bytes)).collect()
}

#[test]
fn what_went_from_where_to_where_adds_up_at_every_level() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = filled(dir.path(), &[window(minute(0), 1, rows())]);
    let live = [Arc::new(window(minute(1), 1, vec![between(Locality::Foreign, Locality::Foreign, 1_000)]))];
    for run in 0..3 {
        let reader = Reader::open(dir.path()).unwrap();
        let answer = reader.locality(&minutes(0, 1440), &[]).unwrap();
        let expected = [
            ("domestic", "domestic", 400),
            ("foreign", "domestic", 200),
            ("domestic", "foreign", 150),
            ("local_cache", "domestic", 100),
            ("unknown", "domestic", 60),
            ("unknown", "unknown", 40),
        ];
        assert_eq!(flows(&answer), expected, "run {run}");
        assert_eq!((answer.total.bytes, answer.unattributed.bytes), (1_000, 50), "run {run}");
        let share = |share: Option<store::answer::ShareEstimate>| share.unwrap().share;
        assert_eq!((share(answer.attribution), share(answer.located), share(answer.flows[0].share)), (0.95, 0.85, 0.4));
        // What is unknown, and what has no members, may be domestic.
        let domestic = answer.domestic.unwrap();
        assert_eq!((domestic.low.share, domestic.high.share), (0.4, 0.55), "run {run}");
        let with_live = reader.locality(&minutes(0, 1440), &live).unwrap();
        assert_eq!((with_live.total.bytes, with_live.domestic.unwrap().low.share), (2_000, 0.2), "run {run}");
        journal.maintain(later()).unwrap();
    }
    assert_eq!(matrix(dir.path(), &minutes(0, 1440)).coverage.step, "1d");
}

#[test]
fn questions_can_be_kept_to_a_locality_and_split_by_both() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), &[window(minute(0), 1, rows())]));
    let reader = Reader::open(dir.path()).unwrap();
    let from_abroad = Question { src_locality: Some(Locality::Foreign), ..minutes(0, 60) };
    assert_eq!(matrix(dir.path(), &from_abroad).total.bytes, 200);
    let inwards = Question { dst_locality: Some(Locality::Domestic), ..minutes(0, 60) };
    assert_eq!(reader.locality(&inwards, &[]).unwrap().total.bytes, 760);
    let series = reader.timeseries(&minutes(0, 60), None, By::Locality, &[]).unwrap().series;
    let keys: Vec<_> = series.iter().map(|series| (series.key.as_str(), series.points[0].unwrap().bytes)).collect();
    assert_eq!(keys[..3], [("domestic_to_domestic", 400), ("foreign_to_domestic", 200), ("domestic_to_foreign", 150)]);
    assert_eq!(keys.iter().map(|(_, bytes)| bytes).sum::<u64>(), 1_000);
}

#[test]
fn where_no_address_was_asked_for_there_is_no_share() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), &[window(minute(0), 1, vec![cell(1, 2, 0, 1_000)])]));
    let answer = Reader::open(dir.path()).unwrap().locality(&minutes(0, 60), &[]).unwrap();
    assert_eq!((flows(&answer), answer.domestic), (vec![("unknown", "unknown", 1_000)], None));
    assert_eq!(answer.to_batch().unwrap().num_rows(), 2);
}

#[test]
fn the_flat_table_has_a_row_for_each_flow_and_one_for_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), &[window(minute(0), 1, rows())]));
    let batch = Reader::open(dir.path()).unwrap().locality(&minutes(0, 60), &[]).unwrap().to_batch().unwrap();
    assert_eq!(batch.num_rows(), 7);
    assert_eq!(batch.schema().metadata().get("domestic_low").map(String::as_str), Some("0.4"));
}
