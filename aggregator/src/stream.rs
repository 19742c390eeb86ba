//! A stream: the samples of one data source at one rate and in one direction, or the flow records of one exporter that were metered so.
//!
//! Weights belong to data sources and rates, because an agent may change its rate while it runs and because each data source has its own
//! pool. The counts of a stream are plain sums, so that they can be taken over any stretch of time, and over both directions, and added.

use std::hash::{Hash, Hasher};
use std::net::IpAddr;

use schema::Rate;
use schema::sample::{Agent, DataSource, Direction, Sampled};

use crate::sequence::{Sequence, Step};

/// What names a stream.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct StreamKey {
    /// Exporter.
    pub agent: Agent,
    /// Where it samples. For flow records it names the direction by which [`OpenWindow`](crate::OpenWindow) shall decide whether they count, and
    /// [`Direction::Unknown`] where that is decided already.
    pub source: DataSource,
    /// One frame in so many, as its samples or the operator say.
    pub rate: Rate,
    /// Whether its frames were seen there as they entered or as they left.
    pub direction: Direction,
    /// Whether it is a port between switches, as the operator says.
    pub is_core: bool,
}

/// As numbers of full width, not octet by octet, as an address is hashed otherwise.
impl Hash for StreamKey {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.agent.address {
            IpAddr::V4(address) => state.write_u64(u64::from(address.to_bits())),
            IpAddr::V6(address) => state.write_u128(address.to_bits()),
        }
        state.write_u64(u64::from(self.agent.sub_agent) << 32 | u64::from(self.source.index));
        state.write_u64(u64::from(self.source.class) << 32 | u64::from(self.direction.code()) << 1 | u64::from(self.is_core));
        self.rate.hash(state);
    }
}

/// A port in one direction, or in one that is not told.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct PortSide {
    /// Agent address. All sub-agents of an agent have ports of one numbering.
    pub(crate) agent: IpAddr,
    pub(crate) if_index: u32,
    pub(crate) direction: Direction,
}

impl StreamKey {
    /// Whether both streams are parts of one, with one pool and one sequence of numbers.
    pub(crate) fn is_weighed_with(&self, other: &Self) -> bool {
        (self.agent, self.source, self.rate) == (other.agent, other.source, other.rate)
    }

    /// The port at which its frames were seen; `None` if that is no interface, and for flow records whose direction is not known.
    pub(crate) fn port(&self) -> Option<PortSide> {
        let is_metered = self.source.flow_direction().is_some() && self.direction != Direction::Unknown;
        let metered_at = is_metered.then_some(self.source.index);
        // An ifIndex of 0 is "none" (RFC 2863, section 3.1.5), and is what the agents say that sample a whole switch.
        let if_index = self.source.interface().or(metered_at).filter(|index| *index != 0)?;
        Some(PortSide { agent: self.agent.address, if_index, direction: self.direction })
    }

    /// The stream that takes in whatever is one stream too many: without a data source, and with its rate made a power of two.
    ///
    /// So there are at most 33 of them an agent, however many rates it makes up, and nobody's traffic is weighed by more than √2 too much or too little.
    #[must_use]
    pub(crate) fn coarse(self) -> Self {
        Self { rate: power_of_two(self.rate), ..Self::unfollowed(self.agent, self.rate) }
    }

    /// The stream of samples whose data source is not followed.
    pub(crate) const fn unfollowed(agent: Agent, rate: Rate) -> Self {
        Self { agent, source: NO_SOURCE, rate, direction: Direction::Unknown, is_core: false }
    }
}

/// The source of samples whose data sources are not followed, because there are too many.
const NO_SOURCE: DataSource = DataSource { class: u32::MAX, index: u32::MAX };

/// The power of two that is nearest as a factor; unknown stays unknown.
fn power_of_two(rate: Rate) -> Rate {
    let Some(exponent) = rate.rounded().checked_ilog2() else { return Rate::UNKNOWN };
    let below = 1_u64 << exponent;
    let frames = u64::from(rate.rounded());
    // Above √2 times the power below it, the one above is nearer.
    let nearest = if frames * frames > 2 * below * below { below * 2 } else { below };
    Rate::whole(u32::try_from(nearest).unwrap_or(1 << 31))
}

