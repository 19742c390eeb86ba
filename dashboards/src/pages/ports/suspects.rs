//! Ports that may join two switches although the configuration does not say so: the evidence, and the lines to paste.

use std::collections::BTreeMap;

use maud::{Markup, html};
use store::answer::{PortTraffic, Suspicion};

use super::super::cells::octets;
use super::port_name;
use crate::figure::count;
use crate::messages::{Texts, fill, say};

/// A suspected port with its evidence.
type Suspect<'a> = (&'a PortTraffic, Suspicion);

/// The panel; nothing where no port is suspected.
pub(super) fn panel(texts: &Texts, ports: &[PortTraffic]) -> Markup {
    let mut of_agents = BTreeMap::<&str, Vec<Suspect<'_>>>::new();
    for (port, suspicion) in ports.iter().filter_map(|port| Some((port, port.suspicion?))) {
        of_agents.entry(&port.agent).or_default().push((port, suspicion));
    }
    html! {
        @if !of_agents.is_empty() {
            section.panel.wide aria-labelledby="suspects" {
                header { h2 #suspects { (texts.ports.suspected) } }
                ul.items.one { @for (agent, suspects) in &of_agents { li.bad { (of_agent(texts, agent, suspects)) } } }
            }
        }
    }
}

fn of_agent(texts: &Texts, agent: &str, suspects: &[Suspect<'_>]) -> Markup {
    html! {
        @for (port, suspicion) in suspects { p { b { (port_name(port)) } " " (evidence(texts, suspicion)) } }
        p { (say(texts.ports.remedy, &[("agent", agent)])) }
        pre.paste tabindex="0" { code { (lines(agent, suspects)) } }
    }
}

fn evidence(texts: &Texts, suspicion: &Suspicion) -> Markup {
    let places = [
        ("members", html! { (count(suspicion.members as u64)) }),
        ("elsewhere", html! { (count(suspicion.members_elsewhere as u64)) }),
        ("volume", octets(suspicion.bytes)),
    ];
    html! {
        (fill(texts.ports.evidence, &places))
        @if suspicion.untold { " " (texts.ports.evidence_untold) }
    }
}

/// The block of the configuration that names the ports.
fn lines(agent: &str, suspects: &[Suspect<'_>]) -> String {
    let mut ports: Vec<u32> = suspects.iter().map(|(port, _)| port.if_index).collect();
    ports.sort_unstable();
    let ports: Vec<String> = ports.iter().map(u32::to_string).collect();
    format!("[[exporter]]\naddress = \"{agent}\"\ncore_ports = [{}]", ports.join(", "))
}
