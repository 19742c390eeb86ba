//! Summing, in bounded memory.
//!
//! Roll-ups and questions are the same thing: rows with the same keys become one, column by column as the table of columns
//! says ([`Role`]). Segments are summed a few at a time and the sums are summed again, so that memory is bounded by the
//! result and one batch, however long the span is.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use polars::prelude::{
    Column as Series, DataFrame, Expr, IntoLazy, LazyFrame, PlRefPath, PlSmallStr, ScanArgsParquet, UnionArgs, col, concat, lit, when,
};
use schema::columns::{Column, Kind, Role, Row, Table, Value};
use schema::window::CELLS;

use crate::error::{At, Result, StoreError};
use crate::older::{is_optional, missing_columns, stand_in};
use crate::reattribution::InForce;
use crate::tables::file_of;

/// Rows that are read at a time: bounds memory, of which a row takes some hundred octets while it is summed.
const BATCH_ROWS: u64 = 1 << 17;

/// Files that are read at a time, each of which costs a descriptor.
const BATCH_FILES: usize = 64;

/// Parts into which a sum that keeps all keys is cut at most: each reads all files again.
const MOST_PARTS: u64 = 64;

/// The earliest time of rows that became one, in milliseconds since 1970.
pub(crate) const FIRST_TIME: &str = "first_time";

/// A sum over rows of a table.
#[derive(Clone, Debug)]
pub(crate) struct Fold {
    table: Table,
    /// Columns of which rows with the same values become one.
    keys: Vec<&'static str>,
    /// Measures that are kept.
    measures: Vec<Column>,
    /// To the multiple of what the time is taken down, in milliseconds; `None` keeps the latest time instead.
    step: Option<i64>,
    /// Which rows are meant.
    filter: Option<Expr>,
    /// Claims that say whose unknown MAC addresses were.
    claims: Option<Arc<InForce>>,
    /// Whether the earliest time is kept beside the latest, as `first_time`.
    keeps_first: bool,
}

/// A file of the table.
struct TableFile {
    path: PathBuf,
    rows: u64,
    /// Columns that it lacks because an older version wrote it.
    missing: Vec<Column>,
}

/// Files that are read together: all lack the same columns.
struct Batch {
    files: Vec<PathBuf>,
    rows: u64,
    missing: Vec<Column>,
}

impl Fold {
    /// A sum that keeps all columns of a table.
    pub(crate) fn all(table: Table, step: Option<Duration>) -> Self {
        let measures = table.columns.iter().filter(|column| column.role != Role::Key).copied().collect();
        let step = step.map(|step| i64::try_from(step.as_millis()).unwrap_or(i64::MAX).max(1));
        let keys = table.with_role(Role::Key).filter(|name| *name != "time" || step.is_some()).collect();
        Self { table, keys, measures, step, filter: None, claims: None, keeps_first: false }
    }

