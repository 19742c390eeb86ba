//! Matrix: who sends how much to whom.

use maud::{Markup, html};
use store::StoreError;
use store::answer::{Coverage, Estimate, Reasoned, ShareEstimate, Unseen};

use super::Scene;
use super::address::{changed, same_question};
use super::cells::{bar_cell, count_cell, flows_note, head, interval_cell, member_cell, rate, rate_cell, share_cell, volume};
use super::heatmap::{Grid, Line, concentration, everyone};
use super::quality::{Remarks, in_words};
use crate::asked::{Asked, Order};
use crate::figure::{count, rate_of};
use crate::messages::{Texts, fill, say};
use crate::moment::span;
use crate::reading::Reading;

/// Members with a row and a column of their own, unless the address says otherwise.
const TOP: usize = 30;

/// The most members that are drawn as cells of a table: more would be too much for a browser, and for eyes.
const MOST_DRAWN: usize = 80;

/// Rows of the table of pairs; the CSV has all.
const MOST_PAIRS: usize = 50;

/// Choices of how many members are shown.
const CHOICES: [usize; 4] = [10, 20, 30, 50];

/// What the page shows.
pub(super) struct Seen {
    coverage: Coverage,
    total: Estimate,
    set_aside: Reasoned,
    members: Vec<Line>,
    registered: usize,
    cells: Vec<(u32, u32, Estimate)>,
    pairs: Vec<Pair>,
    unseen: Option<Unseen>,
}

struct Pair {
    src: (u32, String),
    dst: (u32, String),
    estimate: Estimate,
    share: Option<ShareEstimate>,
}

/// Reads what the page shows.
pub(super) fn seen(reading: &Reading, asked: &Asked) -> Result<Seen, StoreError> {
    let question = everyone(&asked.question);
    let matrix = reading.matrix(&question, None)?;
    let members = reading.members(&question)?.members;
    let name = |asn: u32| (asn, reading.name(asn).into_owned());
    let pairs = matrix.cells.iter().take(MOST_PAIRS);
    let registered = members.iter().filter(|row| row.registered).count();
    let active = members.into_iter().filter(|row| row.sent.bytes > 0 || row.received.bytes > 0);
    Ok(Seen {
        pairs: pairs.map(|cell| Pair { src: name(cell.src), dst: name(cell.dst), estimate: cell.estimate, share: cell.share }).collect(),
        members: active
            .map(|row| Line { asn: Some(row.member.asn), name: row.member.name, sent: row.sent, received: row.received })
            .collect(),
        registered,
        cells: matrix.cells.iter().map(|cell| (cell.src, cell.dst, cell.estimate)).collect(),
        coverage: matrix.coverage,
        total: matrix.total,
        set_aside: matrix.set_aside,
        unseen: matrix.unseen,
    })
}

/// Draws the page.
pub(super) fn body(scene: &Scene<'_>, seen: &Seen) -> Markup {
    html! {
        section.lead data-live="lead" { (lead(scene, seen)) }
        (heat(scene, seen))
        (pairs(scene, seen))
    }
}

fn lead(scene: &Scene<'_>, seen: &Seen) -> Markup {
    let texts = scene.texts;
    let (active, possible, half) = concentration(&seen.cells, seen.registered.max(seen.members.len()));
    let concentrated = html! { @if half > 0 { (say(texts.half_of, &[("half", &count(half as u64))])) } };
    let places = [
        ("active", html! { strong { (count(active as u64)) } }),
        ("possible", html! { (count(possible as u64)) }),
        ("concentration", concentrated),
    ];
    html! {
        h1 { (fill(texts.pairs_exchange, &places)) }
        p.sub {
            (rate(rate_of(&seen.total))) " " (texts.mean.to_lowercase()) " · " (span(seen.coverage.from, seen.coverage.to))
            " · " (fill(texts.rests_on, &[("samples", html! { (count(seen.total.samples)) })]))
            " · " (in_words(texts, &seen.total))
        }
    }
}

