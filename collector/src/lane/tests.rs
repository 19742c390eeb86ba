//! Lanes with messages as exporters send them, honest ones and others.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use aggregator::{Delta, OpenWindow, Parties, Policies, Weights};
use directory::Snapshot;
use proptest::prelude::*;
use schema::{Protocol, Timestamp};

use super::builder::{Field, Message, SHORT};
use super::{Lane, Taken};
use crate::counts::Recovered;
use crate::templates::{MAX_EXPORTER_OCTETS, MAX_LANE_OCTETS};

const WINDOW: Duration = Duration::from_secs(60);
const HONEST: [u8; 4] = [192, 0, 2, 1];

fn lane() -> Lane {
    Lane::new(Parties::Macs, Arc::new(Policies::default()), WINDOW)
}

impl Lane {
    fn hear(&mut self, source: impl Into<IpAddr>, message: &Message) -> Taken {
        self.datagram(source.into(), &message.octets(), Timestamp(0), &Snapshot::default())
    }

    fn skipped_for(&self, reason: &str) -> u64 {
        self.counts.skipped().find(|(name, _)| *name == reason).map_or(0, |(_, count)| count)
    }

    /// Bytes and packets in the matrix since it was last asked, weighed.
    fn matrix(&mut self) -> (u64, u64) {
        let mut open = OpenWindow::new("test".into(), WINDOW, Timestamp(0), 1);
        open.merge(&self.take(Delta::default()));
        let rows = open.close(Timestamp(60_000), Weights::default()).cells;
        rows.iter().map(|row| row.sums()).fold((0, 0), |(bytes, packets), sums| (bytes + sums.bytes, packets + sums.packets))
    }
}

fn records(lane: &Lane) -> (u64, u128) {
    (lane.counts.ipfix.records, lane.counts.ipfix.octets)
}

#[test]
fn two_exporters_and_two_domains_with_the_same_numbers_do_not_mix() {
    let mut lane = lane();
    let (wide, other): (&[Field], _) = (&[(2, 8), (1, 8)], [192, 0, 2, 2]);
    lane.hear(HONEST, &Message::ipfix(0).template(256, SHORT));
    lane.hear(other, &Message::ipfix(0).template(256, wide));
    lane.hear(HONEST, &Message::new(Protocol::Ipfix, 7, 0).template(256, &[(1, 2)]));
    lane.hear(HONEST, &Message::new(Protocol::Netflow9, 0, 1).template(256, &[(1, 1)]));
    lane.hear(HONEST, &Message::ipfix(0).short(256, &[100, 200]));
    lane.hear(other, &Message::ipfix(0).data(256, &[[0, 0, 0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0, 2, 0]].concat()));
    lane.hear(HONEST, &Message::new(Protocol::Ipfix, 7, 0).data(256, &[4, 0]));
    lane.hear(HONEST, &Message::new(Protocol::Netflow9, 0, 2).data(256, &[99]));
    assert_eq!(records(&lane), (4, 300 + 512 + 1_024));
    assert_eq!((lane.counts.netflow9.records, lane.counts.netflow9.octets), (1, 99));
    assert_eq!((lane.counts.ipfix.templates, lane.counts.netflow9.templates), (3, 1));
}

#[test]
fn data_before_their_template_are_read_when_it_comes_and_counted_apart() {
    let mut lane = lane();
    lane.hear(HONEST, &Message::ipfix(0).short(256, &[100]));
    lane.hear(HONEST, &Message::ipfix(1).short(256, &[200, 300]).template(256, SHORT).short(256, &[400]));
    assert_eq!(records(&lane), (1, 400));
    assert_eq!(lane.counts.ipfix.recovered, Recovered { records: 3, octets: 600, packets: 3 });
    assert_eq!(lane.skipped_for("data_sets_without_template"), 2);
    assert_eq!(lane.take(Delta::default()).exporters[0].1.flow_records, 4);
}

