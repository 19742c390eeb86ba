//! The live loss test: prints each rate as it is tried, then what came of it, and writes `target/bench.json`.
//!
//! `live [--members 300] [--seconds 2] [--rounds 7]`; build all binaries before (`make build`). It starts itself for its helpers: `live send MEMBERS`
//! and `live bare THREADS RECEIVE_BUFFER BATCH`.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use benches::live::sender::Sender;
use benches::live::served::Failed;
use benches::live::{Live, bare, orders, row};
use benches::report::Report;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failed> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut words = arguments.iter();
    match words.next().map(String::as_str) {
        Some("send") => Sender::new(orders::next(&mut words)?)?.obey(),
        Some("bare") => bare::obey(orders::next(&mut words)?, orders::next(&mut words)?, orders::next(&mut words)?),
        _ => measure(&asked(&arguments)?),
    }
}

fn asked(arguments: &[String]) -> Result<Live, Failed> {
    let mut live = Live::default();
    let mut words = arguments.iter();
    while let Some(name) = words.next() {
        match name.as_str() {
            "--members" => live.members = orders::next(&mut words)?,
            "--seconds" => live.length = Duration::from_secs_f64(orders::next(&mut words)?),
            "--rounds" => live.rounds = orders::next(&mut words)?,
            _ => return Err(format!("{name} is not known; there are --members, --seconds and --rounds").into()),
        }
    }
    Ok(live)
}

fn measure(live: &Live) -> Result<(), Failed> {
    let figures = live.run(&mut |name, taken| println!("{}", row(name, taken).join("  ")))?;
    println!("\n{}\n", figures.table());
    let [served, bare] = figures.at_full_rate();
    let bound = |limit: bool| if limit { ", the sender's own limit" } else { "" };
    println!("{} threads, a receive buffer of {} octets each, {} members", figures.threads, figures.receive_buffer, live.members);
    println!("without loss: bare {:.0} datagrams/s{}", figures.bare_rate, bound(figures.senders_limit.0));
    println!("            chorsu {:.0} datagrams/s{}", figures.served_rate, bound(figures.senders_limit.1));
    println!("a datagram at that rate: chorsu {:.3} µs user and {:.3} µs system, bare {:.3} and {:.3}", served.0, served.1, bare.0, bare.1);
    let mut report = Report::default();
    figures.report(&mut report);
    println!("{}", report.text());
    Ok(report.write(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench.json"))?)
}
