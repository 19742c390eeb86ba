//! What segments there are, from the names in the journal's directories.

use std::collections::{BTreeMap, HashSet};
use std::io::ErrorKind;
use std::path::PathBuf;

use schema::{Level, Timestamp};

use crate::error::{At, Result};
use crate::layout::{Layout, is_unfinished};
use crate::segment::{Base, BaseId, RollUp, Segment};

/// The segments of a journal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Catalog {
    /// The windows that have a segment of their own.
    pub(crate) bases: BTreeMap<BaseId, Base>,
    /// For each level and start, the roll-up of the highest generation.
    pub(crate) roll_ups: BTreeMap<(Level, Timestamp), RollUp>,
    /// Roll-ups of lower generations, which a higher one holds.
    pub(crate) superseded: Vec<RollUp>,
    /// Names that mean nothing here.
    pub(crate) foreign: usize,
}

/// What the folder of one level holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listed {
    segments: Vec<Segment>,
    /// Names that mean nothing here.
    foreign: usize,
}

impl Listed {
    /// Lists the folder of a level, without the segments in `skipped`. Journals that an older version wrote have no folder for bundles.
    pub(crate) fn of(layout: &Layout, level: Level, skipped: &HashSet<PathBuf>) -> Result<Self> {
        let mut listed = Self::default();
        let dir = layout.level(level);
        let entries = match dir.read_dir() {
            Err(error) if error.kind() == ErrorKind::NotFound && Level::BUNDLES.contains(&level) => return Ok(listed),
            entries => entries.at("list", &dir)?,
        };
        for entry in entries {
            let entry = entry.at("list", &dir)?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if is_unfinished(&name) || (!skipped.is_empty() && skipped.contains(&entry.path())) {
                continue;
            }
            match Segment::parse(level, &name) {
                Some(segment) => listed.segments.push(segment),
                None => listed.foreign += 1,
            }
        }
        Ok(listed)
    }
}

impl Catalog {
    /// Lists the journal, without the segments in `skipped`.
    ///
    /// The finest level comes first: what a writer sums up and drops in the meantime is then seen twice, never missed.
    pub(crate) fn list(layout: &Layout, skipped: &HashSet<PathBuf>) -> Result<Self> {
        let levels: Result<Vec<Listed>> = Level::EVERY.into_iter().map(|level| Listed::of(layout, level, skipped)).collect();
        Ok(Self::of(&levels?))
    }

    /// The segments that were listed.
    pub(crate) fn of<'l>(levels: impl IntoIterator<Item = &'l Listed>) -> Self {
        let mut catalog = Self::default();
        for listed in levels {
            listed.segments.iter().for_each(|segment| catalog.insert(*segment));
            catalog.foreign += listed.foreign;
        }
        catalog
    }

    pub(crate) fn insert(&mut self, segment: Segment) {
        match segment {
            Segment::Base(base) => {
                self.bases.insert(base.id, base);
            }
            Segment::RollUp(roll_up) => self.insert_roll_up(roll_up),
        }
    }

    fn insert_roll_up(&mut self, roll_up: RollUp) {
        let key = (roll_up.level, roll_up.start);
        match self.roll_ups.get(&key) {
            Some(newer) if newer.generation > roll_up.generation => self.superseded.push(roll_up),
            _ => self.superseded.extend(self.roll_ups.insert(key, roll_up)),
        }
    }

    pub(crate) fn remove(&mut self, segment: &Segment) {
        match segment {
            Segment::Base(base) => drop(self.bases.remove(&base.id)),
            Segment::RollUp(roll_up) => drop(self.roll_ups.remove(&(roll_up.level, roll_up.start))),
        }
    }

    /// The roll-ups of a level that start in [`from`, `to`).
    pub(crate) fn roll_ups_of(&self, level: Level, from: Timestamp, to: Timestamp) -> impl Iterator<Item = &RollUp> {
        let span = if from < to { (level, from)..(level, to) } else { (level, from)..(level, from) };
        self.roll_ups.range(span).map(|(_, roll_up)| roll_up)
    }

    /// The windows with a segment of their own that start in [`from`, `to`).
    pub(crate) fn bases_of(&self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = &Base> {
        let first = |start| BaseId { start, serial: 0 };
        let span = if from < to { first(from)..first(to) } else { first(from)..first(from) };
        self.bases.range(span).map(|(_, base)| base)
    }

    /// Whether a window is in the journal, by itself or in a roll-up of any level.
    pub(crate) fn holds(&self, layout: &Layout, id: BaseId) -> Result<bool> {
        if self.bases.contains_key(&id) {
            return Ok(true);
        }
        for level in Level::ALL {
            let Some(roll_up) = self.roll_ups.get(&(level, id.start.floor(level.span()))) else { continue };
            if layout.inputs(roll_up)?.iter().any(|base| base.id == id) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// First moment and the moment after the last.
    pub(crate) fn extent(&self) -> Option<(Timestamp, Timestamp)> {
        let bases = self.bases.values().map(|base| (base.id.start, base.end()));
        // Bundles reach to where no day may be.
        let roll_ups = self.roll_ups.values().filter(|roll_up| roll_up.level <= Level::Day).map(|roll_up| (roll_up.start, roll_up.end()));
        bases.chain(roll_ups).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }
}
