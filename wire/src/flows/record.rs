//! Data records: the plan by which they are read, and what is made of their numbers.

use schema::sample::{Age, Direction, FlowRecord, Interface, IpPair, LengthBasis, MacPair, Tunnel};
use schema::{Mac, Rate};

use super::age::{Clock, TimeUnit, Times};
use super::direct::Direct;
use super::element as ie;
use super::ips::Ips;
use super::layout::{Layout, Placed, Segments, Visit};
use super::plan::{Planner, Slot, Steps, Values};
use super::rate::RateForm;
use super::section::Section;
use super::{Exported, RecordListener, Skip};
use crate::ethernet;

/// The elements that count octets, by precedence.
const OCTETS: [u16; 6] =
    [ie::OCTET_DELTA, ie::OCTET_TOTAL, ie::LAYER2_OCTET_DELTA, ie::LAYER2_OCTET_TOTAL, ie::INITIATOR_OCTETS, ie::POST_OCTET_DELTA];

/// The elements that count packets, by precedence.
const PACKETS: [u16; 4] = [ie::PACKET_DELTA, ie::PACKET_TOTAL, ie::INITIATOR_PACKETS, ie::POST_PACKET_DELTA];

/// Ethernet's type for unicast MPLS, and for multicast (RFC 5332, section 3).
const MPLS: [u64; 2] = [0x8847, 0x8848];

/// Elements of the times of the first and the last packet, by precedence: the finer, the earlier.
const TIMES: [(TimeUnit, u16, u16); 10] = [
    (TimeUnit::Milliseconds, ie::FLOW_START_MILLISECONDS, ie::FLOW_END_MILLISECONDS),
    (TimeUnit::Ntp, ie::FLOW_START_MICROSECONDS, ie::FLOW_END_MICROSECONDS),
    (TimeUnit::Ntp, ie::FLOW_START_NANOSECONDS, ie::FLOW_END_NANOSECONDS),
    (TimeUnit::DeltaMicroseconds, ie::FLOW_START_DELTA_MICROSECONDS, ie::FLOW_END_DELTA_MICROSECONDS),
    (TimeUnit::Uptime, ie::FLOW_START_SYS_UP_TIME, ie::FLOW_END_SYS_UP_TIME),
    (TimeUnit::Seconds, ie::FLOW_START_SECONDS, ie::FLOW_END_SECONDS),
    (TimeUnit::Milliseconds, ie::OBSERVATION_TIME_MILLISECONDS, ie::OBSERVATION_TIME_MILLISECONDS),
    (TimeUnit::Ntp, ie::OBSERVATION_TIME_MICROSECONDS, ie::OBSERVATION_TIME_MICROSECONDS),
    (TimeUnit::Ntp, ie::OBSERVATION_TIME_NANOSECONDS, ie::OBSERVATION_TIME_NANOSECONDS),
    (TimeUnit::Seconds, ie::OBSERVATION_TIME_SECONDS, ie::OBSERVATION_TIME_SECONDS),
];

/// How data records are read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct RecordPlan {
    steps: Steps,
    /// The same steps for records that can be read straight on.
    direct: Option<Box<Direct>>,
    there: Counted,
    back: Counted,
    time: TimeUnit,
    rate: RateForm,
    has_direction: bool,
    has_sampler: bool,
    /// Whether the way back is counted at all.
    has_back: bool,
    section: Option<Section>,
    ips: Ips,
}

/// What is counted of one direction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Counted {
    /// The slot of the octets that the matrix takes, and what they count.
    octets: Slot,
    basis: LengthBasis,
    /// The slot of the sum of their squares.
    squares: Option<Slot>,
}

/// The slots of one direction.
struct Way {
    octets: Slot,
    packets: Slot,
    layer2: Slot,
    squares: Slot,
}

const THERE: Way = Way { octets: Slot::Octets, packets: Slot::Packets, layer2: Slot::Layer2Octets, squares: Slot::Squares };

