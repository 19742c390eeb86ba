//! A member that is registered late gets its history: the same figures as if it had been known all the time.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;
use tests::{json, number, run};

/// Ten minutes around a midnight, as an exchange sent them, and what a list knows of its members.
struct Exchange {
    folder: TempDir,
    /// The member that is registered late.
    late: u64,
}

impl Exchange {
    fn simulated() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut exchange = Self { folder, late: 0 };
        let (pcap, ixf) = (exchange.path("traffic.pcap"), exchange.path("full.json"));
        let time = ["--start", "2026-11-20T23:55:00Z", "--for", "10m"];
        let size = ["--rate", "200", "--sampling", "500", "--members", "12", "--seed", "4"];
        assert!(run(&[&["simulate", "--pcap", &pcap, "--ixf", &ixf][..], &time, &size].concat()).status.success());
        let replayed = exchange.keep("known", "full.json");
        // The largest sender, so that there is something to move.
        exchange.late = number(&replayed, "/cells/0/src/asn");
        let mut list: Value = serde_json::from_slice(&std::fs::read(&ixf).unwrap()).unwrap();
        let members = list["member_list"].as_array_mut().unwrap();
        members.retain(|member| member["asnum"].as_u64() != Some(exchange.late));
        std::fs::write(exchange.path("without.json"), list.to_string()).unwrap();
        exchange
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// Replays the exchange into a store, by a list.
    fn keep(&self, store: &str, list: &str) -> Value {
        let (pcap, list, into) = (self.path("traffic.pcap"), self.path(list), self.path(store));
        json(&["replay", &pcap, "--members", &list, "--into", &into, "--format", "json"])
    }

    /// The matrix of some days, without what counters say of it: samples by port name no MAC address.
    fn matrix(&self, store: &str, from: &str, to: &str) -> Value {
        let (store, members) = (self.path(store), self.path("full.json"));
        let answer = json(&["matrix", "--data", &store, "--members", &members, "--from", from, "--to", to, "--format", "json"]);
        let figures = |cell: &Value| ["src", "dst", "samples", "packets", "bytes"].map(|field| cell[field].clone());
        let mut cells: Vec<_> = answer["cells"].as_array().unwrap().iter().map(figures).collect();
        cells.sort_by_key(|cell| cell[0].as_u64().zip(cell[1].as_u64()));
        let parts = ["total", "unattributed", "set_aside"].map(|part| (part, figures(&answer[part])));
        let reasons = answer["unattributed"]["reasons"].as_object().unwrap().iter().map(|(reason, part)| (reason, figures(part)));
        serde_json::json!({ "cells": cells, "parts": parts, "reasons": reasons.collect::<Vec<_>>() })
    }

    fn both_days(&self, store: &str) -> Value {
        self.matrix(store, "2026-11-20", "2026-11-22")
    }

    /// Runs `chorsu members` on a store; it must succeed. Gives what it prints.
    fn members(&self, store: &str, task: &[&str]) -> String {
        let store = self.path(store);
        let output = run(&[&["members", task[0], "--data", &store], &task[1..]].concat());
        assert!(output.status.success(), "{task:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// A list of the late member alone, which is registered from a moment on.
    fn registered_from(&self, from: &str) -> String {
        let list: Value = serde_json::from_slice(&std::fs::read(self.path("full.json")).unwrap()).unwrap();
        let late = list["member_list"].as_array().unwrap().iter().find(|member| member["asnum"].as_u64() == Some(self.late)).unwrap();
        let mut macs = Vec::new();
        find_macs(late, &mut macs);
        macs.sort();
        macs.dedup();
        assert!(!macs.is_empty(), "{late:#}");
        let rows: String = macs.iter().map(|mac| format!("{},{mac},{from}\n", self.late)).collect();
        let path = self.path("from.csv");
        std::fs::write(&path, format!("asn,mac,from\n{rows}")).unwrap();
        path
    }
}

/// All MAC addresses of an IX-F entry.
fn find_macs(value: &Value, macs: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::Array(list)) = fields.get("mac_addresses") {
                macs.extend(list.iter().filter_map(Value::as_str).map(str::to_owned));
            }
            fields.values().for_each(|value| find_macs(value, macs));
        }
        Value::Array(values) => values.iter().for_each(|value| find_macs(value, macs)),
        _ => {}
    }
}

