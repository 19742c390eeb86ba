//! Making a roll-up.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringArray, TimestampMillisecondArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array};
use arrow::record_batch::RecordBatch;
use polars_core::prelude::{DataFrame, SortMultipleOptions};
use schema::columns::{Column, Kind, Table};

use crate::bundle::step;
use crate::encode::{CHUNK, write_batches};
use crate::error::Result;
use crate::fold::Fold;
use crate::layout::{INPUTS, Layout, sync_dir, sync_segment, write_synced};
use crate::older::is_optional;
use crate::plan::Planner;
use crate::segment::{RollUp, Segment, Tally};
use crate::spans::covered;
use crate::tables::{TABLES, file_of};
use crate::tree::{Bases, Node, Tree};

/// Rows of a sum that is made at once: bounds memory, of which a row takes some two hundred octets. Only unknown addresses make more.
const PART_ROWS: usize = 1 << 18;

/// Parts into which a sum is cut at most: each reads all files again.
const MOST_PARTS: u64 = 64;

/// How many parts a part that was too large is cut into.
const MORE_PARTS: u64 = 4;

/// Sums up what a period holds and its roll-up lacks: the roll-up itself and the windows beside it, or all that is finer.
/// `None` if there is nothing to add.
///
/// The sum gets the next generation's name, so that it appears at once and whole beside the one that it replaces.
pub(crate) fn roll_up(tree: Tree<'_>, node: &Node<'_>) -> Result<Option<RollUp>> {
    let plan = Planner::new(tree, node.start, node.end(), node.level).node(node)?;
    if node.roll_up.is_some_and(|older| plan.segments == [Segment::RollUp(*older)]) {
        return Ok(None);
    }
    let mut held = tree.held(node)?;
    held.retain(|id, _| !plan.left_out.contains_key(id));
    let (measured, closed) = covered(held.values());
    let generation = node.roll_up.map_or(1, |older| older.generation + 1);
    let roll_up = RollUp { level: node.level, start: node.start, generation, tally: Tally::of(held.keys()), measured, closed };
    let tables = TABLES.map(|kept| kept.table);
    write(tree.layout, &roll_up, &tables, &plan.segments, |dir| write_synced(&dir.join(INPUTS), listed(&held).as_bytes()))?;
    Ok(Some(roll_up))
}

fn listed(held: &Bases) -> String {
    held.values().map(|base| format!("{base}\n")).collect()
}

/// Writes tables of a roll-up, and whatever else it has in its folder.
pub(crate) fn write(
    layout: &Layout,
    roll_up: &RollUp,
    tables: &[Table],
    inputs: &[Segment],
    write_more: impl FnOnce(&Path) -> Result<()>,
) -> Result<()> {
    let segment = Segment::RollUp(*roll_up);
    let dir = layout.begin(&segment)?;
    write_tables(layout, &dir, roll_up, tables, inputs)?;
    write_more(&dir)?;
    sync_segment(&dir)?;
    layout.finish(&dir, &segment)?;
    sync_dir(&layout.level(roll_up.level))
}

fn write_tables(layout: &Layout, dir: &Path, roll_up: &RollUp, tables: &[Table], inputs: &[Segment]) -> Result<()> {
    let inputs: Vec<_> = inputs.iter().map(|segment| layout.segment(segment)).collect();
    for table in tables {
        let fold = Fold::all(*table, Some(step(table, roll_up.level)));
        let (first, parts) = first_part(&fold, &inputs, PART_ROWS)?;
        if first.height() == 0 && is_optional(table) {
            continue;
        }
        let rest = (1..parts).map(|part| fold.clone().part(part, parts).run(&inputs, Vec::new()));
        let batches = std::iter::once(Ok(first)).chain(rest).flat_map(|part| match part.and_then(|rows| sorted(table, &rows)) {
            Ok(rows) => batches_of(*table, rows),
            Err(error) => Box::new(std::iter::once(Err(error))) as Batches,
        });
        write_batches(&file_of(table, dir), table, batches)?;
    }
    Ok(())
}

type Batches = Box<dyn Iterator<Item = Result<RecordBatch>>>;

/// The first part of a sum, and how many parts it has to be cut into: one, unless it is too large for that.
fn first_part(fold: &Fold, inputs: &[PathBuf], most: usize) -> Result<(DataFrame, u64)> {
    let mut parts = 1;
    while parts < MOST_PARTS {
        if let Some(first) = fold.clone().part(0, parts).run_within(inputs, most)? {
            return Ok((first, parts));
        }
        parts *= MORE_PARTS;
    }
    Ok((fold.clone().part(0, parts).run(inputs, Vec::new())?, parts))
}

