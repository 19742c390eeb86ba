//! Reading: from a span and the windows in memory to the rows that answer it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use schema::window::Stretch;
use schema::{Level, Timestamp, Window};

use crate::bundle::bundled;
use crate::catalog::Catalog;
use crate::error::{Result, StoreError};
use crate::layout::Layout;
use crate::listing::Listing;
use crate::memory::Memory;
use crate::plan::{Plan, Planner};
use crate::question::Question;
use crate::reattribution::Watched;
use crate::segment::{BaseId, Segment};
pub(crate) use crate::sources::Sources;
use crate::spans::Spans;
use crate::tree::Tree;
use crate::warehouse::{Asking, Stocked, Trouble, Warehouse};

/// How often a question begins again because the writer dropped what it was reading, or because a segment is broken: bounds
/// the time of a question to a store that is falling apart.
const ATTEMPTS: usize = 64;

/// How often a question is asked of the warehouse while windows come into it: they come once a minute, and a question takes seconds at most, so that twice is rare.
const CHANGES: usize = 3;

const MINUTE: Duration = Duration::from_secs(60);

/// Answers questions to a store. It takes no lock, so that there may be many, beside the one writer and in other processes.
///
/// Its methods block for as long as files are read: an asynchronous caller puts them on a thread of their own.
#[derive(Clone, Debug)]
pub struct Reader {
    layout: Layout,
    listing: Listing,
    claims: Watched,
    memory: Memory,
    /// Asked first, if there is one.
    warehouse: Option<Arc<Warehouse>>,
}

impl Reader {
    /// Opens the store in `dir`.
    ///
    /// # Errors
    /// If there is none, or one that another version laid out.
    pub fn open(dir: &Path) -> Result<Self> {
        let layout = Layout::new(dir);
        layout.check()?;
        Ok(Self { layout, listing: Listing::default(), claims: Watched::of(dir), memory: Memory::default(), warehouse: None })
    }

    /// The same, with a warehouse that answers for the windows that it holds.
    #[must_use]
    pub fn with_warehouse(self, warehouse: Warehouse) -> Self {
        Self { warehouse: Some(Arc::new(warehouse)), ..self }
    }

