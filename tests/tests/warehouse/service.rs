//! `chorsu run` whose questions go to ClickHouse.

use std::path::Path;
use std::time::Duration;

use schema::Timestamp;
use serde_json::Value;
use tests::clickhouse::{ClickHouse, PASSWORD, USER};
use tests::{Service, json, number, run};

const HOUR: Duration = Duration::from_secs(3_600);

/// A simulated exchange: the same arguments give the same members.
const EXCHANGE: &[&str] = &["--members", "12", "--seed", "7", "--sampling", "100"];

fn configure(folder: &Path, url: &str) -> String {
    let file = folder.join("chorsu.toml");
    let text = format!(
        "[collect]\nlisten = [\"127.0.0.1:0\"]\nthreads = 1\nwindow = \"1s\"\n[members]\nfile = \"ixf.json\"\n[http]\nlisten = \"127.0.0.1:0\"\n\
         [clickhouse]\nurl = \"{url}\"\nuser = \"{USER}\"\npassword_file = \"password\"\nquestions = \"clickhouse\"\n"
    );
    std::fs::write(&file, text).unwrap();
    std::fs::write(folder.join("password"), PASSWORD).unwrap();
    let ixf = folder.join("ixf.json");
    let arguments = ["simulate", "--pcap", "/dev/null", "--for", "1s", "--ixf", ixf.to_str().unwrap()];
    assert!(run(&[&arguments, EXCHANGE].concat()).status.success());
    file.to_str().unwrap().to_owned()
}

/// Samples of an answer, those that were set aside among them.
fn samples(answer: &Value) -> u64 {
    number(answer, "/total/samples") + number(answer, "/set_aside/samples")
}

#[test]
fn a_services_answers_only_grow_while_windows_close_and_are_shipped_and_end_as_the_journals() {
    let Some(engine) = ClickHouse::start("a_services_answers_only_grow_while_windows_close_and_are_shipped_and_end_as_the_journals") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut service = Service::start(&["run", "--config", &configure(folder.path(), &engine.url())]);
    let (pages, to) = (service.pages(), service.listens().to_string());
    let sender = std::thread::spawn(move || run(&[&["simulate", "--to", &to, "--for", "4s", "--rate", "1000"], EXCHANGE].concat()));
    let now = Timestamp::now();
    let (from, to) = (now.minus(HOUR).to_string(), now.plus(HOUR).to_string());
    let matrix = format!("/api/v1/matrix?from={from}&to={to}");
    let mut before = 0;
    while !sender.is_finished() {
        let answer = pages.json(&matrix);
        assert!(samples(&answer) >= before, "{} after {before}: {}", samples(&answer), answer["source"]);
        before = samples(&answer);
    }
    assert!(sender.join().unwrap().status.success());
    // The last frames are in windows that are closed, and these are shipped.
    let written = number(&pages.json("/api/v1/status"), "/store/windows_written");
    pages.until("/api/v1/status", |status| {
        number(status, "/store/windows_written") >= written + 3 && number(status, "/shipping/backlog_windows") == 0
    });
    let last = pages.until(&matrix, |answer| answer["source"].as_str().unwrap().starts_with("clickhouse"));
    service.stop();
    let data = folder.path().join("data");
    let journal = json(&["matrix", "--data", data.to_str().unwrap(), "--from", &from, "--to", &to, "--format", "json"]);
    assert!(samples(&journal) > 1_000, "{journal:#}");
    assert_eq!(samples(&last), samples(&journal));
    assert_eq!(last.pointer("/total/bytes"), journal.pointer("/total/bytes"));
}
