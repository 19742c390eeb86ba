//! Exporters: who is heard, what was lost where, what was skipped and why.

use std::sync::Arc;

use maud::{Markup, html};
use schema::Timestamp;
use schema::status::{ExporterStatus, Listener, Status};
use store::StoreError;
use store::answer::{ExporterHealth, ExportersAnswer};

use super::Scene;
use super::address::same_question;
use super::attention::SILENT_AFTER;
use super::cells::{count_cell, head};
use crate::asked::Asked;
use crate::figure::{Bounded, Quantity, count, figure, percent};
use crate::messages::{Texts, fill, say};
use crate::moment::{ago, full, span};
use crate::reading::Reading;

/// Senders that are not on the list and stand on the page; `status` has all that are remembered.
const MOST_STRANGERS: usize = 20;

/// What the page shows.
pub(super) struct Seen {
    exporters: ExportersAnswer,
    status: Arc<Status>,
}

/// Reads what the page shows.
pub(super) fn seen(reading: &Reading, asked: &Asked) -> Result<Seen, StoreError> {
    let mut exporters = reading.exporters(&asked.question)?;
    if asked.range.is_some() {
        let missing = reading.status.exporters.iter().filter(|live| !exporters.exporters.iter().any(|row| is_same(live, row)));
        let missing: Vec<ExporterHealth> = missing.map(unheard).collect();
        exporters.exporters.extend(missing);
    }
    Ok(Seen { exporters, status: Arc::clone(&reading.status) })
}

fn is_same(live: &ExporterStatus, row: &ExporterHealth) -> bool {
    live.sub_agent == row.sub_agent && live.protocol.name() == row.protocol && live.agent.to_string() == row.agent
}

/// The row of an exporter that was heard since the start, but not in this span: its silence is what the page is for.
fn unheard(live: &ExporterStatus) -> ExporterHealth {
    ExporterHealth {
        protocol: live.protocol.name().to_owned(),
        agent: live.agent.to_string(),
        sub_agent: live.sub_agent,
        source: live.source.to_string(),
        last_seen: live.last_seen,
        ..ExporterHealth::default()
    }
}

/// How an exporter stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Heard,
    Losing,
    Silent,
}

/// Draws the page.
pub(super) fn body(scene: &Scene<'_>, seen: &Seen) -> Markup {
    html! {
        section.lead data-live="lead" { (lead(scene, seen)) }
        (exporters(scene, seen))
        div.columns {
            (skipped(scene.texts, &seen.status))
            (keeping(scene, &seen.status))
        }
        (strangers(scene.texts, &seen.status))
        (listeners(scene.texts, &seen.status.listeners))
        (warnings(scene.texts, &seen.status))
    }
}

fn lead(scene: &Scene<'_>, seen: &Seen) -> Markup {
    let (texts, list) = (scene.texts, &seen.exporters.exporters);
    let coverage = &seen.exporters.coverage;
    let sub = html! { p.sub { (span(coverage.from, coverage.to)) } };
    if list.is_empty() {
        return html! { h1 { (texts.exporters_none) } (sub) };
    }
    let heard = list.iter().filter(|exporter| state(scene, &seen.status, exporter) != State::Silent).count();
    let came: u64 = list.iter().map(|exporter| exporter.datagrams).sum();
    let lost: u64 = list.iter().map(|exporter| exporter.lost_datagrams).sum();
    let places = [
        ("heard", html! { strong { (heard) } }),
        ("all", html! { (list.len()) }),
        ("share", html! { strong { (percent(lost, came + lost)) } }),
    ];
    html! { h1 { (fill(texts.exporters_lead, &places)) } (sub) }
}

/// When an exporter was last heard: by the collector now, else by the windows of the span.
fn last_seen(status: &Status, exporter: &ExporterHealth) -> Timestamp {
    status.exporters.iter().find(|live| is_same(live, exporter)).map_or(exporter.last_seen, |live| live.last_seen.max(exporter.last_seen))
}

fn state(scene: &Scene<'_>, status: &Status, exporter: &ExporterHealth) -> State {
    // A fixed span of the past is judged by its own end.
    let at = if scene.asked.range.is_some() { scene.now } else { scene.asked.question.to };
    if at.since(last_seen(status, exporter)) > SILENT_AFTER {
        return State::Silent;
    }
    let lost = [exporter.lost_datagrams, exporter.lost_samples, exporter.lost_records, exporter.agent_drops];
    if lost.iter().any(|count| *count > 0) { State::Losing } else { State::Heard }
}