    /// Keeps only these keys; the time is one of them or is dropped.
    pub(crate) fn by(mut self, keys: &[&'static str]) -> Self {
        self.keys = keys.to_vec();
        self
    }

    /// Keeps only these measures.
    pub(crate) fn measuring(mut self, measures: &[&str]) -> Self {
        self.measures.retain(|column| measures.contains(&column.name));
        self
    }

    /// Only these rows.
    pub(crate) fn only(mut self, filter: Option<Expr>) -> Self {
        self.filter = filter;
        self
    }

    /// Puts claims over the rows, before any of them are picked; only the matrix has rows that a claim can be about.
    pub(crate) fn under(mut self, claims: &Arc<InForce>) -> Self {
        if self.table.name == CELLS.name && !claims.is_empty() {
            self.claims = Some(Arc::clone(claims));
        }
        self
    }

    /// Keeps the earliest time too, as [`FIRST_TIME`], where the time is no key.
    pub(crate) fn with_first_time(mut self) -> Self {
        self.keeps_first = true;
        self
    }

    /// Only the rows of one of `of` parts; rows with the same keys are in the same part.
    pub(crate) fn part(self, number: u64, of: u64) -> Self {
        let numbers = self.table.columns.iter().filter(|column| column.role == Role::Key && column.kind == Kind::U32);
        let sum = numbers.fold(lit(0_u64), |sum, column| sum + col(column.name).cast(polars::prelude::DataType::UInt64));
        if of > 1 { self.only(Some((sum % lit(of)).eq(lit(number)))) } else { self }
    }

    /// How many rows these segments hold, before any of them become one.
    pub(crate) fn rows(&self, segments: &[PathBuf]) -> Result<u64> {
        let mut rows = 0;
        for segment in segments {
            rows += self.file_of(segment)?.map_or(0, |file| file.rows);
        }
        Ok(rows)
    }

    /// Sums the rows of these segments and of these frames.
    pub(crate) fn run(&self, segments: &[PathBuf], frames: Vec<DataFrame>) -> Result<DataFrame> {
        let mut sum: Option<DataFrame> = None;
        for batch in self.batches(segments)? {
            let part = self.scan(&batch).and_then(|rows| self.summed(self.prepared(rows)));
            let part = part.map_err(|error| diagnosed(&batch.files, error))?;
            sum = Some(self.joined(sum, part)?);
        }
        for frame in frames {
            let part = self.summed(self.prepared(frame.lazy()))?;
            sum = Some(self.joined(sum, part)?);
        }
        match sum {
            Some(sum) => Ok(sum),
            None => self.summed(self.prepared(frame_of_values(&self.table, &|_, _| None, 0)?.lazy())),
        }
    }

    /// The segments' files, in batches.
    fn batches(&self, segments: &[PathBuf]) -> Result<Vec<Batch>> {
        let files: Result<Vec<TableFile>> = segments.iter().filter_map(|segment| self.file_of(segment).transpose()).collect();
        let mut files = files?;
        // Those of one version next to each other, else in their order.
        files.sort_by_key(|file| file.missing.len());
        let mut batches: Vec<Batch> = Vec::new();
        for file in files {
            match batches.last_mut() {
                Some(batch) if batch.takes(&file) => batch.add(file),
                _ => batches.push(Batch::of(file)),
            }
        }
        Ok(batches)
    }

    /// The table's file of a segment; `None` if the segment has no rows of it and so no file.
    fn file_of(&self, segment: &Path) -> Result<Option<TableFile>> {
        let path = file_of(&self.table, segment);
        let broken = |detail| Err(StoreError::Broken { segment: segment.to_owned(), detail });
        let metadata = match metadata_of(&path) {
            Ok(metadata) => metadata,
            Err(_) if !segment.exists() => return Err(StoreError::Gone { segment: segment.to_owned() }),
            Err(error) if error.is_not_found() && is_optional(&self.table) => return Ok(None),
            Err(error) => return broken(error.to_string()),
        };
        let columns = metadata.file_metadata().schema_descr().columns();
        match missing_columns(&self.table, |name| columns.iter().any(|column| column.name() == name)) {
            Ok(missing) => Ok(Some(TableFile { path, rows: metadata.file_metadata().num_rows().max(0).unsigned_abs(), missing })),
            Err(lost) => broken(format!("its table `{}` has no column `{lost}`", self.table.name)),
        }
    }

    fn scan(&self, batch: &Batch) -> Result<LazyFrame> {
        let paths = batch.files.iter().map(|file| PlRefPath::try_from_path(file)).collect::<Result<_, _>>()?;
        let args = ScanArgsParquet { glob: false, cache: false, ..ScanArgsParquet::default() };
        let rows = LazyFrame::scan_parquet_files(paths, args)?;
        if batch.missing.is_empty() {
            return Ok(rows);
        }
        Ok(rows.with_columns(batch.missing.iter().map(stand_in).collect::<Vec<_>>()))
    }

    /// The rows that are meant, with whole-number times and no zero where the smallest is asked for.
    fn prepared(&self, rows: LazyFrame) -> LazyFrame {
        let rows = match &self.claims {
            Some(claims) => claims.over_rows(rows),
            None => rows,
        };
        let rows = match &self.filter {
            Some(filter) => rows.filter(filter.clone()),
            None => rows,
        };
        let time = col("time").cast(polars::prelude::DataType::Int64);
        let time = match self.step {
            Some(step) => time.clone() - time % lit(step),
            None => time,
        };
        let first = self.keeps_first.then(|| time.clone().alias(FIRST_TIME));
        rows.with_columns([time.alias("time")].into_iter().chain(first).collect::<Vec<_>>())
    }

    fn summed(&self, rows: LazyFrame) -> Result<DataFrame> {
        let keys: Vec<Expr> = self.keys.iter().map(|key| col(*key)).collect();
        let mut sums: Vec<Expr> = self.measures.iter().filter_map(aggregated).collect();
        if !self.keys.contains(&"time") {
            sums.push(col("time").max());
        }
        if self.keeps_first {
            sums.push(col(FIRST_TIME).min());
        }
        Ok(rows.group_by(keys).agg(sums).collect()?)
    }

    fn joined(&self, sum: Option<DataFrame>, part: DataFrame) -> Result<DataFrame> {
        let Some(sum) = sum else { return Ok(part) };
        let both = concat([sum.lazy(), part.lazy()], UnionArgs::default())?;
        self.summed(both)
    }
}

impl Batch {
    fn of(file: TableFile) -> Self {
        Self { files: vec![file.path], rows: file.rows, missing: file.missing }
    }

