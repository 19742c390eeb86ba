//! Statements that make the tables of windows, their roll-ups, and what sums one up into the other.

use std::cmp::Ordering;

use super::keep::Keep;
use super::place::{Form, quoted, text};
use super::rows::{MEMBERS, WINDOWS};
use crate::Level;
use crate::columns::{Column, Kind, Role, Table};
use crate::window::{CELLS, EXPORTERS, LISTENERS, PORT_SAMPLES, PORTS};

/// The tables of a window, which the warehouse has at every level.
pub const KEPT: [Table; 5] = [CELLS, PORTS, EXPORTERS, PORT_SAMPLES, LISTENERS];

/// The name of a window's table at a level, as in `cells_5m`.
#[must_use]
pub fn name(table: &Table, level: Level) -> String {
    format!("{}_{}", table.name, level.name())
}

/// Everything that the tables of windows need, in order: the tables, their distributed forms, then the views.
pub(super) fn of_windows(form: &Form, keep: &Keep, is_there: &dyn Fn(&Table, &Column) -> bool) -> Vec<String> {
    let mut statements = Vec::new();
    for table in &KEPT {
        let columns: Vec<Column> = table.columns.iter().filter(|column| is_there(table, column)).copied().collect();
        for level in Level::ALL {
            statements.push(stored(form, table, &columns, level, keep));
            statements.extend(form.distributed(&name(table, level)));
        }
        statements.extend(Level::ALL.into_iter().filter_map(|level| view(form, table, &columns, level)));
    }
    statements
}

/// Everything that columns which come with one step need: the columns in the tables of every level, in their order where they are keys, and in the views that sum levels up. `since`
/// compares the step by which a column comes with this one.
///
/// The tables are changed before the views that write to them. What comes meanwhile has nothing in these columns.
pub(super) fn added(form: &Form, since: &dyn Fn(&Table, &Column) -> Ordering) -> Vec<String> {
    let mut statements = Vec::new();
    for table in &KEPT {
        let columns: Vec<Column> = table.columns.iter().filter(|column| since(table, column).is_le()).copied().collect();
        let is_new = |column: &Column| since(table, column).is_eq();
        if !columns.iter().any(is_new) {
            continue;
        }
        Level::ALL.iter().for_each(|level| statements.extend(with_columns(form, table, &columns, *level, &is_new)));
        statements.extend(Level::ALL.into_iter().filter_map(|level| {
            let (name, question) = question(form, table, &columns, level)?;
            Some(format!("ALTER TABLE {name}{} MODIFY QUERY {question}", form.everywhere()))
        }));
    }
    statements
}

/// Adds columns to a table of one level and to its distributed form, each behind the one before it. A key belongs to the table's order, or rows that differ in it would become one.
fn with_columns(form: &Form, table: &Table, columns: &[Column], level: Level, is_new: &dyn Fn(&Column) -> bool) -> Vec<String> {
    let (name, everywhere) = (name(table, level), form.everywhere());
    let rolled_up = level != Level::Minute;
    let behind = columns.windows(2).filter_map(|pair| match pair {
        [before, column] if is_new(column) => Some((before.name, column)),
        _ => None,
    });
    let line = |(before, column)| format!("    ADD COLUMN IF NOT EXISTS {} AFTER {before}", definition(column, rolled_up));
    let lines: Vec<String> = behind.map(line).collect();
    let lines = lines.join(",\n");
    let has_new_key = columns.iter().any(|column| is_new(column) && column.role == Role::Key);
    let ordered = if has_new_key { format!(",\n    MODIFY ORDER BY ({})", order(columns)) } else { String::new() };
    let mut statements = vec![format!("ALTER TABLE {}{everywhere}\n{lines}{ordered}", form.stored(&name))];
    if form.distributed(&name).is_some() {
        statements.push(format!("ALTER TABLE {name}{everywhere}\n{lines}"));
    }
    statements
}