const BACK: Way =
    Way { octets: Slot::ReverseOctets, packets: Slot::ReversePackets, layer2: Slot::ReverseLayer2Octets, squares: Slot::ReverseSquares };

impl RecordPlan {
    /// Plans the reading of these fields.
    pub(super) fn new(placed: &[Placed]) -> (Self, Layout) {
        let mut planner = Planner::new(placed);
        let there = Counted::plan(&THERE, |slot, elements| planner.first(slot, elements));
        let mut has_back = false;
        let back = Counted::plan(&BACK, |slot, elements| {
            let found = planner.first_reverse(slot, elements);
            has_back |= found.is_some();
            found
        });
        planner.any(Slot::Source, &[ie::SOURCE_MAC, ie::POST_SOURCE_MAC]);
        planner.any(Slot::Destination, &[ie::DESTINATION_MAC, ie::POST_DESTINATION_MAC]);
        planner.vlan();
        planner.any(Slot::Input, &[ie::INGRESS_INTERFACE, ie::INGRESS_PHYSICAL_INTERFACE]);
        planner.any(Slot::Output, &[ie::EGRESS_INTERFACE, ie::EGRESS_PHYSICAL_INTERFACE]);
        planner.any(Slot::Segment, &[ie::LAYER2_SEGMENT_ID]);
        let has_direction = planner.first(Slot::Direction, &[ie::FLOW_DIRECTION]).is_some();
        let has_sampler = planner.first(Slot::Sampler, &[ie::SELECTOR_ID, ie::SAMPLER_ID]).is_some();
        plan_ip_version(&mut planner);
        let time = plan_times(&mut planner);
        let rate = RateForm::plan(&mut planner);
        let section = Section::plan(&mut planner);
        let ips = Ips::plan(&mut planner);
        let steps = planner.steps();
        let layout = Layout::new(placed, &planner.wanted);
        let mut plan = Self { steps, direct: None, there, back, time, rate, has_direction, has_sampler, has_back, section, ips };
        plan.direct = layout.fixed().and_then(|octets| Direct::new(&plan, &plan.steps, octets)).map(Box::new);
        (plan, layout)
    }

    /// Reads every record step by step from now on.
    #[cfg(test)]
    pub(super) fn forget_direct(&mut self) {
        self.direct = None;
    }

    /// Whether there is more to do for a record than to read its fields.
    pub(super) const fn needs_more(&self) -> bool {
        self.section.is_some() || self.has_back || self.rate.is_told()
    }

    /// The slot of the octets that the matrix takes.
    pub(super) const fn octets_slot(&self) -> Slot {
        self.there.octets
    }

    /// The slot of the sum of their squares.
    pub(super) const fn squares_slot(&self) -> Option<Slot> {
        self.there.squares
    }

    /// Where the IP addresses are.
    pub(super) const fn ips(&self) -> Ips {
        self.ips
    }

    pub(super) const fn time(&self) -> TimeUnit {
        self.time
    }

    /// Octets on the heap.
    pub(super) fn heap(&self) -> usize {
        self.steps.heap() + self.direct.as_ref().map_or(0, |direct| direct.heap())
    }

    /// Reads a data set; how many records it holds.
    #[inline]
    pub(super) fn read<L: RecordListener>(&self, layout: &Layout, body: &[u8], clock: Clock, listener: &mut L) -> u32 {
        let (records, amiss) = match &self.direct {
            Some(direct) => direct.read(self, body, clock, listener),
            None => {
                let wants_ips = listener.wants_ips();
                layout.walk(body, &mut Reading { plan: self, clock, values: Values::new(), wants_ips, listener })
            }
        };
        if let Some(skip) = amiss {
            listener.skipped(skip);
        }
        records
    }

    /// A record that says nothing yet but what all records of the template do.
    pub(super) const fn blank(&self) -> Exported {
        let record = FlowRecord {
            rate: Rate::UNKNOWN,
            direction: Direction::Unknown,
            input: Interface::Unknown,
            output: Interface::Unknown,
            macs: None,
            vlan: 0,
            ip_version: 0,
            tunnel: Tunnel::None,
            ips: None,
            packets: 0,
            octets: 0,
            basis: self.there.basis,
            squares: None,
            age: Age { first_ms: 0, last_ms: 0 },
        };
        Exported { record, sampler: None, octets: 0, packets: 0, reverse: false }
    }

