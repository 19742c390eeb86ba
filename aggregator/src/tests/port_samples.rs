//! What is told of each port: all that was sampled there, whether it counts or not.

use schema::window::PortSampleRow;
use schema::{Asn, CellKey, Localities, Moments, Party};

use super::*;
use crate::delta::StreamCell;
use crate::policy::{CorePorts, Policy, Rule};
use crate::port_samples::MAX_PORT_SAMPLE_ROWS;
use crate::stream::{StreamKey, Tally};

type Told = (u32, u8, u32, u64, u64, u64);

fn told(row: &PortSampleRow) -> Told {
    (row.if_index, row.egress, row.asn, row.samples, row.bytes, row.bytes_set_aside)
}

#[test]
fn a_port_shows_what_each_sender_sent_into_it_and_what_each_receiver_got_from_it() {
    let unknown = FlowSample { frame: sample(9, 2, 500).frame, ..passing(7, 7, 8) };
    let dropped = FlowSample { output: Interface::Discarded(1), ..passing(7, 7, 8) };
    let nowhere = FlowSample { source: DataSource { class: 2, index: 5 }, ..passing(5, 7, 8) };
    let samples = [passing(7, 7, 8), passing(8, 7, 8), unknown, dropped, nowhere];
    let window = window(&samples, &members(), Parties::Members);
    let rows: Vec<_> = window.port_samples.iter().map(told).collect();
    assert_eq!(rows, [(7, 0, 0, 1, 50_000, 0), (7, 0, 64500, 2, 200_000, 100_000), (8, 1, 64501, 1, 100_000, 100_000)]);
    let row = &window.port_samples[1];
    assert_eq!((&*row.exchange, &*row.agent, row.time, row.core), ("ix", "192.0.2.1", Timestamp(0), 0));
    assert_eq!((row.packets, row.variance), (200, 2.0 * 100.0 * 99.0 * 1e6));
}

#[test]
fn a_port_that_does_not_tell_the_direction_shows_who_sent_what_passed_there() {
    let untold =
        |at, src, dst| FlowSample { source: DataSource { class: 0, index: at }, input: Interface::Unknown, ..sample(src, dst, 1_000) };
    let (there, back) = (|at| untold(at, 1, 2), |at| untold(at, 2, 1));
    // An aggregate that is named as the input is not the port of it that sampled.
    let in_aggregate = FlowSample { input: Interface::Index(1_000), ..there(9) };
    let window = window(&[there(7), there(8), back(7), back(8), in_aggregate], &members(), Parties::Members);
    let rows: Vec<_> = window.port_samples.iter().map(told).collect();
    let row = |if_index, asn| (if_index, 2, asn, 1, 100_000, 0);
    assert_eq!(rows, [row(7, 64500), row(7, 64501), row(8, 64500), row(8, 64501), row(9, 64500)]);
}

#[test]
fn flow_records_are_told_by_port_in_each_window_that_they_reach() {
    let start = 30 * 60_000;
    let mut open = OpenWindow::new(Arc::from("ix"), MINUTE, Timestamp(start), 7);
    let (mut shard, directory) = (shard(Parties::Members), members());
    let id = hello(&mut shard);
    let long = FlowRecord { age: Age { first_ms: 60_000, last_ms: 0 }, ..record(1, 2) };
    let leaving = FlowRecord { direction: Direction::Egress, output: Interface::Index(8), ..long };
    let nowhere = [FlowRecord { direction: Direction::Unknown, ..long }, FlowRecord { input: Interface::Unknown, ..long }];
    for record in [long, leaving].iter().chain(&nowhere) {
        shard.record(id, record, Timestamp(start + 30_000), &directory);
    }
    open.merge(&shard.take(Delta::default()));
    let window = open.close(open.end(), Weights::Observed);
    let late = open.take_late(Weights::Observed);
    assert_eq!(late.len(), 1);
    for window in [&window, &late[0]] {
        let rows: Vec<_> = window.port_samples.iter().map(told).collect();
        assert_eq!(rows, [(7, 0, 64500, 5, 500_000, 0), (8, 1, 64501, 5, 500_000, 500_000)]);
        assert!(window.port_samples.iter().all(|row| row.bytes_from_flows == row.bytes && row.time == window.start));
    }
}

#[test]
fn all_sub_agents_and_rates_of_a_port_are_one_row() {
    let (mut shard, directory) = (shard(Parties::Members), members());
    for (sub_agent, rate) in [(0, 100), (1, 100), (1, 200)] {
        let key = ExporterKey { agent: Agent { sub_agent, ..exporter(1).agent }, ..exporter(1) };
        let id = shard.datagram(key, Numbering::Records(rate), None, Timestamp(0)).unwrap();
        shard.flow(id, &FlowSample { rate, ..passing(7, 7, 8) }, &directory);
    }
    let mut open = open();
    open.merge(&shard.take(Delta::default()));
    let rows = open.close(Timestamp(60_000), Weights::Nominal).port_samples;
    assert_eq!(rows.iter().map(told).collect::<Vec<_>>(), [(7, 0, 64500, 3, 400_000, 0)]);
}

