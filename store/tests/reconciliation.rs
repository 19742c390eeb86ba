//! What ports' counters say of what was sampled at the ports, and of what members exchanged.
#![expect(clippy::unwrap_used, reason = "a test that cannot make its store has failed")]

mod made;

use made::*;
use schema::window::{CellRow, PortRow, PortSampleRow, Stretch};
use schema::{Asn, Reason, Timestamp, Window};
use store::Reader;
use store::answer::{MatrixAnswer, PortTraffic, Quality, Suspicion};
use store::question::{By, Question};

/// A port's counters over a whole minute.
fn counted(if_index: u32, received: u64, sent: u64) -> PortRow {
    PortRow { covered_ms: 60_000, reports: 2, in_octets: received, out_octets: sent, ..port("192.0.2.1", if_index, 0) }
}

fn measured(number: i64, cells: Vec<CellRow>, ports: Vec<PortRow>, port_samples: Vec<PortSampleRow>) -> Window {
    timed(Window { ports, port_samples, ..window(minute(number), 1, cells) })
}

fn reader(windows: &[Window]) -> (tempfile::TempDir, Reader) {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), windows));
    let reader = Reader::open(dir.path()).unwrap();
    (dir, reader)
}

fn ports(reader: &Reader, question: &Question) -> Vec<PortTraffic> {
    reader.ports(question, &|_, _| None, &[]).unwrap().ports
}

fn ask(reader: &Reader, question: &Question) -> MatrixAnswer {
    reader.matrix(question, None, &|asn| asn.to_string(), &[]).unwrap()
}

/// The factor of what a port received and of what it sent.
fn factors(port: &PortTraffic) -> [Option<f64>; 2] {
    [&port.received, &port.sent].map(|side| side.as_ref().and_then(|side| side.factor))
}

#[test]
fn a_ports_factor_is_its_counter_over_its_samples() {
    let window = |number| {
        measured(number, vec![], vec![counted(7, 1_250_000, 800_000)], vec![sampled(7, 0, 1, 1_000_000), sampled(7, 1, 2, 1_000_000)])
    };
    let (dir, reader) = reader(&[0, 1, 5, 6, 9].map(window));
    let mut journal = open(dir.path());
    for run in 0..2 {
        let ports = ports(&reader, &minutes(0, 60));
        assert_eq!(factors(&ports[0]), [Some(1.25), Some(0.8)], "run {run}");
        let received = ports[0].received.as_ref().unwrap();
        assert_eq!((received.sampled.bytes, received.sampled.samples, received.period.as_str()), (5_000_000, 250, "5m"));
        assert_eq!((received.periods, received.periods_off), (2, 2));
        assert_eq!((received.sampled.quality, received.sampled.counter_factor), (Quality::Differs, Some(1.25)));
        let (low, high) = (received.factor_low.unwrap(), received.factor_high.unwrap());
        assert!(1.24 < low && low < 1.25 && 1.25 < high && high < 1.26, "{low} {high}");
        journal.maintain(later()).unwrap();
    }
    let day = ports(&reader, &minutes(0, 3 * 1440));
    assert_eq!((day[0].received.as_ref().unwrap().period.as_str(), factors(&day[0])), ("1h", [Some(1.25), Some(0.8)]));
}

#[test]
fn rates_are_compared_where_the_counter_covers_another_time_than_was_measured() {
    let rows = |covered_ms| {
        let counter = PortRow { covered_ms, ..counted(7, 500_000, 0) };
        [measured(0, vec![], vec![counter], vec![sampled(7, 0, 1, 1_000_000)])]
    };
    let factor = |covered_ms| factors(&ports(&reader(&rows(covered_ms)).1, &minutes(0, 5))[0])[0];
    assert_eq!([30_000, 40_000, 60_000].map(factor), [Some(1.0), Some(0.75), Some(0.5)]);
    assert_eq!(factor(29_000), None, "less than half of the minute");
    assert_eq!(factor(0), None);
}

