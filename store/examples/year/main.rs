//! Writes a year's journal and asks it what pages ask.
//!
//! ```console
//! cargo run --release --package store --example year -- fill DIR [MEMBERS] [DAYS]
//! cargo run --release --package store --example year -- settle DIR
//! cargo run --release --package store --example year -- ask DIR [TIMES]
//! ```
#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

mod exchange;
mod history;

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use schema::Timestamp;
use store::question::{By, Question};
use store::{Journal, Options, Reader, StoreError};

use exchange::Exchange;

/// Where the history ends: the middle of a day, an hour and five minutes, so that questions have ragged edges.
const END: &str = "2026-11-21T13:37:00Z";

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |position: usize, default: u32| arguments.get(position).map_or(Ok(default), |text| text.parse());
    let end: Timestamp = END.parse()?;
    match (arguments.first().map(String::as_str), arguments.get(1)) {
        (Some("fill"), Some(dir)) => Ok(history::fill(Path::new(dir), &Exchange::of(number(2, 300)?), number(3, 365)?, end)?),
        (Some("settle"), Some(dir)) => Ok(history::settle(&mut Journal::open(Path::new(dir), Options::default())?, end)?),
        (Some("ask"), Some(dir)) => Ok(ask(Path::new(dir), number(2, 15)?, end)?),
        _ => Err("write `fill DIR [MEMBERS] [DAYS]`, `settle DIR` or `ask DIR [TIMES]`".into()),
    }
}

fn ask(dir: &Path, times: u32, end: Timestamp) -> Result<(), StoreError> {
    timed("open for writing", times, || Journal::open(dir, Options::default()).map(|_| 0))?;
    timed("open for reading", times, || Reader::open(dir)?.extent().map(|_| 0))?;
    let reader = Reader::open(dir)?;
    let name = |asn: u32| format!("AS{asn}");
    let last = |span: Duration| Question::all(end.minus(span), end);
    for (what, span) in [("hour", HOUR), ("24 h", DAY), ("30 days", 30 * DAY), ("year", 365 * DAY)] {
        let question = last(span);
        timed(&format!("matrix, {what}"), times, || Ok(reader.matrix(&question, None, &name, &[])?.cells.len()))?;
        timed(&format!("members, {what}"), times, || Ok(reader.members(&question, &[], &[])?.members.len()))?;
        timed(&format!("ports, {what}"), times, || Ok(reader.ports(&question, &|_, _| None, &[])?.ports.len()))?;
        timed(&format!("exporters, {what}"), times, || Ok(reader.exporters(&question, &[])?.exporters.len()))?;
        timed(&format!("time series, {what}"), times, || Ok(reader.timeseries(&question, None, By::Nothing, &[])?.times.len()))?;
        let of_member = Question { src: Some(schema::Asn(65_010)), ..question };
        timed(&format!("one sender, {what}"), times, || Ok(reader.matrix(&of_member, None, &name, &[])?.cells.len()))?;
        timed(&format!("its series, {what}"), times, || Ok(reader.timeseries(&of_member, None, By::Nothing, &[])?.times.len()))?;
    }
    Ok(())
}

/// Does it so often, and prints the shortest time, the median and the longest, in milliseconds, and how much came of it.
fn timed(what: &str, times: u32, work: impl Fn() -> Result<usize, StoreError>) -> Result<(), StoreError> {
    let mut millis = Vec::new();
    let mut size = 0;
    for _ in 0..times.max(1) {
        let begun = Instant::now();
        size = work()?;
        millis.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    millis.sort_by(f64::total_cmp);
    let at = |part: usize| millis.get((millis.len() - 1) * part / 2).copied().unwrap_or_default();
    println!("{what:<24} {:>9.1} {:>9.1} {:>9.1}  {size:>7}", at(0), at(1), at(2));
    Ok(())
}