/// Neighbouring rows share most of their keys when they are in order, and then files are smaller, filters skip more, and sums find the next row's place at once.
fn sorted(table: &Table, rows: &DataFrame) -> Result<DataFrame> {
    let keys: Vec<_> = table.with_role(schema::columns::Role::Key).collect();
    Ok(rows.sort(keys, SortMultipleOptions::default())?)
}

fn batches_of(table: Table, rows: DataFrame) -> Batches {
    Box::new((0..rows.height()).step_by(CHUNK).map(move |first| batch_of(&table, &rows, first)))
}

/// Lays a part of a sum out as the table's columns.
fn batch_of(table: &Table, rows: &DataFrame, first: usize) -> Result<RecordBatch> {
    let first = i64::try_from(first).unwrap_or(i64::MAX);
    let rows = rows.slice(first, CHUNK);
    let columns: Result<Vec<ArrayRef>> = table.columns.iter().map(|column| array_of(column, &rows)).collect();
    Ok(RecordBatch::try_new(table.arrow_schema(), columns?)?)
}

fn array_of(column: &Column, rows: &DataFrame) -> Result<ArrayRef> {
    let values = rows.column(column.name)?;
    Ok(match column.kind {
        Kind::Time => Arc::new(values.i64()?.iter().collect::<TimestampMillisecondArray>().with_timezone("UTC")),
        Kind::Text => Arc::new(values.str()?.iter().collect::<StringArray>()),
        Kind::U8 => Arc::new(values.u8()?.iter().collect::<UInt8Array>()),
        Kind::U16 => Arc::new(values.u16()?.iter().collect::<UInt16Array>()),
        Kind::U32 => Arc::new(values.u32()?.iter().collect::<UInt32Array>()),
        Kind::U64 => Arc::new(values.u64()?.iter().collect::<UInt64Array>()),
        Kind::F64 => Arc::new(values.f64()?.iter().collect::<Float64Array>()),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use schema::window::{CELLS, CellRow};
    use schema::{Level, Timestamp, Window};

    use super::*;
    use crate::{Journal, Options};

    /// A journal of some minutes, in which a flood of addresses that nobody knows is sent to one member, and where its windows are.
    fn flooded(dir: &Path) -> Vec<PathBuf> {
        let mut journal = Journal::open(dir, Options::default()).unwrap();
        for minute in 0..3_u64 {
            let start = Timestamp(60_000 * i64::try_from(minute).unwrap());
            let cell =
                |mac: u64| CellRow { time: start, exchange: "ix".into(), src_mac: mac, dst_asn: 64_500, bytes: mac, ..CellRow::default() };
            let cells = (minute..minute + 100).map(cell).collect();
            journal.append(&Window { start, length: Duration::from_secs(60), serial: minute, cells, ..Window::default() }).unwrap();
        }
        let mut windows: Vec<PathBuf> = std::fs::read_dir(dir.join("journal/1m")).unwrap().map(|entry| entry.unwrap().path()).collect();
        windows.sort();
        windows
    }

    #[test]
    fn a_sum_that_is_too_large_is_made_part_by_part() {
        let dir = tempfile::tempdir().unwrap();
        let inputs = flooded(dir.path());
        let fold = Fold::all(CELLS, Some(Level::Hour.span()));
        let whole = fold.run(&inputs, Vec::new()).unwrap();
        assert_eq!((whole.height(), first_part(&fold, &inputs, 102).unwrap().1), (102, 1));
        let (first, parts) = first_part(&fold, &inputs, 30).unwrap();
        assert_eq!(parts, 4);
        let rest = (1..parts).map(|part| fold.clone().part(part, parts).run(&inputs, Vec::new()).unwrap());
        let mut macs = BTreeSet::new();
        let mut bytes = 0;
        for part in std::iter::once(first).chain(rest) {
            assert!((20..=30).contains(&part.height()), "{}", part.height());
            macs.extend(part.column("src_mac").unwrap().u64().unwrap().iter().flatten());
            bytes += part.column("bytes").unwrap().u64().unwrap().iter().flatten().sum::<u64>();
        }
        assert_eq!(macs, (0..102).collect());
        assert_eq!(bytes, (0..3).map(|minute| (minute..minute + 100).sum::<u64>()).sum::<u64>());
    }

    #[test]
    fn a_sum_that_no_cutting_makes_small_is_made_all_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let inputs = flooded(dir.path());
        let fold = Fold::all(CELLS, Some(Level::Hour.span()));
        let (first, parts) = first_part(&fold, &inputs, 0).unwrap();
        assert_eq!(parts, MOST_PARTS);
        assert!((1..=4).contains(&first.height()), "{}", first.height());
    }
}
