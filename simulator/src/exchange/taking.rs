//! What a switch does with a frame that its sampler took, and with a port's counters when they are due.

use rand::RngExt;

use super::{Datagram, Event, Exchange};
use crate::agent::Agent;
use crate::flows::{Exit, Flow};
use crate::packet;
use crate::port::{Port, Side};
use crate::seen::{Passage, Seen};
use crate::sflow::{self, CounterSample, FlowSample, Output};
use crate::stream::Taken;
use crate::truth::Exported;

/// Rates that real switches have been heard to send and that no switch can have: more frames than pass in years.
const WILD_RATES: [u32; 2] = [u32::MAX, 3_000_000_000];

/// What the sampler of one side of a port says of a frame that it took.
#[derive(Clone, Copy, Debug)]
struct Picked<'a> {
    flow: &'a Flow,
    /// Its octets with FCS.
    frame: u32,
    rate: u32,
    pool: u32,
    input: u32,
    output: Output,
    /// Its first octets.
    header: &'a [u8],
}

impl Exchange {
    pub(super) fn take_sample(&mut self, event: &Event, side: Side, taken: Taken, emit: &mut impl FnMut(&Datagram<'_>)) {
        let number = event.port;
        if self.drops_sample(number, side) {
            return;
        }
        self.count_sample(number, side, taken);
        let wild = self.wild_rate();
        let flow = self.traffic.flow(taken.class);
        let untagged = flow.profile.sizes()[usize::from(taken.class.size)].octets;
        let rng = if self.is_entry(number, side) { &mut self.rng } else { &mut self.misbehaviour };
        packet::write_header(&mut self.header, flow, untagged, &self.members, rng);
        let port = &mut self.ports[number];
        port.fates.wild += u64::from(wild.is_some());
        let (port, switch) = (&self.ports[number], self.ports[number].place.switch);
        let picked = Picked {
            flow,
            frame: flow.octets(untagged),
            rate: wild.unwrap_or(port.rate),
            pool: if self.plan.made_up_pool { 0 } else { port.pool(side, taken.position) },
            input: self.input(flow, switch),
            output: self.output(flow, switch),
            header: &self.header,
        };
        match &mut self.agents[switch] {
            Agent::Sflow(agent) => {
                let sample = flow_sample(agent.expanded, port, &picked);
                self.sample.clear();
                sflow::write_flow_sample(&mut self.sample, &sample);
                agent.add(event.at, &self.sample, told(port.rate, picked.frame), emit);
            }
            Agent::Flows(_) if flow.untold(self.plan.protocol).is_some() => {}
            Agent::Flows(exporter) => {
                let passage = Passage { at: event.at, input: picked.input, output: picked.output.index() };
                exporter.observe(&Seen::look(passage, flow, picked.frame, &self.header), &self.header, emit);
            }
        }
    }

    pub(super) fn write_report(&mut self, event: &Event, end: i64, emit: &mut impl FnMut(&Datagram<'_>)) {
        let port = &mut self.ports[event.port];
        // Ports' counters are sFlow's; exporters of flows have them elsewhere.
        let Agent::Sflow(agent) = &mut self.agents[port.place.switch] else { return };
        port.reports = port.reports.wrapping_add(1);
        let sample = CounterSample {
            expanded: agent.expanded,
            sequence: port.reports,
            if_index: port.place.if_index,
            speed: port.place.speed,
            counters: port.at((event.at - self.now).unsigned_abs(), (end - self.now).unsigned_abs()),
            port_name: &port.place.name,
        };
        self.sample.clear();
        sflow::write_counter_sample(&mut self.sample, &sample);
        agent.add(event.at, &self.sample, Exported { counter_samples: 1, ..Exported::default() }, emit);
    }

    /// Whether frames come into the exchange there.
    const fn is_entry(&self, number: usize, side: Side) -> bool {
        matches!(side, Side::Entering) && !self.traffic.fabric.is_core(number)
    }

    /// Whether the switch drops the sample, which it then counts.
    fn drops_sample(&mut self, number: usize, side: Side) -> bool {
        let share = self.plan.agent_drop_share;
        let rng = if self.is_entry(number, side) { &mut self.rng } else { &mut self.misbehaviour };
        if share <= 0.0 || !rng.random_bool(share) {
            return false;
        }
        let port = &mut self.ports[number];
        if self.plan.silent_drops {
            port.fates.dropped_silently += 1;
        } else {
            port.drops = port.drops.wrapping_add(1);
        }
        true
    }

    fn count_sample(&mut self, number: usize, side: Side, taken: Taken) {
        let port = &mut self.ports[number];
        port.sequence = port.sequence.wrapping_add(1);
        match side {
            Side::Entering => port.fates.entering += 1,
            Side::Leaving => port.fates.leaving += 1,
        }
        self.traffic.count_sample(taken.class);
    }

    /// The rate that a sample carries instead of its own, if its switch goes wild.
    fn wild_rate(&mut self) -> Option<u32> {
        let share = self.plan.wild_rates;
        let wild = share > 0.0 && self.misbehaviour.random_bool(share);
        wild.then(|| WILD_RATES[self.misbehaviour.random_range(0..WILD_RATES.len())])
    }

    /// What `switch` says of the way in.
    fn input(&self, flow: &Flow, switch: usize) -> u32 {
        if self.traffic.fabric.home(flow.entry) == switch { self.members[flow.entry].if_index } else { self.core_if_index(switch) }
    }

    /// What `switch` says of the way out.
    fn output(&self, flow: &Flow, switch: usize) -> Output {
        match flow.exit {
            Exit::Port(exit) if self.traffic.fabric.home(exit) == switch => Output::Index(self.members[exit].if_index),
            Exit::Port(_) => Output::Index(self.core_if_index(switch)),
            Exit::FloodUnsaid => Output::Unknown,
            // The core port is one of them, the port of entry is not; or the other way round.
            Exit::Flood => Output::Multiple(u32::try_from(self.traffic.fabric.at_home(switch)).unwrap_or(0)),
            Exit::Discarded => Output::Discarded,
        }
    }

    /// ifIndex of a switch's core port; only frames that pass by it ask for it.
    fn core_if_index(&self, switch: usize) -> u32 {
        self.ports.get(self.traffic.fabric.core(switch)).map_or(0, |port| port.place.if_index)
    }
}

fn flow_sample<'a>(expanded: bool, port: &Port, picked: &Picked<'a>) -> FlowSample<'a> {
    FlowSample {
        expanded,
        sequence: port.sequence,
        if_index: port.place.if_index,
        rate: picked.rate,
        pool: picked.pool,
        drops: port.drops,
        input: picked.input,
        output: picked.output,
        frame_length: picked.frame,
        header: picked.header,
        vlan: picked.flow.cell.vlan,
    }
}

/// What a flow sample of a frame of so many octets adds to what its switch exported.
fn told(rate: u32, frame: u32) -> Exported {
    let rate = u64::from(rate);
    Exported { flow_samples: 1, nominal_packets: rate, nominal_bytes: u64::from(frame) * rate, ..Exported::default() }
}
