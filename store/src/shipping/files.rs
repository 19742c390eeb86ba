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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use arrow::array::AsArray;
    use arrow::datatypes::UInt64Type;
    use parquet::arrow::ArrowWriter;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use schema::window::{CELLS, CellRow, EXPORTERS, ExporterRow, PORTS};
    use schema::{Timestamp, Window};

    use super::*;
    use crate::encode::batch_of;
    use crate::{Journal, Options};

    const START: Timestamp = Timestamp(1_795_219_200_000);

    fn window(number: u64, cells: u64) -> Window {
        let start = START.plus(Duration::from_secs(60 * number));
        let cell = |number| CellRow { time: start, exchange: "ix".into(), bytes: number, ..CellRow::default() };
        Window { start, length: Duration::from_secs(60), serial: number, cells: (0..cells).map(cell).collect(), ..Window::default() }
    }

    fn read(dir: &Path, windows: &[Window]) -> Vec<Files> {
        let mut journal = Journal::open(dir, Options::default()).unwrap();
        for window in windows {
            journal.append(window).unwrap();
        }
        windows.iter().map(|window| Files::read(&Layout::new(dir), Base::of(window)).unwrap()).collect()
    }

    fn column(file: Bytes, name: &str) -> Vec<u64> {
        let batches = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
        batches.flat_map(|batch| batch.unwrap().column_by_name(name).unwrap().as_primitive::<UInt64Type>().values().to_vec()).collect()
    }

    #[test]
    fn files_put_together_have_the_rows_of_all_in_their_order() {
        let dir = tempfile::tempdir().unwrap();
        let files = read(dir.path(), &[window(0, 3), window(1, 0), window(2, 20_000), window(3, 1)]);
        assert_eq!(files.iter().map(Files::rows).sum::<u64>(), 20_004);
        let together = together(&files, &CELLS).unwrap().unwrap();
        assert_eq!(column(together, "bytes"), [0, 1, 2].into_iter().chain(0..20_000).chain([0]).collect::<Vec<u64>>());
        assert_eq!(super::together(&files, &PORTS).unwrap(), None, "nobody has rows");
        let one = super::together(&files[..1], &CELLS).unwrap().unwrap();
        let as_it_lies = fs::read(file_of(&CELLS, &Layout::new(dir.path()).segment(&Segment::Base(files[0].base)))).unwrap();
        assert_eq!(one, as_it_lies, "one alone goes as it lies");
    }

    #[test]
    fn rows_of_several_exchanges_are_not_sent() {
        let dir = tempfile::tempdir().unwrap();
        let mut mixed = window(0, 3);
        mixed.cells[1].exchange = "another".into();
        let mut journal = Journal::open(dir.path(), Options::default()).unwrap();
        journal.append(&mixed).unwrap();
        let refused = Files::read(&Layout::new(dir.path()), Base::of(&mixed)).err().unwrap();
        assert!(refused.to_string().contains("several exchanges"), "{refused}");
    }

    #[test]
    fn a_file_of_an_older_version_is_completed() {
        let dir = tempfile::tempdir().unwrap();
        let files = read(dir.path(), &[window(0, 1)]);
        let path = file_of(&EXPORTERS, &Layout::new(dir.path()).segment(&Segment::Base(files[0].base)));
        let rows = batch_of(&[ExporterRow { exchange: "ix".into(), datagrams: 5, ..ExporterRow::default() }]).unwrap();
        let older: Vec<usize> = (0..rows.num_columns())
            .filter(|at| !["protocol", "flow_records"].contains(&rows.schema().field(*at).name().as_str()))
            .collect();
        let rows = rows.project(&older).unwrap();
        let mut writer = ArrowWriter::try_new(fs::File::create(&path).unwrap(), rows.schema(), None).unwrap();
        writer.write(&rows).unwrap();
        writer.close().unwrap();
        let files = [Files::read(&Layout::new(dir.path()), files[0].base).unwrap()];
        let sent = together(&files, &EXPORTERS).unwrap().unwrap();
        let batch = ParquetRecordBatchReaderBuilder::try_new(sent).unwrap().build().unwrap().next().unwrap().unwrap();
        assert_eq!(batch.schema().fields(), EXPORTERS.arrow_schema().fields());
        assert_eq!(batch.column_by_name("protocol").unwrap().as_string::<i32>().value(0), "sflow5");
        assert_eq!(batch.column_by_name("datagrams").unwrap().as_primitive::<UInt64Type>().value(0), 5);
    }
}
