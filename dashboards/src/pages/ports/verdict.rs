//! What a port's counter says of the samples that were taken there.

use store::answer::{PortTraffic, Reconciliation};

use crate::ratio;

/// Factors in between agree: multicast and frames that no sample tells of make a few percent.
pub(in crate::pages) const AGREES: (f64, f64) = (0.9, 1.1);

/// The direction of a port's traffic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::pages) enum Side {
    /// What the port received.
    In,
    /// What it sent.
    Out,
}

impl Side {
    pub(in crate::pages) const ALL: [Self; 2] = [Self::In, Self::Out];

    /// The counter held against the samples.
    pub(in crate::pages) const fn held(self, port: &PortTraffic) -> Option<&Reconciliation> {
        match self {
            Self::In => port.received.as_ref(),
            Self::Out => port.sent.as_ref(),
        }
    }

    /// The rate by the counter.
    pub(in crate::pages) const fn counted(self, port: &PortTraffic) -> u64 {
        match self {
            Self::In => port.in_bits_per_second,
            Self::Out => port.out_bits_per_second,
        }
    }
}

/// Whether counter and samples agree. The gravest is the largest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(in crate::pages) enum Verdict {
    /// There is no counter, or nothing was sampled.
    Unchecked,
    /// The factor lies outside, but so few samples give it that chance may be why.
    Unsure,
    Agrees,
    /// The factor lies outside with all of its interval.
    Differs,
}

/// The verdict on one side of a port.
pub(in crate::pages) fn of(held: Option<&Reconciliation>) -> Verdict {
    let Some((factor, bounds)) = held.and_then(|held| held.factor.zip(ratio::bounds_of(held))) else { return Verdict::Unchecked };
    let ((least, most), (low, high)) = (AGREES, bounds);
    if (least..=most).contains(&factor) {
        return Verdict::Agrees;
    }
    if low > most || high < least { Verdict::Differs } else { Verdict::Unsure }
}

/// The verdict on a port: the graver of its sides.
pub(in crate::pages) fn of_port(port: &PortTraffic) -> Verdict {
    Side::ALL.into_iter().map(|side| of(side.held(port))).max().unwrap_or(Verdict::Unchecked)
}

#[cfg(test)]
mod tests {
    use store::answer::Estimate;

    use super::*;

    fn held(factor: f64, low: f64, high: f64) -> Reconciliation {
        Reconciliation {
            sampled: Estimate::default(),
            factor: Some(factor),
            factor_low: Some(low),
            factor_high: Some(high),
            period: "5m".to_owned(),
            periods: 12,
            periods_off: 0,
        }
    }

    #[test]
    fn a_factor_differs_only_where_its_whole_interval_does() {
        for (factor, low, high, verdict) in [
            (1.0, 0.99, 1.01, Verdict::Agrees),
            (1.05, 0.8, 1.3, Verdict::Agrees),
            (1.2, 1.15, 1.25, Verdict::Differs),
            (1.2, 1.05, 1.35, Verdict::Unsure),
            (0.7, 0.68, 0.72, Verdict::Differs),
            (0.7, 0.5, 0.95, Verdict::Unsure),
        ] {
            assert_eq!(of(Some(&held(factor, low, high))), verdict, "{factor}");
        }
        assert_eq!(of(Some(&Reconciliation { factor: None, ..held(1.0, 1.0, 1.0) })), Verdict::Unchecked);
        assert_eq!(of(Some(&Reconciliation { factor_high: None, ..held(1.5, 0.8, 0.0) })), Verdict::Unsure);
        assert_eq!(of(None), Verdict::Unchecked);
    }
}
