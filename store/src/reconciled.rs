//! The cells that a question means, with what counters say of them.

use std::collections::BTreeMap;

use crate::cells::{Pair, pairs};
use crate::error::Result;
use crate::figure::{Figure, Verdict};
use crate::question::Question;
use crate::reader::Sources;
use crate::reconcile::{Booked, Checks, Party, Periods};

/// What one party sent to another, for one reason, with what counters say of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reconciled {
    pub(crate) pair: Pair,
    pub(crate) figure: Figure,
}

/// All that the question means, raked if it asks for that. What is set aside stays as it is.
pub(crate) fn reconciled(sources: &Sources, question: &Question) -> Result<Vec<Reconciled>> {
    let pairs = pairs(sources, question)?;
    let booked = Booked::read(sources, Periods::new(sources, Periods::fair_level(question.length())))?;
    let Some(booked) = booked else {
        return Ok(pairs.into_iter().map(|pair| Reconciled { pair, figure: Figure::new(pair.sums, None) }).collect());
    };
    let verdicts = Verdicts::on(&pairs, Checks::of(&booked, 0..booked.periods.count()));
    Ok(pairs.into_iter().map(|pair| verdicts.applied(pair, question.raked)).collect())
}

/// What counters say of each party of a question.
struct Verdicts {
    checks: Checks,
    by_party: BTreeMap<Party, Option<Verdict>>,
}

impl Verdicts {
    fn on(pairs: &[Pair], checks: Checks) -> Self {
        let mut asked: BTreeMap<Party, u64> = BTreeMap::new();
        for pair in pairs.iter().filter(|pair| !pair.is_set_aside()) {
            let bytes = asked.entry(checks.party(pair.src, pair.dst)).or_default();
            *bytes = bytes.saturating_add(pair.sums.bytes);
        }
        let verdict = |(party, asked)| (party, checks.check(party).and_then(|check| Verdict::new(check, asked)));
        let by_party = asked.into_iter().map(verdict).collect();
        Self { checks, by_party }
    }

    fn applied(&self, pair: Pair, raked: bool) -> Reconciled {
        let party = self.checks.party(pair.src, pair.dst);
        let verdict = if pair.is_set_aside() { None } else { self.by_party.get(&party).and_then(Option::as_ref) };
        let figure = Figure::new(pair.sums, verdict);
        Reconciled { pair, figure: if raked { figure.raked(verdict) } else { figure } }
    }
}
