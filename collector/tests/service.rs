//! The running collector on loopback: templates over a restart, the allow-list, exporters that change their port.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use collector::service::Shared;
use collector::{Outbox, Service, Settings};
use schema::status::{ExporterStatus, Ledger, Status};
use schema::window::ListenerRow;

/// How long the collector is waited for; it takes a second.
const PATIENCE: Duration = Duration::from_secs(30);

struct Running {
    service: Service,
    shared: Shared,
}

fn settings() -> Settings {
    Settings {
        exchange: "test".into(),
        listen: vec!["127.0.0.1:0".parse().unwrap()],
        threads: 4,
        receive_buffer: 1 << 20,
        batch: 64,
        window: Duration::from_secs(60),
        weights: aggregator::Weights::default(),
        policies: Arc::default(),
        allow: Vec::new(),
        templates: None,
    }
}

fn start(settings: &Settings) -> Running {
    let shared = Shared {
        directory: Arc::default(),
        directory_status: Arc::default(),
        outbox: Arc::new(Outbox::default()),
        status: Arc::new(ArcSwap::default()),
    };
    Running { service: Service::start(settings, shared.clone()).unwrap(), shared }
}

impl Running {
    fn address(&self) -> SocketAddr {
        self.service.addresses()[0]
    }

    /// Sends a datagram from this address, and from a new port each time.
    fn send(&self, from: impl Into<IpAddr>, datagram: &[u8]) {
        UdpSocket::bind((from.into(), 0)).unwrap().send_to(datagram, self.address()).unwrap();
    }

    /// Waits until the status is as it is wanted.
    fn until(&self, wanted: impl Fn(&Status) -> bool) -> Arc<Status> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let status = self.shared.status.load_full();
            if wanted(&status) {
                return status;
            }
            assert!(Instant::now() < deadline, "{:?} {:?}", status.exporters, status.skipped);
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// An IPFIX message with the template 256 (octets and packets) or none, and one record of so many octets, or none.
fn message(sequence: u32, with_template: bool, record: Option<u32>) -> Vec<u8> {
    let mut sets = Vec::new();
    if with_template {
        sets.extend([0, 2, 0, 16, 1, 0, 0, 2, 0, 1, 0, 4, 0, 2, 0, 4]);
    }
    if let Some(octets) = record {
        sets.extend([1, 0, 0, 12]);
        sets.extend(octets.to_be_bytes());
        sets.extend(1_u32.to_be_bytes());
    }
    let mut message = vec![0, 10, 0, sets.len() as u8 + 16];
    [0, sequence, 7].iter().for_each(|word: &u32| message.extend(word.to_be_bytes()));
    message.extend(sets);
    message
}

fn only(status: &Status) -> Option<&ExporterStatus> {
    status.exporters.first().filter(|_| status.exporters.len() == 1)
}

fn skipped(status: &Status, reason: &str) -> u64 {
    status.skipped.iter().find(|(name, _)| *name == reason).map_or(0, |(_, count)| *count)
}

#[test]
fn an_exporter_that_changes_its_port_keeps_its_templates() {
    let running = start(&settings());
    running.send([127, 0, 0, 9], &message(0, true, None));
    running.until(|status| only(status).is_some_and(|exporter| exporter.templates == 1));
    (0..40).for_each(|sequence| running.send([127, 0, 0, 9], &message(sequence, false, Some(100))));
    let status = running.until(|status| only(status).is_some_and(|exporter| exporter.totals.flow_records == 40));
    assert_eq!(status.skipped, []);
    running.service.stop();
}

#[test]
fn templates_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file: PathBuf = folder.path().join("templates.jsonl");
    let settings = Settings { templates: Some(file.clone()), ..settings() };
    let first = start(&settings);
    first.send([127, 0, 0, 9], &message(0, true, Some(100)));
    first.until(|status| only(status).is_some_and(|exporter| exporter.totals.flow_records == 1));
    first.service.stop();
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 2);

    // Another number of threads, so that the exporter is another lane's.
    let second = start(&Settings { threads: 3, ..settings.clone() });
    second.send([127, 0, 0, 9], &message(1, false, Some(200)));
    let status = second.until(|status| only(status).is_some_and(|exporter| exporter.totals.flow_records == 1));
    assert_eq!((only(&status).unwrap().templates, skipped(&status, "data_sets_without_template")), (1, 0));
    second.service.stop();

    // A file that is broken costs the templates, and not the start.
    std::fs::write(&file, "no file of templates").unwrap();
    let third = start(&settings);
    third.send([127, 0, 0, 9], &message(2, false, Some(300)));
    third.until(|status| skipped(status, "data_sets_without_template") == 1);
    third.send([127, 0, 0, 9], &message(3, true, None));
    third.until(|status| only(status).is_some_and(|exporter| exporter.totals.flow_records == 1));
    third.service.stop();
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 2);
}

