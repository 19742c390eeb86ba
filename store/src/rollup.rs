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
use crate::fold::{Fold, parts};
use crate::layout::{INPUTS, Layout, sync_dir, sync_segment, write_synced};
use crate::older::is_optional;
use crate::plan::Planner;
use crate::segment::{RollUp, Segment, Tally};
use crate::spans::covered;
use crate::tables::{TABLES, file_of};
use crate::tree::{Bases, Node, Tree};

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
        let rows = fold.rows(&inputs)?;
        if rows == 0 && is_optional(table) {
            continue;
        }
        let parts = parts(rows);
        let batches = (0..parts).flat_map(|part| match sorted_part(&fold.clone().part(part, parts), table, &inputs) {
            Ok(rows) => batches_of(*table, rows),
            Err(error) => Box::new(std::iter::once(Err(error))) as Batches,
        });
        write_batches(&file_of(table, dir), &table.arrow_schema(), batches)?;
    }
    Ok(())
}

type Batches = Box<dyn Iterator<Item = Result<RecordBatch>>>;

/// One part of a sum. Neighbouring rows share most of their keys when they are in order, and then files are smaller and filters skip more.
fn sorted_part(fold: &Fold, table: &Table, inputs: &[PathBuf]) -> Result<DataFrame> {
    let keys: Vec<_> = table.with_role(schema::columns::Role::Key).collect();
    Ok(fold.run(inputs, Vec::new())?.sort(keys, SortMultipleOptions::default())?)
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
