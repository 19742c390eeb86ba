//! IX-F Member Exports as programs bend them.

use directory::{Claim, Format, Warning, parse};
use schema::{Asn, Mac};
use serde_json::{Value, json};

use crate::List;

fn list(export: &Value) -> List {
    List::read(&export.to_string())
}

fn refused(text: &str) -> String {
    parse(text.as_bytes(), Some(Format::Ixf)).expect_err(text).to_string()
}

fn export(members: Value) -> Value {
    let vlans = json!([{ "id": 7, "name": "Peering" }]);
    let ixp = json!({ "ixp_id": 1, "ixf_id": 0, "shortname": "X", "vlan": vlans });
    let mut export = json!({ "version": "1.0", "timestamp": "2026-01-01T00:00:00Z", "ixp_list": [ixp] });
    export["member_list"] = members;
    export
}

/// A member whose only VLAN entry is this.
fn member(asnum: u32, vlan: Value) -> Value {
    let mut member = json!({ "asnum": asnum, "name": format!("Network {asnum}"), "connection_list": [{ "ixp_id": 1 }] });
    member["connection_list"][0]["vlan_list"] = Value::Array(vec![vlan]);
    member
}

fn mac(last: u8) -> Mac {
    Mac::new([0x02, 0, 0x5e, 0, 0, last])
}

#[test]
fn the_vlan_id_is_no_tag_and_a_claim_holds_in_every_vlan() {
    let list = list(&export(json!([member(64500, json!({ "vlan_id": 7, "ipv4": { "mac_addresses": ["02:00:5e:00:00:01"] } }))])));
    assert_eq!((list.by_mac(mac(1), 7), list.by_mac(mac(1), 4000)), (Claim::Member(Asn(64500)), Claim::Member(Asn(64500))));
    assert_eq!(list.members()[0].macs[0].vlan, None);
    assert_eq!(list.warning_count(), 0);
}

#[test]
fn addresses_are_found_wherever_they_stand_and_however_they_are_spelt() {
    for vlan in [
        json!({ "ipv4": { "mac_addresses": ["02:00:5e:00:00:01"] } }),
        json!({ "ipv6": { "mac_addresses": ["02-00-5E-00-00-01"] } }),
        json!({ "ipv4": { "mac_addresses": "0200.5e00.0001" } }),
        json!({ "ipv4": { "mac_address": "02005e000001", "mac_addresses": null } }),
        json!({ "ipv4": [{ "mac_addresses": ["02:00:5e:00:00:01", null, ""] }], "ipv6": null }),
        json!({ "mac_addresses": ["02:00:5e:00:00:01"], "ipv4": {}, "ipv6": [] }),
        json!({ "ipv4": { "mac_addresses": { "1": "02:00:5e:00:00:01" } } }),
    ] {
        let list = list(&export(json!([member(64500, vlan.clone())])));
        assert_eq!(list.by_mac(mac(1), 0), Claim::Member(Asn(64500)), "{vlan}");
        assert_eq!((list.mac_count(), list.warning_count()), (1, 0), "{vlan}");
    }
}

#[test]
fn lists_that_became_objects_are_read_as_lists() {
    let vlan = json!({ "ipv4": { "mac_addresses": ["02:00:5e:00:00:01"] } });
    let connection = json!({ "4": { "ixp_id": 1, "vlan_list": { "0": vlan, "2": vlan } } });
    let list = list(&export(json!({ "3": { "asnum": 64500, "connection_list": connection } })));
    assert_eq!((list.members().len(), list.by_mac(mac(1), 0)), (1, Claim::Member(Asn(64500))));
}

#[test]
fn a_router_in_both_families_several_vlans_and_connections_is_no_duplicate() {
    let address = json!({ "mac_addresses": ["02:00:5e:00:00:01", "02:00:5e:00:00:01"] });
    let vlan = json!({ "vlan_id": 1, "ipv4": address, "ipv6": address });
    let connection = json!({ "ixp_id": 1, "if_list": [{ "if_speed": 10000 }, { "if_speed": "100000" }], "vlan_list": [vlan, vlan] });
    let member = json!({ "asnum": 64500, "connection_list": [connection, connection] });
    let list = list(&export(json!([member, member])));
    let [member] = list.members() else { panic!("{:?}", list.members()) };
    assert_eq!((member.macs.len(), list.warning_count(), list.by_mac(mac(1), 0)), (1, 0, Claim::Member(Asn(64500))));
    assert_eq!(member.speed, 4 * 110_000_000_000);
}

