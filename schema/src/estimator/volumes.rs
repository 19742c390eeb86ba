//! How much it is.

use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::{Z95, whole};
use crate::Sums;

/// A 95 % confidence interval in octets.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Interval {
    /// Lower end.
    pub low: u64,
    /// Upper end.
    pub high: u64,
}

/// The longest ordinary frame: 1500 octets of payload, header, FCS and one VLAN tag. An unseen sample may have been such a frame.
const LONGEST_FRAME: f64 = 1522.0;

/// With the variance of so many of the longest frames the normal interval is honest, whatever the frames' lengths are.
///
/// Thirty samples or thirty effective samples are not enough for that: where one frame in fifty is long, thirty short ones look as sure as
/// can be, and their normal interval holds the truth in two cases of three.
const ENOUGH: f64 = 30.0;

/// Each tail of an interval of enough samples.
const TAIL: f64 = 0.025;

/// The lower tail of an interval of few samples. The upper end allows for a long frame that was not seen, so that the truth lies above it far less often
/// than in one case of forty; the lower end may take its part.
const LOWER_TAIL: f64 = 0.045;

/// What it takes besides where lengths vary much: there an estimate that is too high is also too unsure, and its lower end too low.
const LOWER_TAIL_OF_VARIED: f64 = 0.085;

/// The upper end of 95 % of a Poisson mean of which nothing was seen, −ln 0.025.
const NOTHING_SEEN: f64 = 3.689;

/// Effective samples, `B²/S` (Kish 1965, section 11.7): how many equally sized samples would be as sure. Infinite where every frame was counted.
#[must_use]
pub fn effective_samples(sums: &Sums) -> f64 {
    let bytes = sums.bytes as f64;
    if sums.variance > 0.0 { bytes * bytes / sums.variance } else { f64::INFINITY }
}

/// The 95 % interval of a volume in octets.
///
/// With `r = S/(30·M²) ≥ 1`, where `M² = w(w−1)·1522²` is the variance that one of the longest frames brings, it is `B ± 1.96·√S` (Horvitz and
/// Thompson 1952). With less it is the gamma interval of Fay and Feuer (1997), in which one more sample, of the longest frame, could have been drawn:
/// `lo = (S/2B)·χ²_α(2B²/S)` and `hi = ((S+m²)/2(B+m))·χ²_.975(2(B+m)²/(S+m²))` with `m = M·√(1−r)`. The lower tail is `α = a + √r·(0.025 − a)` with
/// `a = 0.045 + 0.085·(1 − B²/(S·n))`: it takes the part of the upper one, which is hardly ever used up, so that both together make 5 %. Both ends meet
/// those of the normal interval at `r = 1`.
#[must_use]
pub fn volume(sums: &Sums) -> Interval {
    if sums.variance <= 0.0 {
        return Interval { low: sums.bytes, high: sums.bytes };
    }
    let (bytes, variance) = (sums.bytes as f64, sums.variance);
    let unseen = longest(weight(sums));
    let sureness = variance / (ENOUGH * unseen * unseen);
    if sureness >= 1.0 {
        let half = Z95 * variance.sqrt();
        return Interval { low: whole((bytes - half).max(0.0)), high: whole(bytes + half) };
    }
    let low = gamma_bound(bytes, variance, lower_tail(sums, sureness));
    let unseen = unseen * (1.0 - sureness).sqrt();
    let high = gamma_bound(bytes + unseen, variance + unseen * unseen, 1.0 - TAIL);
    Interval { low: whole(low), high: whole(high.max(bytes)) }
}

/// The 95 % interval of a volume of which nothing was sampled at this weight: from nothing to `−ln 0.025 = 3.69` of the longest frames that a sample stands for
/// (Hanley and Lippman-Hand 1983). Drawn as "less than", never as zero.
#[must_use]
pub fn unseen(weight: f64) -> Interval {
    Interval { low: 0, high: whole(NOTHING_SEEN * longest(weight)) }
}

/// Frames that a sample stands for, in the mean.
fn weight(sums: &Sums) -> f64 {
    sums.packets as f64 / sums.samples.max(1) as f64
}

/// The standard deviation that a sampled frame of the longest kind brings: what it may add unseen. Nothing is unseen where every frame is taken.
fn longest(weight: f64) -> f64 {
    (weight * (weight - 1.0)).max(0.0).sqrt() * LONGEST_FRAME
}

fn lower_tail(sums: &Sums, sureness: f64) -> f64 {
    let alike = (effective_samples(sums) / sums.samples.max(1) as f64).min(1.0);
    let few = LOWER_TAIL + LOWER_TAIL_OF_VARIED * (1.0 - alike);
    few + (TAIL - few) * sureness.sqrt()
}

