//! Reading a table's file: of the columns that are wanted, and of nothing else.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::datatypes::{DataType, UInt8Type, UInt16Type, UInt32Type, UInt64Type};
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowPredicate, ArrowPredicateFn, ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
    RowFilter,
};
use parquet::file::metadata::ParquetStatisticsPolicy;
use parquet::file::reader::ChunkReader;
use schema::columns::{Column, Table};

use crate::condition::Condition;
use crate::error::{At, Result, StoreError};
use crate::older::{is_optional, missing_columns};
use crate::tables::file_of;

/// A file of a table.
pub(crate) struct TableFile {
    segment: PathBuf,
    path: PathBuf,
    footer: ArrowReaderMetadata,
    /// All of it, if that is little.
    content: Option<Bytes>,
    pub(crate) rows: usize,
}

/// Octets up to which a file is kept in memory from when its footer is read: bounds memory, for many are looked at at a time. Most files are smaller: those of
/// ports and exporters, of which a day has thousands.
const KEPT: u64 = 1 << 14;

/// Octets up to which a file is read at once. The Parquet reader asks for a file bit by bit, which costs more calls of the system than its content is worth.
const READ_AT_ONCE: u64 = 1 << 24;

/// Rows that are decoded at a time: as many as a processor's own cache holds, of some columns.
pub(crate) const BATCH_ROWS: usize = 1 << 14;

impl TableFile {
    /// The table's file of a segment; `None` if the segment has no rows of it and so no file.
    pub(crate) fn open(table: &Table, segment: &Path) -> Result<Option<Self>> {
        let path = file_of(table, segment);
        let broken = |detail| Err(StoreError::Broken { segment: segment.to_owned(), detail });
        let (footer, content) = match look_at(&path) {
            Ok(found) => found,
            Err(_) if !segment.exists() => return Err(StoreError::Gone { segment: segment.to_owned() }),
            Err(error) if error.is_not_found() && is_optional(table) => return Ok(None),
            Err(error) => return broken(error.to_string()),
        };
        if let Err(lost) = missing_columns(table, |name| footer.schema().column_with_name(name).is_some()) {
            return broken(format!("its table `{}` has no column `{lost}`", table.name));
        }
        let rows = usize::try_from(footer.metadata().file_metadata().num_rows()).unwrap_or_default();
        Ok(Some(Self { segment: segment.to_owned(), path, footer, content, rows }))
    }

    /// These columns of its rows that meet at least those of the conditions that leave most out, some [`BATCH_ROWS`] rows at a time.
    pub(crate) fn batches(&self, columns: &[Column], conditions: &[Condition]) -> Result<impl Iterator<Item = Result<RecordBatch>>> {
        let reader = self.reader(columns, conditions).map_err(|error| self.diagnosed(&error))?;
        Ok(reader.map(|batch| batch.map_err(|error| self.diagnosed(&error.into()))))
    }

    fn reader(&self, columns: &[Column], conditions: &[Condition]) -> Result<ParquetRecordBatchReader> {
        if let Some(content) = &self.content {
            return self.reader_of(content.clone(), columns, conditions);
        }
        let file = File::open(&self.path).at("open", &self.path)?;
        if file.metadata().at("read", &self.path)?.len() > READ_AT_ONCE {
            return self.reader_of(file, columns, conditions);
        }
        self.reader_of(all_of(file, &self.path)?, columns, conditions)
    }

    fn reader_of(
        &self,
        source: impl ChunkReader + 'static,
        columns: &[Column],
        conditions: &[Condition],
    ) -> Result<ParquetRecordBatchReader> {
        let projection = ProjectionMask::columns(self.footer.parquet_schema(), columns.iter().map(|column| column.name));
        let mut reader = ParquetRecordBatchReaderBuilder::new_with_metadata(source, self.footer.clone())
            .with_projection(projection)
            .with_batch_size(self.rows.clamp(1, BATCH_ROWS));
        if let Some(filter) = self.filter(conditions) {
            reader = reader.with_row_filter(filter);
        }
        Ok(reader.build()?)
    }

    /// Conditions as the Parquet reader checks them, before it decodes any other column; `None` if none leaves much out.
    fn filter(&self, conditions: &[Condition]) -> Option<RowFilter> {
        let selective = conditions.iter().filter_map(|condition| Some((condition.column(), condition.equal_to()?)));
        let predicates = selective.map(|(column, number)| {
            let column = ProjectionMask::columns(self.footer.parquet_schema(), [column]);
            Box::new(ArrowPredicateFn::new(column, move |batch| Ok(equal(batch.column(0), number)))) as Box<dyn ArrowPredicate>
        });
        let predicates: Vec<_> = predicates.collect();
        (!predicates.is_empty()).then(|| RowFilter::new(predicates))
    }

    /// The segment is broken, as this says.
    pub(crate) fn broken(&self, detail: String) -> StoreError {
        StoreError::Broken { segment: self.segment.clone(), detail }
    }

    /// What a failure to read means for the segment.
    fn diagnosed(&self, error: &StoreError) -> StoreError {
        if self.segment.exists() { self.broken(error.to_string()) } else { StoreError::Gone { segment: self.segment.clone() } }
    }
}

/// Where a column is a number. Of types that numbers do not have, all rows are kept for those who look at them later.
fn equal(numbers: &ArrayRef, number: u64) -> BooleanArray {
    match numbers.data_type() {
        DataType::UInt8 => BooleanArray::from_unary(numbers.as_primitive::<UInt8Type>(), |it| u64::from(it) == number),
        DataType::UInt16 => BooleanArray::from_unary(numbers.as_primitive::<UInt16Type>(), |it| u64::from(it) == number),
        DataType::UInt32 => BooleanArray::from_unary(numbers.as_primitive::<UInt32Type>(), |it| u64::from(it) == number),
        DataType::UInt64 => BooleanArray::from_unary(numbers.as_primitive::<UInt64Type>(), |it| it == number),
        _ => BooleanArray::from(vec![true; numbers.len()]),
    }
}

/// What a file says of itself, and all of it if that is little. Its own copy of the Arrow schema and its statistics are stepped over: the Parquet types say all
/// that is needed.
fn look_at(path: &Path) -> Result<(ArrowReaderMetadata, Option<Bytes>)> {
    let file = File::open(path).at("open", path)?;
    let options = ArrowReaderOptions::new()
        .with_skip_arrow_metadata(true)
        .with_column_stats_policy(ParquetStatisticsPolicy::SkipAll)
        .with_size_stats_policy(ParquetStatisticsPolicy::SkipAll)
        .with_encoding_stats_policy(ParquetStatisticsPolicy::SkipAll);
    if file.metadata().at("read", path)?.len() > KEPT {
        return Ok((ArrowReaderMetadata::load(&file, options)?, None));
    }
    let content = all_of(file, path)?;
    Ok((ArrowReaderMetadata::load(&content, options)?, Some(content)))
}

fn all_of(mut file: File, path: &Path) -> Result<Bytes> {
    let mut content = Vec::new();
    file.read_to_end(&mut content).at("read", path)?;
    Ok(content.into())
}
