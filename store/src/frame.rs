//! Columns that grow, from rows in memory and from files, until polars takes them over.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{ArrowPrimitiveType, Float64Type, TimestampMillisecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type};
use arrow::record_batch::RecordBatch;
use polars_core::prelude::{Column as Series, DataFrame, IntoColumn, NamedFrom, PlSmallStr, StringChunkedBuilder};
use schema::columns::{Column, Kind, Row, Value};

use crate::error::Result;
use crate::older::stand_in;

/// Some columns of a table.
pub(crate) struct Frame {
    rows: usize,
    columns: Vec<(Column, Values)>,
}

/// The values of a column; times in milliseconds since 1970.
enum Values {
    Time(Vec<i64>),
    Text(StringChunkedBuilder),
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
    U64(Vec<u64>),
    F64(Vec<f64>),
}

impl Frame {
    /// No rows of these columns yet, with room for some.
    pub(crate) fn new(columns: &[Column], room: usize) -> Self {
        let columns = columns.iter().map(|column| (*column, Values::new(column, room))).collect();
        Self { rows: 0, columns }
    }

    /// How many rows it has.
    pub(crate) const fn rows(&self) -> usize {
        self.rows
    }

    /// Adds rows in memory.
    pub(crate) fn add_rows<R: Row>(&mut self, rows: &[R]) {
        for (column, values) in &mut self.columns {
            let Some(position) = R::TABLE.columns.iter().position(|known| known.name == column.name) else { continue };
            rows.iter().filter_map(|row| row.value(position)).for_each(|value| values.push(&value));
        }
        self.rows += rows.len();
    }

    /// Adds rows of a file; what it lacks because an older version wrote it gets the value that this means. An error names the column whose type is another.
    pub(crate) fn add_batch(&mut self, batch: &RecordBatch) -> Result<(), String> {
        for (column, values) in &mut self.columns {
            let added = match batch.column_by_name(column.name) {
                Some(array) => values.extend(array),
                None => values.repeat(&stand_in(column), batch.num_rows()),
            };
            added.ok_or_else(|| format!("its column `{}` is of another type", column.name))?;
        }
        self.rows += batch.num_rows();
        Ok(())
    }

    /// Hands the columns to polars.
    pub(crate) fn into_polars(self) -> Result<DataFrame> {
        let columns = self.columns.into_iter().map(|(column, values)| values.into_polars(column.name));
        Ok(DataFrame::new(self.rows, columns.collect())?)
    }
}

impl Values {
    fn new(column: &Column, room: usize) -> Self {
        match column.kind {
            Kind::Time => Self::Time(Vec::with_capacity(room)),
            Kind::Text => Self::Text(StringChunkedBuilder::new(PlSmallStr::from_static(column.name), room)),
            Kind::U8 => Self::U8(Vec::with_capacity(room)),
            Kind::U16 => Self::U16(Vec::with_capacity(room)),
            Kind::U32 => Self::U32(Vec::with_capacity(room)),
            Kind::U64 => Self::U64(Vec::with_capacity(room)),
            Kind::F64 => Self::F64(Vec::with_capacity(room)),
        }
    }

    /// Adds a value; one of another type is none of this column's, which rows of its table do not have.
    fn push(&mut self, value: &Value) {
        let _ = self.repeat(value, 1);
    }

    /// Adds a value so many times; `None` if it is of another type.
    fn repeat(&mut self, value: &Value, times: usize) -> Option<()> {
        match (self, value) {
            (Self::Time(values), Value::Time(time)) => values.extend(std::iter::repeat_n(time.millis(), times)),
            (Self::Text(values), Value::Text(text)) => (0..times).for_each(|_| values.append_value(&**text)),
            (Self::U8(values), Value::U8(number)) => values.extend(std::iter::repeat_n(*number, times)),
            (Self::U16(values), Value::U16(number)) => values.extend(std::iter::repeat_n(*number, times)),
            (Self::U32(values), Value::U32(number)) => values.extend(std::iter::repeat_n(*number, times)),
            (Self::U64(values), Value::U64(number)) => values.extend(std::iter::repeat_n(*number, times)),
            (Self::F64(values), Value::F64(number)) => values.extend(std::iter::repeat_n(*number, times)),
            _ => return None,
        }
        Some(())
    }

    /// Adds the values of a file's column; `None` if they are of another type.
    fn extend(&mut self, array: &ArrayRef) -> Option<()> {
        match self {
            Self::Time(values) => append::<TimestampMillisecondType>(values, array),
            Self::U8(values) => append::<UInt8Type>(values, array),
            Self::U16(values) => append::<UInt16Type>(values, array),
            Self::U32(values) => append::<UInt32Type>(values, array),
            Self::U64(values) => append::<UInt64Type>(values, array),
            Self::F64(values) => append::<Float64Type>(values, array),
            Self::Text(values) => {
                array.as_string_opt::<i32>()?.iter().for_each(|text| values.append_value(text.unwrap_or_default()));
                Some(())
            }
        }
    }

    fn into_polars(self, name: &'static str) -> Series {
        let name = PlSmallStr::from_static(name);
        match self {
            Self::Time(values) => polars_core::prelude::Series::new(name, values).into(),
            Self::Text(values) => values.finish().into_column(),
            Self::U8(values) => polars_core::prelude::Series::new(name, values).into(),
            Self::U16(values) => polars_core::prelude::Series::new(name, values).into(),
            Self::U32(values) => polars_core::prelude::Series::new(name, values).into(),
            Self::U64(values) => polars_core::prelude::Series::new(name, values).into(),
            Self::F64(values) => polars_core::prelude::Series::new(name, values).into(),
        }
    }
}

fn append<T: ArrowPrimitiveType>(values: &mut Vec<T::Native>, array: &ArrayRef) -> Option<()> {
    let array = array.as_primitive_opt::<T>()?;
    match array.nulls() {
        // No file of ours has any.
        Some(_) => values.extend(array.iter().map(Option::unwrap_or_default)),
        None => values.extend_from_slice(array.values()),
    }
    Some(())
}
