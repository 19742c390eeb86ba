//! Drives the exchange by its own clock.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use schema::{Asn, Timestamp};

use crate::curve::DayCurve;
use crate::flows::{self, Exit, Flow};
use crate::members::{self, Member};
use crate::packet;
use crate::plan::Plan;
use crate::port::Port;
use crate::sflow::{self, CounterSample, FlowSample, Output};
use crate::speeds;
use crate::switch::{Kind, Switch};
use crate::traffic::{ClassId, Traffic};
use crate::truth::{MinuteTruth, PortTruth, Truth, Volume};

/// Longest slice of time that is played at once, in milliseconds.
const MINUTE: i64 = 60_000;
/// Most samples that a slice is meant to hold; slices of busier exchanges are shorter. Bounds memory.
const SLICE_SAMPLES: f64 = 100_000.0;
/// Minutes whose totals are kept: 45 days. Bounds memory.
const MINUTES_KEPT: usize = 45 * 1_440;
/// ifIndex of a switch's link to the other switches, less the base of its ports.
const UPLINK: u32 = 1_000;

/// A datagram that a switch sends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Datagram<'a> {
    /// When.
    pub at: Timestamp,
    /// The switch's own address, which also stands inside.
    pub agent: IpAddr,
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
    switches: Vec<Switch>,
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
        let places = members::switches(plan.members);
        let mut members = members::members(&plan, &places, &mut rng);
        let flows = flows::flows(&plan, &members, &mut rng);
        speeds::give(&mut members, &flows);
        let switches = places.iter().map(|place| Switch::new(*place, start, &mut rng)).collect();
        let port = |member: &Member| Port::new(plan.sampling_of(member.switch), plan.counter_interval, start, &mut rng);
        let ports = members.iter().map(port).collect();
        Self {
            from: start,
            now: start,
            walked: start.div_euclid(MINUTE),
            longest_slice: longest_slice(plan.peak_samples_per_second),
            traffic: Traffic::new(flows, members.len()),
            members,
            switches,
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
    /// A sample waits up to a second for others, so the last ones may leave only in the next step, or by [`flush`](Self::flush).
    pub fn advance(&mut self, step: Duration, emit: &mut impl FnMut(&Datagram<'_>)) {
        let end = Timestamp(self.now).plus(step).millis();
        while self.now < end {
            let minute_end = (self.now.div_euclid(MINUTE) + 1) * MINUTE;
            self.play(end.min(minute_end).min(self.now + self.longest_slice), emit);
        }
    }

    /// Makes the switches send at once what they have gathered.
    pub fn flush(&mut self, emit: &mut impl FnMut(&Datagram<'_>)) {
        for switch in &mut self.switches {
            switch.send(self.now, emit);
        }
    }

    /// Plays the time until `end`, which lies in the same UTC minute or at its end.
    fn play(&mut self, end: i64, emit: &mut impl FnMut(&Datagram<'_>)) {
        self.walk();
        let total = self.let_frames_enter(end);
        self.count_minute(total);
        self.plan_reports(end);
        let mut events = std::mem::take(&mut self.events);
        events.sort_by_key(|event| event.at);
        for event in events.drain(..) {
            self.send_due(event.at, emit);
            match event.what {
                What::Sample { position, class } => self.write_sample(&event, position, class, emit),
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

    /// Sends the datagrams whose time has come by `at`, the earliest first.
    fn send_due(&mut self, at: i64, emit: &mut impl FnMut(&Datagram<'_>)) {
        loop {
            let next = self.switches.iter_mut().filter_map(|switch| Some((switch.due()?, switch))).min_by_key(|(due, _)| *due);
            match next {
                Some((due, switch)) if due <= at => switch.send(due, emit),
                _ => return,
            }
        }
    }

    fn write_sample(&mut self, event: &Event, position: u64, class: ClassId, emit: &mut impl FnMut(&Datagram<'_>)) {
        let number = event.port as usize;
        let (port, member) = (&mut self.ports[number], &self.members[number]);
        if self.plan.agent_drop_share > 0.0 && self.rng.random_bool(self.plan.agent_drop_share) {
            port.drops = port.drops.wrapping_add(1);
            return;
        }
        port.sequence = port.sequence.wrapping_add(1);
        let flow = self.traffic.flow(class);
        let untagged = flow.profile.sizes()[usize::from(class.size)].octets;
        packet::write_header(&mut self.header, flow, untagged, &self.members, &mut self.rng);
        let switch = &mut self.switches[member.switch];
        let sample = FlowSample {
            expanded: switch.expanded,
            sequence: port.sequence,
            if_index: member.if_index,
            rate: port.sampler.rate(),
            pool: port.pool(position),
            drops: port.drops,
            output: output(flow, member, &self.members),
            frame_length: flow.octets(untagged),
            header: &self.header,
            vlan: flow.cell.vlan,
        };
        self.sample.clear();
        sflow::write_flow_sample(&mut self.sample, &sample);
        switch.add(event.at, Kind::Flow, &self.sample, emit);
        self.traffic.count_sample(class);
    }

    fn write_report(&mut self, event: &Event, end: i64, emit: &mut impl FnMut(&Datagram<'_>)) {
        let number = event.port as usize;
        let (port, member) = (&mut self.ports[number], &self.members[number]);
        port.reports = port.reports.wrapping_add(1);
        let switch = &mut self.switches[member.switch];
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
        switch.add(event.at, Kind::Counters, &self.sample, emit);
    }

    /// What really crossed the fabric until now. It is gathered when asked for, in time proportional to the flows.
    #[must_use]
    pub fn truth(&self) -> Truth {
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
            datagrams: self.switches.iter().map(|switch| switch.emitted.datagrams).sum(),
            flow_samples: self.switches.iter().map(|switch| switch.emitted.flow_samples).sum(),
            counter_samples: self.switches.iter().map(|switch| switch.emitted.counter_samples).sum(),
            agent_drops: self.ports.iter().map(|port| u64::from(port.drops)).sum(),
        };
        for (flow, volume) in self.traffic.volumes().filter(|(_, volume)| volume.frames > 0) {
            truth.add(flow.cell, volume);
        }
        truth
    }

    fn port_truths(&self) -> Vec<PortTruth> {
        let owners = self.members().iter().map(|member| Some(member.asn)).chain([None]);
        self.members.iter().zip(&self.ports).zip(owners).map(|((member, port), asn)| port_truth(member, port, asn)).collect()
    }
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
