//! What a replay prints.

mod health;
mod protocols;
mod text;

use std::time::Duration;

use aggregator::Weights;
use collector::replay::Summary;
use directory::Snapshot;
use schema::{CellKey, METHOD_VERSION, Party, Reason, Sums};
use serde::Serialize;
use store::answer::Estimate;

use crate::failure::{Context, Outcome};
use health::{Exporter, Port, exporters, ports};
use protocols::{Protocols, Skipped};

/// The whole of a replay, in the shape of its JSON.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    method: &'static str,
    input: Input,
    ledger: Ledger,
    protocols: Protocols,
    exporters: Vec<Exporter>,
    ports: Vec<Port>,
    total: Volume,
    unattributed: Reasoned,
    /// Dropped and flooded frames: health figures, outside of `total`.
    set_aside: Reasoned,
    cells: Vec<Cell>,
}

#[derive(Debug, Serialize)]
struct Input {
    files: u64,
    packets: u64,
    datagrams: u64,
    not_flow: u64,
    /// Files that end in the middle of a packet.
    cut_files: u64,
}

/// Samples, and frames of flow records, as they came in and as they lie in the matrix, set aside or not: as many, unless this program is wrong.
#[derive(Clone, Copy, Debug, Serialize)]
struct Ledger {
    received: u64,
    in_windows: u64,
    unaccounted: i64,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Volume {
    samples: u64,
    packets: u64,
    bytes: u64,
    bytes_low: u64,
    bytes_high: u64,
    /// The part of `bytes` that came in flow records, which do not tell packets' lengths.
    bytes_from_flows: u64,
    /// Whether the interval is the narrowest that it can be, for want of those lengths.
    interval_is_lower_bound: bool,
}

#[derive(Debug, Serialize)]
struct Reasoned {
    #[serde(flatten)]
    all: Volume,
    reasons: Skipped,
}

#[derive(Debug, Serialize)]
struct Side {
    asn: Option<u32>,
    name: Option<String>,
    mac: Option<String>,
}

#[derive(Debug, Serialize)]
struct Cell {
    src: Side,
    dst: Side,
    vlan: u16,
    ip_version: u8,
    #[serde(flatten)]
    volume: Volume,
}

impl Report {
    pub(super) fn new(summary: &Summary, weights: Weights, directory: &Snapshot) -> Self {
        let in_matrix = |reason: Reason| !reason.is_set_aside();
        let unattributed = |reason: Reason| in_matrix(reason) && reason != Reason::Attributed;
        let mut attributed: Vec<_> = summary.cells.iter().filter(|(key, _)| key.reason == Reason::Attributed).collect();
        attributed.sort_by_key(|(key, sums)| (std::cmp::Reverse(sums.bytes), **key));
        Self {
            method: METHOD_VERSION,
            input: Input {
                files: summary.files,
                packets: summary.packets,
                datagrams: summary.counts.flow_datagrams(),
                not_flow: summary.not_flow,
                cut_files: summary.cut,
            },
            ledger: Ledger {
                received: summary.ledger.received,
                in_windows: summary.ledger.in_windows,
                unaccounted: summary.ledger.unaccounted(),
            },
            protocols: Protocols::new(&summary.counts),
            exporters: exporters(summary, weights),
            ports: ports(summary),
            total: volume(sum(summary, in_matrix)),
            unattributed: reasoned(summary, unattributed),
            set_aside: reasoned(summary, Reason::is_set_aside),
            cells: attributed.into_iter().map(|(key, sums)| cell(key, *sums, directory)).collect(),
        }
    }

    pub(super) fn json(&self) -> Outcome<String> {
        let mut text = serde_json::to_string_pretty(self).context("the answer cannot be written as JSON")?;
        text.push('\n');
        Ok(text)
    }

    pub(super) fn csv(&self) -> Outcome<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let refused = "the answer cannot be written as CSV";
        let head = ["src_asn", "src_name", "src_mac", "dst_asn", "dst_name", "dst_mac", "vlan", "ip_version"];
        let sums = ["samples", "packets", "bytes", "bytes_low", "bytes_high", "bytes_from_flows"];
        writer.write_record(head.iter().chain(&sums)).context(refused)?;
        for cell in &self.cells {
            writer.serialize((side(&cell.src), side(&cell.dst), cell.vlan, cell.ip_version, cell.volume.row())).context(refused)?;
        }
        writer.into_inner().context(refused)
    }

    pub(super) fn table(&self) -> String {
        text::text(self)
    }
}

fn sum(summary: &Summary, counts: impl Fn(Reason) -> bool) -> Sums {
    let mut total = Sums::default();
    summary.cells.iter().filter(|(key, _)| counts(key.reason)).for_each(|(_, sums)| total.merge(*sums));
    total
}

fn reasoned(summary: &Summary, counts: impl Fn(Reason) -> bool + Copy) -> Reasoned {
    let mut reasons = Skipped::new();
    for (key, sums) in summary.cells.iter().filter(|(key, _)| counts(key.reason)) {
        *reasons.entry(key.reason.name()).or_default() += sums.samples;
    }
    Reasoned { all: volume(sum(summary, counts)), reasons }
}

fn volume(sums: Sums) -> Volume {
    let estimate = Estimate::new(sums, Duration::ZERO);
    let Estimate { samples, packets, bytes, bytes_low, bytes_high, bytes_from_flows, interval_is_lower_bound, .. } = estimate;
    Volume { samples, packets, bytes, bytes_low, bytes_high, bytes_from_flows, interval_is_lower_bound }
}

fn cell(key: &CellKey, sums: Sums, directory: &Snapshot) -> Cell {
    let side = |party: Party| Side {
        asn: party.asn().map(|asn| asn.0),
        name: party.asn().map(|asn| directory.name(asn).into_owned()),
        mac: party.mac().map(|mac| mac.to_string()),
    };
    Cell { src: side(key.src), dst: side(key.dst), vlan: key.vlan, ip_version: key.ip_version, volume: volume(sums) }
}

fn side(side: &Side) -> (Option<u32>, Option<&str>, Option<&str>) {
    (side.asn, side.name.as_deref(), side.mac.as_deref())
}

impl Side {
    fn text(&self) -> String {
        match (self.asn, &self.name, &self.mac) {
            (Some(asn), Some(name), _) => format!("{name} (AS{asn})"),
            (_, _, Some(mac)) => mac.clone(),
            _ => "nobody".into(),
        }
    }
}

impl Volume {
    const fn row(&self) -> [u64; 6] {
        [self.samples, self.packets, self.bytes, self.bytes_low, self.bytes_high, self.bytes_from_flows]
    }
}
