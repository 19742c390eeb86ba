//! Records of one short length whose fields need no second look, as nearly all exporters send them: read straight on.
//!
//! What is read from where is worked out once for a template, and then each field costs one load. Nothing here is read otherwise than the
//! [steps](super::plan::Steps) of the same plan read it; records that need more than this are left to them.

use schema::sample::Age;

use super::age::{Clock, TimeUnit, Times};
use super::layout::amiss_behind;
use super::plan::{Slot, Step, Steps};
use super::record::{self, RecordPlan};
use super::{Exported, RecordListener, Skip};

/// Octets of the longest record that is read here: places within it fit an octet. Flow records are shorter; what is longer mostly has sections or text.
const MAX_OCTETS: usize = 256;

/// Octets that are seen of a record and what follows it: eight at each of its places. So no load needs to look where the record ends.
const WINDOW: usize = MAX_OCTETS + size_of::<u64>() - 1;

type Window = [u8; WINDOW];

/// One field: the eight octets at its place, without those behind it. One that the template does not have reads as 0.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Load {
    mask: u64,
    offset: u8,
    surplus: u8,
}

/// A field that counts where the one before it is 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Fallback {
    slot: Slot,
    load: Load,
}

/// How records are read straight on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Direct {
    usual: Usual,
    sampler: Option<Load>,
    /// The octets as exported, where the matrix takes others.
    exported: Option<Load>,
    squares: Option<Load>,
    segment: Option<Load>,
    init: Load,
    fallbacks: Box<[Fallback]>,
    /// The addresses of either version, which tell it where nothing else does.
    ipv4: Box<[Load]>,
    ipv6: Box<[Load]>,
    octets: usize,
}

/// The fields that most templates have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Usual {
    octets: Load,
    packets: Load,
    source: Load,
    destination: Load,
    vlan: Load,
    input: Load,
    output: Load,
    direction: Load,
    ip_version: Load,
    ether_type: Load,
    first: Load,
    last: Load,
}

/// The fields of which a record may have a second one.
#[derive(Clone, Copy)]
struct Twice {
    source: u64,
    destination: u64,
    vlan: u64,
    input: u64,
    output: u64,
}

impl Load {
    fn of(step: &Step) -> Option<Self> {
        let (offset, surplus) = (u8::try_from(step.offset()).ok()?, step.surplus());
        Some(Self { mask: u64::MAX, offset, surplus })
    }

    #[inline(always)]
    fn from(self, window: &Window) -> u64 {
        let at = usize::from(self.offset);
        let octets = window.get(at..at + size_of::<u64>()).and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
        u64::from_be_bytes(octets) >> (self.surplus & 63) & self.mask
    }
}

impl Direct {
    /// The direct reading of records of so many octets; `None` if they need more than it can do.
    pub(super) fn new(plan: &RecordPlan, steps: &Steps, octets: u16) -> Option<Self> {
        let octets = usize::from(octets);
        if plan.needs_more() || octets > MAX_OCTETS {
            return None;
        }
        let load = |slot| steps.first_of(slot).map_or(Some(Load::default()), Load::of);
        let optional = |slot| load(slot).filter(|load| *load != Load::default());
        let all = |slot| steps.all_of(slot).map(Load::of).collect::<Option<Box<[Load]>>>();
        let usual = Usual {
            octets: load(plan.octets_slot())?,
            packets: load(Slot::Packets)?,
            source: load(Slot::Source)?,
            destination: load(Slot::Destination)?,
            vlan: load(Slot::Vlan)?,
            input: load(Slot::Input)?,
            output: load(Slot::Output)?,
            direction: load(Slot::Direction)?,
            ip_version: load(Slot::IpVersion)?,
            ether_type: load(Slot::EtherType)?,
            first: load(Slot::First)?,
            last: load(Slot::Last)?,
        };
        let is_twice = |slot| matches!(slot, Slot::Source | Slot::Destination | Slot::Vlan | Slot::Input | Slot::Output);
        let fallbacks = steps.fallbacks().filter(|step| is_twice(step.slot()));
        Some(Self {
            usual,
            sampler: optional(Slot::Sampler),
            exported: if plan.octets_slot() == Slot::Octets { None } else { Some(load(Slot::Octets)?) },
            squares: plan.squares_slot().and_then(optional),
            segment: optional(Slot::Segment),
            init: load(Slot::Init)?,
            fallbacks: fallbacks.map(|step| Some(Fallback { slot: step.slot(), load: Load::of(step)? })).collect::<Option<_>>()?,
            ipv4: all(Slot::Ipv4)?,
            ipv6: all(Slot::Ipv6)?,
            octets,
        })
    }