/// What came of a stream, and by how much its numbers advanced.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Tally {
    /// Samples that came.
    pub received: u64,
    /// Those of them that came after no other one of the same data source, or after a restart, so that no advance belongs to them.
    pub unfollowed: u64,
    /// By how much the sample pool advanced, in frames.
    pub pool_advance: u64,
    /// By how much more the sample sequence advanced than followed samples came: those that are missing; negative where late ones of an earlier stretch came
    /// after all.
    pub missing: i64,
    /// By how much the exporter's own drops advanced.
    pub drops_advance: u64,
}

impl Tally {
    /// Adds another stretch of time of the same stream.
    pub const fn merge(&mut self, other: &Self) {
        self.received += other.received;
        self.unfollowed += other.unfollowed;
        self.pool_advance += other.pool_advance;
        self.missing += other.missing;
        self.drops_advance += other.drops_advance;
    }

    /// Samples that came after another one of the same data source, so that the advances belong to them.
    #[must_use]
    pub const fn followed(&self) -> u64 {
        self.received.saturating_sub(self.unfollowed)
    }

    /// By how much the sample sequence advanced.
    #[must_use]
    pub const fn sequence_advance(&self) -> u64 {
        self.followed().saturating_add_signed(self.missing)
    }

    /// Samples that the exporter took by its numbers, those among them that it dropped itself.
    #[must_use]
    pub const fn taken(&self) -> u64 {
        self.sequence_advance() + self.drops_advance
    }

    /// Forgets the half of it.
    pub(crate) const fn halve(&mut self) {
        self.received /= 2;
        self.unfollowed /= 2;
        self.pool_advance /= 2;
        self.missing /= 2;
        self.drops_advance /= 2;
    }
}

/// What is remembered of a data source from one sample to the next.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Follower {
    sequence: Sequence,
    pool: u32,
    drops: u32,
}

/// An advance of more than half the range is a counter that went backwards: reset, or made up.
const FORWARD: u32 = 1 << 31;

impl Follower {
    /// Books one sample if it is the one after the last; else nothing is booked.
    #[inline(always)]
    pub(crate) fn go_on(&mut self, sample: &impl Sampled, tally: &mut Tally) -> bool {
        let goes_on = self.sequence.go_on(sample.sequence());
        if goes_on {
            tally.received += 1;
            self.advance(sample, tally);
        }
        goes_on
    }

    /// Books one sample. Returns what its number says.
    #[inline(always)]
    pub(crate) fn follow(&mut self, sample: &impl Sampled, tally: &mut Tally) -> Step {
        let step = self.sequence.follow(sample.sequence());
        tally.received += 1;
        match step {
            Step::Ahead(1) => {}
            Step::Ahead(by) => tally.missing += i64::from(by) - 1,
            // Their part of the advance was booked with the sample that overtook them.
            Step::Late | Step::Duplicate => {
                tally.missing -= 1;
                return step;
            }
            Step::First | Step::Restart => {
                tally.unfollowed += 1;
                (self.pool, self.drops) = (sample.pool(), sample.drops());
                return step;
            }
        }
        self.advance(sample, tally);
        step
    }

    #[inline(always)]
    fn advance(&mut self, sample: &impl Sampled, tally: &mut Tally) {
        tally.pool_advance += forward(sample.pool(), self.pool);
        self.pool = sample.pool();
        if sample.drops() != self.drops {
            tally.drops_advance += forward(sample.drops(), self.drops);
            self.drops = sample.drops();
        }
    }
}

#[inline]
const fn forward(now: u32, before: u32) -> u64 {
    let advance = now.wrapping_sub(before);
    if advance < FORWARD { advance as u64 } else { 0 }
}

