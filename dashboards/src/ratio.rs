//! How shares and factors are written: never more digits than their interval allows.

use store::answer::{Reconciliation, ShareEstimate};

/// Digits that a ratio has at most, however sure it is.
const MOST_DIGITS: i32 = 3;

/// The power of ten of the finest digit that is written.
const FINEST: i32 = -2;

/// What binary fractions miss of a decimal one, in its last digit: an end of an interval that is written exactly is not rounded away from itself.
const SLACK: f64 = 1e-6;

/// A share in percent or a factor, as it is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Ratio {
    /// The number, with "< " before it where it is less than the finest digit.
    pub(crate) number: String,
    /// Both ends of its interval, rounded outwards; `None` where it is certain.
    pub(crate) range: Option<(String, String)>,
}

impl Ratio {
    /// The number as a percentage.
    pub(crate) fn percent(&self) -> String {
        format!("{}\u{a0}%", self.number)
    }
}

/// A share, in percent.
pub(crate) fn share(share: &ShareEstimate) -> Ratio {
    written(share.share * 100.0, share.share_low * 100.0, (share.share_high * 100.0).min(100.0))
}

/// Octets by a counter over octets by the samples; `None` where one of them is not known.
pub(crate) fn factor(held: &Reconciliation) -> Option<Ratio> {
    let value = held.factor?;
    let (low, high) = bounds_of(held)?;
    Some(written(value, low, high))
}

/// The interval of a factor. So few samples may be behind it that it has no upper end.
pub(crate) fn bounds_of(held: &Reconciliation) -> Option<(f64, f64)> {
    let factor = held.factor?;
    let low = held.factor_low.unwrap_or(factor);
    Some((low, held.factor_high.unwrap_or(if low < factor { f64::INFINITY } else { factor })))
}

/// A factor whose interval is not known: as exact as a tenth more or less asks for.
pub(crate) fn about(factor: f64) -> String {
    written(factor, factor - factor / 20.0, factor + factor / 20.0).number
}

fn written(value: f64, low: f64, high: f64) -> Ratio {
    let half = if high.is_finite() { (high - low) / 2.0 } else { value - low };
    let place = last_digit(value, half);
    let unit = 10_f64.powi(place);
    let number = match (value / unit).round() {
        steps if steps < 1.0 && value > 0.0 => format!("< {}", decimal(1.0, place)),
        steps => decimal(steps, place),
    };
    let range = (low < high).then(|| (decimal((low / unit + SLACK).floor(), place), decimal((high / unit - SLACK).ceil(), place)));
    Ratio { number, range }
}

/// The power of ten of the last digit worth writing: not finer than half the interval, nor coarser than the value's own first digit.
fn last_digit(value: f64, half: f64) -> i32 {
    let first = exponent(value).unwrap_or(FINEST);
    let by_digits = first + 1 - MOST_DIGITS;
    let by_interval = exponent(half).unwrap_or(FINEST);
    by_digits.max(by_interval).min(first).max(FINEST)
}

#[expect(clippy::cast_possible_truncation, reason = "no ratio has more than some hundred digits, and `as` saturates")]
fn exponent(value: f64) -> Option<i32> {
    (value > 0.0 && value.is_finite()).then(|| value.log10().floor() as i32)
}

/// `steps` times 10^`place`.
fn decimal(steps: f64, place: i32) -> String {
    if steps.is_infinite() {
        return "∞".to_owned();
    }
    let decimals = usize::try_from(-place).unwrap_or(0);
    format!("{:.decimals$}", steps.max(0.0) * 10_f64.powi(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: f64, low: f64, high: f64) -> String {
        let ratio = share(&ShareEstimate { share: value, share_low: low, share_high: high });
        let range = ratio.range.map_or_else(String::new, |(low, high)| format!(" {low}–{high}"));
        format!("{}{range}", ratio.number)
    }

    #[test]
    fn shares_have_the_digits_of_their_interval() {
        for (value, low, high, text) in [
            (0.46, 0.43, 0.52, "46 43–52"),
            (0.983, 0.982, 0.984, "98.3 98.2–98.4"),
            (0.983_12, 0.983_1, 0.983_2, "98.3 98.3–98.4"),
            (0.46, 0.2, 0.7, "50 20–70"),
            (0.000_3, 0.000_2, 0.000_4, "0.03 0.02–0.04"),
            (0.000_001, 0.0, 0.000_002, "< 0.01 0.00–0.01"),
            (1.0, 1.0, 1.0, "100"),
            (0.0, 0.0, 0.0, "0.00"),
            (0.999_9, 0.999, 1.0, "100.0 99.9–100.0"),
        ] {
            assert_eq!(shown(value, low, high), text, "{value} {low} {high}");
        }
    }

    #[test]
    fn factors_tell_a_tenth_more_or_less() {
        let held = |low, high| Reconciliation {
            sampled: store::answer::Estimate::default(),
            factor: Some(1.5),
            factor_low: low,
            factor_high: high,
            period: "5m".to_owned(),
            periods: 1,
            periods_off: 1,
        };
        let range = |low, high| factor(&held(low, high)).unwrap().range.unwrap_or_default();
        assert_eq!(range(Some(1.31), Some(1.72)), ("1.3".to_owned(), "1.8".to_owned()));
        assert_eq!(range(Some(0.9), None), ("0.9".to_owned(), "∞".to_owned()));
        assert_eq!(factor(&held(None, None)).unwrap(), Ratio { number: "1.50".to_owned(), range: None });
        assert_eq!((about(1.343), about(0.62), about(12.4)), ("1.34".to_owned(), "0.62".to_owned(), "12.4".to_owned()));
    }
}
