//! `chorsu run` as its operator meets it: traffic in, answers out, stopped, killed, reloaded.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;
use serde_json::Value;
use tempfile::TempDir;
use tests::{Pages, Service, json, number, run};

/// A folder with a configuration, and a simulated exchange's member list beside it.
struct Site {
    folder: TempDir,
}

/// A simulated exchange: the same arguments give the same members.
const EXCHANGE: &[&str] = &["--members", "12", "--seed", "7", "--sampling", "100"];

impl Site {
    fn new(listen: &str, window: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let site = Self { folder };
        let text = format!(
            "[exchange]\nname = \"test-ix\"\n[collect]\nlisten = [\"{listen}\"]\nthreads = 2\nwindow = \"{window}\"\n\
             [members]\nfile = \"ixf.json\"\n[store]\ndata = \"data\"\n[http]\nlisten = \"127.0.0.1:0\"\n"
        );
        std::fs::write(site.path("chorsu.toml"), text).unwrap();
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

    fn start(&self) -> Running {
        let mut service = Service::start(&["run", "--config", &self.text("chorsu.toml")]);
        let to = service.listens();
        let pages = service.pages();
        Running { service, to, pages }
    }

    /// Sends the exchange's sFlow for some time; gives the truth.
    fn send(&self, to: SocketAddr, length: &str) -> Value {
        let (to, truth) = (to.to_string(), self.text("truth.json"));
        let arguments = ["simulate", "--to", &to, "--for", length, "--rate", "2000", "--truth", &truth];
        let output = run(&[&arguments, EXCHANGE].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&std::fs::read(truth).unwrap()).unwrap()
    }

    /// What the journal alone says.
    fn journal(&self) -> Value {
        json(&["matrix", "--data", &self.text("data"), "--from", "2020-01-01", "--to", "2100-01-01", "--format", "json"])
    }
}

struct Running {
    service: Service,
    to: SocketAddr,
    pages: Pages,
}

/// Samples in the matrix and beside it.
fn samples(matrix: &Value) -> u64 {
    number(matrix, "/total/samples") + number(matrix, "/set_aside/samples")
}

/// Whether an estimate lies as near to the truth as chance allows: 4.5 standard errors, 2.3 half intervals.
fn is_near(estimate: &Value, truth: u64) -> bool {
    let (low, high) = (number(estimate, "/bytes_low"), number(estimate, "/bytes_high"));
    let reach = (high - low) as f64 / 2.0 * 2.3;
    (number(estimate, "/bytes") as f64 - truth as f64).abs() <= reach
}

#[test]
fn what_the_api_says_is_what_the_exchange_carried() {
    let site = Site::new("127.0.0.1:0", "5s");
    let mut running = site.start();
    let truth = site.send(running.to, "7s");
    let sent = number(&truth, "/flow_samples");
    let matrix = running.pages.until("/api/v1/matrix", |matrix| samples(matrix) == sent);
    assert!(is_near(&matrix["total"], number(&truth, "/total/octets")), "{:#} against {:#}", matrix["total"], truth["total"]);
    adds_up(&matrix);
    let mut near = 0;
    let cells = matrix["cells"].as_array().unwrap();
    for cell in cells {
        let of_pair = |truth: &&Value| truth["src_asn"] == cell["src"] && truth["dst_asn"] == cell["dst"];
        let octets = truth["cells"].as_array().unwrap().iter().filter(of_pair).map(|cell| number(cell, "/octets")).sum();
        near += usize::from(is_near(cell, octets));
    }
    assert!(near * 100 >= cells.len() * 98, "only {near} of {} cells are near the truth", cells.len());
    assert_eq!(number(&matrix, "/set_aside/samples"), set_aside(&truth));
    let exporters = running.pages.json("/api/v1/exporters");
    for exporter in exporters["exporters"].as_array().unwrap() {
        assert_eq!(number(exporter, "/lost_datagrams") + number(exporter, "/lost_samples"), 0);
    }
    running.service.stop();
    assert_eq!(site.journal()["total"]["bytes"], running_total(&site));
}

fn set_aside(truth: &Value) -> u64 {
    truth["set_aside"].as_object().unwrap().values().map(|volume| number(volume, "/samples")).sum()
}

/// The total over all windows by another way: the sum of the top pairs, the others and what is unattributed.
fn running_total(site: &Site) -> Value {
    let top = json(&["top", "--data", &site.text("data"), "--from", "2020-01-01", "--to", "2100-01-01", "--top", "3", "--format", "json"]);
    let cells: u64 = top["cells"].as_array().unwrap().iter().map(|cell| number(cell, "/bytes")).sum();
    assert_eq!(top["cells"].as_array().unwrap().len(), 3);
    (cells + number(&top, "/others/bytes") + number(&top, "/unattributed/bytes")).into()
}

fn adds_up(matrix: &Value) {
    for field in ["samples", "packets", "bytes"] {
        let cells: u64 = matrix["cells"].as_array().unwrap().iter().map(|cell| number(cell, &format!("/{field}"))).sum();
        let rest = number(matrix, &format!("/others/{field}")) + number(matrix, &format!("/unattributed/{field}"));
        assert_eq!(cells + rest, number(matrix, &format!("/total/{field}")), "{field}");
    }
}

#[test]
fn stopped_in_mid_window_it_keeps_that_window() {
    let site = Site::new("127.0.0.1:0", "60s");
    let mut running = site.start();
    let sent = number(&site.send(running.to, "2s"), "/flow_samples");
    running.service.stop();
    assert_eq!(samples(&site.journal()), sent);
}

#[test]
fn killed_it_starts_again_on_its_journal_and_what_was_acknowledged_is_there_once() {
    let site = Site::new("127.0.0.1:0", "1s");
    let mut running = site.start();
    let sent = number(&site.send(running.to, "3s"), "/flow_samples");
    running.pages.until("/api/v1/matrix", |matrix| samples(matrix) == sent);
    // All of it is acknowledged when windows that were opened after the last sample are written.
    let written = number(&running.pages.json("/api/v1/status"), "/store/windows_written");
    running.pages.until("/api/v1/status", |status| number(status, "/store/windows_written") >= written + 2);
    running.service.signal(Signal::SIGKILL);
    assert!(!running.service.end().success());
    assert_eq!(samples(&site.journal()), sent);

    let mut again = site.start();
    let more = number(&site.send(again.to, "2s"), "/flow_samples");
    again.pages.until("/api/v1/matrix", |matrix| samples(matrix) == sent + more);
    again.service.stop();
    assert_eq!(samples(&site.journal()), sent + more);
}

#[test]
fn members_are_reloaded_without_losing_a_sample() {
    let site = Site::new("127.0.0.1:0", "60s");
    let list = std::fs::read(site.path("ixf.json")).unwrap();
    std::fs::write(site.path("ixf.json"), r#"{"version": "1.0", "member_list": []}"#).unwrap();
    let mut running = site.start();
    let attributed = |matrix: &Value| samples(matrix) - number(matrix, "/unattributed/samples") - number(matrix, "/set_aside/samples");

    let first = number(&site.send(running.to, "1s"), "/flow_samples");
    let before = running.pages.until("/api/v1/matrix", |matrix| samples(matrix) == first);
    assert_eq!(attributed(&before), 0);

    std::fs::write(site.path("ixf.json"), &list).unwrap();
    running.service.signal(Signal::SIGHUP);
    running.service.line("members reloaded");
    let second = number(&site.send(running.to, "1s"), "/flow_samples");
    let after = running.pages.until("/api/v1/matrix", |matrix| samples(matrix) == first + second);
    assert!(attributed(&after) > second * 8 / 10, "{after:#}");

    // A list that cannot be read changes nothing but the status.
    std::fs::write(site.path("ixf.json"), "{").unwrap();
    running.service.signal(Signal::SIGHUP);
    running.pages.until("/api/v1/status", |status| status["directory"]["refused"].is_string());
    let third = number(&site.send(running.to, "1s"), "/flow_samples");
    let last = running.pages.until("/api/v1/matrix", |matrix| samples(matrix) == first + second + third);
    assert!(attributed(&last) > attributed(&after));
    running.service.stop();
}

#[test]
fn one_socket_takes_ipv4_and_ipv6() {
    if !Path::new("/proc/net/if_inet6").exists() {
        println!("skipped: this machine has no IPv6");
        return;
    }
    let site = Site::new("[::]:0", "60s");
    let mut running = site.start();
    let port = running.to.port();
    let four = number(&site.send(SocketAddr::from(([127, 0, 0, 1], port)), "1s"), "/flow_samples");
    let six = number(&site.send(SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1_u16], port)), "1s"), "/flow_samples");
    running.pages.until("/api/v1/matrix", |matrix| samples(matrix) == four + six);
    let exporters = running.pages.json("/api/v1/exporters");
    let sources: Vec<&str> = exporters["exporters"].as_array().unwrap().iter().filter_map(|exporter| exporter["source"].as_str()).collect();
    assert!(sources.contains(&"127.0.0.1") && sources.contains(&"::1"), "{sources:?}");
    running.service.stop();
}

#[test]
fn two_services_do_not_write_one_journal() {
    let site = Site::new("127.0.0.1:0", "60s");
    let mut running = site.start();
    let second = run(&["run", "--config", &site.text("chorsu.toml")]);
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&second.stderr).contains("in use by another process"));
    running.service.stop();
}
