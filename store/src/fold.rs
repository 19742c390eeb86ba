//! Summing, in bounded memory.
//!
//! Roll-ups and questions are the same thing: rows with the same keys become one, column by column as the table of columns
//! says ([`Role`]). A [`Fold`] tells it as data: which rows, which keys, which measures. It reads the columns of segments that this takes, a few segments
//! at a time, and sums the sums again, so that memory is bounded by the result and one batch, however long the span is.

mod told;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use polars_core::prelude::{ChunkApply, DataFrame, IntoColumn, PlSmallStr};
use schema::columns::{Column, Kind, Role, Row, Table};
use schema::window::CELLS;

use crate::bundle::{BUNDLED, keeps_days};
use crate::condition::{Condition, meeting};
use crate::error::Result;
use crate::frame::Frame;
use crate::grouped::{Grouped, How, Measure};
use crate::memory::Memory;
use crate::parallel;
use crate::part::Part;
use crate::reattribution::{CLAIMED_BY, InForce};
use crate::table_file::{BATCH_ROWS, TableFile};

pub(crate) use told::Told;

/// Rows from which on a sum is worth another thread. Each has a sum of its own, which takes as much memory as the result and some time to be added.
const RUN_ROWS: usize = 1 << 18;

/// Runs of neighbouring files at most, each of which one thread sums: bounds memory. It depends on no machine, so that sums of floating-point numbers do not either.
const MOST_RUNS: usize = 4;

/// Segments that are looked at at a time: bounds the footers in memory, each of which takes some ten thousand octets.
const SEGMENTS_AT_A_TIME: usize = 512;

/// The earliest time of rows that became one, in milliseconds since 1970.
pub(crate) const FIRST_TIME: &str = "first_time";

/// A sum over rows of a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fold {
    table: Table,
    /// Columns of which rows with the same values become one.
    keys: Vec<&'static str>,
    /// Measures that are kept.
    measures: Vec<Column>,
    /// To the multiple of what the time is taken down, in milliseconds; `None` leaves it.
    step: Option<i64>,
    /// Which rows are meant.
    conditions: Vec<Condition>,
    /// Which part of them.
    part: Option<Part>,
    /// Claims that say whose unknown MAC addresses were.
    claims: Option<Arc<InForce>>,
    /// What is kept of the time where it is no key.
    times: Times,
}

/// What is kept of the times of rows that became one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Times {
    None,
    Latest,
    Both,
}

impl Fold {
    /// A sum that keeps all columns of a table, with the latest time where the time is no key.
    pub(crate) fn all(table: Table, step: Option<Duration>) -> Self {
        let measures = table.columns.iter().filter(|column| column.role != Role::Key).copied().collect();
        let step = step.map(|step| i64::try_from(step.as_millis()).unwrap_or(i64::MAX).max(1));
        let keys = table.with_role(Role::Key).filter(|name| *name != TIME || step.is_some()).collect();
        Self { table, keys, measures, step, conditions: Vec::new(), part: None, claims: None, times: Times::Latest }
    }

