//! Gathers the truth from where it is counted.

use std::collections::BTreeMap;

use schema::Timestamp;

use super::Exchange;
use crate::flows::Flow;
use crate::port::Port;
use crate::truth::{Exported, PortTruth, Truth, Volume};

impl Exchange {
    /// What really crossed the fabric until now. It is gathered when asked for, in time proportional to the flows.
    #[must_use]
    pub fn truth(&self) -> Truth {
        let exported = self.exported();
        let mut truth = Truth {
            exchange: self.plan.exchange.clone(),
            seed: self.plan.seed,
            sampling: self.plan.sampling,
            from: Timestamp(self.from),
            to: Timestamp(self.now),
            total: Volume::default(),
            cells: Vec::new(),
            unattributed: BTreeMap::new(),
            set_aside: BTreeMap::new(),
            ports: self.port_truths(&self.ports[..self.members.len()]),
            core_ports: self.port_truths(&self.ports[self.members.len()..]),
            minutes: self.minutes.iter().copied().collect(),
            datagrams: exported.datagrams,
            flow_samples: exported.flow_samples,
            counter_samples: exported.counter_samples,
            agent_drops: self.ports.iter().map(|port| u64::from(port.drops)).sum(),
            silent_drops: self.ports.iter().map(|port| port.fates.dropped_silently).sum(),
            wild_samples: self.ports.iter().map(|port| port.fates.wild).sum(),
            protocols: BTreeMap::from([(self.plan.protocol.name(), exported)]),
            not_exported: BTreeMap::new(),
        };
        for (flow, volume) in self.traffic.volumes().filter(|(_, volume)| volume.frames > 0) {
            self.add(&mut truth, flow, volume);
        }
        truth
    }

    fn exported(&self) -> Exported {
        let mut exported = Exported::default();
        for agent in &self.agents {
            exported += agent.emitted();
        }
        exported
    }

    fn add(&self, truth: &mut Truth, flow: &Flow, volume: Volume) {
        let Some(reason) = flow.untold(self.plan.protocol) else {
            truth.add(flow, volume);
            return;
        };
        *truth.not_exported.entry(reason).or_default() += volume;
        truth.add(flow, Volume { samples: 0, ..volume });
    }

    fn port_truths(&self, ports: &[Port]) -> Vec<PortTruth> {
        let first_pool = |port: &Port| if self.plan.made_up_pool { 0 } else { port.first_pool };
        ports.iter().map(|port| PortTruth { first_pool: first_pool(port), ..port_truth(port) }).collect()
    }
}

fn port_truth(port: &Port) -> PortTruth {
    let (place, entered, left) = (&port.place, port.counters.entered, port.counters.left);
    PortTruth {
        agent: place.agent,
        if_index: place.if_index,
        asn: place.owner,
        speed_bits_per_second: place.speed,
        sampling: port.rate,
        in_frames: entered.frames(),
        in_octets: entered.octets,
        out_frames: left.frames(),
        out_octets: left.octets,
        in_discards: entered.discards,
        first_pool: port.first_pool,
        in_samples: port.fates.entering,
        out_samples: port.fates.leaving,
        agent_drops: port.drops,
        silent_drops: port.fates.dropped_silently,
        wild_samples: port.fates.wild,
    }
}