#[test]
fn data_whose_template_does_not_come_are_let_go_after_a_minute() {
    let mut lane = lane();
    lane.hear(HONEST, &Message::ipfix(0).short(256, &[100]));
    lane.expire(Timestamp(60_000));
    assert_eq!(lane.skipped_for("held_data_sets_expired"), 0);
    lane.expire(Timestamp(60_001));
    assert_eq!(lane.skipped_for("held_data_sets_expired"), 1);
    lane.hear(HONEST, &Message::ipfix(1).template(256, SHORT));
    assert_eq!(lane.counts.ipfix.recovered, Recovered::default());
}

#[test]
fn data_of_a_withdrawn_template_are_never_read_by_the_next_of_its_number() {
    for withdrawal in [256, 2] {
        let mut lane = lane();
        lane.hear(HONEST, &Message::ipfix(0).template(256, SHORT).options(300, &[(149, 4), (34, 4)]).short(256, &[100]));
        lane.hear(HONEST, &Message::ipfix(1).withdraw(withdrawal).short(256, &[200]));
        lane.hear(HONEST, &Message::ipfix(2).template(256, &[(2, 4), (1, 4)]).data(256, &[0, 0, 0, 1, 0, 0, 1, 0]));
        assert_eq!(records(&lane), (2, 356), "{withdrawal}");
        assert_eq!(lane.counts.ipfix.recovered, Recovered::default());
        assert_eq!((lane.skipped_for("data_sets_of_withdrawn_template"), lane.skipped_for("data_sets_without_template")), (1, 0));
        // A number counts once, whatever becomes of it.
        assert_eq!((lane.counts.ipfix.templates, lane.counts.ipfix.options_templates), (1, 1));
        lane.hear(HONEST, &Message::ipfix(3).withdraw(3).data(300, &[0; 8]));
        assert_eq!((lane.counts.ipfix.options_records, lane.skipped_for("data_sets_of_withdrawn_template")), (0, 2));
    }
}

#[test]
fn a_definition_that_cannot_be_read_ends_the_one_before_it() {
    let mut lane = lane();
    lane.hear(HONEST, &Message::ipfix(0).template(256, SHORT).template(256, &[(1, 0)]).short(256, &[100]));
    assert_eq!(records(&lane), (0, 0));
    assert_eq!((lane.skipped_for("empty_template"), lane.skipped_for("data_sets_without_template")), (1, 1));
}

#[test]
fn rates_from_options_weigh_the_records_of_their_sampler_whatever_their_domain() {
    let mut lane = lane();
    let sampler = |id: u8, rate: u8| [[0, 0, 0, 0], [0, 0, 0, id], [0, 0, 0, rate]].concat();
    let announced = Message::new(Protocol::Ipfix, 9, 0).options(300, &[(149, 4), (302, 4), (34, 4)]);
    lane.hear(HONEST, &announced.data(300, &[sampler(1, 10), sampler(2, 100)].concat()));
    let octets = |sampler: u8| [[0, 0, 0, 250], [0, 0, 0, 1], [0, 0, 0, sampler]].concat();
    let template = Message::ipfix(0).template(256, &[(1, 4), (2, 4), (302, 4)]);
    lane.hear(HONEST, &template.data(256, &[octets(1), octets(2)].concat()));
    // An IP packet of 250 octets is a frame of 268.
    assert_eq!(lane.matrix(), (268 * 110, 110));
    assert_eq!(lane.counts.ipfix.options_records, 2);
}

#[test]
fn records_of_a_datagram_that_comes_twice_are_counted_as_exported_but_not_added() {
    let mut lane = lane();
    let message = Message::new(Protocol::Netflow9, 0, 5).template(256, SHORT).short(256, &[100, 200]);
    lane.hear(HONEST, &message);
    lane.hear(HONEST, &message);
    let counts = &lane.counts.netflow9;
    assert_eq!((counts.records, counts.records_not_taken, lane.skipped_for("duplicate_datagram")), (4, 2, 1));
    assert_eq!(lane.take(Delta::default()).exporters[0].1.flow_records, 2);
}

