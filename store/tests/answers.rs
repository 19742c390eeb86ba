//! What answers promise.
#![expect(clippy::unwrap_used, reason = "a test that cannot make its store has failed")]

mod made;

use std::sync::Arc;
use std::time::Duration;

use made::*;
use schema::window::{CellRow, Stretch};
use schema::{Asn, Reason, Window};
use store::answer::MemberName;
use store::question::{By, Question};
use store::{Format, Reader, StoreError, TableFormat, encode};

fn reader(windows: &[Window]) -> (tempfile::TempDir, Reader) {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), windows));
    let reader = Reader::open(dir.path()).unwrap();
    (dir, reader)
}

fn name(asn: u32) -> String {
    format!("Member {asn}")
}

#[test]
fn cells_others_and_unattributed_are_the_total() {
    let unknown = Reason::UnknownSource.code();
    let cells = vec![cell(1, 2, 0, 50), cell(2, 1, 0, 30), cell(3, 3, 0, 20), cell(0, 1, unknown, 7), cell(1, 0, 16, 1_000)];
    let (_dir, reader) = reader(&[window(minute(0), 1, cells)]);
    let answer = reader.matrix(&minutes(0, 1), Some(1), &name, &[]).unwrap();
    assert_eq!((answer.cells.len(), answer.cells[0].src, answer.cells[0].estimate.bytes), (1, 1, 50));
    assert_eq!((answer.others.cells, answer.others.estimate.bytes), (2, 50), "the diagonal is an ordinary cell");
    assert_eq!((answer.unattributed.all.bytes, answer.unattributed.reasons["unknown_source"].bytes), (7, 7));
    assert_eq!((answer.set_aside.all.bytes, answer.set_aside.reasons["discarded"].bytes), (1_000, 1_000));
    assert_eq!((answer.total.bytes, answer.total.samples), (107, 4));
    assert_eq!(answer.members, [1, 2].map(|asn| MemberName { asn, name: name(asn) }));
    assert_eq!(answer.total.bits_per_second, 107 * 8 / 60);
    assert!(answer.coverage.complete);
    assert_eq!((answer.coverage.source.as_str(), answer.coverage.measured_seconds), ("journal", 60));
}

#[test]
fn an_interval_is_a_lower_bound_where_sampled_flow_records_are_in_it() {
    let flows = |src, variance| CellRow { bytes_from_flows: 50, variance, ..cell(src, 9, 0, 50) };
    let (_dir, reader) = reader(&[window(minute(0), 1, vec![flows(1, 100.0), flows(2, 0.0), cell(3, 9, 0, 50)])]);
    let answer = reader.matrix(&minutes(0, 1), None, &name, &[]).unwrap();
    let told: Vec<_> = answer.cells.iter().map(|cell| (cell.estimate.bytes_from_flows, cell.estimate.interval_is_lower_bound)).collect();
    assert_eq!(told, [(50, true), (50, false), (0, false)], "what was counted to the last packet is certain");
    assert_eq!((answer.total.bytes_from_flows, answer.total.interval_is_lower_bound), (100, true));
    let csv = String::from_utf8(encode(&answer.to_batch().unwrap(), TableFormat::Csv).unwrap()).unwrap();
    assert!(
        csv.lines()
            .next()
            .unwrap()
            .ends_with(",interval_is_lower_bound,effective_samples,quality,counter_factor,share,share_low,share_high"),
        "{csv}"
    );
    assert!(csv.lines().nth(1).unwrap().contains(",50,true,25,unchecked,,0.33"), "{csv}");
    assert!(csv.lines().nth(2).unwrap().contains(",50,false,,unchecked,,0.33"), "{csv}");
}

#[test]
fn a_reason_that_only_a_later_version_knows_is_unattributed() {
    let (_dir, reader) = reader(&[window(minute(0), 1, vec![cell(1, 2, 99, 10), cell(1, 2, 0, 1)])]);
    let answer = reader.matrix(&minutes(0, 1), None, &name, &[]).unwrap();
    assert_eq!((answer.unattributed.reasons["unknown"].bytes, answer.total.bytes), (10, 11));
}

#[test]
fn filters_narrow_the_total_too() {
    let mut six = cell(1, 2, 0, 4);
    (six.ip_version, six.vlan) = (6, 100);
    let (_dir, reader) = reader(&[window(minute(0), 1, vec![cell(1, 2, 0, 1), cell(2, 1, 0, 2), six])]);
    let total = |question: &Question| reader.matrix(question, None, &name, &[]).unwrap().total.bytes;
    let all = minutes(0, 1);
    assert_eq!(total(&Question { src: Some(Asn(1)), ..all }), 5);
    assert_eq!(total(&Question { dst: Some(Asn(1)), ..all }), 2);
    assert_eq!(total(&Question { ip_version: Some(6), ..all }), 4);
    assert_eq!(total(&Question { vlan: Some(0), src: Some(Asn(1)), ..all }), 1);
    assert_eq!(total(&Question { vlan: Some(9), ..all }), 0);
}

