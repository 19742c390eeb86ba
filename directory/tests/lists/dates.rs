//! Claims with dates, as the formats write them.

use directory::{Claim, Directory, Format, Validity, Warning, parse};
use schema::{Asn, Mac, Timestamp};

use crate::List;

const MAC: Mac = Mac::new([0x02, 0, 0x5e, 0, 0, 1]);

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn span(from: &str, until: &str) -> Validity {
    Validity::new(from.parse().ok(), until.parse().ok()).unwrap()
}

fn list(text: &str) -> Directory {
    List::read(text).directory
}

fn refused(text: &str, format: Format) -> String {
    parse(text.as_bytes(), Some(format)).expect_err(text).to_string()
}

/// A block of one member with these lines.
fn block(asn: u32, lines: &str) -> String {
    format!("[[member]]\nasn = {asn}\n{lines}\n")
}

#[test]
fn a_router_that_moves_on_a_day_belongs_to_one_member_before_and_to_the_other_after() {
    let toml = block(64500, "macs = [{ mac = \"02:00:5e:00:00:01\", until = \"2026-03-01\" }]")
        + &block(64501, "macs = [{ mac = \"02:00:5e:00:00:01\", from = \"2026-03-01\" }]");
    let csv = "asn;mac;until;from\n64500;02:00:5e:00:00:01;2026-03-01;\n64501;02:00:5e:00:00:01;;2026-03-01T00:00:00Z\n";
    for text in [toml.as_str(), csv] {
        let list = list(text);
        assert_eq!(list.warnings(), [], "{text}");
        for (at, asn) in [("2001-01-01", 64500), ("2026-02-28T23:59:59.999Z", 64500), ("2026-03-01", 64501), ("2040-01-01", 64501)] {
            assert_eq!(list.as_of(moment(at)).by_mac(MAC, 0), Claim::Member(Asn(asn)), "{at} {text}");
        }
    }
}

#[test]
fn a_date_may_have_quotes_or_none_and_a_time_its_zone() {
    let dates = ["\"2026-03-01\"", "2026-03-01", "2026-03-01T00:00:00Z", "2026-03-01 05:00:00+05:00", "\"2026-03-01T05:00:00+05:00\""];
    for date in dates {
        let list = list(&block(64500, &format!("macs = [{{ mac = \"02:00:5e:00:00:01\", vlan = 100, from = {date} }}]")));
        let claims: Vec<_> = list.mac_claims().map(|(asn, claim, validity)| (asn, claim.vlan, validity)).collect();
        assert_eq!(claims, [(Asn(64500), Some(100), span("2026-03-01", ""))], "{date}");
        assert_eq!(list.next_change(Timestamp(0)), Some(moment("2026-03-01")));
    }
}

#[test]
fn a_port_may_have_its_dates_too() {
    let toml = block(64500, "ports = [{ agent = \"192.0.2.1\", if_index = 17, from = 2026-03-01, until = 2026-06-01 }]");
    let csv = "asn,agent,if_index,from,until\n64500,192.0.2.1,17,2026-03-01,2026-06-01\n";
    for text in [toml.as_str(), csv] {
        let list = list(text);
        let whose = |at| list.as_of(moment(at)).by_port([192, 0, 2, 1].into(), 17);
        assert_eq!((whose("2026-02-01"), whose("2026-03-01"), whose("2026-06-01")), (None, Some(Asn(64500)), None), "{text}");
        assert_eq!(list.port_claims().map(|(.., validity)| validity).collect::<Vec<_>>(), [span("2026-03-01", "2026-06-01")]);
    }
}

#[test]
fn a_claim_of_a_vlan_gives_way_to_the_one_for_all_when_it_ends() {
    let list = list(
        &(block(64500, "macs = [\"02:00:5e:00:00:01\"]")
            + &block(64501, "macs = [{ mac = \"02:00:5e:00:00:01\", vlan = 100, until = 2026-06-01 }]")),
    );
    let whose = |at| list.as_of(moment(at)).by_mac(MAC, 100);
    assert_eq!((whose("2026-05-31"), whose("2026-06-01")), (Claim::Member(Asn(64501)), Claim::Member(Asn(64500))));
}

