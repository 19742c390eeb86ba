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
    /// Whether there is a pool that would have been asked if it did not contradict the rate.
    pub pool_refused: bool,
}

/// The largest rate that is believed, one frame in so many.
///
/// Switches sample one frame in some thousand; the coarsest that they do by themselves is one in 1,048,576 (Arista) or 2,000,000 (the default of some models).
/// A rate of tens of millions and more is what is left of a wrong octet or of a field that was not filled: a single sample of it would stand for more
/// than the rest of the matrix.
pub const MAX_PLAUSIBLE_RATE: u32 = 1 << 24;

/// Whether it can be a rate at which frames are sampled. An unknown one cannot be wrong.
#[must_use]
pub fn is_plausible(rate: Rate) -> bool {
    rate <= Rate::whole(MAX_PLAUSIBLE_RATE)
}

/// A pool that shows less or more than this, as a multiple of the announced rate, is made up or was reset.
const PLAUSIBLE: std::ops::RangeInclusive<f64> = 0.8..=5.0;

/// With fewer samples a pool is not asked.
///
/// The frames between two samples vary as much as their mean, so the pool's ratio to the rate has a standard deviation of 1/√n. With
/// few samples the range above would cut that noise on one side only and so bias the weight upwards (by three quarters at n = 1); with so many the
/// lower end is three standard deviations away. The sequence numbers have no such noise.
const POOL_SAMPLES: u64 = 250;

impl Weights {
    /// The weight of a stream's samples in one window, from what its numbers advanced by, and what they did in windows before.
    #[must_use]
    pub fn weigh(self, rate: Rate, tally: &Tally, before: &Tally) -> Weight {
        let announced = Weight::announced(rate);
        if self == Self::Nominal || announced.basis == Basis::Unscalable {
            return announced;
        }
        let by_pool = by_pool(tally).map(|frames| Weight { frames, basis: Basis::Pool, pool_refused: false });
        if let Some(weight) = by_pool.filter(|weight| PLAUSIBLE.contains(&(weight.frames / announced.frames))) {
            return weight;
        }
        if let Some(frames) = by_earlier_pool(announced.frames, tally, before) {
            return Weight { frames, basis: Basis::Pool, pool_refused: false };
        }
        let weight = by_sequence(announced.frames, tally).unwrap_or(announced);
        Weight { pool_refused: by_pool.is_some(), ..weight }
    }
}

impl Weight {
    /// The weight by the rate alone. That of flow records, which have neither a pool nor numbers of their own.
    #[must_use]
    pub const fn announced(rate: Rate) -> Self {
        if rate.is_unknown() {
            return Self { frames: 1.0, basis: Basis::Unscalable, pool_refused: false };
        }
        Self { frames: rate.frames(), basis: Basis::Rate, pool_refused: false }
    }
}

fn by_pool(tally: &Tally) -> Option<f64> {
    (tally.followed() >= POOL_SAMPLES && tally.pool_advance > 0).then(|| tally.pool_advance as f64 / tally.followed() as f64)
}

/// How many standard errors a pool of few samples must differ from what they stand for before it is asked all the same: it would add its own chance to
/// theirs, and only for exporters that drop samples in silence is it worth that.
const BEYOND_CHANCE: f64 = 3.0;

/// How many samples of this window and of those before it must be known to ask a pool of few.
const KNOWN_SAMPLES: u64 = 100;

/// The weight of few samples, where this window and those before it show that the exporter takes fewer samples than it says: one in `pool / taken` frames.
fn by_earlier_pool(rate: f64, tally: &Tally, before: &Tally) -> Option<f64> {
    if tally.followed() == 0 || tally.followed() >= POOL_SAMPLES {
        return None;
    }
    let mut all = *before;
    all.merge(tally);
    let (pool, taken) = (all.pool_advance as f64, all.taken() as f64);
    let is_silent = all.followed() >= KNOWN_SAMPLES && pool > rate * (taken + BEYOND_CHANCE * taken.sqrt());
    let frames = pool / taken * tally.taken() as f64 / tally.followed() as f64;
    (is_silent && PLAUSIBLE.contains(&(frames / rate))).then_some(frames)
}

fn by_sequence(rate: f64, tally: &Tally) -> Option<Weight> {
    if tally.followed() == 0 {
        return None;
    }
    let frames = rate * tally.taken() as f64 / tally.followed() as f64;
    PLAUSIBLE.contains(&(frames / rate)).then_some(Weight { frames, basis: Basis::Sequence, pool_refused: false })
}

/// How many samples were weighed by what, and what pools say of samples that never were numbered. Plain sums.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Weighed {
    /// Samples weighed by their data source's pool.
    pub by_pool: u64,
    /// Samples weighed by their rate and their data source's numbers.
    pub by_sequence: u64,
    /// Samples of data sources whose pool contradicts their rate.
    pub pool_refused: u64,
    /// Samples that should have been taken by pool and rate, of data sources that are weighed by the pool.
    pub pool_due: u64,
    /// Samples that were taken by their numbers and drops, of the same data sources. What is missing to `pool_due` was dropped in silence.
    pub pool_taken: u64,
}

