//! A simulated exchange through the whole pipeline, held against the truth that the simulator keeps.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::collections::BTreeMap;

use serde_json::Value;
use tests::{json, number, run};

/// Replays ten minutes of an exchange. Gives the replay, its members known, and the truth.
fn ten_minutes(seed: &str, members: &str) -> (Value, Value) {
    ten_minutes_by("sflow", seed, members)
}

/// The same where the switches speak this protocol.
fn ten_minutes_by(protocol: &str, seed: &str, members: &str) -> (Value, Value) {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (pcap, truth, ixf) = (file("traffic.pcap"), file("truth.json"), file("ixf.json"));
    let outputs = ["simulate", "--protocol", protocol, "--pcap", &pcap, "--truth", &truth, "--ixf", &ixf];
    // With a fixed beginning the same seed gives the same samples, and so the same outcome in every run.
    let exchange =
        ["--start", "2026-11-20T12:00:00Z", "--for", "10m", "--rate", "300", "--sampling", "500", "--members", members, "--seed", seed];
    assert!(run(&[&outputs[..], &exchange].concat()).status.success());
    let replay = json(&["replay", &pcap, "--members", &ixf, "--format", "json"]);
    (replay, serde_json::from_slice(&std::fs::read(truth).unwrap()).unwrap())
}

fn standard_errors(estimate: &Value, truth: u64) -> f64 {
    let half = (number(estimate, "/bytes_high") - number(estimate, "/bytes_low")) as f64 / 2.0;
    (number(estimate, "/bytes") as f64 - truth as f64) / (half / 1.96)
}

#[test]
fn nothing_disappears_and_every_reason_is_as_in_the_truth() {
    let (replay, truth) = ten_minutes("11", "20");
    assert_eq!(number(&replay, "/protocols/sflow5/flow_samples"), number(&truth, "/flow_samples"));
    assert_eq!(number(&replay, "/protocols/sflow5/counter_samples"), number(&truth, "/counter_samples"));
    assert_eq!(number(&replay, "/total/samples"), number(&truth, "/total/samples"));
    for part in ["unattributed", "set_aside"] {
        let reasons = truth[part].as_object().unwrap();
        for (reason, volume) in reasons {
            assert_eq!(number(&replay, &format!("/{part}/reasons/{reason}")), number(volume, "/samples"), "{part}: {reason}");
        }
        assert_eq!(replay[part]["reasons"].as_object().unwrap().len(), reasons.len(), "{part}");
    }
}

#[test]
fn estimates_scatter_about_the_truth_as_their_intervals_say() {
    let (mut within, mut cells, mut sum) = (0, 0, 0.0);
    for seed in ["1", "2", "3"] {
        let (replay, truth) = ten_minutes(seed, "10");
        assert!(standard_errors(&replay["total"], number(&truth, "/total/octets")).abs() < 4.5, "{:#}", replay["total"]);
        let mut octets = BTreeMap::new();
        for cell in truth["cells"].as_array().unwrap() {
            let key = ["src_asn", "dst_asn", "vlan", "ip_version"].map(|field| cell[field].as_u64());
            octets.insert(key, number(cell, "/octets"));
        }
        for cell in replay["cells"].as_array().unwrap() {
            if number(cell, "/samples") < 30 {
                continue;
            }
            let key = [cell["src"]["asn"].as_u64(), cell["dst"]["asn"].as_u64(), cell["vlan"].as_u64(), cell["ip_version"].as_u64()];
            let distance = standard_errors(cell, octets[&key]);
            cells += 1;
            within += usize::from(distance.abs() <= 1.96);
            sum += distance;
        }
    }
    assert!(cells > 150, "only {cells} cells have 30 samples");
    // With some 200 cells, 95 % that hold lie between 90 and 99 %, and their mean distance is 0 within a third.
    assert!((cells * 90..cells * 100).contains(&(within * 100)), "{within} of {cells} intervals hold the truth");
    assert!((sum / f64::from(u32::try_from(cells).unwrap())).abs() < 0.33, "the mean distance is {} standard errors", sum / cells as f64);
}

#[test]
fn port_counters_grow_by_what_really_passed() {
    let (replay, truth) = ten_minutes("5", "8");
    let mut compared = 0;
    for port in replay["ports"].as_array().unwrap() {
        let of_port = |truth: &&Value| truth["agent"] == port["agent"] && truth["if_index"] == port["if_index"];
        let truth = truth["ports"].as_array().unwrap().iter().find(of_port).unwrap();
        assert_eq!(port["speed_bits_per_second"], truth["speed_bits_per_second"]);
        for field in ["in_octets", "out_octets"] {
            let (grown, passed) = (number(port, &format!("/{field}")), number(truth, &format!("/{field}")));
            // The first report comes up to 30 s after the beginning, the last up to 30 s before the end of ten minutes.
            assert!(grown <= passed && grown * 100 >= passed * 85, "{field} of {port:#}: {passed} passed");
        }
        compared += 1;
    }
    assert!(compared >= 8);
}

#[test]
fn what_switches_export_as_flow_records_is_what_is_decoded_and_scaled() {
    for (argument, protocol) in [("ipfix", "ipfix"), ("netflow9", "netflow9"), ("netflow5", "netflow5")] {
        let (replay, truth) = ten_minutes_by(argument, "7", "20");
        let fields: &[&str] = match protocol {
            "netflow5" => &["datagrams", "records", "octets", "packets"],
            _ => &["datagrams", "records", "octets", "packets", "templates", "options_templates", "options_records"],
        };
        for field in fields {
            let pointer = format!("/protocols/{protocol}/{field}");
            assert_eq!(number(&replay, &pointer), number(&truth, &pointer), "{protocol}: {field}");
        }
        for exporter in replay["exporters"].as_array().unwrap() {
            for lost in ["lost_datagrams", "lost_records"] {
                assert_eq!(number(exporter, &format!("/{lost}")), 0, "{protocol}: {exporter:#}");
            }
        }
        // A rate of 1 in 500, announced in options data or in the header, gives each packet its weight.
        let packets = number(&truth, &format!("/protocols/{protocol}/packets"));
        let set_aside = number(&replay, "/set_aside/packets");
        assert_eq!(number(&replay, "/total/packets") + set_aside, 500 * packets, "{protocol}: {:#}", replay["total"]);
    }
}

#[test]
fn members_traffic_is_the_truth_also_where_switches_export_layer_2_flow_records() {
    let (replay, truth) = ten_minutes_by("ipfix", "3", "10");
    let mut octets = BTreeMap::new();
    for cell in truth["cells"].as_array().unwrap() {
        octets.insert(["src_asn", "dst_asn", "vlan", "ip_version"].map(|field| cell[field].as_u64()), number(cell, "/octets"));
    }
    let mut compared = 0;
    for cell in replay["cells"].as_array().unwrap().iter().filter(|cell| number(cell, "/samples") >= 300) {
        let key = [cell["src"]["asn"].as_u64(), cell["dst"]["asn"].as_u64(), cell["vlan"].as_u64(), cell["ip_version"].as_u64()];
        // The interval is a lower bound: packets' lengths vary within a flow. For mixed traffic the true error is at most twice as large.
        assert!(standard_errors(cell, octets[&key]).abs() < 2.0 * 4.5, "{cell:#} of {}", octets[&key]);
        assert_eq!(cell["interval_is_lower_bound"], Value::Bool(true), "{cell:#}");
        compared += 1;
    }
    assert!(compared > 20, "only {compared} cells have enough samples");
}
