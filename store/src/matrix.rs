//! Who sent how much to whom.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use schema::{Level, Sums, Window, estimator};

use crate::answer::{MatrixAnswer, MatrixCell, MemberName, Others, Reasoned, Unseen};
use crate::error::Result;
use crate::figure::Figure;
use crate::parallel;
use crate::question::Question;
use crate::reader::{Reader, Sources};
use crate::reconciled::{Reconciled, reconciled};
use crate::unseen::unseen;

/// Cells whose intervals one thread computes at a time.
const CELLS_AT_A_TIME: usize = 1_024;

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
            let rows = reconciled(sources, question)?;
            answer(sources, rows, unseen(sources)?, top, names)
        })
    }
}

fn answer(
    sources: &Sources,
    rows: Vec<Reconciled>,
    unseen: Option<Unseen>,
    top: Option<usize>,
    names: &dyn Fn(u32) -> String,
) -> Result<MatrixAnswer> {
    let measured = sources.spans.measured();
    let (aside, exchanged): (Vec<Reconciled>, Vec<Reconciled>) = rows.into_iter().partition(|row| row.pair.is_set_aside());
    let (mut cells, unattributed): (Vec<Reconciled>, Vec<Reconciled>) = exchanged.iter().partition(|row| row.pair.is_attributed());
    let (total, attributed) = (total(&exchanged), total(&cells));
    // The rows are several times as long as what they are sorted by.
    cells.sort_by_cached_key(|row| (Reverse(row.figure.sums.bytes), row.pair.src, row.pair.dst));
    let rest = cells.split_off(top.unwrap_or(cells.len()).min(cells.len()));
    let listed: Vec<&[Reconciled]> = cells.chunks(CELLS_AT_A_TIME).collect();
    let listed = parallel::each(&listed, |cells| Ok(cells.iter().map(|row| cell(row, &total.sums, measured)).collect::<Vec<_>>()))?;
    Ok(MatrixAnswer {
        coverage: sources.coverage(),
        total: total.estimate(measured),
        unattributed: reasoned(&unattributed, measured),
        set_aside: reasoned(&aside, measured),
        members: members(&cells, names),
        others: Others { cells: rest.len(), estimate: self::total(&rest).estimate(measured) },
        cells: listed.into_iter().flatten().collect(),
        attribution: estimator::share_of_total(&attributed.sums, &total.sums).map(Into::into),
        unseen,
    })
}

fn cell(row: &Reconciled, total: &Sums, measured: Duration) -> MatrixCell {
    let share = estimator::share_of_total(&row.figure.sums, total).map(Into::into);
    MatrixCell { src: row.pair.src, dst: row.pair.dst, estimate: row.figure.estimate(measured), share }
}

fn members(cells: &[Reconciled], names: &dyn Fn(u32) -> String) -> Vec<MemberName> {
    let asns: BTreeSet<u32> = cells.iter().flat_map(|row| [row.pair.src, row.pair.dst]).collect();
    asns.into_iter().map(|asn| MemberName { asn, name: names(asn) }).collect()
}

fn reasoned(rows: &[Reconciled], measured: Duration) -> Reasoned {
    let mut reasons: BTreeMap<&'static str, Figure> = BTreeMap::new();
    for row in rows {
        reasons.entry(row.pair.reason_name()).or_default().merge(row.figure);
    }
    let reasons = reasons.into_iter().map(|(reason, figure)| (reason, figure.estimate(measured))).collect();
    Reasoned { all: total(rows).estimate(measured), reasons }
}

/// The sum of all rows.
pub(crate) fn total(rows: &[Reconciled]) -> Figure {
    Figure::sum(rows.iter().map(|row| row.figure))
}