#[test]
fn a_mac_of_two_members_is_ambiguous_and_both_are_named() {
    let vlan = |id: u32| json!({ "vlan_id": id, "ipv4": { "mac_addresses": ["02:00:5e:00:00:01"] } });
    let list = list(&export(json!([member(64500, vlan(1)), member(64501, vlan(2))])));
    assert_eq!(list.by_mac(mac(1), 1), Claim::Ambiguous);
    assert_eq!(list.members().iter().map(|member| member.macs.len()).sum::<usize>(), 2);
    let [warning] = list.warnings() else { panic!("{:?}", list.warnings()) };
    let said = warning.to_string();
    assert!(said.contains("AS64500 and AS64501") && said.contains("02:00:5e:00:00:01"), "{said}");
}

#[test]
fn bent_numbers_are_read_and_missing_ones_cost_one_member() {
    let list = list(&export(json!([
        { "asnum": "64500", "connection_list": [] },
        { "asnum": "AS64501", "name": 5, "connection_list": null },
        { "asnum": 64502 },
        { "name": "No number" },
        { "asnum": null },
        { "asnum": -1 },
        { "asnum": 4294967296u64 },
        "a text",
        null,
        { "asnum": 0 }
    ])));
    let numbers: Vec<u32> = list.members().iter().map(|member| member.asn.0).collect();
    assert_eq!(numbers, [64500, 64501, 64502]);
    assert_eq!(list.warning_count(), 7);
    assert!(list.warnings()[0].to_string().starts_with("member_list[3]: "), "{}", list.warnings()[0]);
}

#[test]
fn an_unreadable_mac_costs_one_claim() {
    let vlan = json!({ "ipv4": { "mac_addresses": ["unknown", 5, "ff:ff:ff:ff:ff:ff", "02:00:5e:00:00:01"] } });
    let list = list(&export(json!([member(64500, vlan)])));
    assert_eq!((list.mac_count(), list.warning_count(), list.by_mac(mac(1), 0)), (1, 3, Claim::Member(Asn(64500))));
    assert!(list.warnings()[0].to_string().contains("`unknown` of AS64500"), "{}", list.warnings()[0]);
}

#[test]
fn unknown_fields_are_passed_over_and_order_does_not_matter() {
    let text =
        r#"{ "extra": [[{}]], "member_list": [{ "x": { "mac_addresses": ["02:00:5e:00:00:09"] }, "asnum": 64500 }], "version": 1.0 }"#;
    let list = parse(text.as_bytes(), None).unwrap();
    assert_eq!((list.member_count(), list.mac_count(), list.warning_count()), (1, 0, 0));
}

#[test]
fn another_version_is_read_with_a_warning() {
    for (version, warned) in [(json!("0.6"), false), (json!("0.7"), false), (json!("1.0"), false), (json!(0.7), false), (json!(1), false)]
        .into_iter()
        .chain([(json!("0.5"), true), (json!("2.0"), true), (Value::Null, true)])
    {
        let mut export = export(json!([{ "asnum": 64500 }]));
        export["version"] = version.clone();
        let list = list(&export);
        assert_eq!(list.members().len(), 1);
        assert_eq!(matches!(list.warnings(), [Warning::UnknownVersion { .. }]), warned, "{version}");
    }
}

#[test]
fn an_export_of_nobody_is_warned_of() {
    for members in [json!([]), json!({}), Value::Null] {
        assert_eq!(list(&export(members)).warnings(), [Warning::NoMembers]);
    }
}

#[test]
fn what_is_no_export_is_refused_in_one_sentence() {
    for (text, part) in [
        ("{\n\"member_list\": [", "line 2: is no IX-F Member Export"),
        ("<html>", "line 1: is no IX-F Member Export"),
        ("[]", "line 1: is no IX-F Member Export"),
        ("{} {}", "line 1: is no IX-F Member Export"),
        ("{}", "no `member_list`"),
        ("{\"member_list\": 5}", "a list of members"),
    ] {
        let said = refused(text);
        assert!(said.contains(part) && !said.contains('\n'), "{text}: {said}");
    }
    let deep = format!("{{\"member_list\": [{}", "[".repeat(100_000));
    assert!(refused(&deep).contains("recursion limit"));
}