#[test]
fn windows_in_memory_are_counted_once() {
    let (_dir, reader) = reader(&[plain(0, 10)]);
    let mut both = live(plain(0, 10));
    both.extend(live(plain(1, 5)));
    both.extend(live(plain(1, 5)));
    let answer = reader.matrix(&minutes(0, 2), None, &name, &both).unwrap();
    assert_eq!((answer.total.bytes, answer.coverage.source.as_str(), answer.coverage.complete), (15, "journal+live", false));
    assert_eq!(answer.coverage.measured_seconds, 120);
    let answer = reader.matrix(&minutes(0, 1), None, &name, &both).unwrap();
    assert_eq!((answer.total.bytes, answer.coverage.source.as_str(), answer.coverage.complete), (10, "journal", true));
    let answer = reader.matrix(&minutes(1, 2), None, &name, &both).unwrap();
    assert_eq!((answer.total.bytes, answer.coverage.source.as_str()), (5, "live"));
}

#[test]
fn a_window_in_memory_that_only_a_roll_up_holds_is_counted_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = filled(dir.path(), &[plain(0, 10)]);
    journal.maintain(later()).unwrap();
    drop(journal);
    for name in segments(dir.path(), "1m") {
        std::fs::remove_dir_all(dir.path().join("journal/1m").join(name)).unwrap();
    }
    let answer = matrix_with(dir.path(), &minutes(0, 1440), &live(plain(0, 10)));
    assert_eq!((answer.total.bytes, answer.coverage.measured_seconds), (10, 60));
    let answer = matrix_with(dir.path(), &minutes(0, 1440), &live(plain(3, 7)));
    assert_eq!((answer.total.bytes, answer.coverage.measured_seconds), (17, 120));
}

#[test]
fn a_gap_is_null_and_no_zero() {
    let dir = tempfile::tempdir().unwrap();
    let silent = window(minute(2), 1, vec![]);
    drop(filled(dir.path(), &[plain(0, 60), silent]));
    let answer = timeseries(dir.path(), &minutes(0, 4), MINUTE);
    let points: Vec<Option<u64>> = answer.series[0].points.iter().map(|point| point.map(|point| point.bytes)).collect();
    assert_eq!(points, [Some(60), None, Some(0), None]);
    assert_eq!(answer.measured, [60, 0, 60, 0]);
    assert_eq!(answer.times, [0, 1, 2, 3].map(minute));
    assert_eq!((answer.coverage.measured_seconds, answer.coverage.complete, answer.coverage.step.as_str()), (120, false, "1m"));
}

#[test]
fn a_series_for_each_ip_version_or_vlan_and_none_for_what_is_set_aside() {
    let mut six = cell(1, 2, 0, 100);
    (six.ip_version, six.vlan) = (6, 7);
    let (_dir, reader) = reader(&[window(minute(0), 1, vec![cell(1, 2, 0, 1), six, cell(1, 2, 17, 5_000), cell(0, 2, 1, 3)])]);
    let keys = |by| {
        let answer = reader.timeseries(&minutes(0, 1), None, by, &[]).unwrap();
        answer.series.into_iter().map(|series| (series.key, series.points[0].unwrap().bytes)).collect::<Vec<_>>()
    };
    assert_eq!(keys(By::Nothing), [("all".to_owned(), 104)]);
    assert_eq!(keys(By::IpVersion), [("6".to_owned(), 100), ("4".to_owned(), 4)]);
    assert_eq!(keys(By::Vlan), [("7".to_owned(), 100), ("0".to_owned(), 4)]);
}

#[test]
fn steps_suit_the_span_and_are_bounded() {
    let (_dir, reader) = reader(&[plain(0, 1)]);
    let step = |length: Duration| {
        let question = Question::all(minute(0), minute(0).plus(length));
        reader.timeseries(&question, None, By::Nothing, &[]).unwrap().coverage.step
    };
    assert_eq!([HOUR, DAY, 3 * DAY, 7 * DAY, 60 * DAY, 365 * DAY].map(step), ["1m", "5m", "15m", "1h", "6h", "1d"]);
    let year = Question::all(minute(0), minute(0).plus(365 * DAY));
    assert!(matches!(reader.timeseries(&year, Some(MINUTE), By::Nothing, &[]), Err(StoreError::TooManySteps { .. })));
}

