//! From a span to what answers it, where the warehouse is asked.
//!
//! **Nothing twice, nothing missed.** The warehouse answers for the windows that it has finished, and for no others. Those that it does not hold, which are a minute's or two as a
//! rule and a backlog's after an outage, are read from the journal's own segments, and those that the journal does not hold either from memory. What is in the warehouse is counted
//! before and after rows are summed; if a window came meanwhile the question begins again.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use schema::warehouse::Keep;
use schema::window::Stretch;
use schema::{Level, Timestamp, Window};

use super::Warehouse;
use super::held::Held;
use super::ranges::{Horizon, Range};
use super::standing::{Extent, Standing, Stock};
use super::trouble::Trouble;
use crate::catalog::Catalog;
use crate::error::Result;
use crate::segment::{Base, BaseId};

/// How long after the end of a period it is taken as a whole: as long as the journal waits to roll it up.
const GRACE: Duration = Duration::from_secs(120);

/// How long a question waits for a window that is being sent. One that takes longer is held up by something, or it is one of many.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a warehouse is taken to be busy after it was found so. Longer, and questions would be the journal's for no reason; shorter, and each would wait anew.
const BUSY_FOR: Duration = Duration::from_secs(5);

/// How often it is planned anew because older windows than any before came meanwhile.
const PLANS: usize = 3;

/// How often it looks meanwhile.
const PAUSE: Duration = Duration::from_millis(50);

/// What the warehouse has for a span, and which windows it lacks.
pub(crate) struct Stocked {
    pub(crate) held: Held,
    /// First moment of the answer.
    pub(crate) from: Timestamp,
    /// The moment after its last.
    pub(crate) to: Timestamp,
    /// The time that its whole windows cover, without overlaps.
    pub(crate) whole: Vec<Stretch>,
    /// The time that its other windows cover.
    pub(crate) parts: Vec<Stretch>,
    /// The length of the coarsest windows.
    pub(crate) step: Duration,
    /// Windows of the journal that it does not hold.
    pub(crate) lacking: Vec<Base>,
    /// Windows in memory that neither holds.
    pub(crate) live: Vec<Arc<Window>>,
    /// Whether a window was held up while it was sent: then the answer may lack a part of it, or count one twice.
    pub(crate) is_torn: bool,
}

/// How a warehouse is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asking<'w> {
    pub(crate) warehouse: &'w Arc<Warehouse>,
    /// Whether it is asked although windows come in without a pause, for nobody else can answer.
    pub(crate) at_any_rate: bool,
}

impl Asking<'_> {
    /// Takes stock of a span: the journal's catalog and the windows in memory were taken before.
    pub(crate) fn stocked(
        self,
        span: Stretch,
        coarsest: Level,
        catalog: &Catalog,
        live: &[Arc<Window>],
        now: Timestamp,
    ) -> Result<Stocked> {
        let warehouse = self.warehouse;
        let Planned { ranges, span, standing, longest } = self.planned(span, coarsest, now)?;
        let step = step(&ranges, &standing, longest);
        let mut stocked = Stocked {
            held: Held { warehouse: Arc::clone(warehouse), ranges, begun: standing.begun, span },
            from: span.from,
            to: span.to,
            is_torn: standing.finished < standing.begun,
            whole: standing.whole,
            parts: standing.parts,
            step,
            lacking: Vec::new(),
            live: Vec::new(),
        };
        warehouse.add_lacking(&mut stocked, catalog, live)?;
        Ok(stocked)
    }

    /// Picks levels for a span, and takes stock of what they are to be read for. What a plan must know is asked before, so windows may have come that it leaves out: the very first
    /// ones, or older ones than any before. Then there is another plan.
    fn planned(self, asked: Stretch, coarsest: Level, now: Timestamp) -> Result<Planned> {
        let stock = self.warehouse.stock();
        for _ in 0..PLANS {
            let extent = stock.extent(asked.from, asked.to)?;
            let ranges = ranges(&self.warehouse.keep, asked, coarsest, &extent, now);
            let from = ranges.iter().map(|range| range.from).fold(asked.from, Timestamp::min);
            let to = ranges.iter().map(|range| range.to).fold(asked.to, Timestamp::max);
            let standing = self.settled(&stock, from, to)?;
            let planned = Planned { ranges, span: Stretch { from, to }, standing, longest: extent.longest };
            if planned.holds_all() || self.at_any_rate {
                return Ok(planned);
            }
        }
        Err(Trouble::Busy.into())
    }

    /// The windows of a span, once none of them is being sent. If one is held up, or others follow it without a pause, there is no moment at which the rows are those of
    /// whole windows.
    fn settled(self, stock: &Stock<'_>, from: Timestamp, to: Timestamp) -> Result<Standing> {
        let began = Instant::now();
        loop {
            let standing = stock.standing(from, to)?;
            if standing.is_settled() || self.at_any_rate {
                return Ok(standing);
            }
            if self.warehouse.is_busy() || began.elapsed() >= PATIENCE {
                self.warehouse.was_busy();
                return Err(Trouble::Busy.into());
            }
            sleep(PAUSE);
        }
    }
}

impl Warehouse {
    /// First moment of any window, and the moment after the last; `None` while there is none.
    pub(crate) fn extent(&self) -> Result<Option<(Timestamp, Timestamp)>> {
        Ok(self.stock().bounds()?)
    }

