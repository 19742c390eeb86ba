//! The shipper's process, killed at random.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tests::clickhouse::{ClickHouse, PASSWORD, USER};
use tests::{chorsu, run};

use super::engine;
use super::made::{Store, yesterday};

/// How often it is killed.
const KILLS: u64 = 200;

/// Kills after which a batch must have been under way at least: else the moments are ill chosen, and the test tries something else.
const UNDER_WAY: u64 = KILLS / 10;

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

fn time_of_a_run(store: &mut Store, arguments: &[&str]) -> Duration {
    store.append(2);
    let began = Instant::now();
    assert!(run(arguments).status.success());
    began.elapsed()
}

/// Whether a batch was begun and not ended, as the ledger says.
fn is_under_way(store: &Store) -> bool {
    let ledger = std::fs::read_to_string(store.path().join("shipping/ledger")).unwrap();
    ledger.lines().last().is_some_and(|line| line.starts_with("begin "))
}

#[test]
fn a_shipper_that_is_killed_at_random_two_hundred_times_ships_everything_once() {
    let Some((engine, database)) = engine("a_shipper_that_is_killed_at_random_two_hundred_times_ships_everything_once", "random") else {
        return;
    };
    let mut store = Store::new();
    let (config, from) = (configured(&store, &engine, &database), yesterday().to_string());
    let arguments = ["ship", "--config", &config, "--from", &from];
    // Within the time of a whole run the others are killed: from when one may have begun to send until it may have ended.
    // The first run makes the tables. What the machine does beside changes how long one takes, so the time follows: about a third of the runs come to their end.
    assert!(run(&arguments).status.success());
    let mut whole = time_of_a_run(&mut store, &arguments);
    let mut under_way = 0;
    for round in 0..KILLS {
        store.append(1 + round % 3);
        let mut child: Command = chorsu(&arguments);
        let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Spread evenly, in an order that looks random and is the same each time.
        let part = f64::from(u32::try_from(round * 7_919 % 1_000).unwrap()) / 1_000.0;
        thread::sleep(whole.mul_f64(0.3 + part));
        whole = whole.mul_f64(if child.try_wait().unwrap().is_some() { 0.9 } else { 1.05 });
        child.kill().unwrap();
        child.wait().unwrap();
        under_way += u64::from(is_under_way(&store));
    }
    println!("{under_way} of {KILLS} kills left a batch under way; a whole run takes {whole:?}");
    assert!(under_way >= UNDER_WAY, "only {under_way} of {KILLS} were killed while they sent");
    let last = run(&arguments);
    assert!(last.status.success(), "{}", String::from_utf8_lossy(&last.stderr));
    store.must_be_there_once(&engine, &database);
    let again = run(&arguments);
    let said = String::from_utf8_lossy(&again.stdout).into_owned();
    let all = store.appended;
    assert!(said.starts_with(&format!("{all} windows in the journal: {all} were in ClickHouse, 0 are there now")), "{said}");
}
