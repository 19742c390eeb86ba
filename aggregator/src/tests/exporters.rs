//! Exporters: their numbers, their restarts, and how many of them there may be.

use super::*;
use crate::roster::{MAX_AGENTS_PER_SOURCE, MAX_EXPORTERS};

/// Exporter `last` by another protocol, of an observation domain, behind any UDP source.
fn domain(protocol: Protocol, sub_agent: u32, source: IpAddr) -> ExporterKey {
    ExporterKey { protocol, agent: Agent { address: source, sub_agent }, source }
}

fn ipfix() -> ExporterKey {
    domain(Protocol::Ipfix, 1, [192, 0, 2, 1].into())
}

fn tally(shard: &mut Shard) -> ExporterTally {
    shard.take(Delta::default()).exporters[0].1
}

#[test]
fn a_duplicated_datagram_is_refused_and_a_missing_one_is_counted() {
    let mut shard = shard(Parties::Members);
    let mut take = |number| shard.datagram(exporter(1), Numbering::Datagrams(number), Some(1), Timestamp(0));
    assert!(take(1).is_ok());
    assert_eq!(take(1), Err(Refused::Duplicate));
    assert!(take(4).is_ok());
    let tally = tally(&mut shard);
    assert_eq!((tally.datagrams, tally.lost_datagrams, tally.reordered_datagrams, tally.duplicate_datagrams), (2, 2, 0, 1));
}

#[test]
fn an_exporter_that_grew_younger_has_restarted() {
    for numbering in [Numbering::Datagrams, Numbering::Records] {
        let mut shard = shard(Parties::Members);
        shard.datagram(exporter(1), numbering(500), Some(3_600_000), Timestamp(0)).unwrap();
        shard.datagram(exporter(1), numbering(520), Some(1_000), Timestamp(0)).unwrap();
        let tally = tally(&mut shard);
        assert_eq!((tally.restarts, tally.lost_datagrams, tally.lost_records), (1, 0, 0));
    }
}

#[test]
fn clocks_of_several_line_cards_that_share_their_numbers_are_no_restart() {
    for numbering in [Numbering::Datagrams, Numbering::Records] {
        let mut shard = shard(Parties::Members);
        for number in 0..20 {
            let uptime = if number % 2 == 0 { 3_600_000 } else { 1_000 };
            let id = shard.datagram(ipfix(), numbering(500 + number), Some(uptime), Timestamp(0)).unwrap();
            shard.records_held(id, Some(1));
        }
        let tally = tally(&mut shard);
        assert_eq!((tally.restarts, tally.lost_datagrams, tally.lost_records), (0, 0, 0));
    }
}

#[test]
fn an_uptime_that_wraps_is_no_restart() {
    let mut shard = shard(Parties::Members);
    shard.datagram(exporter(1), Numbering::Datagrams(500), Some(u32::MAX - 900), Timestamp(0)).unwrap();
    shard.datagram(exporter(1), Numbering::Datagrams(501), Some(100), Timestamp(1_000)).unwrap();
    let tally = tally(&mut shard);
    assert_eq!((tally.restarts, tally.lost_datagrams), (0, 0));
}

#[test]
fn records_that_the_numbers_miss_are_counted_as_lost_records() {
    let mut shard = shard(Parties::Members);
    for (number, records) in [(0, Some(10)), (10, Some(10)), (50, Some(10)), (60, None), (900, Some(1))] {
        let id = shard.datagram(ipfix(), Numbering::Records(number), None, Timestamp(0)).unwrap();
        shard.records_held(id, records);
    }
    let (key, tally) = shard.take(Delta::default()).exporters[0];
    assert_eq!((tally.lost_records, tally.lost_datagrams, tally.restarts, tally.datagrams), (30, 0, 0, 5));
    let row = tally.row(Timestamp(0), &"ix".into(), &key);
    assert_eq!((&*row.protocol, row.lost_records, row.sub_agent), ("ipfix", 30, 1));
}

#[test]
fn a_late_message_makes_its_records_good() {
    let mut shard = shard(Parties::Members);
    for (number, records) in [(0, 10), (10, 10), (50, 10), (20, 30)] {
        let id = shard.datagram(ipfix(), Numbering::Records(number), None, Timestamp(0)).unwrap();
        shard.records_held(id, Some(records));
    }
    let tally = tally(&mut shard);
    assert_eq!((tally.lost_records, tally.reordered_datagrams), (0, 1));
}

#[test]
fn one_sender_that_invents_agents_and_domains_leaves_room_for_others() {
    let mut shard = shard(Parties::Members);
    let hostile = IpAddr::from([198, 51, 100, 66]);
    let mut refused = 0;
    for number in 0..2 * MAX_EXPORTERS as u32 {
        let agent = Agent { address: IpAddr::from(number.to_be_bytes()), sub_agent: number };
        let key = ExporterKey { protocol: Protocol::Sflow5, agent, source: hostile };
        let taken = shard.datagram(key, Numbering::Datagrams(1), Some(1), Timestamp(0));
        refused += usize::from(taken == Err(Refused::TooManyAgents));
    }
    assert_eq!(refused, 2 * MAX_EXPORTERS - MAX_AGENTS_PER_SOURCE);
    assert!(shard.datagram(exporter(1), Numbering::Datagrams(1), Some(1), Timestamp(0)).is_ok());
    shard.forget_silent(Timestamp(2 * 3_600_000));
    let late = Timestamp(2 * 3_600_000);
    assert!(shard.datagram(domain(Protocol::Ipfix, 9, hostile), Numbering::Records(1), None, late).is_ok(), "silence is forgotten");
}

#[test]
fn senders_that_are_forged_fill_the_table_and_nothing_more() {
    let mut shard = shard(Parties::Members);
    let outcomes: Vec<_> = (0..MAX_EXPORTERS as u32 + 9)
        .map(|number| {
            let key = domain(Protocol::Netflow9, 0, IpAddr::from(number.to_be_bytes()));
            shard.datagram(key, Numbering::Datagrams(1), Some(1), Timestamp(0)).err()
        })
        .collect();
    assert!(outcomes[..MAX_EXPORTERS].iter().all(Option::is_none));
    assert!(outcomes[MAX_EXPORTERS..].iter().all(|refused| *refused == Some(Refused::TooManyExporters)));
}

#[test]
fn what_is_lost_belongs_to_its_exporter_although_others_before_it_are_forgotten() {
    let (mut shard, directory) = (shard(Parties::Members), members());
    let hour = Timestamp(7_200_000);
    let numbered = |sequence| FlowSample { sequence, ..passing(7, 7, 8) };
    shard.datagram(exporter(1), Numbering::Datagrams(1), Some(1), Timestamp(0)).unwrap();
    for (agent, at) in [(2, Timestamp(1)), (3, hour)] {
        let id = shard.datagram(exporter(agent), Numbering::Datagrams(1), Some(1), at).unwrap();
        shard.flow(id, &numbered(1), &directory);
    }
    shard.take(Delta::default());
    shard.forget_silent(hour);
    let id = shard.datagram(exporter(3), Numbering::Datagrams(2), Some(1), hour).unwrap();
    shard.flow(id, &numbered(5), &directory);
    let told: Vec<_> =
        shard.take(Delta::default()).exporters.iter().map(|(key, tally)| (*key, tally.lost_samples, tally.rate_max)).collect();
    assert_eq!(told, [(exporter(3), 3, 100)]);
}
