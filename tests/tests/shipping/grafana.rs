//! Every question of the Grafana dashboards, asked of the real engine over windows that were shipped.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use schema::{Reason, Timestamp};
use serde_json::Value;
use tests::clickhouse::ClickHouse;

use super::engine;
use super::made::{MINUTE, Store, access, shipper};

/// Minutes that the windows cover: every seventh is a late part of the one before.
const MINUTES: u64 = 120 - 17;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../dashboards/grafana")
}

/// The dashboards with their file names.
fn dashboards() -> Vec<(String, Value)> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder().join("dashboards")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: &PathBuf| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    files.iter().map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), read(path))).collect()
}

/// One question of a panel.
struct Asked {
    place: String,
    sql: String,
    is_series: bool,
}

fn questions(name: &str, dashboard: &Value) -> Vec<Asked> {
    let panels = dashboard["panels"].as_array().unwrap().iter();
    panels
        .flat_map(|panel| {
            let place = format!("{name}: {}", panel["title"].as_str().unwrap());
            let targets = panel["targets"].as_array().cloned().unwrap_or_default();
            targets.into_iter().map(move |target| Asked {
                place: place.clone(),
                sql: target["rawSql"].as_str().unwrap().to_owned(),
                is_series: target["queryType"] == "timeseries",
            })
        })
        .collect()
}

/// What the data source's plugin makes of a question: its macros and the dashboard's variables are replaced by text.
fn filled(sql: &str, span: (Timestamp, Timestamp), variables: &[(&str, &str)], interval: u64) -> String {
    let [from, to] = [span.0, span.1].map(|moment| format!("toDateTime({})", moment.millis() / 1_000));
    let mut text = sql.replace("$__fromTime", &from).replace("$__toTime", &to).replace("$__interval_s", &interval.to_string());
    while let Some((before, rest)) = text.split_once("$__timeFilter(") {
        let (column, after) = rest.split_once(')').unwrap();
        text = format!("{before}{column} >= {from} AND {column} <= {to}{after}");
    }
    for (name, value) in variables {
        let quoted: Vec<String> = value.split(',').map(|value| format!("'{value}'")).collect();
        text = text.replace(&format!("${{{name}:singlequote}}"), &quoted.join(",")).replace(&format!("${{{name}}}"), value);
    }
    assert!(!text.contains('$'), "something is left to be replaced: {text}");
    text
}

/// Windows of the exchange `ix`, and some of another one.
fn shipped(engine: &ClickHouse, database: &str) -> Store {
    let mut store = Store::new();
    store.append(120);
    let mut shipper = shipper(store.path(), access(&engine.url(), database));
    shipper.turn(Timestamp::now()).unwrap();
    let names = [(64_500, "Example One"), (64_501, "Example Two"), (64_502, "")];
    for (asn, name) in names {
        engine.told(database, &format!("INSERT INTO members (time, exchange, asn, name) VALUES (now(), 'ix', {asn}, '{name}')"));
    }
    // Where nothing happened there is nothing to see: what the store has no rows of is added here.
    let time = format!("fromUnixTimestamp64Milli({}) + toIntervalMinute(number)", store.start_of(0).millis());
    for (columns, values) in [
        ("listeners_1m (time, exchange, address, datagrams, kernel_drops)", "'ix', '[::]:6343', 60, 3"),
        (
            "port_samples_1m (time, exchange, agent, if_index, egress, asn, samples, bytes, variance)",
            "'ix', '192.0.2.1', 7, 0, 64500, 40, 5000, 9.",
        ),
        ("cells_1m (time, exchange, src_asn, dst_asn, reason, samples, bytes, variance)", "'ix', 0, 64501, 1, 1, 700, 5."),
        ("cells_1m (time, exchange, src_asn, dst_asn, reason, samples, bytes, variance)", "'other', 64501, 64500, 0, 50, 900, 5."),
        (
            "windows (time, exchange, serial, length_ms, measured_from, measured_to, whole, finished)",
            "'other', number, 60000, T, T + 60, 1, 1",
        ),
    ] {
        let values = values.replace('T', &format!("({time})"));
        engine.told(database, &format!("INSERT INTO {columns} SELECT {time}, {values} FROM numbers({MINUTES})"));
    }
    store
}

