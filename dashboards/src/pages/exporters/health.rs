//! Each exporter: where its samples were lost, and what came of it with what weights.

use maud::{Markup, html};
use schema::status::{ExporterStatus, Status};
use store::answer::ExporterHealth;

use super::super::Scene;
use super::super::address::same_question;
use super::super::cells::{count_cell, head};
use super::{Seen, State, budget, is_same, last_seen, state};
use crate::figure::{count, percent};
use crate::messages::{Texts, say};
use crate::moment::ago;

/// The loss budget of each exporter.
pub(super) fn losses(scene: &Scene<'_>, seen: &Seen) -> Markup {
    let (texts, words) = (scene.texts, &scene.texts.budget);
    let download = same_question("/api/v1/exporters", scene.pairs, &[("format", "csv")]);
    html! {
        section.panel.wide aria-labelledby="exporters" {
            header { h2 #exporters { (words.by_exporter) } a.csv href=(download) download { (texts.csv) } }
            div.scroll data-live="exporters" tabindex="0" role="region" aria-labelledby="exporters" {
                table.data data-sortable="exporters" {
                    caption.unseen { (words.by_exporter) }
                    thead { tr {
                        (head(texts.exporter, false)) (head(texts.protocol, false)) (head(texts.state, false)) (head(texts.last_heard, true))
                        (head(words.taken, true)) (head(words.said, true)) (head(words.silent, true)) (head(words.way, true))
                        (head(words.arrived, true)) th.num scope="col" colspan="2" data-sort="number" { (words.share_lost) }
                    } }
                    tbody { @for exporter in &seen.exporters.exporters { (loss_row(scene, &seen.status, exporter)) } }
                }
            }
        }
    }
}

fn loss_row(scene: &Scene<'_>, status: &Status, exporter: &ExporterHealth) -> Markup {
    let (heard, loss) = (last_seen(status, exporter), &exporter.loss);
    html! {
        tr {
            (name_cell(exporter))
            td data-value=(exporter.protocol) { (spoken(&exporter.protocol)) }
            (state_cell(scene.texts, state(scene, status, exporter)))
            td.num data-value=(heard.millis()) title=(heard) { (say(scene.texts.ago, &[("length", &ago(scene.now.since(heard)))])) }
            (count_cell(loss.taken)) (count_cell(loss.dropped_by_exporter)) (count_cell(loss.dropped_in_silence))
            (count_cell(loss.lost_on_the_way)) (count_cell(loss.arrived))
            td.bar aria-hidden="true" { @if loss.taken > 0 { (budget::bar(loss)) } }
            td.num data-value=(loss.lost_share) .zero[budget::lost(loss) == 0] { (percent(budget::lost(loss), loss.taken)) }
        }
    }
}

/// What came of each exporter, and how it is weighed.
pub(super) fn arrivals(scene: &Scene<'_>, seen: &Seen) -> Markup {
    let (texts, words) = (scene.texts, &scene.texts.budget);
    let numbers = [
        texts.datagrams,
        texts.lost_short,
        words.twice,
        words.late,
        texts.restarts,
        texts.malformed,
        texts.samples,
        texts.flow_records,
        texts.counters,
        texts.templates,
        texts.sampling,
        words.by_pool,
        words.by_sequence,
        words.by_rate,
        words.without_rate,
        words.implausible,
        words.pool_refused,
    ];
    html! {
        section.panel.wide aria-labelledby="arrivals" {
            header { h2 #arrivals { (words.arrivals) } p.note { (words.arrivals_note) } }
            div.scroll data-live="arrivals" tabindex="0" role="region" aria-labelledby="arrivals" {
                table.data.dense data-sortable="arrivals" {
                    caption.unseen { (texts.exporters_caption) }
                    thead { tr { (head(texts.exporter, false)) @for text in numbers { (head(text, true)) } } }
                    tbody { @for exporter in &seen.exporters.exporters { (arrival_row(texts, &seen.status, exporter)) } }
                }
            }
        }
    }
}

fn arrival_row(texts: &Texts, status: &Status, exporter: &ExporterHealth) -> Markup {
    let templates = status.exporters.iter().find(|live: &&ExporterStatus| is_same(live, exporter)).map_or(0, |live| live.templates);
    let before = [
        exporter.datagrams,
        exporter.lost_datagrams,
        exporter.duplicate_datagrams,
        exporter.reordered_datagrams,
        exporter.restarts,
        exporter.malformed,
        exporter.flow_samples,
        exporter.flow_records,
        exporter.counter_samples,
        templates as u64,
    ];
    let behind =
        [exporter.by_pool, exporter.by_sequence, by_rate(exporter), exporter.unscalable, exporter.implausible, exporter.pool_refused];
    html! {
        tr {
            (name_cell(exporter))
            @for number in before { (count_cell(number)) }
            (sampling_cell(texts, exporter))
            @for number in behind { (count_cell(number)) }
        }
    }
}

/// Samples that were weighed by the rate that they carry: those that neither pool nor sequence numbers weighed, and that have one.
const fn by_rate(exporter: &ExporterHealth) -> u64 {
    exporter.flow_samples.saturating_sub(exporter.by_pool).saturating_sub(exporter.by_sequence).saturating_sub(exporter.unscalable)
}

fn name_cell(exporter: &ExporterHealth) -> Markup {
    html! {
        th.name scope="row" data-value=(exporter.agent) {
            span.member { (exporter.agent) }
            @if exporter.sub_agent > 0 { " " span.asn { "#" (exporter.sub_agent) } }
            @if exporter.source != exporter.agent { " " span.asn { "← " (exporter.source) } }
        }
    }
}

fn state_cell(texts: &Texts, state: State) -> Markup {
    let (class, text) = match state {
        State::Heard => ("ok", texts.state_ok),
        State::Losing => ("warn", texts.state_lossy),
        State::Silent => ("bad", texts.state_silent),
    };
    html! { td data-value=(text) { span class={ "state " (class) } { (text) } } }
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
