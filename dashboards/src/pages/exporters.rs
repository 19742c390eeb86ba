//! Exporters: how much was lost and where, who is heard, what was skipped and why.

mod budget;
mod collector;
mod health;
pub(super) mod places;

use std::sync::Arc;

use maud::{Markup, html};
use schema::Timestamp;
use schema::status::{ExporterStatus, Status};
use store::StoreError;
use store::answer::{ExporterHealth, ExportersAnswer};
use store::shipping::ShippingStatus;

use super::Scene;
use super::attention::SILENT_AFTER;
use crate::asked::Asked;
use crate::messages::fill;
use crate::moment::span;
use crate::reading::Reading;

/// What the page shows.
pub(super) struct Seen {
    exporters: ExportersAnswer,
    status: Arc<Status>,
    shipping: Option<ShippingStatus>,
}

/// Reads what the page shows.
pub(super) fn seen(reading: &Reading, asked: &Asked) -> Result<Seen, StoreError> {
    let mut exporters = reading.exporters(&asked.question)?;
    if asked.range.is_some() {
        let missing = reading.status.exporters.iter().filter(|live| !exporters.exporters.iter().any(|row| is_same(live, row)));
        let missing: Vec<ExporterHealth> = missing.map(unheard).collect();
        exporters.exporters.extend(missing);
    }
    Ok(Seen { exporters, status: Arc::clone(&reading.status), shipping: reading.shipping.clone() })
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
        div data-live="budget" { (budget::panel(scene.texts, &seen.exporters.budget)) }
        (health::losses(scene, seen))
        (health::arrivals(scene, seen))
        (collector::listeners(scene.texts, &seen.exporters.listeners, &seen.status.listeners))
        div.columns {
            (collector::skipped(scene.texts, &seen.status))
            (collector::keeping(scene, &seen.status, seen.shipping.as_ref()))
        }
        (places::panel(scene, &seen.status))
        (collector::strangers(scene.texts, &seen.status))
        (collector::warnings(scene.texts, &seen.status))
    }
}

/// How much was lost, where; then who is heard.
fn lead(scene: &Scene<'_>, seen: &Seen) -> Markup {
    let (texts, list) = (scene.texts, &seen.exporters.exporters);
    let coverage = &seen.exporters.coverage;
    if list.is_empty() {
        return html! { h1 { (texts.exporters_none) } p.sub { (span(coverage.from, coverage.to)) } };
    }
    let heard = list.iter().filter(|exporter| state(scene, &seen.status, exporter) != State::Silent).count();
    let heard = fill(texts.exporters_heard, &[("heard", html! { strong { (heard) } }), ("all", html! { (list.len()) })]);
    let (of_samples, of_records) = budget::sentences(texts, &seen.exporters);
    html! {
        @match (&of_samples, &of_records) {
            (Some(first), _) | (None, Some(first)) => h1 { (first) },
            (None, None) => h1 { (heard) "." },
        }
        p.sub {
            (span(coverage.from, coverage.to))
            @if of_samples.is_some() || of_records.is_some() { " · " (heard) }
            @if let (Some(_), Some(second)) = (&of_samples, &of_records) { " · " (second) }
        }
        @if let Some(note) = budget::made_good(texts, &seen.exporters) { p.sub { (note) } }
    }
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
    let lost =
        [exporter.lost_datagrams, exporter.lost_samples, exporter.lost_records, exporter.agent_drops, exporter.loss.dropped_in_silence];
    if lost.iter().any(|count| *count > 0) { State::Losing } else { State::Heard }
}
