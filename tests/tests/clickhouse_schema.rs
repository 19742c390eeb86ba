//! The warehouse's tables, made by the real engine from the statements of `schema`.

use schema::Level;
use schema::warehouse::{Form, KEPT, Keep, migrations, name, tables};
use tests::clickhouse::ClickHouse;

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
