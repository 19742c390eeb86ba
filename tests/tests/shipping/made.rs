//! A store with windows that are told apart by what they sum up to, and what the warehouse must say of them.

use std::path::Path;
use std::time::{Duration, SystemTime};

use schema::window::{CellRow, ExporterRow, PortRow};
use schema::{Level, Timestamp, Window};
use store::shipping::{Settings, Shipper, ShippingError};
use store::warehouse::{Access, Client, Compression, Secret, Timeouts};
use store::{Journal, Options, Retention};
use tempfile::TempDir;
use tests::clickhouse::{ClickHouse, PASSWORD, USER};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// Every so many windows there is a late part beside the last one.
const LATE: u64 = 7;

/// A store and its writer.
pub(crate) struct Store {
    pub(crate) folder: TempDir,
    pub(crate) journal: Journal,
    /// Windows and late parts that were appended.
    pub(crate) appended: u64,
    /// Where the first window starts.
    first: Timestamp,
    /// How long each is.
    pub(crate) length: Duration,
    /// Whose they are.
    pub(crate) exchange: &'static str,
}

/// The start of yesterday: far enough from now that nothing is closed meanwhile, and not so far that a warehouse has dropped it.
pub(crate) fn yesterday() -> Timestamp {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Timestamp(i64::try_from(now.as_millis()).unwrap()).floor(DAY).minus(DAY)
}

impl Store {
    /// A store of windows of a minute that keeps them all.
    pub(crate) fn new() -> Self {
        Self::of(MINUTE, Retention::default())
    }

    pub(crate) fn of(length: Duration, retention: Retention) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path(), Options { retention }).unwrap();
        Self { folder, journal, appended: 0, first: yesterday(), length, exchange: "ix" }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Appends so many windows more; each LATE-th is a late part of the one before. They can be read at once; that they survive a loss of power is not waited for.
    pub(crate) fn append(&mut self, count: u64) {
        for _ in 0..count {
            let window = self.window(self.appended);
            self.journal.append_bulk(&window).unwrap();
            self.appended += 1;
        }
    }

    pub(crate) fn start_of(&self, number: u64) -> Timestamp {
        self.first.plus(self.length * u32::try_from(place_of(number)).unwrap())
    }

    fn window(&self, number: u64) -> Window {
        let start = self.start_of(number);
        let cell = |dst_asn: u32, bytes: u64| CellRow {
            time: start,
            exchange: self.exchange.into(),
            src_asn: 64_500,
            dst_asn,
            ip_version: 4,
            samples: 1,
            packets: 2,
            bytes,
            variance: 4.0,
            ..CellRow::default()
        };
        let exporter = ExporterRow {
            time: start,
            exchange: self.exchange.into(),
            agent: "192.0.2.1".into(),
            datagrams: number + 1,
            ..ExporterRow::default()
        };
        let port = PortRow {
            time: start,
            exchange: self.exchange.into(),
            agent: "192.0.2.1".into(),
            if_index: 1,
            in_octets: 9,
            ..PortRow::default()
        };
        Window {
            start,
            length: self.length,
            serial: number,
            cells: vec![cell(64_501, bytes_of(number)), cell(64_502, 1)],
            exporters: vec![exporter],
            ports: vec![port],
            ..Window::default()
        }
    }

    /// What every level of the warehouse must say: octets, samples and datagrams of all windows; and the finest, of each of them.
    pub(crate) fn must_be_there_once(&self, engine: &ClickHouse, database: &str) {
        let octets = self.octets();
        let datagrams: u64 = (1..=self.appended).sum();
        for level in Level::ALL {
            let asked =
                format!("SELECT sum(bytes), sum(samples), uniq(time) > 0 FROM cells_{} WHERE exchange = '{}'", level.name(), self.exchange);
            assert_eq!(engine.told(database, &asked), format!("{octets}\t{}\t1", 2 * self.appended), "cells of {}", level.name());
            let asked = format!("SELECT sum(datagrams) FROM exporters_{} WHERE exchange = '{}'", level.name(), self.exchange);
            assert_eq!(engine.told(database, &asked), datagrams.to_string(), "exporters of {}", level.name());
            let asked = format!("SELECT sum(in_octets) FROM ports_{} WHERE exchange = '{}'", level.name(), self.exchange);
            assert_eq!(engine.told(database, &asked), (9 * self.appended).to_string(), "ports of {}", level.name());
        }
        let of_it = format!("WHERE exchange = '{}'", self.exchange);
        let asked = format!("SELECT toUnixTimestamp64Milli(time), sum(bytes) FROM cells_1m {of_it} GROUP BY time ORDER BY time");
        assert_eq!(engine.told(database, &asked), self.by_minute());
        let asked = format!("SELECT count() FROM windows FINAL {of_it} AND finished = 1");
        assert_eq!(engine.told(database, &asked), self.appended.to_string());
    }

    /// Octets of all windows.
    pub(crate) fn octets(&self) -> u64 {
        (0..self.appended).map(|number| bytes_of(number) + 1).sum()
    }

    fn by_minute(&self) -> String {
        let mut minutes: std::collections::BTreeMap<i64, u64> = std::collections::BTreeMap::new();
        for number in 0..self.appended {
            *minutes.entry(self.start_of(number).millis()).or_default() += bytes_of(number) + 1;
        }
        let lines: Vec<String> = minutes.iter().map(|(start, octets)| format!("{start}\t{octets}")).collect();
        lines.join("\n")
    }
}

/// A late part has the start of the window before it.
const fn place_of(number: u64) -> u64 {
    number - number / LATE - (if number % LATE == LATE - 1 { 1 } else { 0 })
}

/// Powers of two times an odd number: no two windows, and no sum of some, are easily taken for others.
const fn bytes_of(number: u64) -> u64 {
    (2 * number + 1) << (number % 20)
}

/// How to get into a database of the engine, by its own address or another.
pub(crate) fn access(url: &str, database: &str) -> Access {
    Access {
        url: url.to_owned(),
        database: database.to_owned(),
        user: USER.into(),
        password: Secret::new(PASSWORD),
        ca_file: None,
        compression: Compression::Lz4,
        timeouts: Timeouts { connect: Duration::from_secs(2), question: Duration::from_secs(20), insert: Duration::from_secs(20) },
    }
}

/// Makes the tables of this version, of which nothing is dropped for its age.
pub(crate) fn prepare(client: &Client) -> Result<(), ShippingError> {
    use schema::warehouse::{Form, Keep, migrations};
    client.execute_outside(&format!("CREATE DATABASE IF NOT EXISTS `{}`", client.access().database))?;
    let steps = migrations(&Form::Single, &Keep::ALL);
    Ok(steps.iter().flat_map(|step| &step.statements).try_for_each(|statement| client.execute(statement, &[]))?)
}

/// Knows that the tables are there.
pub(crate) fn prepared(_: &Client) -> Result<(), ShippingError> {
    Ok(())
}

/// A shipper of a store, to tables that are there.
pub(crate) fn shipper(store: &Path, access: Access) -> Shipper {
    let settings = Settings { data: store.to_owned(), exchange: "ix".into(), access, batch: 100_000, backlog: 1 << 30 };
    Shipper::open(&settings, Box::new(prepared), Box::new(|| None)).unwrap()
}
