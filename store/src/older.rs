//! Columns and tables that the segments of older versions lack, and what stands in their place.
//!
//! A table only ever gains columns. Each one that came later is listed here with the value that its absence means, so that
//! a journal which an older version began is read, summed and rolled up as it is, and no file is ever rewritten. The same is
//! true of tables: one that came later has no file in older segments, and needs none in newer ones where it has no rows.

use schema::columns::{Column, Kind, Table, Value};
use schema::window::{LISTENERS, PORT_SAMPLES};
use schema::{Protocol, Timestamp};

/// Table and column of everything that came after the first version.
const CAME_LATER: [(&str, &str); 16] = [
    ("cells", "bytes_from_flows"),
    ("cells", "src_locality"),
    ("cells", "dst_locality"),
    ("ports", "fcs_errors"),
    ("ports", "lag"),
    ("ports", "name"),
    ("exporters", "protocol"),
    ("exporters", "flow_records"),
    ("exporters", "lost_records"),
    ("exporters", "duplicate_datagrams"),
    ("exporters", "implausible"),
    ("exporters", "by_pool"),
    ("exporters", "by_sequence"),
    ("exporters", "pool_refused"),
    ("exporters", "pool_due"),
    ("exporters", "pool_taken"),
];

/// Tables that came after the first version.
const TABLES_THAT_CAME_LATER: [Table; 2] = [PORT_SAMPLES, LISTENERS];

/// Whether a segment that lacks this table's file has no rows of it. Where the table was there from the start, the file is always written, so that one
/// which is missing is known to be lost.
pub(crate) fn is_optional(table: &Table) -> bool {
    TABLES_THAT_CAME_LATER.iter().any(|later| later.name == table.name)
}

/// The columns of a table that a file lacks, or the name of the first one that no version left out.
pub(crate) fn missing_columns(table: &Table, is_there: impl Fn(&str) -> bool) -> Result<Vec<Column>, &'static str> {
    let missing: Vec<Column> = table.columns.iter().filter(|column| !is_there(column.name)).copied().collect();
    match missing.iter().find(|column| !CAME_LATER.contains(&(table.name, column.name))) {
        Some(lost) => Err(lost.name),
        None => Ok(missing),
    }
}

/// The value of a column in files that lack it: nothing was counted, where addresses are was not asked, and the one protocol there was is sFlow version 5.
pub(crate) fn stand_in(column: &Column) -> Value {
    match (column.name, column.kind) {
        ("protocol", _) => Value::Text(Protocol::Sflow5.name().into()),
        (_, Kind::Text) => Value::Text("".into()),
        (_, Kind::Time) => Value::Time(Timestamp(0)),
        (_, Kind::U8) => Value::U8(0),
        (_, Kind::U16) => Value::U16(0),
        (_, Kind::U32) => Value::U32(0),
        (_, Kind::U64) => Value::U64(0),
        (_, Kind::F64) => Value::F64(0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schema::window::{CELLS, EXPORTERS, PORTS};

    use crate::tables::TABLES;

    #[test]
    fn the_tables_of_the_first_version_must_be_there() {
        let needed: Vec<&str> = TABLES.iter().filter(|kept| !is_optional(&kept.table)).map(|kept| kept.table.name).collect();
        assert_eq!(needed, ["cells", "ports", "exporters"]);
    }

    #[test]
    fn only_columns_that_came_later_may_be_missing() {
        let names = |table: &Table, without: &[&str]| {
            let missing = missing_columns(table, |name| !without.contains(&name));
            missing.map(|columns| columns.iter().map(|column| column.name).collect::<Vec<_>>())
        };
        assert_eq!(names(&PORTS, &[]), Ok(vec![]));
        assert_eq!(names(&PORTS, &["name", "lag"]), Ok(vec!["lag", "name"]));
        assert_eq!(names(&CELLS, &["bytes_from_flows", "bytes"]), Err("bytes"));
    }

    #[test]
    fn every_column_that_came_later_is_one_of_its_table() {
        for (table, name) in CAME_LATER {
            let table = [CELLS, PORTS, EXPORTERS].into_iter().find(|known| known.name == table).unwrap();
            assert!(table.columns.iter().any(|column| column.name == name), "{name}");
        }
    }
}
