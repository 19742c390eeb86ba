//! The captures in `../shared/captures`, as the UDP payloads that they hold and what independent decoders say of them.

use std::fs;
use std::path::{Path, PathBuf};

use etherparse::{SlicedPacket, TransportSlice};
use pcap_parser::{LegacyPcapSlice, PcapBlockOwned};
use serde_json::Value;

/// One capture.
pub(crate) struct Capture {
    /// File name without its ending.
    pub(crate) name: String,
    /// UDP payloads, in order.
    pub(crate) payloads: Vec<Vec<u8>>,
    /// What independent decoders agree on.
    pub(crate) expected: Value,
    /// The whole truth file, in which each of them is asked apart.
    #[allow(dead_code, reason = "not every test that reads captures needs it")]
    pub(crate) truth: Value,
}

/// Every capture of sFlow, by name; empty, with a line that says so, where the folder is absent.
pub(crate) fn sflow_captures() -> Vec<Capture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures");
    let mut paths: Vec<PathBuf> = ["sflow", "live", "synthetic"].iter().flat_map(|folder| captures_in(&root.join(folder))).collect();
    paths.sort();
    if paths.is_empty() {
        println!("skipped: ../shared/captures is absent");
    }
    paths.iter().filter_map(|path| load(path)).collect()
}

fn captures_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter(|path| path.extension().is_some_and(|ending| ending == "pcap")).collect()
}

/// A capture, if its truth file says that it is sFlow.
fn load(path: &Path) -> Option<Capture> {
    let truth: Value = serde_json::from_slice(&fs::read(path.with_extension("truth.json")).unwrap()).unwrap();
    let expected = truth.get("expected").unwrap().clone();
    expected.get("sum_frame_length_x_rate")?;
    let bytes = fs::read(path).unwrap();
    let blocks = LegacyPcapSlice::from_slice(&bytes).unwrap();
    let payloads = blocks.filter_map(|block| match block.unwrap() {
        PcapBlockOwned::Legacy(packet) => udp_payload(packet.data),
        _ => None,
    });
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    Some(Capture { name, payloads: payloads.collect(), expected, truth })
}

fn udp_payload(frame: &[u8]) -> Option<Vec<u8>> {
    match SlicedPacket::from_ethernet(frame).unwrap().transport? {
        TransportSlice::Udp(udp) => Some(udp.payload().to_vec()),
        _ => None,
    }
}
