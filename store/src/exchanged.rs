//! All that was exchanged, as sums: what shares of an economy are made of.

use std::sync::Arc;

use schema::{Level, Locality, Sums, Window};

use crate::answer::Coverage;
use crate::error::Result;
use crate::figure::Figure;
use crate::locality::{Parts, verdict};
use crate::question::Question;
use crate::reader::Reader;

/// What was exchanged in a span. What was set aside is not among it.
#[derive(Clone, PartialEq, Debug)]
pub struct Exchanged {
    /// What it covers.
    pub coverage: Coverage,
    /// Between two known members, by the localities of source and destination, each pair once.
    pub pairs: Vec<(Locality, Locality, Sums)>,
    /// What no two known members exchanged.
    pub unattributed: Sums,
    /// Octets by the ports' own counters; `None` where less than half of it passed ports with counters.
    pub counted: Option<u64>,
}

impl Reader {
    /// All that was exchanged in a span. `live` is as for [`matrix`](Self::matrix).
    ///
    /// # Errors
    /// If the store cannot be listed or its rows cannot be summed.
    pub fn exchanged(&self, question: &Question, live: &[Arc<Window>]) -> Result<Exchanged> {
        self.answered(question, Level::Day, live, |sources| {
            let parts = Parts::read(sources, question)?;
            let verdict = verdict(sources, question, &parts.total)?;
            let all = Figure::new(parts.total, verdict.as_ref()).estimate(sources.spans.measured());
            Ok(Exchanged {
                coverage: sources.coverage(),
                pairs: parts.flows.iter().map(|(at, sums)| (at.src, at.dst, *sums)).collect(),
                unattributed: parts.unattributed,
                counted: all.counter_factor.map(|factor| octets(all.bytes, factor)),
            })
        })
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and no factor is negative")]
fn octets(sampled: u64, factor: f64) -> u64 {
    (sampled as f64 * factor).round() as u64
}
