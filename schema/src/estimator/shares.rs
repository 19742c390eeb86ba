//! What part it is of something.

use super::Z95;
use crate::Sums;

/// A share with its 95 % interval, all from 0 to 1.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Share {
    /// The share.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The share of a part in a total that holds it and that comes from the same samples; `None` of nothing.
///
/// `p = B_c/B_t` with `Var p = [(1−p)²·S_c + p²·(S_t − S_c)] / B_t²`: the ratio estimator, linearised (Cochran 1977, section 6.3), for a part and
/// the rest of the total, which were sampled independently. The interval is symmetric and cut at 0 and 1.
#[must_use]
pub fn share_of_total(part: &Sums, total: &Sums) -> Option<Share> {
    if total.bytes == 0 {
        return None;
    }
    let whole = total.bytes as f64;
    let value = (part.bytes as f64 / whole).min(1.0);
    let half = Z95 * variance_of_share(part, total).sqrt();
    Some(Share { value, low: (value - half).max(0.0), high: (value + half).min(1.0) })
}

/// `Var p` of [`share_of_total`]; zero for a total of nothing.
pub(super) fn variance_of_share(part: &Sums, total: &Sums) -> f64 {
    if total.bytes == 0 {
        return 0.0;
    }
    let whole = total.bytes as f64;
    let p = (part.bytes as f64 / whole).min(1.0);
    let rest = (total.variance - part.variance).max(0.0);
    ((1.0 - p) * (1.0 - p) * part.variance + p * p * rest) / (whole * whole)
}

/// The share `L/(L+I)` of two parts that were measured independently of each other; `None` of nothing.
///
/// The interval is made on the logit scale, with `se = √(S_L/L² + S_I/I²)`, the standard error of `ln(L/I)` (the delta method; Agresti 2013, section 3.1), so that it
/// stays between 0 and 1. Where one of the parts is nothing the share is 0 or 1, and its interval with it: what was not seen has no variance here.
#[must_use]
pub fn share_of_parts(part: &Sums, other: &Sums) -> Option<Share> {
    let (one, two) = (part.bytes as f64, other.bytes as f64);
    if one + two == 0.0 {
        return None;
    }
    let value = one / (one + two);
    if one == 0.0 || two == 0.0 {
        return Some(Share { value, low: value, high: value });
    }
    let half = Z95 * (part.variance / (one * one) + other.variance / (two * two)).sqrt();
    let logit = (one / two).ln();
    let share = |logit: f64| 1.0 / (1.0 + (-logit).exp());
    Some(Share { value, low: share(logit - half), high: share(logit + half) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn sums(bytes: u64, variance: f64) -> Sums {
        Sums { samples: 100, packets: 100_000, bytes, variance, bytes_from_flows: 0 }
    }

    #[test]
    fn all_of_a_total_is_certainly_all_of_it() {
        let total = sums(1_000_000, 1e9);
        assert_eq!(share_of_total(&total, &total), Some(Share { value: 1.0, low: 1.0, high: 1.0 }));
        assert_eq!(share_of_total(&Sums::default(), &Sums::default()), None);
    }

    #[test]
    fn a_share_is_surer_than_its_parts_by_themselves() {
        let share = share_of_total(&sums(500_000, 1e9), &sums(1_000_000, 2e9)).unwrap();
        // Var p = (0.25·10⁹ + 0.25·10⁹)/10¹²
        let half = 1.96 * (5e8_f64 / 1e12).sqrt();
        assert!((share.value - 0.5).abs() < 1e-12 && (share.high - 0.5 - half).abs() < 1e-12 && (0.5 - half - share.low).abs() < 1e-12);
    }

    #[test]
    fn a_share_of_independent_parts_stays_between_nothing_and_all() {
        let share = share_of_parts(&sums(1_000, 1e6), &sums(1_000_000, 1e9)).unwrap();
        assert!(share.low > 0.0 && share.low < share.value && share.value < share.high && share.high < 1.0, "{share:?}");
        let even = share_of_parts(&sums(1_000, 1e4), &sums(1_000, 1e4)).unwrap();
        assert!((even.value - 0.5).abs() < 1e-12 && (even.low + even.high - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_part_of_nothing_is_nothing() {
        assert_eq!(share_of_parts(&Sums::default(), &Sums::default()), None);
        assert_eq!(share_of_parts(&Sums::default(), &sums(5, 1.0)), Some(Share::default()));
    }
}
