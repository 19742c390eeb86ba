//! A replay's report for people.

use super::health::{Exporter, Port};
use super::protocols::Protocols;
use super::{Cell, Report};
use crate::tables::{self, Align, table};

/// Rows of exporters and of ports that are shown; the other formats hold them all.
const SHOWN: usize = 20;

pub(super) fn text(report: &Report) -> String {
    let (input, total) = (&report.input, &report.total);
    let mut text = format!("packets {}, flow datagrams {}, others {}\n\n", input.packets, input.datagrams, input.not_flow);
    text.push_str(&protocols(&report.protocols));
    text.push_str(&exporters(&report.exporters));
    text.push_str(&losses(&report.exporters));
    text.push_str(&ports(&report.ports));
    text.push_str(&format!(
        "\ntotal {} in {} samples and records, of which {} unattributed; {} set aside\n",
        tables::octets(total.bytes),
        total.samples,
        tables::octets(report.unattributed.all.bytes),
        tables::octets(report.set_aside.all.bytes)
    ));
    if total.interval_is_lower_bound {
        text.push_str(tables::FLOWS_NOTE);
    }
    if report.ledger.unaccounted != 0 {
        text.push_str(&format!(
            "{} samples are unaccounted for: this is a mistake in chorsu, please report it\n",
            report.ledger.unaccounted
        ));
    }
    text.push('\n');
    text.push_str(&cells(&report.cells));
    text.push_str(&skipped(&report.protocols));
    text
}

/// A line for each protocol that came.
fn protocols(protocols: &Protocols) -> String {
    let heads = [
        ("protocol", Align::Left),
        ("datagrams", Align::Right),
        ("templates", Align::Right),
        ("samples, records", Align::Right),
        ("recovered", Align::Right),
        ("counters, options", Align::Right),
        ("stepped over", Align::Right),
    ];
    let none = String::new;
    let sflow = protocols.sflow().into_iter().filter(|(_, sflow)| sflow.datagrams > 0).map(|(protocol, sflow)| {
        let skipped: u64 = sflow.skipped.values().sum();
        let counts = [sflow.datagrams, sflow.flow_samples, sflow.counter_samples, skipped].map(|count| count.to_string());
        let [datagrams, samples, counters, skipped] = counts;
        vec![protocol.name().to_owned(), datagrams, none(), samples, none(), counters, skipped]
    });
    let flows = protocols.flows().into_iter().filter(|(_, flows)| flows.datagrams > 0).map(|(protocol, flows)| {
        let of_templates = |count: fn(&super::protocols::Templates) -> u64| {
            flows.templates.as_ref().map_or_else(String::new, |templates| count(templates).to_string())
        };
        vec![
            protocol.name().to_owned(),
            flows.datagrams.to_string(),
            of_templates(|of| of.templates + of.options_templates),
            flows.records.to_string(),
            of_templates(|of| of.recovered.records),
            of_templates(|of| of.options_records),
            flows.skipped.values().sum::<u64>().to_string(),
        ]
    });
    let rows: Vec<Vec<String>> = sflow.chain(flows).collect();
    if rows.is_empty() { String::new() } else { table(&heads, rows) }
}

fn exporters(exporters: &[Exporter]) -> String {
    let heads = [
        ("exporter", Align::Left),
        ("domain", Align::Right),
        ("from", Align::Left),
        ("protocol", Align::Left),
        ("datagrams", Align::Right),
        ("lost", Align::Right),
        ("late", Align::Right),
        ("twice", Align::Right),
        ("samples, records", Align::Right),
        ("not believed", Align::Right),
        ("rate 1 in", Align::Right),
    ];
    let rows = exporters.iter().take(SHOWN).map(|exporter| {
        let rates: Vec<String> = exporter.sampling_rates.iter().map(ToString::to_string).collect();
        let counts = [
            exporter.datagrams,
            exporter.lost_datagrams,
            exporter.reordered_datagrams,
            exporter.duplicate_datagrams,
            exporter.flow_samples + exporter.flow_records,
            exporter.implausible,
        ];
        let names = names(exporter);
        let rate = if rates.is_empty() { "–".to_owned() } else { rates.join(", ") };
        names.into_iter().chain(counts.map(|count| count.to_string())).chain([rate]).collect()
    });
    section(&heads, rows, exporters.len())
}

fn names(exporter: &Exporter) -> [String; 4] {
    [exporter.agent.clone(), exporter.domain.to_string(), exporter.source.clone(), exporter.protocol.name().to_owned()]
}

/// The loss budgets of the exporters of which something is missing.
fn losses(exporters: &[Exporter]) -> String {
    let with_loss: Vec<&Exporter> = exporters.iter().filter(|exporter| exporter.loss.mostly.is_some()).collect();
    let row = |exporter: &&Exporter| names(exporter).into_iter().chain(tables::loss(&exporter.loss)).collect();
    section(&tables::LOSS_HEADS, with_loss.iter().take(SHOWN).map(row), with_loss.len())
}

fn ports(ports: &[Port]) -> String {
    let heads = [
        ("exporter", Align::Left),
        ("ifIndex", Align::Right),
        ("name", Align::Left),
        ("speed", Align::Right),
        ("in", Align::Right),
        ("sampled in", Align::Right),
        ("factor", Align::Right),
        ("out", Align::Right),
    ];
    let rows = ports.iter().take(SHOWN).map(|port| {
        let name = tables::printable(&port.name);
        let [inwards, sampled, outwards] = [port.in_octets, port.received.sampled_octets, port.out_octets].map(tables::octets);
        let factor = port.received.factor.map_or_else(|| "–".to_owned(), |factor| format!("{factor:.2}"));
        let volumes = [inwards, sampled, factor, outwards];
        [port.agent.clone(), port.if_index.to_string(), name, tables::rate(port.speed_bits_per_second)].into_iter().chain(volumes).collect()
    });
    section(&heads, rows, ports.len())
}

/// A table after an empty line, with what it leaves out; nothing if there are no rows.
fn section(heads: &[(&str, Align)], rows: impl Iterator<Item = Vec<String>>, count: usize) -> String {
    if count == 0 {
        return String::new();
    }
    let more = count.saturating_sub(SHOWN);
    let more = if more > 0 { format!("and {more} more\n") } else { String::new() };
    format!("\n{}{more}", table(heads, rows))
}

fn cells(cells: &[Cell]) -> String {
    let heads = [
        ("from", Align::Left),
        ("to", Align::Left),
        ("VLAN", Align::Right),
        ("IP", Align::Right),
        ("samples", Align::Right),
        ("volume", Align::Right),
        ("95 % interval", Align::Right),
    ];
    let rows = cells.iter().map(|cell| {
        vec![
            cell.src.text(),
            cell.dst.text(),
            cell.vlan.to_string(),
            tables::ip_version(cell.ip_version),
            cell.volume.samples.to_string(),
            tables::octets(cell.volume.bytes),
            tables::interval(cell.volume.bytes_low, cell.volume.bytes_high),
        ]
    });
    table(&heads, rows)
}

fn skipped(protocols: &Protocols) -> String {
    let skipped: Vec<String> = protocols.skipped.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    if skipped.is_empty() { String::new() } else { format!("\nstepped over: {}\n", skipped.join(", ")) }
}