#[test]
fn two_members_at_the_same_time_are_ambiguous_for_that_time_and_warned_of() {
    let list = list("asn,mac,from,until\n64500,02:00:5e:00:00:01,,2026-04-01\n64501,02:00:5e:00:00:01,2026-03-01,\n");
    let whose = |at| list.as_of(moment(at)).by_mac(MAC, 0);
    assert_eq!((whose("2026-02-28"), whose("2026-04-01")), (Claim::Member(Asn(64500)), Claim::Member(Asn(64501))));
    assert_eq!((whose("2026-03-01"), whose("2026-03-31")), (Claim::Ambiguous, Claim::Ambiguous));
    let [warning @ Warning::SharedMac { .. }] = list.warnings() else { panic!("{:?}", list.warnings()) };
    let said = warning.to_string();
    assert!(
        said.starts_with("AS64500 and AS64501 claim the MAC address 02:00:5e:00:00:01 from 2026-03-01T00:00:00Z until 2026-"),
        "{said}"
    );
}

#[test]
fn a_member_does_not_contradict_itself() {
    let list = list(&block(64500, "macs = [\"02:00:5e:00:00:01\", { mac = \"02:00:5e:00:00:01\", from = 2026-03-01 }]"));
    assert_eq!((list.warnings(), list.next_change(Timestamp(0))), (&[][..], None));
    assert_eq!(list.as_of(moment("2026-04-01")).by_mac(MAC, 0), Claim::Member(Asn(64500)));
}

#[test]
fn a_bad_date_is_refused_with_its_line_and_what_belongs_there() {
    for (claim, part) in [
        ("from = \"soon\"", "`from` is `soon`; it must be a date, as in 2026-03-01, or a time with its zone"),
        ("until = \"\"", "`until` is ``; it must be a date"),
        ("from = 2026", "`from` is `2026`; it must be a date"),
        ("from = 2026-03-01T00:00:00", "`from` is `2026-03-01T00:00:00`; it must be a date"),
        ("until = 08:00:00", "`until` is `08:00:00`; it must be a date"),
        ("until = [2026-03-01]", "`until` is of type array; it must be a date"),
        ("from = 2026-03-01, until = 2026-02-01", "`until` is not after `from`; write the first moment"),
        ("from = 2026-03-01, until = \"2026-03-01\"", "`until` is not after `from`"),
        ("form = 2026-03-01", "unknown key `form`; did you mean `from`?"),
    ] {
        for claims in [
            format!("macs = [\n{{ mac = \"02:00:5e:00:00:01\", {claim} }}]"),
            format!("ports = [\n{{ agent = \"192.0.2.1\", if_index = 1, {claim} }}]"),
        ] {
            let said = refused(&block(64500, &claims), Format::Toml);
            assert!(said.starts_with("line 4: ") && said.contains(part), "{claims}: {said}");
        }
    }
}

#[test]
fn a_row_with_a_bad_date_is_refused_with_its_line() {
    for (row, part) in [
        ("64500,Example,02:00:5e:00:00:01,01.03.2026,", "`from` is `01.03.2026`; it must be a date, as in 2026-03-01"),
        ("64500,Example,02:00:5e:00:00:01,,46082", "`until` is `46082`; it must be a date"),
        ("64500,Example,02:00:5e:00:00:01,2026-03-01,2026-03-01", "`until` is not after `from`"),
        ("64500,Example,,2026-03-01,", "a time stands without `mac` or a port"),
    ] {
        let said = refused(&format!("asn,name,mac,from,until\n{row}\n"), Format::Csv);
        assert!(said.starts_with("line 2: ") && said.contains(part), "{row}: {said}");
    }
}

#[test]
fn an_export_says_nothing_of_times() {
    let text = "{ \"version\": \"1.0\", \"member_list\": [{ \"asnum\": 64500, \"connection_list\": [{ \"mac_addresses\": \
                [\"02:00:5e:00:00:01\"], \"from\": \"2026-03-01\", \"until\": \"2026-06-01\" }] }] }";
    let list = list(text);
    assert_eq!(list.mac_claims().map(|(.., validity)| validity).collect::<Vec<_>>(), [Validity::ALWAYS]);
    assert_eq!((list.next_change(Timestamp(0)), list.warnings()), (None, &[][..]));
}
