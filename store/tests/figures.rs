//! Shares, what may be unseen, and where samples were lost.
#![expect(clippy::unwrap_used, reason = "a test that cannot make its store has failed")]

mod made;

use made::*;
use schema::Window;
use schema::estimator;
use schema::window::{CellRow, ExporterRow};
use store::Reader;
use store::answer::Unseen;
use store::question::By;

fn reader(windows: &[Window]) -> (tempfile::TempDir, Reader) {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), windows));
    let reader = Reader::open(dir.path()).unwrap();
    (dir, reader)
}

fn with_rates(number: i64, cells: Vec<CellRow>, rates: &[(u32, u32)]) -> Window {
    let exporters = rates.iter().zip(0..).map(|((min, max), sub_agent)| ExporterRow { sub_agent, ..exporter("192.0.2.1", *min, *max) });
    timed(Window { exporters: exporters.collect(), ..window(minute(number), 1, cells) })
}

#[test]
fn cells_have_their_share_of_the_total_and_members_theirs() {
    let (_dir, reader) = reader(&[window(minute(0), 1, vec![cell(1, 2, 0, 60), cell(2, 1, 0, 20), cell(0, 1, 1, 20)])]);
    let answer = reader.matrix(&minutes(0, 1), Some(1), &|asn| asn.to_string(), &[]).unwrap();
    let share = answer.cells[0].share.unwrap();
    // Var p = (0.4²·30 + 0.6²·20)/100²
    let half = 1.96 * (0.16 * 30.0 + 0.36 * 20.0_f64).sqrt() / 100.0;
    assert!((share.share - 0.6).abs() < 1e-12 && (share.share_high - share.share - half).abs() < 1e-12, "{share:?}");
    assert!((answer.attribution.unwrap().share - 0.8).abs() < 1e-12);
    let nothing = reader.matrix(&minutes(5, 6), None, &|asn| asn.to_string(), &[]).unwrap();
    assert_eq!((nothing.attribution, nothing.unseen), (None, None));
}

#[test]
fn what_may_be_unseen_is_told_at_the_coarsest_rate_that_can_be() {
    let (_dir, reader) = reader(&[with_rates(0, vec![cell(1, 2, 0, 60)], &[(512, 1_024), (64, u32::MAX), (0, 0)])]);
    let bytes_high = estimator::unseen(1_024.0).high;
    let unseen = Some(Unseen { bytes_high, bits_per_second_high: bytes_high * 8 / 60 });
    assert_eq!(reader.matrix(&minutes(0, 5), None, &|asn| asn.to_string(), &[]).unwrap().unseen, unseen);
    assert_eq!(reader.members(&minutes(0, 5), &[], &[]).unwrap().unseen, unseen);
}

#[test]
fn a_step_without_samples_is_less_than_something_and_not_zero() {
    let (_dir, reader) = reader(&[with_rates(0, vec![cell(1, 2, 0, 60)], &[(512, 512)]), with_rates(1, vec![], &[(512, 512)])]);
    let answer = reader.timeseries(&minutes(0, 3), None, By::IpVersion, &[]).unwrap();
    let high = estimator::unseen(512.0).high;
    assert_eq!(answer.series[0].points[0].unwrap().bytes, 60);
    let empty = answer.series[0].points[1].unwrap();
    assert_eq!((empty.bytes, empty.bytes_low, empty.bytes_high, empty.effective_samples), (0, 0, high, Some(0)));
    assert_eq!(answer.series[0].points[2], None);
}

#[test]
fn the_loss_budget_names_each_stage() {
    let sflow = ExporterRow {
        datagrams: 90,
        lost_datagrams: 10,
        flow_samples: 700,
        lost_samples: 100,
        agent_drops: 50,
        pool_due: 1_000,
        pool_taken: 850,
        counter_samples: 20,
        malformed: 3,
        flow_records: 0,
        lost_records: 0,
        ..exporter("192.0.2.1", 512, 512)
    };
    let ipfix = ExporterRow {
        protocol: "ipfix".into(),
        datagrams: 10,
        lost_datagrams: 0,
        flow_samples: 0,
        counter_samples: 0,
        flow_records: 95,
        lost_records: 5,
        ..exporter("192.0.2.2", 0, 0)
    };
    let listeners = vec![listener("0.0.0.0:6343", 91), listener("0.0.0.0:4739", 11)];
    let measured = timed(Window { exporters: vec![sflow, ipfix], listeners, ..window(minute(0), 1, vec![]) });
    let (_dir, reader) = reader(&[measured]);
    let answer = reader.exporters(&minutes(0, 2), &[]).unwrap();
    let listeners: Vec<_> = answer.listeners.iter().map(|of| (of.address.as_str(), of.datagrams, of.kernel_drops, of.refused)).collect();
    assert_eq!(listeners, [("0.0.0.0:4739", 11, 2, 1), ("0.0.0.0:6343", 91, 2, 1)]);
    let stages: Vec<_> = answer.budget.iter().map(|stage| (stage.stage, stage.lost, stage.of, stage.unit)).collect();
    let expected = [
        ("agent", 50, 1_000, "samples"),
        ("agent_in_silence", 150, 950, "samples"),
        ("network", 6, 110, "datagrams"),
        ("network", 5, 100, "records"),
        ("kernel", 4, 106, "datagrams"),
        ("decoder", 2, 102, "datagrams"),
        ("decoder", 3, 818, "records"),
        ("store", 60, 120, "seconds"),
    ];
    assert_eq!(stages, expected);
    let loss = answer.exporters[0].loss;
    assert_eq!((loss.taken, loss.arrived, loss.mostly, loss.made_good), (1_000, 700, Some("exporter_in_silence"), true));
    assert_eq!((answer.exporters[1].loss.taken, answer.exporters[1].loss.mostly), (100, Some("way")));
}
