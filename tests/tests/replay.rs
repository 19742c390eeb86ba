//! `chorsu replay` against the captures: counts and sums are those on which independent decoders agree.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up has failed")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tests::{captures, json, number, run};

/// Where a capture's truth and this program differ, and who is right.
struct Exception {
    file: &'static str,
    field: &'static str,
    value: u64,
    /// Read by people who ask why.
    #[expect(dead_code, reason = "documentation that stands beside what it explains")]
    because: &'static str,
}

const EXCEPTIONS: &[Exception] = &[
    Exception {
        file: "gopacket-sflow-vectors",
        field: "flow_samples",
        value: 21,
        because: "two flow samples hold a record that reaches beyond them; sFlow v5 gives every structure its length so that the rest can be read",
    },
    Exception { file: "gopacket-sflow-vectors", field: "counter_samples", value: 7, because: "the same, in a counter sample" },
    Exception { file: "gopacket-sflow-vectors", field: "sum_rate", value: 33_773, because: "the two flow samples carry rate 256 each" },
    Exception {
        file: "goflow2-sflow-vectors",
        field: "discard_samples",
        value: 3,
        because: "one datagram's text lacks its padding at the very end; another decoder refuses it whole, with the sample that is intact",
    },
    Exception {
        file: "live-softflowd-v9-ether",
        field: "data_records",
        value: 32,
        because: "nfdump finds 32, the header's count includes the two, and with them the sum times the rate is what crossed the wire",
    },
    Exception { file: "live-softflowd-v9-ether", field: "octets_as_exported", value: 13_365_337, because: "the same" },
    Exception { file: "live-softflowd-v9-ether", field: "packets_as_exported", value: 11_867, because: "the same" },
    Exception { file: "live-softflowd-v9-ether", field: "packets_after_sampling", value: 4 * 11_867, because: "the same" },
    Exception { file: "live-softflowd-v9-ether", field: "octets_after_sampling", value: 4 * 13_365_337, because: "the same" },
];