    #[inline(always)]
    fn exported(&self, values: &Values, clock: Clock) -> Exported {
        let ether_type = values.get(Slot::EtherType);
        let blank = self.blank();
        let record = FlowRecord {
            rate: if self.rate.is_told() { self.rate.read(values) } else { Rate::UNKNOWN },
            direction: self.direction(values.get(Slot::Direction)),
            input: interface(values.get(Slot::Input)),
            output: interface(values.get(Slot::Output)),
            macs: macs(values.get(Slot::Source), values.get(Slot::Destination)),
            vlan: vlan(values.get(Slot::Vlan)),
            ip_version: ip_version(values, ether_type),
            tunnel: tunnel(values.get(Slot::Segment), ether_type),
            packets: values.get(Slot::Packets),
            octets: values.get(self.there.octets),
            squares: self.there.squares.map(|slot| values.get(slot)),
            age: self.age(values, clock),
            ..blank.record
        };
        let sampler = if self.has_sampler { Some(values.get(Slot::Sampler)) } else { None };
        Exported { record, sampler, octets: values.get(Slot::Octets), packets: values.get(Slot::Packets), ..blank }
    }

    #[inline(always)]
    fn age(&self, values: &Values, clock: Clock) -> Age {
        let (first, last) = (values.get(Slot::First), values.get(Slot::Last));
        let usual = clock.usual_age(self.time, first, last);
        usual.unwrap_or_else(|| clock.age(self.time, Times { first, last, init_ms: values.get(Slot::Init) }))
    }

    #[inline(always)]
    pub(super) const fn direction(&self, told: u64) -> Direction {
        match told {
            0 if self.has_direction => Direction::Ingress,
            1 => Direction::Egress,
            _ => Direction::Unknown,
        }
    }

    /// Turns a record into its way back, if something went it.
    #[cold]
    fn turn(&self, values: &Values, exported: &mut Exported) -> bool {
        exported.reverse = true;
        exported.octets = values.get(BACK.octets);
        exported.packets = values.get(BACK.packets);
        let record = &mut exported.record;
        std::mem::swap(&mut record.input, &mut record.output);
        record.macs = record.macs.map(|MacPair { src, dst }| MacPair { src: dst, dst: src });
        record.ips = record.ips.map(IpPair::turned);
        record.packets = exported.packets;
        record.octets = values.get(self.back.octets);
        record.basis = self.back.basis;
        record.squares = self.back.squares.map(|slot| values.get(slot));
        exported.octets | exported.packets != 0
    }
}

struct Reading<'a, L> {
    plan: &'a RecordPlan,
    clock: Clock,
    values: Values,
    wants_ips: bool,
    listener: &'a mut L,
}

impl<L: RecordListener> Visit for Reading<'_, L> {
    #[inline(always)]
    fn record<S: Segments>(&mut self, segments: &S) {
        let plan = self.plan;
        plan.steps.read(segments, &mut self.values);
        let values = &self.values;
        let mut exported = plan.exported(values, self.clock);
        if self.wants_ips {
            exported.record.ips = plan.ips.read(|place| segments.rest(place));
        }
        if let Some(section) = plan.section
            && !section.complete(segments, values, &mut exported.record)
        {
            self.listener.skipped(Skip::ImplausibleLength);
        }
        self.listener.record(&exported);
        if plan.has_back && plan.turn(values, &mut exported) {
            self.listener.record(&exported);
        }
    }
}