/// The tables that only the warehouse has, and the view of the latest names.
pub(super) fn of_the_warehouse(form: &Form) -> Vec<String> {
    let mut statements = vec![versioned(form, &WINDOWS, "toYYYYMM(time)", Some("finished"))];
    statements.extend(form.distributed(WINDOWS.name));
    statements.push(versioned(form, &MEMBERS, "toYear(time)", None));
    statements.extend(form.distributed(MEMBERS.name));
    let names = format!("SELECT exchange, asn, argMax(name, time) AS name, argMax(speed, time) AS speed\nFROM {}\n", MEMBERS.name);
    let everywhere = form.everywhere();
    statements.push(format!("CREATE VIEW IF NOT EXISTS member_names{everywhere} AS\n{names}GROUP BY exchange, asn"));
    statements
}

/// The statement that sets how long a level of a table is kept.
#[must_use]
pub fn kept(form: &Form, table: &Table, level: Level, keep: &Keep) -> String {
    let (stored, everywhere) = (form.stored(&name(table, level)), form.everywhere());
    match ttl(level, keep) {
        Some(ttl) => format!("ALTER TABLE {stored}{everywhere} MODIFY TTL {ttl}"),
        None => format!("ALTER TABLE {stored}{everywhere} REMOVE TTL"),
    }
}

/// The name of the table that holds a level's rows itself.
#[must_use]
pub fn stored_name(form: &Form, table: &Table, level: Level) -> String {
    form.stored(&name(table, level))
}

/// The statement that makes the database.
#[must_use]
pub fn database(form: &Form, database: &str) -> String {
    format!("CREATE DATABASE IF NOT EXISTS {}{}", quoted(database), form.everywhere())
}

/// When rows of a level are dropped; `None` for never.
#[must_use]
pub fn ttl(level: Level, keep: &Keep) -> Option<String> {
    let keep = keep.of(level)?;
    Some(format!("toDateTime(time) + toIntervalSecond({})", keep.saturating_add(level.span()).as_secs()))
}

/// A table of one level. The finest has rows as they come; in coarser ones rows with the same keys become one when parts are merged.
fn stored(form: &Form, table: &Table, columns: &[Column], level: Level, keep: &Keep) -> String {
    let (name, rolled_up) = (name(table, level), level != Level::Minute);
    let family = if rolled_up { "AggregatingMergeTree" } else { "MergeTree" };
    let ttl = ttl(level, keep).map_or_else(String::new, |ttl| format!("\nTTL {ttl}"));
    let settings = format!("ttl_only_drop_parts = 1, {}", form.remembering());
    let partition = partition(level);
    made(form, &name, columns, rolled_up, &form.engine(family, &name, None), partition, &format!("{ttl}\nSETTINGS {settings}"))
}

/// A table in which a row takes the place of one with the same keys: the one with the larger version, or the later one.
fn versioned(form: &Form, table: &Table, partition: &str, version: Option<&str>) -> String {
    made(form, table.name, table.columns, false, &form.engine("ReplacingMergeTree", table.name, version), partition, "")
}

fn made(form: &Form, name: &str, columns: &[Column], rolled_up: bool, engine: &str, partition: &str, rest: &str) -> String {
    let (stored, everywhere) = (form.stored(name), form.everywhere());
    let lines: Vec<String> = columns.iter().map(|column| format!("    {}", definition(column, rolled_up))).collect();
    let (lines, order) = (lines.join(",\n"), order(columns));
    format!(
        "CREATE TABLE IF NOT EXISTS {stored}{everywhere}\n(\n{lines}\n)\nENGINE = {engine}\nPARTITION BY {partition}\nORDER BY ({order}){rest}"
    )
}

/// What a level's tables are cut into, and dropped by: some tens or hundreds of partitions, whatever is kept.
const fn partition(level: Level) -> &'static str {
    match level {
        Level::Minute => "toDate(time)",
        Level::FiveMinutes | Level::Hour => "toYYYYMM(time)",
        Level::Day | Level::FiveDays | Level::ThirtyDays => "toYear(time)",
    }
}

/// The exchange first, then the time: so a question reads its exchange's rows of its span, and nothing else. The rest are the other keys, which rows must have in
/// common to become one.
fn order(columns: &[Column]) -> String {
    let keys = columns.iter().filter(|column| column.role == Role::Key && !["exchange", "time"].contains(&column.name));
    let names: Vec<&str> = ["exchange", "time"].into_iter().chain(keys.map(|column| column.name)).collect();
    names.join(", ")
}

