//! Declared volumes, and what becomes of lines that are wrong.

use schema::border::Direction;
use schema::{Asn, Class};

use crate::Declared;
use crate::volumes::{Book, MAX_WARNINGS, Said};

const FILE: &str = "\u{feff}month,member,class,volume,mbit95,source,direction,note
# what was asked for in December
2026-11,64501,transit,120 TB,,invoice 4711,,
2026-11,AS64502,transit,,8200,invoice 12,inbound,both links

2026-11,64501,cache,110..130 TB,,operator's own counters,,\"three caches, in one hall\"
2026-11,64503,transit,7 TB,,letter,outbound,
";

#[test]
fn a_file_is_read_line_by_line() {
    let book = Book::read(FILE).unwrap();
    assert_eq!((book.volumes.len(), book.left_out), (4, 0), "{:?}", book.warnings);
    let [one, two, three, four] = [0, 1, 2, 3].map(|index| &book.volumes[index]);
    assert_eq!((one.member, one.class, one.direction, one.line), (Asn(64_501), Class::Transit, Direction::Inbound, 3));
    assert_eq!(two.said, Said::Percentile95(8_200_000_000));
    assert_eq!((three.line, three.note.as_str(), three.source.as_str()), (6, "three caches, in one hall", "operator's own counters"));
    assert_eq!(three.said.octets(0, None), Declared::between(110_000_000_000_000, 130_000_000_000_000));
    assert_eq!(four.direction, Direction::Outbound);
}

#[test]
fn a_line_that_is_wrong_costs_itself_and_is_told_with_its_number_and_what_to_write() {
    let text = "month,member,class,source,volume,mbit95
2026-13,64501,transit,letter,1 TB,

2026-11,64501,exchange,letter,1 TB,
2026-11,64501,transit,letter,,
2026-11,64501,transit,letter,1 TB,5
2026-11,64501,transit,,1 TB,
2026-11,64501,transit,letter,12,
2026-11,64501,transit,letter,1 TB,
2026-11,64501,transit,letter,2 TB,
";
    let book = Book::read(text).unwrap();
    assert_eq!((book.volumes.len(), book.left_out), (1, 7));
    let told: Vec<String> = book.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(told[0], "line 2: `month` is `2026-13` and was left out with its line; write a month, as in 2026-11");
    assert!(told[1].starts_with("line 4: `class` is `exchange`"), "{}", told[1]);
    assert!(told[2].starts_with("line 5: has neither `volume` nor `mbit95`"), "{}", told[2]);
    assert!(told[3].starts_with("line 6: has both"), "{}", told[3]);
    assert!(told[4].starts_with("line 7: `source` is empty"), "{}", told[4]);
    assert!(told[5].starts_with("line 8: `volume` is `12`"), "{}", told[5]);
    assert_eq!(told[6], "line 10: transit of AS64501 in 2026-11 stands in line 9 already, which counts; this one was left out");
}

#[test]
fn a_file_without_its_columns_is_refused_whole() {
    let refused = |text: &str| Book::read(text).unwrap_err().to_string();
    assert!(refused("").starts_with("is empty"));
    assert!(refused("month,member,class\n").contains("no column `source`"));
    assert!(refused("month,member,class,source,volum\n").contains("no column `volum`"));
    assert!(refused("month,member,class,source,month\n").contains("twice"));
}

#[test]
fn warnings_are_bounded_and_counted() {
    let lines: String = (0..100).map(|_| "never,64501,transit,letter,1 TB\n").collect();
    let book = Book::read(&format!("month,member,class,source,volume\n{lines}")).unwrap();
    assert_eq!((book.warnings.len(), book.left_out), (MAX_WARNINGS, 100));
}
