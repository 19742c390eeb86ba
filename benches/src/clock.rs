//! Times of several cases, taken in turns, so that whatever else the machine does slows all of them alike.

use std::hint::black_box;
use std::time::Instant;

use crate::case::Round;

/// Turns that are timed; odd, so that there is a median.
pub const TURNS: usize = 15;

/// The seconds of each case in each turn, after one turn that is not counted.
pub fn take_turns(cases: &mut [Round]) -> Vec<Vec<f64>> {
    let mut turn = || cases.iter_mut().map(seconds).collect();
    let _warm: Vec<f64> = turn();
    (0..TURNS).map(|_| turn()).collect()
}

fn seconds(round: &mut Round) -> f64 {
    let start = Instant::now();
    black_box(round());
    start.elapsed().as_secs_f64()
}

/// The median over all turns of how many times as long `slow` took as `fast`.
#[must_use]
pub fn ratio(turns: &[Vec<f64>], slow: usize, fast: usize) -> f64 {
    median(turns.iter().filter_map(|turn| Some(turn.get(slow)? / turn.get(fast)?)).collect())
}

/// The median over all turns of what a case took.
#[must_use]
pub fn typical(turns: &[Vec<f64>], case: usize) -> f64 {
    median(turns.iter().filter_map(|turn| turn.get(case).copied()).collect())
}

/// The middle one; no number if there are none.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The smallest value that so large a share of all does not exceed (nearest rank); no number if there are none.
pub(crate) fn percentile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let beyond = values.len() - values.iter().enumerate().filter(|(rank, _)| (*rank + 1) as f64 >= share * values.len() as f64).count();
    values.get(beyond).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let values: Vec<f64> = (1..=200).map(f64::from).collect();
        assert!((percentile(values.clone(), 0.99) - 198.0).abs() < 1e-9);
        assert!((percentile(values[..11].to_vec(), 0.99) - 11.0).abs() < 1e-9);
        assert!(percentile(Vec::new(), 0.99).is_nan());
    }

    #[test]
    fn a_ratio_is_the_median_of_the_turns_own_ratios() {
        // The second turn was disturbed, both cases in it alike.
        let turns = [vec![8.0, 2.0], vec![90.0, 30.0], vec![10.0, 2.0]];
        assert!((ratio(&turns, 0, 1) - 4.0).abs() < 1e-9);
        assert!((typical(&turns, 1) - 2.0).abs() < 1e-9);
    }
}
