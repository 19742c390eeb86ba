//! Flow records: into which windows and cells they go, and what they cannot do.

use schema::sample::MAX_RECORD_OCTETS;

use super::*;
use crate::open_window::{MAX_WINDOW_STREAMS, MAX_WINDOW_UNKNOWN_CELLS};
use crate::shard::MAX_FLOW_CELLS;
use crate::streams::MAX_STREAMS;

const HOUR: i64 = 3_600_000;

/// An open window, an hour and a half after time began.
fn open() -> OpenWindow {
    OpenWindow::new(Arc::from("ix"), MINUTE, Timestamp(HOUR * 3 / 2), 7)
}

const NOW: Timestamp = Timestamp(HOUR * 3 / 2 + 30_000);

fn give(records: impl IntoIterator<Item = FlowRecord>, open: &mut OpenWindow) {
    let (mut shard, directory) = (shard(Parties::Members), members());
    let id = hello(&mut shard);
    records.into_iter().for_each(|record| shard.record(id, &record, NOW, &directory));
    open.merge(&shard.take(Delta::default()));
}

/// The open window and what is late, closed.
fn closed(open: &mut OpenWindow) -> (Window, Vec<Window>) {
    (open.close(open.end(), Weights::Observed), open.take_late(Weights::Observed))
}

#[test]
fn a_record_counts_as_whole_frames_and_says_that_it_is_a_flow() {
    let mut open = open();
    give([record(1, 2)], &mut open);
    let (window, late) = closed(&mut open);
    let cell = only(&window);
    assert_eq!((cell.src_asn, cell.dst_asn, cell.reason()), (64500, 64501, Some(Reason::Attributed)));
    assert_eq!((cell.samples, cell.packets, cell.bytes, cell.bytes_from_flows), (10, 1_000, 1_000_000, 1_000_000));
    assert_eq!(cell.variance, 100.0 * 99.0 * 10.0 * 1e6);
    assert!(late.is_empty());
    let (_, tally) = open.exporters().next().unwrap();
    assert_eq!((tally.flow_records, tally.unscalable, tally.rate_min, tally.rate_max, tally.flow_samples), (1, 0, 100, 100, 0));
}

#[test]
fn a_record_whose_squares_are_known_is_no_bound() {
    let mut open = open();
    let told = FlowRecord { squares: Some(20_000_000), ..record(1, 2) };
    let alone = FlowRecord { packets: 1, octets: 982, ..record(1, 2) };
    give([told, alone, record(1, 2)], &mut open);
    let (window, _) = closed(&mut open);
    assert_eq!((only(&window).bytes, only(&window).bytes_from_flows), (2_100_000, 1_000_000));
}

#[test]
fn a_record_without_a_rate_counts_as_it_is_and_says_so() {
    let mut open = open();
    give([FlowRecord { rate: Rate::UNKNOWN, ..record(1, 2) }], &mut open);
    assert_eq!(bytes(&closed(&mut open).0), 10_000);
    assert_eq!(open.exporters().next().unwrap().1.unscalable, 1);
}

#[test]
fn a_rate_need_not_be_whole() {
    let mut open = open();
    give([FlowRecord { rate: Rate::of(25, 10), ..record(1, 2) }], &mut open);
    assert_eq!(bytes(&closed(&mut open).0), 25_000);
}

#[test]
fn a_dropped_flow_is_set_aside_and_one_in_a_tunnel_is_told_apart() {
    let mut open = open();
    let dropped = FlowRecord { output: Interface::Discarded(0), ..record(1, 2) };
    let tunnelled = FlowRecord { macs: None, tunnel: Tunnel::Vxlan, ..record(1, 2) };
    give([dropped, tunnelled], &mut open);
    let reasons: Vec<_> = closed(&mut open).0.cells.iter().map(CellRow::reason).collect();
    assert_eq!(reasons, [Some(Reason::Tunnelled), Some(Reason::Discarded)]);
}

