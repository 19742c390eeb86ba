//! What exporters lose, and what is wrong with what they say.

use schema::Timestamp;
use schema::status::ExporterStatus;
use store::answer::ExporterHealth;

use super::super::Scene;
use super::{Item, SILENT_AFTER, Witnesses, is_worth_a_line};
use crate::figure::{count, percent};
use crate::messages::{Texts, say};
use crate::moment::ago;

/// Lost samples from this share on, in thousandths, are worth a line.
const LOST_PER_MILLE: u64 = 1;

/// Samples and flow records without a rate from this share on, in thousandths, are worth a line: the few that came before the rate are not.
const UNSCALABLE_PER_MILLE: u64 = 1;

/// Samples whose pool was refused from this share on, in thousandths, are worth a line.
const POOL_REFUSED_PER_MILLE: u64 = 10;

/// What is known of the exporters as they stand, and of what they sent in the span.
pub(super) fn items(scene: &Scene<'_>, seen: &Witnesses<'_>) -> Vec<Item> {
    let (texts, now, standing) = (scene.texts, scene.now, &seen.status.exporters);
    let mut items: Vec<Item> = standing.iter().filter_map(|exporter| of_exporter(texts, now, exporter)).collect();
    items.extend(standing.iter().filter_map(|exporter| of_rate(texts, now, exporter)));
    for exporter in seen.exporters {
        items.extend(of_silent_drops(texts, exporter));
        items.extend(of_implausible(texts, exporter));
        items.extend(of_pools(texts, exporter));
    }
    items
}

/// Drops that the switch does not tell of; whether there are more than chance explains is judged where the budget is made.
fn of_silent_drops(texts: &Texts, exporter: &ExporterHealth) -> Option<Item> {
    let (dropped, due) = (exporter.loss.dropped_in_silence, exporter.loss.taken);
    if !is_worth_a_line(dropped, due, LOST_PER_MILLE) {
        return None;
    }
    let title = say(texts.causes.in_silence, &[("exporter", &exporter.agent), ("share", &percent(dropped, due))]);
    let detail = say(texts.causes.in_silence_detail, &[("count", &count(dropped)), ("due", &count(due))]);
    Some(Item::warn(title, detail))
}

fn of_implausible(texts: &Texts, exporter: &ExporterHealth) -> Option<Item> {
    let title = || say(texts.causes.implausible, &[("exporter", &exporter.agent)]);
    let detail = || say(texts.causes.implausible_detail, &[("count", &count(exporter.implausible))]);
    (exporter.implausible > 0).then(|| Item::warn(title(), detail()))
}

fn of_pools(texts: &Texts, exporter: &ExporterHealth) -> Option<Item> {
    let title = || say(texts.causes.pool_refused, &[("exporter", &exporter.agent)]);
    let detail = || say(texts.causes.pool_refused_detail, &[("count", &count(exporter.pool_refused))]);
    is_worth_a_line(exporter.pool_refused, exporter.flow_samples, POOL_REFUSED_PER_MILLE).then(|| Item::warn(title(), detail()))
}

fn of_exporter(texts: &Texts, now: Timestamp, exporter: &ExporterStatus) -> Option<Item> {
    let (name, silence) = (exporter.agent.to_string(), now.since(exporter.last_seen));
    if silence > SILENT_AFTER {
        let title = say(texts.silent, &[("exporter", &name)]);
        return Some(Item::bad(title, say(texts.silent_detail, &[("ago", &ago(silence))])));
    }
    if exporter.protocol.is_sflow() { of_lost_samples(texts, exporter) } else { of_lost_records(texts, exporter) }
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
    Some(Item::warn(title, detail))
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
    Some(Item::warn(title, detail))
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
    Some(Item::warn(title, detail))
}
