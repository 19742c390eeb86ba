//! Overview: what the exchange carries now, what needs attention, who exchanges most.

use std::sync::Arc;
use std::time::Duration;

use maud::{Markup, html};
use schema::status::Status;
use schema::time::span_text;
use store::StoreError;
use store::answer::{Estimate, ExportersAnswer, MatrixAnswer, MembersAnswer, PortsAnswer, ShareEstimate, TimeseriesAnswer};
use store::question::{By, Question};
use store::shipping::ShippingStatus;

use super::address::same_question;
use super::cells::{bar_cell, between, flows_note, head, interval_cell, member_cell, rate, rate_cell, share_cell, volume};
use super::quality::{Remarks, in_words};
use super::series::{Summary, panel, summary};
use super::{Scene, attention, chart_step, local};
use crate::asked::Asked;
use crate::figure::{below, count, rate_of};
use crate::messages::{Texts, fill, say};
use crate::moment::{ago, span};
use crate::ratio;
use crate::reading::Reading;

/// Members and pairs on this page, unless the address says otherwise.
const TOP: usize = 10;

/// "Now" is the mean of the latest closed windows of this span: one window alone jumps.
const NOW: Duration = Duration::from_secs(120);

/// The length of a window.
const WINDOW: Duration = Duration::from_secs(60);

/// What the page shows.
pub(super) struct Seen {
    now: Option<Estimate>,
    matrix: MatrixAnswer,
    members: MembersAnswer,
    all: TimeseriesAnswer,
    by_version: TimeseriesAnswer,
    names: Vec<(String, String)>,
    ports: PortsAnswer,
    exporters: ExportersAnswer,
    status: Arc<Status>,
    shipping: Option<ShippingStatus>,
    local: Option<local::Local>,
}

impl Seen {
    /// What tells of mistakes.
    fn witnesses(&self) -> attention::Witnesses<'_> {
        attention::Witnesses {
            status: &self.status,
            shipping: self.shipping.as_ref(),
            matrix: &self.matrix,
            ports: &self.ports.ports,
            exporters: &self.exporters.exporters,
        }
    }
}

/// Reads what the page shows.
pub(super) fn seen(reading: &Reading, asked: &Asked) -> Result<Seen, StoreError> {
    let question = &asked.question;
    let step = Some(chart_step(question.length()));
    let matrix = reading.matrix(question, Some(asked.top.unwrap_or(TOP)))?;
    let name = |asn| reading.name(asn).into_owned();
    Ok(Seen {
        now: now(reading, asked)?,
        names: matrix.cells.iter().map(|cell| (name(cell.src), name(cell.dst))).collect(),
        members: reading.members(question)?,
        ports: reading.ports(question)?,
        exporters: reading.exporters(question)?,
        all: reading.timeseries(question, step, By::Nothing)?,
        by_version: reading.timeseries(question, step, By::IpVersion)?,
        status: Arc::clone(&reading.status),
        shipping: reading.shipping.clone(),
        local: local::seen(reading, question)?,
        matrix,
    })
}

/// The traffic of the latest closed windows, or of the running one where none is closed yet.
fn now(reading: &Reading, asked: &Asked) -> Result<Option<Estimate>, StoreError> {
    if asked.range.is_none() {
        return Ok(None);
    }
    let to = asked.question.to.floor(WINDOW);
    let closed = reading.matrix(&Question { from: to.minus(NOW), to, ..asked.question.clone() }, Some(1))?;
    if closed.coverage.measured_seconds > 0 {
        return Ok(Some(closed.total));
    }
    let running = reading.matrix(&Question { from: to, to: to.plus(WINDOW), ..asked.question.clone() }, Some(1))?;
    Ok((running.coverage.measured_seconds > 0).then_some(running.total))
}