#[test]
fn late_windows_hold_what_passed_before_and_nothing_else() {
    let mut open = open();
    // From 30 s into the second window before the open one to 30 s into the open one.
    give([FlowRecord { age: Age { first_ms: 120_000, last_ms: 0 }, ..record(1, 2) }], &mut open);
    let (window, late) = closed(&mut open);
    assert_eq!(bytes(&window), 250_000);
    let told: Vec<_> = late.iter().map(|window| (window.start.millis(), bytes(window))).collect();
    assert_eq!(told, [(NOW.millis() - 150_000, 250_000), (NOW.millis() - 90_000, 500_000)]);
    for window in &late {
        let nothing = Stretch { from: window.start, to: window.start };
        assert_eq!((window.serial, window.length, window.partial), (7, MINUTE, Some(nothing)));
        assert!(window.ports.is_empty() && window.exporters.is_empty());
        assert_eq!(only(window).time, window.start);
    }
    assert!(open.take_late(Weights::Observed).is_empty(), "they are told once");
    assert_eq!(bytes(&open.close(open.end(), Weights::Observed)), 250_000, "the open window keeps its own");
}

#[test]
fn records_of_the_next_window_wait_for_it() {
    let mut open = open();
    let (mut shard, directory) = (shard(Parties::Members), members());
    let id = hello(&mut shard);
    let turned = open.end().plus(Duration::from_millis(20));
    shard.record(id, &record(1, 2), turned, &directory);
    shard.record(id, &FlowRecord { age: Age { first_ms: 40, last_ms: 0 }, ..record(2, 1) }, turned, &directory);
    open.merge(&shard.take(Delta::default()));
    let (window, late) = closed(&mut open);
    assert_eq!((bytes(&window), late.len()), (500_000, 0));
    open.reopen(turned, 8);
    give([], &mut open);
    let (next, late) = closed(&mut open);
    assert_eq!((bytes(&next), next.cells.len(), late.len()), (1_500_000, 2, 0));
    open.reopen(open.end(), 9);
    assert_eq!(bytes(&closed(&mut open).0), 0, "and are counted once");
}

#[test]
fn at_the_end_nothing_stays_behind() {
    let mut open = open();
    let (mut shard, directory) = (shard(Parties::Members), members());
    let id = hello(&mut shard);
    shard.record(id, &record(1, 2), open.end(), &directory);
    shard.record(id, &FlowRecord { age: Age { first_ms: 90_000, last_ms: 90_000 }, ..record(1, 2) }, open.end(), &directory);
    open.merge(&shard.take(Delta::default()));
    let starts: Vec<_> = open.take_rest(Weights::Observed).iter().map(|window| window.start).collect();
    assert_eq!(starts, [open.start().minus(MINUTE), open.end()]);
}

#[test]
fn a_record_from_beyond_reach_is_counted_in_the_oldest_window_and_noted() {
    let mut open = open();
    let ancient = FlowRecord { age: Age { first_ms: u32::MAX, last_ms: u32::MAX }, ..record(1, 2) };
    give([ancient], &mut open);
    assert_eq!(open.exporters().next().unwrap().1.beyond_reach, 1);
    let (_, late) = closed(&mut open);
    let told: Vec<_> = late.iter().map(|window| (window.start, bytes(window))).collect();
    assert_eq!(told, [(open.start().minus(MINUTE * 60), 1_000_000)]);
}

#[test]
fn forged_numbers_overflow_nothing() {
    let mut open = open();
    let forged = FlowRecord { packets: u64::MAX, octets: u64::MAX, squares: Some(u64::MAX), rate: Rate::whole(u32::MAX), ..record(1, 2) };
    let forged_age = FlowRecord { age: Age { first_ms: u32::MAX, last_ms: 0 }, ..forged };
    for _ in 0..5 {
        give(std::iter::repeat_n(forged, 5_000).chain(std::iter::repeat_n(forged_age, 50)), &mut open);
    }
    give([record(2, 1)], &mut open);
    let (window, _) = closed(&mut open);
    assert!(window.cells[0].bytes >= MAX_RECORD_OCTETS && window.cells[0].variance.is_finite());
    assert_eq!(window.cells[1].bytes, 1_000_000, "and harm nobody else");
    assert_eq!(open.ledger().unaccounted(), 0);
}