#[test]
fn a_step_is_no_shorter_than_the_windows_that_are_left() {
    let dir = tempfile::tempdir().unwrap();
    let windows: Vec<Window> = (0..10).map(|number| plain(number, 10)).collect();
    filled(dir.path(), &windows).maintain(later()).unwrap();
    assert_eq!(timeseries(dir.path(), &minutes(0, 10), MINUTE).times.len(), 10);
    for name in segments(dir.path(), "1m") {
        std::fs::remove_dir_all(dir.path().join("journal/1m").join(name)).unwrap();
    }
    let answer = timeseries(dir.path(), &minutes(0, 10), MINUTE);
    assert_eq!((answer.coverage.step.as_str(), answer.times.len(), answer.measured), ("5m", 2, vec![300, 300]));
    assert_eq!(answer.series[0].points.iter().map(|point| point.unwrap().bytes).collect::<Vec<_>>(), [50, 50]);
}

#[test]
fn members_are_listed_with_what_they_exchanged() {
    let (_dir, reader) = reader(&[window(minute(0), 1, vec![cell(1, 2, 0, 50), cell(3, 1, 0, 5), cell(1, 0, 2, 7), cell(1, 1, 16, 999)])]);
    let known = [1, 2, 9].map(|asn| MemberName { asn, name: name(asn) });
    let answer = reader.members(&minutes(0, 1), &known, &[]).unwrap();
    let rows: Vec<_> = answer.members.iter().map(|of| (of.member.asn, of.registered, of.sent.bytes, of.received.bytes, of.peers)).collect();
    assert_eq!(rows, [(1, true, 57, 5, 2), (2, true, 0, 50, 1), (3, false, 5, 0, 1), (9, true, 0, 0, 0)]);
    assert_eq!((answer.members[2].member.name.as_str(), answer.total.bytes), ("AS3", 62));
}

#[test]
fn ports_and_exporters_are_summed_by_the_roles_of_their_columns() {
    let dir = tempfile::tempdir().unwrap();
    let mut windows = [plain(0, 1), plain(1, 1)];
    windows[0].ports = vec![port("192.0.2.1", 1, 1_000)];
    windows[1].ports = vec![port("192.0.2.1", 1, 500), port("192.0.2.1", 2, 4)];
    windows[0].exporters = vec![exporter("192.0.2.1", 0, 10)];
    windows[1].exporters = vec![exporter("192.0.2.1", 512, 1_024)];
    for window in &mut windows {
        let start = window.start;
        window.ports.iter_mut().for_each(|row| row.time = start);
        window.exporters.iter_mut().for_each(|row| row.time = start);
    }
    let mut journal = filled(dir.path(), &windows);
    let reader = Reader::open(dir.path()).unwrap();
    let owner = |agent: &str, if_index| (agent == "192.0.2.1" && if_index == 1).then(|| MemberName { asn: 5, name: name(5) });
    let mut extra = plain(2, 1);
    extra.exporters = vec![exporter("192.0.2.1", 2_048, 4)];
    extra.exporters[0].time = extra.start;
    for run in 0..2 {
        let ports = reader.ports(&minutes(0, 2), &owner, &[]).unwrap().ports;
        assert_eq!((ports.len(), ports[0].in_octets, ports[0].out_octets, ports[0].reports), (2, 1_500, 3_000, 2), "run {run}");
        assert_eq!((ports[0].speed_bits_per_second, ports[0].in_bits_per_second), (11_000, 1_500 * 8 / 2), "run {run}");
        assert_eq!((ports[0].member.clone().map(|member| member.asn), ports[1].member.clone()), (Some(5), None));
        let exporters = reader.exporters(&minutes(0, 5), &live(extra.clone())).unwrap().exporters;
        assert_eq!((exporters.len(), exporters[0].datagrams, exporters[0].last_seen), (1, 9, minute(2)), "run {run}");
        assert_eq!((exporters[0].rate_min, exporters[0].rate_max), (512, 1_024), "run {run}");
        journal.maintain(later()).unwrap();
    }
}

#[test]
fn an_empty_store_answers() {
    let (_dir, reader) = reader(&[]);
    assert_eq!(reader.extent().unwrap(), None);
    let answer = reader.matrix(&minutes(0, 5), Some(3), &name, &[]).unwrap();
    assert_eq!((answer.total.bytes, answer.coverage.complete, answer.coverage.measured_seconds), (0, false, 0));
    let series = reader.timeseries(&minutes(0, 5), None, By::Nothing, &[]).unwrap();
    assert_eq!(series.series[0].points, vec![None; 5]);
    assert!(reader.ports(&minutes(0, 5), &|_, _| None, &[]).unwrap().ports.is_empty());
    assert!(reader.exporters(&minutes(5, 0), &[]).unwrap().exporters.is_empty());
}

#[test]
fn the_extent_is_that_of_all_windows() {
    let (_dir, reader) = reader(&[plain(3, 1), plain(8, 1)]);
    assert_eq!(reader.extent().unwrap(), Some((minute(3), minute(9))));
}

