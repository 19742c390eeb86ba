//! Gathers the truth from where it is counted.

use std::collections::BTreeMap;

use schema::{Asn, Timestamp};

use super::Exchange;
use crate::flows::Flow;
use crate::members::Member;
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
            ports: self.port_truths(),
            minutes: self.minutes.iter().copied().collect(),
            datagrams: exported.datagrams,
            flow_samples: exported.flow_samples,
            counter_samples: exported.counter_samples,
            agent_drops: self.ports.iter().map(|port| u64::from(port.drops)).sum(),
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

    fn port_truths(&self) -> Vec<PortTruth> {
        let owners = self.members().iter().map(|member| Some(member.asn)).chain([None]);
        self.members.iter().zip(&self.ports).zip(owners).map(|((member, port), asn)| port_truth(member, port, asn)).collect()
    }
}

fn port_truth(member: &Member, port: &Port, asn: Option<Asn>) -> PortTruth {
    let (entered, left) = (port.counters.entered, port.counters.left);
    PortTruth {
        agent: member.agent,
        if_index: member.if_index,
        asn,
        speed_bits_per_second: member.speed,
        sampling: port.sampler.rate(),
        in_frames: entered.frames(),
        in_octets: entered.octets,
        out_frames: left.frames(),
        out_octets: left.octets,
        in_discards: entered.discards,
        first_pool: port.first_pool,
        agent_drops: port.drops,
    }
}
