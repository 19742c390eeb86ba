//! The frames of all flows, slice of time by slice of time.

use std::ops::Range;

use rand_pcg::Pcg64;
use schema::Reason;

use crate::flows::{Exit, Flow, Payload};
use crate::port::{Port, Tally};
use crate::profile::Profile;
use crate::truth::Volume;

/// The frames of one size of one flow.
#[derive(Clone, Copy, Default, Debug)]
struct SizeClass {
    frames: u64,
    samples: u32,
    /// The part of a frame that is still to come: nothing is lost by short slices.
    carry: f32,
}

/// Frames of one size of one flow in the present slice of one port.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// Frames of the port's slice up to the last of this run.
    end: u64,
    /// Which frames they are.
    class: ClassId,
}

/// One size of one flow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ClassId {
    pub(crate) flow: u32,
    /// Position of the size in the flow's profile.
    pub(crate) size: u8,
}

/// A frame that the sampler took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    /// Its position in the port's slice, from 1.
    pub(crate) position: u64,
    pub(crate) class: ClassId,
}

/// All flows and what they have sent.
pub(crate) struct Traffic {
    flows: Vec<Flow>,
    /// The flows that enter each port.
    entering: Vec<Range<usize>>,
    /// Where each flow's size classes begin.
    first_class: Vec<usize>,
    classes: Vec<SizeClass>,
    runs: Vec<Run>,
    positions: Vec<u64>,
    flooded: Tally,
}

impl Traffic {
    /// `flows` ordered by the port that they enter.
    pub(crate) fn new(flows: Vec<Flow>, ports: usize) -> Self {
        let at = |port: usize| flows.partition_point(|flow| flow.entry < port);
        let entering = (0..ports).map(|port| at(port)..at(port + 1)).collect();
        let (mut first_class, mut classes) = (Vec::with_capacity(flows.len()), Vec::new());
        for (number, flow) in flows.iter().enumerate() {
            first_class.push(classes.len());
            let sizes = flow.profile.sizes().len();
            // Spread over [0, 1), so that the small flows' frames do not come all at once.
            let carry = |size: usize| ((number * 7 + size) as f32 * 0.618_034).fract();
            classes.extend((0..sizes).map(|size| SizeClass { carry: carry(size), ..SizeClass::default() }));
        }
        Self { flows, entering, first_class, classes, runs: Vec::new(), positions: Vec::new(), flooded: Tally::default() }
    }

    pub(crate) fn flow(&self, class: ClassId) -> &Flow {
        &self.flows[class.flow as usize]
    }

    /// Takes every flow a minute further on its walk.
    pub(crate) fn walk(&mut self, rng: &mut Pcg64) {
        for flow in &mut self.flows {
            flow.walk(rng);
        }
    }

    /// Begins a slice of time.
    pub(crate) fn begin(&mut self) {
        self.flooded = Tally::default();
    }

    /// Lets the frames of `seconds` at `level` (a share of the peak) enter port `port` and leave where they leave. Returns the
    /// total of what a matrix counts of them.
    pub(crate) fn enter(&mut self, port: usize, seconds: f64, level: f64, ports: &mut [Port]) -> Volume {
        self.runs.clear();
        let (mut end, mut total) = (0, Volume::default());
        for number in self.entering[port].clone() {
            let flow = &self.flows[number];
            let expected = flow.frames_per_second * flow.walk_factor * level * seconds;
            let mut sent = Volume::default();
            let classes = &mut self.classes[self.first_class[number]..];
            for ((size, of), class) in (0_u8..).zip(flow.profile.sizes()).zip(classes) {
                let frames = class.advance(expected * of.share);
                if frames == 0 {
                    continue;
                }
                end += frames;
                self.runs.push(Run { end, class: ClassId { flow: u32::try_from(number).unwrap_or(u32::MAX), size } });
                sent += Volume { frames, octets: frames * u64::from(flow.octets(of.octets)), samples: 0 };
            }
            if sent.frames > 0 {
                count(flow, sent, ports, &mut self.flooded);
                if !flow.cell.reason.is_set_aside() {
                    total += sent;
                }
            }
        }
        total
    }

