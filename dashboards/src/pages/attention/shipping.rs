//! What keeps windows from ClickHouse.

use maud::html;
use store::shipping::ShippingStatus;

use super::super::cells::octets;
use super::Item;
use crate::figure::count;
use crate::messages::{Texts, fill, say};
use crate::moment::full;

/// That it fails now, and what is missing there for good.
pub(super) fn items(texts: &Texts, shipping: &ShippingStatus) -> Vec<Item> {
    [failing(texts, shipping), given_up(texts, shipping), unreadable(texts, shipping)].into_iter().flatten().collect()
}

fn failing(texts: &Texts, shipping: &ShippingStatus) -> Option<Item> {
    let (reason, since) = shipping.failing.as_ref().zip(shipping.failing_since)?;
    let title = say(texts.shipping.failing, &[("time", &full(since))]);
    let places = [
        ("reason", html! { (reason) }),
        ("count", html! { (count(shipping.backlog_windows)) }),
        ("volume", octets(shipping.backlog_octets)),
    ];
    Some(Item::warn(title, fill(texts.shipping.failing_detail, &places)))
}

fn given_up(texts: &Texts, shipping: &ShippingStatus) -> Option<Item> {
    let (from, to) = shipping.given_up.span?;
    let title = say(texts.shipping.given_up, &[("count", &count(shipping.given_up.windows))]);
    Some(Item::bad(title, say(texts.shipping.given_up_detail, &[("from", &full(from)), ("to", &full(to))])))
}

fn unreadable(texts: &Texts, shipping: &ShippingStatus) -> Option<Item> {
    let title = || say(texts.shipping.unreadable, &[("count", &count(shipping.unreadable))]);
    (shipping.unreadable > 0).then(|| Item::bad(title(), html! { (texts.shipping.unreadable_detail) }))
}
