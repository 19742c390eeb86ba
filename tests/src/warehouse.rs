//! A journal of made-up windows, and a warehouse that windows of it are sent to.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use schema::warehouse::{Form, Keep, WindowRow, name};
use schema::window::{CellRow, ExporterRow, ListenerRow, PortRow, PortSampleRow, Stretch};
use schema::{Level, Timestamp, Window};
use store::warehouse::{Access, Client, Compression, Secret, Timeouts, Warehouse, apply};

use crate::clickhouse::{ClickHouse, PASSWORD, USER};

/// 2026-11-21T00:00:00Z.
pub const MIDNIGHT: Timestamp = Timestamp(1_795_219_200_000);

/// The exchange's name.
pub const EXCHANGE: &str = "ix";

/// A minute.
pub const MINUTE: Duration = Duration::from_secs(60);

/// The moment so many minutes after [`MIDNIGHT`].
#[must_use]
pub fn minute(number: i64) -> Timestamp {
    Timestamp(MIDNIGHT.0 + number * 60_000)
}

/// How to get into a database of an engine.
#[must_use]
pub fn access(engine: &ClickHouse, database: &str) -> Access {
    Access {
        url: engine.url(),
        database: database.to_owned(),
        user: USER.to_owned(),
        password: Secret::new(PASSWORD),
        ca_file: None,
        compression: Compression::Lz4,
        timeouts: Timeouts::default(),
    }
}

/// A client of a database, which gets the tables of this version.
///
/// # Panics
/// If the engine refuses.
#[must_use]
pub fn client(engine: &ClickHouse, database: &str) -> Client {
    let client = Client::new(&access(engine, database)).unwrap();
    apply(&client, &Form::Single, &Keep::ALL).unwrap();
    client
}

/// The warehouse as its one exchange asks it.
#[must_use]
pub fn warehouse(engine: &ClickHouse, database: &str) -> Warehouse {
    Warehouse::new(client(engine, database), EXCHANGE.into(), Keep::ALL)
}

/// Sends windows as the warehouse wants them: begun, the journal's own files, finished.
///
/// # Panics
/// If one of them is not in the journal, or the engine refuses.
pub fn send(engine: &ClickHouse, client: &Client, journal: &Path, windows: &[Window]) {
    for window in windows {
        let row = WindowRow::begun(&EXCHANGE.into(), window);
        mark(engine, client, &row);
        let folder = segment(journal, window);
        for table in schema::warehouse::KEPT {
            let file = folder.join(format!("{}.parquet", table.name));
            // A table without rows has no file.
            if let Ok(content) = std::fs::read(&file) {
                let token = format!("{EXCHANGE} {}", folder.file_name().unwrap().to_string_lossy());
                client.insert_parquet(&name(&table, Level::Minute), &token, content.into()).unwrap();
            }
        }
        mark(engine, client, &row.finished());
    }
}

/// Says that a window is begun or finished.
pub fn mark(engine: &ClickHouse, client: &Client, row: &WindowRow) {
    let [time, from, to] = [row.time, row.measured_from, row.measured_to].map(Timestamp::millis);
    let moment = |millis| format!("fromUnixTimestamp64Milli({millis}, 'UTC')");
    let (time, from, to) = (moment(time), moment(from), moment(to));
    let WindowRow { exchange, serial, length_ms, whole, finished, .. } = row;
    let values = format!("({time}, '{exchange}', {serial}, {length_ms}, {from}, {to}, {whole}, {finished})");
    engine.told(&client.access().database, &format!("INSERT INTO windows VALUES {values}"));
}

fn segment(journal: &Path, window: &Window) -> PathBuf {
    let folder = journal.join("journal/1m");
    let serial = format!("-{:016x}", window.serial);
    let start = window.start.to_string().replace(['-', ':'], "");
    let names = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let is_its = |name: &String| name.starts_with(&start) && name.contains(&serial);
    folder.join(names.into_iter().find(is_its).unwrap_or_else(|| panic!("no segment of {start}{serial}")))
}

/// Numbers that look random and are always the same.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// A made-up window: pairs of eight members in VLANs and IP versions, strangers, frames that are set aside; ports with their counters and samples, exporters of which some
/// know no rate, a listener.
#[must_use]
pub fn window(number: i64, serial: u64, partial: Option<(i64, i64)>) -> Window {
    let start = minute(number);
    let mut draw = Draw(u64::try_from(number).unwrap_or_default() * 1_000 + serial);
    let at = |millis: i64| Timestamp(start.0 + millis);
    Window {
        start,
        length: MINUTE,
        serial,
        partial: partial.map(|(from, to)| Stretch { from: at(from), to: at(to) }),
        cells: cells(start, &mut draw),
        ports: ports(start, &mut draw),
        exporters: exporters(start, &mut draw),
        port_samples: port_samples(start, &mut draw),
        listeners: vec![ListenerRow {
            time: start,
            exchange: EXCHANGE.into(),
            address: "[::]:6343".into(),
            datagrams: draw.below(900),
            kernel_drops: 1,
            ..ListenerRow::default()
        }],
    }
}

