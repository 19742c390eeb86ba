//! How figures are written: never more digits than their interval allows, with SI prefixes.
//!
//! `web/src/figure.ts` writes the same; both are tested against `web/fixtures/figures.json`.

use store::answer::{Estimate, Unseen};

/// What a figure counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Quantity {
    /// bit/s.
    Rate,
    /// Octets.
    Volume,
}

impl Quantity {
    const fn units(self) -> [&'static str; 7] {
        match self {
            Self::Rate => ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s", "Pbit/s", "Ebit/s"],
            Self::Volume => ["B", "kB", "MB", "GB", "TB", "PB", "EB"],
        }
    }
}

/// Digits that a figure has at most, however sure it is.
const MOST_DIGITS: u32 = 3;

/// A figure as it is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Figure {
    /// The number, with "< " before it where nothing was seen but something may have been.
    pub(crate) number: String,
    /// Its unit with the prefix.
    pub(crate) unit: &'static str,
    /// Both ends of its interval in the same unit, rounded outwards; `None` where it is certain.
    pub(crate) range: Option<(String, String)>,
}

impl Figure {
    /// Number and unit.
    pub(crate) fn text(&self) -> String {
        format!("{}\u{a0}{}", self.number, self.unit)
    }
}

/// A value with its interval.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Bounded {
    pub(crate) value: u64,
    pub(crate) low: u64,
    pub(crate) high: u64,
}

/// Writes a value with its interval.
pub(crate) fn figure(bounded: Bounded, quantity: Quantity) -> Figure {
    let Bounded { value, low, high } = bounded;
    if value == 0 {
        return nothing(high, quantity);
    }
    let half = high.saturating_sub(low) / 2;
    // Rounding may carry into one more digit (999.6 → 1 000), which then takes one from the end.
    let first = last_digit(value, half);
    let carried = nearest(value, first).saturating_mul(power(first));
    let step = last_digit(carried, half);
    let rounded = nearest(carried, step);
    let prefix = prefix_of(carried);
    let range = (low < high).then(|| (written(low / power(step), step, prefix), written(high.div_ceil(power(step)), step, prefix)));
    Figure { number: written(rounded, step, prefix), unit: unit(quantity, prefix), range }
}

/// Nothing was seen: zero where that is certain, else "less than" the interval's end.
fn nothing(high: u64, quantity: Quantity) -> Figure {
    if high == 0 {
        return Figure { number: "0".to_owned(), unit: unit(quantity, 0), range: None };
    }
    let step = exponent(high);
    let rounded = high.div_ceil(power(step));
    let prefix = prefix_of(rounded.saturating_mul(power(step)));
    Figure { number: format!("< {}", written(rounded, step, prefix)), unit: unit(quantity, prefix), range: None }
}

/// The power of ten of the last digit worth printing: not finer than half the interval, nor than three digits, nor coarser than the
/// value's own first digit.
fn last_digit(value: u64, half: u64) -> u32 {
    let first = exponent(value);
    let by_digits = (first + 1).saturating_sub(MOST_DIGITS);
    let by_interval = if half == 0 { 0 } else { exponent(half) };
    by_digits.max(by_interval).min(first)
}

fn exponent(value: u64) -> u32 {
    value.checked_ilog10().unwrap_or(0)
}

const fn power(exponent: u32) -> u64 {
    10_u64.pow(exponent)
}

fn nearest(value: u64, step: u32) -> u64 {
    let rest = value % power(step);
    value / power(step) + u64::from(rest >= power(step) - rest)
}

/// The power of ten of the SI prefix.
fn prefix_of(value: u64) -> u32 {
    exponent(value) / 3 * 3
}

fn unit(quantity: Quantity, prefix: u32) -> &'static str {
    let [none, kilo, mega, giga, tera, peta, exa] = quantity.units();
    match prefix {
        0 => none,
        3 => kilo,
        6 => mega,
        9 => giga,
        12 => tera,
        15 => peta,
        _ => exa,
    }
}

/// `steps` times 10^`step`, in units of 10^`prefix`.
fn written(steps: u64, step: u32, prefix: u32) -> String {
    if step >= prefix {
        return steps.saturating_mul(power(step - prefix)).to_string();
    }
    let decimals = prefix - step;
    let (whole, part) = (steps / power(decimals), steps % power(decimals));
    format!("{whole}.{part:0width$}", width = decimals as usize)
}

