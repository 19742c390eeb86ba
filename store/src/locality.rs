//! Traffic by where both of its ends are.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use schema::window::CELLS;
use schema::{Level, Localities, Locality, Reason, Sums, Window, estimator};

use crate::answer::{Bounds, LocalityAnswer, LocalityFlow};
use crate::cells::sums;
use crate::condition::{exchanged, of_question};
use crate::error::Result;
use crate::figure::{Figure, Verdict};
use crate::fold::Fold;
use crate::question::Question;
use crate::reader::{Reader, Sources};
use crate::reconcile::{Booked, Checks, Periods};

/// The columns by which it is asked.
const KEYS: [&str; 3] = ["src_locality", "dst_locality", "reason"];

impl Reader {
    /// What was exchanged between which localities, and which part of it is domestic at both ends.
    ///
    /// `live` is as for [`matrix`](Self::matrix). What counters say is what they say of all traffic; nothing is raked.
    ///
    /// # Errors
    /// If the store cannot be listed or its rows cannot be summed.
    pub fn locality(&self, question: &Question, live: &[Arc<Window>]) -> Result<LocalityAnswer> {
        self.answered(question, Level::Day, live, |sources| {
            let parts = Parts::read(sources, question)?;
            let verdict = verdict(sources, question, &parts.total)?;
            Ok(parts.answer(sources, verdict.as_ref()))
        })
    }
}

/// What was exchanged: by the localities of both ends where two known members exchanged it.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) flows: BTreeMap<Localities, Sums>,
    pub(crate) unattributed: Sums,
    pub(crate) total: Sums,
}

impl Parts {
    pub(crate) fn read(sources: &Sources, question: &Question) -> Result<Self> {
        let fold = Fold::all(CELLS, None).by(&KEYS).only(of_question(question)).only(exchanged());
        let rows = sources.summed(&fold, |window| &window.cells)?;
        let [src, dst, reason] = KEYS.map(|key| rows.column(key));
        let keys = src?.u8()?.iter().zip(dst?.u8()?.iter()).zip(reason?.u8()?.iter());
        let mut parts = Self::default();
        for (((src, dst), reason), sums) in keys.zip(sums(&rows)?) {
            let of = |code: Option<u8>| Locality::from_code(code.unwrap_or_default());
            parts.total.merge(sums);
            if reason == Some(Reason::Attributed.code()) {
                parts.flows.entry(Localities { src: of(src), dst: of(dst) }).or_default().merge(sums);
            } else {
                parts.unattributed.merge(sums);
            }
        }
        Ok(parts)
    }

    fn answer(&self, sources: &Sources, verdict: Option<&Verdict>) -> LocalityAnswer {
        let measured = sources.spans.measured();
        let estimate = |sums: &Sums| Figure::new(*sums, verdict).estimate(measured);
        let share = |sums: &Sums| estimator::share_of_total(sums, &self.total).map(Into::into);
        let flow =
            |(at, sums): (&Localities, &Sums)| LocalityFlow { src: at.src, dst: at.dst, estimate: estimate(sums), share: share(sums) };
        let mut flows: Vec<LocalityFlow> = self.flows.iter().map(flow).collect();
        flows.sort_by_key(|flow| Reverse(flow.estimate.bytes));
        LocalityAnswer {
            coverage: sources.coverage(),
            total: estimate(&self.total),
            flows,
            unattributed: estimate(&self.unattributed),
            attribution: share(&self.sum(|_| true)),
            located: share(&self.sum(|at| at.src != Locality::Unknown && at.dst != Locality::Unknown)),
            domestic: self.domestic(),
        }
    }

    fn sum(&self, which: impl Fn(&Localities) -> bool) -> Sums {
        let mut sum = Sums::default();
        self.flows.iter().filter(|(at, _)| which(at)).for_each(|(_, sums)| sum.merge(*sums));
        sum
    }

    /// The domestic–domestic share between its bounds, which say nothing where not a single address is known.
    fn domestic(&self) -> Option<Bounds> {
        if self.flows.keys().all(|at| *at == Localities::UNKNOWN) {
            return None;
        }
        let least = self.sum(|at| at.src == Locality::Domestic && at.dst == Locality::Domestic);
        let may_be = |end| matches!(end, Locality::Domestic | Locality::Unknown);
        let mut most = self.sum(|at| may_be(at.src) && may_be(at.dst));
        most.merge(self.unattributed);
        Bounds::of_total(&least, &most, &self.total)
    }
}

/// What counters say of all traffic, of which the question means so much.
pub(crate) fn verdict(sources: &Sources, question: &Question, asked: &Sums) -> Result<Option<Verdict>> {
    let booked = Booked::read(sources, Periods::new(sources, Periods::fair_level(question.length())))?;
    Ok(booked.and_then(|booked| Verdict::new(&Checks::of(&booked, 0..booked.periods.count()).all, asked.bytes)))
}
