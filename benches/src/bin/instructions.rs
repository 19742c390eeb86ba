//! Runs one case so many rounds, for callgrind to count: `instructions CASE MEMBERS ROUNDS`.

use std::error::Error;
use std::process::ExitCode;
use std::rc::Rc;

use benches::case::Case;
use benches::traffic::{Kind, Traffic};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((case, members, rounds)) = arguments(&words) else {
        let names = Case::ALL.map(Case::name).join("|");
        eprintln!("usage: instructions {names} MEMBERS ROUNDS");
        return ExitCode::from(2);
    };
    match run(case, members, rounds) {
        Ok((units, sum)) => {
            println!("{units} {sum}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(case: Case, members: usize, rounds: u64) -> Result<(u64, u64), Box<dyn Error>> {
    let traffic = Rc::new(Traffic::made(case.kind().unwrap_or(Kind::Sflow), members)?);
    let mut round = case.prepare(&traffic)?;
    let sum = (0..rounds).map(|_| round()).fold(0, u64::wrapping_add);
    Ok((case.units(&traffic), sum))
}

fn arguments(words: &[String]) -> Option<(Case, usize, u64)> {
    let [case, members, rounds] = words else { return None };
    Some((Case::of(case)?, members.parse().ok()?, rounds.parse().ok()?))
}
