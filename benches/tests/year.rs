//! The year's journal, made small: it holds what the long one says that it holds.

use std::time::Duration;

use benches::year::{MEMBERS, Year, make};
use indicatif::ProgressBar;
use store::Reader;
use store::question::Question;

const DAY: Duration = Duration::from_secs(86_400);

#[test]
fn a_short_journal_has_days_hours_and_minutes_and_answers_for_all_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let end = Year::START.plus(DAY).plus(Duration::from_secs(6 * 60));
    make(folder.path(), 1, end, &ProgressBar::hidden()).unwrap();
    let reader = Reader::open(folder.path()).unwrap();
    assert_eq!(reader.extent().unwrap(), Some((Year::START, end)));
    let level = |name: &str| folder.path().join("journal").join(name).read_dir().unwrap().count();
    assert_eq!((level("1d"), level("1h")), (1, 24));
    assert!(level("1m") >= 6);
    let answer = reader.matrix(&Question::all(Year::START, end), None, &|asn| format!("AS{asn}"), &[]).unwrap();
    let possible = (MEMBERS * (MEMBERS - 1)) as usize;
    assert!(answer.cells.len() > possible / 2 && answer.cells.len() < possible, "{} of {possible}", answer.cells.len());
}
