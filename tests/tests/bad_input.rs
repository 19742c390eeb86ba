//! Bad input gives one helpful sentence and exit code 1, or a counted warning; never a panic.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::net::UdpSocket;
use std::path::Path;
use std::process::Output;

use tests::{captures, json, number, run};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// One sentence on standard error with all of these words, and exit code 1.
fn refuses(output: &Output, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(said.trim().lines().count(), 1, "{said}");
    assert!(!said.contains("panicked"), "{said}");
    for word in words {
        assert!(said.contains(word), "no {word:?} in: {said}");
    }
}

#[test]
fn a_file_that_is_no_capture_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [("empty.pcap", ""), ("note.pcap", "this is a text, not a capture, and long enough to hold a header")] {
        let file = folder.path().join(name);
        std::fs::write(&file, content).unwrap();
        for command in ["replay", "inspect"] {
            refuses(&run(&[command, text(&file)]), &[name, "no pcap", "tcpdump -w"]);
        }
    }
    refuses(&run(&["replay", text(&folder.path().join("absent.pcap"))]), &["absent.pcap", "cannot be read"]);
    refuses(&run(&["replay", text(folder.path())]), &["cannot be read"]);
}

#[test]
fn a_capture_that_is_cut_is_read_to_the_cut_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.pcap");
    let simulated = run(&["simulate", "--pcap", text(&whole), "--for", "2s", "--rate", "200", "--members", "5"]);
    assert!(simulated.status.success());
    let bytes = std::fs::read(&whole).unwrap();
    let cut = folder.path().join("cut.pcap");
    std::fs::write(&cut, &bytes[..bytes.len() - 10]).unwrap();
    let packets = |file: &Path| number(&json(&["replay", text(file), "--format", "json"]), "/input/packets");
    assert_eq!(packets(&cut), packets(&whole) - 1);
    let output = run(&["replay", text(&cut), "--format", "json"]);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("middle of a packet"));
}

#[test]
fn a_configuration_that_cannot_be_read_says_how_to_write_one() {
    refuses(&run(&["run", "--config", "/nonexistent/chorsu.toml"]), &["/nonexistent/chorsu.toml", "--example"]);
    refuses(&run(&["check", "--config", "/nonexistent/chorsu.toml"]), &["/nonexistent/chorsu.toml"]);
}

#[test]
fn the_printed_example_is_a_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let example = run(&["check", "--example"]).stdout;
    let file = folder.path().join("chorsu.toml");
    std::fs::write(&file, &example).unwrap();
    std::fs::write(folder.path().join("members.toml"), "").unwrap();
    let checked = run(&["check", "--config", text(&file)]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[test]
fn an_occupied_port_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let file = folder.path().join("chorsu.toml");
    std::fs::write(&file, format!("[collect]\nlisten = [\"{address}\"]\n[http]\nlisten = \"127.0.0.1:0\"")).unwrap();
    let output = run(&["run", "--config", text(&file)]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&address) && said.contains("in use by another program"), "{said}");
}

#[test]
fn an_occupied_address_of_the_pages_is_named_before_anything_starts() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    refuses(&run(&["demo", "--listen", &address, "--history", "24h"]), &[&address, "in use by another program"]);
    let file = folder.path().join("chorsu.toml");
    std::fs::write(&file, format!("[collect]\nlisten = [\"127.0.0.1:0\"]\n[http]\nlisten = \"{address}\"")).unwrap();
    refuses(&run(&["run", "--config", text(&file)]), &[&address, "in use by another program"]);
    assert!(!folder.path().join("data").exists());
    assert!(run(&["check", "--config", text(&file)]).status.success());
}

#[test]
fn a_member_list_with_unknown_fields_and_a_shared_mac_costs_only_that_mac() {
    let folder = tempfile::tempdir().unwrap();
    let pcap = folder.path().join("traffic.pcap");
    let ixf = folder.path().join("ixf.json");
    let simulated = run(&["simulate", "--pcap", text(&pcap), "--ixf", text(&ixf), "--for", "2s", "--rate", "500", "--members", "6"]);
    assert!(simulated.status.success());
    let mut list: serde_json::Value = serde_json::from_slice(&std::fs::read(&ixf).unwrap()).unwrap();
    let whole = json(&["replay", text(&pcap), "--members", text(&ixf), "--format", "json"]);
    list["a_field_of_tomorrow"] = 1.into();
    list["member_list"][0]["another"] = serde_json::json!({"x": [1]});
    // The second member claims the first one's MAC addresses too.
    let connections = list["member_list"][0]["connection_list"].clone();
    let second = list["member_list"][1]["connection_list"].as_array_mut().unwrap();
    second.extend(connections.as_array().unwrap().iter().cloned());
    std::fs::write(&ixf, list.to_string()).unwrap();
    let output = run(&["replay", text(&pcap), "--members", text(&ixf), "--format", "json"]);
    assert!(output.status.success());
    assert!(!output.stderr.is_empty(), "the shared MAC is not warned of");
    let shared: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(shared["total"], whole["total"]);
    assert!(number(&shared, "/unattributed/reasons/ambiguous_mac") > 0);
}

#[test]
fn wrong_usage_is_exit_code_two() {
    for arguments in [&["fly"][..], &["replay"], &["matrix"], &["simulate"], &["demo", "--for", "tomorrow"]] {
        assert_eq!(run(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_folder_without_a_store_says_so() {
    let folder = tempfile::tempdir().unwrap();
    refuses(&run(&["matrix", "--data", text(folder.path())]), &["holds no store"]);
}

#[test]
fn a_capture_of_other_traffic_is_counted_as_no_flow() {
    let Some(captures) = captures() else { return };
    let file = captures.join("sflow/tcpdump-sflow_multiple_counter_30_pdus.pcap");
    let replay = json(&["replay", text(&file), "--format", "json"]);
    // Five of its thirty datagrams are NetFlow v5 that was sent to sFlow's port.
    assert_eq!((number(&replay, "/protocols/sflow5/datagrams"), number(&replay, "/protocols/netflow5/datagrams")), (25, 5));
}
