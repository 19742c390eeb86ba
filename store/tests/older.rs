//! A journal that the first version began is read and rolled up as it is.
#![expect(clippy::unwrap_used, reason = "a test that cannot make its store has failed")]

mod made;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;
use made::*;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use schema::Window;
use schema::window::CellRow;
use store::Reader;
use store::answer::{ExporterHealth, PortTraffic};

/// The columns that the first version wrote.
const CELLS: &[&str] = &[
    "time",
    "exchange",
    "src_asn",
    "dst_asn",
    "src_mac",
    "dst_mac",
    "vlan",
    "ip_version",
    "reason",
    "samples",
    "packets",
    "bytes",
    "variance",
];
const PORTS: &[&str] = &[
    "time",
    "exchange",
    "agent",
    "if_index",
    "speed",
    "reports",
    "covered_ms",
    "in_octets",
    "out_octets",
    "in_unicast",
    "out_unicast",
    "in_discards",
    "out_discards",
    "in_errors",
    "out_errors",
];
const EXPORTERS: &[&str] = &[
    "time",
    "exchange",
    "agent",
    "sub_agent",
    "source",
    "datagrams",
    "lost_datagrams",
    "reordered_datagrams",
    "flow_samples",
    "lost_samples",
    "agent_drops",
    "counter_samples",
    "malformed",
    "unscalable",
    "restarts",
    "rate_min",
    "rate_max",
];

/// Writes a segment's files again with these columns alone.
fn rewrite(segment: &Path, tables: &[(&str, &[&str])]) {
    for (table, columns) in tables {
        let path = segment.join(format!("{table}.parquet"));
        let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(&path).unwrap()).unwrap();
        let whole = reader.schema().clone();
        let batches: Vec<RecordBatch> = reader.build().unwrap().map(Result::unwrap).collect();
        let positions: Vec<usize> = columns.iter().map(|name| whole.index_of(name).unwrap()).collect();
        let narrow: Arc<Schema> = Arc::new(whole.project(&positions).unwrap());
        let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), narrow, None).unwrap();
        batches.iter().for_each(|batch| writer.write(&batch.project(&positions).unwrap()).unwrap());
        writer.close().unwrap();
    }
}

fn as_first_version(dir: &Path, level: &str) {
    for name in segments(dir, level) {
        rewrite(&dir.join("journal").join(level).join(name), &[("cells", CELLS), ("ports", PORTS), ("exporters", EXPORTERS)]);
    }
}

fn full(number: i64, bytes: u64) -> Window {
    let mut window = plain(number, bytes);
    window.ports = vec![port("192.0.2.1", 1, 1_000)];
    window.exporters = vec![exporter("192.0.2.1", 512, 1_024)];
    window.ports.iter_mut().for_each(|row| (row.time, row.lag, row.name) = (window.start, 1_000, "xe-0/0/1".into()));
    window.exporters.iter_mut().for_each(|row| row.time = window.start);
    window
}

fn from_flows(number: i64, bytes: u64) -> Window {
    let flows = CellRow { bytes_from_flows: bytes, ..cell(1, 2, 0, bytes) };
    Window { cells: window(minute(number), 1, vec![flows]).cells, ..full(number, 0) }
}

/// The window with rows of the tables that came later, too.
fn with_later_tables(window: Window) -> Window {
    timed(Window { port_samples: vec![sampled(1, 0, 1, 500)], listeners: vec![listener("0.0.0.0:6343", 10)], ..window })
}

fn files(dir: &Path, level: &str) -> Vec<Vec<String>> {
    let names = |segment: &String| {
        let entries = dir.join("journal").join(level).join(segment).read_dir().unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    segments(dir, level).iter().map(names).collect()
}

fn health(dir: &Path) -> (Vec<PortTraffic>, Vec<ExporterHealth>) {
    let reader = Reader::open(dir).unwrap();
    let ports = reader.ports(&minutes(0, 60), &|_, _| None, &[]).unwrap().ports;
    (ports, reader.exporters(&minutes(0, 60), &[]).unwrap().exporters)
}

#[test]
fn segments_of_the_first_version_are_read_and_rolled_up() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), &[full(0, 10), full(1, 20)]));
    as_first_version(dir.path(), "1m");
    let mut journal = open(dir.path());
    for run in 0..3 {
        let answer = matrix(dir.path(), &minutes(0, 60));
        assert_eq!((answer.total.bytes, answer.total.bytes_from_flows, answer.total.samples), (30, 0, 2), "run {run}");
        let (ports, exporters) = health(dir.path());
        assert_eq!((ports.len(), ports[0].in_octets, ports[0].fcs_errors, ports[0].lag), (1, 2_000, 0, None), "run {run}");
        assert_eq!(ports[0].name, "", "run {run}");
        assert_eq!((exporters.len(), exporters[0].protocol.as_str(), exporters[0].datagrams), (1, "sflow5", 6), "run {run}");
        assert_eq!((exporters[0].flow_records, exporters[0].lost_records, exporters[0].rate_min), (0, 0, 512), "run {run}");
        journal.maintain(later()).unwrap();
    }
    assert_eq!(matrix(dir.path(), &minutes(0, 1440)).coverage.step, "1d");
}