#[test]
fn every_answer_is_a_table_in_every_format() {
    let mut measured = window(minute(0), 1, vec![cell(1, 2, 0, 50), cell(2, 1, 0, 30), cell(0, 1, 1, 7)]);
    measured.ports = vec![port("192.0.2.1", 1, 1_000)];
    measured.exporters = vec![exporter("192.0.2.1", 0, 10)];
    measured.ports[0].covered_ms = 60_000;
    measured.port_samples = vec![sampled(1, 0, 1, 1_000)];
    let (_dir, reader) = reader(&[timed(measured)]);
    let question = minutes(0, 2);
    let tables = [
        reader.matrix(&question, Some(1), &name, &[]).unwrap().to_batch().unwrap(),
        reader.timeseries(&question, None, By::Nothing, &[]).unwrap().to_batch().unwrap(),
        reader.members(&question, &[], &[]).unwrap().to_batch().unwrap(),
        reader.ports(&question, &|_, _| None, &[]).unwrap().to_batch().unwrap(),
        reader.exporters(&question, &[]).unwrap().to_batch().unwrap(),
    ];
    assert_eq!(tables.each_ref().map(|table| table.num_rows()), [3, 2, 2, 1, 1]);
    let matrix = String::from_utf8(encode(&tables[0], TableFormat::Csv).unwrap()).unwrap();
    let lines: Vec<&str> = matrix.lines().collect();
    assert!(lines[0].starts_with("kind,src_asn,src_name,dst_asn,dst_name,reason,samples,packets,bytes,"), "{matrix}");
    assert!(lines[1].starts_with("cell,1,Member 1,2,Member 2,,1,2,50,"), "{matrix}");
    assert!(lines[2].starts_with("others,,,,,,1,2,30,"), "{matrix}");
    assert!(lines[3].starts_with("unattributed,,,,,unknown_source,1,2,7,"), "{matrix}");
    assert_eq!(tables[0].schema_ref().metadata()["unseen_bytes_high"], schema::estimator::unseen(10.0).high.to_string());
    let ports = String::from_utf8(encode(&tables[3], TableFormat::Csv).unwrap()).unwrap();
    assert!(ports.contains(",received_quality,received_counter_factor,received_factor_low,") && ports.contains(",agrees,1.0,"), "{ports}");
    assert!(ports.contains(",sent_periods_off,period,core,suspected_members,") && ports.contains(",5m,false,,,,"), "{ports}");
    let exporters = String::from_utf8(encode(&tables[4], TableFormat::Csv).unwrap()).unwrap();
    assert!(exporters.lines().next().unwrap().ends_with(",loss_lost_share,loss_mostly,loss_made_good"), "{exporters}");
    let series = String::from_utf8(encode(&tables[1], TableFormat::Csv).unwrap()).unwrap();
    assert!(series.lines().nth(2).unwrap().starts_with("2026-11-21T00:01:00Z,0,all,,"), "{series}");
    for table in &tables {
        let parquet = encode(table, TableFormat::Parquet).unwrap();
        let arrow = encode(table, TableFormat::Arrow).unwrap();
        assert_eq!(&parquet[..4], b"PAR1");
        let read: Vec<_> = arrow::ipc::reader::StreamReader::try_new(&arrow[..], None).unwrap().map(Result::unwrap).collect();
        assert_eq!(&read[..], std::slice::from_ref(table));
    }
    assert_eq!(Format::Arrow.table(), Some(TableFormat::Arrow));
}

#[test]
fn windows_shorter_than_a_minute_and_partial_ones_add_up() {
    let dir = tempfile::tempdir().unwrap();
    let short = |number: u64| {
        let start = minute(0).plus(Duration::from_secs(5) * u32::try_from(number).unwrap());
        Window { length: Duration::from_secs(5), ..window(start, number, vec![cell(1, 2, 0, 1)]) }
    };
    let windows: Vec<Window> = (0..60).map(short).collect();
    let mut journal = filled(dir.path(), &windows);
    let mut torn = plain(6, 1);
    let from = torn.start.plus(Duration::from_secs(20));
    torn.partial = Some(Stretch { from, to: from.plus(Duration::from_secs(15)) });
    journal.append(&torn).unwrap();
    for _ in 0..2 {
        let answer = matrix(dir.path(), &minutes(0, 5));
        assert_eq!((answer.total.bytes, answer.coverage.complete, answer.coverage.measured_seconds), (60, true, 300));
        let answer = matrix(dir.path(), &minutes(5, 10));
        assert_eq!((answer.total.bytes, answer.coverage.complete, answer.coverage.measured_seconds), (1, false, 15));
        assert_eq!(timeseries(dir.path(), &minutes(0, 5), MINUTE).measured, [60; 5]);
        journal.maintain(later()).unwrap();
    }
    let again = Arc::new(torn);
    assert_eq!(matrix_with(dir.path(), &minutes(0, 60), &[again]).total.bytes, 61);
}
