//! Files that an older version wrote: completed with the values that its absent columns stand for, which only this program knows.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringArray, TimestampMillisecondArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array};
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use schema::columns::{Column, Table, Value};

use crate::encode::{dense, properties};
use crate::error::Result;
use crate::older::stand_in;

/// The same rows with all columns of the table, in its order.
pub(super) fn completed(table: &Table, file: Bytes) -> Result<Bytes> {
    let mut writer = ArrowWriter::try_new(Vec::new(), table.arrow_schema(), Some(properties(dense()?)))?;
    for batch in ParquetRecordBatchReaderBuilder::try_new(file)?.build()? {
        let batch = batch?;
        let columns = table.columns.iter().map(|column| match batch.column_by_name(column.name) {
            Some(values) => Arc::clone(values),
            None => repeated(column, batch.num_rows()),
        });
        writer.write(&RecordBatch::try_new(table.arrow_schema(), columns.collect())?)?;
    }
    Ok(writer.into_inner()?.into())
}

fn repeated(column: &Column, rows: usize) -> ArrayRef {
    match stand_in(column) {
        Value::Time(time) => Arc::new(TimestampMillisecondArray::from_value(time.millis(), rows).with_timezone("UTC")),
        Value::Text(text) => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, rows))),
        Value::U8(number) => Arc::new(UInt8Array::from_value(number, rows)),
        Value::U16(number) => Arc::new(UInt16Array::from_value(number, rows)),
        Value::U32(number) => Arc::new(UInt32Array::from_value(number, rows)),
        Value::U64(number) => Arc::new(UInt64Array::from_value(number, rows)),
        Value::F64(number) => Arc::new(Float64Array::from_value(number, rows)),
    }
}
