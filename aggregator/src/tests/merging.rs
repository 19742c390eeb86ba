//! Whatever is merged in whatever order, the sums are the same.

use std::fmt::Debug;

use schema::columns::{Role, Row, Value};
use schema::sample::{InterfaceCounters, PortName};
use schema::{Moments, Sums};

use super::*;
use crate::policy::{CorePorts, Policy, Rule};
use crate::ports::{Growth, PortKey};
use crate::stream::Tally;
use crate::weight::{MAX_PLAUSIBLE_RATE, Weighed};

/// Three of a kind in both groupings and in another order.
fn check<T: Copy + PartialEq + Debug>(three: [T; 3], merge: impl Fn(&mut T, &T)) {
    let [a, b, c] = three;
    let both = |mut one: T, other: T| {
        merge(&mut one, &other);
        one
    };
    assert_eq!(both(both(a, b), c), both(a, both(b, c)), "associative");
    assert_eq!(both(a, b), both(b, a), "commutative");
}

/// So many numbers that add up without reaching an end, with zeros among them.
fn numbers<const N: usize>() -> impl Strategy<Value = [u64; N]> {
    prop::collection::vec(prop_oneof![Just(0), 0..1_u64 << 40], N).prop_map(|numbers| std::array::from_fn(|place| numbers[place]))
}

fn three<T: Debug>(of: impl Fn() -> BoxedStrategy<T>) -> impl Strategy<Value = [T; 3]> {
    (of(), of(), of()).prop_map(|(a, b, c)| [a, b, c])
}

fn moments() -> BoxedStrategy<Moments> {
    any::<(u64, u64, u64)>().prop_map(|(n, x, xx)| Moments { n, x, xx }).boxed()
}

/// Their variances are whole numbers, whose sums are exact in any order; see `rows` for those that are not.
fn sums() -> BoxedStrategy<Sums> {
    let made = |([samples, packets, bytes, bytes_from_flows], variance): ([u64; 4], u32)| Sums {
        samples,
        packets,
        bytes,
        variance: f64::from(variance),
        bytes_from_flows,
    };
    (any::<[u64; 4]>(), any::<u32>()).prop_map(made).boxed()
}

fn tally() -> BoxedStrategy<Tally> {
    let made = |[received, unfollowed, pool_advance, missing, drops_advance]: [u64; 5]| Tally {
        received,
        unfollowed,
        pool_advance,
        missing: missing.cast_signed(),
        drops_advance,
    };
    numbers().prop_map(made).boxed()
}

fn growth() -> BoxedStrategy<Growth> {
    let made = |(counts, lag, name): ([u64; 12], u32, String)| {
        let [
            speed,
            reports,
            covered_ms,
            in_octets,
            out_octets,
            in_unicast,
            out_unicast,
            in_discards,
            out_discards,
            in_errors,
            out_errors,
            fcs_errors,
        ] = counts;
        let name = PortName::new(name.as_bytes());
        Growth {
            speed,
            reports,
            covered_ms,
            in_octets,
            out_octets,
            in_unicast,
            out_unicast,
            in_discards,
            out_discards,
            in_errors,
            out_errors,
            fcs_errors,
            lag,
            name,
        }
    };
    (any::<[u64; 12]>(), any::<u32>(), "[a-c]{0,3}").prop_map(made).boxed()
}

fn exporter_tally() -> BoxedStrategy<ExporterTally> {
    let made = |(counts, weighed, signed, rates, at): ([u64; 11], [u64; 5], [i32; 3], [u32; 2], u32)| {
        let [
            datagrams,
            reordered_datagrams,
            duplicate_datagrams,
            flow_samples,
            agent_drops,
            flow_records,
            beyond_reach,
            counter_samples,
            ..,
        ] = counts;
        let [.., malformed, unscalable, implausible] = counts;
        let [by_pool, by_sequence, pool_refused, pool_due, pool_taken] = weighed;
        let [lost_datagrams, lost_records, lost_samples] = signed.map(i64::from);
        ExporterTally {
            datagrams,
            lost_datagrams,
            reordered_datagrams,
            duplicate_datagrams,
            flow_samples,
            agent_drops,
            flow_records,
            lost_records,
            beyond_reach,
            lost_samples,
            counter_samples,
            malformed,
            unscalable,
            implausible,
            restarts: malformed / 2,
            rate_min: rates[0] % 4,
            rate_max: rates[1],
            last_seen: Timestamp(at.into()),
            weighed: Weighed { by_pool, by_sequence, pool_refused, pool_due, pool_taken },
        }
    };
    (numbers(), numbers(), any::<[i32; 3]>(), any::<[u32; 2]>(), any::<u32>()).prop_map(made).boxed()
}

