//! Ports: their own counters beside what was sampled at them, and the ports that may join two switches.

mod suspects;
pub(super) mod verdict;

use maud::{Markup, html};
use store::StoreError;
use store::answer::{PortTraffic, PortsAnswer, Reconciliation};

use super::Scene;
use super::address::same_question;
use super::cells::{counted, head, rate};
use crate::asked::Asked;
use crate::figure::{Quantity, count, figure, rate_of};
use crate::messages::{Texts, fill, say};
use crate::moment::span;
use crate::ratio;
use crate::reading::Reading;
use verdict::{Side, Verdict};

/// What the page shows.
pub(super) struct Seen {
    answer: PortsAnswer,
}

/// Reads what the page shows.
pub(super) fn seen(reading: &Reading, asked: &Asked) -> Result<Seen, StoreError> {
    let mut answer = reading.ports(&asked.question)?;
    // Those that need a look come first; the others stay by switch and number.
    answer.ports.sort_by_key(|port| (port.suspicion.is_none(), verdict::of_port(port) != Verdict::Differs));
    Ok(Seen { answer })
}

/// Draws the page.
pub(super) fn body(scene: &Scene<'_>, seen: &Seen) -> Markup {
    html! {
        section.lead data-live="lead" { (lead(scene, seen)) }
        div data-live="suspects" { (suspects::panel(scene.texts, &seen.answer.ports)) }
        (table(scene, seen))
    }
}

/// A port as it names itself, else by its number.
pub(super) fn port_name(port: &PortTraffic) -> String {
    if port.name.is_empty() { format!("ifIndex {}", port.if_index) } else { port.name.clone() }
}

fn lead(scene: &Scene<'_>, seen: &Seen) -> Markup {
    let (texts, ports, coverage) = (&scene.texts.ports, &seen.answer.ports, &seen.answer.coverage);
    let of = |wanted: Verdict| ports.iter().filter(|port| verdict::of_port(port) == wanted).count() as u64;
    let (agree, differ) = (of(Verdict::Agrees), of(Verdict::Differs));
    let suspected = ports.iter().filter(|port| port.suspicion.is_some()).count() as u64;
    html! {
        h1 {
            @if ports.is_empty() {
                (texts.lead_none)
            } @else if agree + differ == 0 {
                (fill(texts.lead_unchecked, &[("ports", html! { strong { (count(ports.len() as u64)) } })]))
            } @else {
                (fill(texts.lead, &[
                    ("agree", html! { strong { (count(agree)) } }),
                    ("checked", html! { strong { (count(agree + differ)) } }),
                    ("differ", html! { @if differ > 0 { (say(texts.lead_differ, &[("differ", &count(differ))])) } }),
                ]))
            }
        }
        p.sub {
            (span(coverage.from, coverage.to))
            @if suspected > 0 { " · " (say(texts.lead_suspected, &[("count", &count(suspected))])) }
        }
    }
}

