//! sFlow's samples on their way to their cells.

use directory::Snapshot;
use schema::sample::{Addressed, Agent, Direction, FlowSample, Frame, InterfaceCounters, LengthBasis, Sampled};
use schema::{CellKey, Localities, Moments, Rate, Reason};

use super::sources::{Placed, Rated, SourceKey};
use super::{MAX_CELLS, Shard};
use crate::attribution::{Crossing, attribute, told_by_ends};
use crate::delta::{StreamCell, overflow};
use crate::localities;
use crate::pairs::PairKey;
use crate::policy::DirectionRule;
use crate::roster::{AgentNumber, Exporter, ExporterId};
use crate::weight::{MAX_PLAUSIBLE_RATE, is_plausible};

/// The samples of one datagram on their way into a shard: what is the same for all of them is looked up once.
pub struct Intake<'s> {
    shard: &'s mut Shard,
    directory: &'s Snapshot,
    exporter: ExporterId,
    agent: Agent,
    agent_number: AgentNumber,
    /// Flow samples so far.
    taken: u64,
}

impl Drop for Intake<'_> {
    fn drop(&mut self) {
        if let Some(heard) = self.shard.exporters.get_mut(self.exporter) {
            heard.tally.flow_samples += self.taken;
            self.shard.delta.received += self.taken;
        }
    }
}

