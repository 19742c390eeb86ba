//! The tables of a segment: the one list of them, which writing, roll-ups and reading share.

use std::path::{Path, PathBuf};

use schema::Window;
use schema::columns::{Row, Table};
use schema::window::{CELLS, EXPORTERS, LISTENERS, PORT_SAMPLES, PORTS};

use crate::encode::write_rows;
use crate::error::Result;
use crate::older::is_optional;

/// A table as it is kept in segments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    pub(crate) table: Table,
    /// Writes a window's rows of the table to a file.
    write: fn(&Window, &Path) -> Result<()>,
}

/// All tables of a segment.
pub(crate) const TABLES: [Kept; 5] = [
    Kept { table: CELLS, write: |window, path| write(path, &window.cells) },
    Kept { table: PORTS, write: |window, path| write(path, &window.ports) },
    Kept { table: EXPORTERS, write: |window, path| write(path, &window.exporters) },
    Kept { table: PORT_SAMPLES, write: |window, path| write(path, &window.port_samples) },
    Kept { table: LISTENERS, write: |window, path| write(path, &window.listeners) },
];

impl Kept {
    /// Writes a window's rows of this table into the folder of its segment.
    pub(crate) fn write(&self, window: &Window, segment: &Path) -> Result<()> {
        (self.write)(window, &file_of(&self.table, segment))
    }
}

/// A table's file in a segment.
pub(crate) fn file_of(table: &Table, segment: &Path) -> PathBuf {
    segment.join(format!("{}.parquet", table.name))
}

fn write<R: Row>(path: &Path, rows: &[R]) -> Result<()> {
    if rows.is_empty() && is_optional(&R::TABLE) {
        return Ok(());
    }
    write_rows(path, rows)
}
