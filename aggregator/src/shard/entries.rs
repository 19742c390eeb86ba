//! Where agents were seen to sample frames as they enter.

use std::net::IpAddr;

use foldhash::fast::RandomState;
use hashbrown::HashSet;
use schema::sample::{Agent, DataSource, Interface};

use crate::policy::CorePorts;

/// The ports and agents of which samples taken at ingress have come. They are those of data sources that the shard follows, and as bounded.
///
/// An agent is its address: a frame may enter at a port of one sub-agent and leave at a port of another. Each shard knows what came through it, so the
/// datagrams of an agent's sub-agents should come through one.
#[derive(Default)]
pub(super) struct Entries {
    agents: HashSet<u128, RandomState>,
    ports: HashSet<(u128, u32), RandomState>,
}

impl Entries {
    /// Notes that samples were taken at ingress here.
    #[cold]
    pub(super) fn note(&mut self, agent: Agent, source: DataSource) {
        let agent = bits(agent.address);
        self.agents.insert(agent);
        if let Some(port) = source.interface() {
            self.ports.insert((agent, port));
        }
    }

    /// Whether a frame that was sampled at `source` as it left could be sampled as it entered through `input`.
    ///
    /// A port that is sampled in both directions stands for the others: a port of the same switch that is not sampled on entering, too, is one to another
    /// switch, which samples on entering as this one does.
    pub(super) fn sample(&self, agent: Agent, input: Interface, source: DataSource, core_ports: &CorePorts) -> bool {
        let agent = bits(agent.address);
        let samples = |port| self.ports.contains(&(agent, port));
        let is_both = source.interface().is_some_and(samples);
        match input {
            // It entered the fabric at another switch.
            Interface::Index(port) if core_ports.contains(port) => self.agents.contains(&agent),
            Interface::Index(port) => is_both || samples(port),
            Interface::Unknown => is_both,
            Interface::Internal | Interface::Discarded(_) | Interface::Multiple(_) => false,
        }
    }

    pub(super) fn clear(&mut self) {
        self.agents.clear();
        self.ports.clear();
    }
}

const fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}
