//! Sending windows to the warehouse, in the order in which its readers expect them.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use schema::columns::{Row, Table};
use schema::warehouse::{KEPT, MEMBERS, MemberRow, WINDOWS, WindowRow, name};
use schema::window::CELLS;
use schema::{Level, Timestamp, Window};

use super::ShippingError;
use super::files::{Files, together};
use crate::encode::{batch_of, dense, properties};
use crate::error::Result;
use crate::segment::{Base, BaseId};
use crate::warehouse::Client;

/// A warehouse as the shipper sees it.
#[derive(Debug)]
pub(crate) struct Warehouse {
    pub(crate) client: Client,
    /// The exchange of windows without rows.
    pub(crate) exchange: Arc<str>,
}

impl Warehouse {
    /// Sends windows together: that they are about to come, their rows, that all of them are there.
    ///
    /// Every step may be repeated. After an error none, some or all of the rows may be there; the same call again makes them all be there once.
    pub(crate) fn send(&self, token: &str, windows: &[Files]) -> Result<(), ShippingError> {
        self.tell(token, windows, "begun", |row| row)?;
        let cells_last = KEPT.into_iter().filter(|table| table.name != CELLS.name).chain([CELLS]);
        for table in cells_last {
            if let Some(file) = together(windows, &table)? {
                self.client.insert_parquet(&name(&table, Level::Minute), token, file)?;
            }
        }
        self.tell(token, windows, "finished", WindowRow::finished)
    }

    fn tell(&self, token: &str, windows: &[Files], what: &str, state: fn(WindowRow) -> WindowRow) -> Result<(), ShippingError> {
        let rows: Vec<WindowRow> = windows.iter().map(|files| state(self.row(files))).collect();
        Ok(self.client.insert_parquet(WINDOWS.name, &format!("{token}-{what}"), parquet_of(&rows)?)?)
    }

    fn row(&self, files: &Files) -> WindowRow {
        let Base { id, length, partial } = files.base;
        let window = Window { start: id.start, serial: id.serial, length, partial, ..Window::default() };
        WindowRow::begun(files.exchange.as_ref().unwrap_or(&self.exchange), &window)
    }

    /// The windows of this exchange that the warehouse has whole, of those that start in [`from`, `to`).
    pub(crate) fn windows(&self, from: Timestamp, to: Timestamp) -> Result<HashSet<BaseId>, ShippingError> {
        let mut question =
            String::from("SELECT toUnixTimestamp64Milli(time), serial FROM windows FINAL WHERE exchange = {exchange:String}");
        // Writing to a String cannot fail.
        let _ = write!(
            question,
            " AND finished = 1 AND toUnixTimestamp64Milli(time) >= {} AND toUnixTimestamp64Milli(time) < {}",
            from.0, to.0
        );
        let answer = self.client.ask(&question, &[("exchange", self.exchange.to_string())], "TabSeparated")?;
        let line = |line: &str| {
            let (start, serial) = line.split_once('\t')?;
            Some(BaseId { start: Timestamp(start.parse().ok()?), serial: serial.parse().ok()? })
        };
        Ok(String::from_utf8_lossy(&answer).lines().filter_map(line).collect())
    }

    /// Sends a version of the member list.
    pub(crate) fn send_members(&self, members: &[MemberRow]) -> Result<(), ShippingError> {
        let Some(first) = members.first() else { return Ok(()) };
        Ok(self.client.insert_parquet(MEMBERS.name, &format!("members-{}", first.time), parquet_of(members)?)?)
    }
}

/// Rows as a Parquet file.
fn parquet_of<R: Row>(rows: &[R]) -> Result<Bytes> {
    let table: Table = R::TABLE;
    let mut writer = ArrowWriter::try_new(Vec::new(), table.arrow_schema(), Some(properties(dense()?)))?;
    writer.write(&batch_of(rows)?)?;
    Ok(writer.into_inner()?.into())
}
