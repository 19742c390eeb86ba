//! Bundles: several days, summed again, to make long questions short.
//!
//! A year has hundreds of days, and nearly the same pairs exchange traffic on each of them. A bundle has the rows of five or of thirty days as one, in those
//! tables in which long questions do not tell days apart. Of the others, which are small, it has the days' rows in one file. It is no place where windows are kept: it holds nothing that the roll-ups of its days do not hold,
//! goes before the first of them goes, and stands for them only where its name says that it is the sum of just these windows. Everything else, as what comes
//! late, is as if there were none.

use std::collections::BTreeMap;
use std::time::Duration;

use schema::columns::Table;
use schema::window::{CELLS, EXPORTERS, PORT_SAMPLES, PORTS};
use schema::{Level, Timestamp};

use crate::catalog::Catalog;
use crate::error::Result;
use crate::layout::Layout;
use crate::retention::{Retention, is_old};
use crate::rollup::write;
use crate::segment::{RollUp, Segment, Tally};

/// The tables of a bundle.
pub(crate) const BUNDLED: [Table; 4] = [CELLS, EXPORTERS, PORTS, PORT_SAMPLES];

/// Those of them in which days stay apart: what is held against counters is held day by day.
const BY_DAY: [Table; 2] = [PORTS, PORT_SAMPLES];

/// How long after its last day a bundle waits. Until then days may get further generations for what comes late, and the bundle would have to be made again.
const SETTLING: Duration = Duration::from_secs(2 * 86_400);

/// Days below which there is nothing to make short.
const FEWEST_DAYS: usize = 2;

/// Whether a bundle of this table has the rows of its days as they are.
pub(crate) fn keeps_days(table: &Table) -> bool {
    BY_DAY.iter().any(|kept| kept.name == table.name)
}

/// To what the times of a table's rows are taken down in a roll-up of this level.
pub(crate) fn step(table: &Table, level: Level) -> Duration {
    if keeps_days(table) { level.span().min(Level::Day.span()) } else { level.span() }
}

/// Days by their starts.
type Days = BTreeMap<Timestamp, RollUp>;

/// The same windows from fewer segments, in the order of time.
pub(crate) fn bundled(catalog: &Catalog, segments: &[Segment]) -> Vec<Segment> {
    fewer(catalog, segments, &Level::BUNDLES)
}

fn fewer(catalog: &Catalog, segments: &[Segment], levels: &[Level]) -> Vec<Segment> {
    let mut days = Days::new();
    let mut fewer = Vec::new();
    for segment in segments {
        match segment {
            Segment::RollUp(day) if day.level == Level::Day => drop(days.insert(day.start, *day)),
            other => fewer.push(*other),
        }
    }
    for level in levels {
        for (start, of_period) in by_period(&days, *level) {
            let bundle = catalog.roll_ups.get(&(*level, start)).filter(|bundle| bundle.tally == tally(&of_period));
            if let Some(bundle) = bundle {
                fewer.push(Segment::RollUp(*bundle));
                days.retain(|day, _| !of_period.contains_key(day));
            }
        }
    }
    fewer.extend(days.into_values().map(Segment::RollUp));
    fewer.sort_by_key(|segment| (segment.start(), segment.level()));
    fewer
}

/// A bundle that is to be made.
pub(crate) struct Due {
    level: Level,
    start: Timestamp,
    generation: u32,
    days: Days,
}

/// The first bundle that is lacking or is not the sum of its days any more; five days come before the thirty that they are part of.
pub(crate) fn due(catalog: &Catalog, retention: &Retention, now: Timestamp) -> Option<Due> {
    let days: Days = catalog.roll_ups.values().filter(|day| day.level == Level::Day).map(|day| (day.start, *day)).collect();
    Level::BUNDLES.into_iter().rev().find_map(|level| {
        by_period(&days, level).into_iter().find_map(|(start, days)| {
            let made = catalog.roll_ups.get(&(level, start));
            let due = Due { level, start, generation: made.map_or(1, |made| made.generation + 1), days };
            let is_settled = start.plus(level.span()).plus(SETTLING) <= now;
            let is_lacking = made.map(|made| made.tally) != Some(tally(&due.days));
            let is_worth_it = due.days.len() >= FEWEST_DAYS && !is_old(&Segment::RollUp(due.roll_up()), retention, now);
            (is_settled && is_lacking && is_worth_it).then_some(due)
        })
    })
}

impl Due {
    fn roll_up(&self) -> RollUp {
        let sum = |of: fn(&RollUp) -> u64| self.days.values().map(of).fold(0, u64::saturating_add);
        RollUp {
            level: self.level,
            start: self.start,
            generation: self.generation,
            tally: tally(&self.days),
            measured: sum(|day| day.measured),
            closed: sum(|day| day.closed),
        }
    }

    /// Sums up its days, by shorter bundles where there are.
    pub(crate) fn make(&self, catalog: &Catalog, layout: &Layout) -> Result<RollUp> {
        let roll_up = self.roll_up();
        let days: Vec<Segment> = self.days.values().map(|day| Segment::RollUp(*day)).collect();
        let shorter: Vec<Level> = Level::BUNDLES.into_iter().filter(|level| *level < self.level).collect();
        write(layout, &roll_up, &BUNDLED, &fewer(catalog, &days, &shorter), |_| Ok(()))?;
        Ok(roll_up)
    }
}

/// Days by the periods that they lie in.
fn by_period(days: &Days, level: Level) -> BTreeMap<Timestamp, Days> {
    let mut periods: BTreeMap<Timestamp, Days> = BTreeMap::new();
    for (start, day) in days {
        periods.entry(start.floor(level.span())).or_default().insert(*start, *day);
    }
    periods
}

fn tally(days: &Days) -> Tally {
    let mut tally = Tally::default();
    days.values().for_each(|day| tally.add(day.tally));
    tally
}