#[test]
fn a_counter_that_stands_still_and_too_few_samples_make_no_factor() {
    let few = PortSampleRow { samples: 20, variance: 1e12 / 20.0, ..sampled(2, 0, 1, 1_000_000) };
    let counters = vec![counted(1, 0, 0), counted(2, 1_000_000, 0)];
    let (_dir, reader) = reader(&[measured(0, vec![], counters, vec![sampled(1, 0, 1, 1_000_000), few])]);
    let ports = ports(&reader, &minutes(0, 5));
    assert_eq!(ports.iter().map(factors).collect::<Vec<_>>(), [[None; 2]; 2]);
    assert_eq!(ports.iter().map(|port| port.received.as_ref().unwrap().periods).collect::<Vec<_>>(), [0, 0]);
}

#[test]
fn what_is_sampled_at_an_aggregate_is_held_against_its_counter_or_those_of_its_ports() {
    let in_aggregate = |if_index, octets| PortRow { lag: 1_000, ..counted(if_index, octets, 0) };
    let samples = || vec![sampled(1_000, 0, 1, 1_000_000)];
    let (_dir, silent) = reader(&[measured(0, vec![], vec![in_aggregate(1, 300_000), in_aggregate(2, 600_000)], samples())]);
    let found = ports(&silent, &minutes(0, 5));
    assert_eq!(
        found.iter().map(|port| (port.if_index, port.reports, factors(port)[0])).collect::<Vec<_>>(),
        [(1, 2, None), (2, 2, None), (1_000, 0, Some(0.9))]
    );
    let all = vec![in_aggregate(1, 300_000), in_aggregate(2, 600_000), counted(1_000, 950_000, 0)];
    let (_dir, speaking) = reader(&[measured(0, vec![], all, samples())]);
    assert_eq!(factors(&ports(&speaking, &minutes(0, 5))[2])[0], Some(0.95));
    let at_ports = vec![sampled(1, 0, 1, 300_000), sampled(2, 0, 1, 300_000)];
    let (_dir, by_port) = reader(&[measured(0, vec![], vec![in_aggregate(1, 300_000), in_aggregate(2, 600_000)], at_ports)]);
    assert_eq!(ports(&by_port, &minutes(0, 5)).iter().map(|port| factors(port)[0]).collect::<Vec<_>>(), [Some(1.0), Some(2.0)]);
}

#[test]
fn a_port_where_many_members_enter_that_also_enter_elsewhere_is_suspected() {
    let edges = (1..=4).map(|asn| sampled(asn, 0, asn, 1_000));
    let joining = (1..=4).map(|asn| sampled(100, 0, asn, 100 * u64::from(asn)));
    let reseller = (5..=8).map(|asn| sampled(200, 0, asn, 1_000));
    let moved = [sampled(4, 0, 1, 10), sampled(100, 0, 0, 5), sampled(200, 1, 1, 7)];
    let core = (1..=4).map(|asn| PortSampleRow { core: 1, bytes_set_aside: 500, ..sampled(300, 0, asn, 500) });
    let rows: Vec<_> = edges.chain(joining).chain(reseller).chain(moved).chain(core).collect();
    let (_dir, reader) = reader(&[measured(0, vec![], vec![], rows)]);
    let found = ports(&reader, &minutes(0, 5));
    let suspected: Vec<_> = found.iter().filter_map(|port| Some((port.if_index, port.suspicion?))).collect();
    assert_eq!(suspected, [(100, Suspicion { members: 4, members_elsewhere: 4, bytes: 1_000, untold: false })]);
    let core: Vec<_> = found.iter().filter(|port| port.core).map(|port| port.if_index).collect();
    assert_eq!(core, [300]);
}

#[test]
fn a_member_behind_an_aggregate_enters_by_one_door() {
    let spread = (1..=3).flat_map(|asn| [sampled(1, 0, asn, 100), sampled(2, 0, asn, 100)]).collect();
    let in_aggregate = |if_index| PortRow { lag: 1_000, ..counted(if_index, 300, 0) };
    let (_dir, reader) = reader(&[measured(0, vec![], vec![in_aggregate(1), in_aggregate(2)], spread)]);
    assert!(ports(&reader, &minutes(0, 5)).iter().all(|port| port.suspicion.is_none()));
}

