//! Writing: windows are appended, rolled up, and dropped when their time has come.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use schema::{Level, Timestamp, Window};

use crate::bundle;
use crate::catalog::Catalog;
use crate::error::{Result, StoreError};
use crate::layout::{Layout, sync_dir, sync_segment};
use crate::retention::{Expired, Retention};
use crate::rollup::roll_up;
use crate::segment::{Base, Segment};
use crate::shipping::Hold;
use crate::tables::TABLES;
use crate::tree::{Node, Tree};

/// How long after the end of a period its roll-up waits, so that windows which close a little late are in it from the start.
const GRACE: Duration = Duration::from_secs(120);

/// What comes later still is merged in by a further generation, and each waits twice as long after the period's end as the one
/// before, up to so many doublings. Flow records bring parts of windows for an hour: this way they remake a day's roll-up a
/// handful of times, not with every run. Until then they are read beside it.
const MOST_DOUBLINGS: u32 = 6;

/// Beyond it a failing segment no longer only delays the roll-ups of one run: the run gives up and says why.
const SET_ASIDE_AT_MOST: u32 = 1_000;

/// How a journal is kept.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// How long each level is kept.
    pub retention: Retention,
}

/// What an append did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Appended {
    /// The window is in the journal now.
    Written,
    /// It had been there already, by itself or in a roll-up; nothing was done.
    Known,
}

/// What a run of maintenance did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Maintenance {
    /// Roll-ups made, of any level.
    pub rolled_up: u32,
    /// Segments dropped because their time had come.
    pub expired: u32,
    /// Older generations of roll-ups removed.
    pub superseded: u32,
    /// Segments set aside because they could not be read.
    pub quarantined: u32,
    /// Names in the journal's folders that mean nothing there.
    pub foreign: usize,
}

/// The one writer of a store.
#[derive(Debug)]
pub struct Journal {
    layout: Layout,
    options: Options,
    catalog: Catalog,
    unsynced: Vec<PathBuf>,
    /// What is not shipped yet, and so must stay.
    hold: Option<Hold>,
    /// Segments set aside since maintenance last told how many.
    quarantined: u32,
    _lock: File,
}

impl Journal {
    /// Opens the store in `dir` for writing, and makes it if there is none. What a killed writer left unfinished is removed.
    ///
    /// # Errors
    /// If another process writes to it, another version laid it out, or the file system refuses.
    pub fn open(dir: &Path, options: Options) -> Result<Self> {
        let layout = Layout::new(dir);
        let lock = layout.lock()?;
        layout.prepare()?;
        let catalog = Catalog::list(&layout, &HashSet::new())?;
        if catalog.foreign > 0 {
            tracing::warn!(entries = catalog.foreign, dir = %dir.display(), "the journal holds entries that are no segments; ignored");
        }
        Ok(Self { layout, options, catalog, unsynced: Vec::new(), hold: None, quarantined: 0, _lock: lock })
    }

    /// Keeps windows that are not shipped beyond their retention, as far as `hold` allows.
    pub fn hold_back(&mut self, hold: Hold) {
        self.hold = Some(hold);
    }

    /// Appends a window. When this returns, the window is on disk.
    ///
    /// # Errors
    /// If the file system refuses, or the window's length does not divide five minutes.
    pub fn append(&mut self, window: &Window) -> Result<Appended> {
        let Some(dir) = self.write(window)? else { return Ok(Appended::Known) };
        sync_segment(&dir)?;
        self.publish(&dir, window)?;
        sync_dir(&self.layout.level(Level::Minute))?;
        Ok(Appended::Written)
    }

    /// Appends a window to a history that is being filled: it can be read at once, and is on disk after [`sync`](Self::sync).
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn append_bulk(&mut self, window: &Window) -> Result<Appended> {
        let Some(dir) = self.write(window)? else { return Ok(Appended::Known) };
        self.publish(&dir, window)?;
        self.unsynced.push(self.layout.segment(&Segment::Base(Base::of(window))));
        Ok(Appended::Written)
    }

