//! Cells of tables: figures with their intervals, bars with their whiskers.

use maud::{Markup, html};
use store::answer::{Estimate, ShareEstimate};

use crate::figure::{Bounded, Quantity, count, figure, rate_of};
use crate::messages::{Texts, say};
use crate::ratio;

/// A rate as number and unit.
pub(super) fn rate(bounded: Bounded) -> Markup {
    written(bounded, Quantity::Rate)
}

/// A volume as number and unit.
pub(super) fn volume(estimate: &Estimate) -> Markup {
    written(volume_of(estimate), Quantity::Volume)
}

/// Octets that are counted, or of which no interval is known.
pub(super) fn octets(octets: u64) -> Markup {
    written(Bounded { value: octets, low: octets, high: octets }, Quantity::Volume)
}

/// A rate that is counted, not estimated.
pub(super) const fn counted(rate: u64) -> Bounded {
    Bounded { value: rate, low: rate, high: rate }
}

fn written(bounded: Bounded, quantity: Quantity) -> Markup {
    let shown = figure(bounded, quantity);
    html! { span.fig { (shown.number) "\u{a0}" span.unit { (shown.unit) } } }
}

/// An estimate's octets with their interval.
pub(super) const fn volume_of(estimate: &Estimate) -> Bounded {
    Bounded { value: estimate.bytes, low: estimate.bytes_low, high: estimate.bytes_high }
}

/// ", between x and y" for a rate, or nothing where it is certain.
pub(super) fn between(texts: &Texts, bounded: Bounded) -> Markup {
    match figure(bounded, Quantity::Rate).range {
        None => html! {},
        Some((low, high)) => html! { span.between { (say(texts.between, &[("low", &low), ("high", &high)])) } },
    }
}

/// The cell of a rate, with what has to be said of it before the number, so that numbers stay in line.
pub(super) fn rate_cell(bounded: Bounded, marks: &Markup) -> Markup {
    html! { td.num data-value=(bounded.value) { (marks) (rate(bounded)) } }
}

/// The cell of a rate's interval, in the unit of the rate's own cell.
pub(super) fn interval_cell(texts: &Texts, estimate: &Estimate) -> Markup {
    let half = estimate.bytes_high.saturating_sub(estimate.bytes_low);
    let range = figure(rate_of(estimate), Quantity::Rate).range;
    html! { td.num.quiet data-value=(half) { @if let Some((low, high)) = range { (low) "–" (high) } @else { (texts.quality.exact) } } }
}

/// The note under a table of figures of which a part came in flow records.
pub(super) fn flows_note(texts: &Texts, total: &Estimate) -> Markup {
    html! { @if total.interval_is_lower_bound { p.more { (texts.from_flows) } } }
}

/// The cell of a whole number.
pub(super) fn count_cell(number: u64) -> Markup {
    html! { td.num data-value=(number) .zero[number == 0] { (count(number)) } }
}

/// The cell of a bar that reaches to `most` at its end, with a whisker for the interval. The figure stands beside it, so readers of
/// the screen may pass it by.
pub(super) fn bar_cell(bounded: Bounded, most: u64) -> Markup {
    html! { td.bar aria-hidden="true" { (bar(bounded, most)) } }
}

/// The cell of a share with its interval.
pub(super) fn share_cell(share: Option<&ShareEstimate>) -> Markup {
    let Some(share) = share else { return html! { td.num.quiet data-value="0" { "–" } } };
    let shown = ratio::share(share);
    html! {
        td.num.quiet data-value=(share.share) {
            (shown.percent()) @if let Some((low, high)) = &shown.range { " " span.range { (low) "–" (high) } }
        }
    }
}

/// A horizontal bar with its whisker.
pub(super) fn bar(bounded: Bounded, most: u64) -> Markup {
    let along = |value: u64| format!("{:.2}", (value as f64 * 100.0 / most.max(1) as f64).min(100.0));
    html! {
        svg.rod viewBox="0 0 100 12" preserveAspectRatio="none" focusable="false" {
            rect.rod-fill x="0" y="2" height="8" width=(along(bounded.value)) {}
            @if bounded.low < bounded.high {
                line.rod-whisker x1=(along(bounded.low)) x2=(along(bounded.high)) y1="6" y2="6" {}
            }
        }
    }
}

/// A member as it stands in tables.
pub(super) fn member_cell(name: &str, asn: u32) -> Markup {
    html! { th.name scope="row" data-value=(name) { span.member { (name) } " " span.asn { "AS" (asn) } } }
}

/// The head of a column that scripts may sort by.
pub(super) fn head(text: &str, numeric: bool) -> Markup {
    html! { th scope="col" .num[numeric] data-sort=(if numeric { "number" } else { "text" }) { (text) } }
}
