//! Which fields of a record are read, and into what: worked out once for a template.

use super::definition::Field;
use super::element as ie;
use super::layout::{Place, Placed, Segments, Wanted};

/// Elements with a number from here on are not in use.
const ELEMENTS: usize = 512;

/// Most fields that may name a VLAN: every element that does so, twice. It bounds the steps that a record takes.
const MAX_VLANS: usize = 12;

/// What a field is read into.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Slot {
    Octets,
    Packets,
    Layer2Octets,
    Squares,
    ReverseOctets,
    ReversePackets,
    ReverseLayer2Octets,
    ReverseSquares,
    Source,
    Destination,
    Vlan,
    Input,
    Output,
    Direction,
    IpVersion,
    EtherType,
    Ipv4,
    Ipv6,
    Segment,
    Sampler,
    First,
    Last,
    Init,
    FrameSize,
    SectionOctets,
    SectionOffset,
    FrameType,
    Interval,
    RandomInterval,
    PacketInterval,
    PacketSpace,
    Size,
    Population,
    Probability,
    Observed,
    Selected,
    Algorithm,
}

/// Number of [`Slot`]s.
const SLOTS: usize = Slot::Algorithm as usize + 1;

/// The numbers of one record; 0 for what it does not hold.
pub(super) struct Values([u64; SLOTS]);

/// The reading of one field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Step {
    place: Place,
    slot: Slot,
    /// Bits of the eight octets at the place that belong to what follows the field.
    surplus: u8,
}

/// The steps of a plan: for each slot one that fills it, and those that fill it if it is still 0 then, by precedence.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Steps {
    first: Box<[Step]>,
    fallback: Box<[Step]>,
}

/// The fields of a template, found by their element.
pub(super) struct Index<'a> {
    placed: &'a [Placed],
    forward: [u16; ELEMENTS],
    reverse: [u16; ELEMENTS],
    vlans: Vec<(usize, u16)>,
}

/// Collects the steps of a plan.
pub(super) struct Planner<'a> {
    pub(super) index: Index<'a>,
    pub(super) wanted: Wanted,
    steps: Vec<Step>,
}

/// The VLAN's elements, by precedence: the first that is not 0 counts.
const VLANS: [u16; 6] =
    [ie::VLAN_ID, ie::DOT1Q_VLAN_ID, ie::DOT1Q_CUSTOMER_VLAN_ID, ie::POST_VLAN_ID, ie::POST_DOT1Q_VLAN_ID, ie::POST_DOT1Q_CUSTOMER_VLAN_ID];

impl Values {
    /// Nothing read yet.
    pub(super) const fn new() -> Self {
        Self([0; SLOTS])
    }

    /// What was read into a slot.
    #[inline(always)]
    pub(super) fn get(&self, slot: Slot) -> u64 {
        self.0.get(slot as usize).copied().unwrap_or(0)
    }
}

impl Step {
    /// How far from the record's start it reads, where records are one segment.
    pub(super) const fn offset(&self) -> u16 {
        self.place.offset()
    }

    /// Bits of the eight octets at the place that belong to what follows the field.
    pub(super) const fn surplus(&self) -> u8 {
        self.surplus
    }

    pub(super) const fn slot(&self) -> Slot {
        self.slot
    }

    #[inline(always)]
    fn value<S: Segments>(&self, segments: &S) -> u64 {
        match segments.number(self.place) {
            Some(number) => number >> (self.surplus & 63),
            None => near_the_end(segments.rest(self.place), self.surplus),
        }
    }
}

/// The number in the first octets of fewer than eight.
#[cold]
fn near_the_end(rest: &[u8], surplus: u8) -> u64 {
    let octets = 8 - usize::from(surplus / 8);
    rest.iter().take(octets).fold(0, |number, octet| number << 8 | u64::from(*octet))
}

impl Steps {
    /// Reads the fields of one record, over those of the record before: a step that comes first for its slot replaces what is in it.
    #[inline(always)]
    pub(super) fn read<S: Segments>(&self, segments: &S, values: &mut Values) {
        for step in &self.first {
            let value = step.value(segments);
            if let Some(slot) = values.0.get_mut(step.slot as usize) {
                *slot = value;
            }
        }
        for step in &self.fallback {
            if let Some(slot) = values.0.get_mut(step.slot as usize).filter(|slot| **slot == 0) {
                *slot = step.value(segments);
            }
        }
    }

    /// The step that fills a slot first.
    pub(super) fn first_of(&self, slot: Slot) -> Option<&Step> {
        self.first.iter().find(|step| step.slot == slot)
    }

    /// Every step that may fill a slot, by precedence.
    pub(super) fn all_of(&self, slot: Slot) -> impl Iterator<Item = &Step> {
        self.first.iter().chain(&self.fallback).filter(move |step| step.slot == slot)
    }

    /// The steps that fill a slot which is still 0.
    pub(super) fn fallbacks(&self) -> impl Iterator<Item = &Step> {
        self.fallback.iter()
    }

    /// Octets on the heap.
    pub(super) fn heap(&self) -> usize {
        size_of_val(&*self.first) + size_of_val(&*self.fallback)
    }
}

impl<'a> Index<'a> {
    const ABSENT: u16 = u16::MAX;