    /// Keeps only these keys; the time is one of them or is dropped.
    pub(crate) fn by(mut self, keys: &[&'static str]) -> Self {
        self.keys = keys.to_vec();
        self.times = Times::None;
        self
    }

    /// Keeps only these measures.
    pub(crate) fn measuring(mut self, measures: &[&str]) -> Self {
        self.measures.retain(|column| measures.contains(&column.name));
        self
    }

    /// Only the rows that meet these conditions, too.
    pub(crate) fn only(mut self, conditions: impl IntoIterator<Item = Condition>) -> Self {
        self.conditions.extend(conditions);
        self
    }

    /// Puts claims over the rows, before any of them are picked; only the matrix has rows that a claim can be about.
    pub(crate) fn under(mut self, claims: &Arc<InForce>) -> Self {
        if self.table.name == CELLS.name && !claims.is_empty() {
            self.claims = Some(Arc::clone(claims));
        }
        self
    }

    /// Keeps the earliest time as [`FIRST_TIME`] and the latest, where the time is no key.
    pub(crate) fn with_times(mut self) -> Self {
        self.times = Times::Both;
        self
    }

    /// Only the rows of one of `of` parts; rows with the same keys are in the same part.
    pub(crate) fn part(mut self, number: u64, of: u64) -> Self {
        let numbers = self.table.columns.iter().filter(|column| column.role == Role::Key && matches!(column.kind, Kind::U32 | Kind::U64));
        self.part = (of > 1).then(|| Part { number, of, columns: numbers.map(|column| column.name).collect() });
        self
    }

    /// Whether bundles have what it takes: in some tables they do not tell days apart.
    pub(crate) fn takes_bundles(&self) -> bool {
        let needs_days = self.claims.is_some() || self.times != Times::None || self.keys.contains(&TIME);
        BUNDLED.iter().any(|table| table.name == self.table.name) && (keeps_days(&self.table) || !needs_days)
    }

    /// The rows in memory of one window, as those of its files would be read.
    pub(crate) fn frame_of<R: Row>(&self, rows: &[R]) -> Frame {
        let mut frame = Frame::new(&self.columns(), rows.len());
        frame.add_rows(rows);
        frame
    }

    /// The same sum from what is remembered, period by period, and from these frames.
    pub(crate) fn run_from(&self, memory: &Memory, segments: &[PathBuf], frames: Vec<Frame>) -> Result<DataFrame> {
        let mut by_period: BTreeMap<(&Path, &str), Vec<PathBuf>> = BTreeMap::new();
        for segment in segments {
            by_period.entry(period(segment)).or_default().push(segment.clone());
        }
        let of_period = |(_, segments)| memory.sum(self, segments, |segments| self.run(segments, Vec::new()));
        let mut sums: Vec<DataFrame> = by_period.into_iter().map(of_period).collect::<Result<_>>()?;
        for frame in frames {
            sums.push(self.run(&[], vec![frame])?);
        }
        self.joined(sums)
    }

    /// Sums the rows of these segments and of these frames.
    pub(crate) fn run(&self, segments: &[PathBuf], frames: Vec<Frame>) -> Result<DataFrame> {
        let mut sums = Vec::new();
        for segments in segments.chunks(SEGMENTS_AT_A_TIME) {
            let files = parallel::each(segments, |segment| TableFile::open(&self.table, segment))?;
            let files: Vec<TableFile> = files.into_iter().flatten().collect();
            sums.extend(parallel::each(&runs(&files), |run| self.sum_of(run))?);
            sums = vec![self.joined(sums)?];
        }
        for frame in frames {
            let mut sum = self.nothing();
            self.add(&mut sum, frame)?;
            sums.push(sum.into_rows()?);
        }
        self.joined(sums)
    }

    /// The sum of these segments if it has no more than so many rows; made by one thread, for memory is what it is to spare.
    pub(crate) fn run_within(&self, segments: &[PathBuf], most: usize) -> Result<Option<DataFrame>> {
        let mut sum = self.nothing();
        for segment in segments {
            let Some(file) = TableFile::open(&self.table, segment)? else { continue };
            if !self.add_files(&mut sum, &[file], most)? {
                return Ok(None);
            }
        }
        sum.into_rows().map(Some)
    }

    fn sum_of(&self, files: &[TableFile]) -> Result<DataFrame> {
        let mut sum = self.nothing();
        self.add_files(&mut sum, files, usize::MAX)?;
        sum.into_rows()
    }

    /// Adds the rows of some files, a batch at a time, however many files these are of; `false` once the sum has more than `most` rows.
    fn add_files(&self, sum: &mut Grouped, files: &[TableFile], most: usize) -> Result<bool> {
        let columns = self.columns();
        // What a claim may change cannot be looked at before.
        let conditions = if self.claims.is_some() { &[][..] } else { &self.conditions };
        let mut frame = Frame::new(&columns, BATCH_ROWS);
        for file in files {
            for batch in file.batches(&columns, conditions)? {
                frame.add_batch(&batch?).map_err(|detail| file.broken(detail))?;
                if frame.rows() >= BATCH_ROWS {
                    self.add(sum, std::mem::replace(&mut frame, Frame::new(&columns, BATCH_ROWS)))?;
                }
                if sum.rows() > most {
                    return Ok(false);
                }
            }
        }
        self.add(sum, frame)?;
        Ok(sum.rows() <= most)
    }

    fn add(&self, sum: &mut Grouped, frame: Frame) -> Result<()> {
        sum.add(&self.prepared(frame.into_polars()?)?)
    }

    /// Sums of sums, in their order.
    fn joined(&self, mut sums: Vec<DataFrame>) -> Result<DataFrame> {
        if sums.len() == 1 {
            return Ok(sums.remove(0));
        }
        let mut all = self.nothing();
        sums.iter().try_for_each(|sum| all.add(sum))?;
        all.into_rows()
    }

    /// The columns that it takes, in the table's order.
    fn columns(&self) -> Vec<Column> {
        let is_taken = |column: &&Column| {
            let name = column.name;
            self.keys.contains(&name)
                || self.measures.iter().any(|measure| measure.name == name)
                || self.conditions.iter().any(|condition| condition.column() == name)
                || self.part.as_ref().is_some_and(|part| part.columns.contains(&name))
                || (self.claims.is_some() && CLAIMED_BY.contains(&name))
                || (name == TIME && self.times != Times::None)
        };
        self.table.columns.iter().filter(is_taken).copied().collect()
    }

    /// The rows that are meant, with their times as they are kept.
    fn prepared(&self, rows: DataFrame) -> Result<DataFrame> {
        let rows = match &self.claims {
            Some(claims) => claims.over_rows(rows)?,
            None => rows,
        };
        let mut rows = meeting(rows, &self.conditions)?;
        if let Some(part) = &self.part {
            rows = part.of_rows(&rows)?;
        }
        if let Some(step) = self.step.filter(|_| self.keys.contains(&TIME)) {
            let floored = rows.column(TIME)?.i64()?.apply_values(|time| time - time % step).into_column();
            rows.with_column(floored)?;
        }
        if self.times == Times::Both {
            let mut first = rows.column(TIME)?.clone();
            first.rename(PlSmallStr::from_static(FIRST_TIME));
            rows.with_column(first)?;
        }
        Ok(rows)
    }

    /// A sum of no rows yet.
    fn nothing(&self) -> Grouped {
        let keys: Vec<Column> =
            self.keys.iter().filter_map(|key| self.table.columns.iter().find(|column| column.name == *key)).copied().collect();
        let of = |column: &Column| Some(Measure { name: column.name, kind: column.kind, how: how(column)? });
        let mut measures: Vec<Measure> = self.measures.iter().filter_map(of).collect();
        if !self.keys.contains(&TIME) && self.times != Times::None {
            measures.push(Measure { name: TIME, kind: Kind::Time, how: How::Max });
        }
        if self.times == Times::Both {
            measures.push(Measure { name: FIRST_TIME, kind: Kind::Time, how: How::Min });
        }
        Grouped::new(&keys, measures)
    }
}

/// The level of a segment, and of which hour, day or month it is: that much is summed and remembered together. When one segment more is asked for, only those of its
/// own period are read again.
fn period(segment: &Path) -> (&Path, &str) {
    let level = segment.parent().unwrap_or(segment);
    let name = segment.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let until = match level.file_name().and_then(OsStr::to_str) {
        Some("1m" | "5m") => "20261121T01".len(),
        Some("1h") => "20261121".len(),
        _ => "202611".len(),
    };
    (level, name.get(..until).unwrap_or(name))
}

/// The column of times.
const TIME: &str = "time";

/// Neighbouring files that one thread sums, of about as many rows each.
fn runs(files: &[TableFile]) -> Vec<&[TableFile]> {
    let rows: usize = files.iter().map(|file| file.rows).sum();
    let count = rows.div_ceil(RUN_ROWS).clamp(1, MOST_RUNS);
    let most = rows.div_ceil(count);
    let mut rest = files;
    let mut runs = Vec::new();
    while !rest.is_empty() {
        let mut rows = 0_usize;
        let fitting = rest.iter().take_while(|file| {
            rows = rows.saturating_add(file.rows);
            rows <= most
        });
        let (run, later) = rest.split_at(fitting.count().max(1));
        runs.push(run);
        rest = later;
    }
    runs
}

/// How a column is summed.
const fn how(column: &Column) -> Option<How> {
    match column.role {
        Role::Key => None,
        Role::Sum => Some(How::Sum),
        Role::Max => Some(How::Max),
        Role::Min => Some(How::MinAboveZero),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_of_one_hour_day_or_month_are_remembered_together() {
        let of = |path: &'static str| {
            let (level, period) = period(Path::new(path));
            (level.file_name().unwrap().to_str().unwrap(), period)
        };
        assert_eq!(of("journal/1m/20261121T012300Z-1m-0000018f3a5c7e10"), ("1m", "20261121T01"));
        assert_eq!(of("journal/5m/20261121T012500Z-g1-5-300000-300000-9d0c"), ("5m", "20261121T01"));
        assert_eq!(of("journal/1h/20261121T010000Z-g2-60-3600000-3540000-9d0c"), ("1h", "20261121"));
        assert_eq!(of("journal/1d/20261121T000000Z-g1-1440-86400000-86400000-9d0c"), ("1d", "202611"));
        assert_eq!(of("journal/30d/short"), ("30d", "short"));
    }
}
