//! The quick form of the experiment behind the documentation's tables: `make coverage` prints the long one.

use aggregator::Weights;
use benches::experiments::estimator::{self, Held, SAMPLES};
use benches::experiments::mishaps::{Mishap, total};
use benches::experiments::pipeline::{self, UP_TO};

/// What three standard errors of a share near 95 % are, in points.
fn slack(held: &Held) -> f64 {
    3.0 * 100.0 * (0.95 * 0.05 / f64::from(held.trials)).sqrt()
}

#[test]
fn intervals_hold_the_truth_in_95_cases_of_100_whatever_the_frames_are() {
    for (mix, row) in estimator::coverage(2_000, 7) {
        for (samples, held) in SAMPLES.iter().zip(row) {
            let (percent, slack) = (held.percent().unwrap(), slack(&held));
            let range = if *samples >= 30 { 93.0 - slack..=97.0 + slack } else { 92.0 - slack..=100.0 };
            assert!(range.contains(&percent), "{mix}, {samples} samples: {percent} %, {held:?}");
        }
    }
}

#[test]
fn so_do_the_intervals_of_an_exchanges_cells() {
    for weights in [Weights::Nominal, Weights::Observed] {
        for (profile, row) in pipeline::coverage(4, weights).unwrap() {
            for (up_to, held) in UP_TO.iter().zip(row).filter(|(_, held)| held.trials >= 100) {
                let (percent, slack) = (held.percent().unwrap(), slack(&held));
                let range = if *up_to > 30 { 93.0 - slack..=97.0 + slack } else { 92.0 - slack..=100.0 };
                assert!(range.contains(&percent), "{profile}, up to {up_to} samples, {weights:?}: {percent} %, {held:?}");
            }
        }
    }
}

/// Those that no weight can make good: nothing in the samples tells of them, only the ports' counters and the members seen on many ports do.
const ONLY_WARNED_OF: [&str; 2] = ["the same, and their pools are made up", "core ports are sampled, too, and nobody says so"];

#[test]
fn totals_stay_within_their_interval_whatever_happens_on_the_way() {
    for mishap in Mishap::all() {
        let outcome = mishap.happen(Weights::Observed).unwrap();
        let (interval, truth) = (schema::estimator::volume(&total(&outcome)), outcome.truth.total.octets);
        let holds = (interval.low..=interval.high).contains(&truth);
        assert_eq!(holds, !ONLY_WARNED_OF.contains(&mishap.name), "{}: {interval:?} of {truth}", mishap.name);
    }
}
