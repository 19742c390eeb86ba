//! Measures all cases, prints the figures and writes them to `target/bench.json`.
//!
//! Build all of the package before (`cargo build --release -p benches`): instructions are counted in the binary beside this one.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

use benches::case::Case;
use benches::report::Report;
use benches::traffic::Traffic;
use benches::{clock, instructions};

/// Members of the exchanges whose traffic is measured: one of middling size, and one of the largest.
const MEMBERS: [usize; 2] = [48, 500];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut report = Report::default();
    for members in MEMBERS {
        let traffic = Rc::new(Traffic::of(members)?);
        time(&traffic, members, &mut report);
        if let Err(why) = count(&traffic, members, &mut report) {
            println!("instructions not counted: {why}");
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench.json");
    report.write(&path)?;
    println!("{}", report.table());
    Ok(())
}

/// Times and their ratios.
fn time(traffic: &Rc<Traffic>, members: usize, report: &mut Report) {
    let mut rounds = Case::ALL.map(|case| case.prepare(traffic));
    let turns = clock::take_turns(&mut rounds);
    let ratio = |slow: Case, fast: Case| clock::ratio(&turns, slow as usize, fast as usize);
    let same_work = ratio(Case::SflowParserMatrix, Case::Matrix);
    if members == MEMBERS[1] {
        report.add("sflow_vs_sflow_parser_ratio", same_work, "times as fast");
    }
    report.add(format!("matrix_vs_sflow_parser_{members}_members_ratio"), same_work, "times as fast");
    report.add(format!("walk_vs_sflow_parser_{members}_members_ratio"), ratio(Case::SflowParser, Case::Walk), "times as fast");
    report.add(format!("matrix_vs_floor_{members}_members_ratio"), ratio(Case::Matrix, Case::Floor), "times as long");
    report.add(format!("walk_vs_floor_{members}_members_ratio"), ratio(Case::Walk, Case::Floor), "times as long");
    for case in Case::ALL {
        let nanoseconds = clock::typical(&turns, case as usize) * 1e9 / case.units(traffic) as f64;
        report.add(format!("{}_{members}_members_ns_per_{}", case.name(), case.unit()), nanoseconds, "ns");
    }
}

/// Instructions.
fn count(traffic: &Traffic, members: usize, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let runner = beside_this_binary()?;
    for case in Case::ALL {
        let each = instructions::of_a_round(&runner, case, members)? as f64 / case.units(traffic) as f64;
        if case == Case::Matrix && members == MEMBERS[1] {
            report.add("sflow_instructions_per_sample", each, "instructions per sample");
        }
        report.add(format!("{}_{members}_members_instructions_per_{}", case.name(), case.unit()), each, "instructions");
    }
    Ok(())
}

fn beside_this_binary() -> std::io::Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name("instructions"))
}