fn state_cell(texts: &Texts, state: State) -> Markup {
    let (class, text) = match state {
        State::Heard => ("ok", texts.state_ok),
        State::Losing => ("warn", texts.state_lossy),
        State::Silent => ("bad", texts.state_silent),
    };
    html! { td data-value=(text) { span class={ "state " (class) } { (text) } } }
}

fn exporters(scene: &Scene<'_>, seen: &Seen) -> Markup {
    let texts = scene.texts;
    let download = same_question("/api/v1/exporters", scene.pairs, &[("format", "csv")]);
    html! {
        section.panel.wide aria-labelledby="exporters" {
            header { h2 #exporters { (texts.exporters_caption) } a.csv href=(download) download { (texts.csv) } }
            div.scroll data-live="exporters" tabindex="0" role="region" aria-labelledby="exporters" {
                table.data data-sortable="exporters" {
                    caption.unseen { (texts.exporters_caption) }
                    thead { tr {
                        (head(texts.exporter, false)) (head(texts.protocol, false)) (head(texts.state, false)) (head(texts.last_heard, true))
                        (head(texts.datagrams, true)) (head(texts.lost_short, true)) (head(texts.samples, true))
                        (head(texts.lost_samples, true)) (head(texts.agent_drops, true)) (head(texts.flow_records, true))
                        (head(texts.lost_records, true)) (head(texts.templates, true)) (head(texts.sampling, true))
                        (head(texts.counters, true)) (head(texts.malformed, true)) (head(texts.restarts, true))
                    } }
                    tbody { @for exporter in &seen.exporters.exporters { (row(scene, &seen.status, exporter)) } }
                }
            }
        }
    }
}

fn row(scene: &Scene<'_>, status: &Status, exporter: &ExporterHealth) -> Markup {
    let heard = last_seen(status, exporter);
    let templates = status.exporters.iter().find(|live| is_same(live, exporter)).map_or(0, |live| live.templates);
    html! {
        tr {
            th.name scope="row" data-value=(exporter.agent) {
                span.member { (exporter.agent) }
                @if exporter.sub_agent > 0 { " " span.asn { "#" (exporter.sub_agent) } }
                @if exporter.source != exporter.agent { " " span.asn { "← " (exporter.source) } }
            }
            td data-value=(exporter.protocol) { (spoken(&exporter.protocol)) }
            (state_cell(scene.texts, state(scene, status, exporter)))
            td.num data-value=(heard.millis()) title=(heard) { (say(scene.texts.ago, &[("length", &ago(scene.now.since(heard)))])) }
            (count_cell(exporter.datagrams)) (count_cell(exporter.lost_datagrams)) (count_cell(exporter.flow_samples))
            (count_cell(exporter.lost_samples)) (count_cell(exporter.agent_drops)) (count_cell(exporter.flow_records))
            (count_cell(exporter.lost_records)) (count_cell(templates as u64)) (sampling_cell(scene.texts, exporter))
            (count_cell(exporter.counter_samples)) (count_cell(exporter.malformed)) (count_cell(exporter.restarts))
        }
    }
}

/// A protocol's name for people.
fn spoken(protocol: &str) -> &str {
    match protocol {
        "sflow5" => "sFlow v5",
        "sflow4" => "sFlow v4",
        "sflow2" => "sFlow v2",
        "netflow5" => "NetFlow v5",
        "netflow9" => "NetFlow v9",
        "ipfix" => "IPFIX",
        other => other,
    }
}

fn sampling_cell(texts: &Texts, exporter: &ExporterHealth) -> Markup {
    let (low, high) = (exporter.rate_min, exporter.rate_max);
    html! {
        td.num data-value=(high) {
            @if high > 0 { (count(u64::from(low))) @if low != high { "–" (count(u64::from(high))) } }
            @else if exporter.unscalable > 0 { span.state.warn { (texts.sampling_unknown) } }
            @else { "–" }
        }
    }
}

fn skipped(texts: &Texts, status: &Status) -> Markup {
    let mut skipped: Vec<_> = status.skipped.iter().filter(|(_, count)| *count > 0).collect();
    skipped.sort_by_key(|(reason, count)| (std::cmp::Reverse(*count), *reason));
    html! {
        section.panel aria-labelledby="skipped" {
            header { h2 #skipped { (texts.skipped) } }
            div data-live="skipped" {
                @if skipped.is_empty() { p.calm { (texts.skipped_none) } } @else {
                    table.data {
                        caption.unseen { (texts.skipped_caption) }
                        thead { tr { th scope="col" { (texts.reason) } th.num scope="col" { (texts.count) } } }
                        tbody { @for (reason, number) in skipped { tr { th scope="row" title=(reason) { (texts.skip_reason(reason)) } (count_cell(*number)) } } }
                    }
                }
            }
        }
    }
}

/// Who sends although nothing of it is counted, so that a new exporter is found without a look at the wire.
fn strangers(texts: &Texts, status: &Status) -> Markup {
    let more = status.strangers.len().saturating_sub(MOST_STRANGERS);
    html! {
        div data-live="strangers" {
            @if !status.strangers.is_empty() {
                section.panel.wide aria-labelledby="strangers" {
                    header { h2 #strangers { (texts.strangers) } }
                    table.data {
                        caption.unseen { (texts.strangers_caption) }
                        thead { tr { th scope="col" { (texts.address) } th.num scope="col" { (texts.datagrams) } } }
                        tbody { @for (address, datagrams) in status.strangers.iter().take(MOST_STRANGERS) {
                            tr { th scope="row" { (address) } (count_cell(*datagrams)) }
                        } }
                    }
                    @if more > 0 { p.more { (say(texts.strangers_more, &[("count", &count(more as u64))])) } }
                }
            }
        }
    }
}

fn keeping(scene: &Scene<'_>, status: &Status) -> Markup {
    let (texts, directory, store) = (scene.texts, &status.directory, &status.store);
    let places = [
        ("members", count(directory.members as u64)),
        ("macs", count(directory.macs as u64)),
        ("loaded", full(directory.loaded)),
        ("origin", directory.origin.clone()),
    ];
    let places: Vec<(&str, &str)> = places.iter().map(|(name, text)| (*name, text.as_str())).collect();
    html! {
        section.panel aria-labelledby="keeping" {
            header { h2 #keeping { (texts.keeping) } }
            dl.facts data-live="keeping" {
                dt { (texts.uptime) } dd { (ago(scene.now.since(status.started))) }
                dt { (texts.windows) } dd { (count(store.windows_written)) }
                @if let Some(newest) = store.newest { dt { (texts.newest) } dd { (full(newest)) } }
                dt { (texts.directory) }
                dd { @if directory.origin.is_empty() { (texts.directory_none) } @else { (say(texts.directory_holds, &places)) } }
            }
        }
    }
}

fn listeners(texts: &Texts, listeners: &[Listener]) -> Markup {
    html! {
        section.panel.wide aria-labelledby="listeners" {
            header { h2 #listeners { (texts.listeners) } }
            div.scroll data-live="listeners" tabindex="0" role="region" aria-labelledby="listeners" {
                table.data {
                    caption.unseen { (texts.listeners_caption) }
                    thead { tr {
                        th scope="col" { (texts.address) }
                        @for text in [texts.threads, texts.buffer, texts.datagrams, texts.received, texts.dropped, texts.truncated] {
                            th.num scope="col" { (text) }
                        }
                    } }
                    tbody { @for listener in listeners { tr {
                        th.name scope="row" { (listener.address) }
                        td.num { (listener.threads) } (octets_cell(listener.receive_buffer as u64))
                        (count_cell(listener.datagrams)) (octets_cell(listener.octets))
                        (count_cell(listener.kernel_drops)) (count_cell(listener.truncated))
                    } } }
                }
            }
        }
    }
}

fn octets_cell(octets: u64) -> Markup {
    html! { td.num data-value=(octets) { (figure(Bounded { value: octets, low: octets, high: octets }, Quantity::Volume).text()) } }
}

fn warnings(texts: &Texts, status: &Status) -> Markup {
    let warnings = &status.directory.warnings;
    html! {
        div data-live="warnings" {
            @if !warnings.is_empty() {
                section.panel.wide aria-labelledby="warnings" {
                    header { h2 #warnings { (texts.directory) } }
                    ul.items { @for warning in warnings { li.warn { p { (warning) } } } }
                }
            }
        }
    }
}
