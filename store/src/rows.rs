//! From summed columns back to typed rows, for the small tables of which all columns are shown.

use polars_core::prelude::DataFrame;
use schema::columns::{Column, Kind, Row, Value};
use schema::{Timestamp, Window};

use crate::error::Result;
use crate::fold::Fold;
use crate::reader::Sources;

/// One row for all rows that differ in their time alone; its time is the latest.
pub(crate) fn collapsed<R: Row>(sources: &Sources, rows_of: impl Fn(&Window) -> &[R]) -> Result<Vec<R>> {
    rows(&sources.summed(&Fold::all(R::TABLE, None), rows_of)?)
}

fn rows<R: Row>(frame: &DataFrame) -> Result<Vec<R>> {
    let columns: Result<Vec<Vec<Value>>> = R::TABLE.columns.iter().map(|column| values(frame, column)).collect();
    let columns = columns?;
    let row = |position: usize| R::from_values(columns.iter().filter_map(|column| column.get(position).cloned()));
    Ok((0..frame.height()).filter_map(row).collect())
}

fn values(frame: &DataFrame, column: &Column) -> Result<Vec<Value>> {
    let values = frame.column(column.name)?;
    Ok(match column.kind {
        Kind::Time => values.i64()?.iter().flatten().map(|millis| Value::Time(Timestamp(millis))).collect(),
        Kind::Text => values.str()?.iter().flatten().map(|text| Value::Text(text.into())).collect(),
        Kind::U8 => values.u8()?.iter().flatten().map(Value::U8).collect(),
        Kind::U16 => values.u16()?.iter().flatten().map(Value::U16).collect(),
        Kind::U32 => values.u32()?.iter().flatten().map(Value::U32).collect(),
        Kind::U64 => values.u64()?.iter().flatten().map(Value::U64).collect(),
        Kind::F64 => values.f64()?.iter().flatten().map(Value::F64).collect(),
    })
}