    /// First moment in the journal, or in the warehouse, and the moment after the last; `None` while there is nothing.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn extent(&self) -> Result<Option<(Timestamp, Timestamp)>> {
        let here = self.listing.catalog(&self.layout)?.extent();
        let there = self.warehouse.as_ref().map(|warehouse| warehouse.extent()).transpose()?.flatten();
        Ok(here.into_iter().chain(there).reduce(|one, other| (one.0.min(other.0), one.1.max(other.1))))
    }

    /// Finds the sources of a span and works on them, again if they change meanwhile.
    ///
    /// `coarsest` is the longest window that the work can use.
    pub(crate) fn answered<T>(
        &self,
        question: &Question,
        coarsest: Level,
        live: &[Arc<Window>],
        work: impl Fn(&Sources) -> Result<T>,
    ) -> Result<T> {
        self.retried(|catalog| {
            self.steadily(catalog, question, |warehouse| {
                let sources = self.sources(catalog, question, coarsest, live, warehouse)?;
                Ok((work(&sources)?, vec![sources]))
            })
        })
    }

    /// The same with the windows of the span at two levels, for work that needs some of its tables finer than others. The journal is listed once for both.
    pub(crate) fn answered_at<T>(
        &self,
        question: &Question,
        coarsest: [Level; 2],
        live: &[Arc<Window>],
        work: impl Fn(&Sources, &Sources) -> Result<T>,
    ) -> Result<T> {
        let [one, other] = coarsest;
        self.retried(|catalog| {
            self.steadily(catalog, question, |warehouse| {
                let sources = self.sources(catalog, question, one, live, warehouse)?;
                if one == other {
                    return Ok((work(&sources, &sources)?, vec![sources]));
                }
                let others = self.sources(catalog, question, other, live, warehouse)?;
                Ok((work(&sources, &others)?, vec![sources, others]))
            })
        })
    }

    /// Works with the warehouse, again if windows came into it meanwhile. The journal answers alone where there is none, where it does not answer, and while it holds parts
    /// of windows: a backlog is being sent to it, or the sending of one was broken off.
    fn steadily<T>(
        &self,
        catalog: &Catalog,
        question: &Question,
        work: impl Fn(Option<Asking<'_>>) -> Result<(T, Vec<Sources>)>,
    ) -> Result<T> {
        let Some(warehouse) = &self.warehouse else { return Ok(work(None)?.0) };
        for _ in 0..CHANGES {
            let worked = work(Some(Asking { warehouse, at_any_rate: false }));
            match worked.and_then(|(answer, sources)| Ok((answer, are_unchanged(&sources)?))) {
                Ok((answer, true)) => return Ok(answer),
                Ok((_, false)) => {}
                Err(StoreError::Warehouse(Trouble::Busy)) => break,
                Err(StoreError::Warehouse(trouble)) => {
                    warehouse.tell(&trouble);
                    return Ok(work(None)?.0);
                }
                Err(error) => return Err(error),
            }
        }
        let first = warehouse.first_of(question.from, question.to)?;
        let reaches = catalog.extent().is_some_and(|(here, _)| first.is_none_or(|there| here <= there.max(question.from)));
        if !reaches {
            tracing::warn!("ClickHouse is taking in windows while it answers; one of them may be missing or count twice");
        }
        Ok(work((!reaches).then_some(Asking { warehouse, at_any_rate: true }))?.0)
    }

    /// Works on the segments that there are, again if they change meanwhile.
    fn retried<T>(&self, work: impl Fn(&Catalog) -> Result<T>) -> Result<T> {
        let mut skipped = HashSet::new();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let catalog =
                if skipped.is_empty() { self.listing.catalog(&self.layout)? } else { Arc::new(Catalog::list(&self.layout, &skipped)?) };
            match work(&catalog) {
                Err(StoreError::Gone { .. }) if attempt < ATTEMPTS => {}
                Err(StoreError::Broken { segment, detail }) if attempt < ATTEMPTS => {
                    tracing::warn!(segment = %segment.display(), detail, "a segment cannot be read; answered without it");
                    skipped.insert(segment);
                }
                other => return other,
            }
        }
    }

    fn sources(
        &self,
        catalog: &Catalog,
        question: &Question,
        coarsest: Level,
        live: &[Arc<Window>],
        asking: Option<Asking<'_>>,
    ) -> Result<Sources> {
        let (from, to) = whole_minutes(question);
        if let Some(asking) = asking {
            let stocked = asking.stocked(Stretch { from, to }, coarsest, catalog, live, Timestamp::now())?;
            return self.stocked_sources(stocked);
        }
        let tree = Tree { catalog, layout: &self.layout };
        let plan = match catalog.extent() {
            Some((first, last)) => Planner::new(tree, from, to, coarsest).span(first, last)?,
            None => Planner::new(tree, from, to, coarsest).nothing(),
        };
        let path = |segment: &Segment| self.layout.segment(segment);
        let mut sources = Sources {
            from: plan.from,
            to: plan.to,
            segments: plan.segments.iter().map(path).collect(),
            bundled: bundled(catalog, &plan.segments).iter().map(path).collect(),
            step: plan.segments.iter().map(Segment::length).fold(MINUTE, Duration::max),
            spans: Spans::default(),
            claims: self.claims.in_force()?,
            memory: self.memory.clone(),
            live: Vec::new(),
            held: None,
            is_torn: false,
        };
        self.add_live(catalog, plan, live, &mut sources)?;
        Ok(sources)
    }

    /// The sources of which the warehouse is one.
    fn stocked_sources(&self, stocked: Stocked) -> Result<Sources> {
        let segments: Vec<PathBuf> = stocked.lacking.iter().map(|base| self.layout.segment(&Segment::Base(*base))).collect();
        let mut sources = Sources {
            from: stocked.from,
            to: stocked.to,
            spans: Spans::default(),
            step: stocked.lacking.iter().map(|base| base.length).fold(stocked.step, Duration::max),
            bundled: segments.clone(),
            segments,
            claims: self.claims.in_force()?,
            memory: self.memory.clone(),
            live: Vec::new(),
            held: Some(stocked.held),
            is_torn: stocked.is_torn,
        };
        sources.spans.add_measured(&stocked.whole, &stocked.parts);
        for base in &stocked.lacking {
            sources.spans.add_base(base);
            sources.widen(base.id.start, base.end());
        }
        stocked.live.into_iter().for_each(|window| sources.add_live(window));
        Ok(sources)
    }

    /// Adds the windows in memory that lie in the span and that the journal does not hold.
    fn add_live(&self, catalog: &Catalog, plan: Plan, live: &[Arc<Window>], sources: &mut Sources) -> Result<()> {
        sources.spans = plan.spans;
        let mut seen = HashSet::new();
        for window in live.iter().filter(|window| window.start < plan.to && plan.from < window.end()) {
            let id = BaseId { start: window.start, serial: window.serial };
            if !seen.insert(id) || catalog.holds(&self.layout, id)? {
                continue;
            }
            for roll_up in sources.spans.take_gappy(window.start, window.end()) {
                let listed = self.layout.inputs(&roll_up)?;
                listed.iter().for_each(|base| sources.spans.add_base(base));
            }
            sources.add_live(Arc::clone(window));
        }
        Ok(())
    }
}

/// Whether the warehouse holds what it held when stock was taken.
fn are_unchanged(sources: &[Sources]) -> Result<bool> {
    for held in sources.iter().filter_map(|sources| sources.held.as_ref()) {
        if !held.is_unchanged()? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The question's span, taken out to whole minutes.
fn whole_minutes(question: &Question) -> (Timestamp, Timestamp) {
    let to = question.to.floor(MINUTE);
    let to = if to < question.to { to.plus(MINUTE) } else { to };
    (question.from.floor(MINUTE), to)
}