    /// First moment of any window, as far as a question of this span needs to know.
    pub(crate) fn first_of(&self, from: Timestamp, to: Timestamp) -> Result<Option<Timestamp>> {
        Ok(self.stock().extent(from, to)?.first)
    }

    pub(super) fn stock(&self) -> Stock<'_> {
        Stock { client: &self.client, exchange: &self.exchange }
    }

    /// Whether a question waited in vain a moment ago.
    fn is_busy(&self) -> bool {
        let busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.is_some_and(|since| since.elapsed() < BUSY_FOR)
    }

    fn was_busy(&self) {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        // Not put off while it lasts, or nobody would ever look again.
        *busy = busy.filter(|since| since.elapsed() < BUSY_FOR).or_else(|| Some(Instant::now()));
    }

    /// Adds the windows of the span that the warehouse does not hold.
    fn add_lacking(&self, stocked: &mut Stocked, catalog: &Catalog, live: &[Arc<Window>]) -> Result<()> {
        let (from, to) = (stocked.from, stocked.to);
        let longest = Level::FiveMinutes.span();
        let bases = catalog.bases_of(from.minus(longest), to).filter(|base| from < base.end());
        let bases: HashMap<BaseId, Base> = bases.map(|base| (base.id, *base)).collect();
        let live = live.iter().filter(|window| window.start < to && from < window.end());
        let live: Vec<(BaseId, &Arc<Window>)> =
            live.map(|window| (BaseId { start: window.start, serial: window.serial }, window)).collect();
        let held = self.held_of(bases.keys().copied().chain(live.iter().map(|(id, _)| *id)), catalog)?;
        stocked.lacking = bases.values().filter(|base| !held.contains(&base.id)).copied().collect();
        stocked.lacking.sort_unstable_by_key(|base| base.id);
        let mut seen = HashSet::new();
        let fresh = live.into_iter().filter(|(id, _)| !held.contains(id) && !bases.contains_key(id) && seen.insert(*id));
        stocked.live = fresh.map(|(_, window)| Arc::clone(window)).collect();
        Ok(())
    }

    /// Those of some windows that the warehouse has finished. What is known of the journal's is remembered: a window that is there stays there.
    fn held_of(&self, ids: impl Iterator<Item = BaseId>, catalog: &Catalog) -> Result<HashSet<BaseId>> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (held, asked): (Vec<BaseId>, Vec<BaseId>) = {
            let known = known();
            ids.partition(|id| known.contains(id))
        };
        let mut held: HashSet<BaseId> = held.into_iter().collect();
        let (Some(first), Some(last)) = (asked.iter().min(), asked.iter().max()) else { return Ok(held) };
        let finished = self.stock().finished(first.start, last.start)?;
        held.extend(asked.iter().filter(|id| finished.contains(id)));
        let mut known = known();
        if known.len() > 2 * catalog.bases.len() {
            known.retain(|id| catalog.bases.contains_key(id));
        }
        known.extend(held.iter().filter(|id| catalog.bases.contains_key(id)));
        Ok(held)
    }
}

/// The levels from which a span is read.
fn ranges(keep: &Keep, asked: Stretch, coarsest: Level, extent: &Extent, now: Timestamp) -> Vec<Range> {
    let Some(first) = extent.first else { return Vec::new() };
    let Stretch { from, to } = aligned(asked, extent.longest);
    let horizon = Horizon { closed: now.minus(GRACE), now, keep, first_rows: extent.first_rows, first };
    // Before the first window there is nothing to read, nor to widen the span for.
    horizon.ranges(from.max(first.floor(Level::Day.span())), to, coarsest)
}

/// A plan, and the windows that it is for.
struct Planned {
    ranges: Vec<Range>,
    /// The span, widened to whole periods where only these are left.
    span: Stretch,
    standing: Standing,
    /// The length of the longest window.
    longest: Duration,
}

impl Planned {
    /// Whether every window lies in one of the ranges.
    fn holds_all(&self) -> bool {
        let begin = self.ranges.iter().map(|range| range.from).min();
        let standing = &self.standing;
        let first = standing.whole.iter().chain(&standing.parts).map(|stretch| stretch.from).min();
        first.is_none_or(|first| begin.is_some_and(|begin| begin <= first))
    }
}

/// A span taken out to whole windows, where they are longer than a minute.
fn aligned(span: Stretch, longest: Duration) -> Stretch {
    if longest <= Level::Minute.span() {
        return span;
    }
    let end = span.to.floor(longest);
    Stretch { from: span.from.floor(longest), to: if end < span.to { end.plus(longest) } else { end } }
}

/// The length of the coarsest windows that are read.
fn step(ranges: &[Range], standing: &Standing, longest: Duration) -> Duration {
    let is_read = |range: &&Range| {
        let overlaps = |stretch: &Stretch| {
            let end = stretch.to.max(stretch.from.plus(Duration::from_millis(1)));
            stretch.from < range.to && range.from < end
        };
        standing.whole.iter().chain(&standing.parts).any(overlaps)
    };
    let length = |range: &Range| if range.level == Level::Minute { longest } else { range.level.span() };
    ranges.iter().filter(is_read).map(length).fold(Level::Minute.span(), Duration::max)
}
