//! The fields of one line.

use schema::Asn;

use super::Said;
use crate::amount::Declared;

/// Units of volumes, the longest names first so that none is taken for the end of another. Both kinds of prefixes are in use, and mean what they say.
const UNITS: [(&str, f64); 9] = [
    ("TiB", (1_u64 << 40) as f64),
    ("GiB", (1_u64 << 30) as f64),
    ("MiB", (1_u64 << 20) as f64),
    ("PB", 1e15),
    ("TB", 1e12),
    ("GB", 1e9),
    ("MB", 1e6),
    ("kB", 1e3),
    ("B", 1.0),
];

/// Between the two ends of a volume.
const RANGE: &str = "..";

/// No network of an economy carries as much in a month, in octets or in bits a second: a figure beyond it is a slip of the unit.
const MOST: f64 = 1e18;

pub(super) const VOLUME: &str = "a volume with its unit, as in `120 TB`, or two ends, as in `110..130 TB`";
pub(super) const RATE: &str = "Mbit/s at the 95th percentile, as in `8200` or `950.5`";

pub(super) fn asn(text: &str) -> Option<Asn> {
    let digits = text.strip_prefix("AS").or_else(|| text.strip_prefix("as")).unwrap_or(text);
    digits.parse().ok().filter(|asn| *asn != 0).map(Asn)
}

/// `120 TB`, `110..130 TB` or `900 GB..1.2 TB`.
pub(super) fn volume(text: &str) -> Option<Said> {
    let Some((low, high)) = text.split_once(RANGE) else {
        return octets(text).map(|octets| Said::Octets(Declared::between(octets, octets)));
    };
    // A unit that stands once, at the end, is that of both.
    let unit = unit(high)?.0;
    let low = octets(low).or_else(|| octets(&format!("{low}{unit}")))?;
    Some(Said::Octets(Declared::between(low, octets(high)?)))
}

/// Mbit/s.
pub(super) fn rate(text: &str) -> Option<Said> {
    whole(number(text)? * 1e6).map(Said::Percentile95)
}

fn octets(text: &str) -> Option<u64> {
    let text = text.trim();
    let (name, factor) = unit(text)?;
    whole(number(text.strip_suffix(name)?)? * factor)
}

fn unit(text: &str) -> Option<(&'static str, f64)> {
    UNITS.into_iter().find(|(name, _)| text.trim().ends_with(name))
}

/// A plain number, neither negative nor with an exponent: what spreadsheets make of large numbers loses their digits.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = text.bytes().all(|letter| letter.is_ascii_digit() || letter == b'.');
    text.parse().ok().filter(|_| plain)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is neither negative nor beyond its bound")]
fn whole(number: f64) -> Option<u64> {
    (0.0..=MOST).contains(&number).then(|| number.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_has_a_unit_and_may_have_two_ends() {
        let between = |low, high| Some(Said::Octets(Declared::between(low, high)));
        assert_eq!(volume("120 TB"), between(120_000_000_000_000, 120_000_000_000_000));
        assert_eq!(volume("1.5kB"), between(1_500, 1_500));
        assert_eq!(volume("110..130 B"), between(110, 130));
        assert_eq!(volume("900 GB .. 1.2 TB"), between(900_000_000_000, 1_200_000_000_000));
        assert_eq!(volume("1 GiB"), between(1 << 30, 1 << 30));
        for text in ["", "120", "TB", "-1 TB", "1e3 TB", "120 tb", "1..2", "..", "120 Mbit/s", "2000 PB", "nan B"] {
            assert_eq!(volume(text), None, "{text}");
        }
    }

    #[test]
    fn a_rate_is_in_mbit_a_second() {
        assert_eq!((rate("950.5"), rate("0")), (Some(Said::Percentile95(950_500_000)), Some(Said::Percentile95(0))));
        assert_eq!((rate("1 Gbit/s"), rate("-1"), rate("")), (None, None, None));
    }
}