    /// Lets the port's sampler see the slice's frames in random order; the taken ones go to `taken` in order of position.
    pub(crate) fn sample(&mut self, port: &mut Port, rng: &mut Pcg64, mut taken: impl FnMut(Taken)) {
        let frames = self.runs.last().map_or(0, |run| run.end);
        self.positions.clear();
        port.sampler.pass(frames, rng, &mut self.positions);
        let length = usize::try_from(frames).unwrap_or(usize::MAX);
        // The order is random, so which frames stand at the taken positions is a random choice without repetition.
        let chosen = rand::seq::index::sample(rng, length, self.positions.len());
        for (position, frame) in self.positions.iter().zip(chosen) {
            let run = self.runs.partition_point(|run| run.end <= frame as u64);
            taken(Taken { position: *position, class: self.runs[run].class });
        }
    }

    /// Ends the slice: flooded frames leave by every port but the one where they entered.
    pub(crate) fn end(&mut self, ports: &mut [Port]) {
        for port in ports {
            let (entered, before) = (port.counters.entered, port.before.entered);
            let own = own_floods(&entered, &before);
            let left = &mut port.counters.left;
            left.octets += self.flooded.octets - own.octets;
            left.multicast += self.flooded.multicast - own.multicast;
            left.broadcast += self.flooded.broadcast - own.broadcast;
        }
    }

    /// Counts a sample that went into a datagram.
    pub(crate) fn count_sample(&mut self, class: ClassId) {
        let position = self.first_class[class.flow as usize] + usize::from(class.size);
        self.classes[position].samples += 1;
    }

    /// Each flow with all that it has sent.
    pub(crate) fn volumes(&self) -> impl Iterator<Item = (&Flow, Volume)> {
        self.flows.iter().zip(&self.first_class).map(|(flow, first)| {
            let mut volume = Volume::default();
            for (size, class) in flow.profile.sizes().iter().zip(&self.classes[*first..]) {
                let octets = class.frames * u64::from(flow.octets(size.octets));
                volume += Volume { frames: class.frames, octets, samples: u64::from(class.samples) };
            }
            (flow, volume)
        })
    }
}

impl SizeClass {
    /// Adds `expected` frames, and returns the whole ones.
    fn advance(&mut self, expected: f64) -> u64 {
        let due = expected + f64::from(self.carry);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "frames of at most a minute, not negative")]
        let frames = due as u64;
        #[expect(clippy::cast_possible_truncation, reason = "a fraction; the last bits do not matter")]
        let carry = (due - frames as f64) as f32;
        self.carry = carry;
        self.frames += frames;
        frames
    }
}

/// Counts the frames at the port where they enter and where they leave.
fn count(flow: &Flow, sent: Volume, ports: &mut [Port], flooded: &mut Tally) {
    let entered = &mut ports[flow.entry].counters.entered;
    entered.octets += sent.octets;
    match flow.payload {
        _ if flow.cell.reason == Reason::Discarded => entered.discards += sent.frames,
        Payload::Arp => entered.broadcast += sent.frames,
        Payload::Solicitation => entered.multicast += sent.frames,
        Payload::Ipv4 | Payload::Ipv6 => entered.unicast += sent.frames,
    }
    match flow.exit {
        Exit::Discarded => {}
        Exit::Port(exit) => {
            let left = &mut ports[exit].counters.left;
            left.octets += sent.octets;
            left.unicast += sent.frames;
        }
        Exit::Flood => {
            flooded.octets += sent.octets;
            flooded.multicast += sent.frames;
        }
        Exit::FloodUnsaid => {
            flooded.octets += sent.octets;
            flooded.broadcast += sent.frames;
        }
    }
}

/// What entered a port in this slice to be flooded: ARP and solicitations, whose frames are all of one size each.
fn own_floods(entered: &Tally, before: &Tally) -> Tally {
    let octets = |profile: Profile| profile.sizes().iter().map(|size| u64::from(size.octets)).sum::<u64>();
    let (multicast, broadcast) = (entered.multicast - before.multicast, entered.broadcast - before.broadcast);
    Tally { octets: multicast * octets(Profile::Solicitation) + broadcast * octets(Profile::Arp), multicast, broadcast, ..Tally::default() }
}
