//! The exporters that a shard follows from datagram to datagram.

use std::net::IpAddr;

use schema::sample::Agent;
use schema::{Rate, Timestamp};

use crate::Refused;
use crate::delta::Map;
use crate::exporter::{ExporterKey, ExporterTally};
use crate::policy::{Policies, Policy};
use crate::sequence::{Numbering, RecordSequence, Sequence, Step};
use crate::table::Table;
use crate::weight::is_plausible;

/// Exporters (protocol, agent, sub-agent, UDP source) that a shard follows. UDP sources and agent addresses can be forged: without a bound a forger
/// would fill the memory. An exchange has tens of switches.
pub(crate) const MAX_EXPORTERS: usize = 4_096;

/// Exporters behind one UDP source address. Agent addresses and observation domains are whatever a datagram says: without this bound one host that
/// invents them would take the places of all others. A relay or a large chassis has some tens.
pub(crate) const MAX_AGENTS_PER_SOURCE: usize = 256;

/// The exporter of the datagram at hand: its place in this shard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExporterId(usize);

/// What a shard remembers of an exporter between datagrams.
#[derive(Clone, Debug)]
pub(crate) struct Exporter {
    pub(crate) key: ExporterKey,
    /// Its agent, for its data sources' keys.
    pub(crate) agent_number: AgentNumber,
    /// What the operator knows better.
    pub(crate) policy: Policy,
    /// Whether it is more than its core ports, so that each sample must be looked at.
    pub(crate) adjusts_samples: bool,
    pub(crate) tally: ExporterTally,
    /// The latest rate of its flow records that can be one.
    plausible: Rate,
    numbers: Numbers,
    uptime_ms: Option<u32>,
    last_seen: Timestamp,
}

/// Both kinds of numbers; an exporter uses one.
#[derive(Clone, Default, Debug)]
struct Numbers {
    datagrams: Sequence,
    records: Box<RecordSequence>,
}

/// An uptime may step back by this much without a restart: datagrams are reordered by less.
const RESTART_SLACK_MS: u32 = 5_000;

/// From here on an uptime is about to wrap, as it does every 49.7 days; within the hour in which silence is forgotten a small one is no restart.
const NEAR_WRAP_MS: u32 = u32::MAX - 3_600_000;

impl Exporter {
    fn new(key: ExporterKey, agent_number: AgentNumber, policy: Policy) -> Self {
        Self {
            key,
            agent_number,
            adjusts_samples: policy.adjusts_samples(),
            policy,
            tally: ExporterTally::default(),
            plausible: Rate::UNKNOWN,
            numbers: Numbers::default(),
            uptime_ms: None,
            last_seen: Timestamp::default(),
        }
    }

    /// The rate that counts for a flow record which announced this one; see [`MAX_PLAUSIBLE_RATE`](crate::weight::MAX_PLAUSIBLE_RATE).
    pub(crate) fn record_rate(&mut self, announced: Rate) -> Rate {
        if self.policy.sampling.is_some() || announced.is_unknown() {
            return self.policy.rate(announced);
        }
        if is_plausible(announced) {
            self.plausible = announced;
            return announced;
        }
        self.tally.implausible += 1;
        self.policy.rate(self.plausible)
    }

    /// Takes the numbers in a datagram's header.
    #[inline]
    pub(crate) fn datagram(&mut self, numbering: Numbering, uptime_ms: Option<u32>, at: Timestamp) -> Result<(), Refused> {
        self.last_seen = at;
        self.tally.last_seen = at;
        // Line cards with clocks of their own may share their numbers: where those go on, nothing has started again.
        let is_younger = self.grows_younger(uptime_ms) && !self.numbers.go_on(numbering);
        let mut step = self.numbers.follow(numbering, uptime_ms);
        if is_younger && step != Step::Late {
            self.numbers.start_again(numbering, uptime_ms);
            step = Step::Restart;
        }
        self.book(numbering, step)
    }

    /// Whether an exporter that is younger than before has started again, and its numbers with it.
    fn grows_younger(&mut self, uptime_ms: Option<u32>) -> bool {
        let Some(now) = uptime_ms else { return false };
        let before = self.uptime_ms.replace(now);
        before.is_some_and(|before| now.saturating_add(RESTART_SLACK_MS) < before && before < NEAR_WRAP_MS)
    }

