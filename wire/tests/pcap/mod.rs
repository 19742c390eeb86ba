//! The captures in `../shared/captures`, as the UDP payloads that they hold and what independent decoders say of them.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use pcap_parser::{LegacyPcapSlice, PcapBlockOwned};
use serde_json::Value;

/// One capture.
pub(crate) struct Capture {
    /// File name without its ending.
    pub(crate) name: String,
    /// Sources and UDP payloads, in order.
    pub(crate) datagrams: Vec<(IpAddr, Vec<u8>)>,
    /// What independent decoders say of it.
    pub(crate) expected: Value,
    /// The whole truth file, in which each of them is asked apart.
    #[allow(dead_code, reason = "not every test that reads captures needs it")]
    pub(crate) truth: Value,
}

/// Every capture of sFlow, by name; empty, with a line that says so, where the folder is absent.
#[allow(dead_code, reason = "some tests read the other kind")]
pub(crate) fn sflow_captures() -> Vec<Capture> {
    captures(["sflow", "live", "synthetic"], "sum_frame_length_x_rate")
}

/// Every capture of NetFlow and IPFIX, likewise.
#[allow(dead_code, reason = "some tests read the other kind")]
pub(crate) fn flow_captures() -> Vec<Capture> {
    captures(["netflow", "live", "synthetic"], "data_records")
}

/// The captures of these folders whose truth files tell this figure.
fn captures(folders: [&str; 3], figure: &str) -> Vec<Capture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures");
    let mut paths: Vec<PathBuf> = folders.iter().flat_map(|folder| captures_in(&root.join(folder))).collect();
    paths.sort();
    if paths.is_empty() {
        println!("skipped: ../shared/captures is absent");
    }
    paths.iter().filter_map(|path| load(path, figure)).collect()
}

fn captures_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter(|path| path.extension().is_some_and(|ending| ending == "pcap")).collect()
}

/// A capture, if its truth file tells the figure.
fn load(path: &Path, figure: &str) -> Option<Capture> {
    let truth: Value = serde_json::from_slice(&fs::read(path.with_extension("truth.json")).unwrap()).unwrap();
    let expected = truth.get("expected").unwrap().clone();
    expected.get(figure)?;
    let bytes = fs::read(path).unwrap();
    let blocks = LegacyPcapSlice::from_slice(&bytes).unwrap();
    // One capture is cut in its last packet.
    let datagrams = blocks.map_while(Result::ok).filter_map(|block| match block {
        PcapBlockOwned::Legacy(packet) => datagram(packet.data),
        _ => None,
    });
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    Some(Capture { name, datagrams: datagrams.collect(), expected, truth })
}

fn datagram(frame: &[u8]) -> Option<(IpAddr, Vec<u8>)> {
    let packet = SlicedPacket::from_ethernet(frame).unwrap();
    let source = match packet.net? {
        NetSlice::Ipv4(ip) => IpAddr::from(ip.header().source_addr()),
        NetSlice::Ipv6(ip) => IpAddr::from(ip.header().source_addr()),
        NetSlice::Arp(_) => return None,
    };
    match packet.transport? {
        TransportSlice::Udp(udp) => Some((source, udp.payload().to_vec())),
        _ => None,
    }
}
