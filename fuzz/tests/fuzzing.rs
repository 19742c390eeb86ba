//! A short run of every target with libFuzzer. `make fuzz` is the long one.

use std::path::Path;
use std::process::{Command, Stdio};

/// Seconds for each target, a minute for all: enough to come upon what a change broke, not what nobody has thought of.
const SECONDS: &str = "6";

#[test]
fn a_short_run_breaks_no_target() {
    if Command::new("c++").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("skipped: there is no C++ compiler (c++) to build libFuzzer with");
        return;
    }
    let run = Path::new(env!("CARGO_MANIFEST_DIR")).join("run.sh");
    // The same inputs each time, as far as the clock allows: a run that finds something finds it again.
    let output = Command::new(run).arg(SECONDS).env("FUZZ_FLAGS", "-seed=1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
}
