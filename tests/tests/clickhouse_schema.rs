//! The warehouse's tables, made by the real engine from the statements of `schema`, and `chorsu schema`.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::path::{Path, PathBuf};

use schema::Level;
use schema::warehouse::{Form, KEPT, Keep, migrations, name, tables};
use tests::chorsu;
use tests::clickhouse::{ClickHouse, PASSWORD, USER};

/// Makes the tables of this version in a database of their own.
fn made(engine: &ClickHouse, database: &str) -> String {
    let database = engine.database(database);
    for step in migrations(&Form::Single, &Keep::default()) {
        step.statements.iter().for_each(|statement| drop(engine.told(&database, statement)));
    }
    database
}

#[test]
fn the_engine_takes_every_statement_and_all_of_them_again() {
    let Some(engine) = ClickHouse::start("the_engine_takes_every_statement_and_all_of_them_again") else { return };
    let database = made(&engine, "twice");
    for statement in migrations(&Form::Single, &Keep::default()).iter().flat_map(|step| &step.statements) {
        engine.told(&database, statement);
    }
    for table in KEPT {
        for level in Level::ALL {
            assert_eq!(engine.told(&database, &format!("SELECT count() FROM {}", name(&table, level))), "0");
        }
    }
    let short = Keep { minutes: Some(std::time::Duration::from_secs(86_400)), ..Keep::ALL };
    for (keep, kept) in [(short, "1"), (Keep::ALL, "0")] {
        engine.told(&database, &tables::kept(&Form::Single, &KEPT[0], Level::Minute, &keep));
        let asked = "SELECT position(create_table_query, 'TTL toDateTime(time) + toIntervalSecond(86460)') > 0 FROM system.tables";
        assert_eq!(engine.told(&database, &format!("{asked} WHERE database = currentDatabase() AND name = 'cells_1m'")), kept);
    }
}

/// The engine has no cluster, so it is only asked whether it can read the statements.
#[test]
fn the_engine_can_read_every_statement_of_a_clusters_form() {
    let Some(engine) = ClickHouse::start("the_engine_can_read_every_statement_of_a_clusters_form") else { return };
    let form = Form::Cluster("many".into());
    let steps = migrations(&form, &Keep::default());
    let mut statements: Vec<String> = steps.into_iter().flat_map(|step| step.statements).collect();
    statements.push(migrations::applied_table(&form));
    statements.extend([Keep::default(), Keep::ALL].iter().map(|keep| tables::kept(&form, &KEPT[1], Level::Hour, keep)));
    assert!(statements.len() > 50);
    for statement in &statements {
        let tree = engine.told("", &format!("EXPLAIN AST {statement}"));
        assert!(tree.starts_with("CreateQuery") || tree.starts_with("AlterQuery"), "{statement}\n{tree}");
    }
    let broken = engine.ask("", &format!("EXPLAIN AST {}", statements[0].replace("ENGINE", "ENGIN"))).unwrap_err();
    assert!(broken.contains("SYNTAX_ERROR"), "{broken}");
}

#[test]
fn every_level_sums_up_the_one_below_and_an_insert_that_is_repeated_counts_once_in_all() {
    let Some(engine) = ClickHouse::start("every_level_sums_up_the_one_below_and_an_insert_that_is_repeated_counts_once_in_all") else {
        return;
    };
    let database = made(&engine, "levels");
    let start = "toDateTime64('2026-11-21 22:57:00', 3, 'UTC')";
    for token in ["one", "one", "two"] {
        // Nine minutes, over the turn of an hour: in each two exporters, the one with rates of its own, the other with none.
        let rows = format!("SELECT {start} + 60 * number, 'ix', 'sflow5', 'a', 0, 's', 10, number % 4, number FROM numbers(9)");
        let columns = "time, exchange, protocol, agent, sub_agent, source, datagrams, rate_min, rate_max";
        engine.told(&database, &format!("INSERT INTO exporters_1m ({columns}) SETTINGS insert_deduplication_token = '{token}' {rows}"));
    }
    for (level, rows) in [("1m", 18), ("5m", 3), ("1h", 2), ("1d", 1)] {
        let sums = "sum(datagrams), ifNull(min(nullIf(rate_min, 0)), 0), max(rate_max), uniq(time)";
        let said = engine.told(&database, &format!("SELECT {sums} FROM exporters_{level}"));
        let times = if level == "1m" { 9 } else { rows };
        assert_eq!(said, format!("180\t1\t8\t{times}"), "{level}");
    }
    engine.told(&database, "OPTIMIZE TABLE exporters_5m FINAL");
    let rows = "SELECT toString(time), datagrams, rate_min, rate_max FROM exporters_5m ORDER BY time";
    let five_minutes =
        ["22:55:00.000\t60\t1\t2", "23:00:00.000\t100\t1\t7", "23:05:00.000\t20\t\\N\t8"].map(|row| format!("2026-11-21 {row}"));
    assert_eq!(engine.told(&database, rows), five_minutes.join("\n"));
}

