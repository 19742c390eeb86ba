//! Numbered steps from an empty database to the tables of this version.
//!
//! A step is never changed once a version has come out with it: `ddl/` holds the text of each as it was, and a test holds the two against each other. A column
//! that comes later is left out of the step that made its table, and added by a step of its own ([`CAME_LATER`]). Every statement can be repeated, so
//! that a step which was interrupted is simply done again.

use super::keep::Keep;
use super::place::Form;
use super::tables::{added, of_the_warehouse, of_windows};
use crate::columns::{Column, Table};

/// One step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Migration {
    /// Its number; each is one more than the one before.
    pub number: u32,
    /// What it does, for people.
    pub name: &'static str,
    /// The statements, in order.
    pub statements: Vec<String>,
}

/// The number of the last step that this version knows.
pub const LATEST: u32 = 2;

/// The table that says which steps were applied.
pub const APPLIED: &str = "schema_migrations";

/// Columns that came after the step that made their table: the number of the step that adds each, its table, its name.
const CAME_LATER: [(u32, &str, &str); 2] = [(2, "cells", "src_locality"), (2, "cells", "dst_locality")];

/// All steps, in order. How long rows are kept is part of the statements, but of no step's meaning: it may be changed at any time ([`kept`](super::tables::kept)).
#[must_use]
pub fn migrations(form: &Form, keep: &Keep) -> Vec<Migration> {
    let mut statements = of_windows(form, keep, &|table, column| came_with(table, column) == FIRST);
    statements.extend(of_the_warehouse(form));
    let localities = added(form, &|table, column| came_with(table, column).cmp(&2));
    vec![
        Migration { number: FIRST, name: "the tables of windows, their roll-ups, and the members", statements },
        Migration { number: 2, name: "where the addresses at both ends of a cell are", statements: localities },
    ]
}

/// The step that made the tables.
const FIRST: u32 = 1;

/// The number of the step that a column came with.
fn came_with(table: &Table, column: &Column) -> u32 {
    let later = CAME_LATER.iter().find(|(_, of, name)| (*of, *name) == (table.name, column.name));
    later.map_or(FIRST, |(step, ..)| *step)
}

/// The statement that makes the table of applied steps.
#[must_use]
pub fn applied_table(form: &Form) -> String {
    let (everywhere, engine) = (form.everywhere(), form.engine_of_all("ReplacingMergeTree", APPLIED));
    format!(
        "CREATE TABLE IF NOT EXISTS {APPLIED}{everywhere}\n(\n    number UInt32 COMMENT 'the step',\n    name String COMMENT 'what it does',\n    \
         applied DateTime('UTC') DEFAULT now() COMMENT 'when',\n    version String COMMENT 'of the program that applied it'\n)\nENGINE = {engine}\nORDER BY number"
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Set to write down the text of a step that has none yet.
    const WRITE: &str = "CHORSU_WRITE_DDL";

    /// A step's text without what may change: comments, and how long rows are kept.
    fn text_of(migration: &Migration) -> String {
        let head = format!("-- Step {}: {}. Without comments, and with rows kept for ever.\n", migration.number, migration.name);
        migration.statements.iter().fold(head, |text, statement| format!("{text}\n{};\n", without_comments(statement)))
    }

    fn without_comments(statement: &str) -> String {
        let mut parts = statement.split(" COMMENT '");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| {
            let end = part.match_indices('\'').find(|(at, _)| !part[..*at].ends_with('\\')).unwrap().0;
            text + &part[end + 1..]
        })
    }

    #[test]
    fn a_step_never_changes_once_it_is_out() {
        let steps = migrations(&Form::Single, &Keep::ALL);
        assert_eq!(steps.iter().map(|step| step.number).collect::<Vec<_>>(), (1..=LATEST).collect::<Vec<_>>());
        for step in steps {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("ddl/{:04}.sql", step.number));
            let now = text_of(&step);
            if std::env::var_os(WRITE).is_some() && !path.exists() {
                std::fs::write(&path, &now).unwrap();
            }
            let known = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}; {WRITE}=1 writes it", path.display()));
            assert_eq!(known, now, "{}: add a step instead, and name new columns in CAME_LATER", path.display());
        }
    }

    #[test]
    fn every_column_that_came_later_belongs_to_a_step_and_a_table() {
        use crate::warehouse::KEPT;
        for (step, table, name) in CAME_LATER {
            assert!(migrations(&Form::Single, &Keep::ALL).iter().skip(1).any(|later| later.number == step), "{table}.{name}");
            let table = KEPT.into_iter().find(|known| known.name == table).unwrap();
            assert!(table.columns.iter().any(|column| column.name == name), "{name}");
        }
    }

    #[test]
    fn every_statement_of_a_cluster_runs_on_all_of_it_and_can_be_repeated() {
        let form = Form::Cluster("many".into());
        let steps = migrations(&form, &Keep::default());
        for statement in steps.iter().flat_map(|step| &step.statements).chain([&applied_table(&form)]) {
            let first = statement.lines().next().unwrap();
            assert!(first.contains(" ON CLUSTER `many`"), "{first}");
            // To set a view's question is to set it again.
            let can_be_repeated = if first.starts_with("CREATE") { "IF NOT EXISTS" } else { "ALTER TABLE" };
            assert!(first.contains(can_be_repeated), "{first}");
            assert_eq!(statement.matches("ADD COLUMN").count(), statement.matches("ADD COLUMN IF NOT EXISTS").count(), "{statement}");
        }
    }
}