    #[inline]
    fn book(&mut self, numbering: Numbering, step: Step) -> Result<(), Refused> {
        let tally = &mut self.tally;
        match (step, numbering) {
            // How many records are missing is known with its own.
            (Step::First, _) | (Step::Ahead(_), Numbering::Records(_)) => {}
            (Step::Ahead(by), Numbering::Datagrams(_)) => tally.lost_datagrams += i64::from(by) - 1,
            (Step::Late, Numbering::Datagrams(_)) => {
                tally.lost_datagrams -= 1;
                tally.reordered_datagrams += 1;
            }
            // What it makes good is known with its records.
            (Step::Late, Numbering::Records(_)) => tally.reordered_datagrams += 1,
            (Step::Duplicate, _) => {
                tally.duplicate_datagrams += 1;
                return Err(Refused::Duplicate);
            }
            (Step::Restart, _) => tally.restarts += 1,
        }
        tally.datagrams += 1;
        Ok(())
    }

    /// Takes the number of records in the datagram at hand.
    pub(crate) fn records_held(&mut self, records: Option<u32>) {
        self.tally.lost_records += self.numbers.records.held(records);
    }
}

impl Numbers {
    #[inline]
    fn follow(&mut self, numbering: Numbering, uptime_ms: Option<u32>) -> Step {
        match numbering {
            Numbering::Datagrams(number) => self.datagrams.follow(number),
            Numbering::Records(number) => self.records.follow(number, uptime_ms),
        }
    }

    fn go_on(&self, numbering: Numbering) -> bool {
        match numbering {
            Numbering::Datagrams(number) => self.datagrams.expects(number),
            Numbering::Records(number) => self.records.expects(number),
        }
    }

    fn start_again(&mut self, numbering: Numbering, uptime_ms: Option<u32>) {
        match numbering {
            Numbering::Datagrams(number) => {
                self.datagrams = Sequence::default();
                self.datagrams.follow(number);
            }
            Numbering::Records(number) => self.records.start_again(number, uptime_ms),
        }
    }
}

/// The exporters of a shard.
#[derive(Default)]
pub(crate) struct Roster {
    exporters: Table<ExporterKey, Exporter>,
    /// How many of them are behind each UDP source address.
    behind: Map<IpAddr, usize>,
    /// The numbers of the agents that these exporters are.
    agents: Map<Agent, AgentNumber>,
    /// How many agents were ever numbered. No number is given twice.
    numbered: AgentNumber,
}

/// An agent by a number of this shard, which is compared more quickly than its address.
pub(crate) type AgentNumber = u32;

impl Roster {
    /// The exporter of this name, which is a new one if it was not heard before.
    #[inline]
    pub(crate) fn find(&mut self, key: &ExporterKey, policies: &Policies) -> Result<ExporterId, Refused> {
        match self.exporters.place(key) {
            Some(place) => Ok(ExporterId(place)),
            None => self.enter(key, policies),
        }
    }

    #[cold]
    fn enter(&mut self, key: &ExporterKey, policies: &Policies) -> Result<ExporterId, Refused> {
        if self.exporters.len() >= MAX_EXPORTERS {
            return Err(Refused::TooManyExporters);
        }
        if self.behind.get(&key.source).is_some_and(|count| *count >= MAX_AGENTS_PER_SOURCE) {
            return Err(Refused::TooManyAgents);
        }
        let place = self.exporters.len();
        let number = self.number(key.agent);
        self.exporters.insert_new(*key, Exporter::new(*key, number, policies.of(&key.agent).cloned().unwrap_or_default()));
        *self.behind.entry(key.source).or_default() += 1;
        Ok(ExporterId(place))
    }

    /// The number of an agent, which the exporters behind several UDP sources share.
    fn number(&mut self, agent: Agent) -> AgentNumber {
        let next = self.numbered;
        let number = *self.agents.entry(agent).or_insert(next);
        self.numbered += u32::from(number == next);
        number
    }

    #[inline]
    pub(crate) fn get(&self, id: ExporterId) -> Option<&Exporter> {
        self.exporters.at(id.0)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, id: ExporterId) -> Option<&mut Exporter> {
        self.exporters.at_mut(id.0)
    }

    /// The exporter of this name, if it was heard and not forgotten.
    pub(crate) fn known_mut(&mut self, key: &ExporterKey) -> Option<&mut Exporter> {
        self.exporters.get_mut(key)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Exporter> {
        self.exporters.values_mut()
    }

    /// Forgets those that were last heard before `horizon`.
    pub(crate) fn forget_silent(&mut self, horizon: Timestamp) {
        self.exporters.retain(|_, exporter| exporter.last_seen >= horizon);
        self.behind.clear();
        self.agents.clear();
        for exporter in self.exporters.values() {
            *self.behind.entry(exporter.key.source).or_default() += 1;
            self.agents.insert(exporter.key.agent, exporter.agent_number);
        }
    }
}