proptest! {
    #[test]
    fn merges_are_associative_and_commutative(
        (moments, sums, tallies, growths, exporters) in (three(moments), three(sums), three(tally), three(growth), three(exporter_tally)),
    ) {
        check(moments, |one, other| one.merge(*other));
        check(sums, |one, other| one.merge(*other));
        check(tallies, Tally::merge);
        check(growths, Growth::merge);
        check(exporters, ExporterTally::merge);
    }
}

/// What a roll-up makes of two rows, column by column. Both rows have the same key.
fn rolled_up<R: Row>(one: &R, other: &R) -> Vec<Value> {
    let columns = R::TABLE.columns.iter().zip(0..);
    let rolled = columns.map(|(column, place)| match (one.value(place).unwrap(), other.value(place).unwrap()) {
        (Value::U64(a), Value::U64(b)) => Value::U64(joined(column.role, a, b)),
        (Value::U32(a), Value::U32(b)) => Value::U32(joined(column.role, a.into(), b.into()) as u32),
        (Value::Text(a), Value::Text(b)) => Value::Text(a.max(b)),
        (a, b) => {
            assert_eq!((a.clone(), column.role), (b, Role::Key), "{}", column.name);
            a
        }
    });
    rolled.collect()
}

fn joined(role: Role, a: u64, b: u64) -> u64 {
    match role {
        Role::Key | Role::Max => a.max(b),
        Role::Sum => a.saturating_add(b),
        Role::Min if a == 0 || b == 0 => a.max(b),
        Role::Min => a.min(b),
    }
}

fn values(row: &impl Row) -> Vec<Value> {
    (0..).map_while(|place| row.value(place)).collect()
}

proptest! {
    /// What is merged before it becomes a row is what a roll-up makes of both rows: no column is forgotten.
    #[test]
    fn a_merge_is_the_roll_up_of_the_rows(growths in (growth(), growth()), mut tallies in (exporter_tally(), exporter_tally())) {
        let exchange = Arc::from("ix");
        let row = |growth: &Growth| growth.row(Timestamp(0), &exchange, &PortKey { agent: exporter(1).agent, if_index: 7 });
        let expected = rolled_up(&row(&growths.0), &row(&growths.1));
        let (mut growth, other) = growths;
        growth.merge(&other);
        prop_assert_eq!(values(&row(&growth)), expected);

        // A row tells no loss where late ones came for those of the row before.
        for tally in [&mut tallies.0, &mut tallies.1] {
            for lost in [&mut tally.lost_datagrams, &mut tally.lost_records, &mut tally.lost_samples] {
                *lost = lost.abs();
            }
        }
        let row = |tally: &ExporterTally| tally.row(Timestamp(0), &exchange, &exporter(1));
        let expected = rolled_up(&row(&tallies.0), &row(&tallies.1));
        let (mut tally, other) = tallies;
        tally.merge(&other);
        prop_assert_eq!(values(&row(&tally)), expected);
    }
}

/// What one datagram of an exporter holds.
#[derive(Clone, Copy, Debug)]
enum Held {
    Sample { at: u32, input: u32, output: u32, is_wild: bool },
    Record { is_egress: bool, input: u32, packets: u64, first_ms: u32 },
    Counters { port: u32, octets: u64 },
}

/// A datagram: of which exporter, from whom to whom, and what it holds. The first two exporters are one agent's.
type Datagram = (u8, u32, u32, Held);

fn datagram() -> impl Strategy<Value = Datagram> {
    let held = prop_oneof![
        (5..10_u32, 5..10_u32, 5..10_u32, prop::bool::weighted(0.1)).prop_map(|(at, input, output, is_wild)| Held::Sample {
            at,
            input,
            output,
            is_wild
        }),
        (any::<bool>(), 5..10_u32, 1..99_u64, 0..300_000_u32).prop_map(|(is_egress, input, packets, first_ms)| Held::Record {
            is_egress,
            input,
            packets,
            first_ms
        }),
        (5..8_u32, 0..1_000_000_u64).prop_map(|(port, octets)| Held::Counters { port, octets }),
    ];
    (0..5_u8, 0..6_u32, 0..6_u32, held)
}

fn key(exporter_number: u8) -> ExporterKey {
    match exporter_number {
        0 => ExporterKey { agent: Agent { sub_agent: 9, ..exporter(1).agent }, ..exporter(1) },
        number => exporter(number),
    }
}

