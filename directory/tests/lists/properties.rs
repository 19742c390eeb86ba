//! What holds for every list: the formats agree, and no input brings a loader down.

use std::collections::{BTreeMap, BTreeSet};

use directory::{Claim, Format, MacClaim, Port, Validity, parse};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use schema::{Asn, Mac, Timestamp};
use serde_json::{Map, Value, json};

use crate::List as Read;

/// What a test list says of a network.
#[derive(Clone, Debug)]
struct Network {
    name: String,
    macs: Vec<(MacClaim, Validity)>,
    ports: Vec<(Port, Validity)>,
}

/// From a small pool, so that members come to claim the same address.
fn any_mac() -> impl Strategy<Value = Mac> {
    (0..40u64).prop_map(|last| Mac::from_bits(0x0200_5e00_0000 | last))
}

fn any_port() -> impl Strategy<Value = Port> {
    (0..3u8, 0..20u32).prop_map(|(switch, if_index)| Port { agent: [192, 0, 2, switch].into(), if_index })
}

/// Midnight of a day in March 2026, as claims and questions of the tests have it; or a moment within that day.
fn day(day: i64, millis: i64) -> Timestamp {
    Timestamp(1_772_323_200_000 + day * 86_400_000 + millis)
}

/// Times of claims, so few that several begin and end together.
fn any_validity() -> impl Strategy<Value = Validity> + Clone {
    let moment = || option::of((0..8_i64, prop_oneof![Just(0), Just(1)]).prop_map(|(date, millis)| day(date, millis)));
    (moment(), moment()).prop_filter_map("empty", |(from, until)| Validity::new(from, until))
}

fn any_network(
    vlans: impl Strategy<Value = Option<u16>>,
    times: impl Strategy<Value = Validity> + Clone,
    ports: usize,
) -> impl Strategy<Value = Network> {
    let name = "[A-Za-zЖé#\"'=][A-Za-z ,;\"'#=é\\\\]{0,10}[a-z]";
    let claim = (any_mac(), vlans, times.clone()).prop_map(|(mac, vlan, validity)| (MacClaim { mac, vlan }, validity));
    (name, vec(claim, 0..5), vec((any_port(), times), 0..=ports)).prop_map(|(name, macs, ports)| Network { name, macs, ports })
}

type List = BTreeMap<u32, Network>;

fn as_toml(list: &List) -> String {
    let mut text = String::new();
    for (asn, network) in list {
        let macs: Vec<String> = network.macs.iter().map(toml_mac).collect();
        let port = |(port, validity): &(Port, Validity)| {
            format!("{{ agent = \"{}\", if_index = {}{} }}", port.agent, port.if_index, toml_time(*validity))
        };
        let ports: Vec<String> = network.ports.iter().map(port).collect();
        let name = toml::Value::String(network.name.clone());
        text += &format!("[[member]]\nasn = {asn}\nname = {name}\nmacs = [{}]\nports = [{}]\n", macs.join(", "), ports.join(", "));
    }
    text
}

fn toml_mac((claim, validity): &(MacClaim, Validity)) -> String {
    match claim.vlan {
        None if *validity == Validity::ALWAYS => format!("\"{}\"", claim.mac),
        None => format!("{{ mac = \"{}\"{} }}", claim.mac, toml_time(*validity)),
        Some(vlan) => format!("{{ mac = \"{}\", vlan = {vlan}{} }}", claim.mac, toml_time(*validity)),
    }
}

/// The first as a text, the last as TOML's own.
fn toml_time(validity: Validity) -> String {
    let from = validity.from().map(|from| format!(", from = \"{from}\""));
    let until = validity.until().map(|until| format!(", until = {until}"));
    from.into_iter().chain(until).collect()
}

fn as_csv(list: &List, delimiter: u8) -> String {
    let mut rows = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    rows.write_record(["name", "mac", "asn", "if_index", "until", "agent", "vlan", "from"]).unwrap();
    let text = |value: Option<String>| value.unwrap_or_default();
    let times = |validity: Validity| [validity.from(), validity.until()].map(|time| text(time.map(|time| time.to_string())));
    for (asn, network) in list {
        let asn = asn.to_string();
        rows.write_record([&network.name, "", &asn, "", "", "", "", ""]).unwrap();
        for (MacClaim { mac, vlan }, validity) in &network.macs {
            let [from, until] = times(*validity);
            rows.write_record(["", &mac.to_string(), &asn, "", &until, "", &text(vlan.map(|vlan| vlan.to_string())), &from]).unwrap();
        }
        for (Port { agent, if_index }, validity) in &network.ports {
            let [from, until] = times(*validity);
            rows.write_record(["", "", &asn, &if_index.to_string(), &until, &agent.to_string(), "", &from]).unwrap();
        }
    }
    String::from_utf8(rows.into_inner().unwrap()).unwrap()
}

