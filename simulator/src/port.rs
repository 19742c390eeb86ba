//! A port of a switch: it counts every frame, and samples those that enter.

use std::time::Duration;

use rand::RngExt;
use rand_pcg::Pcg64;

use crate::sampler::Sampler;

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
    /// Every frame.
    pub(crate) const fn frames(&self) -> u64 {
        self.unicast + self.multicast + self.broadcast + self.discards
    }

    /// The tally when `part` of `whole` of the time between `self` and `later` was over.
    pub(crate) fn between(&self, later: &Self, part: u64, whole: u64) -> Self {
        let at = |from: u64, to: u64| {
            let grown = u128::from(to - from) * u128::from(part) / u128::from(whole.max(1));
            from + u64::try_from(grown).unwrap_or(0)
        };
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

/// A member's port, as its switch knows it.
#[derive(Clone, Debug)]
pub(crate) struct Port {
    pub(crate) sampler: Sampler,
    /// `sample_pool` before the first frame: switches were running before anyone looked.
    pub(crate) first_pool: u32,
    /// Number of its latest flow sample.
    pub(crate) sequence: u32,
    /// Samples that the switch dropped itself.
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
    pub(crate) fn new(rate: u32, interval: Duration, start: i64, rng: &mut Pcg64) -> Self {
        let seconds = i64::try_from(interval.as_secs()).unwrap_or(i64::MAX).clamp(1, 86_400);
        let spread = seconds / 5;
        let seconds = seconds + rng.random_range(-spread..=spread);
        Self {
            sampler: Sampler::new(rate, rng),
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

    /// Counters when `part` of `whole` milliseconds of the slice that is being played were over.
    pub(crate) fn at(&self, part: u64, whole: u64) -> Counters {
        Counters {
            entered: self.before.entered.between(&self.counters.entered, part, whole),
            left: self.before.left.between(&self.counters.left, part, whole),
        }
    }

    /// `sample_pool` when `position` frames of the slice that is being played had entered.
    pub(crate) fn pool(&self, position: u64) -> u32 {
        let [.., a, b, c, d] = (self.before.entered.frames() + position).to_be_bytes();
        self.first_pool.wrapping_add(u32::from_be_bytes([a, b, c, d]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_grows_evenly_between_two_moments() {
        let later = Tally { octets: 1_000, unicast: 10, ..Tally::default() };
        assert_eq!(Tally::default().between(&later, 250, 1_000).octets, 250);
        assert_eq!(Tally::default().between(&later, 1_000, 1_000), later);
        assert_eq!(later.frames(), 10);
    }
}
