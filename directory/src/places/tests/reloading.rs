//! Files that change, vanish and break.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use schema::Timestamp;

use super::super::{Gazetteer, SourceState};
use super::*;

/// Writes a file with a time of its own, as if it had been written so much later.
fn write(file: &Path, text: &str, later: u64) {
    fs::write(file, text).unwrap();
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + later);
    fs::File::options().write(true).open(file).unwrap().set_modified(time).unwrap();
}

fn now(seconds: i64) -> Timestamp {
    Timestamp(1_800_000_000_000 + seconds * 1_000)
}

fn state(gazetteer: &Gazetteer) -> SourceState {
    gazetteer.states().next().unwrap().clone()
}

#[test]
fn a_file_is_read_when_it_changes_and_the_table_is_swapped_whole() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("feed.csv");
    write(&file, "192.0.2.0/24,TJ\n", 0);
    let source = PlaceSource { kind: SourceKind::Geofeed, file: file.clone() };
    let mut gazetteer = Gazetteer::new(Home::from(economy("TJ")), [source]);
    let table = Arc::clone(gazetteer.places());
    assert_eq!(seen(&table.load(), "192.0.2.1").0, Locality::Unknown, "nothing is read before it is asked for");
    assert!(gazetteer.refresh(now(0)));
    let first = table.load_full();
    assert_eq!(seen(&first, "192.0.2.1").0, Locality::Domestic);
    assert!(!gazetteer.refresh(now(1)));
    assert_eq!(table.load().number(), first.number());
    write(&file, "192.0.2.0/24,DE\n", 5);
    assert!(gazetteer.refresh(now(2)));
    assert_eq!((seen(&table.load(), "192.0.2.1").0, seen(&first, "192.0.2.1").0), (Locality::Foreign, Locality::Domestic));
    assert_ne!(table.load().number(), first.number());
    let state = state(&gazetteer);
    assert_eq!((state.loaded, state.data_of()), (Some(now(2)), Some(Timestamp(1_700_000_005_000))));
}

#[test]
fn a_file_that_breaks_or_vanishes_goes_on_saying_what_it_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("feed.csv");
    write(&file, "192.0.2.0/24,TJ\nbad\n", 0);
    let mut gazetteer = Gazetteer::new(Home::from(economy("TJ")), [PlaceSource { kind: SourceKind::Geofeed, file: file.clone() }]);
    gazetteer.refresh(now(0));
    assert_eq!(state(&gazetteer).layer.unwrap().left_out(), 1);
    write(&file, "<html>\n", 5);
    assert!(!gazetteer.refresh(now(1)));
    let refused = state(&gazetteer).refused.unwrap();
    assert!(refused.starts_with(&format!("{}: holds nothing", file.display())), "{refused}");
    fs::remove_file(&file).unwrap();
    assert!(!gazetteer.refresh(now(2)));
    assert_eq!((seen(&gazetteer.places().load(), "192.0.2.1").0, state(&gazetteer).loaded), (Locality::Domestic, Some(now(0))));
    write(&file, "192.0.2.0/24,DE\n", 9);
    assert!(gazetteer.refresh(now(3)));
    assert_eq!((seen(&gazetteer.places().load(), "192.0.2.1").0, state(&gazetteer).refused), (Locality::Foreign, None));
}

#[test]
fn a_file_that_is_not_there_says_so_and_is_read_once_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("feed.csv");
    let mut gazetteer = Gazetteer::new(Home::from(economy("TJ")), [PlaceSource { kind: SourceKind::Geofeed, file: file.clone() }]);
    assert!(!gazetteer.refresh(now(0)));
    let refused = state(&gazetteer).refused.unwrap();
    assert!(refused.contains("cannot be read") && refused.ends_with("check the path and who may read it"), "{refused}");
    write(&file, "192.0.2.0/24,TJ\n", 0);
    assert!(gazetteer.refresh(now(1)));
}