#[test]
fn members_above_the_bound_share_the_row_of_their_port() {
    let agent = exporter(1).agent;
    let key = |index| StreamKey {
        agent,
        source: DataSource { class: 0, index },
        rate: Rate::whole(1),
        direction: Direction::Ingress,
        is_core: index == 2,
    };
    let streams = [1, 2].map(|port| (key(port), Tally::default())).into();
    let mut delta = Delta { streams, numbers: vec![0, 1], ..Delta::default() };
    let cell = |src, dst| CellKey {
        src: Party::member(Asn(src)),
        dst: Party::member(Asn(dst)),
        vlan: 0,
        ip_version: 4,
        reason: Reason::Attributed,
        localities: Localities::UNKNOWN,
    };
    let count = MAX_PORT_SAMPLE_ROWS as u32 + 500;
    let one = Moments { n: 1, x: 10, xx: 100 };
    (1..=count).for_each(|asn| delta.cells.merge(&StreamCell { stream: 0, cell: cell(asn, 1) }, one));
    delta.cells.merge(&StreamCell { stream: 1, cell: cell(count + 1, 1) }, one);
    let mut open = open();
    open.merge(&delta);
    let rows = open.close(Timestamp(60_000), Weights::Nominal).port_samples;
    assert_eq!((rows.len(), told(&rows[0])), (MAX_PORT_SAMPLE_ROWS + 2, (1, 0, 0, 500, 5_000, 0)));
    assert_eq!(rows.last().map(|row| (told(row), row.core)), Some(((2, 0, 0, 1, 10, 0), 1)));
    assert_eq!(rows.iter().map(|row| row.samples).sum::<u64>(), u64::from(count) + 1);
}

proptest! {
    /// What is told by port is what is told by cell, of all samples whose data source is an interface, and of all records that say where they were metered.
    #[test]
    fn the_samples_of_ports_are_those_of_the_cells(
        samples in prop::collection::vec((0..4_u32, 1..6_u32, 1..6_u32, 0..5_u32, 0..5_u32, any::<bool>()), 1..200),
    ) {
        let policy = Policy { core_ports: CorePorts::new([5..=5]), ..Policy::default() };
        let rule = Rule { agents: "192.0.2.1/32".parse().unwrap(), sub_agent: None, policy };
        let mut shard = Shard::new(Parties::Members, Arc::new(Policies::new(vec![rule])), MINUTE);
        let (directory, id, mut open) = (members(), hello(&mut shard), open());
        for (number, (class, at, port, src, dst, is_record)) in (0..).zip(samples) {
            let (input, output) = (Interface::Index(at), Interface::Index(port));
            if is_record {
                let direction = [Direction::Ingress, Direction::Egress, Direction::Unknown][port as usize % 3];
                shard.record(id, &FlowRecord { direction, input, output, ..record(src, dst) }, Timestamp(0), &directory);
            } else {
                // One in two is taken where the frame leaves.
                let (input, output) = if number % 2 == 0 { (input, output) } else { (output, input) };
                let source = DataSource { class: class / 3, index: at };
                shard.flow(id, &FlowSample { source, input, output, sequence: number, ..sample(src, dst, 700) }, &directory);
            }
        }
        open.merge(&shard.take(Delta::default()));
        let is_at_port = |key: &StreamKey| {
            let is_metered = key.source.flow_direction().is_some() && key.direction != Direction::Unknown;
            (key.source.interface().is_some() || is_metered) && key.source.index != 0
        };
        let sampled_at_ports: u64 = open.cells_with_streams().filter(|(key, _)| is_at_port(key)).map(|(_, moments)| moments.n).sum();
        let all: u64 = open.cells_with_streams().map(|(_, moments)| moments.n).sum();
        let window = open.close(Timestamp(60_000), Weights::Observed);
        prop_assert_eq!(window.port_samples.iter().map(|row| row.samples).sum::<u64>(), sampled_at_ports);
        prop_assert_eq!(window.cells.iter().map(|row| row.samples).sum::<u64>(), all);
        prop_assert!(window.port_samples.is_sorted_by_key(|row| (row.agent.clone(), row.if_index, row.egress, row.asn)));
        for row in &window.port_samples {
            prop_assert!(row.core == u8::from(row.if_index == 5) && row.bytes_set_aside <= row.bytes);
        }
    }
}