impl Intake<'_> {
    /// Adds one flow sample.
    #[inline(always)]
    pub fn flow<S: Sampled>(&mut self, sample: S) {
        let (body, in_vlan) = sample.apart();
        if self.directory.places().is_some() {
            return self.flow_placed::<S>(body, in_vlan);
        }
        self.flow_of::<S>(body, in_vlan);
    }

    /// Adds a sample where it is asked where addresses are. Apart, so that the other way has no calls.
    #[inline(never)]
    fn flow_placed<S: Sampled>(&mut self, body: S::Body, in_vlan: u16) {
        let Some(sample) = S::together(body, in_vlan) else { return };
        self.taken += 1;
        let Some(stream) = self.shard.go_on(self.agent_number, &sample) else { return self.flow_otherwise::<S>(body, in_vlan) };
        self.flow_elsewhere::<S>(body, in_vlan, stream);
    }

    /// The same. Nearly all samples are added by what stands here, without any call: so nothing has to be saved for after one.
    #[inline(never)]
    fn flow_of<S: Sampled>(&mut self, body: S::Body, in_vlan: u16) {
        let Some(sample) = S::together(body, in_vlan) else { return };
        self.taken += 1;
        let Some(stream) = self.shard.go_on(self.agent_number, &sample) else { return self.flow_otherwise::<S>(body, in_vlan) };
        if sample.is_passed_on()
            && let Some(ends) = sample.ends()
            && let Some(moments) = self.shard.pairs.get_mut(&PairKey::of(stream, ends))
        {
            return moments.add(sample.raw_length());
        }
        self.flow_elsewhere::<S>(body, in_vlan, stream);
    }

    /// Adds a sample that does not simply go on.
    #[inline(never)]
    fn flow_otherwise<S: Sampled>(&mut self, body: S::Body, in_vlan: u16) {
        let Some(sample) = S::together(body, in_vlan) else { return };
        let whole = sample.whole();
        if whole.direction() != Direction::Ingress {
            return self.flow_anew(whole, whole.direction());
        }
        match self.shard.follow(self.agent_number, &whole) {
            None => self.flow_anew(whole, Direction::Ingress),
            Some(Placed { stream, is_core: false }) if self.pair(stream, sample) => {}
            Some(placed) => self.add_any(whole, Direction::Ingress, placed),
        }
    }

    /// Adds a sample of an edge port's stream of ingress to a cell that is none of the known pairs.
    #[inline(never)]
    fn flow_elsewhere<S: Sampled>(&mut self, body: S::Body, in_vlan: u16, stream: u32) {
        let Some(sample) = S::together(body, in_vlan) else { return };
        if !self.pair(stream, sample) {
            self.add_any(sample.whole(), Direction::Ingress, Placed { stream, is_core: false });
        }
    }

    /// Adds a sample to its pair, if its ends alone tell the cell.
    fn pair(&mut self, stream: u32, sample: impl Sampled) -> bool {
        let Some(ends) = sample.ends().filter(|_| sample.is_passed_on()) else { return false };
        let (localities, octets) = (self.localities(&sample), sample.raw_length());
        let key = PairKey::of(stream, ends).at(localities);
        if let Some(moments) = self.shard.pairs.get_mut(&key) {
            moments.add(octets);
            return true;
        }
        let Some(Addressed { macs, vlan, ip_version }) = sample.addressed() else { return false };
        // Of other types there may be any number.
        let is_told = ip_version != 0 && self.shard.pairs.len() < MAX_CELLS;
        let Some((src, dst)) = told_by_ends(macs, self.directory, self.shard.parties).filter(|_| is_told) else { return false };
        let localities = self.directory.places().map_or(localities, |places| localities::of_cell(places, localities, src));
        let cell = CellKey { src, dst, vlan, ip_version, reason: Reason::Attributed, localities };
        self.shard.pairs.insert_new(key, cell, Moments::of(octets));
        true
    }

    /// Where the addresses are of a frame that shows them behind one tag or none.
    #[inline(always)]
    fn localities(&self, sample: &impl Sampled) -> Localities {
        self.directory.places().map_or(Localities::UNKNOWN, |places| localities::of_addresses(places, sample.ips()))
    }

    /// How many flow samples were added.
    pub const fn taken(&self) -> u64 {
        self.taken
    }

    /// Counts a counter sample, whatever records it has.
    pub fn counter_sample(&mut self) {
        self.shard.counter_sample(self.exporter);
    }

    /// Follows the counters of one port.
    pub fn counters(&mut self, counters: &InterfaceCounters) {
        self.shard.counters(self.exporter, counters);
    }

    /// Counts a broken record or sample.
    pub fn malformed(&mut self) {
        self.shard.malformed(self.exporter);
    }

    /// Adds a sample of a stream, whatever it is.
    #[inline(never)]
    fn add_any(&mut self, sample: FlowSample, direction: Direction, placed: Placed) {
        let (mut cell, octets) = self.shard.cell_of_sample(self.agent, &sample, self.directory);
        if placed.is_core || direction == Direction::Egress {
            cell.reason = self.shard.set_aside(self.exporter, &sample, placed.is_core).unwrap_or(cell.reason);
        }
        self.shard.add(placed.stream, cell, octets);
    }

    /// Adds a sample that is the first of its kind, or whose rate is not simply what it says.
    #[inline(never)]
    fn flow_anew(&mut self, sample: FlowSample, direction: Direction) {
        let Some(heard) = self.shard.exporters.get_mut(self.exporter) else { return };
        if heard.adjusts_samples || sample.rate > MAX_PLAUSIBLE_RATE {
            return self.flow_adjusted(&sample, direction);
        }
        heard.tally.rate(sample.rate);
        let rated = Rated { sample: &sample, rate: Rate::whole(sample.rate), is_announced: true };
        let placed = self.shard.follow_any(self.exporter, rated, direction);
        self.add_any(sample, direction, placed);
    }

    /// The same for an exporter of which the operator knows something better, and for a rate that cannot be one.
    #[cold]
    fn flow_adjusted(&mut self, sample: &FlowSample, direction: Direction) {
        let Some(heard) = self.shard.exporters.get_mut(self.exporter) else { return };
        let (basis, is_given) = (heard.policy.octets, heard.policy.sampling.is_some());
        let announced = Rate::whole(sample.rate);
        let rate = if is_given || is_plausible(announced) {
            heard.policy.rate(announced)
        } else {
            heard.tally.implausible += 1;
            let before = self.shard.sources.get(&SourceKey::of(self.agent_number, sample.source));
            heard.policy.rate(before.map_or(Rate::UNKNOWN, |source| source.known_rate))
        };
        heard.tally.rate(rate.rounded());
        // Who announces a wrong rate may count its pool by it: then the pool would win over what the operator knows.
        let pool = if is_given { 0 } else { sample.pool };
        let rated = Rated { sample: &FlowSample { pool, ..*sample }, rate, is_announced: false };
        let placed = self.shard.follow_any(self.exporter, rated, direction);
        let (mut cell, mut octets) = self.shard.cell_of_sample(self.agent, sample, self.directory);
        if let (Some(basis), Some(Frame { basis: LengthBasis::Frame, vlan, .. })) = (basis, sample.frame) {
            octets = octets.saturating_add(basis.missing(vlan != 0));
        }
        cell.reason = self.shard.set_aside(self.exporter, sample, placed.is_core).unwrap_or(cell.reason);
        self.shard.add(placed.stream, cell, octets);
    }
}

