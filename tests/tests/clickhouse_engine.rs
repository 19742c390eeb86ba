//! The engine that stands in for a ClickHouse server: what the other tests rely on.

use tests::clickhouse::{ClickHouse, PASSWORD, USER};

/// A table that remembers what was inserted, and a view that sums it up.
const TABLES: [&str; 2] = [
    "CREATE TABLE seen (at UInt32, n UInt64) ENGINE = MergeTree ORDER BY at SETTINGS non_replicated_deduplication_window = 100",
    "CREATE MATERIALIZED VIEW sums (n UInt64) ENGINE = SummingMergeTree ORDER BY tuple()
     SETTINGS non_replicated_deduplication_window = 100 AS SELECT sum(n) AS n FROM seen",
];

fn insert(engine: &ClickHouse, database: &str, token: &str) {
    let settings = format!("SETTINGS insert_deduplication_token = '{token}', deduplicate_blocks_in_dependent_materialized_views = 1");
    engine.told(database, &format!("INSERT INTO seen {settings} VALUES (1, 10), (2, 20)"));
}

#[test]
fn what_is_inserted_twice_under_one_token_is_there_once_also_after_a_kill() {
    let Some(mut engine) = ClickHouse::start("what_is_inserted_twice_under_one_token_is_there_once_also_after_a_kill") else { return };
    let database = engine.database("twice");
    TABLES.iter().for_each(|table| drop(engine.told(&database, table)));
    insert(&engine, &database, "one");
    insert(&engine, &database, "one");
    insert(&engine, &database, "two");
    let address = engine.url();
    engine.kill();
    engine.resume();
    assert_eq!(engine.url(), address);
    insert(&engine, &database, "one");
    insert(&engine, &database, "two");
    assert_eq!(engine.told(&database, "SELECT count(), sum(n) FROM seen"), "4\t60");
    assert_eq!(engine.told(&database, "SELECT sum(n) FROM sums"), "60");
}

#[test]
fn refusals_are_clickhouses_own() {
    let Some(engine) = ClickHouse::start("refusals_are_clickhouses_own") else { return };
    let unknown = engine.ask("", "SELECT * FROM nowhere").unwrap_err();
    assert!(unknown.starts_with("Code: 60. DB::Exception:") && unknown.contains("(UNKNOWN_TABLE)"), "{unknown}");
    let two = engine.ask("", "SELECT 1; SELECT 2").unwrap_err();
    assert!(two.contains("Multi-statements are not allowed"), "{two}");
    for (user, password, status) in [(USER, PASSWORD, 200), (USER, "another", 403), ("nobody", PASSWORD, 403)] {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let request = agent.post(engine.url()).header("X-ClickHouse-User", user).header("X-ClickHouse-Key", password);
        let answer = request.send("SELECT 1").unwrap();
        assert_eq!(answer.status(), status, "{user}");
        let code = answer.headers().get("X-ClickHouse-Exception-Code").map(|code| code.to_str().unwrap().to_owned());
        assert_eq!(code.as_deref(), (status == 403).then_some("516"));
    }
}
