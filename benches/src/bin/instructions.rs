//! Runs one case so many rounds, for callgrind to count: `instructions CASE MEMBERS ROUNDS`.

use std::process::ExitCode;
use std::rc::Rc;

use benches::case::Case;
use benches::traffic::Traffic;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((case, members, rounds)) = arguments(&words) else {
        let names = Case::ALL.map(Case::name).join("|");
        eprintln!("usage: instructions {names} MEMBERS ROUNDS");
        return ExitCode::from(2);
    };
    let traffic = match Traffic::of(members) {
        Ok(traffic) => Rc::new(traffic),
        Err(refusal) => {
            eprintln!("{refusal}");
            return ExitCode::FAILURE;
        }
    };
    let mut round = case.prepare(&traffic);
    let sum: u64 = (0..rounds).map(|_| round()).fold(0, u64::wrapping_add);
    println!("{} {sum}", case.units(&traffic));
    ExitCode::SUCCESS
}

fn arguments(words: &[String]) -> Option<(Case, usize, u64)> {
    let [case, members, rounds] = words else { return None };
    Some((Case::of(case)?, members.parse().ok()?, rounds.parse().ok()?))
}
