//! `chorsu ports`: what the ports' own counters say, held against what was sampled there.

use std::collections::BTreeMap;
use std::fmt::Write;

use store::answer::{MemberName, PortTraffic, PortsAnswer, Reconciliation, Suspicion};

use super::{Archive, covering, show};
use crate::cli::Question;
use crate::failure::{Context, Outcome};
use crate::tables::{self, Align, table};

pub(crate) fn ports(asked: &Question) -> Outcome {
    let archive = Archive::open(asked)?;
    let owner = |agent: &str, if_index: u32| {
        let asn = archive.directory.by_port(agent.parse().ok()?, if_index)?;
        Some(MemberName { asn: asn.0, name: archive.name(asn.0) })
    };
    let answer = archive.reader.ports(&archive.question, &owner, &[]).plain()?;
    show(&answer, asked.format, PortsAnswer::to_batch, text)
}

fn text(answer: &PortsAnswer) -> String {
    let heads = [
        ("agent", Align::Left),
        ("ifIndex", Align::Right),
        ("name", Align::Left),
        ("in LAG", Align::Right),
        ("member", Align::Left),
        ("speed", Align::Right),
        ("in", Align::Right),
        ("sampled in", Align::Right),
        ("factor", Align::Right),
        ("counters", Align::Left),
        ("out", Align::Right),
        ("sampled out", Align::Right),
        ("factor", Align::Right),
        ("errors", Align::Right),
        ("discards", Align::Right),
        ("role", Align::Left),
    ];
    covering(&answer.coverage) + &table(&heads, answer.ports.iter().map(row)) + &off(&answer.ports) + &suspected(&answer.ports)
}

fn row(port: &PortTraffic) -> Vec<String> {
    let member = port.member.as_ref().map_or_else(String::new, |member| member.name.clone());
    let (errors, discards) = (port.in_errors + port.out_errors, port.in_discards + port.out_discards);
    let rates = [port.speed_bits_per_second, port.in_bits_per_second, port.out_bits_per_second].map(tables::rate);
    let [speed, inwards, outwards] = rates;
    let lag = port.lag.map_or_else(String::new, |lag| lag.to_string());
    let names = [port.agent.clone(), port.if_index.to_string(), tables::printable(&port.name), lag, member];
    let [received, received_by] = held(port.received.as_ref());
    let [sent, sent_by] = held(port.sent.as_ref());
    let quality = port.received.as_ref().map_or_else(|| "–".into(), quality);
    let role = match (port.core, port.suspicion) {
        (true, _) => "core",
        (false, Some(_)) => "core?",
        (false, None) => "",
    };
    let figures = [speed, inwards, received, received_by, quality, outwards, sent, sent_by, errors.to_string(), discards.to_string()];
    names.into_iter().chain(figures).chain([role.to_owned()]).collect()
}

/// What was sampled as a mean rate, and the counter over it with its interval.
fn held(against: Option<&Reconciliation>) -> [String; 2] {
    let Some(against) = against else { return ["–".into(), "–".into()] };
    let factor = match (against.factor, against.factor_low, against.factor_high) {
        (Some(factor), Some(low), Some(high)) => format!("{factor:.2} ({low:.2} – {high:.2})"),
        (Some(factor), ..) => format!("{factor:.2}"),
        _ => "–".into(),
    };
    [tables::rate(against.sampled.bits_per_second), factor]
}

/// What the counter says of the samples, in a word. The factor stands beside it.
fn quality(against: &Reconciliation) -> String {
    let all = tables::quality(&against.sampled);
    all.split_once(' ').map_or_else(|| all.clone(), |(word, _)| word.to_owned())
}

/// The ports whose counter and samples differ, with how much of the time.
fn off(ports: &[PortTraffic]) -> String {
    let mut text = String::new();
    for port in ports {
        for (direction, against) in [("received", &port.received), ("sent", &port.sent)] {
            let Some(against) = against.as_ref().filter(|against| against.periods_off > 0) else { continue };
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "{} {}: in {} of {} periods of {} the counter of what it {direction} and the samples differ by more than a tenth",
                port.agent, port.if_index, against.periods_off, against.periods, against.period
            );
        }
    }
    if text.is_empty() { text } else { format!("\n{text}") }
}