    /// Whether a file fits in.
    fn takes(&self, file: &TableFile) -> bool {
        self.missing == file.missing && self.files.len() < BATCH_FILES && self.rows + file.rows <= BATCH_ROWS
    }

    fn add(&mut self, file: TableFile) {
        self.rows += file.rows;
        self.files.push(file.path);
    }
}

/// Into how many parts a sum of so many rows must be cut so that a part is no more than a batch.
pub(crate) fn parts(rows: u64) -> u64 {
    rows.div_ceil(BATCH_ROWS).clamp(1, MOST_PARTS)
}

/// How a column is summed.
fn aggregated(column: &Column) -> Option<Expr> {
    let values = col(column.name);
    match column.role {
        Role::Key => None,
        Role::Sum => Some(values.sum()),
        Role::Max => Some(values.max()),
        Role::Min => {
            let above_zero = when(values.clone().gt(lit(0))).then(values).otherwise(lit(polars::prelude::NULL));
            Some(above_zero.min().fill_null(lit(0)).cast(polars_type(column.kind)).alias(column.name))
        }
    }
}

/// The type of a column's values while they are summed.
pub(crate) fn polars_type(kind: Kind) -> polars::prelude::DataType {
    use polars::prelude::DataType;
    match kind {
        Kind::Time => DataType::Int64,
        Kind::Text => DataType::String,
        Kind::U8 => DataType::UInt8,
        Kind::U16 => DataType::UInt16,
        Kind::U32 => DataType::UInt32,
        Kind::U64 => DataType::UInt64,
        Kind::F64 => DataType::Float64,
    }
}

/// Rows in memory, as the files of their table would be read.
pub(crate) fn frame_of<R: Row>(rows: &[R]) -> Result<DataFrame> {
    frame_of_values(&R::TABLE, &|row, position| rows.get(row).and_then(|row| row.value(position)), rows.len())
}

fn frame_of_values(table: &Table, value: &dyn Fn(usize, usize) -> Option<Value>, rows: usize) -> Result<DataFrame> {
    let columns =
        table.columns.iter().enumerate().map(|(position, column)| series(column, (0..rows).filter_map(|row| value(row, position))));
    Ok(DataFrame::new(rows, columns.collect())?)
}

fn series(column: &Column, values: impl Iterator<Item = Value>) -> Series {
    use polars::prelude::NamedFrom;
    let name = PlSmallStr::from_static(column.name);
    macro_rules! series {
        ($kind:ident, $value:ident => $native:expr) => {{
            let natives: Vec<_> = values.filter_map(|value| if let Value::$kind($value) = value { Some($native) } else { None }).collect();
            polars::prelude::Series::new(name, natives).into()
        }};
    }
    match column.kind {
        Kind::Time => series!(Time, time => time.millis()),
        Kind::Text => series!(Text, text => text.to_string()),
        Kind::U8 => series!(U8, number => number),
        Kind::U16 => series!(U16, number => number),
        Kind::U32 => series!(U32, number => number),
        Kind::U64 => series!(U64, number => number),
        Kind::F64 => series!(F64, number => number),
    }
}

/// What a file says of itself.
fn metadata_of(path: &Path) -> Result<ParquetMetaData> {
    let file = std::fs::File::open(path).at("open", path)?;
    Ok(ParquetMetaDataReader::new().parse_and_finish(&file)?)
}

/// Finds the segment that made a query fail, if it was one.
fn diagnosed(files: &[PathBuf], error: StoreError) -> StoreError {
    for file in files {
        let segment = file.parent().unwrap_or(file).to_owned();
        if !segment.exists() {
            return StoreError::Gone { segment };
        }
        if let Err(detail) = read_through(file) {
            return StoreError::Broken { segment, detail: detail.to_string() };
        }
    }
    error
}

/// Reads a whole file and keeps nothing of it.
fn read_through(path: &Path) -> Result<()> {
    let file = std::fs::File::open(path).at("open", path)?;
    for batch in parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file)?.build()? {
        batch?;
    }
    Ok(())
}
