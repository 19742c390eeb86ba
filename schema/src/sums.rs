//! The additive sums of a cell, and the interval that they give.
//!
//! Every roll-up is a plain sum of these; figures are made from them once, at the end.

use statrs::distribution::{ChiSquared, ContinuousCDF};

/// What the hot path adds for each sample of a cell: three integers, before any weight is known.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Moments {
    /// Samples.
    pub n: u64,
    /// Σx: their frames' octets.
    pub x: u64,
    /// Σx²: the squares of their frames' octets.
    pub xx: u64,
}

impl Moments {
    /// Adds one sampled frame of `octets`.
    #[inline]
    pub const fn add(&mut self, octets: u32) {
        let x = octets as u64;
        self.n += 1;
        self.x += x;
        // A frame of 2¹⁶ octets could be added 2³² times in one window before this wraps.
        self.xx = self.xx.wrapping_add(x.wrapping_mul(x));
    }

    /// Adds another cell's moments.
    pub const fn merge(&mut self, other: Self) {
        self.n = self.n.saturating_add(other.n);
        self.x = self.x.saturating_add(other.x);
        self.xx = self.xx.saturating_add(other.xx);
    }

    /// The part that lies between `from` and `to` of `of` equal steps. The parts of a whole add up to it exactly.
    #[must_use]
    pub fn part(self, from: u64, to: u64, of: u64) -> Self {
        let of = u128::from(of.max(1));
        let until = |total: u64, step: u64| u64::try_from(u128::from(total) * u128::from(step).min(of) / of).unwrap_or(total);
        let between = |total: u64| until(total, to).saturating_sub(until(total, from));
        Self { n: between(self.n), x: between(self.x), xx: between(self.xx) }
    }

    /// The four sums of these samples when each stands for `weight` frames.
    ///
    /// Packets and bytes are rounded to whole numbers here, once for each data source and window, so that every later
    /// sum of them is exact in any order.
    #[must_use]
    pub fn weighed(self, weight: f64) -> Sums {
        Sums {
            samples: self.n,
            packets: whole(weight * self.n as f64),
            bytes: whole(weight * self.x as f64),
            variance: (weight * (weight - 1.0)).max(0.0) * self.xx as f64,
            bytes_from_flows: 0,
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and no estimate is negative")]
fn whole(estimate: f64) -> u64 {
    estimate.round() as u64
}

/// The four additive sums of a cell.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Sums {
    /// n: samples.
    pub samples: u64,
    /// P = Σw: estimated frames.
    pub packets: u64,
    /// B = Σw·x: estimated octets of layer 2 with FCS (Horvitz–Thompson).
    pub bytes: u64,
    /// S = Σw(w−1)x²: estimated variance of B, in octets².
    pub variance: f64,
    /// That part of `bytes` which came in flow records without their packets' lengths: its part of `variance` is a lower bound.
    pub bytes_from_flows: u64,
}

/// A 95 % confidence interval in octets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interval {
    /// Lower end.
    pub low: u64,
    /// Upper end.
    pub high: u64,
}

/// Both tails outside a 95 % normal interval, in standard deviations.
const Z95: f64 = 1.96;

/// Below so many samples, or effective samples, the normal interval covers less than it says.
const FEW: f64 = 30.0;

/// The longest ordinary frame: 1500 octets of payload, header, FCS and one VLAN tag. An unseen sample may have been such a frame.
const LONGEST_FRAME: f64 = 1522.0;

impl Sums {
    /// The same sums, as those of flow records that tell no packet's length.
    #[must_use]
    pub const fn from_flows(self) -> Self {
        Self { bytes_from_flows: self.bytes, ..self }
    }

    /// Adds another cell's sums. A sum that would overflow stays at its largest: only numbers that are made up come so far.
    pub fn merge(&mut self, other: Self) {
        self.samples = self.samples.saturating_add(other.samples);
        self.packets = self.packets.saturating_add(other.packets);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.variance += other.variance;
        self.bytes_from_flows = self.bytes_from_flows.saturating_add(other.bytes_from_flows);
    }

    /// Effective samples, `B²/S`: how many equally sized samples would be as sure. Infinite where every frame was counted.
    #[must_use]
    pub fn effective_samples(&self) -> f64 {
        let bytes = self.bytes as f64;
        if self.variance > 0.0 { bytes * bytes / self.variance } else { f64::INFINITY }
    }