#[test]
fn a_flood_of_records_with_ever_new_addresses_is_bounded_and_loses_nothing() {
    let (mut open, count) = (open(), u64::try_from(MAX_UNKNOWN_CELLS).unwrap());
    let long = FlowRecord { age: Age { first_ms: 120_000, last_ms: 0 }, ..record(1, 2) };
    let flood = (0..count as u32).map(|number| FlowRecord { macs: record(1_000 + number, 2).macs, ..long });
    give(flood, &mut open);
    let (window, late) = closed(&mut open);
    let windows = || late.iter().chain([&window]);
    let cells: usize = windows().map(|window| window.cells.len()).sum();
    assert!(cells <= MAX_UNKNOWN_CELLS + windows().count(), "{cells}");
    assert_eq!(windows().map(bytes).sum::<u64>(), count * 1_000_000);
    assert!(windows().flat_map(|window| &window.cells).all(|cell| cell.reason() == Some(Reason::UnknownSource)));
    assert_eq!(open.ledger().unaccounted(), 0);
}

#[test]
fn a_flood_of_cells_overflows_into_the_present_window_and_loses_nothing() {
    let (mut open, count) = (open(), MAX_FLOW_CELLS as u32 + 5_000);
    let aged = |number: u32| Age { first_ms: number % 50 * 60_000, last_ms: number % 50 * 60_000 };
    let tagged =
        |number: u32| FlowRecord { vlan: (number % 4_096) as u16, ip_version: (number >> 12) as u8, age: aged(number), ..record(1, 2) };
    give((0..count).map(tagged), &mut open);
    let (window, late) = closed(&mut open);
    let windows = || late.iter().chain([&window]);
    assert!(windows().map(|window| window.cells.len()).sum::<usize>() <= MAX_FLOW_CELLS + 1);
    assert_eq!(windows().flat_map(|window| &window.cells).map(|cell| cell.samples).sum::<u64>(), u64::from(count) * 10);
    assert_eq!(window.cells.iter().filter(|cell| cell.reason() == Some(Reason::Overflow)).count(), 1);
    assert_eq!(open.ledger().unaccounted(), 0);
}

#[test]
fn rates_that_are_made_up_are_bounded_and_stay_nearly_right() {
    let mut open = open();
    let count = MAX_STREAMS as u32 + 1_000;
    give((1..=count).map(|rate| FlowRecord { rate: Rate::whole(rate), ..record(1, 2) }), &mut open);
    assert!(open.streams().len() <= MAX_STREAMS + 33);
    let told = bytes(&closed(&mut open).0) as f64;
    let exact: f64 = (1..=count).map(|rate| f64::from(rate) * 10_000.0).sum();
    assert!((told / exact - 1.0).abs() < 0.01, "{told} {exact}");
    assert_eq!(open.ledger().unaccounted(), 0);
}

#[test]
fn a_flood_that_goes_on_is_bounded_over_the_whole_window_too() {
    let mut open = open();
    let ticks = u32::try_from(MAX_WINDOW_UNKNOWN_CELLS / MAX_UNKNOWN_CELLS).unwrap() + 1;
    for tick in 0..ticks {
        let macs = (1..=MAX_UNKNOWN_CELLS as u32).map(|number| record(tick << 24 | number << 4, 2).macs);
        give(macs.map(|macs| FlowRecord { macs, ..record(1, 2) }), &mut open);
    }
    give([record(1, 2)], &mut open);
    let (window, _) = closed(&mut open);
    assert_eq!(window.cells.len(), MAX_WINDOW_UNKNOWN_CELLS + 2);
    assert_eq!(bytes(&window), (u64::from(ticks) * MAX_UNKNOWN_CELLS as u64 + 1) * 1_000_000);
    let attributed = window.cells.iter().find(|cell| cell.reason() == Some(Reason::Attributed));
    assert_eq!(attributed.map(|cell| cell.bytes), Some(1_000_000), "members keep their cells");
    assert_eq!(open.ledger().unaccounted(), 0);
}

