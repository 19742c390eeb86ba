//! What may be dropped.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use schema::{Level, Timestamp};

use crate::catalog::Catalog;
use crate::error::Result;
use crate::layout::Layout;
use crate::segment::{BaseId, RollUp, Segment};
use crate::tree::{Bases, Tree};

const DAY: Duration = Duration::from_secs(86_400);

/// How long the segments of each level are kept, counted from their end; `None` for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retention {
    /// Windows as they were closed.
    pub minutes: Option<Duration>,
    /// Roll-ups of five minutes.
    pub five_minutes: Option<Duration>,
    /// Roll-ups of an hour.
    pub hours: Option<Duration>,
    /// Roll-ups of a day, and bundles of days. What is dropped here is gone.
    pub days: Option<Duration>,
}

impl Default for Retention {
    fn default() -> Self {
        Self { minutes: Some(3 * DAY), five_minutes: Some(35 * DAY), hours: Some(400 * DAY), days: None }
    }
}

impl Retention {
    /// How long a level is kept.
    #[must_use]
    pub const fn of(&self, level: Level) -> Option<Duration> {
        match level {
            Level::Minute => self.minutes,
            Level::FiveMinutes => self.five_minutes,
            Level::Hour => self.hours,
            Level::Day | Level::FiveDays | Level::ThirtyDays => self.days,
        }
    }
}

/// Finds the segments whose time has come.
///
/// A segment is dropped only when the next coarser roll-up holds all of its windows, and so does every coarser roll-up that
/// is there. So a window that a roll-up lacks always has a segment of its own from which it can be added.
pub(crate) struct Expired<'c> {
    tree: Tree<'c>,
    lists: HashMap<(Level, Timestamp), Rc<Bases>>,
}

impl<'c> Expired<'c> {
    pub(crate) fn new(catalog: &'c Catalog, layout: &'c Layout) -> Self {
        Self { tree: Tree { catalog, layout }, lists: HashMap::new() }
    }

    /// The segments that may go at `now`.
    pub(crate) fn segments(mut self, retention: &Retention, now: Timestamp) -> Result<Vec<Segment>> {
        let catalog = self.tree.catalog;
        let bases = catalog.bases.values().map(|base| Segment::Base(*base));
        let roll_ups = catalog.roll_ups.values().map(|roll_up| Segment::RollUp(*roll_up));
        let old = bases.chain(roll_ups).filter(|segment| is_old(segment, retention, now));
        let mut expired = Vec::new();
        for segment in old.collect::<Vec<_>>() {
            if self.is_held_above(&segment)? {
                expired.push(segment);
            }
        }
        Ok(expired)
    }

    fn is_held_above(&mut self, segment: &Segment) -> Result<bool> {
        let Some(next) = segment.level().coarser() else { return Ok(true) };
        for level in Level::ALL.into_iter().filter(|level| *level >= next) {
            let roll_up = self.tree.catalog.roll_ups.get(&(level, segment.start().floor(level.span())));
            let held = match roll_up {
                Some(roll_up) => self.holds_all(roll_up, segment)?,
                None => level > next,
            };
            if !held {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn holds_all(&mut self, roll_up: &RollUp, segment: &Segment) -> Result<bool> {
        let above = self.list(roll_up)?;
        let held = |id: &BaseId| above.contains_key(id);
        Ok(match segment {
            Segment::Base(base) => held(&base.id),
            Segment::RollUp(below) => self.list(below)?.keys().all(held),
        })
    }

    fn list(&mut self, roll_up: &RollUp) -> Result<Rc<Bases>> {
        let key = (roll_up.level, roll_up.start);
        if let Some(list) = self.lists.get(&key) {
            return Ok(Rc::clone(list));
        }
        let list = Rc::new(self.tree.listed(roll_up)?);
        self.lists.insert(key, Rc::clone(&list));
        Ok(list)
    }
}

/// Whether a segment's time has come. A bundle goes with the first of its days, so that what is dropped as a day is nowhere.
pub(crate) fn is_old(segment: &Segment, retention: &Retention, now: Timestamp) -> bool {
    let end = if Level::BUNDLES.contains(&segment.level()) { segment.start().plus(DAY) } else { segment.end() };
    retention.of(segment.level()).is_some_and(|keep| end.plus(keep) <= now)
}
