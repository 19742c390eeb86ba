//! An estimated volume, and what is said of it.

use std::collections::BTreeMap;
use std::time::Duration;

use schema::{Share, Sums, estimator};
use serde::Serialize;

/// An estimated volume with its 95 % interval.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Estimate {
    /// Samples that it rests on.
    pub samples: u64,
    /// Estimated frames.
    pub packets: u64,
    /// Estimated octets of layer 2 with FCS.
    pub bytes: u64,
    /// Lower end of the 95 % interval of `bytes`.
    pub bytes_low: u64,
    /// Upper end of the 95 % interval of `bytes`.
    pub bytes_high: u64,
    /// Mean rate over the time that was measured.
    pub bits_per_second: u64,
    /// The part of `bytes` that came in flow records, which do not tell packets' lengths.
    pub bytes_from_flows: u64,
    /// Whether the interval is the narrowest that it can be: packets' lengths vary by more than flow records tell.
    pub interval_is_lower_bound: bool,
    /// How many samples of equal frames would be as sure (`B²/S`), rounded down; `None` where nothing is uncertain. Below 30 a figure is no more than a hint.
    pub effective_samples: Option<u64>,
    /// What the counters of the ports through which it entered say of it.
    pub quality: Quality,
    /// Octets by the ports' counters over octets by the samples, of the ports through which it entered; `None` where no counter could be held against it.
    pub counter_factor: Option<f64>,
}

/// What port counters say of an estimate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// No counter could be held against at least half of it.
    #[default]
    Unchecked,
    /// Counters agree with it to within a tenth.
    Agrees,
    /// Counters and samples differ by more than a tenth.
    Differs,
    /// It was brought to what the counters say, because that was asked for.
    Raked,
}

impl Quality {
    /// Its name in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unchecked => "unchecked",
            Self::Agrees => "agrees",
            Self::Differs => "differs",
            Self::Raked => "raked",
        }
    }
}

/// A share with its 95 % interval, from 0 to 1.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct ShareEstimate {
    /// The share.
    pub share: f64,
    /// Lower end of its 95 % interval.
    pub share_low: f64,
    /// Upper end of its 95 % interval.
    pub share_high: f64,
}

/// What may have passed although nothing of it was sampled (95 %).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Unseen {
    /// At most so many octets, at the coarsest sampling rate in use.
    pub bytes_high: u64,
    /// The same as a mean rate over the time that was measured.
    pub bits_per_second_high: u64,
}

/// Volumes that are no exchange between two known members, with their reasons.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Reasoned {
    /// All of them together.
    #[serde(flatten)]
    pub all: Estimate,
    /// By reason.
    pub reasons: BTreeMap<&'static str, Estimate>,
}

impl Estimate {
    /// The estimate of a cell's sums over `measured` time.
    #[must_use]
    pub fn new(sums: Sums, measured: Duration) -> Self {
        let interval = estimator::volume(&sums);
        let effective = estimator::effective_samples(&sums);
        Self {
            samples: sums.samples,
            packets: sums.packets,
            bytes: sums.bytes,
            bytes_low: interval.low,
            bytes_high: interval.high,
            bits_per_second: rate(sums.bytes, measured),
            bytes_from_flows: sums.bytes_from_flows,
            // Where every packet was counted, nothing is uncertain, whatever the packets' lengths.
            interval_is_lower_bound: sums.bytes_from_flows > 0 && sums.variance > 0.0,
            effective_samples: effective.is_finite().then_some(floor(effective)),
            quality: Quality::Unchecked,
            counter_factor: None,
        }
    }
}

impl From<Share> for ShareEstimate {
    fn from(share: Share) -> Self {
        Self { share: share.value, share_low: share.low, share_high: share.high }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and no number of samples is negative")]
const fn floor(samples: f64) -> u64 {
    samples as u64
}

/// Mean bit/s of `octets` over `measured` time; zero where nothing was measured.
#[must_use]
pub fn rate(octets: u64, measured: Duration) -> u64 {
    let bits_by_millis = u128::from(octets) * 8 * 1_000;
    bits_by_millis.checked_div(measured.as_millis()).map_or(0, |rate| u64::try_from(rate).unwrap_or(u64::MAX))
}
