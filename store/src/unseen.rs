//! What may have passed although nothing of it was sampled.

use std::time::Duration;

use schema::estimator;
use schema::window::EXPORTERS;

use crate::answer::{Estimate, Unseen, rate};
use crate::error::Result;
use crate::fold::Fold;
use crate::reader::Sources;

/// Rates beyond it, one in so many frames, are no rates of samplers, and samples that claim them are not weighed by them.
const COARSEST_RATE: u32 = 1 << 24;

/// What may be there unseen at the coarsest rate at which any exporter sampled; `None` if no rate is known.
pub(crate) fn unseen(sources: &Sources) -> Result<Option<Unseen>> {
    let fold = Fold::all(EXPORTERS, None).by(&["protocol", "agent", "sub_agent", "source"]).measuring(&["rate_min", "rate_max"]);
    let rows = sources.summed(&fold, |window| &window.exporters)?;
    let rates = rows.column("rate_max")?.u32()?.iter().zip(rows.column("rate_min")?.u32()?.iter());
    let plausible = |rate: &u32| (1..=COARSEST_RATE).contains(rate);
    // Where the largest is none, the smallest is a rate that was in use.
    let coarsest = rates.filter_map(|(max, min)| [max, min].into_iter().flatten().find(plausible)).max();
    Ok(coarsest.map(|rate| at(rate, sources.spans.measured())))
}

fn at(coarsest: u32, measured: Duration) -> Unseen {
    let bytes_high = estimator::unseen(f64::from(coarsest)).high;
    Unseen { bytes_high, bits_per_second_high: rate(bytes_high, measured) }
}

/// An estimate of nothing is one of less than what may be there unseen, and rests on no samples.
pub(crate) fn or_unseen(estimate: Estimate, unseen: Option<&Unseen>) -> Estimate {
    match unseen {
        Some(unseen) if estimate.samples == 0 && estimate.bytes == 0 => {
            Estimate { bytes_high: unseen.bytes_high, effective_samples: Some(0), ..estimate }
        }
        _ => estimate,
    }
}
