//! Reading a table's file: of the columns that are wanted, and of nothing else.

use std::fs::File;
use std::path::{Path, PathBuf};

use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use schema::columns::{Column, Table};

use crate::error::{At, Result, StoreError};
use crate::frame::Frame;
use crate::older::{is_optional, missing_columns};
use crate::tables::file_of;

/// A file of a table.
pub(crate) struct TableFile {
    segment: PathBuf,
    path: PathBuf,
    footer: ArrowReaderMetadata,
    pub(crate) rows: usize,
}

impl TableFile {
    /// The table's file of a segment; `None` if the segment has no rows of it and so no file.
    pub(crate) fn open(table: &Table, segment: &Path) -> Result<Option<Self>> {
        let path = file_of(table, segment);
        let broken = |detail| Err(StoreError::Broken { segment: segment.to_owned(), detail });
        let footer = match footer_of(&path) {
            Ok(footer) => footer,
            Err(_) if !segment.exists() => return Err(StoreError::Gone { segment: segment.to_owned() }),
            Err(error) if error.is_not_found() && is_optional(table) => return Ok(None),
            Err(error) => return broken(error.to_string()),
        };
        if let Err(lost) = missing_columns(table, |name| footer.schema().column_with_name(name).is_some()) {
            return broken(format!("its table `{}` has no column `{lost}`", table.name));
        }
        let rows = usize::try_from(footer.metadata().file_metadata().num_rows()).unwrap_or_default();
        Ok(Some(Self { segment: segment.to_owned(), path, footer, rows }))
    }

    /// Adds its rows to a frame.
    pub(crate) fn read_into(&self, frame: &mut Frame) -> Result<()> {
        self.try_read_into(frame).map_err(|error| self.diagnosed(&error))
    }

    fn try_read_into(&self, frame: &mut Frame) -> Result<()> {
        let file = File::open(&self.path).at("open", &self.path)?;
        let wanted = frame.columns().map(|column: &Column| column.name);
        let projection = ProjectionMask::columns(self.footer.parquet_schema(), wanted);
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.footer.clone())
            .with_projection(projection)
            .with_batch_size(self.rows.clamp(1, BATCH_ROWS))
            .build()?;
        for batch in reader {
            frame.add_batch(&batch?).map_err(|detail| StoreError::Broken { segment: self.segment.clone(), detail })?;
        }
        Ok(())
    }

    /// What a failure to read means for the segment.
    fn diagnosed(&self, error: &StoreError) -> StoreError {
        let segment = self.segment.clone();
        if segment.exists() { StoreError::Broken { segment, detail: error.to_string() } } else { StoreError::Gone { segment } }
    }
}

/// Rows that are decoded at a time.
const BATCH_ROWS: usize = 1 << 14;

/// What a file says of itself. Its own copy of the Arrow schema is stepped over: the Parquet types say all that is needed.
fn footer_of(path: &Path) -> Result<ArrowReaderMetadata> {
    let file = File::open(path).at("open", path)?;
    Ok(ArrowReaderMetadata::load(&file, ArrowReaderOptions::new().with_skip_arrow_metadata(true))?)
}
