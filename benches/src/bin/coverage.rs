//! Prints how often the 95 % intervals hold the truth, and what becomes of the totals when things go wrong.

use std::error::Error;

use aggregator::Weights;
use benches::experiments::{estimator, mishaps, pipeline, table};

/// Cells for each figure of the first table: its standard error is 0.2 points.
const TRIALS: u32 = 10_000;

/// Exchanges for the second table.
const EXCHANGES: u64 = 120;

/// Fewer cells of one kind give no figure: its standard error would be above one point.
const LEAST_CELLS: u32 = 400;

fn main() -> Result<(), Box<dyn Error>> {
    println!("Cells sampled by themselves, one frame in 1,000, by the mean number of samples:\n");
    println!("{}", table::of_estimator(&estimator::coverage(TRIALS, 1)));
    println!("The same cells, if B ± 1.96·√S were the interval of all of them:\n");
    println!("{}", table::of_estimator(&estimator::customary_coverage(TRIALS, 1)));
    for (weights, name) in [(Weights::Nominal, "the announced rate"), (Weights::Observed, "observed pools")] {
        println!("Cells of {EXCHANGES} simulated exchanges over ten minutes, weighed by {name}, by the mean number of samples:\n");
        println!("{}", table::of_pipeline(&pipeline::coverage(EXCHANGES, weights)?, LEAST_CELLS));
    }
    println!("Totals of an exchange over ten minutes:\n");
    println!("{}", table::of_mishaps(&mishaps::all()?));
    Ok(())
}
