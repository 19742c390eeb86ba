//! Whatever the windows are and in whatever order they come, no table loses or gains a row's worth, and figures made of several tables still add up.
#![expect(clippy::unwrap_used, reason = "a test that cannot make its store has failed")]

mod made;

use std::collections::BTreeMap;
use std::path::Path;

use made::*;
use proptest::collection::vec;
use proptest::prelude::*;
use schema::Window;
use schema::window::{CellRow, ExporterRow, ListenerRow, PortRow, PortSampleRow};
use store::Reader;
use store::answer::{Estimate, MatrixAnswer};
use store::question::Question;

fn ports() -> impl Strategy<Value = Vec<PortRow>> {
    let row = (1..4_u32, 0..2_000_000_u64, prop::sample::select(vec![0_u64, 20_000, 60_000]));
    vec(row.prop_map(|(if_index, octets, covered_ms)| PortRow { covered_ms, ..port("192.0.2.1", if_index, octets) }), 0..3)
}

fn samples() -> impl Strategy<Value = Vec<PortSampleRow>> {
    let row = (1..5_u32, 0..2_u8, 0..4_u32, 1..1_000_000_u64, 0..3_u64);
    let row = row.prop_map(|(if_index, egress, asn, bytes, aside)| PortSampleRow {
        bytes_set_aside: aside * bytes / 2,
        ..sampled(if_index, egress, asn, bytes)
    });
    vec(row, 0..5)
}

fn exporters() -> impl Strategy<Value = Vec<ExporterRow>> {
    let row = (0..3_u32, 0..5_000_u32, 0..5_000_u32, 0..1_000_u64);
    let row = row.prop_map(|(sub_agent, rate_min, rate_max, datagrams)| ExporterRow {
        sub_agent,
        datagrams,
        pool_due: 2 * datagrams,
        ..exporter("192.0.2.1", rate_min, rate_max)
    });
    vec(row, 0..3)
}

fn listeners() -> impl Strategy<Value = Vec<ListenerRow>> {
    vec(
        (prop::sample::select(vec!["0.0.0.0:6343", "[::]:4739"]), 0..1_000_u64)
            .prop_map(|(address, datagrams)| listener(address, datagrams)),
        0..3,
    )
}

fn cells() -> impl Strategy<Value = Vec<CellRow>> {
    let row = (0..4_u32, 0..4_u32, prop::sample::select(vec![0_u8, 0, 0, 1, 2, 16]), 0..1_000_000_u64);
    vec(row.prop_map(|(src, dst, reason, bytes)| cell(src, dst, reason, bytes)), 0..5)
}

/// Windows with rows of every table, several to a minute, in any order.
fn windows() -> impl Strategy<Value = Vec<Window>> {
    let moment = prop_oneof![0..20_i64, 0..180_i64, 1_430..1_450_i64];
    let one = (moment, 0..3_u64, cells(), ports(), samples(), exporters(), listeners());
    vec(one, 1..12).prop_map(|windows| {
        let made = windows.into_iter().map(|(number, serial, cells, ports, port_samples, exporters, listeners)| {
            timed(Window { ports, port_samples, exporters, listeners, ..window(minute(number), serial, cells) })
        });
        let mut seen = std::collections::HashSet::new();
        made.filter(|window| seen.insert((window.start, window.serial))).collect()
    })
}