impl Shard {
    /// Takes the samples of the datagram at hand. `None` if the exporter is none of this shard's.
    #[inline]
    pub fn intake<'s>(&'s mut self, exporter: ExporterId, directory: &'s Snapshot) -> Option<Intake<'s>> {
        let heard = self.exporters.get(exporter)?;
        let (agent, agent_number) = (heard.key.agent, heard.agent_number);
        if self.asked != directory.number() {
            self.ask_anew(directory);
        }
        Some(Intake { shard: self, directory, exporter, agent, agent_number, taken: 0 })
    }

    /// Keeps what was added to the pairs as another directory told them.
    #[cold]
    fn ask_anew(&mut self, directory: &Snapshot) {
        self.asked = directory.number();
        self.pairs.hand_over(|at, moments| self.delta.pairs.push((at, moments)));
        self.pairs.forget();
    }

    /// Adds one flow sample of the datagram at hand; see [`intake`](Self::intake) for many.
    pub fn flow(&mut self, exporter: ExporterId, sample: &FlowSample, directory: &Snapshot) {
        if let Some(mut intake) = self.intake(exporter, directory) {
            intake.flow(*sample);
        }
    }

    /// Why the frame of this sample is counted elsewhere; `None` if it counts here.
    #[inline(never)]
    fn set_aside(&self, exporter: ExporterId, sample: &FlowSample, is_core: bool) -> Option<Reason> {
        if is_core {
            return Some(Reason::CorePort);
        }
        let (Exporter { key, policy, .. }, direction) = (self.exporters.get(exporter)?, sample.direction());
        let is_seen_before = policy.direction == DirectionRule::Auto
            && direction == Direction::Egress
            && self.entries.sample(key.agent, sample.input, sample.source, &policy.core_ports);
        (is_seen_before || policy.direction.sets_aside(direction)).then_some(Reason::OtherDirection)
    }

    fn cell_of_sample(&self, agent: Agent, sample: &FlowSample, directory: &Snapshot) -> (CellKey, u32) {
        match &sample.frame {
            Some(frame) => (attribute(&Crossing::of_frame(sample, frame), agent.address, directory, self.parties), frame.octets),
            // It came, but no record says what it was.
            None => (CellKey::nobody(Reason::NoLayer2), 0),
        }
    }

    #[inline(always)]
    fn add(&mut self, stream: u32, cell: CellKey, octets: u32) {
        match self.delta.cells.get_mut(stream, &cell) {
            Some(moments) => moments.add(octets),
            None => self.add_new(stream, cell, octets),
        }
    }

    /// Adds to a cell that is not there yet.
    #[inline(never)]
    fn add_new(&mut self, stream: u32, cell: CellKey, octets: u32) {
        let one = Moments::of(octets);
        if self.delta.cells.len() < MAX_CELLS && !self.names_unknown(&cell) {
            return self.delta.cells.insert_new(stream, &cell, one);
        }
        self.add_bounded(stream, cell, one);
    }

    /// The same for a cell of a kind whose number is bounded.
    #[cold]
    fn add_bounded(&mut self, stream: u32, cell: CellKey, one: Moments) {
        let is_full = self.delta.cells.len() >= MAX_CELLS;
        let cell = if is_full { overflow(cell) } else { self.within_unknown(cell) };
        self.delta.cells.merge(&StreamCell { stream, cell }, one);
    }
}
