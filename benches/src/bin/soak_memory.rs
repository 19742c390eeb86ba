//! Runs the service for long, asks it questions, and prints its memory, descriptors and disk over time.
//!
//! `soak_memory [--for 1h] [--rate 5000] [--members 300]`; build all binaries before (`make build`).

use std::process::ExitCode;
use std::time::Duration;

use benches::live::served::Failed;
use benches::live::soak::Soak;

fn main() -> ExitCode {
    match asked().and_then(|soak| run(&soak)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn asked() -> Result<Soak, Failed> {
    let mut soak = Soak { length: Duration::from_secs(3_600), rate: 5_000.0, members: 300 };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--for" => soak.length = schema::time::parse_span(&value)?,
            "--rate" => soak.rate = value.parse()?,
            "--members" => soak.members = value.parse()?,
            _ => return Err(format!("{name} is not known; there are --for, --rate and --members").into()),
        }
    }
    Ok(soak)
}

fn run(soak: &Soak) -> Result<(), Failed> {
    let soaked = soak.run(&mut |look| {
        println!("{:>6.0} s  {:>7.1} MiB  {} descriptors", look.at, look.resident as f64 / f64::from(1 << 20), look.descriptors);
    })?;
    println!("{}", soaked.table());
    println!("memory grew by {:.2} MiB an hour in the second half", soaked.growth_per_hour() / f64::from(1 << 20));
    println!(
        "{} questions, half of them answered within {:.1} ms and 99 of 100 within {:.1} ms; the kernel dropped {} datagrams",
        soaked.answers.len(),
        soaked.answered_within(50) * 1e3,
        soaked.answered_within(99) * 1e3,
        soaked.kernel_drops
    );
    Ok(())
}