#[test]
fn strangers_are_counted_and_leave_nothing_behind() {
    let mut lane = lane().admitting(["192.0.2.0/24".parse().unwrap()].into());
    let message = Message::ipfix(0).template(256, SHORT).short(256, &[100]);
    assert_eq!(lane.hear(HONEST, &message), Taken::Flow);
    let heard = (lane.counts.clone(), lane.exporters.octets());
    for last in 0..100 {
        assert_eq!(lane.hear([198, 51, 100, last], &message), Taken::Stranger);
    }
    assert_eq!(lane.skipped_for("stranger"), 100);
    lane.counts.strangers = 0;
    assert_eq!((lane.counts.clone(), lane.exporters.octets()), heard);
    assert_eq!((lane.take(Delta::default()).exporters.len(), lane.strangers().len()), (1, 64));
}

/// Shapes of records that hold the octets in four octets somewhere.
const SHAPES: [&[Field]; 4] = [SHORT, &[(2, 4), (1, 4)], &[(8, 4), (12, 4), (1, 4), (2, 4), (58, 2)], &[(1, 4)]];

fn shaped(shape: usize, octets: u32) -> Vec<u8> {
    let value = |(element, length): &Field| match element {
        1 => octets.to_be_bytes().to_vec(),
        _ => vec![1; usize::from(*length)],
    };
    SHAPES[shape].iter().flat_map(value).collect()
}

proptest! {
    #[test]
    fn templates_that_change_in_mid_stream_lose_no_record(
        steps in proptest::collection::vec((256_u16..260, proptest::option::weighted(0.3, 0_usize..4), 1_u32..5), 1..200),
        protocol in prop_oneof![Just(Protocol::Ipfix), Just(Protocol::Netflow9)],
        in_one_message: bool,
    ) {
        let mut lane = lane();
        let mut shapes = std::collections::BTreeMap::new();
        let (mut sent, mut octets) = (0_u64, 0_u128);
        let mut message = Message::new(protocol, 3, 0);
        for (step, (id, redefined, count)) in steps.into_iter().enumerate() {
            if let Some(shape) = redefined {
                shapes.insert(id, shape);
                message = message.template(id, SHAPES[shape]);
            }
            if let Some(shape) = shapes.get(&id) {
                let data: Vec<u8> = (0..count).flat_map(|n| shaped(*shape, 1_000 * step as u32 + n)).collect();
                octets += (0..count).map(|n| u128::from(1_000 * step as u32 + n)).sum::<u128>();
                sent += u64::from(count);
                message = message.data(id, &data);
            }
            if !in_one_message {
                lane.hear(HONEST, &std::mem::replace(&mut message, Message::new(protocol, 3, step as u32 + 1)));
            }
        }
        lane.hear(HONEST, &message);
        let counts = lane.counts.flows(protocol).unwrap();
        prop_assert_eq!((counts.records, counts.octets), (sent, octets));
        prop_assert_eq!(counts.templates, shapes.len() as u64);
        prop_assert_eq!(counts.skipped().count(), 0);
    }
}

#[test]
fn once_warm_no_record_costs_an_allocation() {
    let mut lane = lane();
    let directory = Snapshot::default();
    let fields: &[Field] = &[(1, 4), (2, 4), (56, 6), (80, 6), (58, 2), (302, 4)];
    let options = Message::ipfix(0).options(300, &[(149, 4), (302, 4), (34, 4)]).data(300, &[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 9]);
    lane.hear(HONEST, &options.template(256, fields));
    let record = |n: u8| [&[0, 0, 4, n, 0, 0, 0, 1, 2, 0, 0, 0, 0, n, 2, 0, 0, 0, 0, n + 1, 0, 7, 0, 0, 0][..], &[1]].concat();
    let data: Vec<u8> = (0..40).flat_map(record).collect();
    let messages: Vec<Vec<u8>> = (0..100).map(|n| Message::ipfix(1 + 40 * n).data(256, &data).octets()).collect();
    let mut hear = |messages: &[Vec<u8>]| {
        messages.iter().for_each(|message| {
            lane.datagram(HONEST.into(), message, Timestamp(0), &directory);
        });
        lane.counts.ipfix.records
    };
    hear(&messages[..2]);
    let mut records = 0;
    let allocations = allocation_counter::measure(|| records = hear(&messages[2..]));
    assert_eq!((allocations.count_total, records), (0, 4_000));
}

