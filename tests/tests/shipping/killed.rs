//! The shipper's process, killed at random.

use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use tests::clickhouse::{ClickHouse, PASSWORD, USER};
use tests::{chorsu, run};

use super::engine;
use super::made::{Store, yesterday};

/// How often it is killed.
const KILLS: u64 = 200;

/// Milliseconds within which it is killed: somewhat longer than it takes to start and ship a few windows.
const WITHIN: u64 = 450;

fn configured(store: &Store, engine: &ClickHouse, database: &str) -> String {
    let text = format!(
        "[exchange]\nname = \"ix\"\n[store]\ndata = \".\"\n[clickhouse]\nurl = \"{}\"\ndatabase = \"{database}\"\nuser = \"{USER}\"\npassword_file = \"password\"\n",
        engine.url()
    );
    std::fs::write(store.path().join("password"), PASSWORD).unwrap();
    let path = store.path().join("chorsu.toml");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_shipper_that_is_killed_at_random_two_hundred_times_ships_everything_once() {
    let Some((engine, database)) = engine("a_shipper_that_is_killed_at_random_two_hundred_times_ships_everything_once", "random") else {
        return;
    };
    let mut store = Store::new();
    let (config, from) = (configured(&store, &engine, &database), yesterday().to_string());
    let arguments = ["ship", "--config", &config, "--from", &from];
    let mut ended = 0;
    for round in 0..KILLS {
        store.append(1 + round % 3);
        let mut child: Command = chorsu(&arguments);
        let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Spread evenly, in an order that looks random and is the same each time.
        thread::sleep(Duration::from_millis(round * 7_919 % WITHIN));
        ended += u64::from(child.try_wait().unwrap().is_some());
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(ended < KILLS / 2, "{ended} of {KILLS} had ended before they were killed");
    let last = run(&arguments);
    assert!(last.status.success(), "{}", String::from_utf8_lossy(&last.stderr));
    store.must_be_there_once(&engine, &database);
    let again = run(&arguments);
    let said = String::from_utf8_lossy(&again.stdout).into_owned();
    let all = store.appended;
    assert!(said.starts_with(&format!("{all} windows in the journal: {all} were in ClickHouse, 0 are there now")), "{said}");
}