/// A column's line. The roll-ups' columns say how they are summed; of the smallest above zero, none is null.
pub(super) fn definition(column: &Column, rolled_up: bool) -> String {
    let plain = plain_type(column);
    let kind = match (rolled_up, function(column.role)) {
        (true, Some(function)) if column.role == Role::Min => format!("SimpleAggregateFunction({function}, Nullable({plain}))"),
        (true, Some(function)) => format!("SimpleAggregateFunction({function}, {plain})"),
        _ => plain.to_owned(),
    };
    let doc = if column.unit.is_empty() { column.doc.trim().to_owned() } else { format!("{} [{}]", column.doc.trim(), column.unit) };
    format!("{} {kind} COMMENT {} CODEC({})", column.name, text(&doc), codec(column.kind))
}

/// The function by which a roll-up sums a column; `None` for a key.
const fn function(role: Role) -> Option<&'static str> {
    match role {
        Role::Key => None,
        Role::Sum => Some("sum"),
        Role::Max => Some("max"),
        Role::Min => Some("min"),
    }
}

/// A text that is a key is one of few; a name may be any.
const fn plain_type(column: &Column) -> &'static str {
    match (column.kind, column.role) {
        (Kind::Time, _) => "DateTime64(3, 'UTC')",
        (Kind::Text, Role::Key) => "LowCardinality(String)",
        (Kind::Text, _) => "String",
        (Kind::U8, _) => "UInt8",
        (Kind::U16, _) => "UInt16",
        (Kind::U32, _) => "UInt32",
        (Kind::U64, _) => "UInt64",
        (Kind::F64, _) => "Float64",
    }
}

/// Chosen by measurement; docs/clickhouse.md has the figures. Of integers T64 keeps the bits that are in use, which is not much larger than the smallest and several
/// times as quick to read; the codecs for floating-point numbers make variances larger, for they are no slowly changing series.
const fn codec(kind: Kind) -> &'static str {
    match kind {
        Kind::Time => "Delta, ZSTD(1)",
        Kind::U8 | Kind::U16 | Kind::U32 | Kind::U64 => "T64, ZSTD(1)",
        Kind::Text | Kind::F64 => "ZSTD(1)",
    }
}

/// What sums a level up from the next finer one, as rows come into that; `None` for the finest.
fn view(form: &Form, table: &Table, columns: &[Column], level: Level) -> Option<String> {
    let (view, question) = question(form, table, columns, level)?;
    let (to, everywhere) = (form.stored(&name(table, level)), form.everywhere());
    Some(format!("CREATE MATERIALIZED VIEW IF NOT EXISTS {view}{everywhere} TO {to} AS\n{question}"))
}

/// The view that sums a level up, and what it asks.
fn question(form: &Form, table: &Table, columns: &[Column], level: Level) -> Option<(String, String)> {
    let finer = level.finer()?;
    let (to, from) = (form.stored(&name(table, level)), form.stored(&name(table, finer)));
    let time = format!("toStartOfInterval(time, {})", interval(level));
    let value = |column: &Column| match function(column.role) {
        None if column.name == "time" => format!("{time} AS time"),
        None => column.name.to_owned(),
        // None is zero where rows come as they are.
        Some(function) if column.role == Role::Min && finer == Level::Minute => {
            format!("{function}(nullIf({0}, 0)) AS {0}", column.name)
        }
        Some(function) => format!("{function}({0}) AS {0}", column.name),
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    let keys: Vec<&str> = columns.iter().filter(|column| column.role == Role::Key).map(|column| column.name).collect();
    let (values, keys) = (values.join(",\n    "), keys.join(", "));
    Some((format!("{to}_of_{}", finer.name()), format!("SELECT\n    {values}\nFROM {from}\nGROUP BY {keys}")))
}

const fn interval(level: Level) -> &'static str {
    match level {
        Level::Minute => "toIntervalMinute(1)",
        Level::FiveMinutes => "toIntervalMinute(5)",
        Level::Hour => "toIntervalHour(1)",
        Level::Day | Level::FiveDays | Level::ThirtyDays => "toIntervalDay(1)",
    }
}