    /// The 95 % interval of the volume.
    ///
    /// With 30 samples and effective samples or more it is `B ± 1.96·√S`; with fewer it is the gamma interval of Fay and
    /// Feuer (1997), in which one more sample of the longest frame could have been drawn: that keeps its upper end honest.
    #[must_use]
    pub fn interval(&self) -> Interval {
        if self.variance <= 0.0 {
            return Interval { low: self.bytes, high: self.bytes };
        }
        let (bytes, variance) = (self.bytes as f64, self.variance);
        if self.samples as f64 >= FEW && self.effective_samples() >= FEW {
            let half = Z95 * variance.sqrt();
            return Interval { low: whole((bytes - half).max(0.0)), high: whole(bytes + half) };
        }
        let weight = self.packets as f64 / self.samples.max(1) as f64;
        let unseen = weight * LONGEST_FRAME;
        let low = gamma_bound(bytes, variance, 0.025);
        let high = gamma_bound(bytes + unseen, variance + unseen * unseen, 0.975);
        Interval { low: whole(low), high: whole(high.max(bytes)) }
    }
}

/// Degrees of freedom from which χ² is approached by a normal distribution (Wilson and Hilferty, 1931), then exact to a millionth of a
/// standard deviation.
///
/// The time for its exact quantile grows with them without end, and a rate just above one makes any number of them: a single made-up record
/// would hold up whoever asks for its interval for seconds.
const MANY_DEGREES: f64 = 1e5;

/// The quantile `p`, 0.025 or 0.975, of the gamma distribution with this mean and variance: `(S/2B)·χ²_p(2B²/S)`.
fn gamma_bound(mean: f64, variance: f64, p: f64) -> f64 {
    if mean <= 0.0 {
        return 0.0;
    }
    let freedom = 2.0 * mean * mean / variance;
    if freedom >= MANY_DEGREES {
        let (z, h) = (Z95.copysign(p - 0.5), 2.0 / (9.0 * freedom));
        return mean * (1.0 - h + z * h.sqrt()).powi(3);
    }
    match ChiSquared::new(freedom) {
        Ok(chi) => variance / (2.0 * mean) * chi.inverse_cdf(p),
        Err(_) => mean,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(frames: &[u32], weight: f64) -> Sums {
        let mut moments = Moments::default();
        frames.iter().for_each(|octets| moments.add(*octets));
        moments.weighed(weight)
    }

    #[test]
    fn weights_scale_as_the_method_says() {
        let sums = sampled(&[100, 1500], 1000.0);
        assert_eq!((sums.samples, sums.packets, sums.bytes), (2, 2_000, 1_600_000));
        assert_eq!(sums.variance, 1000.0 * 999.0 * (100.0 * 100.0 + 1500.0 * 1500.0));
    }

    #[test]
    fn parts_add_up_to_the_whole_exactly() {
        let whole = Moments { n: 7, x: 1_001, xx: 999_999 };
        let mut sum = Moments::default();
        for (from, to) in [(0, 1), (1, 4), (4, 9), (9, 13)] {
            sum.merge(whole.part(from, to, 13));
        }
        assert_eq!(sum, whole);
        assert_eq!(whole.part(0, 5, 0), whole);
    }

    #[test]
    fn what_is_not_sampled_is_certain() {
        let sums = sampled(&[64, 1518, 1518], 1.0);
        assert_eq!(sums.interval(), Interval { low: 3_100, high: 3_100 });
        assert_eq!(sums.effective_samples(), f64::INFINITY);
        assert_eq!(Sums::default().interval(), Interval { low: 0, high: 0 });
    }

    #[test]
    fn many_samples_give_the_normal_interval() {
        let sums = sampled(&[1000; 400], 100.0);
        let half = 1.96 * (100.0 * 99.0 * 400.0 * 1e6_f64).sqrt();
        let interval = sums.interval();
        assert!((interval.high as f64 - (4e7 + half)).abs() < 1.0);
        assert!((interval.low as f64 - (4e7 - half)).abs() < 1.0);
    }

    #[test]
    fn however_sure_few_samples_are_their_interval_is_found_at_once() {
        for (bytes, deviation) in
            [(1 << 50, 1e2_f64), (1 << 50, 1e-9), (1 << 60, 1e4), (u64::MAX, 1e-160), (1_000_000, 1e3), (100_000_000, 3e5)]
        {
            let sums = Sums { samples: 1, packets: 1, bytes, variance: deviation * deviation, bytes_from_flows: 0 };
            let interval = sums.interval();
            let (below, above) = (bytes as f64 - interval.low as f64, interval.high as f64 - bytes as f64);
            // Numbers beyond 2⁵³ are not whole to the last digit.
            let slack = bytes as f64 / 1e15 + 1.0;
            assert!((below - 1.96 * deviation).abs() <= 0.01 * deviation + slack, "{bytes} ± {deviation}: {interval:?}");
            assert!(
                above >= below - slack && above <= below + 3.0 * LONGEST_FRAME + 0.01 * deviation + slack,
                "{bytes} ± {deviation}: {interval:?}"
            );
        }
    }

    #[test]
    fn the_approach_begins_where_it_makes_no_step() {
        for p in [0.025, 0.975] {
            let mean = 1e9;
            let bound = |degrees: f64| (gamma_bound(mean, 2.0 * mean * mean / degrees, p) - mean) / (mean * (2.0 / degrees).sqrt());
            assert!((bound(MANY_DEGREES - 1.0) - bound(MANY_DEGREES)).abs() < 1e-4, "{p}");
        }
    }

    #[test]
    fn one_sample_is_no_certainty() {
        let sums = sampled(&[1500], 1000.0);
        let interval = sums.interval();
        assert!(interval.low > 0 && interval.low < 150_000, "{interval:?}");
        assert!(interval.high > 5_000_000, "{interval:?}");
    }
}