impl Weighed {
    /// That of a data source whose samples of one rate got this weight.
    pub(crate) fn of(weight: Weight, rate: Rate, tally: &Tally) -> Self {
        let if_so = |is_so: bool, samples: u64| if is_so { samples } else { 0 };
        let is_by_pool = weight.basis == Basis::Pool;
        Self {
            by_pool: if_so(is_by_pool, tally.received),
            by_sequence: if_so(weight.basis == Basis::Sequence, tally.received),
            pool_refused: if_so(weight.pool_refused, tally.received),
            pool_due: if_so(is_by_pool, whole(tally.pool_advance as f64 / rate.frames())),
            pool_taken: if_so(is_by_pool, tally.taken()),
        }
    }

    /// Adds that of another data source, or of another stretch of time.
    pub const fn merge(&mut self, other: &Self) {
        self.by_pool += other.by_pool;
        self.by_sequence += other.by_sequence;
        self.pool_refused += other.pool_refused;
        self.pool_due += other.pool_due;
        self.pool_taken += other.pool_taken;
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and no count is negative")]
const fn whole(count: f64) -> u64 {
    count.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate::whole(100);

    fn tally(followed: u64, pool_advance: u64, sequence_advance: u64, drops_advance: u64) -> Tally {
        let missing = sequence_advance.cast_signed() - followed.cast_signed();
        Tally { received: followed, unfollowed: 0, pool_advance, missing, drops_advance }
    }

    fn weigh(rate: Rate, tally: &Tally) -> Weight {
        Weights::Observed.weigh(rate, tally, &Tally::default())
    }

    #[test]
    fn the_pool_corrects_every_kind_of_loss() {
        // 1,000 samples of 1 in 100 were taken, half of them were lost on the way.
        let weight = weigh(RATE, &tally(500, 100_000, 1_000, 0));
        assert_eq!(weight, Weight { frames: 200.0, basis: Basis::Pool, pool_refused: false });
    }

    #[test]
    fn a_made_up_pool_is_not_believed() {
        let weight = weigh(RATE, &tally(500, 7, 1_000, 0));
        assert_eq!(weight, Weight { frames: 200.0, basis: Basis::Sequence, pool_refused: true });
        assert!(!Weights::Nominal.weigh(RATE, &tally(500, 7, 1_000, 0), &Tally::default()).pool_refused, "nobody asked");
        assert!(!weigh(RATE, &tally(500, 0, 1_000, 0)).pool_refused, "one that stands still is none");
    }

    #[test]
    fn few_samples_are_weighed_by_their_numbers_not_by_the_noise_of_the_pool() {
        let weight = weigh(RATE, &tally(3, 900, 3, 3));
        assert_eq!(weight, Weight { frames: 200.0, basis: Basis::Sequence, pool_refused: false });
        assert_eq!(weigh(RATE, &tally(0, 0, 0, 0)).basis, Basis::Rate);
    }

    #[test]
    fn silent_drops_of_a_small_data_source_show_over_some_windows() {
        // Three of ten samples are never numbered, and half of the rest is lost on the way.
        let (now, before) = (tally(10, 2_857, 20, 0), tally(100, 28_571, 200, 0));
        let weight = Weights::Observed.weigh(RATE, &now, &before);
        assert_eq!(weight.basis, Basis::Pool);
        assert!((weight.frames - 285.7).abs() < 0.1, "{weight:?}");
        // What is within chance is left to the numbers.
        let fair = Weights::Observed.weigh(RATE, &now, &tally(100, 21_000, 200, 0));
        assert_eq!(fair, Weight { frames: 200.0, basis: Basis::Sequence, pool_refused: false });
        let few = Weights::Observed.weigh(RATE, &now, &tally(20, 5_714, 40, 0));
        assert_eq!(few.basis, Basis::Sequence, "a hundred samples must be known");
    }

    #[test]
    fn nominal_is_the_announced_rate_and_nothing_else() {
        let weight = Weights::Nominal.weigh(RATE, &tally(500, 100_000, 1_000, 0), &Tally::default());
        assert_eq!(weight, Weight { frames: 100.0, basis: Basis::Rate, pool_refused: false });
    }

    #[test]
    fn a_sample_without_rate_counts_once_and_says_so() {
        for weights in [Weights::Observed, Weights::Nominal] {
            assert_eq!(
                weights.weigh(Rate::UNKNOWN, &tally(500, 100_000, 1_000, 0), &Tally::default()),
                Weight { frames: 1.0, basis: Basis::Unscalable, pool_refused: false }
            );
        }
    }

    #[test]
    fn what_a_pool_misses_was_dropped_in_silence() {
        // Of 1,000 samples that were due 300 were never numbered; 100 of the others were lost on the way.
        let told = tally(600, 100_000, 690, 10);
        let weighed = Weighed::of(weigh(RATE, &told), RATE, &told);
        assert_eq!(weighed, Weighed { by_pool: 600, pool_due: 1_000, pool_taken: 700, ..Weighed::default() });
        let made_up = tally(600, 7, 690, 10);
        let weighed = Weighed::of(weigh(RATE, &made_up), RATE, &made_up);
        assert_eq!(weighed, Weighed { by_sequence: 600, pool_refused: 600, ..Weighed::default() });
    }

    #[test]
    fn rates_of_real_switches_are_plausible() {
        for rate in [0, 1, 2_000_000, MAX_PLAUSIBLE_RATE] {
            assert!(is_plausible(Rate::whole(rate)), "{rate}");
        }
        assert!(!is_plausible(Rate::whole(MAX_PLAUSIBLE_RATE + 1)) && !is_plausible(Rate::whole(u32::MAX)));
    }
}