/// Takes datagrams through so many shards, of which each exporter has one, and which hand over after those that say so.
fn deltas(datagrams: &[(Datagram, bool)], shard_of: [usize; 5]) -> Vec<Delta> {
    let policy = Policy { core_ports: CorePorts::new([9..=9]), ..Policy::default() };
    let rules = vec![Rule { agents: "192.0.2.2/32".parse().unwrap(), sub_agent: None, policy }];
    let policies = Arc::new(Policies::new(rules));
    let mut shards = [0; 4].map(|_| Shard::new(Parties::Members, Arc::clone(&policies), MINUTE));
    let (directory, now) = (members(), Timestamp(30 * 60_000));
    let mut deltas = Vec::new();
    for (number, ((exporter, src, dst, held), hands_over)) in (1..).zip(datagrams) {
        let shard = &mut shards[shard_of[usize::from(*exporter)]];
        let id = shard.datagram(key(*exporter), Numbering::Datagrams(number), None, now).unwrap();
        match *held {
            Held::Sample { at, input, output, is_wild } => {
                let rate = if is_wild { MAX_PLAUSIBLE_RATE + 1 } else { 100 + at % 2 };
                let frame = sample(*src, *dst, 64 + 97 * number).frame;
                shard.flow(id, &FlowSample { frame, rate, sequence: number, pool: number * 120, ..passing(at, input, output) }, &directory);
            }
            Held::Record { is_egress, input, packets, first_ms } => {
                let direction = if is_egress { Direction::Egress } else { Direction::Ingress };
                let (age, input, output) = (Age { first_ms, last_ms: 0 }, Interface::Index(input), Interface::Index(input % 3 + 5));
                shard.record(
                    id,
                    &FlowRecord { direction, input, output, packets, octets: packets * 333, age, ..record(*src, *dst) },
                    now,
                    &directory,
                );
            }
            Held::Counters { port, octets } => shard.counters(id, &counters(port, octets)),
        }
        if *hands_over {
            deltas.extend(shards.iter_mut().map(|shard| shard.take(Delta::default())));
        }
    }
    deltas.extend(shards.iter_mut().map(|shard| shard.take(Delta::default())));
    deltas
}

fn counters(if_index: u32, octets: u64) -> InterfaceCounters {
    InterfaceCounters {
        sequence: 0,
        if_index,
        speed: 10_000_000_000,
        direction: 1,
        status: 3,
        in_octets: Some(octets),
        out_octets: Some(octets / 2),
        in_unicast: None,
        out_unicast: None,
        in_discards: None,
        out_discards: None,
        in_errors: None,
        out_errors: None,
        fcs_errors: None,
        lag: 0,
        name: PortName::default(),
    }
}

/// All windows that these make.
fn windows<'a>(deltas: impl IntoIterator<Item = &'a Delta>) -> (Vec<Window>, u64) {
    let mut open = OpenWindow::new(Arc::from("ix"), MINUTE, Timestamp(30 * 60_000), 1);
    deltas.into_iter().for_each(|delta| open.merge(delta));
    let mut windows = vec![open.close(open.end(), Weights::Observed)];
    windows.extend(open.take_rest(Weights::Observed));
    let ledger = open.ledger();
    assert_eq!(ledger.unaccounted(), 0);
    (windows, ledger.received)
}

proptest! {
    /// Exporters may be spread over shards in any way, shards may hand over at any time, and the window may take what they hand over in any
    /// order: all rows of all windows are the same to the bit. Sub-agents of one agent stay together, for a port of one may be sampled by the other.
    #[test]
    fn windows_do_not_depend_on_sharding_nor_on_the_order_of_hand_overs(
        datagrams in prop::collection::vec((datagram(), prop::bool::weighted(0.1)), 1..150),
        shard_of in prop::array::uniform5(0..4_usize),
        order in prop::collection::vec(any::<u32>(), 4 * 151),
    ) {
        let alone: Vec<_> = datagrams.iter().map(|(datagram, _)| (*datagram, false)).collect();
        let expected = windows(&deltas(&alone, [0; 5]));
        let [_, first, rest @ ..] = shard_of;
        let [third, fourth, fifth] = rest;
        let mut several = deltas(&datagrams, [first, first, third, fourth, fifth]);
        let mut places = order.iter();
        several.sort_by_cached_key(|_| places.next());
        prop_assert_eq!(windows(&several), expected);
    }
}
