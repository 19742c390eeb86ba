//! The collector around the exporters: what it skipped, who is not on its list, its sockets and its store.

use maud::{Markup, html};
use schema::status::{Listener, Status};
use store::answer::ListenerHealth;
use store::shipping::ShippingStatus;

use super::super::Scene;
use super::super::cells::{count_cell, octets};
use crate::figure::count;
use crate::messages::{Texts, fill, say};
use crate::moment::{ago, full};

/// Senders that are not on the list and stand on the page; `status` has all that are remembered.
const MOST_STRANGERS: usize = 20;

/// What was stepped over, and why.
pub(super) fn skipped(texts: &Texts, status: &Status) -> Markup {
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
pub(super) fn strangers(texts: &Texts, status: &Status) -> Markup {
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

/// How long the collector runs, what it keeps, what of it is in ClickHouse, and by which list of members.
pub(super) fn keeping(scene: &Scene<'_>, status: &Status, shipping: Option<&ShippingStatus>) -> Markup {
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
                @if let Some(shipping) = shipping { dt { (texts.shipping.clickhouse) } dd { (shipped(texts, shipping)) } }
                dt { (texts.directory) }
                dd { @if directory.origin.is_empty() { (texts.directory_none) } @else { (say(texts.directory_holds, &places)) } }
            }
        }
    }
}

fn shipped(texts: &Texts, shipping: &ShippingStatus) -> Markup {
    let time = shipping.up_to.map(full).unwrap_or_default();
    let places =
        [("time", html! { (time) }), ("count", html! { (count(shipping.backlog_windows)) }), ("volume", octets(shipping.backlog_octets))];
    let text = match (shipping.up_to, shipping.newest, shipping.backlog_windows) {
        (None, _, _) | (_, None, 1..) => texts.shipping.not_asked,
        (_, _, 0) => texts.shipping.all_there,
        _ => texts.shipping.waiting,
    };
    fill(text, &places)
}

/// What the listening addresses took: in the span, or since the start where the span knows none.
pub(super) fn listeners(texts: &Texts, of_span: &[ListenerHealth], standing: &[Listener]) -> Markup {
    let since_start: Vec<ListenerHealth> = standing.iter().map(since_start).collect();
    let (caption, rows) =
        if of_span.is_empty() { (texts.listeners_caption, &*since_start) } else { (texts.budget.listeners_span, of_span) };
    let heads = [
        texts.threads,
        texts.buffer,
        texts.datagrams,
        texts.received,
        texts.dropped,
        texts.truncated,
        texts.budget.not_read,
        texts.budget.errors,
    ];
    html! {
        section.panel.wide aria-labelledby="listeners" {
            header { h2 #listeners { (texts.listeners) } p.note { (caption) } }
            div.scroll data-live="listeners" tabindex="0" role="region" aria-labelledby="listeners" {
                table.data {
                    caption.unseen { (caption) }
                    thead { tr {
                        th scope="col" { (texts.address) }
                        @for text in heads { th.num scope="col" { (text) } }
                    } }
                    tbody { @for row in rows { tr {
                        th.name scope="row" { (row.address) }
                        (sockets(standing, row))
                        (count_cell(row.datagrams)) (octets_cell(row.octets)) (count_cell(row.kernel_drops))
                        (count_cell(row.truncated)) (count_cell(row.refused)) (count_cell(row.errors))
                    } } }
                }
            }
        }
    }
}

/// Threads and buffer of a listening address as it stands now.
fn sockets(standing: &[Listener], row: &ListenerHealth) -> Markup {
    html! {
        @match standing.iter().find(|listener| listener.address.to_string() == row.address) {
            Some(listener) => { td.num { (listener.threads) } (octets_cell(listener.receive_buffer as u64)) },
            None => { td.num.quiet { "–" } td.num.quiet { "–" } },
        }
    }
}

fn since_start(listener: &Listener) -> ListenerHealth {
    ListenerHealth {
        address: listener.address.to_string(),
        datagrams: listener.datagrams,
        octets: listener.octets,
        kernel_drops: listener.kernel_drops,
        truncated: listener.truncated,
        errors: listener.errors,
        refused: listener.refused,
    }
}

fn octets_cell(count: u64) -> Markup {
    html! { td.num data-value=(count) { (octets(count)) } }
}

/// What the directory's loader warns of.
pub(super) fn warnings(texts: &Texts, status: &Status) -> Markup {
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