fn heat(scene: &Scene<'_>, seen: &Seen) -> Markup {
    let (texts, order) = (scene.texts, scene.asked.order);
    let top = scene.asked.top.unwrap_or(TOP).min(MOST_DRAWN);
    let grid = Grid::new(seen.members.clone(), &seen.cells, top, order, texts.others);
    html! {
        section.panel.wide aria-labelledby="heat" {
            header {
                h2 #heat { (texts.matrix_caption) }
                (choices(scene, top))
            }
            @if grid.len() == 0 { p.calm { (texts.empty) } } @else {
                p.readout #readout data-hint=(texts.matrix_hint) { (texts.matrix_hint) }
                div.scroll.heat-scroll data-live="heat" { (grid.table(texts, seen.unseen.as_ref())) }
                div data-live="legend" { (grid.legend(texts, seen.unseen.as_ref())) }
            }
        }
    }
}

fn choices(scene: &Scene<'_>, top: usize) -> Markup {
    let texts = scene.texts;
    let orders =
        [(Order::Volume, "volume", texts.order_volume), (Order::Name, "name", texts.order_name), (Order::Asn, "asn", texts.order_asn)];
    html! {
        nav.choices aria-label=(texts.order) {
            @for (order, name, text) in orders {
                a href=(changed("/matrix", scene.pairs, &[("order", name)])) aria-current=[(order == scene.asked.order).then_some("true")] { (text) }
            }
        }
        nav.choices aria-label=(texts.members_shown) {
            @for choice in CHOICES {
                a href=(changed("/matrix", scene.pairs, &[("top", &choice.to_string())])) aria-current=[(choice == top).then_some("true")] { (choice) }
            }
        }
    }
}

fn pairs(scene: &Scene<'_>, seen: &Seen) -> Markup {
    let texts = scene.texts;
    let most = seen.pairs.iter().map(|pair| rate_of(&pair.estimate).high).max().unwrap_or(0);
    let more = seen.cells.get(seen.pairs.len()..).unwrap_or_default();
    let more_rate: u64 = more.iter().map(|(_, _, cell)| cell.bits_per_second).sum();
    let download = same_question("/api/v1/matrix", scene.pairs, &[("format", "csv")]);
    let remarks = Remarks::of(texts, seen.pairs.iter().map(|pair| &pair.estimate));
    html! {
        section.panel.wide aria-labelledby="pairs" {
            header { h2 #pairs { (texts.pairs_caption) } a.csv href=(download) download { (texts.csv) } }
            div.scroll data-live="pairs" tabindex="0" role="region" aria-labelledby="pairs" {
                table.data data-sortable="pairs" {
                    caption.unseen { (texts.pairs_caption) }
                    thead { tr {
                        (head(texts.sender, false)) (head(texts.receiver, false))
                        th.num scope="col" colspan="2" data-sort="number" { (texts.rate) }
                        (head(texts.interval, true)) (head(texts.share, true)) (head(texts.samples, true))
                    } }
                    tbody { @for pair in &seen.pairs { tr {
                        (member_cell(&pair.src.1, pair.src.0)) (member_cell(&pair.dst.1, pair.dst.0))
                        (bar_cell(rate_of(&pair.estimate), most)) (rate_cell(rate_of(&pair.estimate), &remarks.marks(&pair.estimate)))
                        (interval_cell(texts, &pair.estimate)) (share_cell(pair.share.as_ref()))
                        (count_cell(pair.estimate.samples))
                    } } }
                }
                @if !more.is_empty() {
                    p.more { (fill(texts.more_pairs, &[
                        ("count", html! { (count(more.len() as u64)) }),
                        ("rate", rate(rate_of(&Estimate { bits_per_second: more_rate, bytes: 1, bytes_low: 1, bytes_high: 1, ..Estimate::default() }))),
                    ])) }
                }
                (remarks.notes(scene.pairs))
                (flows_note(texts, &seen.total))
                (set_aside(texts, &seen.set_aside))
            }
        }
    }
}

/// What is counted beside the matrix, in a sentence; nothing where there is nothing.
fn set_aside(texts: &Texts, aside: &Reasoned) -> Markup {
    let parts = html! {
        @for (place, (reason, estimate)) in aside.reasons.iter().enumerate() {
            @if place > 0 { ", " }
            (volume(estimate)) " " (texts.reason(reason))
        }
    };
    html! { @if !aside.reasons.is_empty() { p.more { (fill(texts.set_aside, &[("parts", parts)])) } } }
}