/// The address of a router that no member claims.
#[must_use]
pub const fn stranger(number: u64) -> u64 {
    0x0200_5e00_0000 + number
}

fn cells(time: Timestamp, draw: &mut Draw) -> Vec<CellRow> {
    let mut cells: Vec<CellRow> = (0..30).map(|_| cell(time, draw)).collect();
    // As a closed window has them: a key once.
    cells.sort_by_key(key);
    cells.dedup_by_key(|row| key(row));
    cells
}

fn key(row: &CellRow) -> ([u32; 2], [u64; 2], u16, [u8; 4]) {
    let small = [row.ip_version, row.reason, row.src_locality, row.dst_locality];
    ([row.src_asn, row.dst_asn], [row.src_mac, row.dst_mac], row.vlan, small)
}

fn cell(time: Timestamp, draw: &mut Draw) -> CellRow {
    let member = |draw: &mut Draw| u32::try_from(64_500 + draw.below(8)).unwrap();
    let (src, dst) = (member(draw), member(draw));
    // Attributed; unknown source; unknown destination; both; a group; dropped.
    let (src_asn, src_mac, dst_asn, dst_mac, reason) = match draw.below(12) {
        0 => (0, stranger(draw.below(3)), dst, 0, 1),
        1 => (src, 0, 0, stranger(draw.below(3)), 2),
        2 => (0, stranger(draw.below(3)), 0, stranger(3 + draw.below(3)), 3),
        3 => (src, 0, 0, 0, 4),
        4 => (src, 0, dst, 0, 16),
        _ => (src, 0, dst, 0, 0),
    };
    let samples = 1 + draw.below(40);
    let bytes = samples * (64 + draw.below(1_450)) * 1_024;
    CellRow {
        time,
        exchange: EXCHANGE.into(),
        src_asn,
        dst_asn,
        src_mac,
        dst_mac,
        src_locality: u8::try_from(draw.below(4)).unwrap(),
        dst_locality: u8::try_from(draw.below(3)).unwrap(),
        vlan: [0, 100, 200][usize::try_from(draw.below(3)).unwrap()],
        ip_version: [4, 4, 6, 0][usize::try_from(draw.below(4)).unwrap()],
        reason,
        samples,
        packets: samples * 1_024,
        bytes,
        // No whole number, so that the order of adding shows.
        variance: bytes as f64 * 1_023.7 * 700.1,
        bytes_from_flows: if draw.below(5) == 0 { bytes / 2 } else { 0 },
    }
}

fn agent(number: u64) -> Arc<str> {
    format!("192.0.2.{}", 1 + number).into()
}

fn ports(time: Timestamp, draw: &mut Draw) -> Vec<PortRow> {
    let port = |number: u64| PortRow {
        time,
        exchange: EXCHANGE.into(),
        agent: agent(number % 2),
        if_index: u32::try_from(1 + number / 2).unwrap(),
        speed: 10_000_000_000,
        reports: 2,
        covered_ms: 58_000 + draw.below(3_000),
        in_octets: 30_000_000 + draw.below(9_000_000),
        out_octets: 20_000_000 + draw.below(9_000_000),
        in_unicast: draw.below(9_000),
        out_discards: draw.below(3),
        lag: if number == 7 { 3 } else { 0 },
        name: format!("eth{number}").into(),
        ..PortRow::default()
    };
    (0..8).map(port).collect()
}

fn port_samples(time: Timestamp, draw: &mut Draw) -> Vec<PortSampleRow> {
    let sample = |number: u64| {
        let bytes = 15_000_000 + draw.below(20_000_000);
        PortSampleRow {
            time,
            exchange: EXCHANGE.into(),
            agent: agent(number % 2),
            if_index: u32::try_from(1 + number / 2 % 4).unwrap(),
            egress: u8::try_from(number / 8 % 3).unwrap(),
            asn: u32::try_from(64_500 + number % 8).unwrap(),
            samples: 60,
            packets: 61_440,
            bytes,
            variance: bytes as f64 * 1_023.7 * 650.3,
            bytes_from_flows: 0,
            bytes_set_aside: if number == 3 { bytes / 3 } else { 0 },
            core: u8::from(number == 5),
        }
    };
    (0..24).map(sample).collect()
}

fn exporters(time: Timestamp, draw: &mut Draw) -> Vec<ExporterRow> {
    let exporter = |number: u64| ExporterRow {
        time,
        exchange: EXCHANGE.into(),
        protocol: ["sflow5", "ipfix", "netflow9"][usize::try_from(number).unwrap()].into(),
        agent: agent(number),
        sub_agent: 0,
        source: agent(number),
        datagrams: draw.below(1_000),
        lost_datagrams: draw.below(3),
        flow_samples: draw.below(5_000),
        flow_records: if number == 0 { 0 } else { draw.below(700) },
        agent_drops: draw.below(2),
        // The last one never tells a rate.
        rate_min: if number == 2 { 0 } else { u32::try_from(draw.below(3) * 512).unwrap() },
        rate_max: if number == 2 { 0 } else { 1_024 },
        ..ExporterRow::default()
    };
    (0..3).map(exporter).collect()
}
