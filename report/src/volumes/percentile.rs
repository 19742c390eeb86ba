//! What a 95th percentile says of the volume behind it.

use crate::amount::Declared;
use crate::saving::billed_points;

/// Length of a point of a billed series, in seconds.
const POINT: u64 = 300;

/// Between which ends the volume of so many seconds lies whose 95th percentile, as billed, is `rate` bits a second.
///
/// The point that is billed and those above it, a twentieth of all, carried at least that rate, and the others at least nothing. The billed one and those below it carried
/// at most that rate, and the free twentieth at most what the links carry; without a capacity nobody knows how much that was. This is far apart, and no more can be said:
/// a percentile is a price, not a volume.
pub(super) fn octets(rate: u64, seconds: u64, capacity: Option<u64>) -> Declared {
    let points = usize::try_from(seconds / POINT).unwrap_or(usize::MAX);
    let billed = billed_points(points);
    let free = points - billed;
    let octets = |points: usize, rate: u64| {
        let octets = points as u128 * u128::from(rate) * u128::from(POINT) / 8;
        u64::try_from(octets).unwrap_or(u64::MAX)
    };
    let low = octets((free + 1).min(points), rate);
    let high = capacity.map(|capacity| octets(billed, rate).saturating_add(octets(free, capacity.max(rate))));
    Declared { low, high }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::percentile_95;

    #[test]
    fn a_month_lies_between_a_twentieth_of_the_rate_and_all_of_it_with_full_links_in_the_free_hours() {
        // 30 days are 8,640 points, of which 432 are free. 8 bit/s are 300 octets a point.
        let month = octets(8, 30 * 86_400, Some(80));
        assert_eq!(month, Declared { low: 433 * 300, high: Some(8_208 * 300 + 432 * 3_000) });
        assert_eq!(octets(8, 30 * 86_400, None), Declared { low: 433 * 300, high: None });
        // A capacity below what was billed is a slip, and does not make the upper end too low.
        assert_eq!(octets(8, 30 * 86_400, Some(1)).high, Some(8_640 * 300));
        assert_eq!(octets(8, 0, Some(1)), Declared { low: 0, high: Some(0) });
    }

    #[test]
    fn series_at_either_end_have_this_percentile_and_this_volume() {
        let series = |below: f64, above: f64| -> Vec<f64> {
            (0..100)
                .map(|point| {
                    if point < 94 {
                        below
                    } else if point < 95 {
                        8.0
                    } else {
                        above
                    }
                })
                .collect()
        };
        let ends = octets(8, 100 * 300, Some(80));
        for (series, octets) in [(series(0.0, 8.0), ends.low), (series(8.0, 80.0), ends.high.unwrap())] {
            assert_eq!(percentile_95(&series), Some(8.0));
            assert!((series.iter().sum::<f64>() * 300.0 / 8.0 - octets as f64).abs() < 1e-6);
        }
    }
}