impl Counted {
    /// Plans the counters of one direction, where `first` reads the first that there is of some elements into a slot.
    fn plan(slots: &Way, mut first: impl FnMut(Slot, &[u16]) -> Option<u16>) -> Self {
        let exported = first(slots.octets, &OCTETS);
        let _packets = first(slots.packets, &PACKETS);
        let layer2 = if exported == Some(ie::LAYER2_OCTET_DELTA) { None } else { first(slots.layer2, &[ie::LAYER2_OCTET_DELTA]) };
        let is_layer2 = layer2.is_some() || matches!(exported, Some(ie::LAYER2_OCTET_DELTA | ie::LAYER2_OCTET_TOTAL));
        let squares = first(slots.squares, &[ie::OCTET_DELTA_SUM_OF_SQUARES]);
        Self {
            octets: if layer2.is_some() { slots.layer2 } else { slots.octets },
            basis: if is_layer2 { LengthBasis::Layer2 } else { LengthBasis::IpPacket },
            // It sums the squares of the IP packets, of which octets of another kind are not made.
            squares: squares.filter(|_| exported == Some(ie::OCTET_DELTA) && layer2.is_none()).map(|_| slots.squares),
        }
    }
}

/// Reads the IP version, by the addresses only where nothing says it in so many words.
fn plan_ip_version(planner: &mut Planner<'_>) {
    let told = planner.first(Slot::IpVersion, &[ie::IP_VERSION]).is_some();
    planner.any(Slot::EtherType, &[ie::ETHERNET_TYPE]);
    if !told {
        planner.any(Slot::Ipv4, &[ie::SOURCE_IPV4, ie::DESTINATION_IPV4]);
        planner.any_address(Slot::Ipv6, &[ie::SOURCE_IPV6, ie::DESTINATION_IPV6]);
    }
}

/// Reads the times in the finest unit in which the template has both, or else one of them.
fn plan_times(planner: &mut Planner<'_>) -> TimeUnit {
    let has = |element: u16| planner.index.find(element).is_some();
    let both = TIMES.iter().find(|(_, first, last)| has(*first) && has(*last));
    let found = both.or_else(|| TIMES.iter().find(|(_, first, last)| has(*first) || has(*last)));
    let Some((unit, first, last)) = found.copied() else { return TimeUnit::None };
    planner.first(Slot::First, &[first]);
    planner.first(Slot::Last, &[last]);
    if unit == TimeUnit::Uptime {
        planner.first(Slot::Init, &[ie::SYSTEM_INIT_MILLISECONDS]);
    }
    unit
}

/// An ifIndex; 0 and all ones are none.
#[inline(always)]
pub(super) fn interface(index: u64) -> Interface {
    // One comparison: 0 wraps to above all of them.
    if index.wrapping_sub(1) < u64::from(u32::MAX) - 1 { Interface::Index(index as u32) } else { Interface::Unknown }
}

/// Both addresses; templates have them for records of bare IP too, as zeros.
#[inline(always)]
pub(super) fn macs(src: u64, dst: u64) -> Option<MacPair> {
    (src | dst != 0).then(|| MacPair { src: Mac::from_bits(src), dst: Mac::from_bits(dst) })
}

/// A VLAN id of 802.1Q; 0 for none, and for all else that exporters write there.
#[inline(always)]
pub(super) fn vlan(id: u64) -> u16 {
    if (1..=4094).contains(&id) { id as u16 } else { 0 }
}

#[inline(always)]
fn ip_version(values: &Values, ether_type: u64) -> u8 {
    match told_version(values.get(Slot::IpVersion), ether_type) {
        0 if values.get(Slot::Ipv4) != 0 => 4,
        0 if values.get(Slot::Ipv6) != 0 => 6,
        version => version,
    }
}

/// The IP version that a record tells in so many words, or by Ethernet's type; else 0.
#[inline(always)]
pub(super) fn told_version(told: u64, ether_type: u64) -> u8 {
    match told {
        4 => 4,
        6 => 6,
        _ => u16::try_from(ether_type).map_or(0, ethernet::ip_version),
    }
}

#[inline(always)]
pub(super) fn tunnel(segment: u64, ether_type: u64) -> Tunnel {
    if segment != 0 {
        Tunnel::Vxlan
    } else if MPLS.contains(&ether_type) {
        Tunnel::Mpls
    } else {
        Tunnel::None
    }
}
