//! Listings of the journal's folders, kept for as long as the folders stay as they are.
//!
//! A year's journal has tens of thousands of names, and most folders change seldom: that of hours once an hour, that of days once a day.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use schema::Level;

use crate::catalog::{Catalog, Listed};
use crate::error::Result;
use crate::layout::Layout;

/// A folder that has changed so shortly before it was listed may change again without another time of change, for file systems count in ticks. Two seconds are
/// the coarsest of them.
const TICK: Duration = Duration::from_secs(2);

/// What was listed last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listing {
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    levels: [Folder; Level::EVERY.len()],
    /// All that they hold.
    catalog: Arc<Catalog>,
    /// Whether a folder was listed since the catalog was made.
    is_stale: bool,
}

/// The names of one level's folder.
#[derive(Debug, Default)]
struct Folder {
    /// When the folder changed last; `None` if it may have changed since.
    changed: Option<SystemTime>,
    listed: Listed,
}

impl Listing {
    /// The segments that there are now. Only folders that have changed since the last time are listed.
    pub(crate) fn catalog(&self, layout: &Layout) -> Result<Arc<Catalog>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = &mut *kept;
        // In the order of `Catalog::list`, and for its reason.
        for (level, of_level) in Level::EVERY.into_iter().zip(&mut kept.levels) {
            kept.is_stale |= of_level.renew(layout, level)?;
        }
        if kept.is_stale {
            kept.catalog = Arc::new(Catalog::of(kept.levels.iter().map(|level| &level.listed)));
            kept.is_stale = false;
        }
        Ok(Arc::clone(&kept.catalog))
    }
}

impl Folder {
    /// Lists the folder if it has changed; whether it has.
    fn renew(&mut self, layout: &Layout, level: Level) -> Result<bool> {
        let dir = layout.level(level);
        let changed = dir.metadata().and_then(|dir| dir.modified()).ok();
        if changed.is_some() && self.changed == changed {
            return Ok(false);
        }
        let now = SystemTime::now();
        self.listed = Listed::of(layout, level, &HashSet::new())?;
        let is_settled = |changed: &SystemTime| now.duration_since(*changed).is_ok_and(|since| since > TICK);
        self.changed = changed.filter(is_settled);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{File, FileTimes, create_dir};

    use super::*;

    /// Makes a window's folder, as of a time long ago.
    fn add(layout: &Layout, minute: u32, age: Duration) {
        let dir = layout.level(Level::Minute);
        create_dir(dir.join(format!("20261121T01{minute:02}00Z-1m-0000000000000001"))).unwrap();
        let changed = SystemTime::now() - age;
        File::open(&dir).unwrap().set_times(FileTimes::new().set_modified(changed)).unwrap();
    }

    #[test]
    fn a_folder_is_listed_again_only_when_it_has_changed() {
        let dir = tempfile::tempdir().unwrap();
        let (layout, listing) = (Layout::new(dir.path()), Listing::default());
        layout.prepare().unwrap();
        let count = || listing.catalog(&layout).unwrap().bases.len();
        assert_eq!(count(), 0);
        add(&layout, 1, Duration::from_secs(200));
        let first = listing.catalog(&layout).unwrap();
        assert_eq!(first.bases.len(), 1);
        add(&layout, 2, Duration::from_secs(100));
        assert_eq!((count(), first.bases.len()), (2, 1));
        let changed = layout.level(Level::Minute).metadata().unwrap().modified().unwrap();
        add(&layout, 3, Duration::ZERO);
        File::open(layout.level(Level::Minute)).unwrap().set_times(FileTimes::new().set_modified(changed)).unwrap();
        assert_eq!(count(), 2, "the time of change is what is looked at");
    }

    #[test]
    fn a_folder_that_has_just_changed_is_not_trusted() {
        let dir = tempfile::tempdir().unwrap();
        let (layout, listing) = (Layout::new(dir.path()), Listing::default());
        layout.prepare().unwrap();
        add(&layout, 1, Duration::ZERO);
        let changed = layout.level(Level::Minute).metadata().unwrap().modified().unwrap();
        assert_eq!(listing.catalog(&layout).unwrap().bases.len(), 1);
        add(&layout, 2, Duration::ZERO);
        File::open(layout.level(Level::Minute)).unwrap().set_times(FileTimes::new().set_modified(changed)).unwrap();
        assert_eq!(listing.catalog(&layout).unwrap().bases.len(), 2);
    }
}
