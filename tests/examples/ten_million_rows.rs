//! Measures the warehouse with ten million rows of cells: how long it takes them in with all its views, what they weigh, and how long the matrix over them takes.
//!
//! ```console
//! cargo run --package tests --example ten_million_rows [WINDOWS [CELLS_OF_EACH]]
//! ```
//!
//! The engine is the tests' own, optimised whatever profile this is built in. docs/clickhouse.md has the figures.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot be set up has failed")]

use std::time::{Duration, Instant};

use schema::warehouse::{KEPT, Keep, WindowRow, name};
use schema::{Level, Window};
use store::question::Question;
use store::warehouse::{Client, Warehouse};
use store::{Journal, Options, Reader};
use tests::clickhouse::ClickHouse;
use tests::warehouse::{EXCHANGE, MINUTE, client, mark, minute};

/// Members, of which every two may exchange something.
const MEMBERS: u64 = 500;

/// How often each question is asked; the best counts.
const RUNS: usize = 5;

fn main() {
    let mut numbers = std::env::args().skip(1).map(|argument| argument.parse::<u32>().unwrap());
    let (windows, cells) = (numbers.next().unwrap_or(200), numbers.next().unwrap_or(50_000));
    let Some(engine) = ClickHouse::start("ten_million_rows") else { return };
    let database = engine.database("measured");
    let client = client(&engine, &database);
    take_in(&engine, &client, windows, cells);
    weigh(&engine, &database);
    ask(&engine, &database, client, windows);
}

/// Sends windows one by one, as they come from an exchange, and says how long that takes.
fn take_in(engine: &ClickHouse, client: &Client, windows: u32, cells: u32) {
    let (mut took, mut octets) = (Vec::new(), 0);
    for number in 0..windows {
        let file = client.ask(&rows(number, cells), &[], "Parquet").unwrap();
        octets += file.len();
        let window = Window { start: minute(i64::from(number)), length: MINUTE, serial: 1, ..Window::default() };
        let row = WindowRow::begun(&EXCHANGE.into(), &window);
        let began = Instant::now();
        mark(engine, client, &row);
        client.insert_parquet("cells_1m", &format!("window {number}"), file).unwrap();
        mark(engine, client, &row.finished());
        took.push(began.elapsed());
    }
    let (all, rows): (Duration, u64) = (took.iter().sum(), u64::from(windows) * u64::from(cells));
    took.sort_unstable();
    println!("{rows} rows in {windows} windows, {:.1} MB of Parquet: {:.1} s", octets as f64 / 1e6, all.as_secs_f64());
    println!("{:.0} rows a second; a window in {:.0} ms (median)", rows as f64 / all.as_secs_f64(), millis(took[took.len() / 2]));
}

/// The rows of a minute, as the engine makes them up: pairs by their members' sizes, each once in an IP version, a few without a known sender.
fn rows(window: u32, cells: u32) -> String {
    let time = minute(i64::from(window)).millis();
    let member = |seed: u32| {
        format!("64512 + intDiv(cityHash64(number, {seed}) % {MEMBERS} * (cityHash64(number, {seed}, 1) % {MEMBERS}), {MEMBERS})")
    };
    let samples = format!("toUInt64(1 + cityHash64(number, {window}, 3) % 12)");
    format!(
        "SELECT fromUnixTimestamp64Milli({time}, 'UTC') AS time, '{EXCHANGE}' AS exchange, toUInt32(if(number % 200 = 0, 0, {})) AS src_asn, \
         toUInt32({}) AS dst_asn, toUInt64(if(number % 200 = 0, 2199023255552 + number % 97, 0)) AS src_mac, toUInt64(0) AS dst_mac, \
         toUInt16(if(number % 9 = 0, 100, 0)) AS vlan, toUInt8(if(number % 10 < 3, 6, 4)) AS ip_version, toUInt8(number % 200 = 0) AS reason, \
         {samples} AS samples, samples * 2048 AS packets, samples * 2048 * (70 + cityHash64(number, {window}, 4) % 1430) AS bytes, \
         toFloat64(bytes) * 2047 * 800 AS variance, toUInt64(0) AS bytes_from_flows FROM numbers({cells})",
        member(1),
        member(2)
    )
}

/// Says how many rows and octets each level has.
fn weigh(engine: &ClickHouse, database: &str) {
    for level in Level::ALL {
        let table = name(&KEPT[0], level);
        engine.told(database, &format!("OPTIMIZE TABLE {table} FINAL"));
        let parts = format!("FROM system.parts WHERE active AND database = '{database}' AND table = '{table}'");
        let said =
            engine.told(database, &format!("SELECT sum(rows), sum(bytes_on_disk), round(sum(bytes_on_disk) / sum(rows), 2) {parts}"));
        let said: Vec<&str> = said.split('\t').collect();
        println!("{table}: {} rows, {} octets, {} octets a row", said[0], said[1], said[2]);
    }
}

/// Says how long the matrix takes: as it is asked, from the coarsest sums, and from the minutes alone.
fn ask(engine: &ClickHouse, database: &str, client: Client, windows: u32) {
    let matrix = "SELECT src_asn, dst_asn, reason, sum(samples), sum(packets), sum(bytes), sumKahan(variance), sum(bytes_from_flows) FROM cells_1m \
                  WHERE exchange = 'ix' GROUP BY src_asn, dst_asn, reason FORMAT Null";
    println!("all minutes summed by pair, by the engine alone: {:.0} ms", best(|| drop(engine.told(database, matrix))));
    let folder = tempfile::tempdir().unwrap();
    drop(Journal::open(folder.path(), Options::default()).unwrap());
    let reader = Reader::open(folder.path()).unwrap().with_warehouse(Warehouse::new(client, EXCHANGE.into(), Keep::ALL));
    let question = Question::all(minute(0), minute(i64::from(windows)));
    let mut cells = 0;
    let took = best(|| cells = reader.matrix(&question, Some(100), &|asn| asn.to_string(), &[]).unwrap().others.cells + 100);
    println!("matrix of {windows} minutes, {cells} cells, the hundred largest listed: {took:.0} ms");
}

fn best(work: impl FnMut()) -> f64 {
    let mut work = work;
    let timed = |_| {
        let began = Instant::now();
        work();
        millis(began.elapsed())
    };
    (0..RUNS).map(timed).fold(f64::MAX, f64::min)
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}
