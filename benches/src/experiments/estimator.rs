//! The intervals of cells that are sampled by themselves.

use rand::SeedableRng;
use rand_distr::{Binomial, Distribution};
use rand_pcg::Pcg64;
use schema::{Interval, Moments, estimator};

use super::mix::{MIXES, Mix};

/// One frame in so many is sampled.
const RATE: u32 = 1_000;

/// How many samples a cell gives in the mean.
pub const SAMPLES: [u32; 11] = [1, 2, 3, 5, 10, 20, 30, 50, 100, 300, 1_000];

/// How often the truth lay where.
#[derive(Clone, Copy, Default, Debug)]
pub struct Held {
    /// Cells.
    pub trials: u32,
    /// Of which the interval held the truth.
    pub within: u32,
    /// Of which the interval lay above the truth.
    pub above: u32,
    /// Of which the interval lay below the truth.
    pub below: u32,
}

impl Held {
    /// Books one cell.
    pub fn book(&mut self, interval: Interval, truth: u64) {
        self.trials += 1;
        self.within += u32::from((interval.low..=interval.high).contains(&truth));
        self.above += u32::from(truth < interval.low);
        self.below += u32::from(truth > interval.high);
    }

    /// Adds other cells.
    pub const fn merge(&mut self, other: Self) {
        self.trials += other.trials;
        self.within += other.within;
        self.above += other.above;
        self.below += other.below;
    }

    /// The share of intervals that held the truth, in per cent; `None` without cells.
    #[must_use]
    pub fn percent(&self) -> Option<f64> {
        (self.trials > 0).then(|| 100.0 * f64::from(self.within) / f64::from(self.trials))
    }
}

/// How an interval is made of the samples of a cell.
type Made = fn(&Moments) -> Interval;

/// One row for each mix: its name, and the outcome for each of [`SAMPLES`].
#[must_use]
pub fn coverage(trials: u32, seed: u64) -> Vec<(&'static str, Vec<Held>)> {
    let mut rng = Pcg64::seed_from_u64(seed);
    MIXES.iter().map(|mix| (mix.name, row(mix, interval, trials, &mut rng))).collect()
}

/// The same with `B ± 1.96·√S` throughout, as is the custom.
#[must_use]
pub fn customary_coverage(trials: u32, seed: u64) -> Vec<(&'static str, Vec<Held>)> {
    let mut rng = Pcg64::seed_from_u64(seed);
    MIXES.iter().map(|mix| (mix.name, row(mix, customary, trials, &mut rng))).collect()
}

fn row(mix: &Mix, made: Made, trials: u32, rng: &mut Pcg64) -> Vec<Held> {
    SAMPLES.iter().map(|samples| of_cell(mix, *samples, made, trials, rng)).collect()
}

/// A cell whose frames are known exactly, sampled again and again: each frame is taken with the same chance, whatever became of the others.
fn of_cell(mix: &Mix, samples: u32, made: Made, trials: u32, rng: &mut Pcg64) -> Held {
    let frames = f64::from(samples) * f64::from(RATE);
    let parts: Vec<(u32, u64)> = mix.lengths.iter().map(|(octets, share)| (*octets, whole(frames * share))).collect();
    let truth = parts.iter().map(|(octets, frames)| u64::from(*octets) * frames).sum();
    let mut held = Held::default();
    for _ in 0..trials {
        held.book(made(&sampled(&parts, rng)), truth);
    }
    held
}

fn sampled(parts: &[(u32, u64)], rng: &mut Pcg64) -> Moments {
    let mut moments = Moments::default();
    for (octets, frames) in parts {
        let taken = Binomial::new(*frames, 1.0 / f64::from(RATE)).map_or(0, |frames| frames.sample(rng));
        (0..taken).for_each(|_| moments.add(*octets));
    }
    moments
}

fn interval(moments: &Moments) -> Interval {
    let weight = f64::from(RATE);
    if moments.n == 0 { estimator::unseen(weight) } else { estimator::volume(&moments.weighed(weight)) }
}

fn customary(moments: &Moments) -> Interval {
    let sums = moments.weighed(f64::from(RATE));
    let half = 1.96 * sums.variance.sqrt();
    Interval { low: whole((sums.bytes as f64 - half).max(0.0)), high: whole(sums.bytes as f64 + half) }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some billions of octets at most")]
fn whole(frames: f64) -> u64 {
    frames.round() as u64
}
