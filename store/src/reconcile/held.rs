//! One direction of one port: counter over samples.

use schema::{Sums, estimator};

use super::{AGREES, ENOUGH_SAMPLES};

/// A port's counter and samples in the periods in which both could be told.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct Held {
    /// What was sampled in all periods, also where no counter could be held against it.
    pub(crate) sampled: Sums,
    /// What was sampled in those periods that the counter covers.
    matched: Sums,
    /// Octets by the counter in these periods, brought from the time that it covers to the measured time.
    counted: f64,
    /// Periods with enough samples for a factor of their own.
    pub(crate) periods: usize,
    /// Those of them whose factor is off by more than chance.
    pub(crate) periods_off: usize,
}

impl Held {
    /// Adds a period; `counted` is what the counter says of it, `None` if it cannot tell.
    ///
    /// A period without samples counts as well, or those that happened to have some would speak for all. But a counter that stands still while much is sampled is one that
    /// the exporter does not have.
    pub(super) fn add(&mut self, sampled: Sums, counted: Option<f64>) {
        self.sampled.merge(sampled);
        let enough = is_enough(&sampled);
        let Some(counted) = counted.filter(|counted| *counted > 0.0 || !enough) else { return };
        self.matched.merge(sampled);
        self.counted += counted;
        if enough {
            let alone = Self { matched: sampled, counted, ..Self::default() };
            self.periods += 1;
            self.periods_off += usize::from(alone.is_off());
        }
    }

    /// k; `None` if nothing was counted, or too little sampled to tell.
    pub(crate) fn factor(&self) -> Option<f64> {
        (self.counted > 0.0 && is_enough(&self.matched)).then(|| self.counted / self.matched.bytes as f64)
    }

    /// The 95 % interval of k from the sampling alone: the counter over the ends of the interval of what was sampled, for it has no sampling error. The upper end is `None`
    /// where nothing bounds it.
    pub(crate) fn interval(&self) -> Option<(f64, Option<f64>)> {
        self.factor()?;
        let sampled = estimator::volume(&self.matched);
        let over = |octets: u64| self.counted / octets as f64;
        Some((over(sampled.high), (sampled.low > 0).then(|| over(sampled.low))))
    }

    /// Whether the whole interval of k lies outside of what is no cause for doubt.
    fn is_off(&self) -> bool {
        self.interval().is_some_and(|(low, high)| low > *AGREES.end() || high.is_some_and(|high| high < *AGREES.start()))
    }
}

fn is_enough(sampled: &Sums) -> bool {
    sampled.bytes > 0 && estimator::effective_samples(sampled) >= ENOUGH_SAMPLES
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many equal samples of 1,000 octets at 1 in 100.
    fn sampled(samples: u64) -> Sums {
        let (packets, variance) = (samples * 100, samples as f64 * 9_900.0 * 1e6);
        Sums { samples, packets, bytes: packets * 1_000, variance, bytes_from_flows: 0 }
    }

    #[test]
    fn a_factor_is_counter_over_samples_and_its_interval_is_that_of_the_samples() {
        let mut held = Held::default();
        held.add(sampled(10_000), Some(1.25e9));
        assert_eq!(held.factor(), Some(1.25));
        let (low, high) = held.interval().unwrap();
        let half = 1.96 * (10_000.0 * 9_900.0 * 1e6_f64).sqrt() / 1e9;
        assert!((low - 1.25 / (1.0 + half)).abs() < 1e-6 && (high.unwrap() - 1.25 / (1.0 - half)).abs() < 1e-6);
        assert_eq!((held.periods, held.periods_off), (1, 1));
    }

    #[test]
    fn a_period_is_off_only_by_more_than_chance() {
        let mut held = Held::default();
        // 100 samples are sure to some 20 %: 15 % may be chance, 50 % are not.
        held.add(sampled(100), Some(1.15e7));
        held.add(sampled(100), Some(1.5e7));
        held.add(sampled(100), Some(0.5e7));
        assert_eq!((held.periods, held.periods_off), (3, 2));
    }

    #[test]
    fn few_samples_make_no_factor_but_many_periods_of_few_do() {
        let mut held = Held::default();
        held.add(sampled(10), Some(1e6));
        assert_eq!((held.factor(), held.interval(), held.periods), (None, None, 0));
        held.add(Sums::default(), Some(1e6));
        (0..4).for_each(|_| held.add(sampled(10), Some(1e6)));
        assert_eq!((held.factor(), held.periods), (Some(1.2), 0), "the period without samples counts as well");
    }

    #[test]
    fn a_counter_that_stands_still_under_traffic_is_none() {
        let mut held = Held::default();
        held.add(sampled(100), Some(0.0));
        assert_eq!((held.factor(), held.periods, held.sampled.samples), (None, 0, 100));
        held.add(sampled(100), None);
        held.add(sampled(100), Some(1e7));
        assert_eq!((held.factor(), held.periods, held.sampled.samples), (Some(1.0), 1, 300));
    }

    #[test]
    fn what_was_not_sampled_but_counted_whole_is_enough() {
        let mut held = Held::default();
        held.add(Sums { samples: 1, packets: 5, bytes: 5_000, variance: 0.0, bytes_from_flows: 5_000 }, Some(4_000.0));
        assert_eq!((held.factor(), held.interval()), (Some(0.8), Some((0.8, Some(0.8)))));
    }
}
