//! Questions to ClickHouse, and the same to the journal.
//!
//! Sums of variances are floating-point numbers that are added in different orders, so figures may differ in their last bits: by [`TOLERANCE`] of themselves, and ends of
//! intervals, which are rounded to whole octets, by one octet. Everything else is equal.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod alike;
mod moving;
mod service;

use std::path::Path;

use schema::Window;
use serde::Serialize;
use serde_json::Value;
use store::{Appended, Journal, Options, Reader, Retention};
use tests::clickhouse::ClickHouse;
use tests::warehouse::{minute, warehouse};

/// How far figures may differ, as a part of themselves.
const TOLERANCE: f64 = 1e-12;

const KEEP_ALL: Retention = Retention { minutes: None, five_minutes: None, hours: None, days: None };

/// Writes windows into a store, rolled up.
pub(crate) fn journal(folder: &Path, windows: &[Window]) {
    let mut journal = Journal::open(folder, Options { retention: KEEP_ALL }).unwrap();
    windows.iter().for_each(|window| assert_eq!(journal.append_bulk(window).unwrap(), Appended::Written));
    journal.sync().unwrap();
    journal.maintain(minute(1440 * 5)).unwrap();
}

pub(crate) fn value(answer: &impl Serialize) -> Value {
    serde_json::to_value(answer).unwrap()
}

/// Where two answers differ by more than they may.
fn differences(path: &str, one: &Value, other: &Value, found: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) if one.len() == other.len() => {
            for (name, value) in one.iter().filter(|(name, _)| *name != "source") {
                differences(&format!("{path}.{name}"), value, other.get(name).unwrap_or(&Value::Null), found);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let pairs = one.iter().zip(other).enumerate();
            pairs.for_each(|(position, (one, other))| differences(&format!("{path}[{position}]"), one, other, found));
        }
        (Value::Number(a), Value::Number(b)) if is_near(path, a.as_f64().unwrap(), b.as_f64().unwrap()) => {}
        (one, other) if one == other => {}
        _ => found.push(format!("{path}: {one} and {other}")),
    }
}

fn is_near(path: &str, one: f64, other: f64) -> bool {
    let is_end = path.ends_with("_low") || path.ends_with("_high");
    let may = if is_end && one.fract() == 0.0 && other.fract() == 0.0 && one.abs() > 1.0 { 1.0 } else { 0.0 };
    (one - other).abs() <= f64::max(may, TOLERANCE * one.abs().max(other.abs()))
}

pub(crate) fn assert_alike(ours: &[(String, Value)], theirs: &[(String, Value)]) {
    assert_eq!(ours.len(), theirs.len());
    for ((name, one), (_, other)) in ours.iter().zip(theirs) {
        let mut found = Vec::new();
        differences("", one, other, &mut found);
        assert!(found.is_empty(), "{name}:\n{}", found.join("\n"));
    }
}

pub(crate) fn both(engine: &ClickHouse, folder: &Path, database: &str) -> [Reader; 2] {
    let open = || Reader::open(folder).unwrap();
    [open(), open().with_warehouse(warehouse(engine, database))]
}
