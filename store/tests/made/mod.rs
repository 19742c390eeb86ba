//! Windows made for tests, and stores to put them in.
#![allow(dead_code, reason = "every test file uses a part")]
#![expect(clippy::unwrap_used, reason = "a test that cannot make its store has failed")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use schema::window::{CellRow, ExporterRow, ListenerRow, PortRow, PortSampleRow};
use schema::{Timestamp, Window};
use store::answer::{MatrixAnswer, TimeseriesAnswer};
use store::question::{By, Question};
use store::{Journal, Options, Reader, Retention};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// 2026-11-21T00:00:00Z.
pub(crate) const MIDNIGHT: Timestamp = Timestamp(1_795_219_200_000);

/// The moment so many minutes after midnight.
pub(crate) fn minute(number: i64) -> Timestamp {
    Timestamp(MIDNIGHT.0 + number * 60_000)
}

/// A moment at which everything until the end of the next day is rolled up.
pub(crate) fn later() -> Timestamp {
    MIDNIGHT.plus(3 * DAY)
}

/// A cell of IPv4 in VLAN 0; the variance is a whole number, so that sums are exact in any order.
pub(crate) fn cell(src: u32, dst: u32, reason: u8, bytes: u64) -> CellRow {
    CellRow {
        time: Timestamp(0),
        exchange: "ix".into(),
        src_asn: src,
        dst_asn: dst,
        src_mac: 0,
        dst_mac: 0,
        vlan: 0,
        ip_version: 4,
        reason,
        src_locality: 0,
        dst_locality: 0,
        samples: 1,
        packets: 2,
        bytes,
        variance: (bytes / 2) as f64,
        bytes_from_flows: 0,
    }
}

pub(crate) fn port(agent: &str, if_index: u32, octets: u64) -> PortRow {
    PortRow {
        time: Timestamp(0),
        exchange: "ix".into(),
        agent: agent.into(),
        if_index,
        speed: 10_000 + octets,
        reports: 1,
        covered_ms: 1_000,
        in_octets: octets,
        out_octets: 2 * octets,
        in_unicast: 0,
        out_unicast: 0,
        in_discards: 1,
        out_discards: 0,
        in_errors: 0,
        out_errors: 0,
        fcs_errors: 2,
        lag: 0,
        name: "".into(),
    }
}

pub(crate) fn exporter(agent: &str, rate_min: u32, rate_max: u32) -> ExporterRow {
    ExporterRow {
        time: Timestamp(0),
        exchange: "ix".into(),
        protocol: "sflow5".into(),
        agent: agent.into(),
        sub_agent: 0,
        source: agent.into(),
        datagrams: 3,
        lost_datagrams: 1,
        reordered_datagrams: 0,
        flow_samples: 5,
        lost_samples: 0,
        flow_records: 7,
        lost_records: 2,
        agent_drops: 0,
        counter_samples: 1,
        malformed: 0,
        unscalable: 0,
        restarts: 0,
        rate_min,
        rate_max,
        ..ExporterRow::default()
    }
}

/// What was sampled at a port, 50 samples of it; `egress` as it is stored. The variance is a whole number.
pub(crate) fn sampled(if_index: u32, egress: u8, asn: u32, bytes: u64) -> PortSampleRow {
    PortSampleRow {
        time: Timestamp(0),
        exchange: "ix".into(),
        agent: "192.0.2.1".into(),
        if_index,
        egress,
        asn,
        samples: 50,
        packets: 100,
        bytes,
        variance: (bytes / 2) as f64,
        bytes_from_flows: 0,
        bytes_set_aside: 0,
        core: 0,
    }
}

pub(crate) fn listener(address: &str, datagrams: u64) -> ListenerRow {
    ListenerRow {
        exchange: "ix".into(),
        address: address.into(),
        datagrams,
        octets: 1_000 * datagrams,
        kernel_drops: 2,
        refused: 1,
        ..ListenerRow::default()
    }
}

/// The window with the start of every row set to its own.
pub(crate) fn timed(mut window: Window) -> Window {
    let start = window.start;
    window.cells.iter_mut().for_each(|row| row.time = start);
    window.ports.iter_mut().for_each(|row| row.time = start);
    window.exporters.iter_mut().for_each(|row| row.time = start);
    window.port_samples.iter_mut().for_each(|row| row.time = start);
    window.listeners.iter_mut().for_each(|row| row.time = start);
    window
}

/// A whole window of a minute.
pub(crate) fn window(start: Timestamp, serial: u64, cells: Vec<CellRow>) -> Window {
    let mut window = Window { start, length: MINUTE, serial, partial: None, cells, ports: vec![], exporters: vec![], ..Window::default() };
    window.cells.iter_mut().for_each(|row| row.time = start);
    window
}

/// A whole window of one cell.
pub(crate) fn plain(number: i64, bytes: u64) -> Window {
    window(minute(number), 1, vec![cell(1, 2, 0, bytes)])
}

/// A window with the same serial that is still running.
pub(crate) fn live(mut window: Window) -> Vec<Arc<Window>> {
    window.partial = Some(window.measured());
    vec![Arc::new(window)]
}

pub(crate) fn keep_all() -> Options {
    Options { retention: Retention { minutes: None, five_minutes: None, hours: None, days: None } }
}

pub(crate) fn open(dir: &Path) -> Journal {
    Journal::open(dir, keep_all()).unwrap()
}

pub(crate) fn filled(dir: &Path, windows: &[Window]) -> Journal {
    let mut journal = open(dir);
    windows.iter().for_each(|window| {
        journal.append_bulk(window).unwrap();
    });
    journal.sync().unwrap();
    journal
}

pub(crate) fn matrix(dir: &Path, question: &Question) -> MatrixAnswer {
    matrix_with(dir, question, &[])
}

pub(crate) fn matrix_with(dir: &Path, question: &Question, live: &[Arc<Window>]) -> MatrixAnswer {
    Reader::open(dir).unwrap().matrix(question, None, &|asn| format!("AS{asn}"), live).unwrap()
}

pub(crate) fn timeseries(dir: &Path, question: &Question, step: Duration) -> TimeseriesAnswer {
    Reader::open(dir).unwrap().timeseries(question, Some(step), By::Nothing, &[]).unwrap()
}

/// The question for [from, to) minutes after midnight.
pub(crate) fn minutes(from: i64, to: i64) -> Question {
    Question::all(minute(from), minute(to))
}

/// The segments of a level, by name.
pub(crate) fn segments(dir: &Path, level: &str) -> Vec<String> {
    let entries = dir.join("journal").join(level).read_dir().unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
