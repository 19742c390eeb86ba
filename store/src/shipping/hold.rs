//! What retention must leave where it is because the warehouse does not have it yet, and how much of that the disk bears.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use schema::Timestamp;

use super::shipped::Shipped;
use crate::error::{At, Result};
use crate::layout::Layout;
use crate::segment::{Base, BaseId, Segment};

/// Keeps windows that are not shipped, up to a bound.
///
/// Beyond the bound the oldest are given up: a disk that fills up would cost the newest windows, and the matrix with them. What is given up is still in the journal's
/// roll-ups, from which every question but one by the minute is answered; the warehouse lacks it. Their names are written to `DATA/shipping/given-up`.
#[derive(Clone, Debug)]
pub struct Hold {
    shipped: Arc<Shipped>,
    layout: Layout,
    /// Octets of windows beyond their retention.
    most: u64,
    given_up: Arc<Mutex<GivenUp>>,
    /// What windows that are held take on disk; they never change.
    sizes: HashMap<BaseId, u64>,
}

/// What was given up since the start.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct GivenUp {
    /// How many windows.
    pub windows: u64,
    /// Start of the first, and end of the last of them.
    pub span: Option<(Timestamp, Timestamp)>,
}

impl Hold {
    pub(crate) fn new(shipped: Arc<Shipped>, layout: Layout, most: u64) -> Self {
        Self { shipped, layout, most, given_up: Arc::default(), sizes: HashMap::new() }
    }

    /// What was given up, also for those who look from elsewhere.
    pub(crate) fn given_up(&self) -> Arc<Mutex<GivenUp>> {
        Arc::clone(&self.given_up)
    }

    /// Of the segments whose time has come, those that may go.
    pub(crate) fn release(&mut self, expired: Vec<Segment>) -> Result<Vec<Segment>> {
        let (held, mut released): (Vec<Segment>, Vec<Segment>) = expired.into_iter().partition(|segment| self.holds(segment));
        let mut held: Vec<(Base, u64)> = held.into_iter().filter_map(as_base).map(|base| (base, self.size(&base))).collect();
        held.sort_by_key(|(base, _)| base.id);
        let mut octets: u64 = held.iter().map(|(_, size)| size).sum();
        let mut given_up = Vec::new();
        for (base, size) in &held {
            if octets <= self.most {
                break;
            }
            // What may have been taken already must stay as it is until that is known.
            if !self.shipped.is_on_its_way(&base.id) {
                octets -= size;
                given_up.push(*base);
            }
        }
        self.sizes.retain(|id, _| held.iter().any(|(base, _)| base.id == *id));
        self.note(&given_up)?;
        released.extend(given_up.into_iter().map(Segment::Base));
        Ok(released)
    }

    fn holds(&self, segment: &Segment) -> bool {
        matches!(segment, Segment::Base(base) if !self.shipped.has(&base.id))
    }

    fn size(&mut self, base: &Base) -> u64 {
        let layout = &self.layout;
        *self.sizes.entry(base.id).or_insert_with(|| size_of(layout, base))
    }

    /// Counts what is given up, and writes it down where its operator finds what the warehouse lacks.
    fn note(&self, bases: &[Base]) -> Result<()> {
        let (Some(first), Some(last)) = (bases.first(), bases.last()) else { return Ok(()) };
        let path = self.layout.shipping().join("given-up");
        let lines: String = bases.iter().map(|base| format!("{base}\n")).collect();
        let added = File::options().create(true).append(true).open(&path).and_then(|mut file| file.write_all(lines.as_bytes()));
        added.at("write", &path)?;
        tracing::error!(windows = bases.len(), from = %first.id.start, to = %last.end(), "given up: ClickHouse is away and `clickhouse.backlog` is full");
        let mut sum = self.given_up.lock().unwrap_or_else(PoisonError::into_inner);
        sum.windows += bases.len() as u64;
        let from = sum.span.map_or(first.id.start, |(from, _)| from.min(first.id.start));
        sum.span = Some((from, sum.span.map_or(last.end(), |(_, to)| to.max(last.end()))));
        Ok(())
    }
}

fn as_base(segment: Segment) -> Option<Base> {
    match segment {
        Segment::Base(base) => Some(base),
        Segment::RollUp(_) => None,
    }
}

/// Octets of a window's files; 0 if it is gone.
pub(crate) fn size_of(layout: &Layout, base: &Base) -> u64 {
    let dir: PathBuf = layout.segment(&Segment::Base(*base));
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).map(|file| file.len()).sum()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn base(minute: i64) -> Base {
        let id = BaseId { start: Timestamp(minute * 60_000), serial: 1 };
        Base { id, length: Duration::from_secs(60), partial: None }
    }

    /// Windows of 100 octets each, of which the first two are shipped, and what of them may go under a bound.
    fn released(most: u64, on_its_way: &[i64]) -> (Vec<Segment>, GivenUp, String) {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        fs::create_dir_all(layout.shipping()).unwrap();
        let expired: Vec<Segment> = (0..10).map(|minute| Segment::Base(base(minute))).collect();
        for segment in &expired {
            fs::create_dir_all(layout.segment(segment)).unwrap();
            fs::write(layout.segment(segment).join("cells.parquet"), [0; 100]).unwrap();
        }
        let shipped = Arc::new(Shipped::default());
        shipped.add([base(0).id, base(1).id]);
        shipped.on_its_way(on_its_way.iter().map(|minute| base(*minute).id));
        let mut hold = Hold::new(shipped, layout.clone(), most);
        let released = hold.release(expired).unwrap();
        let named = fs::read_to_string(layout.shipping().join("given-up")).unwrap_or_default();
        let given_up = *hold.given_up().lock().unwrap();
        (released, given_up, named)
    }

    fn minutes(released: &[Segment]) -> Vec<i64> {
        released.iter().map(|segment| segment.start().millis() / 60_000).collect()
    }

    #[test]
    fn what_is_not_shipped_stays_as_long_as_its_bound_allows() {
        let (released, given_up, named) = released(800, &[]);
        assert_eq!(minutes(&released), [0, 1]);
        assert_eq!((given_up, named), (GivenUp::default(), String::new()));
    }

    #[test]
    fn beyond_the_bound_the_oldest_are_given_up_counted_and_named() {
        let (released, given_up, named) = released(550, &[]);
        assert_eq!(minutes(&released), [0, 1, 2, 3, 4]);
        assert_eq!(given_up, GivenUp { windows: 3, span: Some((Timestamp(120_000), Timestamp(300_000))) });
        assert_eq!(named, [2, 3, 4].map(|minute| format!("{}\n", base(minute))).concat());
    }

    #[test]
    fn what_is_on_its_way_stays_whatever_the_bound() {
        let (released, given_up, _) = released(0, &[3, 9]);
        assert_eq!(minutes(&released), [0, 1, 2, 4, 5, 6, 7, 8]);
        assert_eq!(given_up.windows, 6);
    }
}
