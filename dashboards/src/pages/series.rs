//! Traffic over time: the place of the chart, its sentence, and its table.

use maud::{Markup, html};
use schema::Timestamp;
use schema::time::span_text;
use store::answer::{Estimate, TimeseriesAnswer};

use super::address::same_question;
use super::cells::{rate, rate_cell};
use super::{Scene, chart_step};
use crate::figure::{rate_of, rate_over};
use crate::messages::{Texts, fill};
use crate::moment::within;

/// The figures that sum a series up.
pub(super) struct Summary {
    pub(super) peak: (Timestamp, Estimate),
    pub(super) p95: Estimate,
}

/// Sums up the series of all traffic; `None` where nothing was measured.
///
/// The 95th percentile is by nearest rank: the smallest point that at least 95 % of the points do not exceed.
pub(super) fn summary(answer: &TimeseriesAnswer) -> Option<Summary> {
    let points = answer.series.first()?.points.iter();
    let seen: Vec<(Timestamp, Estimate)> =
        answer.times.iter().zip(points).filter_map(|(time, point)| point.map(|estimate| (*time, estimate))).collect();
    let peak = seen.iter().max_by_key(|(_, estimate)| estimate.bits_per_second).copied()?;
    let mut estimates: Vec<Estimate> = seen.into_iter().map(|(_, estimate)| estimate).collect();
    estimates.sort_by_key(|estimate| estimate.bits_per_second);
    let rank = (estimates.len() * 95).div_ceil(100);
    let p95 = estimates.get(rank.saturating_sub(1)).copied()?;
    Some(Summary { peak, p95 })
}

/// The chart's panel. Without scripts its table stands open in its place.
pub(super) fn panel(scene: &Scene<'_>, by_version: &TimeseriesAnswer, total: &Estimate, summary: Option<&Summary>) -> Markup {
    let texts = scene.texts;
    let step = span_text(chart_step(scene.asked.question.length()));
    let more = [("by", "ip_version"), ("step", step.as_str())];
    let source = same_question("/api/v1/timeseries", scene.pairs, &more);
    let download = same_question("/api/v1/timeseries", scene.pairs, &[more[0], more[1], ("format", "csv")]);
    html! {
        section.panel.wide aria-labelledby="traffic" {
            header { h2 #traffic { (texts.traffic) } p.note { (texts.traffic_by) } a.csv href=(download) download { (texts.csv) } }
            figure.plot {
                div.chart data-chart="traffic" data-source=(source) data-step=(step) role="img" aria-labelledby="traffic-sees" {}
                figcaption #traffic-sees data-live="traffic-sees" {
                    @if let Some(summary) = summary { (sentence(scene, total, summary)) } @else { (texts.carries_nothing) }
                }
            }
            details.figures {
                summary { (texts.as_table) }
                div.scroll data-live="traffic-table" tabindex="0" role="region" aria-labelledby="traffic" { (table(scene, by_version)) }
            }
        }
    }
}

fn sentence(scene: &Scene<'_>, total: &Estimate, summary: &Summary) -> Markup {
    let (at, peak) = summary.peak;
    let at = within(at, scene.asked.question.length());
    let places =
        [("peak", html! { b { (rate(rate_of(&peak))) } }), ("at", html! { (at) }), ("mean", html! { b { (rate(rate_of(total))) } })];
    fill(scene.texts.traffic_sees, &places)
}

fn table(scene: &Scene<'_>, answer: &TimeseriesAnswer) -> Markup {
    let texts = scene.texts;
    let length = scene.asked.question.length();
    html! {
        table.data {
            caption.unseen { (texts.traffic) }
            thead { tr {
                th scope="col" { (texts.time) }
                @for series in &answer.series { th.num scope="col" { (version(texts, &series.key)) } }
                th.num scope="col" { (texts.measured) }
            } }
            tbody {
                @for (row, (time, measured)) in answer.times.iter().zip(&answer.measured).enumerate().rev() {
                    tr {
                        th scope="row" { (within(*time, length)) }
                        @for series in &answer.series {
                            @match series.points.get(row).copied().flatten() {
                                Some(estimate) => (rate_cell(rate_over(&estimate, *measured), &html! {})),
                                None => td.num.quiet { "–" },
                            }
                        }
                        td.num.quiet { (measured) "\u{a0}s" }
                    }
                }
            }
        }
    }
}

fn version(texts: &Texts, key: &str) -> String {
    match key {
        "4" => "IPv4".to_owned(),
        "6" => "IPv6".to_owned(),
        "0" => texts.not_ip.to_owned(),
        other => other.to_owned(),
    }
}
