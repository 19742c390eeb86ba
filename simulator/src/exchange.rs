//! Drives the exchange by its own clock.

mod accounts;

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use schema::{Protocol, Timestamp};

use crate::agent::Agent;
use crate::curve::DayCurve;
use crate::exporter::Exporter;
use crate::flows::{self, Exit, Flow};
use crate::members::{self, Member, SwitchPlace};
use crate::packet;
use crate::plan::Plan;
use crate::port::Port;
use crate::seen::{Seen, Way};
use crate::sflow::{self, CounterSample, FlowSample, Output};
use crate::speeds;
use crate::switch::Switch;
use crate::traffic::{ClassId, Traffic};
use crate::truth::{Exported, MinuteTruth, Volume};

/// Longest slice of time that is played at once, in milliseconds.
const MINUTE: i64 = 60_000;
/// Most samples that a slice is meant to hold; slices of busier exchanges are shorter. Bounds memory.
const SLICE_SAMPLES: f64 = 100_000.0;
/// Minutes whose totals are kept: 45 days. Bounds memory.
const MINUTES_KEPT: usize = 45 * 1_440;
/// Longest time that [`Exchange::gather`] plays: an exchange without traffic never sends anything.
const GATHER_AT_MOST: Duration = Duration::from_secs(3_600);
/// Step of the clock meanwhile.
const GATHER_STEP: Duration = Duration::from_secs(1);
/// ifIndex of a switch's link to the other switches, less the base of its ports.
const UPLINK: u32 = 1_000;

/// A datagram that a switch sends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Datagram<'a> {
    /// When.
    pub at: Timestamp,
    /// The switch's own address; that of the packet's source, and in sFlow it also stands inside.
    pub agent: IpAddr,
    /// What it speaks.
    pub protocol: Protocol,
    /// The UDP payload.
    pub bytes: &'a [u8],
}

/// What happens at a moment of a slice.
#[derive(Clone, Copy, Debug)]
struct Event {
    at: i64,
    port: u32,
    what: What,
}

#[derive(Clone, Copy, Debug)]
enum What {
    /// A frame was sampled when so many frames of the slice had entered the port.
    Sample { position: u64, class: ClassId },
    /// The port's counters are due.
    Report,
}

/// An exchange whose true traffic is known.
pub struct Exchange {
    plan: Plan,
    from: i64,
    now: i64,
    walked: i64,
    longest_slice: i64,
    /// The members, and after them the stranger.
    members: Vec<Member>,
    /// One for each switch.
    agents: Vec<Agent>,
    /// One for each of `members`, in the same order.
    ports: Vec<Port>,
    traffic: Traffic,
    rng: Pcg64,
    minutes: VecDeque<MinuteTruth>,
    events: Vec<Event>,
    header: Vec<u8>,
    sample: Vec<u8>,
}

impl Exchange {
    /// The exchange of a plan, its clock at `start`. Values of the plan outside their ranges are brought into them.
    #[must_use]
    pub fn new(plan: &Plan, start: Timestamp) -> Self {
        let plan = plan.in_range();
        let start = start.millis();
        let mut rng = Pcg64::seed_from_u64(plan.seed);
        let places = members::places(&plan);
        let mut members = members::members(&plan, &places, &mut rng);
        let flows = flows::flows(&plan, &members, &mut rng);
        speeds::give(&mut members, &flows);
        let agents = places.iter().enumerate().map(|(position, place)| agent(&plan, position, *place, start, &mut rng)).collect();
        let port = |member: &Member| Port::new(plan.sampling_of(member.switch), plan.counter_interval, start, &mut rng);
        let ports = members.iter().map(port).collect();
        Self {
            from: start,
            now: start,
            walked: start.div_euclid(MINUTE),
            longest_slice: longest_slice(plan.peak_samples_per_second),
            traffic: Traffic::new(flows, members.len()),
            members,
            agents,
            ports,
            rng,
            minutes: VecDeque::new(),
            events: Vec::new(),
            header: Vec::new(),
            sample: Vec::new(),
            plan,
        }
    }

