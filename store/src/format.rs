//! In what format an answer leaves the house.

use std::str::FromStr;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringArray, TimestampMillisecondArray};
use arrow::csv::WriterBuilder;
use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use arrow::ipc::writer::StreamWriter;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use schema::Timestamp;

use crate::encode::{dense, properties};
use crate::error::Result;

/// A format of answers that programs read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Format {
    /// One JSON object: the answer as it is.
    #[default]
    Json,
    /// The flat table as comma-separated values with a heading.
    Csv,
    /// The flat table as one Parquet file.
    Parquet,
    /// The flat table as an Arrow IPC stream.
    Arrow,
}

/// A format of flat tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TableFormat {
    /// Comma-separated values with a heading.
    Csv,
    /// One Parquet file.
    Parquet,
    /// An Arrow IPC stream.
    Arrow,
}

/// The text names no format.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is no format; write json, csv, parquet or arrow")]
pub struct NotAFormat(pub String);

impl Format {
    /// All formats.
    pub const ALL: [Self; 4] = [Self::Json, Self::Csv, Self::Parquet, Self::Arrow];

    /// Its name in parameters and options.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }

    /// The format of its flat table; `None` for JSON, which has none.
    #[must_use]
    pub const fn table(self) -> Option<TableFormat> {
        match self {
            Self::Json => None,
            Self::Csv => Some(TableFormat::Csv),
            Self::Parquet => Some(TableFormat::Parquet),
            Self::Arrow => Some(TableFormat::Arrow),
        }
    }
}

impl FromStr for Format {
    type Err = NotAFormat;

    fn from_str(text: &str) -> Result<Self, NotAFormat> {
        Self::ALL.into_iter().find(|format| format.name() == text).ok_or_else(|| NotAFormat(text.to_owned()))
    }
}

/// The octets of a flat table.
///
/// # Errors
/// If a column is of a type that the format has no form for.
pub fn encode(batch: &RecordBatch, format: TableFormat) -> Result<Vec<u8>> {
    let mut octets = Vec::new();
    match format {
        TableFormat::Csv => WriterBuilder::new().with_header(true).build(&mut octets).write(&with_written_times(batch)?)?,
        TableFormat::Parquet => {
            let mut writer = ArrowWriter::try_new(&mut octets, batch.schema(), Some(properties(dense()?)))?;
            writer.write(batch)?;
            writer.close()?;
        }
        TableFormat::Arrow => {
            let mut writer = StreamWriter::try_new(&mut octets, &batch.schema())?;
            writer.write(batch)?;
            writer.finish()?;
        }
    }
    Ok(octets)
}

/// The table with its times as RFC 3339 text, as they are written everywhere else.
fn with_written_times(batch: &RecordBatch) -> Result<RecordBatch> {
    let columns = batch.schema_ref().fields().iter().zip(batch.columns()).map(|(field, array)| {
        let Some(times) = array.as_any().downcast_ref::<TimestampMillisecondArray>() else {
            return (Arc::clone(field), Arc::clone(array));
        };
        let texts: StringArray = times.iter().map(|millis| millis.map(|millis| Timestamp(millis).to_string())).collect();
        let field = Field::new(field.name(), DataType::Utf8, field.is_nullable());
        (Arc::new(field), Arc::new(texts) as ArrayRef)
    });
    let (fields, arrays): (Vec<FieldRef>, Vec<ArrayRef>) = columns.unzip();
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_read_their_names_and_refuse_others_in_a_sentence() {
        for format in Format::ALL {
            assert_eq!(format.name().parse(), Ok(format));
        }
        let refused = "xml".parse::<Format>().unwrap_err();
        assert_eq!(refused.to_string(), "`xml` is no format; write json, csv, parquet or arrow");
    }
}
