//! The frames of all flows, slice of time by slice of time.

use std::ops::Range;

use rand_pcg::Pcg64;
use schema::Reason;

use crate::fabric::Fabric;
use crate::flows::{Exit, Flow, Payload};
use crate::port::{Cast, Port, Side, Tally};
use crate::profile::Profile;
use crate::stream::{ClassId, Stream};
use crate::truth::Volume;

/// The frames of one size of one flow.
#[derive(Clone, Copy, Default, Debug)]
struct SizeClass {
    frames: u64,
    samples: u32,
    /// The part of a frame that is still to come: nothing is lost by short slices.
    carry: f32,
}

/// A point besides a frame's first port at which frames are sampled.
#[derive(Clone, Debug)]
pub(crate) struct Tap {
    /// Position of the port.
    pub(crate) port: usize,
    pub(crate) side: Side,
    /// What passed it in the slice.
    pub(crate) passed: Stream,
}

/// Two places for each port, for what enters it and what leaves it; none at all where no frame is sampled but where it enters.
struct Taps(Vec<Option<Tap>>);

/// All flows and what they have sent.
pub(crate) struct Traffic {
    pub(crate) fabric: Fabric,
    flows: Vec<Flow>,
    /// The flows that enter each port.
    entering: Vec<Range<usize>>,
    /// Where each flow's size classes begin.
    first_class: Vec<usize>,
    classes: Vec<SizeClass>,
    /// What entered the latest port that had its turn.
    pub(crate) entered: Stream,
    taps: Taps,
    flooded: Tally,
}

impl Traffic {
    /// `flows` ordered by the port that they enter.
    pub(crate) fn new(flows: Vec<Flow>, fabric: Fabric, ports: &[Port]) -> Self {
        let at = |port: usize| flows.partition_point(|flow| flow.entry < port);
        let entering = (0..fabric.edge()).map(|port| at(port)..at(port + 1)).collect();
        let (mut first_class, mut classes) = (Vec::with_capacity(flows.len()), Vec::new());
        for (number, flow) in flows.iter().enumerate() {
            first_class.push(classes.len());
            let sizes = flow.profile.sizes().len();
            // Spread over [0, 1), so that the small flows' frames do not come all at once.
            let carry = |size: usize| ((number * 7 + size) as f32 * 0.618_034).fract();
            classes.extend((0..sizes).map(|size| SizeClass { carry: carry(size), ..SizeClass::default() }));
        }
        let taps = Taps::new(&fabric, ports);
        Self { fabric, flows, entering, first_class, classes, entered: Stream::default(), taps, flooded: Tally::default() }
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
        self.taps.clear();
    }

    /// Lets the frames of `seconds` at `level` (a share of the peak) enter port `port` and leave where they leave. Returns the
    /// total of what a matrix counts of them.
    pub(crate) fn enter(&mut self, port: usize, seconds: f64, level: f64, ports: &mut [Port]) -> Volume {
        self.entered.clear();
        let mut total = Volume::default();
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
                let class = ClassId { flow: u32::try_from(number).unwrap_or(u32::MAX), size };
                self.entered.push(frames, class);
                self.taps.see(&self.fabric, flow, frames, class);
                sent += Volume { frames, octets: frames * u64::from(flow.octets(of.octets)), samples: 0 };
            }
            if sent.frames > 0 {
                count(&self.fabric, flow, sent, ports, &mut self.flooded);
                if !flow.cell.reason.is_set_aside() {
                    total += sent;
                }
            }
        }
        total
    }

    /// The points besides at which frames are sampled, with those that passed them in the slice.
    pub(crate) fn tapped(&mut self) -> impl Iterator<Item = &mut Tap> {
        self.taps.0.iter_mut().flatten()
    }

    /// Ends the slice: flooded frames leave by every port but the one where they entered.
    pub(crate) fn end(&mut self, ports: &mut [Port]) {
        for port in &mut ports[..self.fabric.edge()] {
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

impl Taps {
    fn new(fabric: &Fabric, ports: &[Port]) -> Self {
        let tapped = |number: usize, port: &Port, side: Side| {
            let is_entry = side == Side::Entering && !fabric.is_core(number);
            (port.samples(side) && !is_entry).then(|| Tap { port: number, side, passed: Stream::default() })
        };
        let both =
            ports.iter().enumerate().flat_map(|(number, port)| [Side::Entering, Side::Leaving].map(|side| tapped(number, port, side)));
        let taps: Vec<_> = both.collect();
        Self(if taps.iter().any(Option::is_some) { taps } else { Vec::new() })
    }

    fn clear(&mut self) {
        self.0.iter_mut().flatten().for_each(|tap| tap.passed.clear());
    }

    /// Shows frames of `flow` to the taps on their way.
    fn see(&mut self, fabric: &Fabric, flow: &Flow, frames: u64, class: ClassId) {
        if self.0.is_empty() {
            return;
        }
        let copied = cast(flow) != Cast::Unicast;
        fabric.onward(flow, |port, side| {
            // The copies of a flooded frame are made behind the sampler of what leaves.
            let unseen = copied && side == Side::Leaving;
            if let Some(Some(tap)) = self.0.get_mut(2 * port + usize::from(side == Side::Leaving)).filter(|_| !unseen) {
                tap.passed.push(frames, class);
            }
        });
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

/// Counts the frames at the port where they enter and at those that they pass after it.
fn count(fabric: &Fabric, flow: &Flow, sent: Volume, ports: &mut [Port], flooded: &mut Tally) {
    let Volume { frames, octets, .. } = sent;
    let cast = cast(flow);
    let entered = &mut ports[flow.entry].counters.entered;
    if flow.cell.reason == Reason::Discarded {
        entered.octets += octets;
        entered.discards += frames;
        return;
    }
    entered.add(cast, frames, octets);
    fabric.onward(flow, |port, side| ports[port].counters.side(side).add(cast, frames, octets));
    if matches!(flow.exit, Exit::Flood | Exit::FloodUnsaid) {
        flooded.add(cast, frames, octets);
    }
}

/// To how many a flow's frames are addressed.
const fn cast(flow: &Flow) -> Cast {
    match flow.payload {
        Payload::Arp => Cast::Broadcast,
        Payload::Solicitation => Cast::Multicast,
        Payload::Ipv4 | Payload::Ipv6 => Cast::Unicast,
    }
}

/// What entered a port in this slice to be flooded: ARP and solicitations, whose frames are all of one size each.
fn own_floods(entered: &Tally, before: &Tally) -> Tally {
    let octets = |profile: Profile| profile.sizes().iter().map(|size| u64::from(size.octets)).sum::<u64>();
    let (multicast, broadcast) = (entered.multicast - before.multicast, entered.broadcast - before.broadcast);
    Tally { octets: multicast * octets(Profile::Solicitation) + broadcast * octets(Profile::Arp), multicast, broadcast, ..Tally::default() }
}
