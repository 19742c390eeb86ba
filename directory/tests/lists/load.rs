//! Files: telling formats apart, refusing what is none, watching for changes, and the manual's examples.

use std::fs;
use std::path::Path;

use directory::{Claim, Format, MAX_FILE_OCTETS, MAX_WARNINGS, Source, load, parse};
use schema::{Asn, Timestamp};

use crate::List;

const TOML: &str = "[[member]]\nasn = 64500\n";
const CSV: &str = "asn;name\n64500;Example\n";
const IXF: &str = "{ \"version\": \"1.0\", \"member_list\": [{ \"asnum\": 64500 }] }";

#[test]
fn the_content_tells_the_format_whatever_the_file_is_called() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("members", TOML), ("members.txt", CSV), ("members.csv", TOML), ("members.toml", IXF), ("members.toml", CSV)] {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        let list = load(&path).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(list.member_count(), 1, "{name}: {text}");
    }
}

#[test]
fn a_refusal_is_one_sentence_that_begins_with_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("members.toml");
    assert!(load(&path).unwrap_err().to_string().contains("members.toml: cannot be read"));
    assert!(load(folder.path()).unwrap_err().to_string().contains("cannot be read"));
    fs::write(&path, "[[member]]\nasn = 1\nmcas = []\n").unwrap();
    let said = load(&path).unwrap_err().to_string();
    assert_eq!(said, format!("{}: line 3: unknown key `mcas`; did you mean `macs`?", path.display()));
    let said = parse(b"hello\n", None).unwrap_err().to_string();
    assert!(said.contains("neither TOML, nor CSV, nor an IX-F Member Export"), "{said}");
}

#[test]
fn a_file_beyond_the_bound_is_refused() {
    let long = vec![b' '; MAX_FILE_OCTETS + 1];
    assert!(parse(&long, Some(Format::Toml)).unwrap_err().to_string().contains("longer than 64 MiB"));
    assert!(parse(&long[1..], Some(Format::Toml)).is_ok());
}

#[test]
fn a_list_full_of_mistakes_keeps_a_bounded_number_of_warnings() {
    let rows: String = (0..1000).map(|row| format!("64500,ff:ff:ff:ff:00:{:02x}\n", row % 256)).collect();
    let list = parse(format!("asn,mac\n{rows}").as_bytes(), None).unwrap();
    assert_eq!((list.warnings().len(), list.warning_count()), (MAX_WARNINGS, 1000));
}

#[test]
fn a_source_sees_that_its_file_is_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("members.csv");
    let mut source = Source::new(&path);
    assert!(!source.changed(), "there is no file yet");
    fs::write(&path, CSV).unwrap();
    assert!(source.changed());
    assert_eq!(source.load().unwrap().member_count(), 1);
    assert!(!source.changed());
    fs::write(&path, format!("{CSV}broken\n")).unwrap();
    assert!(source.changed());
    assert!(source.load().is_err());
    assert!(!source.changed(), "a refused version is tried once");
    fs::remove_file(&path).unwrap();
    assert!(!source.changed());
    assert_eq!(source.path(), path);
}

/// The fenced blocks of a Markdown text: language and content.
fn fenced(markdown: &str) -> Vec<(&str, &str)> {
    markdown.split("```").skip(1).step_by(2).filter_map(|block| block.split_once('\n')).collect()
}

#[test]
fn the_examples_of_the_manual_are_read_without_a_warning() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/members.md");
    let manual = fs::read_to_string(&path).unwrap();
    let examples = fenced(&manual);
    let languages: Vec<&str> = examples.iter().map(|(language, _)| *language).collect();
    assert_eq!(languages, ["toml", "csv", "csv", "toml", "csv", "json"]);
    for (language, text) in &examples {
        let list = List::read(text);
        assert_eq!(list.warning_count(), 0, "{language}: {:?}", list.warnings());
        let member = list.members().iter().find(|member| !member.macs.is_empty()).unwrap();
        assert_eq!(list.by_mac(member.macs[0].mac, 0), Claim::Member(member.asn), "{language}");
    }
    let [toml, csv, _, dated_toml, dated_csv, _] = &examples[..] else { panic!() };
    let (toml, csv) = (List::read(toml.1), List::read(csv.1));
    assert_eq!(toml.members(), csv.members(), "the same list in both formats");
    assert_eq!(toml.by_port([192, 0, 2, 1].into(), 17), Some(Asn(64500)));
    let (toml, csv) = (List::read(dated_toml.1), List::read(dated_csv.1));
    assert!(toml.directory.mac_claims().eq(csv.directory.mac_claims()), "the same list in both formats, with dates");
    assert!(toml.directory.port_claims().eq(csv.directory.port_claims()));
    assert!(toml.directory.next_change(Timestamp(0)).is_some());
}
