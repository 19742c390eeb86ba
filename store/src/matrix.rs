//! Who sent how much to whom.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use schema::{Level, Sums, Window};

use crate::answer::{Estimate, MatrixAnswer, MatrixCell, MemberName, Others, Reasoned};
use crate::cells::{Pair, pairs};
use crate::error::Result;
use crate::question::Question;
use crate::reader::{Reader, Sources};

impl Reader {
    /// The matrix of a span: its `top` largest cells (all without it), and the rest in sums that add up to the total.
    ///
    /// `names` gives a member's name; `live` are the windows in memory, taken before this call, of which those that the
    /// journal holds by now are left out.
    ///
    /// # Errors
    /// If the store cannot be listed or its rows cannot be summed.
    pub fn matrix(
        &self,
        question: &Question,
        top: Option<usize>,
        names: &dyn Fn(u32) -> String,
        live: &[Arc<Window>],
    ) -> Result<MatrixAnswer> {
        self.answered(question, Level::Day, live, |sources| {
            let pairs = pairs(sources, question)?;
            Ok(answer(sources, pairs, top, names))
        })
    }
}

fn answer(sources: &Sources, pairs: Vec<Pair>, top: Option<usize>, names: &dyn Fn(u32) -> String) -> MatrixAnswer {
    let measured = sources.spans.measured();
    let (aside, exchanged): (Vec<Pair>, Vec<Pair>) = pairs.into_iter().partition(Pair::is_set_aside);
    let (mut cells, unattributed): (Vec<Pair>, Vec<Pair>) = exchanged.iter().partition(|pair| pair.is_attributed());
    cells.sort_unstable_by_key(|pair| (Reverse(pair.sums.bytes), pair.src, pair.dst));
    let rest = cells.split_off(top.unwrap_or(cells.len()).min(cells.len()));
    MatrixAnswer {
        coverage: sources.coverage(),
        total: Estimate::new(total(&exchanged), measured),
        unattributed: reasoned(&unattributed, measured),
        set_aside: reasoned(&aside, measured),
        members: members(&cells, names),
        others: Others { cells: rest.len(), estimate: Estimate::new(total(&rest), measured) },
        cells: cells.iter().map(|pair| cell(pair, measured)).collect(),
        attribution: None,
        unseen: None,
    }
}

fn cell(pair: &Pair, measured: Duration) -> MatrixCell {
    MatrixCell { src: pair.src, dst: pair.dst, estimate: Estimate::new(pair.sums, measured), share: None }
}

fn members(cells: &[Pair], names: &dyn Fn(u32) -> String) -> Vec<MemberName> {
    let asns: BTreeSet<u32> = cells.iter().flat_map(|pair| [pair.src, pair.dst]).collect();
    asns.into_iter().map(|asn| MemberName { asn, name: names(asn) }).collect()
}

fn reasoned(pairs: &[Pair], measured: Duration) -> Reasoned {
    let mut reasons: BTreeMap<&'static str, Sums> = BTreeMap::new();
    for pair in pairs {
        reasons.entry(pair.reason_name()).or_default().merge(pair.sums);
    }
    let reasons = reasons.into_iter().map(|(reason, sums)| (reason, Estimate::new(sums, measured))).collect();
    Reasoned { all: Estimate::new(total(pairs), measured), reasons }
}

/// The sum of all pairs.
pub(crate) fn total<'p>(pairs: impl IntoIterator<Item = &'p Pair>) -> Sums {
    let mut total = Sums::default();
    pairs.into_iter().for_each(|pair| total.merge(pair.sums));
    total
}