/// An export as the schema of that version has it: addresses by turns under IPv4, IPv6 and both.
fn as_ixf(list: &List, version: &str) -> String {
    let services = match version {
        "0.6" => Value::Null,
        "0.7" => json!({ "service_type": ["ixrouteserver"] }),
        _ => json!({ "services": [{ "type": "ixrouteserver", "os": "example" }] }),
    };
    let connection = |(position, (claim, _)): (usize, &(MacClaim, Validity))| {
        let mut family = services.as_object().cloned().unwrap_or_default();
        family.insert("mac_addresses".to_owned(), json!([claim.mac]));
        let mut vlan = Map::from_iter([("vlan_id".to_owned(), json!(position))]);
        let families: &[&str] = [&["ipv4"][..], &["ipv6"], &["ipv4", "ipv6"]][position % 3];
        vlan.extend(families.iter().map(|name| ((*name).to_owned(), Value::Object(family.clone()))));
        json!({ "ixp_id": 1, "state": "active", "if_list": [{ "switch_id": 1 }], "vlan_list": [vlan] })
    };
    let member = |(asn, network): (&u32, &Network)| {
        let connections: Vec<Value> = network.macs.iter().enumerate().map(connection).collect();
        json!({ "asnum": asn, "member_type": "peering", "name": network.name, "connection_list": connections })
    };
    let members: Vec<Value> = list.iter().map(member).collect();
    let ixp = json!({ "ixp_id": 1, "ixf_id": 1, "shortname": "EXAMPLE", "vlan": [{ "id": 0, "name": "Peering" }] });
    json!({ "version": version, "timestamp": "2026-01-01T00:00:00Z", "ixp_list": [ixp], "member_list": members }).to_string()
}

fn assert_same(a: &Read, b: &Read) {
    assert_eq!(a.members(), b.members());
    assert_eq!(a.warnings(), b.warnings());
    assert_eq!(a.mac_count(), b.mac_count());
    assert!(a.directory.mac_claims().eq(b.directory.mac_claims()));
    assert!(a.directory.port_claims().eq(b.directory.port_claims()));
    for last in 0..40 {
        let mac = Mac::from_bits(0x0200_5e00_0000 | last);
        for vlan in 0..5 {
            assert_eq!(a.by_mac(mac, vlan), b.by_mac(mac, vlan));
        }
    }
    let ports = |list: &Read| list.ports().map(|(agent, if_index, asn)| ((agent, if_index), asn)).collect::<BTreeMap<_, _>>();
    assert_eq!(ports(a), ports(b));
}

/// Whose claims these are, if they hold at the moment; by going through all of them.
fn owners<'l, C: 'l>(
    list: &'l List,
    claims: impl Fn(&'l Network) -> &'l [(C, Validity)],
    at: Timestamp,
    wanted: impl Fn(&C) -> bool,
) -> BTreeSet<Asn> {
    let holds = |(claim, validity): &(C, Validity)| wanted(claim) && validity.holds_at(at);
    list.iter().filter(|(_, network)| claims(network).iter().any(holds)).map(|(asn, _)| Asn(*asn)).collect()
}

fn naive_mac(list: &List, mac: Mac, vlan: u16, at: Timestamp) -> Claim {
    let owners = |vlan| owners(list, |network| &network.macs, at, |claim| *claim == MacClaim { mac, vlan });
    let scoped = owners(Some(vlan));
    let all = if scoped.is_empty() { owners(None) } else { scoped };
    match all.first() {
        None => Claim::Nobody,
        Some(&asn) if all.len() == 1 => Claim::Member(asn),
        Some(_) => Claim::Ambiguous,
    }
}

fn naive_port(list: &List, port: Port, at: Timestamp) -> Option<Asn> {
    let owners = owners(list, |network| &network.ports, at, |claim| *claim == port);
    owners.first().copied().filter(|_| owners.len() == 1)
}

/// JSON built of the words that the loader looks for, in places where they may not belong.
fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![Just("02:00:5e:00:00:01".to_owned()), Just("AS64500".to_owned()), Just("1.0".to_owned()), any::<String>()];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    let key = prop_oneof![
        Just("version"),
        Just("member_list"),
        Just("asnum"),
        Just("name"),
        Just("connection_list"),
        Just("if_speed"),
        Just("vlan_list"),
        Just("mac_addresses"),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        let object = btree_map(key.clone(), inner.clone(), 0..6);
        let object = object.prop_map(|fields| Value::Object(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()));
        prop_oneof![vec(inner, 0..6).prop_map(Value::Array), object]
    })
}

