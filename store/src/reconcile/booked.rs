//! What the two tables say of each port and period.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use polars_core::prelude::DataFrame;
use schema::window::{PORT_SAMPLES, PORTS};
use schema::{Sums, Timestamp};

use super::{Direction, Held, Periods, Port, PortSide, covers};
use crate::cells::sums;
use crate::error::Result;
use crate::fold::Fold;
use crate::reader::Sources;

/// What was sampled at one side of a port from or to one member in one period.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Sampled {
    pub(crate) side: PortSide,
    /// The member; 0 for none that is known.
    pub(crate) asn: u32,
    /// All that was sampled.
    pub(crate) sums: Sums,
    /// Octets of it that are set aside from the matrix.
    set_aside: u64,
}

/// What a port's counters grew by in one period.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Counter {
    covered: Duration,
    received: u64,
    sent: u64,
}

/// Samples and counters by port and period.
pub(crate) struct Booked {
    pub(crate) periods: Periods,
    pub(crate) agents: Vec<Arc<str>>,
    /// What was sampled in each period, in the order of sides and members.
    samples: Vec<Vec<Sampled>>,
    counters: Vec<BTreeMap<Port, Counter>>,
    /// Of each aggregate, the ports that belong to it.
    aggregates: BTreeMap<Port, BTreeSet<Port>>,
    /// Ports between switches, as the configuration says.
    pub(crate) core: BTreeSet<Port>,
}

impl Booked {
    /// Reads both tables; `None` if nothing was sampled at any port, so that there is nothing to hold against the counters.
    pub(crate) fn read(sources: &Sources, periods: Periods) -> Result<Option<Self>> {
        let step = Some(periods.length());
        let keys = ["time", "agent", "if_index", "egress", "asn"];
        let samples = sources.summed(&Fold::all(PORT_SAMPLES, step).by(&keys), |window| &window.port_samples)?;
        if samples.height() == 0 {
            return Ok(None);
        }
        let fold = Fold::all(PORTS, step).by(&["time", "agent", "if_index"]);
        let counters = sources.summed(&fold.measuring(&["covered_ms", "in_octets", "out_octets", "lag"]), |window| &window.ports)?;
        let count = periods.count();
        let mut booked = Self {
            periods,
            agents: agents([&samples, &counters])?,
            samples: vec![Vec::new(); count],
            counters: vec![BTreeMap::new(); count],
            aggregates: BTreeMap::new(),
            core: BTreeSet::new(),
        };
        booked.add_samples(&samples)?;
        booked.add_counters(&counters)?;
        Ok(Some(booked))
    }

    fn add_samples(&mut self, rows: &DataFrame) -> Result<()> {
        let keys = self.keys(rows)?.into_iter().zip(rows.column("egress")?.u8()?.iter()).zip(rows.column("asn")?.u32()?.iter());
        let said = rows.column("bytes_set_aside")?.u64()?.iter().zip(rows.column("core")?.u8()?.iter());
        for ((((period, port), egress), asn), (sums, (aside, core))) in keys.zip(sums(rows)?.zip(said)) {
            let direction = egress.map_or(Direction::Untold, Direction::from_code);
            let (side, asn) = (PortSide { port, direction }, asn.unwrap_or_default());
            if core.is_some_and(|core| core > 0) {
                self.core.insert(port);
            }
            if let Some(period) = self.samples.get_mut(period) {
                period.push(Sampled { side, asn, sums, set_aside: aside.unwrap_or_default() });
            }
        }
        // The rows come in any order; sums of variances must not depend on it.
        self.samples.iter_mut().for_each(|period| period.sort_by_key(|row| (row.side, row.asn)));
        Ok(())
    }

    fn add_counters(&mut self, rows: &DataFrame) -> Result<()> {
        let covered = rows.column("covered_ms")?.u64()?.iter();
        let octets = rows.column("in_octets")?.u64()?.iter().zip(rows.column("out_octets")?.u64()?.iter());
        let lags = rows.column("lag")?.u32()?.iter();
        for (((period, port), covered), ((received, sent), lag)) in self.keys(rows)?.into_iter().zip(covered).zip(octets.zip(lags)) {
            let covered = Duration::from_millis(covered.unwrap_or_default());
            let counter = Counter { covered, received: received.unwrap_or_default(), sent: sent.unwrap_or_default() };
            if let Some(period) = self.counters.get_mut(period) {
                period.insert(port, counter);
            }
            if let Some(lag) = lag.filter(|lag| *lag != 0 && *lag != port.if_index) {
                self.aggregates.entry(Port { if_index: lag, ..port }).or_default().insert(port);
            }
        }
        Ok(())
    }

