//! A port of a switch: it counts every frame, and samples those that enter, those that leave, or both.

use std::net::IpAddr;
use std::time::Duration;

use rand::RngExt;
use rand_pcg::Pcg64;
use schema::Asn;

use crate::plan::Directions;
use crate::sampler::Sampler;
use crate::words::low32;

/// Which way a frame passes a port.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    Entering,
    Leaving,
}

/// To how many a frame is addressed, as counters tell frames apart (RFC 2863, section 3.1.6).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cast {
    Unicast,
    Multicast,
    Broadcast,
}

/// Frames and octets of one direction since the start.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Tally {
    /// Octets with FCS, dropped frames included.
    pub(crate) octets: u64,
    pub(crate) unicast: u64,
    pub(crate) multicast: u64,
    pub(crate) broadcast: u64,
    /// Dropped frames, which `unicast` does not count (RFC 2863, ifInDiscards).
    pub(crate) discards: u64,
}

impl Tally {
    /// Counts frames that were not dropped.
    pub(crate) const fn add(&mut self, cast: Cast, frames: u64, octets: u64) {
        self.octets += octets;
        match cast {
            Cast::Unicast => self.unicast += frames,
            Cast::Multicast => self.multicast += frames,
            Cast::Broadcast => self.broadcast += frames,
        }
    }

    /// Every frame.
    pub(crate) const fn frames(&self) -> u64 {
        self.unicast + self.multicast + self.broadcast + self.discards
    }

    /// The tally when `part` of `whole` of the time between `self` and `later` was over.
    pub(crate) fn between(&self, later: &Self, part: u64, whole: u64) -> Self {
        let at = |from: u64, to: u64| from + portion(to - from, part, whole);
        Self {
            octets: at(self.octets, later.octets),
            unicast: at(self.unicast, later.unicast),
            multicast: at(self.multicast, later.multicast),
            broadcast: at(self.broadcast, later.broadcast),
            discards: at(self.discards, later.discards),
        }
    }
}

/// Both directions of a port.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Counters {
    pub(crate) entered: Tally,
    pub(crate) left: Tally,
}

impl Counters {
    pub(crate) const fn side(&mut self, side: Side) -> &mut Tally {
        match side {
            Side::Entering => &mut self.entered,
            Side::Leaving => &mut self.left,
        }
    }
}

/// Which port it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PortPlace {
    /// Its member; `None` for the stranger's and for core ports.
    pub(crate) owner: Option<Asn>,
    /// Position of its switch.
    pub(crate) switch: usize,
    /// Agent address of its switch.
    pub(crate) agent: IpAddr,
    pub(crate) if_index: u32,
    /// In bit/s.
    pub(crate) speed: u64,
    pub(crate) name: String,
}

/// What became of the samples that were taken at a port.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Fates {
    /// Kept, of frames that entered.
    pub(crate) entering: u64,
    /// Kept, of frames that left.
    pub(crate) leaving: u64,
    /// Dropped by the switch, which does not say so.
    pub(crate) dropped_silently: u64,
    /// Kept, but sent with a wild rate.
    pub(crate) wild: u64,
}

/// A port, as its switch knows it.
#[derive(Clone, Debug)]
pub(crate) struct Port {
    pub(crate) place: PortPlace,
    /// One frame in so many is sampled.
    pub(crate) rate: u32,
    entering: Option<Sampler>,
    leaving: Option<Sampler>,
    pub(crate) fates: Fates,
    /// `sample_pool` before the first frame: switches were running before anyone looked.
    pub(crate) first_pool: u32,
    /// Number of its latest flow sample.
    pub(crate) sequence: u32,
    /// Samples that the switch dropped itself, as it says.
    pub(crate) drops: u32,
    /// Number of its latest counter sample.
    pub(crate) reports: u32,
    /// Counters at the start of the slice of time that is being played.
    pub(crate) before: Counters,
    /// Counters at its end.
    pub(crate) counters: Counters,
    /// When its next counter sample is due, in milliseconds since 1970.
    pub(crate) next_report: i64,
    /// Milliseconds from one counter sample to the next: whole seconds.
    pub(crate) report_interval: i64,
}

impl Port {
    /// A port that samples what enters.
    pub(crate) fn new(place: PortPlace, rate: u32, interval: Duration, start: i64, rng: &mut Pcg64) -> Self {
        let seconds = i64::try_from(interval.as_secs()).unwrap_or(i64::MAX).clamp(1, 86_400);
        let spread = seconds / 5;
        let seconds = seconds + rng.random_range(-spread..=spread);
        Self {
            place,
            rate,
            entering: Some(Sampler::new(rate, rng)),
            leaving: None,
            fates: Fates::default(),
            first_pool: rng.random(),
            sequence: rng.random_range(0..1 << 24),
            drops: 0,
            reports: rng.random_range(0..1 << 16),
            before: Counters::default(),
            counters: Counters::default(),
            next_report: start + 1_000 * rng.random_range(1..=seconds),
            report_interval: seconds * 1_000,
        }
    }