const HINTS: [Option<Format>; 4] = [None, Some(Format::Toml), Some(Format::Csv), Some(Format::Ixf)];

proptest! {
    #[test]
    fn toml_and_csv_say_the_same(list in btree_map(1..20_000u32, any_network(option::of(0..5u16), any_validity(), 4), 1..12)) {
        let toml = Read::read(&as_toml(&list));
        assert_eq!(toml.members().len(), list.len());
        assert_same(&toml, &Read::read(&as_csv(&list, b',')));
        assert_same(&toml, &Read::read(&as_csv(&list, b';')));
    }

    #[test]
    fn exports_of_every_version_say_what_toml_and_csv_say(list in btree_map(1..20_000u32, any_network(Just(None), Just(Validity::ALWAYS), 0), 1..12)) {
        let toml = Read::read(&as_toml(&list));
        assert_same(&toml, &Read::read(&as_csv(&list, b',')));
        for version in ["0.6", "0.7", "1.0"] {
            assert_same(&toml, &Read::read(&as_ixf(&list, version)));
        }
    }

    #[test]
    fn at_any_moment_a_snapshot_says_what_going_through_all_claims_says(
        list in btree_map(1..20_000u32, any_network(option::of(0..2u16), any_validity(), 4), 1..8),
        (date, millis) in (-1..9_i64, 0..3_i64),
    ) {
        let at = day(date, millis);
        let directory = Read::read(&as_toml(&list)).directory;
        let snapshot = directory.as_of(at);
        for mac in (0..40).map(|last| Mac::from_bits(0x0200_5e00_0000 | last)) {
            for vlan in 0..3 {
                prop_assert_eq!(snapshot.by_mac(mac, vlan), naive_mac(&list, mac, vlan, at), "{} in {} at {}", mac, vlan, at);
            }
        }
        for port in (0..3).flat_map(|switch| (0..20).map(move |if_index| Port { agent: [192, 0, 2, switch].into(), if_index })) {
            prop_assert_eq!(snapshot.by_port(port.agent, port.if_index), naive_port(&list, port, at), "{:?} at {}", port, at);
        }
    }

    #[test]
    fn a_snapshot_is_right_until_the_next_change_and_no_change_is_missed(
        list in btree_map(1..20_000u32, any_network(option::of(0..2u16), any_validity(), 4), 1..8),
    ) {
        let directory = Read::read(&as_toml(&list)).directory;
        let mut at = day(-1, 0);
        let mut snapshot = directory.as_of(at);
        while at < day(9, 0) {
            let fresh = directory.as_of(at);
            if !snapshot.validity().holds_at(at) {
                prop_assert_eq!(fresh.validity().from(), snapshot.validity().until(), "changes follow on each other");
                snapshot = directory.as_of(at);
            }
            prop_assert_eq!(fresh.members(), snapshot.members(), "at {}", at);
            prop_assert_eq!(directory.next_change(at), snapshot.validity().until());
            at = directory.next_change(at).unwrap_or(day(9, 0));
        }
    }

    #[test]
    fn no_octets_bring_a_loader_down(octets in vec(any::<u8>(), 0..400)) {
        for hint in HINTS {
            let _: Result<_, _> = parse(&octets, hint);
        }
    }

    #[test]
    fn no_text_of_the_formats_own_words_brings_a_loader_down(
        words in vec(prop_oneof![
            Just("[[member]]"), Just("asn"), Just("macs"), Just("ports"), Just(" = "), Just("\n"), Just(","), Just(";"), Just("\""), Just("{"),
            Just("}"), Just("["), Just("]"), Just("64500"), Just("0x5"), Just("mac"), Just("vlan"), Just("agent"), Just("if_index"),
            Just("02:00:5e:00:00:01"), Just("192.0.2.1"), Just("from"), Just("until"), Just("2026-03-01"), Just("é"), Just("\r"), Just("\u{feff}"),
        ], 0..60),
    ) {
        for hint in HINTS {
            if let Err(refusal) = parse(words.concat().as_bytes(), hint) {
                let said = refusal.to_string();
                prop_assert!(!said.contains('\n'), "{}", said);
            }
        }
    }

    #[test]
    fn no_json_brings_the_loader_down(members in any_json(), whole in any_json()) {
        let export = json!({ "version": "1.0", "member_list": members });
        for text in [export.to_string(), whole.to_string()] {
            let _: Result<_, _> = parse(text.as_bytes(), Some(Format::Ixf));
        }
    }
}
