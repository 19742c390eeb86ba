//! `chorsu exporters`: how the exporters are, and where samples were lost.

use store::answer::{ExporterHealth, ExportersAnswer, ListenerHealth, Stage};

use super::{Archive, covering, show};
use crate::cli::Question;
use crate::failure::{Context, Outcome};
use crate::tables::{self, Align, table};

pub(crate) fn exporters(asked: &Question) -> Outcome {
    let archive = Archive::open(asked)?;
    let answer = archive.reader.exporters(&archive.question, &[]).plain()?;
    show(&answer, asked.format, ExportersAnswer::to_batch, text)
}

fn text(answer: &ExportersAnswer) -> String {
    let mut text = covering(&answer.coverage) + &health(&answer.exporters);
    text.push_str(&section("where samples and records were lost", &losses(&answer.exporters)));
    text.push_str(&section("where they were lost in all, from the exporters to the store", &stages(&answer.budget)));
    text.push_str(&section("listening addresses", &listeners(&answer.listeners)));
    text
}

/// A table under its title; nothing where there is no table.
fn section(title: &str, table: &str) -> String {
    if table.is_empty() { String::new() } else { format!("\n{title}\n\n{table}") }
}

/// What came of each exporter, and what was wrong with it.
fn health(exporters: &[ExporterHealth]) -> String {
    let heads = [
        ("agent", Align::Left),
        ("domain", Align::Right),
        ("from", Align::Left),
        ("protocol", Align::Left),
        ("last seen", Align::Left),
        ("datagrams", Align::Right),
        ("lost", Align::Right),
        ("late", Align::Right),
        ("twice", Align::Right),
        ("samples, records", Align::Right),
        ("broken", Align::Right),
        ("without rate", Align::Right),
        ("not believed", Align::Right),
        ("restarts", Align::Right),
        ("rate 1 in", Align::Right),
    ];
    table(&heads, exporters.iter().map(health_row))
}

/// An exporter's row. What it reports are samples or flow records, as its protocol says, so one column is enough for both.
fn health_row(exporter: &ExporterHealth) -> Vec<String> {
    let rate = match (exporter.rate_min, exporter.rate_max) {
        (_, 0) => "–".to_owned(),
        (min, max) if min == max => max.to_string(),
        (min, max) => format!("{min}–{max}"),
    };
    let counts = [
        exporter.datagrams,
        exporter.lost_datagrams,
        exporter.reordered_datagrams,
        exporter.duplicate_datagrams,
        exporter.flow_samples + exporter.flow_records,
        exporter.malformed,
        exporter.unscalable,
        exporter.implausible,
        exporter.restarts,
    ];
    let row = names(exporter).into_iter().chain([exporter.last_seen.to_string()]).chain(counts.map(|count| count.to_string()));
    row.chain([rate]).collect()
}

fn names(exporter: &ExporterHealth) -> [String; 4] {
    [exporter.agent.clone(), exporter.sub_agent.to_string(), exporter.source.clone(), exporter.protocol.clone()]
}

/// The loss budget of each exporter: what it took is all the rest together.
fn losses(exporters: &[ExporterHealth]) -> String {
    let row = |exporter: &ExporterHealth| names(exporter).into_iter().chain(tables::loss(&exporter.loss)).collect();
    if exporters.is_empty() { String::new() } else { table(&tables::LOSS_HEADS, exporters.iter().map(row)) }
}

fn stages(budget: &[Stage]) -> String {
    let heads = [("stage", Align::Left), ("lost", Align::Right), ("of", Align::Right), ("", Align::Left), ("", Align::Right)];
    let row = |stage: &Stage| {
        let share = if stage.of == 0 { 0.0 } else { stage.lost as f64 / stage.of as f64 };
        let unit = stage.unit.to_owned();
        vec![stage_name(stage).to_owned(), stage.lost.to_string(), stage.of.to_string(), unit, tables::percent(share)]
    };
    if budget.is_empty() { String::new() } else { table(&heads, budget.iter().map(row)) }
}

fn stage_name(stage: &Stage) -> &'static str {
    match (stage.stage, stage.unit) {
        ("agent", _) => "dropped by the exporter",
        ("agent_in_silence", _) => "dropped by the exporter in silence",
        ("network", _) => "lost on the way",
        ("kernel", _) => "dropped by the kernel",
        ("decoder", "datagrams") => "not read",
        ("decoder", _) => "not decoded",
        ("store", _) => "not measured, or not kept",
        (other, _) => other,
    }
}

fn listeners(listeners: &[ListenerHealth]) -> String {
    let heads = [
        ("address", Align::Left),
        ("datagrams", Align::Right),
        ("volume", Align::Right),
        ("dropped by the kernel", Align::Right),
        ("cut", Align::Right),
        ("errors", Align::Right),
        ("not read", Align::Right),
    ];
    let row = |listener: &ListenerHealth| {
        let volume = tables::octets(listener.octets);
        let counts = [listener.kernel_drops, listener.truncated, listener.errors, listener.refused].map(|count| count.to_string());
        [listener.address.clone(), listener.datagrams.to_string(), volume].into_iter().chain(counts).collect()
    };
    if listeners.is_empty() { String::new() } else { table(&heads, listeners.iter().map(row)) }
}

#[cfg(test)]
mod tests {
    use schema::Timestamp;
    use store::answer::{Coverage, LossBudget};

    use super::*;

    #[test]
    fn the_loss_of_an_exporter_is_named_and_so_is_each_stage() {
        let loss = LossBudget {
            taken: 1_000,
            dropped_by_exporter: 100,
            dropped_in_silence: 200,
            lost_on_the_way: 50,
            arrived: 650,
            lost_share: 0.35,
            mostly: Some("exporter_in_silence"),
            made_good: true,
        };
        let exporter = ExporterHealth {
            agent: "192.0.2.1".into(),
            source: "192.0.2.1".into(),
            protocol: "sflow5".into(),
            loss,
            ..ExporterHealth::default()
        };
        let coverage = Coverage {
            from: Timestamp(0),
            to: Timestamp(60_000),
            step: "1m".into(),
            source: "journal".into(),
            complete: true,
            measured_seconds: 60,
        };
        let budget = vec![
            Stage { stage: "kernel", lost: 5, of: 100, unit: "datagrams" },
            Stage { stage: "store", lost: 0, of: 60, unit: "seconds" },
        ];
        let text = text(&ExportersAnswer { coverage, exporters: vec![exporter], listeners: Vec::new(), budget });
        let words =
            |from: &str| text.lines().rfind(|line| line.trim_start().starts_with(from)).unwrap().split_whitespace().collect::<Vec<_>>();
        let line = words("192.0.2.1");
        assert_eq!(line[4..], ["1000", "100", "200", "50", "650", "35.0", "%", "by", "the", "weights"], "{text}");
        assert_eq!(words("dropped by the kernel")[4..], ["5", "100", "datagrams", "5.0", "%"], "{text}");
        assert_eq!(words("not measured")[5..], ["0", "60", "seconds", "0", "%"], "{text}");
        assert!(!text.contains("listening addresses"), "{text}");
    }
}