    /// Waits until all that [`append_bulk`](Self::append_bulk) wrote is on disk.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn sync(&mut self) -> Result<()> {
        if self.unsynced.is_empty() {
            return Ok(());
        }
        self.unsynced.iter().try_for_each(|segment| sync_segment(segment))?;
        sync_dir(&self.layout.level(Level::Minute))?;
        self.unsynced.clear();
        Ok(())
    }

    /// Writes a window's files under an unfinished name; `None` if the journal holds the window.
    fn write(&mut self, window: &Window) -> Result<Option<PathBuf>> {
        check_length(window)?;
        let base = Base::of(window);
        if self.holds(base)? {
            return Ok(None);
        }
        let dir = self.layout.begin(&Segment::Base(base))?;
        TABLES.iter().try_for_each(|kept| kept.write(window, &dir))?;
        Ok(Some(dir))
    }

    /// Whether the journal holds a window. A roll-up without a readable list is set aside: it cannot say.
    fn holds(&mut self, base: Base) -> Result<bool> {
        loop {
            match self.catalog.holds(&self.layout, base.id) {
                Err(StoreError::Broken { segment, detail }) => self.set_aside(&segment, &detail)?,
                held => return held,
            }
        }
    }

    fn publish(&mut self, dir: &Path, window: &Window) -> Result<()> {
        let segment = Segment::Base(Base::of(window));
        self.layout.finish(dir, &segment)?;
        self.catalog.insert(segment);
        Ok(())
    }

    /// Drops what the last runs have made superfluous, then makes the roll-ups of the periods that have closed.
    ///
    /// In this order a segment stays for at least one run after its sum has appeared, so that a question which began before
    /// still finds it. A kill at any moment leaves a state from which the next run goes on.
    ///
    /// # Errors
    /// If the file system refuses. Segments that cannot be read are no error: they are set aside and counted.
    pub fn maintain(&mut self, now: Timestamp) -> Result<Maintenance> {
        self.sync()?;
        let mut done = Maintenance { foreign: self.catalog.foreign, ..Maintenance::default() };
        for roll_up in std::mem::take(&mut self.catalog.superseded) {
            self.layout.remove(&Segment::RollUp(roll_up))?;
            done.superseded += 1;
        }
        self.resist(&mut done, |journal, done| journal.expire(now, done))?;
        for level in [Level::FiveMinutes, Level::Hour, Level::Day] {
            self.resist(&mut done, |journal, done| journal.roll_up(level, now, done))?;
        }
        self.resist(&mut done, |journal, done| journal.bundle(now, done))?;
        done.quarantined = std::mem::take(&mut self.quarantined);
        Ok(done)
    }

    /// Does something again for as long as segments have to be set aside for it.
    fn resist(&mut self, done: &mut Maintenance, work: impl Fn(&mut Self, &mut Maintenance) -> Result<()>) -> Result<()> {
        loop {
            match work(self, done) {
                Err(StoreError::Broken { segment, detail }) if self.quarantined < SET_ASIDE_AT_MOST => {
                    self.set_aside(&segment, &detail)?;
                }
                other => return other,
            }
        }
    }

    fn expire(&mut self, now: Timestamp, done: &mut Maintenance) -> Result<()> {
        let mut expired = Expired::new(&self.catalog, &self.layout).segments(&self.options.retention, now)?;
        if let Some(hold) = &mut self.hold {
            expired = hold.release(expired)?;
        }
        for segment in expired {
            self.layout.remove(&segment)?;
            self.catalog.remove(&segment);
            done.expired += 1;
        }
        Ok(())
    }

    fn roll_up(&mut self, level: Level, now: Timestamp, done: &mut Maintenance) -> Result<()> {
        let closed = now.minus(GRACE).floor(level.span());
        let Some((first, _)) = self.catalog.extent() else { return Ok(()) };
        let tree = Tree { catalog: &self.catalog, layout: &self.layout };
        let mut made = Vec::new();
        let mut outcome = Ok(());
        for node in tree.nodes(level, first, closed)?.iter().filter(|node| is_due(node, now)) {
            match roll_up(tree, node) {
                Ok(roll_up) => made.extend(roll_up),
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            }
        }
        for roll_up in made {
            self.catalog.insert(Segment::RollUp(roll_up));
            done.rolled_up += 1;
        }
        outcome
    }

    /// Makes the bundle that is due, if there is one; the others wait for their turn, for windows wait to be written meanwhile.
    fn bundle(&mut self, now: Timestamp, done: &mut Maintenance) -> Result<()> {
        if let Some(due) = bundle::due(&self.catalog, &self.options.retention, now) {
            self.catalog.insert(Segment::RollUp(due.make(&self.catalog, &self.layout)?));
            done.rolled_up += 1;
        }
        Ok(())
    }

    fn set_aside(&mut self, segment: &Path, detail: &str) -> Result<()> {
        let level = Level::EVERY.into_iter().find(|level| segment.starts_with(self.layout.level(*level)));
        let name = segment.file_name().map(|name| name.to_string_lossy());
        let Some(known) = level.zip(name).and_then(|(level, name)| Segment::parse(level, &name)) else {
            return Err(StoreError::Broken { segment: segment.to_owned(), detail: detail.to_owned() });
        };
        let aside = self.layout.quarantine(&known)?;
        tracing::error!(segment = %segment.display(), aside = %aside.display(), detail, "a segment cannot be read; set aside");
        self.catalog = Catalog::list(&self.layout, &HashSet::new())?;
        self.quarantined += 1;
        Ok(())
    }
}

/// Whether a period's roll-up lacks something and the time for its next generation has come.
fn is_due(node: &Node<'_>, now: Timestamp) -> bool {
    let doublings = node.roll_up.map_or(0, |roll_up| roll_up.generation).min(MOST_DOUBLINGS);
    node.is_behind() && node.end().plus(GRACE * (1 << doublings)) <= now
}

/// Windows must lie within one period of every roll-up.
fn check_length(window: &Window) -> Result<()> {
    let millis = window.length.as_millis();
    let divides = millis > 0 && Level::FiveMinutes.span().as_millis().is_multiple_of(millis);
    let aligned = window.start.floor(window.length) == window.start;
    if divides && aligned { Ok(()) } else { Err(StoreError::WindowLength { start: window.start, millis }) }
}
