//! Rows to columns, and columns to Parquet.
//!
//! There is one encoder for every table: the columns come from [`schema::columns`].

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Float64Builder, StringBuilder, TimestampMillisecondBuilder, UInt8Builder, UInt16Builder, UInt32Builder, UInt64Builder,
};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use schema::columns::{Column, Kind, Row, Table, Value};
use schema::window::CELLS;

use crate::error::{At, Result};

/// Rows that are laid out at a time: bounds the memory of a large window.
pub(crate) const CHUNK: usize = 16_384;

/// Rows of a row group: bounds what the writer holds before it writes.
const ROW_GROUP: usize = 131_072;

/// zstd's level: beyond it files hardly shrink, and the time to write them grows.
const ZSTD_LEVEL: i32 = 3;

/// Writes rows to a new Parquet file.
pub(crate) fn write_rows<R: Row>(path: &Path, rows: &[R]) -> Result<()> {
    write_batches(path, &R::TABLE, rows.chunks(CHUNK).map(batch_of))
}

/// Writes batches of a table to a new Parquet file.
pub(crate) fn write_batches(path: &Path, table: &Table, batches: impl IntoIterator<Item = Result<RecordBatch>>) -> Result<()> {
    let file = File::create(path).at("create", path)?;
    let mut writer = ArrowWriter::try_new(file, table.arrow_schema(), Some(properties(compression(table)?)))?;
    for batch in batches {
        writer.write(&batch?)?;
    }
    writer.close()?;
    Ok(())
}

/// How the file of a table is compressed.
///
/// The matrix is nearly all of a journal. Files of the other tables are small and many, and to read them with zstd takes longer to prepare for each of their columns
/// than to decompress it.
fn compression(table: &Table) -> Result<Compression> {
    if table.name == CELLS.name { dense() } else { Ok(Compression::LZ4_RAW) }
}

/// What makes files small.
pub(crate) fn dense() -> Result<Compression> {
    Ok(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
}

/// How every Parquet file here is written.
pub(crate) fn properties(compression: Compression) -> WriterProperties {
    WriterProperties::builder()
        .set_compression(compression)
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .build()
}

/// Lays rows out as columns.
pub(crate) fn batch_of<R: Row>(rows: &[R]) -> Result<RecordBatch> {
    let columns = R::TABLE.columns.iter().enumerate().map(|(position, column)| array_of(rows, position, column)).collect();
    Ok(RecordBatch::try_new(R::TABLE.arrow_schema(), columns)?)
}

fn array_of<R: Row>(rows: &[R], position: usize, column: &Column) -> ArrayRef {
    let values = rows.iter().filter_map(|row| row.value(position));
    macro_rules! built {
        ($builder:expr, $kind:ident, $value:ident => $native:expr) => {{
            let mut builder = $builder;
            for value in values {
                if let Value::$kind($value) = value {
                    builder.append_value($native);
                }
            }
            Arc::new(builder.finish())
        }};
    }
    let rows = rows.len();
    match column.kind {
        Kind::Time => built!(TimestampMillisecondBuilder::with_capacity(rows).with_timezone("UTC"), Time, time => time.millis()),
        Kind::Text => built!(StringBuilder::new(), Text, text => text),
        Kind::U8 => built!(UInt8Builder::with_capacity(rows), U8, number => number),
        Kind::U16 => built!(UInt16Builder::with_capacity(rows), U16, number => number),
        Kind::U32 => built!(UInt32Builder::with_capacity(rows), U32, number => number),
        Kind::U64 => built!(UInt64Builder::with_capacity(rows), U64, number => number),
        Kind::F64 => built!(Float64Builder::with_capacity(rows), F64, number => number),
    }
}