#[test]
fn a_member_that_is_registered_late_gets_its_history_to_the_octet() {
    let exchange = Exchange::simulated();
    exchange.keep("late", "without.json");
    let (known, before) = (exchange.both_days("known"), exchange.both_days("late"));
    assert_ne!(known, before, "the largest sender is missing");
    let unknown = exchange.members("late", &["unknown", "--from", "2026-11-20"]);
    assert!(unknown.contains("2026-11-20 – 2026-11-21"), "{unknown}");

    let list = exchange.path("full.json");
    let planned = exchange.members("late", &["reattribute", "--members", &list, "--dry-run"]);
    assert!(planned.contains(&format!("AS{}", exchange.late)) && planned.contains("nothing was changed"), "{planned}");
    assert_eq!(exchange.both_days("late"), before);

    let done = exchange.members("late", &["reattribute", "--members", &list]);
    assert!(done.contains("re-attribution 1 is in force") && done.contains("--withdraw 1"), "{done}");
    assert_eq!(exchange.both_days("late"), known);

    let again = exchange.members("late", &["reattribute", "--members", &list]);
    assert!(again.starts_with("nothing to re-attribute: "), "{again}");
    let listed = exchange.members("late", &["reattributions"]);
    assert!(listed.contains("full.json"), "{listed}");

    exchange.members("late", &["reattributions", "--withdraw", "1"]);
    assert_eq!(exchange.both_days("late"), before);
}

#[test]
fn a_claim_for_some_of_the_days_moves_these_alone() {
    let exchange = Exchange::simulated();
    exchange.keep("late", "without.json");
    let before = exchange.matrix("late", "2026-11-20", "2026-11-21");
    let list = exchange.registered_from("2026-11-21");
    let done = exchange.members("late", &["reattribute", "--members", &list]);
    assert!(done.contains("2026-11-21") && !done.contains("2026-11-20"), "{done}");
    assert_eq!(exchange.matrix("late", "2026-11-20", "2026-11-21"), before);
    let second = |store: &str| exchange.matrix(store, "2026-11-21", "2026-11-22");
    assert_eq!(second("late"), second("known"));
}

#[test]
fn a_day_that_is_claimed_in_part_stays_unknown_and_is_named() {
    let exchange = Exchange::simulated();
    exchange.keep("late", "without.json");
    let before = exchange.both_days("late");
    let list = exchange.registered_from("2026-11-21T00:02:00Z");
    let said = exchange.members("late", &["reattribute", "--members", &list]);
    assert!(said.starts_with("nothing to re-attribute: ") && said.contains("stays unknown on 2026-11-21"), "{said}");
    assert_eq!(exchange.both_days("late"), before);
    assert!(!Path::new(&exchange.path("late/reattributions.jsonl")).exists());
}

#[test]
fn what_cannot_be_done_is_one_sentence() {
    let exchange = Exchange::simulated();
    let (store, list) = (exchange.path("known"), exchange.path("full.json"));
    for (task, expected) in [
        (&["reattributions", "--withdraw", "7"][..], "7"),
        (&["reattribute", "--members", &list, "--from", "2026-11-22", "--to", "2026-11-21"], "is not before"),
        (&["reattribute"], "--members"),
        (&["reattribute", "--members", "absent.toml"], "absent.toml"),
    ] {
        let output = run(&[&["members", task[0], "--data", &store], &task[1..]].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{task:?}: {said}");
        assert!(said.contains(expected), "{task:?}: {said}");
    }
    let whole_day = run(&["members", "reattribute", "--data", &store, "--members", &list, "--from", "2026-11-21T12:00:00Z"]);
    assert_eq!(whole_day.status.code(), Some(2));
}
