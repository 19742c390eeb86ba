//! What is wrong with the figures themselves: traffic without members, counted twice, or against its ports' counters.

use std::collections::BTreeMap;

use maud::{Markup, html};
use store::answer::{MatrixAnswer, PortTraffic, Reasoned};

use super::super::Scene;
use super::super::cells::{octets, volume};
use super::super::ports::verdict::{Side, Verdict};
use super::super::ports::{port_name, verdict};
use super::super::quality::ports_link;
use super::{Item, Witnesses};
use crate::figure::{count, percent};
use crate::messages::{Texts, fill, say};
use crate::ratio;

/// Unattributed traffic from this share on, in thousandths, is worth a line.
const UNATTRIBUTED_PER_MILLE: u64 = 5;

/// What the matrix and the ports say.
pub(super) fn items(scene: &Scene<'_>, seen: &Witnesses<'_>) -> Vec<Item> {
    let mut items = of_core_ports(scene, seen.ports);
    items.extend(of_counters(scene, seen.ports));
    items.extend(of_traffic(scene.texts, seen.matrix));
    items
}

/// A line for each switch whose ports may count frames twice, with the evidence of the one that does it most.
fn of_core_ports(scene: &Scene<'_>, ports: &[PortTraffic]) -> Vec<Item> {
    let mut of_agents = BTreeMap::<&str, Vec<&PortTraffic>>::new();
    for port in ports.iter().filter(|port| port.suspicion.is_some()) {
        of_agents.entry(&port.agent).or_default().push(port);
    }
    of_agents.into_iter().filter_map(|(agent, ports)| of_suspects(scene, agent, &ports)).collect()
}

fn of_suspects(scene: &Scene<'_>, agent: &str, ports: &[&PortTraffic]) -> Option<Item> {
    let causes = &scene.texts.causes;
    let twice: u64 = ports.iter().filter_map(|port| port.suspicion).map(|suspicion| suspicion.bytes).sum();
    let (port, evidence) = ports.iter().filter_map(|port| Some((port, port.suspicion?))).max_by_key(|(_, suspicion)| suspicion.bytes)?;
    let title = fill(causes.core_ports, &[("volume", octets(twice)), ("agent", html! { (agent) })]);
    let more = ports.len() - 1;
    let places = [
        ("port", html! { (port_name(port)) }),
        ("members", html! { (count(evidence.members as u64)) }),
        ("elsewhere", html! { (count(evidence.members_elsewhere as u64)) }),
        ("more", html! { @if more > 0 { " " (say(causes.core_ports_more, &[("count", &count(more as u64))])) } }),
        ("ports", ports_link(scene.texts, scene.pairs)),
    ];
    Some(Item::bad(title, fill(causes.core_ports_detail, &places)))
}

/// The ports whose counters differ from their samples, with the one where they differ most.
fn of_counters(scene: &Scene<'_>, ports: &[PortTraffic]) -> Option<Item> {
    let differing = ports.iter().filter(|port| verdict::of_port(port) == Verdict::Differs);
    let sides = differing.clone().flat_map(|port| Side::ALL.into_iter().filter_map(move |side| Some((port, side.held(port)?))));
    let (port, worst, _) = sides
        .filter(|(_, held)| verdict::of(Some(held)) == Verdict::Differs)
        .filter_map(|(port, held)| Some((port, held, held.factor?.ln().abs())))
        .max_by(|(_, _, one), (_, _, other)| one.total_cmp(other))?;
    let title = say(scene.texts.causes.ports_differ, &[("count", &count(differing.count() as u64))]);
    let places: [(&str, Markup); 4] = [
        ("port", html! { (port_name(port)) }),
        ("agent", html! { (port.agent) }),
        ("factor", html! { @if let Some(factor) = ratio::factor(worst) { (factor.number) } }),
        ("ports", ports_link(scene.texts, scene.pairs)),
    ];
    Some(Item::warn(title, fill(scene.texts.causes.ports_differ_detail, &places)))
}

fn of_traffic(texts: &Texts, matrix: &MatrixAnswer) -> Option<Item> {
    let Reasoned { all, reasons } = &matrix.unattributed;
    if all.bytes.saturating_mul(1_000) < matrix.total.bytes.saturating_mul(UNATTRIBUTED_PER_MILLE).max(1) {
        return None;
    }
    let (reason, _) = reasons.iter().max_by_key(|(_, estimate)| estimate.bytes)?;
    let title = say(texts.unattributed, &[("share", &percent(all.bytes, matrix.total.bytes))]);
    let places = [("reason", html! { (texts.reason(reason)) }), ("volume", volume(all))];
    Some(Item::warn(title, fill(texts.unattributed_detail, &places)))
}
