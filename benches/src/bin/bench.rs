//! Measures everything, prints the figures and writes them to `target/bench.json`: `bench [SECTION…]`, all sections without an argument.
//!
//! Build all of the package before: instructions are counted in the binary beside this one, and captures are read by another.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use benches::live::{Live, row};
use benches::report::Report;
use benches::{groups, peers, questions};

/// What can be asked for by name.
const SECTIONS: [&str; 4] = ["cases", "peers", "questions", "live"];

fn main() -> ExitCode {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = asked.iter().find(|name| !SECTIONS.contains(&name.as_str())) {
        eprintln!("{unknown}: is no section; these are: {}", SECTIONS.join(", "));
        return ExitCode::from(2);
    }
    match run(&|section| asked.is_empty() || asked.iter().any(|name| name == section)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(is_wanted: &dyn Fn(&str) -> bool) -> Result<(), Box<dyn Error>> {
    let mut report = Report::default();
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    let kept = target.join("bench");
    std::fs::create_dir_all(&kept)?;
    if is_wanted("cases") {
        for group in groups::all() {
            eprintln!("measuring: {}", group.title);
            groups::measure(&group, &beside_this_binary("instructions")?, &mut report)?;
        }
    }
    if is_wanted("peers") {
        peers::measure(&kept, &beside_this_binary("read_capture")?, &mut report)?;
    }
    if is_wanted("questions") {
        questions::measure(&kept, &mut report)?;
    }
    if is_wanted("live") {
        live(&mut report);
    }
    report.write(&target.join("bench.json"))?;
    println!("{}", report.text());
    Ok(())
}

/// Tries the service with traffic over loopback. Where the machine is too busy for that, it is left out.
fn live(report: &mut Report) {
    report.section("The service with traffic over loopback");
    match Live::default().run(&mut |name, taken| eprintln!("{}", row(name, taken).join("  "))) {
        Ok(figures) => figures.report(report),
        Err(why) => report.leave_out("the service with traffic over loopback", why.to_string()),
    }
}

fn beside_this_binary(name: &str) -> std::io::Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name(name))
}