    fn new(placed: &'a [Placed]) -> Self {
        let mut index = Self { placed, forward: [Self::ABSENT; ELEMENTS], reverse: [Self::ABSENT; ELEMENTS], vlans: Vec::new() };
        for (ordinal, this) in (0_u16..).zip(placed).filter(|(_, this)| !this.field.scope) {
            let field = this.field;
            let elements = match field.enterprise {
                0 => &mut index.forward,
                ie::REVERSE => &mut index.reverse,
                _ => continue,
            };
            let Some(first) = elements.get_mut(usize::from(field.element)) else { continue };
            // Of a field that occurs twice the first counts, or the first that is a number.
            if placed.get(usize::from(*first)).is_none_or(|first| !is_number(first) && is_number(this)) {
                *first = ordinal;
            }
            if let Some(rank) = VLANS.iter().position(|vlan| field.is(0, *vlan)) {
                index.vlans.push((rank, ordinal));
            }
        }
        index.vlans.sort_unstable();
        index.vlans.truncate(MAX_VLANS);
        index
    }

    /// The field of an element.
    pub(super) fn find(&self, element: u16) -> Option<&'a Placed> {
        self.find_in(0, element)
    }

    /// The field of an element, of an enterprise that is IANA (0) or the way back.
    pub(super) fn find_in(&self, enterprise: u32, element: u16) -> Option<&'a Placed> {
        let elements = if enterprise == ie::REVERSE { &self.reverse } else { &self.forward };
        let ordinal = elements.get(usize::from(element))?;
        self.placed.get(usize::from(*ordinal))
    }

    /// The first number of the scope that this is true of.
    pub(super) fn scope(&self, wanted: impl Fn(&Field) -> bool) -> Option<&'a Placed> {
        self.placed.iter().take_while(|placed| placed.field.scope).find(|placed| wanted(&placed.field))
    }
}

impl<'a> Planner<'a> {
    /// A planner that wants nothing yet.
    pub(super) fn new(placed: &'a [Placed]) -> Self {
        Self { index: Index::new(placed), wanted: Wanted::new(), steps: Vec::new() }
    }

    /// Reads the first field that the template has of these elements into a slot, and says which it is.
    pub(super) fn first(&mut self, slot: Slot, elements: &[u16]) -> Option<u16> {
        self.first_in(0, slot, elements)
    }

    /// [`first`](Self::first) of the elements of the way back.
    pub(super) fn first_reverse(&mut self, slot: Slot, elements: &[u16]) -> Option<u16> {
        self.first_in(ie::REVERSE, slot, elements)
    }

    fn first_in(&mut self, enterprise: u32, slot: Slot, elements: &[u16]) -> Option<u16> {
        let number = |element: &&u16| self.index.find_in(enterprise, **element).filter(|placed| is_number(placed)).is_some();
        let element = *elements.iter().find(number)?;
        let placed = self.index.find_in(enterprise, element)?;
        let step = self.step(slot, placed)?;
        self.steps.push(step);
        Some(element)
    }

    /// Reads the first that is not 0 of the fields of these elements into a slot.
    pub(super) fn any(&mut self, slot: Slot, elements: &[u16]) {
        for element in elements {
            if let Some(placed) = self.index.find(*element) {
                self.fall_back(slot, placed);
            }
        }
    }

    /// Reads the VLAN: of each of its elements the first that is not 0, though it may occur twice.
    pub(super) fn vlan(&mut self) {
        for (_, ordinal) in std::mem::take(&mut self.index.vlans) {
            if let Some(placed) = self.index.placed.get(usize::from(ordinal)) {
                self.fall_back(Slot::Vlan, placed);
            }
        }
    }

    /// Reads whether an address of 16 octets is set, if that many are there.
    pub(super) fn any_address(&mut self, slot: Slot, elements: &[u16]) {
        for element in elements {
            let Some(placed) = self.index.find(*element).filter(|placed| placed.field.length == 16) else { continue };
            let Some(place) = self.wanted.place(placed) else { continue };
            self.steps.extend([place, place.plus(8)].map(|place| Step { place, slot, surplus: 0 }));
        }
    }

    /// Reads a field that was found otherwise; `false` if it is no number.
    pub(super) fn take(&mut self, slot: Slot, placed: &Placed) -> bool {
        let step = self.step(slot, placed);
        self.steps.extend(step);
        step.is_some()
    }

    fn fall_back(&mut self, slot: Slot, placed: &Placed) {
        let step = self.step(slot, placed);
        self.steps.extend(step);
    }

    fn step(&mut self, slot: Slot, placed: &Placed) -> Option<Step> {
        if !is_number(placed) {
            return None;
        }
        let surplus = u8::try_from(64 - 8 * placed.field.length).ok()?;
        Some(Step { place: self.wanted.place(placed)?, slot, surplus })
    }

    /// The steps of all that was asked for.
    pub(super) fn steps(&mut self) -> Steps {
        let steps = std::mem::take(&mut self.steps);
        let is_first = |place: usize, step: &Step| steps.iter().take(place).all(|before| before.slot != step.slot);
        let of = |wanted: bool| {
            steps.iter().enumerate().filter(|(place, step)| is_first(*place, step) == wanted).map(|(_, step)| *step).collect()
        };
        Steps { first: of(true), fallback: of(false) }
    }
}

/// Whether a field is a number of one to eight octets: most elements may be exported in fewer than they are defined with (RFC 7011, section 6.2).
fn is_number(placed: &Placed) -> bool {
    !placed.is_variable() && (1..=8).contains(&placed.field.length)
}