    /// Octets on the heap, its own among them.
    pub(super) fn heap(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.fallbacks) + size_of_val(&*self.ipv4) + size_of_val(&*self.ipv6)
    }

    /// Reads every whole record of a data set: how many there are, and what is amiss with the octets behind them.
    #[inline]
    pub(super) fn read<L: RecordListener>(&self, plan: &RecordPlan, body: &[u8], clock: Clock, listener: &mut L) -> (u32, Option<Skip>) {
        let mut exported = plan.blank();
        let ips = listener.wants_ips().then(|| plan.ips());
        let (mut rest, mut records) = (body, 0);
        while let Some(window) = rest.first_chunk::<WINDOW>() {
            self.record(plan, window, clock, &mut exported);
            if let Some(ips) = ips {
                exported.record.ips = ips.read(|place| window.get(usize::from(place.offset())..).unwrap_or_default());
            }
            listener.record(&exported);
            records += 1;
            rest = rest.get(self.octets..).unwrap_or_default();
        }
        // The last ones, with zeros behind them.
        let mut padded = [0; 2 * WINDOW];
        if let Some(padded) = padded.get_mut(..rest.len()) {
            padded.copy_from_slice(rest);
        }
        let mut at = 0;
        while at + self.octets <= rest.len() {
            let Some(window) = padded.get(at..).and_then(<[u8]>::first_chunk) else { break };
            self.record(plan, window, clock, &mut exported);
            if let Some(ips) = ips {
                exported.record.ips = ips.read(|place| window.get(usize::from(place.offset())..).unwrap_or_default());
            }
            listener.record(&exported);
            records += 1;
            at += self.octets;
        }
        let amiss = amiss_behind(body.len() - rest.len() + at, body, Skip::TrailingOctets);
        (u32::try_from(records).unwrap_or(u32::MAX), amiss)
    }

    /// Reads one record over the one before.
    #[inline(always)]
    fn record(&self, plan: &RecordPlan, window: &Window, clock: Clock, exported: &mut Exported) {
        let usual = &self.usual;
        let octets = usual.octets.from(window);
        exported.octets = self.exported.map_or(octets, |exported| exported.from(window));
        exported.packets = usual.packets.from(window);
        let twice = self.twice(window);
        let ether_type = usual.ether_type.from(window);
        let record = &mut exported.record;
        record.packets = exported.packets;
        record.octets = octets;
        record.macs = record::macs(twice.source, twice.destination);
        record.vlan = record::vlan(twice.vlan);
        record.input = record::interface(twice.input);
        record.output = record::interface(twice.output);
        record.direction = plan.direction(usual.direction.from(window));
        record.ip_version = self.ip_version(usual.ip_version.from(window), ether_type, window);
        record.tunnel = record::tunnel(self.segment.map_or(0, |segment| segment.from(window)), ether_type);
        record.age = self.age(plan.time(), window, clock);
        if let Some(squares) = self.squares {
            record.squares = Some(squares.from(window));
        }
        if let Some(sampler) = self.sampler {
            exported.sampler = Some(sampler.from(window));
        }
    }

    #[inline(always)]
    fn twice(&self, window: &Window) -> Twice {
        let Usual { source, destination, vlan, input, output, .. } = &self.usual;
        let twice = Twice {
            source: source.from(window),
            destination: destination.from(window),
            vlan: vlan.from(window),
            input: input.from(window),
            output: output.from(window),
        };
        if self.fallbacks.is_empty() { twice } else { self.fall_back(twice, window) }
    }

    /// Apart, so that the fields of other templates need no place in memory.
    #[inline(never)]
    fn fall_back(&self, mut twice: Twice, window: &Window) -> Twice {
        for Fallback { slot, load } in &self.fallbacks {
            let value = match slot {
                Slot::Source => &mut twice.source,
                Slot::Destination => &mut twice.destination,
                Slot::Vlan => &mut twice.vlan,
                Slot::Input => &mut twice.input,
                _ => &mut twice.output,
            };
            if *value == 0 {
                *value = load.from(window);
            }
        }
        twice
    }

    #[inline(always)]
    fn ip_version(&self, told: u64, ether_type: u64, window: &Window) -> u8 {
        match record::told_version(told, ether_type) {
            0 if self.is_set(&self.ipv4, window) => 4,
            0 if self.is_set(&self.ipv6, window) => 6,
            version => version,
        }
    }

    fn is_set(&self, addresses: &[Load], window: &Window) -> bool {
        addresses.iter().any(|address| address.from(window) != 0)
    }

    #[inline(always)]
    fn age(&self, unit: TimeUnit, window: &Window, clock: Clock) -> Age {
        let (first, last) = (self.usual.first.from(window), self.usual.last.from(window));
        clock.usual_age(unit, first, last).unwrap_or_else(|| clock.age(unit, Times { first, last, init_ms: self.init.from(window) }))
    }
}
