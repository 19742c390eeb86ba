//! Reading: from a span and the windows in memory to the rows that answer it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use polars_core::prelude::DataFrame;
use schema::columns::Row;
use schema::time::span_text;
use schema::{Level, Timestamp, Window};

use crate::answer::Coverage;
use crate::bundle::bundled;
use crate::catalog::Catalog;
use crate::error::{Result, StoreError};
use crate::fold::Fold;
use crate::frame::Frame;
use crate::layout::Layout;
use crate::listing::Listing;
use crate::memory::Memory;
use crate::plan::{Plan, Planner};
use crate::question::Question;
use crate::reattribution::{InForce, Watched};
use crate::segment::{BaseId, Segment};
use crate::spans::Spans;
use crate::tree::Tree;

/// How often a question begins again because the writer dropped what it was reading, or because a segment is broken: bounds
/// the time of a question to a store that is falling apart.
const ATTEMPTS: usize = 64;

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
}

/// What a question is answered from.
pub(crate) struct Sources {
    /// First moment of the answer.
    pub(crate) from: Timestamp,
    /// The moment after its last.
    pub(crate) to: Timestamp,
    /// The time that windows cover.
    pub(crate) spans: Spans,
    /// The length of the coarsest windows, at least a minute.
    pub(crate) step: Duration,
    segments: Vec<PathBuf>,
    /// The same with bundles in the place of days.
    bundled: Vec<PathBuf>,
    /// What is claimed of unknown MAC addresses.
    claims: Arc<InForce>,
    memory: Memory,
    /// The windows in memory that the journal does not hold.
    pub(crate) live: Vec<Arc<Window>>,
}

impl Reader {
    /// Opens the store in `dir`.
    ///
    /// # Errors
    /// If there is none, or one that another version laid out.
    pub fn open(dir: &Path) -> Result<Self> {
        let layout = Layout::new(dir);
        layout.check()?;
        Ok(Self { layout, listing: Listing::default(), claims: Watched::of(dir), memory: Memory::default() })
    }

    /// First moment in the journal and the moment after its last; `None` while it is empty.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn extent(&self) -> Result<Option<(Timestamp, Timestamp)>> {
        Ok(self.listing.catalog(&self.layout)?.extent())
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
        self.retried(|catalog| work(&self.sources(catalog, question, coarsest, live)?))
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
            let sources = self.sources(catalog, question, one, live)?;
            if one == other {
                return work(&sources, &sources);
            }
            work(&sources, &self.sources(catalog, question, other, live)?)
        })
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

    fn sources(&self, catalog: &Catalog, question: &Question, coarsest: Level, live: &[Arc<Window>]) -> Result<Sources> {
        let (from, to) = whole_minutes(question);
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
        };
        self.add_live(catalog, plan, live, &mut sources)?;
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
            sources.spans.add_live(window);
            sources.step = sources.step.max(window.length);
            sources.from = sources.from.min(window.start);
            sources.to = sources.to.max(window.end());
            sources.live.push(Arc::clone(window));
        }
        Ok(())
    }
}

impl Sources {
    /// Sums their rows, as they read with the claims in force.
    pub(crate) fn summed<R: Row>(&self, fold: &Fold, rows_of: impl Fn(&Window) -> &[R]) -> Result<DataFrame> {
        let fold = fold.clone().under(&self.claims);
        let frames: Vec<Frame> = self.live.iter().map(|window| fold.frame_of(rows_of(window))).collect();
        fold.run_from(&self.memory, if fold.takes_bundles() { &self.bundled } else { &self.segments }, frames)
    }

    /// What an answer made of them covers.
    pub(crate) fn coverage(&self) -> Coverage {
        let source = match (self.segments.is_empty(), self.live.is_empty()) {
            (_, true) => "journal",
            (true, false) => "live",
            (false, false) => "journal+live",
        };
        let span = self.to.since(self.from);
        Coverage {
            from: self.from,
            to: self.to,
            step: span_text(self.step),
            source: source.to_owned(),
            complete: self.live.is_empty() && !span.is_zero() && self.spans.closed() >= span,
            measured_seconds: self.spans.measured().as_secs(),
        }
    }
}

/// The question's span, taken out to whole minutes.
fn whole_minutes(question: &Question) -> (Timestamp, Timestamp) {
    let to = question.to.floor(MINUTE);
    let to = if to < question.to { to.plus(MINUTE) } else { to };
    (question.from.floor(MINUTE), to)
}