#[test]
fn where_ways_are_not_told_no_counter_speaks_but_frames_that_pass_two_ports_are_seen() {
    // A switch that samples both directions and says neither: what 1, 2 and 3 send passes their own port, and that of 4.
    let own = (1..=3).map(|asn| sampled(asn, 2, asn, 1_000));
    let at_receiver = (1..=3).map(|asn| sampled(4, 2, asn, 1_000));
    let counters = (1..=4).map(|port| counted(port, 1_000_000, 1_000_000)).collect();
    let (_dir, reader) = reader(&[measured(0, vec![cell(1, 4, 0, 2_000)], counters, own.chain(at_receiver).collect())]);
    let found = ports(&reader, &minutes(0, 5));
    assert!(found.iter().all(|port| factors(port) == [None, None]));
    let suspected: Vec<_> = found.iter().filter_map(|port| Some((port.if_index, port.suspicion?))).collect();
    assert_eq!(suspected, [(4, Suspicion { members: 3, members_elsewhere: 3, bytes: 3_000, untold: true })]);
    assert_eq!(ask(&reader, &minutes(0, 5)).cells[0].estimate.quality, Quality::Unchecked);
}

/// 1 enters by ports 1 and 2 with the factors 1 and 2, 2 by port 3 with 1.05, 3 by a port of which nothing is counted.
fn exchange() -> Window {
    let unknown = Reason::UnknownDestination.code();
    let cells =
        vec![cell(1, 2, 0, 300_000), cell(1, 3, 0, 100_000), cell(2, 1, 0, 80_000), cell(2, 0, unknown, 20_000), cell(3, 1, 0, 50_000)];
    let counters = vec![counted(1, 100_000, 0), counted(2, 600_000, 0), counted(3, 105_000, 0)];
    let samples = vec![sampled(1, 0, 1, 100_000), sampled(2, 0, 1, 300_000), sampled(3, 0, 2, 100_000), sampled(4, 0, 3, 50_000)];
    measured(0, cells, counters, samples)
}

#[test]
fn each_figure_says_what_the_counters_of_its_ports_say() {
    let (_dir, reader) = reader(&[exchange()]);
    let answer = ask(&reader, &minutes(0, 5));
    let told = |estimate: store::answer::Estimate| (estimate.quality, estimate.counter_factor);
    let cells: Vec<_> = answer.cells.iter().map(|cell| (cell.src, cell.dst, told(cell.estimate))).collect();
    let one = (Quality::Differs, Some(1.75));
    let two = (Quality::Agrees, Some(1.05));
    assert_eq!(cells, [(1, 2, one), (1, 3, one), (2, 1, two), (3, 1, (Quality::Unchecked, None))]);
    assert_eq!((told(answer.unattributed.all), told(answer.unattributed.reasons["unknown_destination"])), (two, two));
    let all = (400_000.0 * 1.75 + 100_000.0 * 1.05) / 500_000.0;
    assert_eq!(told(answer.total), (Quality::Differs, Some(all)), "nine tenths of it were checked");
    let members = reader.members(&minutes(0, 5), &[], &[]).unwrap().members;
    let of = |asn| members.iter().find(|member| member.member.asn == asn).unwrap();
    assert_eq!((told(of(1).sent), told(of(1).received), told(of(3).sent)), (one, two, (Quality::Unchecked, None)));
    let series = reader.timeseries(&minutes(0, 5), None, By::Nothing, &[]).unwrap();
    assert_eq!(told(series.series[0].points[0].unwrap()), (Quality::Differs, Some(all)));
    let two_alone = Question { src: Some(Asn(2)), ..minutes(0, 5) };
    assert_eq!(told(reader.timeseries(&two_alone, None, By::IpVersion, &[]).unwrap().series[0].points[0].unwrap()), two);
    assert_eq!(told(ask(&reader, &two_alone).total), two);
}