    /// The period and the port of each row.
    fn keys(&self, rows: &DataFrame) -> Result<Vec<(usize, Port)>> {
        let times = rows.column("time")?.i64()?.iter();
        let keys = times.zip(rows.column("agent")?.str()?.iter()).zip(rows.column("if_index")?.u32()?.iter());
        let keys = keys.map(|((time, agent), if_index)| {
            let agent = self.agents.binary_search_by(|known| (**known).cmp(agent.unwrap_or_default())).unwrap_or_default();
            (self.periods.of(Timestamp(time.unwrap_or_default())), Port { agent, if_index: if_index.unwrap_or_default() })
        });
        Ok(keys.collect())
    }

    /// What was sampled in some of the periods.
    pub(crate) fn samples(&self, periods: Range<usize>) -> impl Iterator<Item = &Sampled> {
        self.samples.get(periods).unwrap_or_default().iter().flatten()
    }

    /// Counter over samples of each side that was sampled, over some of the periods.
    pub(crate) fn held(&self, periods: Range<usize>) -> BTreeMap<PortSide, Held> {
        let mut held: BTreeMap<PortSide, Held> = self.samples(periods.clone()).map(|row| (row.side, Held::default())).collect();
        let witnesses: Vec<(PortSide, Vec<Port>)> = held.keys().map(|side| (*side, self.witnesses(*side))).collect();
        for period in periods {
            let sampled = self.sampled_in(period);
            if sampled.is_empty() && !self.periods.is_measured(period) {
                continue;
            }
            for (side, ports) in &witnesses {
                let counted = self.counted(period, side.direction, ports);
                let sampled = sampled.get(side).copied().unwrap_or_default();
                held.entry(*side).or_default().add(sampled, counted);
            }
        }
        held
    }

    fn sampled_in(&self, period: usize) -> BTreeMap<PortSide, Sums> {
        let mut sampled: BTreeMap<PortSide, Sums> = BTreeMap::new();
        self.samples(period..period + 1).for_each(|row| sampled.entry(row.side).or_default().merge(row.sums));
        sampled
    }

    /// The ports whose counters speak for what was sampled at a side: the port itself, or the ports of an aggregate that counts nothing itself.
    fn witnesses(&self, side: PortSide) -> Vec<Port> {
        let counts = |port: &Port| {
            self.counters
                .iter()
                .any(|period| period.get(port).and_then(|counter| counter.octets(side.direction)).is_some_and(|octets| octets > 0))
        };
        match self.aggregates.get(&side.port) {
            Some(ports) if !counts(&side.port) => ports.iter().copied().collect(),
            _ => vec![side.port],
        }
    }

    /// Octets that ports' counters show for a period, brought to the time that was measured of it; `None` if one of them covers too little.
    fn counted(&self, period: usize, direction: Direction, ports: &[Port]) -> Option<f64> {
        let counters = self.counters.get(period)?;
        let measured = self.periods.measured.get(period).copied().filter(|measured| !measured.is_zero())?;
        ports.iter().try_fold(0.0, |sum, port| {
            let counter = counters.get(port).filter(|counter| covers(counter.covered, measured))?;
            Some(sum + counter.octets(direction)? as f64 * measured.as_secs_f64() / counter.covered.as_secs_f64())
        })
    }

    /// A port as one that belongs to an aggregate, where it does: what enters by one of its ports may as well enter by another.
    pub(crate) fn aggregate_of(&self, port: Port) -> Port {
        self.aggregates.iter().find(|(_, ports)| ports.contains(&port)).map_or(port, |(aggregate, _)| *aggregate)
    }
}

impl Sampled {
    /// The part of it that counts in the matrix, as the same part of each of the sums.
    pub(crate) fn counting(&self) -> Sums {
        let sums = self.sums;
        if self.set_aside == 0 || sums.bytes == 0 {
            return sums;
        }
        let bytes = sums.bytes.saturating_sub(self.set_aside);
        let of = |number: u64| u64::try_from(u128::from(number) * u128::from(bytes) / u128::from(sums.bytes)).unwrap_or(number);
        Sums {
            samples: of(sums.samples),
            packets: of(sums.packets),
            bytes,
            variance: sums.variance * bytes as f64 / sums.bytes as f64,
            bytes_from_flows: of(sums.bytes_from_flows),
        }
    }
}

impl Counter {
    /// What it counted this way; `None` if the way is not told.
    const fn octets(&self, direction: Direction) -> Option<u64> {
        match direction {
            Direction::Received => Some(self.received),
            Direction::Sent => Some(self.sent),
            Direction::Untold => None,
        }
    }
}

/// The agents of both tables, in order.
fn agents(tables: [&DataFrame; 2]) -> Result<Vec<Arc<str>>> {
    let mut agents = BTreeSet::new();
    for table in tables {
        agents.extend(table.column("agent")?.str()?.iter().flatten());
    }
    Ok(agents.into_iter().map(Arc::from).collect())
}