#[test]
fn old_and_new_segments_sum_together_whichever_comes_first() {
    for old_first in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let (old, new) = if old_first { ([0, 1], [2, 3]) } else { ([2, 3], [0, 1]) };
        drop(filled(dir.path(), &old.map(|number| full(number, 10))));
        as_first_version(dir.path(), "1m");
        let mut journal = filled(dir.path(), &new.map(|number| from_flows(number, 1_000)));
        for run in 0..3 {
            let answer = matrix(dir.path(), &minutes(0, 60));
            assert_eq!((answer.total.bytes, answer.total.bytes_from_flows), (2_020, 2_000), "run {run}");
            assert!(answer.total.interval_is_lower_bound && answer.cells[0].estimate.interval_is_lower_bound);
            let (ports, exporters) = health(dir.path());
            assert_eq!((ports[0].in_octets, ports[0].fcs_errors, ports[0].lag), (4_000, 4, Some(1_000)), "run {run}");
            assert_eq!((ports.len(), ports[0].name.as_str()), (1, "xe-0/0/1"), "run {run}");
            assert_eq!((exporters.len(), exporters[0].datagrams, exporters[0].flow_records), (1, 12, 14), "run {run}");
            journal.maintain(later()).unwrap();
        }
    }
}

#[test]
fn roll_ups_of_the_first_version_take_in_what_comes_late() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = filled(dir.path(), &[full(0, 10), full(7, 20)]);
    journal.maintain(later()).unwrap();
    ["1m", "5m", "1h", "1d"].into_iter().for_each(|level| as_first_version(dir.path(), level));
    journal.append(&from_flows(1, 1_000)).unwrap();
    for run in 0..3 {
        let answer = matrix(dir.path(), &minutes(0, 1440));
        assert_eq!((answer.total.bytes, answer.total.bytes_from_flows), (1_030, 1_000), "run {run}");
        assert_eq!(health(dir.path()).1[0].flow_records, 7, "run {run}");
        journal.maintain(later()).unwrap();
    }
    assert_eq!(segments(dir.path(), "1d").len(), 1);
}

#[test]
fn a_table_that_came_later_costs_no_file_where_it_has_no_rows() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = filled(dir.path(), &[full(0, 10), full(5, 10), with_later_tables(full(6, 10))]);
    let first = ["cells.parquet", "exporters.parquet", "ports.parquet"];
    let all = ["cells.parquet", "exporters.parquet", "listeners.parquet", "port_samples.parquet", "ports.parquet"];
    assert_eq!(files(dir.path(), "1m"), [&first[..], &first[..], &all[..]]);
    for run in 0..3 {
        let reader = Reader::open(dir.path()).unwrap();
        let listeners = reader.exporters(&minutes(0, 60), &[]).unwrap().listeners;
        assert_eq!((listeners.len(), listeners[0].datagrams, listeners[0].octets), (1, 10, 10_000), "run {run}");
        let ports = reader.ports(&minutes(0, 60), &|_, _| None, &[]).unwrap().ports;
        assert_eq!(ports[0].received.as_ref().map(|received| received.sampled.bytes), Some(500), "run {run}");
        journal.maintain(later()).unwrap();
    }
    assert!(!files(dir.path(), "5m")[0].contains(&"listeners.parquet".to_owned()));
    for roll_up in [&files(dir.path(), "5m")[1], &files(dir.path(), "1d")[0]] {
        assert!(all.iter().all(|file| roll_up.iter().any(|there| there == file)), "{roll_up:?}");
    }
}

#[test]
fn a_segment_that_lacks_a_table_of_the_first_version_is_broken() {
    for lost in ["cells", "ports", "exporters"] {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = filled(dir.path(), &[with_later_tables(full(0, 10)), with_later_tables(full(1, 20))]);
        let torn = dir.path().join("journal/1m").join(segments(dir.path(), "1m").remove(0));
        std::fs::remove_file(torn.join(format!("{lost}.parquet"))).unwrap();
        assert_eq!(journal.maintain(later()).unwrap().quarantined, 1, "{lost}");
        assert_eq!(matrix(dir.path(), &minutes(0, 60)).total.bytes, 20, "{lost}");
    }
}

#[test]
fn a_torn_file_of_a_table_that_came_later_is_not_taken_for_an_empty_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = filled(dir.path(), &[with_later_tables(full(0, 10)), with_later_tables(full(1, 20))]);
    let torn = dir.path().join("journal/1m").join(segments(dir.path(), "1m").remove(0));
    std::fs::write(torn.join("listeners.parquet"), b"PAR1").unwrap();
    assert_eq!(Reader::open(dir.path()).unwrap().exporters(&minutes(0, 60), &[]).unwrap().listeners[0].datagrams, 10);
    assert_eq!(journal.maintain(later()).unwrap().quarantined, 1);
}

#[test]
fn a_segment_that_lacks_what_every_version_wrote_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = filled(dir.path(), &[full(0, 10), full(1, 20)]);
    let torn = segments(dir.path(), "1m").remove(0);
    rewrite(&dir.path().join("journal/1m").join(torn), &[("cells", &CELLS[..12])]);
    assert_eq!(matrix(dir.path(), &minutes(0, 60)).total.bytes, 20, "readers answer without it");
    assert_eq!(journal.maintain(later()).unwrap().quarantined, 1);
    assert_eq!(matrix(dir.path(), &minutes(0, 60)).total.bytes, 20);
}