type Numbers = BTreeMap<(&'static str, String), Vec<u64>>;

fn add(numbers: &mut Numbers, table: &'static str, key: &str, values: &[u64]) {
    let sums = numbers.entry((table, key.to_owned())).or_insert_with(|| vec![0; values.len()]);
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
}

/// The sums of every table but the cells, by key, row by row.
fn plain_sums(windows: &[Window]) -> Numbers {
    let mut numbers = Numbers::new();
    for window in windows {
        for row in &window.ports {
            add(&mut numbers, "ports", &row.if_index.to_string(), &[row.in_octets, row.out_octets, row.reports, row.fcs_errors]);
        }
        for row in &window.port_samples {
            let side = if row.egress == 0 { "received" } else { "sent" };
            add(&mut numbers, side, &row.if_index.to_string(), &[row.samples, row.packets, row.bytes]);
        }
        for row in &window.exporters {
            add(&mut numbers, "exporters", &row.sub_agent.to_string(), &[row.datagrams, row.flow_samples, row.lost_records]);
        }
        for row in &window.listeners {
            add(&mut numbers, "listeners", &row.address, &[row.datagrams, row.octets, row.kernel_drops, row.refused]);
        }
    }
    numbers
}

/// The same from answers.
fn answered(dir: &Path) -> Numbers {
    let (reader, days) = (Reader::open(dir).unwrap(), minutes(0, 2_880));
    let mut numbers = Numbers::new();
    for port in reader.ports(&days, &|_, _| None, &[]).unwrap().ports {
        if port.reports > 0 {
            add(&mut numbers, "ports", &port.if_index.to_string(), &[port.in_octets, port.out_octets, port.reports, port.fcs_errors]);
        }
        for (side, held) in [("received", &port.received), ("sent", &port.sent)] {
            let Some(held) = held else { continue };
            add(&mut numbers, side, &port.if_index.to_string(), &[held.sampled.samples, held.sampled.packets, held.sampled.bytes]);
        }
    }
    let health = reader.exporters(&days, &[]).unwrap();
    for row in health.exporters {
        add(&mut numbers, "exporters", &row.sub_agent.to_string(), &[row.datagrams, row.flow_samples, row.lost_records]);
    }
    for row in health.listeners {
        add(&mut numbers, "listeners", &row.address, &[row.datagrams, row.octets, row.kernel_drops, row.refused]);
    }
    numbers
}

fn ask(dir: &Path, question: &Question) -> MatrixAnswer {
    Reader::open(dir).unwrap().matrix(question, Some(2), &|asn| asn.to_string(), &[]).unwrap()
}

fn check_parts(answer: &MatrixAnswer) -> Result<(), TestCaseError> {
    let sum =
        |parts: &[Estimate]| parts.iter().fold((0, 0, 0), |sum, part| (sum.0 + part.samples, sum.1 + part.packets, sum.2 + part.bytes));
    let cells: Vec<Estimate> = answer.cells.iter().map(|cell| cell.estimate).collect();
    let parts = [&cells[..], &[answer.others.estimate, answer.unattributed.all]].concat();
    prop_assert_eq!(sum(&parts), sum(&[answer.total]));
    let reasons: Vec<Estimate> = answer.unattributed.reasons.values().copied().collect();
    prop_assert_eq!(sum(&reasons), sum(&[answer.unattributed.all]));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_table_is_its_plain_sum_in_any_order_and_at_any_level(windows in windows(), cuts in vec((0..12_usize, 0..3_000_i64), 0..3)) {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = open(dir.path());
        for (position, window) in windows.iter().enumerate() {
            journal.append_bulk(window).unwrap();
            for (_, now) in cuts.iter().filter(|(cut, _)| *cut == position) {
                journal.maintain(minute(*now)).unwrap();
            }
        }
        let plain = plain_sums(&windows);
        for _ in 0..3 {
            prop_assert_eq!(&answered(dir.path()), &plain);
            journal.maintain(later()).unwrap();
        }
        prop_assert_eq!(segments(dir.path(), "1d").len(), windows.iter().map(|window| window.start.floor(DAY)).collect::<std::collections::HashSet<_>>().len());
    }

    #[test]
    fn raked_parts_make_the_raked_total(windows in windows(), from in 0..100_i64, length in 1..2_880_i64) {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = filled(dir.path(), &windows);
        for _ in 0..2 {
            let question = minutes(from, from + length);
            let (plain, raked) = (ask(dir.path(), &question), ask(dir.path(), &Question { raked: true, ..question }));
            check_parts(&plain)?;
            check_parts(&raked)?;
            prop_assert_eq!((raked.total.samples, raked.set_aside.all), (plain.total.samples, plain.set_aside.all));
            let largest = plain.total.bytes.saturating_mul(3) + 1_000;
            prop_assert!(raked.total.bytes <= largest && plain.total.bytes / 2 <= raked.total.bytes + 1_000);
            journal.maintain(later()).unwrap();
        }
    }

    #[test]
    fn a_factor_does_not_depend_on_how_windows_cut_the_time(
        octets in 1_000_000..1_000_000_000_u64, bytes in 1_000_000..1_000_000_000_u64, length in prop::sample::select(vec![5_u64, 10, 20, 30, 60]),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let count = 120 / length;
        // The last window has what division leaves.
        let part = |whole: u64, position: u64| whole / count + if position + 1 == count { whole % count } else { 0 };
        let windows: Vec<Window> = (0..count).map(|position| {
            let counter = PortRow { covered_ms: length * 1_000, ..port("192.0.2.1", 1, part(octets, position)) };
            let start = minute(0).plus(std::time::Duration::from_secs(length * position));
            let rows = vec![sampled(1, 0, 7, part(bytes, position))];
            timed(Window { length: std::time::Duration::from_secs(length), ports: vec![counter], port_samples: rows, ..window(start, position, vec![]) })
        }).collect();
        let mut journal = filled(dir.path(), &windows);
        for _ in 0..2 {
            let ports = Reader::open(dir.path()).unwrap().ports(&minutes(0, 5), &|_, _| None, &[]).unwrap().ports;
            let factor = ports[0].received.as_ref().unwrap().factor.unwrap();
            prop_assert!((factor / (octets as f64 / bytes as f64) - 1.0).abs() < 1e-12, "{}", factor);
            journal.maintain(later()).unwrap();
        }
    }
}