/// The rate of an estimate with its interval.
pub(crate) fn rate_of(estimate: &Estimate) -> Bounded {
    let scaled = |octets: u64| {
        let rate = u128::from(octets) * u128::from(estimate.bits_per_second);
        rate.checked_div(u128::from(estimate.bytes)).map_or(0, |rate| u64::try_from(rate).unwrap_or(u64::MAX))
    };
    Bounded { value: estimate.bits_per_second, low: scaled(estimate.bytes_low), high: scaled(estimate.bytes_high) }
}

/// The rate of an estimate over so many measured seconds. Where nothing was sampled, its interval still reaches up to what may have passed unseen.
pub(crate) fn rate_over(estimate: &Estimate, seconds: u64) -> Bounded {
    if estimate.bytes > 0 || seconds == 0 {
        return rate_of(estimate);
    }
    let high = u128::from(estimate.bytes_high) * 8 / u128::from(seconds);
    Bounded { high: u64::try_from(high).unwrap_or(u64::MAX), ..Bounded::default() }
}

/// A rate of which nothing was sampled, and which may be up to so much all the same.
pub(crate) fn below(unseen: Option<&Unseen>) -> Bounded {
    Bounded { high: unseen.map_or(0, |unseen| unseen.bits_per_second_high), ..Bounded::default() }
}

/// A whole number with its thousands apart.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// A part of a whole in percent, with digits enough to tell a small part from none.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if part == 0 || whole == 0 {
        return "0\u{a0}%".to_owned();
    }
    let share = part as f64 * 100.0 / whole as f64;
    match share {
        share if share < 0.01 => "< 0.01\u{a0}%".to_owned(),
        share if share < 1.0 => format!("{share:.2}\u{a0}%"),
        share if share < 10.0 => format!("{share:.1}\u{a0}%"),
        share => format!("{share:.0}\u{a0}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_as_the_shared_cases_say() {
        let cases: serde_json::Value = serde_json::from_str(include_str!("../web/fixtures/figures.json")).unwrap();
        for case in cases["figures"].as_array().unwrap() {
            let number = |name: &str| case[name].as_u64().unwrap();
            let bounded = Bounded { value: number("value"), low: number("low"), high: number("high") };
            let quantity = if case["quantity"] == "volume" { Quantity::Volume } else { Quantity::Rate };
            let shown = figure(bounded, quantity);
            let range = shown.range.map(|(low, high)| format!("{low}–{high}"));
            let text = format!("{} {}", shown.number, shown.unit);
            assert_eq!((text.as_str(), range.as_deref()), (case["text"].as_str().unwrap(), case["range"].as_str()), "{case}");
        }
        for case in cases["counts"].as_array().unwrap() {
            assert_eq!(count(case["value"].as_u64().unwrap()), case["text"].as_str().unwrap());
        }
    }

    #[test]
    fn the_largest_numbers_are_written_without_overflow() {
        let widest = Bounded { value: u64::MAX, low: 0, high: u64::MAX };
        assert_eq!(figure(widest, Quantity::Rate).unit, "Ebit/s");
        assert_eq!(count(u64::MAX).chars().filter(char::is_ascii_digit).count(), 20);
    }

    #[test]
    fn a_rate_keeps_its_estimates_interval() {
        let estimate = Estimate { bytes: 1_000, bytes_low: 500, bytes_high: 2_000, bits_per_second: 80, ..Estimate::default() };
        assert_eq!(rate_of(&estimate), Bounded { value: 80, low: 40, high: 160 });
        assert_eq!(rate_of(&Estimate::default()), Bounded::default());
        assert_eq!(rate_over(&estimate, 60), rate_of(&estimate));
    }

    #[test]
    fn nothing_sampled_is_less_than_something_and_not_zero() {
        let unsampled = Estimate { bytes_high: 75_000_000, ..Estimate::default() };
        assert_eq!(figure(rate_over(&unsampled, 60), Quantity::Rate).number, "< 10");
        assert_eq!(rate_over(&unsampled, 0), Bounded::default());
        assert_eq!(figure(below(Some(&Unseen { bytes_high: 1, bits_per_second_high: 4_000 })), Quantity::Rate).number, "< 4");
        assert_eq!(figure(below(None), Quantity::Rate).number, "0");
    }

    #[test]
    fn small_parts_are_told_from_none() {
        assert_eq!(percent(0, 10), "0\u{a0}%");
        assert_eq!(percent(1, 1_000_000), "< 0.01\u{a0}%");
        assert_eq!(percent(1, 3), "33\u{a0}%");
    }
}