/// What the truth calls a figure, in which protocols it stands, and where the replay has it there: the sum over all of them is meant.
type Figure = (&'static str, &'static [&'static str], &'static [&'static str]);

const SFLOW: &[&str] = &["sflow5", "sflow4", "sflow2"];
const FLOWS: &[&str] = &["netflow5", "netflow9", "ipfix"];
const TEMPLATED: &[&str] = &["netflow9", "ipfix"];

/// Figures of sFlow captures.
const SAMPLES: &[Figure] = &[
    ("flow_samples", SFLOW, &["/flow_samples"]),
    ("counter_samples", SFLOW, &["/counter_samples"]),
    ("discard_samples", SFLOW, &["/discard_samples"]),
    ("sum_frame_length_x_rate", SFLOW, &["/nominal_bytes"]),
    ("sum_rate", SFLOW, &["/nominal_packets"]),
];

/// Figures of NetFlow and IPFIX captures.
const RECORDS: &[Figure] = &[
    ("data_records", FLOWS, &["/records"]),
    ("options_data_records", TEMPLATED, &["/options_records"]),
    ("templates", TEMPLATED, &["/templates", "/options_templates"]),
    ("octets_as_exported", FLOWS, &["/octets"]),
    ("packets_as_exported", FLOWS, &["/packets"]),
];

/// The sum of a figure over its protocols.
fn figure(replay: &Value, (_, protocols, pointers): &Figure) -> u64 {
    let of = |protocol: &&str| -> u64 { pointers.iter().map(|pointer| number(replay, &format!("/protocols/{protocol}{pointer}"))).sum() };
    protocols.iter().map(of).sum()
}

fn pcaps(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "pcap"));
    files.sort();
    files
}

fn expected(file: &Path) -> Value {
    let text = std::fs::read_to_string(file.with_extension("truth.json")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["expected"].clone()
}

fn wanted(name: &str, field: &str, truth: &Value) -> u64 {
    let exception = EXCEPTIONS.iter().find(|exception| exception.file == name && exception.field == field);
    exception.map_or_else(|| truth[field].as_u64().unwrap_or_else(|| panic!("{name}: no {field}")), |exception| exception.value)
}

#[test]
fn every_capture_gives_its_truth() {
    let Some(captures) = captures() else { return };
    let mut compared = 0;
    for folder in ["sflow", "netflow", "live", "synthetic"] {
        for file in pcaps(&captures.join(folder)) {
            let truth = expected(&file);
            let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
            let replay = json(&["replay", file.to_str().unwrap(), "--weights", "nominal", "--format", "json"]);
            let figures = if truth.get("flow_samples").is_some() { SAMPLES } else { RECORDS };
            assert_eq!(number(&replay, "/input/datagrams"), wanted(&name, "datagrams", &truth), "{name}: datagrams");
            for asked in figures {
                assert_eq!(figure(&replay, asked), wanted(&name, asked.0, &truth), "{name}: {}", asked.0);
            }
            let before_template = |protocol: &&str| replay["protocols"][protocol]["skipped"]["data_sets_without_template"].as_u64();
            let before_template: u64 = TEMPLATED.iter().filter_map(before_template).sum();
            if truth.get("data_sets_without_template").is_some() {
                assert_eq!(before_template, wanted(&name, "data_sets_without_template", &truth), "{name}: data_sets_without_template");
            }
            assert_eq!(number(&replay, "/input/files"), 1, "{name}");
            adds_up(&name, &replay);
            compared += 1;
        }
    }
    assert!(compared >= 51, "only {compared} captures were compared");
}

/// Cells, unattributed and set-aside traffic are all that came.
fn adds_up(name: &str, replay: &Value) {
    for field in ["samples", "packets", "bytes"] {
        let cells: u64 = replay["cells"].as_array().unwrap().iter().map(|cell| number(cell, &format!("/{field}"))).sum();
        let total = number(replay, &format!("/total/{field}"));
        assert_eq!(cells + number(replay, &format!("/unattributed/{field}")), total, "{name}: {field}");
    }
    let of_sflow = |field: &str| -> u64 { SFLOW.iter().map(|protocol| number(replay, &format!("/protocols/{protocol}/{field}"))).sum() };
    if of_sflow("flow_samples") > 0 {
        let taken = number(replay, "/total/samples") + number(replay, "/set_aside/samples");
        assert_eq!(taken + of_sflow("samples_not_taken"), of_sflow("flow_samples"), "{name}: samples");
    }
}

/// Captures in which every record's rate is known, with what each packet's frame has beside its IP packet: the Ethernet header, the FCS, and a tag
/// where the exporter names a VLAN.
const SCALED: &[&str] = &[
    "live/live-pmacctd-nfprobe-ipfix",
    "live/live-pmacctd-nfprobe-v5",
    "live/live-pmacctd-nfprobe-v9",
    "live/live-softflowd-ipfix-biflow",
    "live/live-softflowd-v9-ether",
    "netflow/ls-nf5-juniper-mx80",
];

#[test]
fn flow_records_are_scaled_by_the_rate_that_their_exporter_announces() {
    let Some(captures) = captures() else { return };
    for name in SCALED {
        let file = captures.join(format!("{name}.pcap"));
        let truth = expected(&file);
        let replay = json(&["replay", file.to_str().unwrap(), "--format", "json"]);
        let of_file = |field| wanted(file.file_stem().unwrap().to_str().unwrap(), field, &truth);
        let (packets, octets) = (of_file("packets_after_sampling"), of_file("octets_after_sampling"));
        assert_eq!(number(&replay, "/total/packets") + number(&replay, "/set_aside/packets"), packets, "{name}: {:#}", replay["total"]);
        let bytes = number(&replay, "/total/bytes") + number(&replay, "/set_aside/bytes");
        assert!(
            (octets + 18 * packets..=octets + 22 * packets).contains(&bytes),
            "{name}: {bytes} octets of {packets} frames, {octets} of IP"
        );
    }
}

#[test]
fn members_of_the_lab_exchanged_what_the_wire_carried() {
    let Some(captures) = captures() else { return };
    // Unsampled: what was exported is what crossed the port, but for frames that are no IP.
    let file = captures.join("live/live-softflowd-ipfix-ether.pcap");
    let truth = expected(&file);
    let replay = json(&["replay", file.to_str().unwrap(), "--format", "json"]);
    let (bytes, wire) = (number(&replay, "/total/bytes"), number(&truth, "/wire_bytes_with_fcs"));
    assert!(bytes <= wire && wire - bytes < wire / 500, "{bytes} of {wire}");
}

#[test]
fn every_pair_of_macs_is_a_cell_of_its_own_without_members() {
    let Some(captures) = captures() else { return };
    for name in ["sflow/telegraf-sflow-testcases", "sflow/overflowd-sflow", "sflow/tcpdump-sflow_expanded", "live/live-hsflowd"] {
        let file = captures.join(format!("{name}.pcap"));
        let replay = json(&["replay", file.to_str().unwrap(), "--weights", "nominal", "--format", "json"]);
        let cells = replay["cells"].as_array().unwrap();
        let triples: BTreeSet<_> =
            cells.iter().map(|cell| (cell["src"]["mac"].to_string(), cell["dst"]["mac"].to_string(), number(cell, "/vlan"))).collect();
        assert_eq!(triples.len() as u64, number(&expected(&file), "/distinct_mac_mac_vlan"), "{name}");
    }
}

#[test]
fn sampling_rates_and_exporters_are_told() {
    let Some(captures) = captures() else { return };
    let file = captures.join("live/live-hsflowd.pcap");
    let replay = json(&["replay", file.to_str().unwrap(), "--format", "json"]);
    let exporter = &replay["exporters"][0];
    assert_eq!(exporter["sampling_rates"], serde_json::json!([25, 50]));
    assert_eq!((number(exporter, "/domain"), number(exporter, "/lost_datagrams")), (100_000, 0));
}

#[test]
fn observed_weights_come_near_what_crossed_the_wire() {
    let Some(captures) = captures() else { return };
    let file = captures.join("live/live-pmacctd-sfprobe.pcap");
    let replay = json(&["replay", file.to_str().unwrap(), "--format", "json"]);
    let wire = number(&expected(&file), "/wire_bytes_with_fcs");
    let (low, high) = (number(&replay, "/total/bytes_low"), number(&replay, "/total/bytes_high"));
    assert!((low..=high).contains(&wire), "{wire} is not between {low} and {high}");
}

#[test]
fn a_replay_into_a_store_can_be_asked_and_counts_once_however_often_it_is_repeated() {
    let Some(captures) = captures() else { return };
    let file = captures.join("sflow/overflowd-sflow.pcap");
    let folder = tempfile::tempdir().unwrap();
    let (file, into) = (file.to_str().unwrap(), folder.path().to_str().unwrap());
    let replay = json(&["replay", file, "--format", "json", "--into", into]);
    let again = json(&["replay", file, "--format", "json", "--into", into]);
    assert_eq!(replay["total"], again["total"]);
    let matrix = json(&["matrix", "--data", into, "--from", "1970-01-01", "--to", "2100-01-01", "--format", "json"]);
    for field in ["samples", "packets", "bytes"] {
        assert_eq!(matrix["total"][field], replay["total"][field], "{field}");
    }
    let csv = run(&["matrix", "--data", into, "--from", "1970-01-01", "--to", "2100-01-01", "--format", "csv"]);
    assert!(String::from_utf8(csv.stdout).unwrap().lines().count() > 1);
}