#[test]
fn every_panel_of_every_dashboard_has_an_answer_at_every_level() {
    let Some((engine, database)) = engine("every_panel_of_every_dashboard_has_an_answer_at_every_level", "grafana") else { return };
    let store = shipped(&engine, &database);
    let span = (store.start_of(0), store.start_of(0).plus(MINUTE * 120));
    let mut asked = 0;
    for (name, dashboard) in dashboards() {
        for question in questions(&name, &dashboard) {
            for (level, interval) in [("1m", 15), ("5m", 600), ("1h", 3_600), ("1d", 7_200)] {
                let variables = [("exchange", "ix,other"), ("level", level), ("member", "64500")];
                let span = if level == "1d" { (store.start_of(0), store.start_of(0).plus(super::made::DAY)) } else { span };
                let sql = filled(&question.sql, span, &variables, interval);
                let said = engine.told(&database, &format!("SELECT * FROM ({sql}) FORMAT JSON"));
                let answer: Value = serde_json::from_str(&said).unwrap();
                assert!(!answer["data"].as_array().unwrap().is_empty(), "{} has no rows at {level}:\n{sql}", question.place);
                has_its_shape(&question, &answer);
                asked += 1;
            }
        }
    }
    assert!(asked > 80, "{asked}");
}

/// A time series begins with a time and has a number; of a table the columns are told apart.
fn has_its_shape(question: &Asked, answer: &Value) {
    let kinds: Vec<&str> = answer["meta"].as_array().unwrap().iter().map(|column| column["type"].as_str().unwrap()).collect();
    let names: BTreeSet<&str> = answer["meta"].as_array().unwrap().iter().map(|column| column["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), kinds.len(), "{}: {names:?}", question.place);
    if question.is_series {
        assert!(kinds[0].starts_with("DateTime"), "{}: {kinds:?}", question.place);
        assert!(kinds[1..].iter().any(|kind| kind.contains("Float") || kind.contains("Int")), "{}: {kinds:?}", question.place);
    }
}

#[test]
fn what_panels_say_is_what_was_measured() {
    let Some((engine, database)) = engine("what_panels_say_is_what_was_measured", "panels") else { return };
    let store = shipped(&engine, &database);
    let span = (store.start_of(0), store.start_of(0).plus(MINUTE * 120));
    let all: Vec<Asked> = dashboards().iter().flat_map(|(name, dashboard)| questions(name, dashboard)).collect();
    let ask = |place: &str, exchanges: &str, what: &str| {
        let question = all.iter().find(|asked| asked.place == place).unwrap_or_else(|| panic!("no panel {place}"));
        let variables = [("exchange", exchanges), ("level", "1m"), ("member", "64500")];
        let sql = filled(&question.sql, span, &variables, 60);
        engine.told(&database, &format!("SELECT {what} FROM ({sql})"))
    };
    // Windows are a minute long and measured whole, so octets are rates times 60/8.
    let octets = store.octets() + 700 * MINUTES;
    assert_eq!(ask("overview: Traffic", "ix", "round(sum(\"bits/s\") * 60 / 8)"), octets.to_string());
    assert_eq!(ask("overview: Traffic", "ix,other", "round(sum(\"bits/s\") * 60 / 8)"), (octets + 900 * MINUTES).to_string());
    assert_eq!(ask("overview: Volume", "ix", "volume, low < volume, high > volume"), format!("{octets}\t1\t1"));
    assert_eq!(
        ask("overview: Not attributed", "ix", "round(sum(\"bits/s\") * 60 / 8), any(reason)"),
        format!("{}\tunknown source", 700 * MINUTES)
    );
    assert_eq!(ask("overview: Largest members", "ix", "sum(sent), argMax(member, sent)"), format!("{}\tExample One", store.octets()));
    assert_eq!(ask("matrix: Matrix", "ix", "sum(bytes), count()"), "0\t0", "nobody both sends and receives");
    assert_eq!(ask("matrix: Matrix", "ix,other", "sum(bytes), count()"), format!("{}\t2", store.octets() - 120 + 900 * MINUTES));
    let pairs = ask("matrix: Largest pairs", "ix", "sum(bytes), countIf(receiver = 'AS64502')");
    assert_eq!(pairs, format!("{}\t1", store.octets()), "a member without a name is called by its number");
    assert_eq!(ask("member: Sent", "ix", "round(sum(\"bits/s\") * 60 / 8)"), store.octets().to_string());
    let share = ask("local-share: By exchange", "ix", "round(share, 9), \"±\" > 0");
    assert_eq!(share, format!("{}\t1", rounded(store.octets() as f64 / octets as f64)));
    assert_eq!(ask("overview: Time that was measured", "ix", "measured > 0.85 AND measured <= 1"), "1");
    assert_eq!(ask("exporters: Exporters", "ix", "sum(datagrams)"), (1..=store.appended).sum::<u64>().to_string());
}

fn rounded(number: f64) -> String {
    format!("{number:.9}").trim_end_matches('0').to_owned()
}

#[test]
fn the_variables_offer_what_is_there() {
    let Some((engine, database)) = engine("the_variables_offer_what_is_there", "variables") else { return };
    let store = shipped(&engine, &database);
    let hours = |hours: u32| (store.start_of(0), store.start_of(0).plus(MINUTE * 60 * hours));
    for (name, dashboard) in dashboards() {
        for variable in dashboard["templating"]["list"].as_array().unwrap() {
            let ask = |span| engine.told(&database, &filled(variable["query"].as_str().unwrap(), span, &[("exchange", "ix")], 60));
            match variable["name"].as_str().unwrap() {
                "exchange" => assert_eq!(ask(hours(1)), "ix\nother", "{name}"),
                "level" => assert_eq!([1, 24, 24 * 30, 24 * 400].map(|length| ask(hours(length))), ["1m", "5m", "1h", "1d"], "{name}"),
                "member" => assert_eq!(ask(hours(1)).lines().last(), Some("64501\tExample Two (AS64501)"), "{name}"),
                other => panic!("{name} has a variable {other} that nobody tries"),
            }
        }
    }
}

#[test]
fn dashboards_fit_their_data_source_and_the_tables_reasons() {
    let source = std::fs::read_to_string(folder().join("provisioning/datasources/chorsu.yaml")).unwrap();
    assert!(source.contains("uid: chorsu-clickhouse\n") && source.contains("type: grafana-clickhouse-datasource\n"));
    assert!(!source.contains("password: ") || source.contains("password: $__file{"), "the password stands in a file of its own");
    let dashboards = dashboards();
    assert_eq!(
        dashboards.iter().map(|(name, _)| &**name).collect::<Vec<_>>(),
        ["exporters", "local-share", "matrix", "member", "overview"]
    );
    let uids: BTreeSet<&str> = dashboards.iter().map(|(_, dashboard)| dashboard["uid"].as_str().unwrap()).collect();
    assert_eq!(uids.len(), dashboards.len());
    for (name, dashboard) in &dashboards {
        let panels = dashboard["panels"].as_array().unwrap();
        let ids: BTreeSet<i64> = panels.iter().map(|panel| panel["id"].as_i64().unwrap()).collect();
        assert_eq!(ids.len(), panels.len(), "{name}");
        for panel in panels.iter().filter(|panel| panel["type"] != "text") {
            assert_eq!(panel["datasource"]["uid"], "chorsu-clickhouse", "{name}");
            assert_eq!(panel["targets"][0]["datasource"]["uid"], "chorsu-clickhouse", "{name}");
        }
    }
    // The dashboards leave out what is set aside by its number.
    assert!(Reason::ALL.iter().all(|reason| reason.is_set_aside() == (reason.code() >= 16)));
}