/// Why ports may join switches, and what to write into the configuration if they do.
fn suspected(ports: &[PortTraffic]) -> String {
    let mut text = String::new();
    let mut agents: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (port, suspicion) in ports.iter().filter_map(|port| Some((port, port.suspicion?))) {
        agents.entry(&port.agent).or_default();
        let _ = writeln!(text, "{}", why(port, suspicion));
    }
    // Those that are known already stand in the same line of the file.
    for port in ports.iter().filter(|port| port.core || port.suspicion.is_some()) {
        agents.entry(&port.agent).and_modify(|ports| ports.push(port.if_index));
    }
    if !agents.is_empty() {
        text.push_str("\nIf so, say it in the configuration, in the block of the exporter if it has one:\n");
    }
    for (agent, mut ports) in agents {
        ports.sort_unstable();
        ports.dedup();
        let ports: Vec<String> = ports.iter().map(ToString::to_string).collect();
        let list = ports.join(", ");
        let _ = write!(text, "\n[[exporter]]\naddress = \"{agent}\"\ncore_ports = [{list}]\n");
    }
    if text.is_empty() { text } else { format!("\n{text}") }
}

fn why(port: &PortTraffic, suspicion: Suspicion) -> String {
    let Suspicion { members, members_elsewhere, bytes, untold } = suspicion;
    let cause =
        if untold { "may join two switches, or be sampled in both directions without saying which" } else { "may join two switches" };
    format!(
        "{} {} {cause}: of {members} members whose frames entered there, {members_elsewhere} were also sampled at other ports; {} would count twice",
        port.agent,
        port.if_index,
        tables::octets(bytes)
    )
}

#[cfg(test)]
mod tests {
    use store::answer::{Estimate, Quality};

    use super::*;

    fn port(if_index: u32) -> PortTraffic {
        PortTraffic {
            agent: "192.0.2.1".into(),
            if_index,
            name: String::new(),
            lag: None,
            member: None,
            speed_bits_per_second: 0,
            in_octets: 0,
            out_octets: 0,
            in_bits_per_second: 1_500,
            out_bits_per_second: 0,
            in_discards: 0,
            out_discards: 0,
            in_errors: 0,
            out_errors: 0,
            fcs_errors: 0,
            reports: 1,
            received: None,
            sent: None,
            core: false,
            suspicion: None,
        }
    }

    #[test]
    fn a_counter_stands_beside_what_was_sampled_with_the_factor_between_them() {
        let sampled = Estimate { bits_per_second: 1_000, quality: Quality::Differs, counter_factor: Some(1.5), ..Estimate::default() };
        let received = Reconciliation {
            sampled,
            factor: Some(1.5),
            factor_low: Some(1.4),
            factor_high: Some(1.62),
            period: "5m".into(),
            periods: 12,
            periods_off: 7,
        };
        let port = PortTraffic { received: Some(received), ..port(1) };
        assert_eq!(row(&port)[6..10], ["1.50 kbit/s", "1.00 kbit/s", "1.50 (1.40 – 1.62)", "differ"]);
        let said = off(&[port]);
        assert!(said.contains("in 7 of 12 periods of 5m the counter of what it received"), "{said}");
    }

    #[test]
    fn suspected_core_ports_come_with_one_block_to_paste_for_each_exporter() {
        let suspicion = Some(Suspicion { members: 12, members_elsewhere: 10, bytes: 1_200_000_000, untold: false });
        let ports = [
            PortTraffic { core: true, ..port(48) },
            PortTraffic { suspicion, ..port(50) },
            PortTraffic { suspicion, ..port(49) },
            port(1),
            PortTraffic { agent: "192.0.2.2".into(), core: true, ..port(9) },
        ];
        let text = suspected(&ports);
        assert!(!text.contains("both directions"), "{text}");
        assert!(text.contains("192.0.2.1 50 may join two switches: of 12 members"), "{text}");
        assert!(text.ends_with("[[exporter]]\naddress = \"192.0.2.1\"\ncore_ports = [48, 49, 50]\n"), "{text}");
        assert_eq!(text.matches("[[exporter]]").count(), 1, "{text}");
        assert_eq!(suspected(&ports[3..]), "");
    }
}
