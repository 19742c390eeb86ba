//! Counts a case's instructions by callgrind.

use std::fmt;
use std::path::Path;
use std::process::Command;

use crate::case::Case;

/// Rounds of the shorter of two runs. The longer one has twice as many: what is done once cancels out in their difference.
pub const ROUNDS: u64 = 2;

/// Why there is no count.
#[derive(Debug)]
pub struct NotCounted(String);

impl fmt::Display for NotCounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotCounted {}

/// Instructions of one round, by the difference of two runs of `runner` (the binary `instructions`).
///
/// # Errors
/// If callgrind cannot be run, or the runner is not there.
pub fn of_a_round(runner: &Path, case: Case, members: usize) -> Result<u64, NotCounted> {
    if !runner.exists() {
        return Err(NotCounted("the binary `instructions` is not built; build it with `cargo build --release -p benches`".to_owned()));
    }
    let short = of_a_run(runner, case, members, ROUNDS)?;
    let long = of_a_run(runner, case, members, 2 * ROUNDS)?;
    Ok(long.saturating_sub(short) / ROUNDS)
}

fn of_a_run(runner: &Path, case: Case, members: usize, rounds: u64) -> Result<u64, NotCounted> {
    let valgrind = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(runner)
        .args([case.name(), &members.to_string(), &rounds.to_string()])
        .output()
        .map_err(|error| NotCounted(format!("valgrind cannot be started ({error}); install it to count instructions")))?;
    let said = String::from_utf8_lossy(&valgrind.stderr);
    collected(&said)
        .ok_or_else(|| NotCounted(format!("callgrind gave no count: {}", said.trim().lines().last().unwrap_or("it said nothing"))))
}

/// The number in callgrind's line `==1234== Collected : 5678`.
fn collected(said: &str) -> Option<u64> {
    let (_, number) = said.lines().find_map(|line| line.split_once("Collected :"))?;
    number.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_read_from_callgrinds_words() {
        let said = "==7== Events    : Ir\n==7== Collected : 5678\n==7== \n==7== I   refs:      5,678\n";
        assert_eq!(collected(said), Some(5_678));
        assert_eq!(collected("valgrind: fatal error"), None);
    }

    #[test]
    fn a_runner_that_is_not_there_is_said() {
        let said = of_a_round(Path::new("/nowhere/instructions"), Case::Floor, 48).unwrap_err().to_string();
        assert!(said.contains("cargo build"), "{said}");
    }
}
