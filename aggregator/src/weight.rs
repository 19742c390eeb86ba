//! How many frames a sample stands for.

use schema::Rate;

use crate::stream::Tally;

/// Which weights a window is closed with.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Weights {
    /// What the data source's own pool and sequence numbers show, else the rate that the sample carries.
    #[default]
    Observed,
    /// The rate that the sample carries, and nothing else.
    Nominal,
}

/// From what a weight was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Basis {
    /// Frames that passed the data source, over samples that came.
    Pool,
    /// The rate, corrected for samples that the exporter dropped or that were lost.
    Sequence,
    /// The rate in the sample.
    Rate,
    /// No rate at all: the sample counts as the one frame that it certainly is, and is reported as unscalable.
    Unscalable,
}

/// A weight and where it comes from.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Weight {
    /// Frames that one sample stands for.
    pub frames: f64,
    /// From what it was taken.
    pub basis: Basis,
}

/// A pool that shows less or more than this, as a multiple of the announced rate, is made up or was reset.
const PLAUSIBLE: std::ops::RangeInclusive<f64> = 0.8..=5.0;

/// With fewer samples a pool is not asked.
///
/// The frames between two samples vary as much as their mean, so the pool's ratio to the rate has a standard deviation of 1/√n. With
/// few samples the range above would cut that noise on one side only and so bias the weight upwards (by three quarters at n = 1); with a hundred the
/// lower end is two standard deviations away. The sequence numbers have no such noise.
const POOL_SAMPLES: u64 = 100;

impl Weights {
    /// The weight of a stream's samples in one window, from what its numbers advanced by.
    #[must_use]
    pub fn weigh(self, rate: Rate, tally: &Tally) -> Weight {
        let announced = Weight::announced(rate);
        if self == Self::Nominal || announced.basis == Basis::Unscalable {
            return announced;
        }
        by_pool(announced.frames, tally).or_else(|| by_sequence(announced.frames, tally)).unwrap_or(announced)
    }
}

impl Weight {
    /// The weight by the rate alone. That of flow records, which have neither a pool nor numbers of their own.
    #[must_use]
    pub const fn announced(rate: Rate) -> Self {
        if rate.is_unknown() {
            return Self { frames: 1.0, basis: Basis::Unscalable };
        }
        Self { frames: rate.frames(), basis: Basis::Rate }
    }
}

fn by_pool(rate: f64, tally: &Tally) -> Option<Weight> {
    if tally.followed < POOL_SAMPLES || tally.pool_advance == 0 {
        return None;
    }
    let frames = tally.pool_advance as f64 / tally.followed as f64;
    PLAUSIBLE.contains(&(frames / rate)).then_some(Weight { frames, basis: Basis::Pool })
}

fn by_sequence(rate: f64, tally: &Tally) -> Option<Weight> {
    if tally.followed == 0 {
        return None;
    }
    let taken = tally.sequence_advance + tally.drops_advance;
    let frames = rate * taken as f64 / tally.followed as f64;
    PLAUSIBLE.contains(&(frames / rate)).then_some(Weight { frames, basis: Basis::Sequence })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate::whole(100);

    fn tally(followed: u64, pool_advance: u64, sequence_advance: u64, drops_advance: u64) -> Tally {
        Tally { received: followed, followed, pool_advance, sequence_advance, drops_advance }
    }

    #[test]
    fn the_pool_corrects_every_kind_of_loss() {
        // 1,000 samples of 1 in 100 were taken, half of them were lost on the way.
        let weight = Weights::Observed.weigh(RATE, &tally(500, 100_000, 1_000, 0));
        assert_eq!(weight, Weight { frames: 200.0, basis: Basis::Pool });
    }

    #[test]
    fn a_made_up_pool_is_not_believed() {
        let weight = Weights::Observed.weigh(RATE, &tally(500, 7, 1_000, 0));
        assert_eq!(weight, Weight { frames: 200.0, basis: Basis::Sequence });
    }

    #[test]
    fn few_samples_are_weighed_by_their_numbers_not_by_the_noise_of_the_pool() {
        let weight = Weights::Observed.weigh(RATE, &tally(3, 900, 3, 3));
        assert_eq!(weight, Weight { frames: 200.0, basis: Basis::Sequence });
        assert_eq!(Weights::Observed.weigh(RATE, &tally(0, 0, 0, 0)).basis, Basis::Rate);
    }

    #[test]
    fn nominal_is_the_announced_rate_and_nothing_else() {
        let weight = Weights::Nominal.weigh(RATE, &tally(500, 100_000, 1_000, 0));
        assert_eq!(weight, Weight { frames: 100.0, basis: Basis::Rate });
    }

    #[test]
    fn a_sample_without_rate_counts_once_and_says_so() {
        for weights in [Weights::Observed, Weights::Nominal] {
            assert_eq!(weights.weigh(Rate::UNKNOWN, &tally(500, 100_000, 1_000, 0)), Weight { frames: 1.0, basis: Basis::Unscalable });
        }
    }
}