/// What stands in the tables of the first step stays, and what comes after it is told apart by locality at every level.
#[test]
fn rows_from_before_localities_stay_and_those_after_are_told_apart_by_them() {
    let Some(engine) = ClickHouse::start("rows_from_before_localities_stay_and_those_after_are_told_apart_by_them") else { return };
    let database = engine.database("localities");
    let steps = migrations(&Form::Single, &Keep::default());
    let take = |number: usize| steps[number].statements.iter().for_each(|statement| drop(engine.told(&database, statement)));
    let insert = |columns: &str, values: &str| {
        let common = "toDateTime64('2026-11-21 22:57:00', 3, 'UTC'), 'ix', 1, 2, 10";
        engine.told(&database, &format!("INSERT INTO cells_1m (time, exchange, src_asn, dst_asn, bytes{columns}) SELECT {common}{values}"));
    };
    take(0);
    insert("", "");
    take(1);
    for (src, dst) in [(1, 1), (1, 2), (1, 1)] {
        insert(", src_locality, dst_locality", &format!(", {src}, {dst}"));
    }
    for level in Level::ALL {
        let table = name(&KEPT[0], level);
        engine.told(&database, &format!("OPTIMIZE TABLE {table} FINAL"));
        let sums = format!("SELECT src_locality, dst_locality, sum(bytes) FROM {table} GROUP BY ALL ORDER BY ALL");
        assert_eq!(engine.told(&database, &sums), "0\t0\t10\n1\t1\t20\n1\t2\t10", "{table}");
        let rows = if level == Level::Minute { "4" } else { "3" };
        assert_eq!(engine.told(&database, &format!("SELECT count() FROM {table}")), rows, "{table}");
    }
}

fn config(folder: &Path, engine: &ClickHouse, database: &str) -> PathBuf {
    let file = folder.join("chorsu.toml");
    let section = format!("[clickhouse]\nurl = \"{}\"\ndatabase = \"{database}\"\nuser = \"{USER}\"\nkeep_1m = \"7d\"\n", engine.url());
    std::fs::write(&file, section).unwrap();
    file
}

/// What `chorsu schema` says, and whether it succeeded.
fn schema_command(arguments: &[&str]) -> (bool, String) {
    let arguments = [&["schema"], arguments].concat();
    let output = chorsu(&arguments).env("CHORSU_CLICKHOUSE_PASSWORD", PASSWORD).output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[test]
fn the_command_makes_the_tables_once_and_refuses_a_database_that_is_newer() {
    let Some(engine) = ClickHouse::start("the_command_makes_the_tables_once_and_refuses_a_database_that_is_newer") else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = config(folder.path(), &engine, "by_command");
    let apply = |more: &[&str]| schema_command(&[&["apply", "--config", file.to_str().unwrap()], more].concat());
    let (made, said) = apply(&[]);
    assert!(made && said.contains("step 1: the tables of windows") && said.contains("step 2: where the addresses"), "{said}");
    let (again, said) = apply(&[]);
    assert!(again && said.contains("the tables are at step 2, which is this version's"), "{said}");
    let query = engine.told("by_command", "SHOW CREATE TABLE cells_1m");
    assert!(query.contains("toIntervalSecond(604860)"), "what the configuration keeps: {query}");
    let (refused, said) = apply(&["--cluster", "many"]);
    assert!(!refused && said.contains("were made for one server; set `clickhouse.cluster`"), "{said}");
    engine.told("by_command", "INSERT INTO schema_migrations (number, name, version) VALUES (7, 'of tomorrow', '9.0.0')");
    let (newer, said) = apply(&[]);
    assert!(!newer && said.contains("are at step 7, but this version knows 2; use the version that made them"), "{said}");
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
}

#[test]
fn what_the_command_prints_can_be_run_as_it_is() {
    let Some(engine) = ClickHouse::start("what_the_command_prints_can_be_run_as_it_is") else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = config(folder.path(), &engine, "printed");
    let (printed, text) = schema_command(&["print", "--config", file.to_str().unwrap()]);
    assert!(printed, "{text}");
    for statement in text.split(";\n").filter(|statement| !statement.trim().is_empty() && !statement.starts_with("USE ")) {
        let database = if statement.starts_with("CREATE DATABASE") { "default" } else { "printed" };
        engine.told(database, statement);
    }
    assert_eq!(engine.told("printed", "SELECT count() FROM system.tables WHERE database = 'printed'"), "39");
    let (printed, text) = schema_command(&["print", "--cluster", "many"]);
    assert!(printed && text.contains("CREATE DATABASE IF NOT EXISTS `chorsu` ON CLUSTER `many`"), "{text}");
}
