//! The engine that stands in for a ClickHouse server: what the other tests rely on.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

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

/// The answer to a request with these parameters of the address.
fn request(engine: &ClickHouse, parameters: &[(&str, &str)], body: &[u8]) -> (u16, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request = agent.post(engine.url()).header("X-ClickHouse-User", USER).header("X-ClickHouse-Key", PASSWORD);
    let mut answer = request.query_pairs(parameters.iter().copied()).send(body).unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}

#[test]
fn settings_and_parameters_hold_for_a_request_or_for_a_named_session() {
    let Some(engine) = ClickHouse::start("settings_and_parameters_hold_for_a_request_or_for_a_named_session") else { return };
    let asked = b"SELECT getSetting('max_threads')";
    assert_eq!(request(&engine, &[("max_threads", "3")], asked), (200, "3\n".into()));
    assert_ne!(request(&engine, &[], asked).1, "3\n");
    let session = [("session_id", "mine")];
    assert_eq!(request(&engine, &session, b"SET max_threads = 7").0, 200);
    assert_eq!(request(&engine, &session, asked).1, "7\n");
    assert_ne!(request(&engine, &[("session_id", "yours")], asked).1, "7\n");
    let text = "it's a \\ and a\ttab";
    let bound = request(&engine, &[("param_text", "it\\'s a \\\\ and a\\ttab")], b"SELECT {text:String} AS text FORMAT TSVRaw");
    assert_eq!(bound, (200, format!("{text}\n")));
    assert_eq!(request(&engine, &[("no_such_setting", "1")], asked).0, 404);
}

#[test]
fn what_comes_in_blocks_of_clickhouses_own_is_unpacked() {
    let Some(engine) = ClickHouse::start("what_comes_in_blocks_of_clickhouses_own_is_unpacked") else { return };
    let database = engine.database("blocks");
    engine.told(&database, "CREATE TABLE numbers (n UInt8) ENGINE = MergeTree ORDER BY n");
    let insert = [("database", "blocks"), ("query", "INSERT INTO numbers FORMAT TSV"), ("decompress", "1")];
    // A checksum, the method "stored", lengths with and without the header, the content.
    let content = b"7\n9\n";
    let stored = [&[0; 16][..], &[2], &(content.len() as u32 + 9).to_le_bytes(), &(content.len() as u32).to_le_bytes(), content].concat();
    assert_eq!(request(&engine, &insert, &stored).0, 200);
    // The same four octets by LZ4: one sequence of four literals.
    let packed = [&[0; 16][..], &[0x82], &(9 + 5_u32).to_le_bytes(), &4_u32.to_le_bytes(), &[0x40], b"3\n5\n"].concat();
    assert_eq!(request(&engine, &insert, &packed).0, 200);
    assert_eq!(engine.told(&database, "SELECT sum(n), count() FROM numbers"), "24\t4");
    let (status, said) = request(&engine, &insert, &stored[..20]);
    assert!(status == 500 && said.contains("CANNOT_DECOMPRESS"), "{status} {said}");
}
