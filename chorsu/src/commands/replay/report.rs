//! What a replay prints.

use std::collections::BTreeMap;
use std::time::Duration;

use collector::replay::Summary;
use directory::Snapshot;
use schema::{CellKey, METHOD_VERSION, Party, Reason, Sums};
use serde::Serialize;
use store::answer::Estimate;

use crate::failure::{Context, Outcome};
use crate::tables::{self, Align};

/// The whole of a replay, in the shape of its JSON.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    method: &'static str,
    input: Input,
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

#[derive(Debug, Serialize)]
struct Protocols {
    sflow5: Sflow,
    netflow5: Netflow5,
    netflow9: Templated,
    ipfix: Templated,
    sflow_old: Undecoded,
}

type Skipped = BTreeMap<&'static str, u64>;

#[derive(Debug, Serialize)]
struct Sflow {
    datagrams: u64,
    flow_samples: u64,
    /// Flow samples of datagrams that came before, or from exporters beyond the bound; counted, but not in the matrix.
    samples_not_taken: u64,
    counter_samples: u64,
    nominal_bytes: u128,
    nominal_packets: u128,
    skipped: Skipped,
}

#[derive(Debug, Serialize)]
struct Netflow5 {
    datagrams: u64,
    records: u64,
    octets: u64,
    packets: u64,
    skipped: Skipped,
}

#[derive(Debug, Serialize)]
struct Templated {
    datagrams: u64,
    templates: u64,
    options_templates: u64,
    records: u64,
    options_records: u64,
    octets: u64,
    packets: u64,
    skipped: Skipped,
}

#[derive(Debug, Serialize)]
struct Undecoded {
    datagrams: u64,
    skipped: Skipped,
}

#[derive(Debug, Serialize)]
struct Exporter {
    agent: String,
    source: String,
    domain: u32,
    sampling_rates: Vec<u32>,
    datagrams: u64,
    lost_datagrams: u64,
    lost_samples: u64,
    agent_drops: u64,
    flow_samples: u64,
    counter_samples: u64,
    malformed: u64,
}