    /// The members, in the order of their ASNs.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members[..self.plan.members]
    }

    /// The exchange's own clock.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        Timestamp(self.now)
    }

    /// Short name of the exchange.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.plan.exchange
    }

    /// Moves the clock by `step` (whole milliseconds), and hands every datagram sent meanwhile to `emit`, in order of time.
    ///
    /// A sample waits up to a second for others, and with NetFlow and IPFIX stays before that in a cache until its flow ends, so the last
    /// ones may leave only in a later step, or by [`flush`](Self::flush).
    pub fn advance(&mut self, step: Duration, emit: &mut impl FnMut(&Datagram<'_>)) {
        let end = Timestamp(self.now).plus(step).millis();
        while self.now < end {
            let minute_end = (self.now.div_euclid(MINUTE) + 1) * MINUTE;
            self.play(end.min(minute_end).min(self.now + self.longest_slice), emit);
        }
    }

    /// Makes the switches send at once what they have gathered, and end the flows in their caches.
    pub fn flush(&mut self, emit: &mut impl FnMut(&Datagram<'_>)) {
        for agent in &mut self.agents {
            agent.flush(self.now, emit);
        }
    }

    /// Moves the clock until `count` datagrams have left, or for an hour where the plan brings fewer. Gives their octets in order of time, for
    /// measuring a decoder: with [`FlowCache::NONE`](crate::FlowCache::NONE) and IPFIX, records of 16 fields whose templates come first.
    pub fn gather(&mut self, count: usize) -> Vec<Vec<u8>> {
        let end = self.now().plus(GATHER_AT_MOST);
        let mut datagrams = Vec::new();
        while datagrams.len() < count && self.now() < end {
            self.advance(GATHER_STEP, &mut |datagram| datagrams.push(datagram.bytes.to_vec()));
        }
        datagrams.truncate(count);
        datagrams
    }

    /// Plays the time until `end`, which lies in the same UTC minute or at its end.
    fn play(&mut self, end: i64, emit: &mut impl FnMut(&Datagram<'_>)) {
        self.walk();
        let total = self.let_frames_enter(end);
        self.count_minute(total);
        if self.plan.protocol.is_sflow() {
            self.plan_reports(end);
        }
        let mut events = std::mem::take(&mut self.events);
        events.sort_by_key(|event| event.at);
        for event in events.drain(..) {
            self.send_due(event.at, emit);
            match event.what {
                What::Sample { position, class } => self.take_sample(&event, position, class, emit),
                What::Report => self.write_report(&event, end, emit),
            }
        }
        self.events = events;
        self.now = end;
        self.send_due(end, emit);
    }

    fn walk(&mut self) {
        let minute = self.now.div_euclid(MINUTE);
        if minute != self.walked {
            self.walked = minute;
            self.traffic.walk(&mut self.rng);
        }
    }

    fn let_frames_enter(&mut self, end: i64) -> Volume {
        let length = end - self.now;
        let level = self.level(self.now + length / 2);
        let seconds = length as f64 / 1_000.0;
        let mut total = Volume::default();
        for port in &mut self.ports {
            port.before = port.counters;
        }
        self.traffic.begin();
        for position in 0..self.ports.len() {
            total += self.traffic.enter(position, seconds, level, &mut self.ports);
            let port = &mut self.ports[position];
            let frames = port.counters.entered.frames() - port.before.entered.frames();
            let (now, events) = (self.now, &mut self.events);
            let number = u32::try_from(position).unwrap_or(u32::MAX);
            self.traffic.sample(port, &mut self.rng, |taken| {
                let at = now + portion(length, taken.position, frames);
                events.push(Event { at, port: number, what: What::Sample { position: taken.position, class: taken.class } });
            });
        }
        self.traffic.end(&mut self.ports);
        total
    }

    fn level(&self, at: i64) -> f64 {
        if !self.plan.day_curve {
            return 1.0;
        }
        DayCurve { utc_offset_seconds: self.plan.utc_offset_seconds }.level(Timestamp(at))
    }

    fn count_minute(&mut self, volume: Volume) {
        let time = Timestamp(self.now.div_euclid(MINUTE) * MINUTE);
        if self.minutes.back().is_none_or(|minute| minute.time != time) {
            if self.minutes.len() == MINUTES_KEPT {
                self.minutes.pop_front();
            }
            self.minutes.push_back(MinuteTruth { time, frames: 0, octets: 0 });
        }
        if let Some(minute) = self.minutes.back_mut() {
            minute.frames += volume.frames;
            minute.octets += volume.octets;
        }
    }

    fn plan_reports(&mut self, end: i64) {
        for (number, port) in (0_u32..).zip(&mut self.ports) {
            while port.next_report <= end {
                self.events.push(Event { at: port.next_report, port: number, what: What::Report });
                port.next_report += port.report_interval;
            }
        }
    }

    /// Makes the switches do what is due by `at`, the earliest first.
    fn send_due(&mut self, at: i64, emit: &mut impl FnMut(&Datagram<'_>)) {
        loop {
            let next = self.agents.iter_mut().filter_map(|agent| Some((agent.due()?, agent))).min_by_key(|(due, _)| *due);
            match next {
                Some((due, agent)) if due <= at => agent.work(due, emit),
                _ => return,
            }
        }
    }

    fn take_sample(&mut self, event: &Event, position: u64, class: ClassId, emit: &mut impl FnMut(&Datagram<'_>)) {
        let number = event.port as usize;
        let port = &mut self.ports[number];
        if self.plan.agent_drop_share > 0.0 && self.rng.random_bool(self.plan.agent_drop_share) {
            port.drops = port.drops.wrapping_add(1);
            return;
        }
        port.sequence = port.sequence.wrapping_add(1);
        self.traffic.count_sample(class);
        let flow = self.traffic.flow(class);
        let untagged = flow.profile.sizes()[usize::from(class.size)].octets;
        packet::write_header(&mut self.header, flow, untagged, &self.members, &mut self.rng);
        let (port, member) = (&self.ports[number], &self.members[number]);
        let output = output(flow, member, &self.members);
        let picked = Picked { flow, frame: flow.octets(untagged), output, header: &self.header };
        match &mut self.agents[member.switch] {
            Agent::Sflow(switch) => {
                let sample = flow_sample(switch.expanded, member, port, position, &picked);
                self.sample.clear();
                sflow::write_flow_sample(&mut self.sample, &sample);
                switch.add(event.at, &self.sample, told(&sample), emit);
            }
            Agent::Flows(_) if flow.untold(self.plan.protocol).is_some() => {}
            Agent::Flows(exporter) => {
                let way = Way { at: event.at, input: member.if_index, output: output.index() };
                exporter.observe(&Seen::look(way, flow, picked.frame, &self.header), &self.header, emit);
            }
        }
    }

    fn write_report(&mut self, event: &Event, end: i64, emit: &mut impl FnMut(&Datagram<'_>)) {
        let number = event.port as usize;
        let (port, member) = (&mut self.ports[number], &self.members[number]);
        // Ports' counters are sFlow's; exporters of flows have them elsewhere.
        let Agent::Sflow(switch) = &mut self.agents[member.switch] else { return };
        port.reports = port.reports.wrapping_add(1);
        let sample = CounterSample {
            expanded: switch.expanded,
            sequence: port.reports,
            if_index: member.if_index,
            speed: member.speed,
            counters: port.at((event.at - self.now).unsigned_abs(), (end - self.now).unsigned_abs()),
            port_name: &member.port_name,
        };
        self.sample.clear();
        sflow::write_counter_sample(&mut self.sample, &sample);
        switch.add(event.at, &self.sample, Exported { counter_samples: 1, ..Exported::default() }, emit);
    }
}

fn agent(plan: &Plan, position: usize, place: SwitchPlace, start: i64, rng: &mut Pcg64) -> Agent {
    if plan.protocol.is_sflow() {
        return Agent::Sflow(Box::new(Switch::new(place, start, rng)));
    }
    Agent::Flows(Box::new(Exporter::new(plan, position, place, start, rng)))
}

/// A frame that was sampled and not dropped.
#[derive(Clone, Copy, Debug)]
struct Picked<'a> {
    flow: &'a Flow,
    /// Its octets with FCS.
    frame: u32,
    output: Output,
    /// Its first octets.
    header: &'a [u8],
}

fn flow_sample<'a>(expanded: bool, member: &Member, port: &Port, position: u64, picked: &Picked<'a>) -> FlowSample<'a> {
    FlowSample {
        expanded,
        sequence: port.sequence,
        if_index: member.if_index,
        rate: port.sampler.rate(),
        pool: port.pool(position),
        drops: port.drops,
        output: picked.output,
        frame_length: picked.frame,
        header: picked.header,
        vlan: picked.flow.cell.vlan,
    }
}

/// What a flow sample adds to what its switch exported.
fn told(sample: &FlowSample<'_>) -> Exported {
    let rate = u64::from(sample.rate);
    Exported { flow_samples: 1, nominal_packets: rate, nominal_bytes: u64::from(sample.frame_length) * rate, ..Exported::default() }
}

/// What the switch of `member` says of the way out.
fn output(flow: &Flow, member: &Member, members: &[Member]) -> Output {
    match flow.exit {
        Exit::Port(exit) if members[exit].switch == member.switch => Output::Index(members[exit].if_index),
        Exit::Port(_) => Output::Index((member.if_index & 0xff00_0000) + UPLINK),
        Exit::FloodUnsaid => Output::Unknown,
        Exit::Flood => {
            // The link to the other switches is one of them, the port of entry is not.
            let others = members.iter().filter(|other| other.switch == member.switch).count();
            Output::Multiple(u32::try_from(others).unwrap_or(0))
        }
        Exit::Discarded => Output::Discarded,
    }
}

/// `length · part / whole`, for a part of the whole.
fn portion(length: i64, part: u64, whole: u64) -> i64 {
    let product = u128::from(length.unsigned_abs()) * u128::from(part) / u128::from(whole.max(1));
    i64::try_from(product).unwrap_or(length)
}

fn longest_slice(peak_samples_per_second: f64) -> i64 {
    let millis = (1_000.0 * SLICE_SAMPLES / peak_samples_per_second.max(1.0)).min(MINUTE as f64);
    #[expect(clippy::cast_possible_truncation, reason = "at most a minute")]
    let millis = millis as i64;
    millis.max(1)
}
