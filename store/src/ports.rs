//! Ports' counters, and what was sampled at the ports.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use schema::window::PortRow;
use schema::{Level, Window};

use crate::answer::{Estimate, MemberName, PortTraffic, PortsAnswer, Reconciliation, Suspicion, rate};
use crate::error::Result;
use crate::figure::marked;
use crate::question::Question;
use crate::reader::{Reader, Sources};
use crate::reconcile::{Booked, Direction, Held, Periods, Port, PortSide, suspicions};
use crate::rows::collapsed;

impl Reader {
    /// The ports' counters over a span, and what was sampled at the ports held against them; the filters of the question do not apply.
    ///
    /// A port of which no counters came is listed if something was sampled there. `owner` gives the member at a port, by agent address and
    /// ifIndex. `live` is as for [`matrix`](Self::matrix).
    ///
    /// # Errors
    /// If the store cannot be listed or its rows cannot be summed.
    pub fn ports(&self, question: &Question, owner: &dyn Fn(&str, u32) -> Option<MemberName>, live: &[Arc<Window>]) -> Result<PortsAnswer> {
        let level = Periods::fair_level(question.length());
        self.answered_at(question, [Level::Day, level], live, |sources, finer| {
            let rows: Vec<PortRow> = collapsed(sources, |window| &window.ports)?;
            let booked = Booked::read(finer, Periods::new(finer, level))?;
            Ok(answer(sources, &rows, booked.as_ref(), owner))
        })
    }
}

fn answer(sources: &Sources, rows: &[PortRow], booked: Option<&Booked>, owner: &dyn Fn(&str, u32) -> Option<MemberName>) -> PortsAnswer {
    let mut ports: BTreeMap<(Arc<str>, u32), PortTraffic> = BTreeMap::new();
    for row in rows {
        ports.insert((Arc::clone(&row.agent), row.if_index), counted(row, owner(&row.agent, row.if_index)));
    }
    if let Some(booked) = booked {
        let sampled = AtPorts::of(booked, sources.spans.measured());
        for (port, of_port) in sampled.by_port() {
            let agent = booked.agents.get(port.agent).cloned().unwrap_or_default();
            let key = (Arc::clone(&agent), port.if_index);
            let nothing = || counted(&PortRow { agent: key.0.clone(), if_index: key.1, ..PortRow::default() }, owner(&key.0, key.1));
            of_port.show(ports.entry(key.clone()).or_insert_with(nothing));
        }
    }
    PortsAnswer { coverage: sources.coverage(), ports: ports.into_values().collect() }
}

/// What was sampled at the ports.
struct AtPorts<'b> {
    booked: &'b Booked,
    measured: Duration,
    held: BTreeMap<PortSide, Held>,
    suspicions: BTreeMap<Port, Suspicion>,
}

/// What was sampled at one port.
struct AtPort {
    received: Option<Reconciliation>,
    sent: Option<Reconciliation>,
    core: bool,
    suspicion: Option<Suspicion>,
}

impl<'b> AtPorts<'b> {
    fn of(booked: &'b Booked, measured: Duration) -> Self {
        Self { booked, measured, held: booked.held(0..booked.periods.count()), suspicions: suspicions(booked) }
    }

    fn by_port(&self) -> impl Iterator<Item = (Port, AtPort)> {
        let ports: BTreeSet<Port> = self.held.keys().map(|side| side.port).collect();
        ports.into_iter().map(|port| (port, self.at(port)))
    }

    fn at(&self, port: Port) -> AtPort {
        AtPort {
            received: self.reconciliation(PortSide { port, direction: Direction::Received }),
            sent: self.reconciliation(PortSide { port, direction: Direction::Sent }),
            core: self.booked.core.contains(&port),
            suspicion: self.suspicions.get(&port).copied(),
        }
    }

    fn reconciliation(&self, side: PortSide) -> Option<Reconciliation> {
        let held = self.held.get(&side)?;
        let (factor, interval) = (held.factor(), held.interval());
        Some(Reconciliation {
            sampled: marked(Estimate::new(held.sampled, self.measured), factor),
            factor,
            factor_low: interval.map(|(low, _)| low),
            factor_high: interval.and_then(|(_, high)| high),
            period: self.booked.periods.name(),
            periods: held.periods,
            periods_off: held.periods_off,
        })
    }
}

impl AtPort {
    fn show(self, port: &mut PortTraffic) {
        (port.received, port.sent, port.core, port.suspicion) = (self.received, self.sent, self.core, self.suspicion);
    }
}

fn counted(row: &PortRow, member: Option<MemberName>) -> PortTraffic {
    let covered = Duration::from_millis(row.covered_ms);
    PortTraffic {
        agent: row.agent.to_string(),
        if_index: row.if_index,
        name: row.name.to_string(),
        lag: (row.lag != 0).then_some(row.lag),
        member,
        speed_bits_per_second: row.speed,
        in_octets: row.in_octets,
        out_octets: row.out_octets,
        in_bits_per_second: rate(row.in_octets, covered),
        out_bits_per_second: rate(row.out_octets, covered),
        in_discards: row.in_discards,
        out_discards: row.out_discards,
        in_errors: row.in_errors,
        out_errors: row.out_errors,
        fcs_errors: row.fcs_errors,
        reports: row.reports,
        received: None,
        sent: None,
        core: false,
        suspicion: None,
    }
}