/// What an honest exporter sends between the datagrams of a hostile one: one datagram each time, one record in each.
struct Honest {
    sent: u32,
}

impl Honest {
    fn sends(&mut self, lane: &mut Lane) {
        let message = Message::ipfix(self.sent);
        let message = if self.sent == 0 { message.template(256, SHORT) } else { message };
        lane.hear(HONEST, &message.short(256, &[1_000]));
        self.sent += 1;
    }
}

/// Ten fields whose elements depend on `n`, so that each template is another.
fn random_fields(n: u32) -> Vec<Field> {
    (0..10).map(|place| ((n.wrapping_mul(31).wrapping_add(place * 7) % 400) as u16, 4)).collect()
}

#[test]
fn an_exporter_that_makes_up_templates_costs_a_bounded_memory_and_nobody_elses_records() {
    let mut lane = lane();
    let hostile = [203, 0, 113, 1];
    let mut honest = Honest { sent: 0 };
    honest.sends(&mut lane);
    let memory = allocation_counter::measure(|| {
        for n in 0..2 * 65_280_u32 {
            let (domain, id) = (n / 10_000, 256 + (n % 65_280) as u16);
            let message = Message::new(Protocol::Ipfix, domain, n).template(id, &random_fields(n));
            lane.hear(hostile, &message.data(id ^ 0x0f0f | 0x100, &[7; 50]));
            if n % 64 == 0 {
                honest.sends(&mut lane);
            }
            assert!(lane.exporters.octets() <= MAX_EXPORTER_OCTETS + (100 << 10));
        }
    });
    assert!(memory.bytes_max < (MAX_EXPORTER_OCTETS + (1 << 20)) as u64, "{memory:?}");
    assert!(lane.skipped_for("templates_evicted") > 65_280);
    assert!(lane.skipped_for("held_data_sets_dropped") > 0);
    let heard = lane.take(Delta::default()).exporters;
    let (_, of_honest) = heard.iter().find(|(key, _)| key.source == IpAddr::from(HONEST)).unwrap();
    assert_eq!(of_honest.flow_records, u64::from(honest.sent));
}

#[test]
fn exporters_that_are_made_up_push_out_each_other_but_not_who_goes_on_sending() {
    let mut lane = lane();
    let mut honest = Honest { sent: 0 };
    let memory = allocation_counter::measure(|| {
        for n in 0..100_000_u32 {
            let message = Message::new(Protocol::Netflow9, n, n).template(256, &random_fields(n));
            lane.hear(std::net::Ipv4Addr::from(0xcb00_7100 + n), &message);
            if n % 1_000 == 0 {
                honest.sends(&mut lane);
            }
            assert!(lane.exporters.octets() <= MAX_LANE_OCTETS);
        }
    });
    // The shard follows 4,096 exporters beside the lane's memory.
    assert!(memory.bytes_max < (MAX_LANE_OCTETS + (8 << 20)) as u64, "{memory:?}");
    assert_eq!((lane.counts.ipfix.records, lane.skipped_for("data_sets_without_template")), (100, 0));
    assert!(lane.skipped_for("templates_evicted") > 0);
}

#[test]
fn nonsense_from_anywhere_leaves_nothing_behind() {
    let mut lane = lane();
    for n in 0..1_000_u32 {
        lane.hear(std::net::Ipv4Addr::from(n), &Message::ipfix(n));
        lane.hear(std::net::Ipv4Addr::from(n), &Message::ipfix(n).withdraw(2).withdraw(3).withdraw(500));
    }
    assert_eq!(lane.exporters.octets(), 0);
}

#[test]
fn a_datagram_full_of_withdrawals_costs_no_more_than_what_it_withdraws() {
    let mut lane = lane();
    for id in 256..3_000 {
        lane.hear(HONEST, &Message::ipfix(0).template(id, SHORT));
    }
    let withdrawals = (0..1_000).fold(Message::ipfix(0), |message, _| message.withdraw(2).withdraw(3));
    lane.hear(HONEST, &withdrawals.short(2_999, &[100]).template(256, SHORT).short(256, &[100]));
    assert_eq!((records(&lane), lane.skipped_for("data_sets_of_withdrawn_template")), ((1, 100), 1));
}
