//! The project's own format.

use directory::{Claim, MacClaim, Place, Port, Warning, parse};
use schema::Asn;

use crate::List;

fn list(text: &str) -> List {
    List::read(text)
}

fn refused(text: &str) -> String {
    parse(text.as_bytes(), None).expect_err(text).to_string()
}

#[test]
fn a_block_gives_a_member_with_its_macs_and_ports() {
    let list = list(
        r#"
        # Members of the example exchange
        [[member]]
        asn = 64500
        name = "Example Networks"
        macs = ["02:00:5e:00:00:01", { mac = "0200.5E00.0002", vlan = 100 }]
        ports = [{ agent = "192.0.2.1", if_index = 17 }, { agent = "::ffff:192.0.2.2", if_index = 18 }]
        "#,
    );
    let [member] = list.members() else { panic!("{:?}", list.members()) };
    assert_eq!((member.asn, member.name.as_str()), (Asn(64500), "Example Networks"));
    let (first, second) = ("02:00:5e:00:00:01".parse().unwrap(), "02:00:5e:00:00:02".parse().unwrap());
    assert_eq!(member.macs, [MacClaim { mac: first, vlan: None }, MacClaim { mac: second, vlan: Some(100) }]);
    let port = |last, if_index| Port { agent: [192, 0, 2, last].into(), if_index };
    assert_eq!(member.ports, [port(1, 17), port(2, 18)]);
    assert_eq!(list.by_mac(first, 5), Claim::Member(Asn(64500)));
    assert_eq!((list.by_mac(second, 100), list.by_mac(second, 5)), (Claim::Member(Asn(64500)), Claim::Nobody));
    assert_eq!(list.by_port([192, 0, 2, 2].into(), 18), Some(Asn(64500)));
    assert_eq!((list.mac_count(), list.warning_count()), (2, 0));
}

#[test]
fn a_member_may_have_nothing_but_its_number() {
    let list = list("[[member]]\nasn = 64500\n[[member]]\nasn = \"AS64501\"\n");
    let names: Vec<&str> = list.members().iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names, ["AS64500", "AS64501"]);
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_likely_key() {
    assert_eq!(refused("[[member]]\nasn = 1\nmcas = []\n"), "line 3: unknown key `mcas`; did you mean `macs`?");
    assert_eq!(refused("[[members]]\nasn = 1\n"), "line 1: unknown key `members`; did you mean `member`?");
    let far = refused("[[member]]\nasn = 1\ncolour = \"red\"\n");
    assert!(far.starts_with("line 3: unknown key `colour`; delete it") && far.contains("asn, macs, name, ports"), "{far}");
    let inner = refused("[[member]]\nasn = 1\nports = [\n  { agent = \"192.0.2.1\", ifindex = 1 },\n]\n");
    assert_eq!(inner, "line 4: unknown key `ifindex`; did you mean `if_index`?");
}

#[test]
fn a_bad_value_is_refused_with_its_line_and_what_belongs_there() {
    for (body, line, part) in [
        ("asn = -5", 2, "up to 4294967295"),
        ("asn = 4294967296", 2, "`4294967296`"),
        ("asn = \"Example\"", 2, "`Example`"),
        ("asn = 1\nname = 5", 3, "`name` is `5`"),
        ("asn = 1\nmacs = \"02:00:5e:00:00:01\"", 3, "a list"),
        ("asn = 1\nmacs = [\n\"02:00:5e\"]", 4, "six pairs"),
        ("asn = 1\nmacs = [{ mac = \"02:00:5e:00:00:01\", vlan = 4095 }]", 3, "from 0 to 4094"),
        ("asn = 1\nmacs = [{ vlan = 5 }]", 3, "`mac` is missing"),
        ("asn = 1\nports = [{ agent = \"switch1\", if_index = 17 }]", 3, "IP address"),
        ("asn = 1\nports = [{ agent = \"192.0.2.1\" }]", 3, "`if_index` is missing"),
        ("name = \"Example\"", 1, "`asn` is missing"),
        ("asn = ", 2, "is no TOML"),
        ("asn = 1\nasn = 2", 3, "is no TOML"),
    ] {
        let said = refused(&format!("[[member]]\n{body}\n"));
        assert!(said.starts_with(&format!("line {line}: ")) && said.contains(part), "{body}: {said}");
        assert!(!said.contains('\n'), "{said}");
    }
    assert!(refused("member = 5").contains("[[member]]"));
}

#[test]
fn two_blocks_of_one_network_are_merged_and_a_second_name_is_warned_of() {
    let text = "[[member]]\nasn = 64500\nname = \"One\"\nmacs = [\"02:00:5e:00:00:01\"]\n\
                [[member]]\nasn = 64500\nname = \"Two\"\nmacs = [\"02:00:5e:00:00:02\", \"02:00:5e:00:00:01\"]\n\
                [[member]]\nasn = 64500\nname = \"One\"\n";
    let list = list(text);
    assert_eq!((list.members().len(), list.mac_count(), list.members()[0].macs.len()), (1, 2, 2));
    assert_eq!(list.name(Asn(64500)), "One");
    let [warning @ Warning::TwoNames { place: Place::Line(6), .. }] = list.warnings() else { panic!("{:?}", list.warnings()) };
    assert!(warning.to_string().contains("`Two`"), "{warning}");
}

#[test]
fn what_no_network_or_router_can_have_is_left_out_and_said() {
    let list = list(
        "[[member]]\nasn = 0\nmacs = [\"02:00:5e:00:00:09\"]\n[[member]]\nasn = 23456\n[[member]]\nasn = 4294967295\n\
         [[member]]\nasn = 64500\nmacs = [\"ff:ff:ff:ff:ff:ff\", \"01:00:5e:00:00:01\", \"00:00:00:00:00:00\", \"02:00:5e:00:00:01\"]\n",
    );
    assert_eq!((list.members().len(), list.mac_count(), list.warning_count()), (1, 1, 6));
    assert_eq!(list.by_mac("ff:ff:ff:ff:ff:ff".parse().unwrap(), 0), Claim::Nobody);
    assert_eq!(list.by_mac("02:00:5e:00:00:09".parse().unwrap(), 0), Claim::Nobody);
    let said: Vec<String> = list.warnings().iter().map(Warning::to_string).collect();
    assert!(said[0].starts_with("line 2: AS0 "), "{}", said[0]);
    assert!(said[3].contains("ff:ff:ff:ff:ff:ff of AS64500"), "{}", said[3]);
}

#[test]
fn a_list_of_nobody_is_warned_of() {
    for text in ["", "# nobody yet\n", "member = []\n"] {
        assert_eq!(list(text).warnings(), [Warning::NoMembers], "{text}");
    }
}