#[test]
fn a_step_has_the_factor_of_the_periods_that_it_touches() {
    let window = |number: i64| {
        let counted = counted(1, if number < 5 { 100_000 } else { 200_000 }, 0);
        measured(number, vec![cell(1, 2, 0, 100_000)], vec![counted], vec![sampled(1, 0, 1, 100_000)])
    };
    let (dir, _reader) = reader(&(0..10).map(window).collect::<Vec<_>>());
    let factors = |minutes_of_step: u32| {
        let answer = timeseries(dir.path(), &minutes(0, 10), MINUTE * minutes_of_step);
        answer.series[0].points.iter().map(|point| point.unwrap().counter_factor.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(factors(1), [[1.0; 5], [2.0; 5]].concat());
    assert_eq!((factors(5), factors(10), factors(1440)), (vec![1.0, 2.0], vec![1.5], vec![1.5]));
    assert_eq!(factors(4), [1.0, 1.5, 2.0], "the second step touches both");
}

#[test]
fn raking_brings_each_sender_to_its_counters_and_keeps_the_sums() {
    let (_dir, reader) = reader(&[exchange()]);
    let raked = Question { raked: true, ..minutes(0, 5) };
    let answer = ask(&reader, &raked);
    let cells: Vec<_> = answer.cells.iter().map(|cell| (cell.src, cell.dst, cell.estimate.bytes, cell.estimate.quality)).collect();
    let expected = [
        (1, 2, 525_000, Quality::Raked),
        (1, 3, 175_000, Quality::Raked),
        (2, 1, 84_000, Quality::Raked),
        (3, 1, 50_000, Quality::Unchecked),
    ];
    assert_eq!(cells, expected);
    assert_eq!((answer.unattributed.all.bytes, answer.total.bytes), (21_000, 525_000 + 175_000 + 84_000 + 50_000 + 21_000));
    assert_eq!((answer.total.quality, answer.cells[0].estimate.counter_factor), (Quality::Raked, Some(1.75)));
    let members = reader.members(&raked, &[], &[]).unwrap();
    assert_eq!((members.total.bytes, members.members[0].sent.bytes), (855_000, 700_000));
    let all = reader.timeseries(&raked, None, By::Nothing, &[]).unwrap().series[0].points[0].unwrap();
    assert_eq!((all.quality, all.bytes), (Quality::Raked, 885_500), "550,000 by 1.61, for a step has one factor for all");
}

#[test]
fn who_has_a_port_alone_is_as_sure_as_its_counter_and_who_shares_one_is_not() {
    let mut cells = vec![cell(1, 9, 0, 100_000), cell(2, 9, 0, 100_000), cell(3, 9, 0, 100_000)];
    let unsure = |if_index, asn| PortSampleRow { variance: 1e8, ..sampled(if_index, 0, asn, 100_000) };
    let samples = vec![unsure(1, 1), unsure(2, 2), unsure(2, 3)];
    cells.iter_mut().for_each(|cell| cell.variance = 1e8);
    let (_dir, reader) = reader(&[measured(0, cells, vec![counted(1, 150_000, 0), counted(2, 300_000, 0)], samples)]);
    let answer = ask(&reader, &Question { raked: true, ..minutes(0, 5) });
    let effective: Vec<_> = answer.cells.iter().map(|cell| (cell.src, cell.estimate.bytes, cell.estimate.effective_samples)).collect();
    // Of the shared port, Var p = (0.5²·10⁸ + 0.5²·10⁸)/200,000², times the counter's 300,000²: 1.125·10⁸.
    assert_eq!(effective, [(1, 150_000, None), (2, 150_000, Some(200)), (3, 150_000, Some(200))]);
}

#[test]
fn nobody_is_scaled_by_a_factor_that_cannot_be() {
    let rows =
        |counted_octets| measured(0, vec![cell(1, 2, 0, 100_000)], vec![counted(1, counted_octets, 0)], vec![sampled(1, 0, 1, 100_000)]);
    let raked = |counted_octets| {
        let (_dir, reader) = reader(&[rows(counted_octets)]);
        let estimate = ask(&reader, &Question { raked: true, ..minutes(0, 5) }).cells[0].estimate;
        (estimate.bytes, estimate.quality)
    };
    assert_eq!(raked(50_000), (50_000, Quality::Raked));
    assert_eq!(raked(300_000), (300_000, Quality::Raked));
    assert_eq!(raked(49_000), (100_000, Quality::Differs));
    assert_eq!(raked(301_000), (100_000, Quality::Differs));
}

#[test]
fn where_most_of_it_passed_no_counted_port_nothing_is_said() {
    let samples = vec![sampled(1, 0, 1, 100_000)];
    let (_dir, reader) = reader(&[measured(0, vec![cell(1, 2, 0, 201_000)], vec![counted(1, 100_000, 0)], samples)]);
    let estimate = ask(&reader, &minutes(0, 5)).cells[0].estimate;
    assert_eq!((estimate.quality, estimate.counter_factor), (Quality::Unchecked, None), "less than half was sampled at a port");
}

#[test]
fn an_exporter_that_samples_what_leaves_is_held_against_what_its_ports_sent() {
    let set_aside = PortSampleRow { bytes_set_aside: 400_000, ..sampled(5, 1, 1, 400_000) };
    let samples = vec![sampled(4, 1, 2, 100_000), set_aside, sampled(6, 0, 3, 50_000)];
    let counters = vec![counted(4, 0, 120_000), counted(5, 0, 999_999), counted(6, 50_000, 0)];
    let cells = vec![cell(1, 2, 0, 60_000), cell(0, 2, 1, 40_000), cell(3, 1, 0, 50_000)];
    let (_dir, reader) = reader(&[measured(0, cells, counters, samples)]);
    let answer = ask(&reader, &minutes(0, 5));
    let told: Vec<_> = answer.cells.iter().map(|cell| (cell.src, cell.estimate.counter_factor)).collect();
    assert_eq!(told, [(1, Some(1.2)), (3, Some(1.0))], "what was set aside at port 5 speaks for nobody");
    assert_eq!(answer.unattributed.all.counter_factor, Some(1.2));
}

#[test]
fn a_question_about_all_time_is_answered_from_the_time_that_was_measured() {
    let (_dir, reader) = reader(&[exchange()]);
    let ever = Question::all(Timestamp(i64::MIN / 4), Timestamp(i64::MAX / 4));
    assert_eq!(ask(&reader, &ever).cells[0].estimate.counter_factor, Some(1.75));
    assert_eq!(factors(&ports(&reader, &ever)[0]), [Some(1.0), None]);
}

#[test]
fn a_late_part_that_covers_no_time_brings_its_samples() {
    let whole = measured(0, vec![], vec![counted(1, 200_000, 0)], vec![sampled(1, 0, 1, 100_000)]);
    let nothing = Stretch { from: minute(0), to: minute(0) };
    let late = Window { partial: Some(nothing), serial: 2, ports: vec![], ..whole.clone() };
    let (_dir, reader) = reader(&[whole, late.clone()]);
    let found = ports(&reader, &minutes(0, 5));
    assert_eq!((factors(&found[0])[0], found[0].received.as_ref().unwrap().sampled.bytes), (Some(1.0), 200_000));
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), &[late]));
    let alone = ports(&Reader::open(dir.path()).unwrap(), &minutes(0, 5));
    assert_eq!((factors(&alone[0])[0], alone[0].received.as_ref().unwrap().sampled.bytes), (None, 100_000));
}

#[test]
fn samples_and_counters_in_memory_count_as_well() {
    let window = measured(0, vec![cell(1, 2, 0, 100_000)], vec![counted(1, 110_000, 0)], vec![sampled(1, 0, 1, 100_000)]);
    let (_dir, reader) = reader(&[]);
    let answer = reader.matrix(&minutes(0, 5), None, &|asn| asn.to_string(), &live(window)).unwrap();
    assert_eq!((answer.cells[0].estimate.counter_factor, answer.cells[0].estimate.quality), (Some(1.1), Quality::Agrees));
}