#[cfg(test)]
mod tests {
    use schema::sample::{FlowSample, Interface};

    use super::*;

    fn key(source: DataSource, rate: Rate) -> StreamKey {
        let agent = Agent { address: [192, 0, 2, 1].into(), sub_agent: 0 };
        StreamKey { agent, source, rate, direction: Direction::Ingress, is_core: true }
    }

    fn sample(sequence: u32, pool: u32, drops: u32) -> FlowSample {
        let source = DataSource { class: 0, index: 1 };
        let (input, output) = (Interface::Index(1), Interface::Unknown);
        FlowSample { source, sequence, rate: 100, pool, drops, input, output, frame: None, raw_length: 0 }
    }

    #[test]
    fn a_coarse_stream_keeps_its_rate_but_for_a_factor_of_the_square_root_of_two() {
        let coarse = |rate| key(DataSource { class: 0, index: 1 }, rate).coarse();
        let frames = [0, 1, 2, 3, 1_000, 1_448, 1_449, u32::MAX].map(|frames| coarse(Rate::whole(frames)).rate.rounded());
        assert_eq!(frames, [0, 1, 2, 4, 1_024, 1_024, 2_048, 1 << 31]);
        assert_eq!(coarse(Rate::of(10, 3)).source, NO_SOURCE);
    }

    #[test]
    fn a_stream_is_at_the_port_that_is_its_data_source_or_where_its_records_were_metered() {
        let port =
            |source, direction| StreamKey { direction, ..key(source, Rate::whole(1)) }.port().map(|port| (port.if_index, port.direction));
        let interface = DataSource { class: 0, index: 5 };
        for direction in [Direction::Ingress, Direction::Egress, Direction::Unknown] {
            assert_eq!(port(interface, direction), Some((5, direction)));
        }
        assert_eq!(port(DataSource { class: 1, index: 5 }, Direction::Ingress), None, "a VLAN is no port");
        assert_eq!(port(DataSource { class: 0, index: 0 }, Direction::Unknown), None, "neither is a whole switch");
        let decided = DataSource::flow_records(Direction::Unknown, 5);
        assert_eq!(port(decided, Direction::Egress), Some((5, Direction::Egress)), "decided already");
        assert_eq!(port(decided, Direction::Unknown), None);
        assert_eq!(port(DataSource::flow_records(Direction::Egress, 0), Direction::Egress), None);
    }

    fn tally(samples: &[FlowSample]) -> Tally {
        let (mut follower, mut tally) = (Follower::default(), Tally::default());
        samples.iter().for_each(|sample| {
            follower.follow(sample, &mut tally);
        });
        tally
    }

    #[test]
    fn advances_belong_to_the_samples_after_the_first() {
        let tally = tally(&[sample(7, 1_000, 0), sample(8, 1_090, 0), sample(10, 1_310, 2)]);
        assert_eq!(tally, Tally { received: 3, unfollowed: 1, pool_advance: 310, missing: 1, drops_advance: 2 });
        assert_eq!((tally.followed(), tally.sequence_advance()), (2, 3));
    }

    #[test]
    fn pools_and_drops_wrap() {
        let tally = tally(&[sample(1, u32::MAX - 9, u32::MAX), sample(2, 90, 0)]);
        assert_eq!((tally.pool_advance, tally.drops_advance), (100, 1));
    }

    #[test]
    fn a_restart_books_no_advance() {
        let tally = tally(&[sample(900_000, 90_000_000, 50), sample(1, 100, 0), sample(2, 200, 0)]);
        assert_eq!(tally, Tally { received: 3, unfollowed: 2, pool_advance: 100, missing: 0, drops_advance: 0 });
    }

    #[test]
    fn a_reordered_pair_advances_once() {
        let tally = tally(&[sample(1, 100, 0), sample(3, 300, 0), sample(2, 200, 0), sample(4, 400, 0)]);
        assert_eq!((tally.followed(), tally.sequence_advance(), tally.pool_advance, tally.missing), (3, 3, 300, 0));
    }
}
