//! What needs somebody's attention, and what it comes from.

mod collector;
mod exporters;
mod shipping;
mod traffic;

use std::time::Duration;

use maud::{Markup, html};
use schema::status::Status;
use store::answer::{ExporterHealth, MatrixAnswer, PortTraffic};
use store::shipping::ShippingStatus;

use super::Scene;

/// An exporter that has sent nothing for so long is called silent: longer than the slowest usual counter interval.
pub(super) const SILENT_AFTER: Duration = Duration::from_secs(180);

/// What tells of mistakes: the collector as it stands, and the answers of the span.
pub(super) struct Witnesses<'a> {
    pub(super) status: &'a Status,
    pub(super) shipping: Option<&'a ShippingStatus>,
    pub(super) matrix: &'a MatrixAnswer,
    pub(super) ports: &'a [PortTraffic],
    pub(super) exporters: &'a [ExporterHealth],
}

/// How urgent a line is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Bad,
    Warn,
}

struct Item {
    weight: Weight,
    title: Markup,
    detail: Markup,
}

impl Item {
    const fn bad(title: Markup, detail: Markup) -> Self {
        Self { weight: Weight::Bad, title, detail }
    }

    const fn warn(title: Markup, detail: Markup) -> Self {
        Self { weight: Weight::Warn, title, detail }
    }
}

/// The list, the gravest first.
pub(super) fn list(scene: &Scene<'_>, seen: &Witnesses<'_>) -> Markup {
    let mut items = collector::items(scene, seen.status);
    items.extend(seen.shipping.into_iter().flat_map(|shipping| shipping::items(scene.texts, shipping)));
    items.extend(traffic::items(scene, seen));
    items.extend(exporters::items(scene, seen));
    items.extend(collector::of_directory(scene.texts, seen.status));
    items.sort_by_key(|item| item.weight);
    html! {
        @if items.is_empty() {
            p.calm { (scene.texts.attention_none) }
        } @else {
            ul.items {
                @for item in &items {
                    li class=(if item.weight == Weight::Bad { "bad" } else { "warn" }) {
                        b { (item.title) }
                        p { (item.detail) }
                    }
                }
            }
        }
    }
}

/// Whether a part of a whole is worth a line.
const fn is_worth_a_line(part: u64, whole: u64, per_mille: u64) -> bool {
    part > 0 && part.saturating_mul(1_000) >= whole.saturating_mul(per_mille)
}