/// Degrees of freedom from which χ² is approached by a normal distribution (Wilson and Hilferty, 1931), then exact to a millionth of a
/// standard deviation.
///
/// The time for its exact quantile grows with them without end, and a rate just above one makes any number of them: a single made-up record
/// would hold up whoever asks for its interval for seconds.
const MANY_DEGREES: f64 = 1e5;

/// The quantile `p` of the gamma distribution with this mean and variance: `(S/2B)·χ²_p(2B²/S)`.
fn gamma_bound(mean: f64, variance: f64, p: f64) -> f64 {
    if mean <= 0.0 {
        return 0.0;
    }
    let freedom = 2.0 * mean * mean / variance;
    if freedom >= MANY_DEGREES {
        let (z, h) = (normal_quantile(p), 2.0 / (9.0 * freedom));
        return mean * (1.0 - h + z * h.sqrt()).powi(3);
    }
    match ChiSquared::new(freedom) {
        Ok(chi) => variance / (2.0 * mean) * chi.inverse_cdf(p),
        Err(_) => mean,
    }
}

fn normal_quantile(p: f64) -> f64 {
    statrs::distribution::Normal::standard().inverse_cdf(p)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Moments;

    fn sampled(frames: &[u32], weight: f64) -> Sums {
        let mut moments = Moments::default();
        frames.iter().for_each(|octets| moments.add(*octets));
        moments.weighed(weight)
    }

    #[test]
    fn what_is_not_sampled_is_certain() {
        let sums = sampled(&[64, 1518, 1518], 1.0);
        assert_eq!(volume(&sums), Interval { low: 3_100, high: 3_100 });
        assert_eq!(effective_samples(&sums), f64::INFINITY);
        assert_eq!(volume(&Sums::default()), Interval { low: 0, high: 0 });
        assert_eq!(unseen(1.0).high, 0);
    }

    #[test]
    fn many_samples_give_the_normal_interval() {
        let sums = sampled(&[1000; 400], 100.0);
        let half = 1.96 * (100.0 * 99.0 * 400.0 * 1e6_f64).sqrt();
        let interval = volume(&sums);
        assert!((interval.high as f64 - (4e7 + half)).abs() < 1.0);
        assert!((interval.low as f64 - (4e7 - half)).abs() < 1.0);
    }

    #[test]
    fn however_sure_few_samples_are_their_interval_is_found_at_once() {
        for (bytes, deviation) in
            [(1 << 50, 1e2_f64), (1 << 50, 1e-9), (1 << 60, 1e4), (u64::MAX, 1e-160), (1_000_000, 1e3), (100_000_000, 3e5)]
        {
            for packets in [1, 2] {
                let sums = Sums { samples: 1, packets, bytes, variance: deviation * deviation, bytes_from_flows: 0 };
                let interval = volume(&sums);
                let (below, above) = (bytes as f64 - interval.low as f64, interval.high as f64 - bytes as f64);
                // Numbers beyond 2⁵³ are not whole to the last digit.
                let slack = bytes as f64 / 1e15 + 1.0;
                let around = 1.2 * deviation - slack..2.0 * deviation + slack;
                assert!(around.contains(&below), "{bytes} ± {deviation}: {interval:?}");
                assert!(
                    above >= below - slack && above <= 2.0 * deviation + 7.0 * LONGEST_FRAME + slack,
                    "{bytes} ± {deviation}: {interval:?}"
                );
            }
        }
    }

    #[test]
    fn the_approach_begins_where_it_makes_no_step() {
        for p in [0.025, 0.04, 0.105, 0.975] {
            let mean = 1e9;
            let bound = |degrees: f64| (gamma_bound(mean, 2.0 * mean * mean / degrees, p) - mean) / (mean * (2.0 / degrees).sqrt());
            assert!((bound(MANY_DEGREES - 1.0) - bound(MANY_DEGREES)).abs() < 1e-4, "{p}");
        }
    }

    #[test]
    fn one_sample_is_no_certainty() {
        let interval = volume(&sampled(&[1500], 1000.0));
        assert!(interval.low > 0 && interval.low < 150_000, "{interval:?}");
        assert!(interval.high > 5_000_000, "{interval:?}");
    }

    #[test]
    fn thirty_short_frames_may_hide_a_long_one() {
        let interval = volume(&sampled(&[64; 30], 1000.0));
        // One frame in fifty of 1518 octets would make 93 octets a frame, and show no long one among thirty in half of all cases.
        assert!(interval.high > 93 * 30 * 1000, "{interval:?}");
    }

    #[test]
    fn nothing_sampled_is_less_than_some_frames_and_not_zero() {
        let interval = unseen(1000.0);
        assert_eq!(interval.low, 0);
        assert!((interval.high as f64 / (3.689 * 1522.0 * 1000.0) - 1.0).abs() < 1e-3);
    }
}
