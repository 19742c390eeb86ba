//! Drives the exchange by its own clock.

mod accounts;
mod taking;

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use rand::SeedableRng;
use rand_pcg::Pcg64;
use schema::{Protocol, Timestamp};

use crate::agent::Agent;
use crate::curve::DayCurve;
use crate::exporter::Exporter;
use crate::fabric::Fabric;
use crate::flows;
use crate::members::{self, Member, SwitchPlace};
use crate::plan::Plan;
use crate::port::{Port, PortPlace, Side};
use crate::speeds;
use crate::stream::{ClassId, Taken};
use crate::switch::Switch;
use crate::traffic::Traffic;
use crate::truth::{MinuteTruth, Volume};

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
/// Mixed into the seed of what misbehaviour draws, so that nothing else depends on it.
const MISBEHAVIOUR: u64 = 0x6d69_7362_6568_6176;

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
    /// Position of the port.
    port: usize,
    what: What,
}

impl Event {
    const fn sample(at: i64, port: usize, side: Side, taken: Taken) -> Self {
        Self { at, port, what: What::Sample { side, position: taken.position, class: taken.class } }
    }
}

#[derive(Clone, Copy, Debug)]
enum What {
    /// A frame was sampled when so many frames of the slice had passed the port on that side.
    Sample { side: Side, position: u64, class: ClassId },
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
    /// One for each of `members`, in the same order; after them the core ports.
    ports: Vec<Port>,
    traffic: Traffic,
    rng: Pcg64,
    /// For what is sampled besides the frames that enter members' ports, and what becomes of samples.
    misbehaviour: Pcg64,
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
        let fabric = Fabric::new(&members, places.len());
        let mut misbehaviour = Pcg64::seed_from_u64(plan.seed ^ MISBEHAVIOUR);
        let mut ports = edge_ports(&plan, &members, start, &mut rng, &mut misbehaviour);
        let core_speeds = speeds::of_core_ports(&fabric, &flows);
        ports.extend(core_places(&places, &core_speeds).map(|place| core_port(&plan, place, start, &mut misbehaviour)));
        Self {
            from: start,
            now: start,
            walked: start.div_euclid(MINUTE),
            longest_slice: longest_slice(plan.peak_samples_per_second),
            traffic: Traffic::new(flows, fabric, &ports),
            members,
            agents,
            ports,
            rng,
            misbehaviour,
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
        events.sort_by(|one, other| self.order(one, other));
        for event in events.drain(..) {
            self.send_due(event.at, emit);
            match event.what {
                What::Sample { side, position, class } => self.take_sample(&event, side, Taken { position, class }, emit),
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
        for number in 0..self.members.len() {
            total += self.traffic.enter(number, seconds, level, &mut self.ports);
            let frames = self.traffic.entered.frames();
            let (port, now, events) = (&mut self.ports[number], self.now, &mut self.events);
            let Some(sampler) = port.sampler(Side::Entering) else { continue };
            self.traffic.entered.sample(sampler, &mut self.rng, |taken| {
                events.push(Event::sample(now + portion(length, taken.position, frames), number, Side::Entering, taken));
            });
        }
        self.traffic.end(&mut self.ports);
        self.sample_onward(length);
        total
    }

    /// Samples what passed ports after the one where it entered, in a slice of so many milliseconds.
    fn sample_onward(&mut self, length: i64) {
        for tap in self.traffic.tapped() {
            let frames = tap.passed.frames();
            let (now, events, number, side) = (self.now, &mut self.events, tap.port, tap.side);
            let Some(sampler) = self.ports[number].sampler(side) else { continue };
            tap.passed.sample(sampler, &mut self.misbehaviour, |taken| {
                events.push(Event::sample(now + portion(length, taken.position, frames), number, side, taken));
            });
        }
    }

    /// Which of two events is first: the earlier one, of the same millisecond a sample before a report, and of one port's samples the one with the
    /// smaller pool.
    fn order(&self, one: &Event, other: &Event) -> Ordering {
        let place = |event: &Event| (event.at, matches!(event.what, What::Report), event.port);
        let rank = |event: &Event| match event.what {
            What::Sample { side, position, .. } => self.ports[event.port].rank(side, position),
            What::Report => 0,
        };
        place(one).cmp(&place(other)).then_with(|| rank(one).cmp(&rank(other)))
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
        let silent = if self.plan.core_sampling { usize::MAX } else { self.members.len() };
        for (number, port) in self.ports.iter_mut().enumerate().take(silent) {
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
}

fn agent(plan: &Plan, position: usize, place: SwitchPlace, start: i64, rng: &mut Pcg64) -> Agent {
    if plan.protocol.is_sflow() {
        return Agent::Sflow(Box::new(Switch::new(place, start, rng)));
    }
    Agent::Flows(Box::new(Exporter::new(plan, position, place, start, rng)))
}

/// The ports of members and of the stranger.
fn edge_ports(plan: &Plan, members: &[Member], start: i64, rng: &mut Pcg64, misbehaviour: &mut Pcg64) -> Vec<Port> {
    let port = |(number, member): (usize, &Member)| {
        let place = PortPlace {
            owner: (number < plan.members).then_some(member.asn),
            switch: member.switch,
            agent: member.agent,
            if_index: member.if_index,
            speed: member.speed,
            name: member.port_name.clone(),
        };
        let port = Port::new(place, plan.sampling_of(member.switch), plan.counter_interval, start, rng);
        port.sampling(plan.directions_of(member.switch), misbehaviour)
    };
    members.iter().enumerate().map(port).collect()
}

/// Where the core ports are, of which `speeds` has one for each.
fn core_places(switches: &[SwitchPlace], speeds: &[u64]) -> impl Iterator<Item = PortPlace> {
    switches.iter().zip(speeds).enumerate().map(|(switch, (place, speed))| PortPlace {
        owner: None,
        switch,
        agent: IpAddr::V4(place.agent),
        if_index: place.core_if_index(),
        speed: *speed,
        name: place.core_port_name().to_owned(),
    })
}

fn core_port(plan: &Plan, place: PortPlace, start: i64, rng: &mut Pcg64) -> Port {
    let switch = place.switch;
    let port = Port::new(place, plan.sampling_of(switch), plan.counter_interval, start, rng);
    if plan.core_sampling { port.sampling(plan.directions_of(switch), rng) } else { port.unsampled() }
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
