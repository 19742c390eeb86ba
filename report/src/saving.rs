//! What it would save to exchange what trombones.

/// Of a hundred points of a series, so many are not billed: the highest.
const UNBILLED: usize = 5;

/// The 95th percentile as transit is billed: the points of five minutes are put in order, the highest twentieth is left out, and the highest of the rest counts. `None` of nothing.
///
/// Of 20 points one is left out, of 19 none: a part of a point is not left out.
#[must_use]
pub fn percentile_95(series: &[f64]) -> Option<f64> {
    let mut points: Vec<f64> = series.iter().copied().filter(|point| point.is_finite()).collect();
    points.sort_unstable_by(f64::total_cmp);
    points.get(billed_points(points.len()).checked_sub(1)?).copied()
}

/// Of so many points, how many are billed.
pub(crate) const fn billed_points(points: usize) -> usize {
    points - points.saturating_mul(UNBILLED) / 100
}

/// One member's transit in a month.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Month<'s> {
    /// What came in by transit, a point for each five minutes, in bits a second.
    pub transit: &'s [f64],
    /// The part of it that would come by the exchange instead; as many points, at the same times.
    pub moved: &'s [f64],
    /// Price of a bit a second of the 95th percentile.
    pub price: f64,
}

/// What the members would save in a month, in the unit of the price: `Σ price·(P95(t) − P95(t − TR))`, less what the ports cost that they need for it.
///
/// Percentiles do not add, and the saving of a trombone that sleeps when the link is full is nothing: so each member's is made of its own two series. `None` where a member has
/// no point, or its series do not fit.
#[must_use]
pub fn saving(months: &[Month<'_>], added_port_cost: f64) -> Option<f64> {
    let saved = months.iter().map(of_one).sum::<Option<f64>>()?;
    Some(saved - added_port_cost)
}

fn of_one(month: &Month<'_>) -> Option<f64> {
    if month.transit.len() != month.moved.len() {
        return None;
    }
    let rest: Vec<f64> = month.transit.iter().zip(month.moved).map(|(transit, moved)| (transit - moved).max(0.0)).collect();
    Some(month.price * (percentile_95(month.transit)? - percentile_95(&rest)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_twentieth_is_not_billed() {
        let points: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(percentile_95(&points), Some(95.0));
        assert_eq!((percentile_95(&points[..20]), percentile_95(&points[..19])), (Some(19.0), Some(19.0)));
        assert_eq!((percentile_95(&[7.0]), percentile_95(&[])), (Some(7.0), None));
        // A month has 8,640 points, of which 432 are free: 36 hours.
        let month: Vec<f64> = (0..8_640).map(|point| if point < 432 { 1_000.0 } else { 10.0 }).collect();
        assert_eq!(percentile_95(&month), Some(10.0));
    }

    #[test]
    fn a_trombone_that_sleeps_when_the_link_is_full_saves_nothing() {
        // A hundred points, of which ten are high: the 95th percentile is one of them.
        let transit: Vec<f64> = (0..100).map(|point| if point < 10 { 100.0 } else { 50.0 }).collect();
        let by_day: Vec<f64> = (0..100).map(|point| if point < 10 { 30.0 } else { 0.0 }).collect();
        let by_night: Vec<f64> = (0..100).map(|point| if point < 10 { 0.0 } else { 30.0 }).collect();
        let month = |moved| Month { transit: transit.as_slice(), moved, price: 2.0 };
        assert_eq!(saving(&[month(&by_day)], 10.0), Some(2.0 * (100.0 - 70.0) - 10.0));
        assert_eq!(saving(&[month(&by_night)], 10.0), Some(-10.0));
        assert_eq!(saving(&[month(&by_day), month(&by_night)], 0.0), Some(60.0));
        assert_eq!(saving(&[month(&by_day[..99])], 0.0), None);
    }
}