#[test]
fn strangers_are_shown_and_never_become_exporters() {
    let running = start(&Settings { allow: vec!["127.0.0.0/29".parse().unwrap()], ..settings() });
    for sequence in 0..3 {
        running.send([127, 0, 0, 9], &message(sequence, true, Some(100)));
    }
    running.send([127, 0, 0, 10], &message(0, true, Some(100)));
    running.send([127, 0, 0, 1], &message(0, true, Some(100)));
    let status = running.until(|status| skipped(status, "stranger") == 4 && only(status).is_some());
    assert_eq!(status.strangers, [([127, 0, 0, 9].into(), 3), ([127, 0, 0, 10].into(), 1)]);
    assert_eq!(only(&status).unwrap().source, IpAddr::from([127, 0, 0, 1]));
    running.service.stop();
}

#[test]
fn what_a_listening_address_took_is_in_the_windows_once() {
    let running = start(&Settings {
        allow: vec!["127.0.0.0/29".parse().unwrap()],
        window: Duration::from_secs(1),
        listen: ["127.0.0.1:0"; 2].map(|address| address.parse().unwrap()).into(),
        ..settings()
    });
    let first = message(0, true, Some(100));
    running.send([127, 0, 0, 9], &first);
    running.send([127, 0, 0, 1], &first);
    // A window is closed between the datagrams, so that the second one begins where it ended.
    running.until(|status| status.listeners.first().is_some_and(|listener| listener.datagrams == 2));
    let before = running.shared.status.load().waiting.len();
    running.until(|status| status.waiting.len() > before);
    running.send([127, 0, 0, 1], b"no protocol that anybody knows");
    running.send([127, 0, 0, 1], &message(1, false, Some(100)));
    running.until(|status| status.listeners.first().is_some_and(|listener| listener.datagrams == 4));
    running.service.stop();
    let (windows, _) = running.shared.outbox.status();
    let rows: Vec<_> = windows.iter().flat_map(|window| &window.listeners).collect();
    let status = running.shared.status.load();
    for listener in &status.listeners {
        let of_this: Vec<_> = rows.iter().filter(|row| *row.address == *listener.address.to_string()).collect();
        assert_eq!(of_this.len(), windows.len(), "a row for each window, also where nothing came");
        let sum = |figure: fn(&ListenerRow) -> u64| of_this.iter().map(|row| figure(row)).sum::<u64>();
        assert_eq!((sum(|row| row.datagrams), sum(|row| row.octets)), (listener.datagrams, listener.octets));
        let refused = if listener.datagrams > 0 { 2 } else { 0 };
        assert_eq!(sum(|row| row.refused), refused, "one stranger and one of no known protocol");
    }
    assert_eq!(status.listeners.iter().map(|listener| listener.datagrams).collect::<Vec<_>>(), [4, 0]);
    let samples: u64 = windows.iter().flat_map(|window| &window.cells).map(|row| row.samples).sum();
    assert_eq!(status.ledger, Ledger { received: samples, in_windows: samples, lost: 0 });
    assert_eq!(samples, 2);
}