/// Draws the page.
pub(super) fn body(scene: &Scene<'_>, seen: &Seen) -> Markup {
    let texts = scene.texts;
    let summed = summary(&seen.all);
    html! {
        section.lead data-live="lead" { (lead(scene, seen)) }
        section.strip data-live="strip" aria-label=(texts.rate) { (strip(scene, seen, summed.as_ref())) }
        (panel(scene, &seen.by_version, &seen.matrix.total, summed.as_ref()))
        @if let Some(seen) = &seen.local { (local::card(scene, seen)) }
        section.panel.wide aria-labelledby="attention" {
            header { h2 #attention { (texts.attention) } }
            div data-live="attention" { (attention::list(scene, &seen.witnesses())) }
        }
        div.columns {
            (members(scene, seen))
            (pairs(scene, seen))
        }
    }
}

fn lead(scene: &Scene<'_>, seen: &Seen) -> Markup {
    let (texts, total) = (scene.texts, &seen.matrix.total);
    let coverage = &seen.matrix.coverage;
    let (template, place, shown) = match &seen.now {
        _ if coverage.measured_seconds == 0 => return html! { h1 { (texts.carries_nothing) } p.sub { (span(coverage.from, coverage.to)) } },
        Some(now) if now.samples == 0 => (texts.hears_nothing, "now", now),
        Some(now) => (texts.carries_now, "now", now),
        None => (texts.carried, "mean", total),
    };
    let bounded = rate_of(shown);
    let interval = between(texts, bounded);
    let interval = if interval.0.is_empty() {
        interval
    } else {
        html! { ", " (interval) }
    };
    let of_span = [("span", html! { (span(coverage.from, coverage.to)) }), ("volume", volume(total))];
    html! {
        h1 { (fill(template, &[(place, html! { strong { (rate(bounded)) } }), ("interval", interval)])) }
        p.sub {
            (fill(texts.of_span, &of_span))
            @if let Some(share) = &seen.matrix.attribution { ", " (attributed(texts, share)) }
            " · " (fill(texts.rests_on, &[("samples", html! { (count(total.samples)) })]))
            " · " (in_words(texts, total))
            @if let Some(missing) = missing(seen) { " · " (fill(texts.gaps, &[("missing", html! { (ago(missing)) })])) }
        }
    }
}

/// Which part two known members exchanged, with its interval.
fn attributed(texts: &Texts, share: &ShareEstimate) -> Markup {
    let shown = ratio::share(share);
    let interval = html! { @if let Some((low, high)) = &shown.range { ", " (say(texts.between, &[("low", low), ("high", high)])) } };
    fill(texts.quality.attributed, &[("share", html! { (shown.percent()) }), ("interval", interval)])
}

/// How much of the span was not measured, if more than the running window can explain.
fn missing(seen: &Seen) -> Option<Duration> {
    let coverage = &seen.matrix.coverage;
    let missing = coverage.to.since(coverage.from).checked_sub(Duration::from_secs(coverage.measured_seconds))?;
    (missing >= WINDOW * 2).then_some(missing)
}

fn strip(scene: &Scene<'_>, seen: &Seen, summed: Option<&Summary>) -> Markup {
    let texts = scene.texts;
    let step = span_text(chart_step(scene.asked.question.length()));
    let p95_of = texts.p95_of.replace("{step}", &step);
    let figures = [
        (texts.mean, None, Some(seen.matrix.total)),
        (texts.peak, None, summed.map(|summed| summed.peak.1)),
        (texts.p95, Some(p95_of), summed.map(|summed| summed.p95)),
    ];
    html! {
        dl.stats {
            @for (name, note, estimate) in figures {
                @if let Some(estimate) = estimate {
                    div {
                        dt { (name) @if let Some(note) = note { " " small { (note) } } }
                        dd { (rate(rate_of(&estimate))) (between(texts, rate_of(&estimate))) }
                    }
                }
            }
            @if let Some(share) = &seen.matrix.attribution {
                div {
                    dt { (texts.quality.attributed_short) }
                    dd { (stat_of_share(texts, share)) }
                }
            }
        }
    }
}

fn stat_of_share(texts: &Texts, share: &ShareEstimate) -> Markup {
    let shown = ratio::share(share);
    html! {
        (shown.number) "\u{a0}" span.unit { "%" }
        @if let Some((low, high)) = &shown.range { span.between { (say(texts.between, &[("low", low), ("high", high)])) } }
    }
}

fn members(scene: &Scene<'_>, seen: &Seen) -> Markup {
    let texts = scene.texts;
    let rows = || seen.members.members.iter().filter(|row| row.sent.bytes + row.received.bytes > 0).take(scene.asked.top.unwrap_or(TOP));
    let most = rows().map(|row| rate_of(&row.sent).high.max(rate_of(&row.received).high)).max().unwrap_or(0);
    let download = same_question("/api/v1/members", scene.pairs, &[("format", "csv")]);
    let remarks = Remarks::of(texts, rows().flat_map(|row| [&row.sent, &row.received]));
    let unseen = seen.members.unseen.as_ref();
    html! {
        section.panel aria-labelledby="members" {
            header { h2 #members { (texts.top_members) } a.csv href=(download) download { (texts.csv) } }
            div.scroll data-live="members" tabindex="0" role="region" aria-labelledby="members" {
                @if rows().next().is_none() { p.calm { (texts.empty) } } @else {
                    table.data data-sortable="members" {
                        caption.unseen { (texts.top_members) }
                        thead { tr {
                            (head(texts.member, false))
                            th.num scope="col" colspan="2" data-sort="number" { (texts.sends) }
                            th.num scope="col" colspan="2" data-sort="number" { (texts.receives) }
                            (head(texts.peers, true))
                        } }
                        tbody { @for row in rows() { tr {
                            (member_cell(&row.member.name, row.member.asn))
                            @for estimate in [&row.sent, &row.received] {
                                @let bounded = if estimate.bytes == 0 { below(unseen) } else { rate_of(estimate) };
                                (bar_cell(rate_of(estimate), most)) (rate_cell(bounded, &remarks.marks(estimate)))
                            }
                            td.num.quiet data-value=(row.peers) { (row.peers) }
                        } } }
                    }
                    (remarks.notes(scene.pairs))
                    (flows_note(texts, &seen.members.total))
                }
            }
        }
    }
}

fn pairs(scene: &Scene<'_>, seen: &Seen) -> Markup {
    let texts = scene.texts;
    let remarks = Remarks::of(texts, seen.matrix.cells.iter().map(|cell| &cell.estimate));
    let most = seen.matrix.cells.iter().map(|cell| rate_of(&cell.estimate).high).max().unwrap_or(0);
    html! {
        section.panel aria-labelledby="pairs" {
            header { h2 #pairs { (texts.top_pairs) } a.csv href=(same_question("/matrix", scene.pairs, &[])) { (texts.all_pairs) } }
            div.scroll data-live="pairs" tabindex="0" role="region" aria-labelledby="pairs" {
                @if seen.matrix.cells.is_empty() { p.calm { (texts.empty) } } @else {
                    table.data data-sortable="pairs" {
                        caption.unseen { (texts.top_pairs) }
                        thead { tr {
                            (head(texts.sender, false)) (head(texts.receiver, false))
                            th.num scope="col" colspan="2" data-sort="number" { (texts.rate) }
                            (head(texts.interval, true)) (head(texts.share, true))
                        } }
                        tbody { @for (cell, (src, dst)) in seen.matrix.cells.iter().zip(&seen.names) { tr {
                            (member_cell(src, cell.src)) (member_cell(dst, cell.dst))
                            (bar_cell(rate_of(&cell.estimate), most)) (rate_cell(rate_of(&cell.estimate), &remarks.marks(&cell.estimate)))
                            (interval_cell(texts, &cell.estimate)) (share_cell(cell.share.as_ref()))
                        } } }
                    }
                    (remarks.notes(scene.pairs))
                    (flows_note(texts, &seen.matrix.total))
                }
            }
        }
    }
}
