//! The files of windows as they are sent: as they lie on disk, and several of a table put together without being decoded.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::AsBytes;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::file::properties::WriterProperties;
use parquet::file::statistics::Statistics;
use parquet::file::writer::SerializedFileWriter;
use schema::columns::Table;

use super::older;
use crate::error::{At, Result, StoreError};
use crate::layout::Layout;
use crate::older::{is_optional, missing_columns};
use crate::segment::{Base, Segment};
use crate::tables::{TABLES, file_of};

/// A window's files.
pub(crate) struct Files {
    pub(crate) base: Base,
    /// The exchange that its rows name; `None` if it has no rows.
    pub(crate) exchange: Option<Arc<str>>,
    /// Those with rows.
    tables: Vec<Content>,
}

/// A table's file.
struct Content {
    table: Table,
    octets: Bytes,
    footer: ParquetMetaData,
}

impl Files {
    /// Reads the files of a window.
    pub(crate) fn read(layout: &Layout, base: Base) -> Result<Self> {
        let segment = layout.segment(&Segment::Base(base));
        let mut files = Self { base, exchange: None, tables: Vec::new() };
        for kept in TABLES {
            let Some(content) = Content::read(kept.table, &segment)? else { continue };
            for exchange in content.exchanges() {
                if files.exchange.as_ref().is_some_and(|known| **known != *exchange) {
                    return Err(StoreError::Broken { segment, detail: "its rows name several exchanges".into() });
                }
                files.exchange = Some(exchange);
            }
            files.tables.push(content);
        }
        Ok(files)
    }

    /// Octets of all of them.
    pub(crate) fn octets(&self) -> u64 {
        self.tables.iter().map(|content| content.octets.len() as u64).sum()
    }

    /// Rows of all of them.
    pub(crate) fn rows(&self) -> u64 {
        self.tables.iter().map(|content| content.rows()).sum()
    }
}

/// One file with a table's rows of all windows; `None` if they have none.
pub(crate) fn together(windows: &[Files], table: &Table) -> Result<Option<Bytes>> {
    let contents: Vec<&Content> =
        windows.iter().flat_map(|files| &files.tables).filter(|content| content.table.name == table.name).collect();
    match contents[..] {
        [] => Ok(None),
        [one] => Ok(Some(one.octets.clone())),
        _ => Ok(Some(concatenated(&contents)?)),
    }
}

/// Copies column after column, packed as they are.
fn concatenated(contents: &[&Content]) -> Result<Bytes> {
    let Some(first) = contents.first() else { return Ok(Bytes::new()) };
    let schema = first.footer.file_metadata().schema_descr().root_schema_ptr();
    let properties = WriterProperties::builder().set_key_value_metadata(first.footer.file_metadata().key_value_metadata().cloned());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties.build()))?;
    for content in contents {
        for group in content.footer.row_groups() {
            let mut copied = writer.next_row_group()?;
            for column in group.columns() {
                let close = ColumnCloseResult {
                    bytes_written: column.compressed_size().unsigned_abs(),
                    rows_written: group.num_rows().unsigned_abs(),
                    metadata: column.clone(),
                    bloom_filter: None,
                    column_index: None,
                    offset_index: None,
                };
                copied.append_column(&content.octets, close)?;
            }
            copied.close()?;
        }
    }
    Ok(writer.into_inner()?.into())
}

impl Content {
    /// The table's file of a segment; `None` if it has no rows.
    fn read(table: Table, segment: &Path) -> Result<Option<Self>> {
        let path = file_of(&table, segment);
        let octets = match fs::read(&path).at("read", &path) {
            Ok(octets) => Bytes::from(octets),
            Err(_) if !segment.exists() => return Err(StoreError::Gone { segment: segment.to_owned() }),
            Err(error) if error.is_not_found() && is_optional(&table) => return Ok(None),
            Err(error) => return Err(StoreError::Broken { segment: segment.to_owned(), detail: error.to_string() }),
        };
        let broken = |detail: String| StoreError::Broken { segment: segment.to_owned(), detail };
        let content = Self::of(table, octets).map_err(|error| broken(error.to_string()))?;
        let is_there = |name: &str| content.footer.file_metadata().schema_descr().columns().iter().any(|column| column.name() == name);
        let missing =
            missing_columns(&table, is_there).map_err(|lost| broken(format!("its table `{}` has no column `{lost}`", table.name)))?;
        let content = if missing.is_empty() { content } else { Self::of(table, older::completed(&table, content.octets)?)? };
        Ok((content.rows() > 0).then_some(content))
    }

    fn of(table: Table, octets: Bytes) -> Result<Self> {
        let footer = ParquetMetaDataReader::new().parse_and_finish(&octets)?;
        Ok(Self { table, octets, footer })
    }

    fn rows(&self) -> u64 {
        self.footer.file_metadata().num_rows().unsigned_abs()
    }

    /// The exchanges that its rows name, as its statistics say.
    fn exchanges(&self) -> Vec<Arc<str>> {
        let columns = self.footer.row_groups().iter().flat_map(|group| group.columns());
        let statistics = columns.filter(|column| column.column_path().string() == "exchange").filter_map(|column| column.statistics());
        let bounds = statistics.filter_map(|statistics| match statistics {
            Statistics::ByteArray(values) => Some([values.min_opt()?, values.max_opt()?]),
            _ => None,
        });
        bounds.flatten().map(|name| String::from_utf8_lossy(name.as_bytes()).as_ref().into()).collect()
    }
}
