//! `chorsu run` with a ClickHouse: what it measures is there, and it measures whatever becomes of it.

use std::path::PathBuf;

use nix::sys::signal::Signal;
use serde_json::Value;
use tempfile::TempDir;
use tests::clickhouse::{ClickHouse, PASSWORD, USER};
use tests::{Pages, Service, json, number, run};

use super::engine;
use super::proxy::Proxy;

/// A simulated exchange: the same arguments give the same members.
const EXCHANGE: &[&str] = &["--members", "12", "--seed", "7", "--sampling", "100"];

struct Site {
    folder: TempDir,
}

impl Site {
    fn new(url: &str, database: &str) -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap() };
        let text = format!(
            "[exchange]\nname = \"test-ix\"\n[collect]\nlisten = [\"127.0.0.1:0\"]\nthreads = 1\nwindow = \"1s\"\n[members]\nfile = \"ixf.json\"\n\
             [http]\nlisten = \"127.0.0.1:0\"\n[clickhouse]\nurl = \"{url}\"\ndatabase = \"{database}\"\nuser = \"{USER}\"\npassword_file = \"password\"\n\
             insert_timeout = \"1s\"\nquestion_timeout = \"1s\"\n"
        );
        std::fs::write(site.path("chorsu.toml"), text).unwrap();
        std::fs::write(site.path("password"), PASSWORD).unwrap();
        let arguments = ["simulate", "--pcap", "/dev/null", "--for", "1s", "--ixf", &site.text("ixf.json")];
        assert!(run(&[&arguments, EXCHANGE].concat()).status.success());
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn start(&self) -> (Service, Pages) {
        let mut service = Service::start(&["run", "--config", &self.text("chorsu.toml")]);
        let pages = service.pages();
        (service, pages)
    }

    /// Sends some seconds of the exchange's sFlow, and waits until all of it is in the journal.
    fn send(&self, service: &mut Service, pages: &Pages) {
        let to = service.listens().to_string();
        let written = number(&pages.json("/api/v1/status"), "/store/windows_written");
        assert!(run(&[&["simulate", "--to", &to, "--for", "2s", "--rate", "1000"], EXCHANGE].concat()).status.success());
        pages.until("/api/v1/status", |status| number(status, "/store/windows_written") >= written + 4);
    }

    fn journal(&self) -> Value {
        json(&["matrix", "--data", &self.text("data"), "--from", "2020-01-01", "--to", "2100-01-01", "--format", "json"])
    }

    /// Whether the warehouse has the samples that the journal has, by the journal's own count.
    fn is_shipped(&self, engine: &ClickHouse, database: &str) {
        let journal = self.journal();
        let samples = number(&journal, "/total/samples") + number(&journal, "/set_aside/samples");
        assert!(samples > 1_000, "{samples}");
        for level in ["1m", "5m", "1h", "1d"] {
            let asked = format!("SELECT sum(samples) FROM cells_{level} WHERE exchange = 'test-ix'");
            assert_eq!(engine.told(database, &asked), samples.to_string(), "{level}");
        }
    }
}

fn all_is_shipped(status: &Value) -> bool {
    number(status, "/shipping/backlog_windows") == 0 && number(status, "/shipping/windows") > 3
}

#[test]
fn what_the_service_measures_is_in_the_database_also_after_a_kill() {
    let Some((engine, database)) = engine("what_the_service_measures_is_in_the_database_also_after_a_kill", "service") else { return };
    let site = Site::new(&engine.url(), &database);
    let (mut service, pages) = site.start();
    site.send(&mut service, &pages);
    pages.until("/api/v1/status", all_is_shipped);
    service.signal(Signal::SIGKILL);
    service.end();

    let (mut service, pages) = site.start();
    site.send(&mut service, &pages);
    service.stop();
    let filled = run(&["ship", "--config", &site.text("chorsu.toml"), "--from", "2020-01-01"]);
    assert!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
    site.is_shipped(&engine, &database);
    let members = engine.told(&database, "SELECT count(), countIf(name = '') FROM member_names WHERE exchange = 'test-ix'");
    assert_eq!(members, "12\t0", "the member list is there with its names");
}

#[test]
fn a_database_that_hangs_holds_up_no_window() {
    let Some((engine, database)) = engine("a_database_that_hangs_holds_up_no_window", "hangs") else { return };
    let proxy = Proxy::to(&engine.url());
    proxy.get_stuck();
    let site = Site::new(&proxy.url(), &database);
    let (mut service, pages) = site.start();
    site.send(&mut service, &pages);
    let status = pages.until("/api/v1/status", |status| number(status, "/shipping/retries") > 0);
    assert!(status["shipping"]["failing"].as_str().unwrap().contains("did not answer in time"), "{:#}", status["shipping"]);
    assert!(number(&status, "/shipping/backlog_windows") > 3 && number(&status, "/waiting_windows") <= 1, "{status:#}");
    assert!(pages.get("/metrics").1.contains("chorsu_shipping_failing 1"));
    assert!(!service.said().contains(PASSWORD));
    proxy.mend();
    pages.until("/api/v1/status", all_is_shipped);
    service.stop();
    assert!(run(&["ship", "--config", &site.text("chorsu.toml"), "--from", "2020-01-01"]).status.success());
    site.is_shipped(&engine, &database);
}