    /// Lets it sample in these directions.
    pub(crate) fn sampling(mut self, directions: Directions, rng: &mut Pcg64) -> Self {
        if !directions.ingress() {
            self.entering = None;
        }
        if directions.egress() {
            self.leaving = Some(Sampler::new(self.rate, rng));
        }
        self
    }

    /// Lets it sample nothing.
    pub(crate) fn unsampled(self) -> Self {
        Self { entering: None, leaving: None, ..self }
    }

    /// What samples the frames of one side, if anything does.
    pub(crate) const fn sampler(&mut self, side: Side) -> Option<&mut Sampler> {
        match side {
            Side::Entering => self.entering.as_mut(),
            Side::Leaving => self.leaving.as_mut(),
        }
    }

    /// Whether the frames of one side are sampled.
    pub(crate) const fn samples(&self, side: Side) -> bool {
        match side {
            Side::Entering => self.entering.is_some(),
            Side::Leaving => self.leaving.is_some(),
        }
    }

    /// Counters when `part` of `whole` milliseconds of the slice that is being played were over.
    pub(crate) fn at(&self, part: u64, whole: u64) -> Counters {
        Counters {
            entered: self.before.entered.between(&self.counters.entered, part, whole),
            left: self.before.left.between(&self.counters.left, part, whole),
        }
    }

    /// `sample_pool` when `position` frames of one side of the slice that is being played had passed.
    pub(crate) fn pool(&self, side: Side, position: u64) -> u32 {
        let before = self.sampled(Side::Entering, &self.before) + self.sampled(Side::Leaving, &self.before);
        self.first_pool.wrapping_add(low32(before + self.rank(side, position)))
    }

    /// The position among all frames of the slice that samplers see of the one at `position` of its side. Both sides' frames pass evenly; of two
    /// that pass at the same moment the entering one is first.
    pub(crate) fn rank(&self, side: Side, position: u64) -> u64 {
        let (entering, leaving) = (self.passing(Side::Entering), self.passing(Side::Leaving));
        position
            + match side {
                // Those that left at an earlier moment: their position's share of all is less.
                Side::Entering => portion_up(leaving, position, entering).saturating_sub(1),
                // Those that entered at an earlier moment or the same.
                Side::Leaving => portion(entering, position, leaving),
            }
    }

    /// Frames of the slice that the sampler of one side sees.
    fn passing(&self, side: Side) -> u64 {
        self.sampled(side, &self.counters) - self.sampled(side, &self.before)
    }

    /// Frames that the sampler of one side has seen when the counters stood there: on leaving those to one port only, as the copies of flooded
    /// frames are made behind it.
    const fn sampled(&self, side: Side, counters: &Counters) -> u64 {
        match side {
            Side::Entering if self.entering.is_some() => counters.entered.frames(),
            Side::Leaving if self.leaving.is_some() => counters.left.unicast,
            _ => 0,
        }
    }
}

/// `of · part / whole`, for a part of the whole, rounded down.
fn portion(of: u64, part: u64, whole: u64) -> u64 {
    u64::try_from(u128::from(of) * u128::from(part) / u128::from(whole.max(1))).unwrap_or(of)
}

/// The same, rounded up.
fn portion_up(of: u64, part: u64, whole: u64) -> u64 {
    u64::try_from((u128::from(of) * u128::from(part)).div_ceil(u128::from(whole.max(1)))).unwrap_or(of)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use rand::SeedableRng;

    use super::*;

    #[test]
    fn a_tally_grows_evenly_between_two_moments() {
        let later = Tally { octets: 1_000, unicast: 10, ..Tally::default() };
        assert_eq!(Tally::default().between(&later, 250, 1_000).octets, 250);
        assert_eq!(Tally::default().between(&later, 1_000, 1_000), later);
        assert_eq!(later.frames(), 10);
    }

    #[test]
    fn one_pool_counts_both_directions_frame_by_frame_in_order_of_time() {
        let agent = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let place = PortPlace { owner: None, switch: 0, agent, if_index: 1, speed: 0, name: String::new() };
        let mut rng = Pcg64::seed_from_u64(1);
        let new = Port::new(place, 1, Duration::from_secs(20), 0, &mut rng).sampling(Directions::Both, &mut rng);
        for (entered, left) in [(1_u64, 1_u64), (5, 0), (0, 3), (3, 7), (40, 40), (1_000, 1), (6, 4)] {
            let mut port = new.clone();
            (port.counters.entered.unicast, port.counters.left.unicast) = (entered, left);
            // Which share of the slice is over, as a fraction with a common denominator.
            let sides = (1..=entered).map(|at| (at * left.max(1), Side::Entering, at));
            let mut frames: Vec<_> = sides.chain((1..=left).map(|at| (at * entered.max(1), Side::Leaving, at))).collect();
            frames.sort_by_key(|(moment, side, _)| (*moment, *side == Side::Leaving));
            let ranks: Vec<u64> = frames.iter().map(|(_, side, at)| port.rank(*side, *at)).collect();
            assert_eq!(ranks, (1..=entered + left).collect::<Vec<_>>(), "{entered} entered, {left} left");
        }
    }
}
