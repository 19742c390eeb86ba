//! What goes wrong between the switches and the store is named, with its evidence, and what the ports' counters know is not lost.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use serde_json::Value;
use tempfile::TempDir;
use tests::{json, number, run};

/// Half an hour of an exchange that misbehaves in some way, kept in a journal.
struct Kept {
    folder: TempDir,
    truth: Value,
}

impl Kept {
    fn of(mishap: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (pcap, truth, ixf, data) = (file("traffic.pcap"), file("truth.json"), file("ixf.json"), file("ix"));
        let outputs = ["simulate", "--pcap", &pcap, "--truth", &truth, "--ixf", &ixf];
        let exchange =
            ["--start", "2026-11-20T12:00:00Z", "--for", "30m", "--rate", "200", "--sampling", "500", "--members", "30", "--seed", "4"];
        let said = run(&[&outputs[..], &exchange, mishap].concat());
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        assert!(run(&["replay", &pcap, "--members", &ixf, "--into", &data]).status.success());
        let truth = serde_json::from_slice(&std::fs::read(truth).unwrap()).unwrap();
        Self { folder, truth }
    }

    fn asked(&self, question: &[&str]) -> Value {
        let file = |name: &str| self.folder.path().join(name).to_str().unwrap().to_owned();
        let (data, ixf) = (file("ix"), file("ixf.json"));
        let (name, more) = question.split_first().unwrap();
        let span =
            ["--data", &data, "--members", &ixf, "--from", "2026-11-20T12:00:00Z", "--to", "2026-11-20T12:30:00Z", "--format", "json"];
        json(&[&[*name][..], &span, more].concat())
    }

    /// Estimated total over the true one.
    fn ratio(&self, matrix: &Value) -> f64 {
        number(matrix, "/total/bytes") as f64 / number(&self.truth, "/total/octets") as f64
    }
}

#[test]
fn counters_of_well_behaved_switches_agree_with_the_samples() {
    let kept = Kept::of(&[]);
    let matrix = kept.asked(&["matrix"]);
    assert_eq!(matrix["total"]["quality"], "agrees", "{:#}", matrix["total"]);
    assert!((0.95..1.05).contains(&matrix["total"]["counter_factor"].as_f64().unwrap()), "{:#}", matrix["total"]);
    assert!((0.98..1.02).contains(&kept.ratio(&matrix)));
    let ports = kept.asked(&["ports"]);
    for port in ports["ports"].as_array().unwrap() {
        assert!(port["suspicion"].is_null(), "{port:#}");
    }
    let exporters = kept.asked(&["exporters"]);
    for exporter in exporters["exporters"].as_array().unwrap() {
        assert_eq!(exporter["loss"]["lost_share"], 0.0, "{exporter:#}");
    }
}

#[test]
fn throttling_that_nobody_owns_up_to_shows_in_the_counters_and_can_be_raked_away() {
    let kept = Kept::of(&["--agent-drops", "30%", "--silent-drops", "--made-up-pool"]);
    let matrix = kept.asked(&["matrix"]);
    assert!((0.67..0.73).contains(&kept.ratio(&matrix)), "as the samples say");
    assert_eq!(matrix["total"]["quality"], "differs", "{:#}", matrix["total"]);
    assert!((1.36..1.50).contains(&matrix["total"]["counter_factor"].as_f64().unwrap()), "{:#}", matrix["total"]);
    let raked = kept.asked(&["matrix", "--raked"]);
    assert!((0.97..1.03).contains(&kept.ratio(&raked)), "{} of the truth", kept.ratio(&raked));
    assert_eq!(raked["total"]["quality"], "raked", "{:#}", raked["total"]);
    let parts = number(&raked, "/unattributed/bytes") + number(&raked, "/others/bytes");
    let cells: u64 = raked["cells"].as_array().unwrap().iter().map(|cell| number(cell, "/bytes")).sum();
    assert_eq!(parts + cells, number(&raked, "/total/bytes"), "what is raked still adds up");
}

#[test]
fn throttling_in_silence_is_made_good_and_named_where_the_pool_is_honest() {
    let kept = Kept::of(&["--agent-drops", "30%", "--silent-drops"]);
    assert!((0.98..1.02).contains(&kept.ratio(&kept.asked(&["matrix"]))));
    let exporters = kept.asked(&["exporters"]);
    for exporter in exporters["exporters"].as_array().unwrap() {
        assert_eq!(exporter["loss"]["mostly"], "exporter_in_silence", "{exporter:#}");
        assert!((0.25..0.35).contains(&exporter["loss"]["lost_share"].as_f64().unwrap()), "{exporter:#}");
    }
}

#[test]
fn loss_on_the_way_is_made_good_and_named() {
    let kept = Kept::of(&["--lose", "10%", "--duplicate", "5%"]);
    assert!((0.98..1.02).contains(&kept.ratio(&kept.asked(&["matrix"]))));
    let exporters = kept.asked(&["exporters"]);
    for exporter in exporters["exporters"].as_array().unwrap() {
        assert_eq!(exporter["loss"]["mostly"], "way", "{exporter:#}");
        assert!((0.07..0.13).contains(&exporter["loss"]["lost_share"].as_f64().unwrap()), "{exporter:#}");
        assert!(number(exporter, "/duplicate_datagrams") > 0, "{exporter:#}");
    }
    let network = exporters["budget"].as_array().unwrap().iter().find(|stage| stage["stage"] == "network").unwrap();
    assert!(number(network, "/lost") > 0, "{network:#}");
}

#[test]
fn a_port_between_switches_that_nobody_named_is_found_by_the_members_seen_on_it() {
    let kept = Kept::of(&["--core-sampling"]);
    assert!(kept.ratio(&kept.asked(&["matrix"])) > 1.1, "frames between switches count twice");
    let core = |port: &Value| {
        let known = kept.truth["core_ports"].as_array().unwrap();
        known.iter().any(|core| core["agent"] == port["agent"] && core["if_index"] == port["if_index"])
    };
    let ports = kept.asked(&["ports"]);
    let suspected: Vec<&Value> = ports["ports"].as_array().unwrap().iter().filter(|port| !port["suspicion"].is_null()).collect();
    assert!(!suspected.is_empty(), "{ports:#}");
    for port in suspected {
        assert!(core(port), "a member's port is suspected: {port:#}");
        assert!(number(port, "/suspicion/members_elsewhere") * 2 >= number(port, "/suspicion/members"), "{port:#}");
    }
}
