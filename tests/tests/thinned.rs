//! Real captures of which every second datagram was taken away: the weights that the exporters' own pools and numbers show bring the whole back.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::path::{Path, PathBuf};

use serde_json::Value;
use tests::{captures, json, number};

/// Captures of exporters whose every frame on the wire was counted beside them.
const COUNTED: [&str; 3] = ["live-ovs-sflow", "live-hsflowd", "live-pmacctd-sfprobe"];

/// Octets of a pcap file's header, and of a packet's header in it (libpcap, pcap-savefile(5)).
const FILE_HEADER: usize = 24;
const PACKET_HEADER: usize = 16;

/// Copies every second packet of a capture, the first of them or the second.
fn thinned(capture: &Path, first: usize, into: &Path) -> PathBuf {
    let bytes = std::fs::read(capture).unwrap();
    let is_little = matches!(bytes[..4], [0xd4, 0xc3, 0xb2, 0xa1] | [0x4d, 0x3c, 0xb2, 0xa1]);
    let (mut kept, mut at, mut position) = (bytes[..FILE_HEADER].to_vec(), FILE_HEADER, 0);
    while at < bytes.len() {
        let captured: [u8; 4] = bytes[at + 8..at + 12].try_into().unwrap();
        let captured = if is_little { u32::from_le_bytes(captured) } else { u32::from_be_bytes(captured) };
        let next = at + PACKET_HEADER + captured as usize;
        if position % 2 == first {
            kept.extend_from_slice(&bytes[at..next]);
        }
        (at, position) = (next, position + 1);
    }
    let path = into.join(format!("half-{first}.pcap"));
    std::fs::write(&path, kept).unwrap();
    path
}

fn replayed(capture: &Path, weights: &str) -> Value {
    json(&["replay", capture.to_str().unwrap(), "--weights", weights, "--format", "json"])
}

/// What passed on the wire, and both totals of a half of the capture.
fn half(name: &str, first: usize) -> Option<(u64, Value, Value)> {
    let folder = captures()?.join("live");
    let truth: Value = serde_json::from_slice(&std::fs::read(folder.join(format!("{name}.truth.json"))).unwrap()).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let capture = thinned(&folder.join(format!("{name}.pcap")), first, scratch.path());
    Some((number(&truth, "/expected/wire_bytes_with_fcs"), replayed(&capture, "observed"), replayed(&capture, "nominal")))
}

#[test]
fn half_of_the_datagrams_of_a_real_exporter_tell_the_whole_volume() {
    for (name, first) in COUNTED.into_iter().flat_map(|name| [(name, 0), (name, 1)]) {
        let Some((wire, observed, nominal)) = half(name, first) else {
            println!("skipped: ../shared/captures is absent");
            return;
        };
        let between = number(&observed, "/total/bytes_low")..=number(&observed, "/total/bytes_high");
        assert!(between.contains(&wire), "{name}: {wire} octets passed: {:#}", observed["total"]);
        let share = number(&nominal, "/total/bytes") as f64 / wire as f64;
        assert!((0.45..0.55).contains(&share), "{name}: by the rates alone there is {share} of what passed");
        // Every second datagram is missing to the exporter's own numbers.
        let exporter = &observed["exporters"][0];
        let (came, lost) = (number(exporter, "/datagrams"), number(exporter, "/lost_datagrams"));
        assert!(came.abs_diff(lost) <= 2, "{name}: {exporter:#}");
    }
}
