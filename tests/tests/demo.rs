//! `chorsu demo`: a living exchange at the printed address.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use tests::{Pages, Service, number};

fn demo(arguments: &[&str]) -> (Service, Pages) {
    let mut service = Service::start(&[&["demo", "--listen", "127.0.0.1:0", "--members", "16"], arguments].concat());
    let line = service.line("The exchange is at ");
    let base = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned();
    (service, Pages::at(&base))
}

#[test]
fn it_shows_history_and_goes_on_live() {
    let (mut service, pages) = demo(&["--history", "90m"]);
    let series = pages.json("/api/v1/timeseries?by=ip_version");
    assert!(series["series"].as_array().unwrap().len() >= 2, "both IP versions are there");
    let now = number(&pages.json("/api/v1/matrix"), "/total/samples");
    let later = pages.until("/api/v1/matrix", |matrix| number(matrix, "/total/samples") > now + 100);
    assert_eq!(later["complete"], false);
    assert!(later["source"].as_str().unwrap().contains("live"));
    for path in ["/", "/matrix", "/exporters"] {
        let (status, page) = pages.get(path);
        assert_eq!(status, 200, "{path}");
        assert!(page.contains("<table") && page.contains("<caption"), "{path} has its tables before any script runs");
    }
    assert!(number(&pages.json("/api/v1/ports"), "/ports/0/in_octets") > 0);
    assert_eq!(pages.get("/healthz").0, 200);
    service.stop();
}

#[test]
fn it_stops_by_itself_and_leaves_nothing_behind() {
    let (mut service, pages) = demo(&["--history", "2m", "--for", "2s"]);
    let status = pages.json("/api/v1/status");
    let list = std::path::PathBuf::from(status["directory"]["origin"].as_str().unwrap());
    assert!(list.is_file());
    assert!(service.end().success(), "{}", service.said());
    assert!(!list.exists(), "the temporary folder is removed");
}
