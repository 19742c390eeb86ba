//! Lists from spreadsheets.

use directory::{Claim, Format, MacClaim, Warning, parse};
use schema::Asn;

use crate::List;

fn list(text: &str) -> List {
    List::read(text)
}

fn refused(text: &str) -> String {
    parse(text.as_bytes(), Some(Format::Csv)).expect_err(text).to_string()
}

#[test]
fn rows_of_one_network_make_one_member() {
    let list = list(
        "asn,name,mac,vlan,agent,if_index\n\
         64500,\"Networks, Example\",02:00:5e:00:00:01,,192.0.2.1,17\n\
         AS64500,,02:00:5e:00:00:01,100,,\n\
         64500,,,,2001:db8::1,18\n\
         64501,Only a name,,,,\n",
    );
    let [first, second] = list.members() else { panic!("{:?}", list.members()) };
    assert_eq!((first.name.as_str(), second.name.as_str()), ("Networks, Example", "Only a name"));
    let mac = "02:00:5e:00:00:01".parse().unwrap();
    assert_eq!(first.macs, [MacClaim { mac, vlan: None }, MacClaim { mac, vlan: Some(100) }]);
    assert_eq!(list.by_port("2001:db8::1".parse().unwrap(), 18), Some(Asn(64500)));
    assert_eq!((first.ports.len(), list.warning_count()), (2, 0));
}

#[test]
fn spreadsheets_may_write_semicolons_a_mark_and_any_order() {
    let list =
        list("\u{feff}\"Name\"; MAC ;ASN;;\r\nПример;02-00-5E-00-00-01;64500;;\r\n;;;;\r\n\r\nRéseau, essai;02005e000002;64501;;\r\n");
    assert_eq!((list.name(Asn(64500)), list.name(Asn(64501))), ("Пример".into(), "Réseau, essai".into()));
    assert_eq!(list.by_mac("02:00:5e:00:00:02".parse().unwrap(), 0), Claim::Member(Asn(64501)));
}

#[test]
fn rows_may_end_early_but_not_run_over() {
    assert_eq!(list("asn,name,mac,vlan\n64500,Example\n").members().len(), 1);
    assert_eq!(list("asn,name\n64500,Example,,\n").members().len(), 1);
    assert!(refused("asn,name\n64500,Networks, Example\n").starts_with("line 2: has 3 fields under 2 columns"));
}

#[test]
fn a_name_that_begins_like_a_comment_is_a_name() {
    assert_eq!(list("name,asn\n#one,64500\n").name(Asn(64500)), "#one");
}

#[test]
fn a_mistake_is_refused_with_its_line() {
    let header = "asn,name,mac,vlan,agent,if_index";
    for (row, part) in [
        ("x,,,,,", "`asn` is `x`"),
        (",Example,,,,", "`asn` is empty"),
        ("64500,,,,,", "says nothing of AS64500"),
        ("64500,,2.00E+10,,,", "`mac` is `2.00E+10`; it must be six pairs"),
        ("64500,,02:00:5e:00:00:01,4095,,", "0 to 4094"),
        ("64500,Example,,100,,", "`vlan` stands without `mac`"),
        ("64500,,,,192.0.2.1,", "only together"),
        ("64500,,,,,17", "only together"),
        ("64500,,,,switch1,17", "the switch's IP address"),
        ("64500,,,,192.0.2.1,ge-0/0/1", "an ifIndex"),
    ] {
        let said = refused(&format!("{header}\n64499,\"A name\nof two lines\",,,,\n{row}\n"));
        assert!(said.starts_with("line 4: ") && said.contains(part), "{row}: {said}");
    }
}

#[test]
fn empty_lines_count_as_lines() {
    for text in ["asn,name\n\n\nx,Example\n", "asn,name\r\n\r\n\r\nx,Example\r\n", "\n\nasn,name\nx,Example\n"] {
        let said = refused(text);
        assert!(said.starts_with("line 4: "), "{text:?}: {said}");
    }
}

#[test]
fn a_header_is_refused_for_what_it_has_or_lacks() {
    assert_eq!(refused("asn,nmae\n"), "line 1: unknown column `nmae`; did you mean `name`?");
    assert!(refused("asn,mac,MAC\n").contains("`mac` stands there twice"));
    assert!(refused("name,mac\nExample,02:00:5e:00:00:01\n").contains("no column `asn`"));
    assert!(refused("").contains("is empty"));
}

#[test]
fn a_text_in_another_encoding_is_refused_with_its_line() {
    let refusal = parse(b"asn,name\n64500,Example\n64501,\xcf\xf0\xe8\xec\xe5\xf0\n", None).unwrap_err().to_string();
    assert_eq!(refusal, "line 3: holds octets that are no UTF-8; save the file as UTF-8");
}

#[test]
fn a_header_alone_is_a_list_of_nobody() {
    assert_eq!(list("asn,name,mac\n").warnings(), [Warning::NoMembers]);
}

#[test]
fn a_second_name_is_warned_of() {
    let list = list("asn,name\n64500,One\n64500,Two\n64500,One\n");
    assert_eq!((list.name(Asn(64500)), list.warning_count()), ("One".into(), 1));
    assert!(list.warnings()[0].to_string().starts_with("line 3: AS64500 is called `Two`"));
}