#[derive(Debug, Serialize)]
struct Port {
    agent: String,
    if_index: u32,
    speed_bits_per_second: u64,
    in_octets: u64,
    out_octets: u64,
    reports: u64,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Volume {
    samples: u64,
    packets: u64,
    bytes: u64,
    bytes_low: u64,
    bytes_high: u64,
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
    pub(super) fn new(summary: &Summary, directory: &Snapshot) -> Self {
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
            protocols: protocols(summary),
            exporters: exporters(summary),
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
        let sums = ["samples", "packets", "bytes", "bytes_low", "bytes_high"];
        writer.write_record(head.iter().chain(&sums)).context(refused)?;
        for cell in &self.cells {
            writer.serialize((side(&cell.src), side(&cell.dst), cell.vlan, cell.ip_version, cell.volume.row())).context(refused)?;
        }
        writer.into_inner().context(refused)
    }

    pub(super) fn table(&self) -> String {
        let mut text = format!(
            "packets {}, flow datagrams {}, flow samples {}, counter samples {}\n",
            self.input.packets, self.input.datagrams, self.protocols.sflow5.flow_samples, self.protocols.sflow5.counter_samples
        );
        text.push_str(&format!(
            "total {} in {} samples, of which {} unattributed; {} set aside\n\n",
            tables::octets(self.total.bytes),
            self.total.samples,
            tables::octets(self.unattributed.all.bytes),
            tables::octets(self.set_aside.all.bytes)
        ));
        let heads = [
            ("from", Align::Left),
            ("to", Align::Left),
            ("VLAN", Align::Right),
            ("IP", Align::Right),
            ("samples", Align::Right),
            ("volume", Align::Right),
            ("95 % interval", Align::Right),
        ];
        let rows = self.cells.iter().map(|cell| {
            let interval = tables::interval(cell.volume.bytes_low, cell.volume.bytes_high);
            vec![
                cell.src.text(),
                cell.dst.text(),
                cell.vlan.to_string(),
                tables::ip_version(cell.ip_version),
                cell.volume.samples.to_string(),
                tables::octets(cell.volume.bytes),
                interval,
            ]
        });
        text.push_str(&tables::table(&heads, rows));
        text.push_str(&self.skipped_text());
        text
    }

    fn skipped_text(&self) -> String {
        let protocols = [
            &self.protocols.sflow5.skipped,
            &self.protocols.netflow5.skipped,
            &self.protocols.netflow9.skipped,
            &self.protocols.ipfix.skipped,
            &self.protocols.sflow_old.skipped,
        ];
        let skipped: Vec<String> = protocols.into_iter().flatten().map(|(reason, count)| format!("{count} {reason}")).collect();
        if skipped.is_empty() { String::new() } else { format!("\nstepped over: {}\n", skipped.join(", ")) }
    }
}

fn protocols(summary: &Summary) -> Protocols {
    let counts = &summary.counts;
    let undecoded = |protocol: &str| counts.undecoded.get(protocol).copied().unwrap_or(0);
    let skipped = |protocol: &str| match undecoded(protocol) {
        0 => Skipped::new(),
        count => Skipped::from([("protocol_not_decoded", count)]),
    };
    let templated = |protocol: &str| Templated {
        datagrams: undecoded(protocol),
        templates: 0,
        options_templates: 0,
        records: 0,
        options_records: 0,
        octets: 0,
        packets: 0,
        skipped: skipped(protocol),
    };
    Protocols {
        sflow5: Sflow {
            datagrams: counts.sflow5.datagrams,
            flow_samples: counts.sflow5.flow_samples,
            samples_not_taken: counts.sflow5.samples_not_taken,
            counter_samples: counts.sflow5.counter_samples,
            nominal_bytes: counts.sflow5.nominal_bytes,
            nominal_packets: counts.sflow5.nominal_packets,
            skipped: counts.sflow5.skipped().collect(),
        },
        netflow5: Netflow5 { datagrams: undecoded("netflow5"), records: 0, octets: 0, packets: 0, skipped: skipped("netflow5") },
        netflow9: templated("netflow9"),
        ipfix: templated("ipfix"),
        sflow_old: Undecoded { datagrams: undecoded("sflow_old"), skipped: skipped("sflow_old") },
    }
}

fn exporters(summary: &Summary) -> Vec<Exporter> {
    let positive = |count: i64| count.max(0).unsigned_abs();
    let exporters = summary.exporters.iter().map(|(key, (tally, rates))| Exporter {
        agent: key.agent.address.to_string(),
        source: key.source.to_string(),
        domain: key.agent.sub_agent,
        sampling_rates: rates.iter().copied().collect(),
        datagrams: tally.datagrams,
        lost_datagrams: positive(tally.lost_datagrams),
        lost_samples: positive(tally.lost_samples),
        agent_drops: tally.agent_drops,
        flow_samples: tally.flow_samples,
        counter_samples: tally.counter_samples,
        malformed: tally.malformed,
    });
    exporters.collect()
}

fn ports(summary: &Summary) -> Vec<Port> {
    let ports = summary.ports.iter().map(|(key, growth)| Port {
        agent: key.agent.address.to_string(),
        if_index: key.if_index,
        speed_bits_per_second: growth.speed,
        in_octets: growth.in_octets,
        out_octets: growth.out_octets,
        reports: growth.reports,
    });
    ports.collect()
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
    let Estimate { samples, packets, bytes, bytes_low, bytes_high, .. } = Estimate::new(sums, Duration::ZERO);
    Volume { samples, packets, bytes, bytes_low, bytes_high }
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
    const fn row(&self) -> (u64, u64, u64, u64, u64) {
        (self.samples, self.packets, self.bytes, self.bytes_low, self.bytes_high)
    }
}
