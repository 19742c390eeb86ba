//! What needs somebody's attention.

use std::time::Duration;

use maud::{Markup, html};
use schema::Timestamp;
use schema::status::{ExporterStatus, Status};
use store::answer::{MatrixAnswer, Reasoned};

use super::cells::volume;
use crate::figure::{count, percent};
use crate::messages::{Texts, fill, say};
use crate::moment::ago;

/// An exporter that has sent nothing for so long is called silent: longer than the slowest usual counter interval.
pub(super) const SILENT_AFTER: Duration = Duration::from_secs(180);

/// Unattributed traffic from this share on, in thousandths, is worth a line.
const UNATTRIBUTED_PER_MILLE: u64 = 5;

/// Lost samples from this share on, in thousandths, are worth a line.
const LOST_PER_MILLE: u64 = 1;

/// Samples and flow records without a rate from this share on, in thousandths, are worth a line: the few that came before the rate are not.
const UNSCALABLE_PER_MILLE: u64 = 1;

/// Warnings of the directory that are shown one by one; the page of the exporters has them all.
const MOST_WARNINGS: usize = 3;

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

/// The list, the gravest first.
pub(super) fn list(texts: &Texts, now: Timestamp, status: &Status, matrix: &MatrixAnswer) -> Markup {
    let mut items = of_store(texts, status);
    items.extend(status.exporters.iter().filter_map(|exporter| of_exporter(texts, now, exporter)));
    items.extend(status.exporters.iter().filter_map(|exporter| of_rate(texts, now, exporter)));
    items.extend(of_listeners(texts, status));
    items.extend(of_strangers(texts, status));
    items.extend(of_traffic(texts, matrix));
    items.extend(of_directory(texts, status));
    items.sort_by_key(|item| item.weight);
    html! {
        @if items.is_empty() {
            p.calm { (texts.attention_none) }
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

fn of_store(texts: &Texts, status: &Status) -> Vec<Item> {
    let mut items = Vec::new();
    if let Some(reason) = &status.store.failing {
        items.push(Item { weight: Weight::Bad, title: html! { (texts.store_failing) }, detail: html! { (reason) } });
    }
    if status.store.windows_lost > 0 {
        let title = say(texts.windows_lost, &[("count", &count(status.store.windows_lost))]);
        items.push(Item { weight: Weight::Bad, title, detail: html! { (texts.windows_lost_detail) } });
    }
    items
}

fn of_exporter(texts: &Texts, now: Timestamp, exporter: &ExporterStatus) -> Option<Item> {
    let (name, silence) = (exporter.agent.to_string(), now.since(exporter.last_seen));
    if silence > SILENT_AFTER {
        let title = say(texts.silent, &[("exporter", &name)]);
        return Some(Item { weight: Weight::Bad, title, detail: say(texts.silent_detail, &[("ago", &ago(silence))]) });
    }
    if exporter.protocol.is_sflow() { of_lost_samples(texts, exporter) } else { of_lost_records(texts, exporter) }
}

/// Whether a part of a whole is worth a line.
const fn is_worth_a_line(part: u64, whole: u64, per_mille: u64) -> bool {
    part > 0 && part.saturating_mul(1_000) >= whole.saturating_mul(per_mille)
}

fn of_lost_samples(texts: &Texts, exporter: &ExporterStatus) -> Option<Item> {
    let totals = &exporter.totals;
    let lost = totals.lost_samples.saturating_add(totals.agent_drops);
    let all = totals.flow_samples.saturating_add(lost);
    if !is_worth_a_line(lost, all, LOST_PER_MILLE) {
        return None;
    }
    let counts = [count(totals.lost_datagrams), count(totals.lost_samples), count(totals.agent_drops)];
    let [datagrams, samples, drops] = &counts;
    let detail = say(texts.lost_detail, &[("datagrams", datagrams), ("samples", samples), ("drops", drops)]);
    let title = say(texts.lost, &[("exporter", &exporter.agent.to_string()), ("share", &percent(lost, all))]);
    Some(Item { weight: Weight::Warn, title, detail })
}

/// NetFlow v5 and IPFIX number their records, NetFlow v9 its datagrams: the share is of what is numbered.
fn of_lost_records(texts: &Texts, exporter: &ExporterStatus) -> Option<Item> {
    let totals = &exporter.totals;
    let by_record = (totals.lost_records, totals.flow_records);
    let by_datagram = (totals.lost_datagrams, totals.datagrams);
    let (lost, came) = if totals.lost_records > 0 { by_record } else { by_datagram };
    let all = came.saturating_add(lost);
    if !is_worth_a_line(lost, all, LOST_PER_MILLE) {
        return None;
    }
    let (datagrams, records) = (count(totals.lost_datagrams), count(totals.lost_records));
    let detail = say(texts.lost_records_detail, &[("datagrams", &datagrams), ("records", &records)]);
    let title = say(texts.lost_records_title, &[("exporter", &exporter.agent.to_string()), ("share", &percent(lost, all))]);
    Some(Item { weight: Weight::Warn, title, detail })
}

/// An exporter of which no sampling rate is known makes its traffic look small, and nothing else tells.
fn of_rate(texts: &Texts, now: Timestamp, exporter: &ExporterStatus) -> Option<Item> {
    let totals = &exporter.totals;
    let all = totals.flow_samples.saturating_add(totals.flow_records);
    let is_heard = now.since(exporter.last_seen) <= SILENT_AFTER;
    if !is_heard || !is_worth_a_line(totals.unscalable, all, UNSCALABLE_PER_MILLE) {
        return None;
    }
    let title = say(texts.unscalable, &[("exporter", &exporter.agent.to_string())]);
    let detail = say(texts.unscalable_detail, &[("count", &count(totals.unscalable))]);
    Some(Item { weight: Weight::Warn, title, detail })
}

fn of_strangers(texts: &Texts, status: &Status) -> Option<Item> {
    let (address, datagrams) = status.strangers.iter().max_by_key(|(_, datagrams)| *datagrams)?;
    let title = say(texts.strangers_seen, &[("count", &count(status.strangers.len() as u64))]);
    let detail = say(texts.strangers_detail, &[("address", &address.to_string()), ("datagrams", &count(*datagrams))]);
    Some(Item { weight: Weight::Warn, title, detail })
}

fn of_listeners(texts: &Texts, status: &Status) -> Vec<Item> {
    let dropping = status.listeners.iter().filter(|listener| listener.kernel_drops > 0);
    let item = |listener: &schema::status::Listener| Item {
        weight: Weight::Bad,
        title: say(texts.kernel_drops, &[("count", &count(listener.kernel_drops)), ("address", &listener.address.to_string())]),
        detail: html! { (texts.kernel_drops_detail) },
    };
    dropping.map(item).collect()
}

fn of_traffic(texts: &Texts, matrix: &MatrixAnswer) -> Option<Item> {
    let Reasoned { all, reasons } = &matrix.unattributed;
    if all.bytes.saturating_mul(1_000) < matrix.total.bytes.saturating_mul(UNATTRIBUTED_PER_MILLE).max(1) {
        return None;
    }
    let (reason, _) = reasons.iter().max_by_key(|(_, estimate)| estimate.bytes)?;
    let title = say(texts.unattributed, &[("share", &percent(all.bytes, matrix.total.bytes))]);
    let places = [("reason", html! { (texts.reason(reason)) }), ("volume", volume(all))];
    Some(Item { weight: Weight::Warn, title, detail: fill(texts.unattributed_detail, &places) })
}

fn of_directory(texts: &Texts, status: &Status) -> Vec<Item> {
    let directory = &status.directory;
    let warn = |title: Markup, detail: Markup| Item { weight: Weight::Warn, title, detail };
    let mut items = Vec::new();
    if let Some(refused) = &directory.refused {
        items.push(warn(html! { (texts.directory_refused) }, html! { (refused) }));
    }
    let shown = directory.warnings.iter().take(MOST_WARNINGS);
    items.extend(shown.map(|warning| warn(html! { (texts.directory_warning) }, html! { (warning) })));
    let more = directory.warnings.len().saturating_sub(MOST_WARNINGS);
    if more > 0 {
        items.push(warn(html! { (texts.directory_warning) }, say(texts.directory_more, &[("count", &more.to_string())])));
    }
    items
}
