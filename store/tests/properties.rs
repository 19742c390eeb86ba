//! Whatever the windows are and in whatever order they come, no answer depends on how the journal keeps them.
#![expect(clippy::unwrap_used, reason = "a test that cannot make its store has failed")]

mod made;

use std::path::Path;

use made::*;
use proptest::collection::vec;
use proptest::prelude::*;
use schema::window::CellRow;
use schema::{Reason, Timestamp, Window};
use store::answer::{MatrixAnswer, Series};
use store::question::{By, Question};
use store::{Journal, Options, Reader, Retention};

fn cells() -> impl Strategy<Value = Vec<CellRow>> {
    let reason = prop_oneof![4 => Just(0_u8), 1 => prop::sample::select(vec![1, 2, 4, 16, 17, 200])];
    let row = (0..4_u32, 0..4_u32, reason, 0..3_u16, prop::sample::select(vec![0_u8, 4, 6]), 0..1_000_000_u64);
    let row = row.prop_map(|(src, dst, reason, vlan, ip_version, bytes)| CellRow { vlan, ip_version, ..cell(src, dst, reason, bytes) });
    vec(row, 0..6)
}

/// Windows of two days, several to a minute, some partial, in any order.
fn windows() -> impl Strategy<Value = Vec<Window>> {
    let moment = prop_oneof![0..20_i64, 0..180_i64, 1_430..1_450_i64, 0..2_880_i64];
    let one = (moment, 0..3_u64, any::<bool>(), cells());
    vec(one, 1..14).prop_map(|windows| {
        let made = windows.into_iter().map(|(number, serial, partial, cells)| {
            let whole = window(minute(number), serial, cells);
            Window { partial: partial.then(|| whole.measured()), ..whole }
        });
        let mut seen = std::collections::HashSet::new();
        made.filter(|window| seen.insert((window.start, window.serial))).collect()
    })
}

fn question() -> impl Strategy<Value = Question> {
    (0..2_880_i64, 1..2_880_i64, prop::option::of(Just(4_u8)), prop::option::of(0..3_u16))
        .prop_map(|(from, length, ip_version, vlan)| Question { ip_version, vlan, ..minutes(from, from + length) })
}

/// (samples, packets, bytes) of the rows that a question means.
fn plain_sum(windows: &[Window], question: &Question, meant: impl Fn(&CellRow) -> bool) -> (u64, u64, u64) {
    let within = windows.iter().filter(|window| window.start < question.to && question.from < window.end());
    let rows = within.flat_map(|window| &window.cells);
    let rows = rows.filter(|row| question.ip_version.is_none_or(|version| row.ip_version == version));
    let rows = rows.filter(|row| question.vlan.is_none_or(|vlan| row.vlan == vlan) && meant(row));
    rows.fold((0, 0, 0), |sum, row| (sum.0 + row.samples, sum.1 + row.packets, sum.2 + row.bytes))
}

fn set_aside(row: &CellRow) -> bool {
    Reason::from_code(row.reason).is_some_and(Reason::is_set_aside)
}

fn check_matrix(answer: &MatrixAnswer, windows: &[Window], question: &Question) -> Result<(), TestCaseError> {
    let total = (answer.total.samples, answer.total.packets, answer.total.bytes);
    prop_assert_eq!(total, plain_sum(windows, question, |row| !set_aside(row)));
    prop_assert_eq!(answer.set_aside.all.bytes, plain_sum(windows, question, set_aside).2);
    prop_assert_eq!(answer.unattributed.all.bytes, plain_sum(windows, question, |row| row.reason != 0 && !set_aside(row)).2);
    let parts = answer.cells.iter().map(|cell| cell.estimate).chain([answer.others.estimate, answer.unattributed.all]);
    let parts = parts.fold((0, 0, 0), |sum, part| (sum.0 + part.samples, sum.1 + part.packets, sum.2 + part.bytes));
    prop_assert_eq!(parts, total);
    let reasons: u64 = answer.unattributed.reasons.values().map(|reason| reason.bytes).sum();
    prop_assert_eq!(reasons, answer.unattributed.all.bytes);
    Ok(())
}

fn ask(dir: &Path, question: &Question) -> MatrixAnswer {
    Reader::open(dir).unwrap().matrix(question, Some(2), &|asn| asn.to_string(), &[]).unwrap()
}

/// What does not say from which windows an answer was made.
fn gist(mut answer: MatrixAnswer) -> MatrixAnswer {
    answer.coverage.step = String::new();
    answer
}

fn series(dir: &Path, question: &Question, minutes: u32) -> (Vec<Timestamp>, Vec<u64>, Vec<Series>) {
    let answer = Reader::open(dir).unwrap().timeseries(question, Some(MINUTE * minutes), By::IpVersion, &[]).unwrap();
    (answer.times, answer.measured, answer.series)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn answers_are_the_plain_sums_and_the_same_after_maintenance(windows in windows(), question in question()) {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = filled(dir.path(), &windows);
        let before = ask(dir.path(), &question);
        let hourly = series(dir.path(), &question, 60);
        check_matrix(&before, &windows, &question)?;
        journal.maintain(later()).unwrap();
        prop_assert_eq!(gist(ask(dir.path(), &question)), gist(before));
        prop_assert_eq!(series(dir.path(), &question, 60), hourly);
    }

    #[test]
    fn windows_may_come_in_any_order_around_maintenance(
        windows in windows(), question in question(), cuts in vec((0..14_usize, 0..4_000_i64), 0..4),
    ) {
        let (at_once, in_parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        filled(at_once.path(), &windows).maintain(later()).unwrap();
        let mut journal = open(in_parts.path());
        for (position, window) in windows.iter().enumerate() {
            journal.append_bulk(window).unwrap();
            for (_, now) in cuts.iter().filter(|(cut, _)| *cut == position) {
                journal.maintain(minute(*now)).unwrap();
            }
        }
        let question = Question { from: MIDNIGHT.minus(DAY), ..question };
        check_matrix(&ask(in_parts.path(), &question), &windows, &question)?;
        journal.maintain(later()).unwrap();
        prop_assert_eq!(gist(ask(in_parts.path(), &question)), gist(ask(at_once.path(), &question)));
    }

    #[test]
    fn retention_loses_nothing_from_whole_days(windows in windows(), keep in (1..200_u32, 1..400_u32, 1..3_000_u32), nows in vec(0..6_000_i64, 1..5)) {
        let dir = tempfile::tempdir().unwrap();
        let span = |minutes| Some(MINUTE * minutes);
        let retention = Retention { minutes: span(keep.0), five_minutes: span(keep.1), hours: span(keep.2), days: None };
        let mut journal = Journal::open(dir.path(), Options { retention }).unwrap();
        let days = minutes(0, 2_880);
        for (position, now) in nows.iter().enumerate() {
            for window in windows.iter().skip(position).step_by(nows.len()) {
                journal.append_bulk(window).unwrap();
            }
            journal.maintain(minute(*now)).unwrap();
            journal.maintain(minute(*now)).unwrap();
        }
        check_matrix(&ask(dir.path(), &days), &windows, &days)?;
        for _ in 0..3 {
            journal.maintain(later().plus(30 * DAY)).unwrap();
            check_matrix(&ask(dir.path(), &days), &windows, &days)?;
        }
        prop_assert!(segments(dir.path(), "1m").is_empty() && segments(dir.path(), "1h").is_empty());
    }
}