fn table(scene: &Scene<'_>, seen: &Seen) -> Markup {
    let texts = &scene.texts.ports;
    let download = same_question("/api/v1/ports", scene.pairs, &[("format", "csv")]);
    html! {
        section.panel.wide aria-labelledby="ports" {
            header { h2 #ports { (texts.caption) } p.note { (texts.note) } a.csv href=(download) download { (scene.texts.csv) } }
            div.scroll data-live="ports" tabindex="0" role="region" aria-labelledby="ports" {
                @if seen.answer.ports.is_empty() { p.calm { (texts.lead_none) } } @else { (rows(scene.texts, &seen.answer.ports)) }
            }
        }
    }
}

fn rows(texts: &Texts, ports: &[PortTraffic]) -> Markup {
    let words = &texts.ports;
    // Most switches sample what comes in alone: then there is nothing to hold the other counters against.
    let sampled_out = ports.iter().any(|port| port.sent.is_some());
    html! {
        table.data.tall data-sortable="ports" {
            caption.unseen { (words.caption) }
            thead { tr {
                (head(words.port, false)) (head(texts.member, false)) (head(words.role, false))
                (head(words.in_counted, true)) (head(words.in_sampled, true)) (factor_head(words.in_factor))
                (head(words.out_counted, true))
                @if sampled_out { (head(words.out_sampled, true)) (factor_head(words.out_factor)) }
                (head(words.off, true))
            } }
            tbody { @for port in ports { (row(texts, port, sampled_out)) } }
        }
    }
}

/// The head over the picture of a factor and its number.
fn factor_head(text: &str) -> Markup {
    html! { th.num scope="col" colspan="2" data-sort="number" { (text) } }
}

fn row(texts: &Texts, port: &PortTraffic, sampled_out: bool) -> Markup {
    let order = format!("{} {:010}", port.agent, port.if_index);
    html! {
        tr {
            th.name scope="row" data-value=(order) {
                span.member { (port_name(port)) }
                span.asn {
                    (port.agent)
                    @if !port.name.is_empty() { " " (texts.ports.index) " " (port.if_index) }
                    @if let Some(lag) = port.lag { ", " (texts.ports.aggregate) " " (lag) }
                }
            }
            (member(port)) (role(texts, port))
            (counted_cell(texts, port, Side::In)) (sampled_cell(texts, port.received.as_ref())) (factor_cells(texts, port.received.as_ref()))
            (counted_cell(texts, port, Side::Out))
            @if sampled_out { (sampled_cell(texts, port.sent.as_ref())) (factor_cells(texts, port.sent.as_ref())) }
            (off_cell(texts, port))
        }
    }
}

fn member(port: &PortTraffic) -> Markup {
    html! {
        @match &port.member {
            Some(member) => td.name data-value=(member.name) { span.member { (member.name) } span.asn { "AS" (member.asn) } },
            None => td.quiet data-value="" { "–" },
        }
    }
}

fn role(texts: &Texts, port: &PortTraffic) -> Markup {
    let words = &texts.ports;
    let (role, class) = match (&port.suspicion, port.core) {
        (Some(_), _) => (words.role_suspected, "state bad"),
        (None, true) => (words.role_core, "quiet"),
        (None, false) => (words.role_edge, "quiet"),
    };
    let speed = port.speed_bits_per_second;
    html! {
        td data-value=(role) {
            span class=(class) { (role) }
            @if speed > 0 { span.range { (rate(counted(speed))) } }
        }
    }
}

fn counted_cell(texts: &Texts, port: &PortTraffic, side: Side) -> Markup {
    let value = side.counted(port);
    html! { td.num data-value=(value) { @if port.reports > 0 { (rate(counted(value))) } @else { span.quiet { (texts.ports.not_counted) } } } }
}

fn sampled_cell(texts: &Texts, held: Option<&Reconciliation>) -> Markup {
    let Some(held) = held else { return html! { td.num.quiet data-value="0" { (texts.ports.not_sampled) } } };
    let bounded = rate_of(&held.sampled);
    html! {
        td.num data-value=(bounded.value) {
            (rate(bounded)) @if let Some((low, high)) = figure(bounded, Quantity::Rate).range { span.range { (low) "–" (high) } }
        }
    }
}

/// The picture of a factor, the factor, and what it says.
fn factor_cells(texts: &Texts, held: Option<&Reconciliation>) -> Markup {
    let verdict = verdict::of(held);
    let shown = held.and_then(ratio::factor);
    // Those that are furthest from one come first.
    let order = held.and_then(|held| held.factor).map_or(0.0, |factor| factor.ln().abs());
    html! {
        td.bar aria-hidden="true" { @if let (Some(held), Some(_)) = (held, &shown) { (picture(held)) } }
        td.num data-value=(order) {
            @if let Some(shown) = &shown {
                (shown.number) @if let Some((low, high)) = &shown.range { " " span.quiet { "(" (low) "–" (high) ")" } }
            }
            (verdict_mark(texts, verdict))
        }
    }
}

fn verdict_mark(texts: &Texts, verdict: Verdict) -> Markup {
    let (class, text) = match verdict {
        Verdict::Agrees => ("ok", texts.ports.agrees),
        Verdict::Differs => ("warn", texts.ports.differs),
        Verdict::Unsure => ("open", texts.ports.unsure),
        Verdict::Unchecked => ("open", texts.ports.unchecked),
    };
    html! { span.verdict { span class={ "state " (class) } { (text) } } }
}

/// The factor with its interval on a logarithmic scale from one half to twice, with the band of those that agree.
fn picture(held: &Reconciliation) -> Markup {
    let along = |factor: f64| ((factor.max(f64::MIN_POSITIVE).log2() + 1.0) * 50.0).clamp(0.0, 100.0);
    let written = |along: f64| format!("{along:.2}");
    let factor = held.factor.unwrap_or(1.0);
    let (low, high) = ratio::bounds_of(held).map_or((50.0, 50.0), |(low, high)| (along(low), along(high)));
    let (least, most) = verdict::AGREES;
    html! {
        svg.rod viewBox="0 0 100 12" preserveAspectRatio="none" focusable="false" {
            rect.k-band x=(written(along(least))) y="0" height="12" width=(written(along(most) - along(least))) {}
            line.k-one x1="50" x2="50" y1="0" y2="12" {}
            @if low < high { line.rod-whisker x1=(written(low)) x2=(written(high)) y1="6" y2="6" {} }
            line.k-at x1=(written(along(factor))) x2=(written(along(factor))) y1="2" y2="10" {}
        }
    }
}

fn off_cell(texts: &Texts, port: &PortTraffic) -> Markup {
    let held = || Side::ALL.into_iter().filter_map(|side| side.held(port));
    let (off, periods): (usize, usize) = (held().map(|held| held.periods_off).sum(), held().map(|held| held.periods).sum());
    let period = held().map(|held| held.period.as_str()).next().unwrap_or_default();
    let places = [("off", count(off as u64)), ("periods", count(periods as u64)), ("period", period.to_owned())];
    let [(one, off_text), (two, periods_text), (three, period)] = &places;
    html! {
        td.num .quiet[off == 0] data-value=(off) {
            @if periods > 0 { (say(texts.ports.off_of, &[(one, off_text), (two, periods_text), (three, period)])) } @else { "–" }
        }
    }
}