#[test]
fn rates_that_are_made_up_tick_after_tick_are_bounded_too() {
    let mut open = open();
    for tick in 0..3_u32 {
        let rates = (0..MAX_STREAMS as u32).map(|number| Rate::whole(1_000_000 + tick * 200_000 + number));
        give(rates.map(|rate| FlowRecord { rate, ..record(1, 2) }), &mut open);
    }
    assert!((MAX_WINDOW_STREAMS..=MAX_WINDOW_STREAMS + 33).contains(&open.streams().len()));
    let (window, _) = closed(&mut open);
    assert_eq!(only(&window).samples, 3 * MAX_STREAMS as u64 * 10);
    assert_eq!(open.ledger().unaccounted(), 0);
}

proptest! {
    /// Whatever ages records claim, the windows together hold what was exported.
    #[test]
    fn spreading_conserves_what_was_exported(records in prop::collection::vec((0..6_u32, 0..6_u32, any::<u32>(), any::<u32>(), 1..99_u64), 1..60)) {
        let records: Vec<FlowRecord> = records
            .into_iter()
            .map(|(src, dst, first_ms, last_ms, packets)| FlowRecord { packets, octets: packets * 500, age: Age { first_ms, last_ms }, ..record(src, dst) })
            .collect();
        let exported: u64 = records.iter().map(|record| record.moments(None).x * 100).sum();
        let mut open = open();
        give(records, &mut open);
        let (window, late) = closed(&mut open);
        prop_assert_eq!(bytes(&window) + late.iter().map(bytes).sum::<u64>(), exported);
    }

    /// Whatever thread records come by, and whenever threads hand over, all windows are the same: down to the last bit.
    #[test]
    fn sharding_and_order_change_nothing(
        records in prop::collection::vec((0..6_u32, 0..6_u32, 0..400_000_u32, 1..99_u64, 0..3_u8, any::<bool>()), 1..100),
        order in Just((0..100_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let directory = members();
        let made: Vec<(u8, FlowRecord)> = records
            .into_iter()
            .map(|(src, dst, first_ms, packets, agent, is_egress)| {
                let direction = if is_egress { Direction::Egress } else { Direction::Ingress };
                let (rate, age) = (Rate::of(2 + u64::from(agent), 2), Age { first_ms, last_ms: first_ms / 2 });
                (agent, FlowRecord { rate, direction, packets, octets: packets * 333, age, ..record(src, dst) })
            })
            .collect();
        let hello = |shard: &mut Shard, agent| shard.datagram(exporter(agent), Numbering::Datagrams(0), None, NOW).unwrap();
        let (mut alone, mut one) = (open(), shard(Parties::Members));
        let ids = [0, 1, 2].map(|agent| hello(&mut one, agent));
        made.iter().for_each(|(agent, record)| one.record(ids[usize::from(*agent)], record, NOW, &directory));
        alone.merge(&one.take(Delta::default()));
        let mut several = open();
        let mut shards = [0, 1, 2].map(|_| shard(Parties::Members));
        let ids = [0, 1, 2].map(|agent| hello(&mut shards[usize::from(agent)], agent));
        for (agent, record) in order.iter().filter_map(|place| made.get(*place)) {
            let place = usize::from(*agent);
            shards[place].record(ids[place], record, NOW, &directory);
            several.merge(&shards[place].take(Delta::default()));
        }
        let cells = |open: &mut OpenWindow| {
            let (window, late) = closed(open);
            late.into_iter().chain([window]).map(|window| (window.start, window.cells)).collect::<Vec<_>>()
        };
        prop_assert_eq!(cells(&mut several), cells(&mut alone));
    }
}
