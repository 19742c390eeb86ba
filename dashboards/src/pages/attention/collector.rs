//! What the collector says of itself, its store and its directory.

use maud::html;
use schema::status::{Listener, Status};

use super::super::Scene;
use super::super::exporters::places;
use super::Item;
use crate::figure::count;
use crate::messages::{Texts, fill, say};

/// Warnings of the directory that are shown one by one; the page of the exporters has them all.
const MOST_WARNINGS: usize = 3;

/// Mistakes of this program, of its machine, and senders that nobody has allowed.
pub(super) fn items(scene: &Scene<'_>, status: &Status) -> Vec<Item> {
    let mut items = of_store(scene.texts, status);
    items.extend(of_ledger(scene.texts, status));
    items.extend(of_listeners(scene.texts, status));
    items.extend(of_strangers(scene.texts, status));
    items
}

/// What came is somewhere, or this program is wrong.
fn of_ledger(texts: &Texts, status: &Status) -> Option<Item> {
    let unaccounted = status.ledger.unaccounted();
    let address = "/api/v1/status";
    let detail = fill(texts.causes.unaccounted_detail, &[("status", html! { a href=(address) { (address) } })]);
    (unaccounted != 0).then(|| Item::bad(say(texts.causes.unaccounted, &[("count", &count(unaccounted.unsigned_abs()))]), detail))
}

fn of_store(texts: &Texts, status: &Status) -> Vec<Item> {
    let mut items = Vec::new();
    if let Some(reason) = &status.store.failing {
        items.push(Item::bad(html! { (texts.store_failing) }, html! { (reason) }));
    }
    if status.store.windows_lost > 0 {
        let title = say(texts.windows_lost, &[("count", &count(status.store.windows_lost))]);
        items.push(Item::bad(title, html! { (texts.windows_lost_detail) }));
    }
    items
}

fn of_listeners(texts: &Texts, status: &Status) -> Vec<Item> {
    let dropping = status.listeners.iter().filter(|listener| listener.kernel_drops > 0);
    let item = |listener: &Listener| {
        let (drops, address) = (count(listener.kernel_drops), listener.address.to_string());
        Item::bad(say(texts.kernel_drops, &[("count", &drops), ("address", &address)]), html! { (texts.kernel_drops_detail) })
    };
    dropping.map(item).collect()
}

fn of_strangers(texts: &Texts, status: &Status) -> Option<Item> {
    let (address, datagrams) = status.strangers.iter().max_by_key(|(_, datagrams)| *datagrams)?;
    let title = say(texts.strangers_seen, &[("count", &count(status.strangers.len() as u64))]);
    let detail = say(texts.strangers_detail, &[("address", &address.to_string()), ("datagrams", &count(*datagrams))]);
    Some(Item::warn(title, detail))
}

/// Whatever the directory's loaders warn of.
pub(super) fn of_directory(texts: &Texts, status: &Status) -> Vec<Item> {
    let directory = &status.directory;
    let mut items = Vec::new();
    if let Some(refused) = &directory.refused {
        items.push(Item::warn(html! { (texts.directory_refused) }, html! { (refused) }));
    }
    let refused = places::refused(status, texts);
    items.extend(refused.map(|(title, sentence)| Item::warn(html! { (title) }, html! { (sentence) })));
    let shown = directory.warnings.iter().take(MOST_WARNINGS);
    items.extend(shown.map(|warning| Item::warn(html! { (texts.directory_warning) }, html! { (warning) })));
    let more = directory.warnings.len().saturating_sub(MOST_WARNINGS);
    if more > 0 {
        items.push(Item::warn(html! { (texts.directory_warning) }, say(texts.directory_more, &[("count", &more.to_string())])));
    }
    items
}
