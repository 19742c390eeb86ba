//! Every sample is booked twice, where it comes in and where it lies, and both agree.

use super::*;
use crate::policy::{Policy, Rule};

/// What happens to a collector of three shards.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// A shard takes a sample from a sender to a receiver.
    Sample(usize, u32, u32),
    /// A shard takes a record of so many packets, which passed in so many milliseconds before.
    Record(usize, u32, u64, u32),
    /// A shard hands over.
    HandOver(usize),
    /// The window ends, and the next one begins.
    Turn,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (0..3_usize, 0..12_u32, 0..6_u32).prop_map(|(shard, src, dst)| Event::Sample(shard, src, dst)),
        4 => (0..3_usize, 0..6_u32, 0..500_u64, 0..400_000_u32).prop_map(|(shard, src, packets, age)| Event::Record(shard, src, packets, age)),
        2 => (0..3_usize).prop_map(Event::HandOver),
        1 => Just(Event::Turn),
    ]
}

/// Three shards, the window that they hand over to, and the samples in all windows that were closed.
struct Collector {
    shards: [Shard; 3],
    exporters: [ExporterId; 3],
    open: OpenWindow,
    now: Timestamp,
    closed: u64,
    directory: Snapshot,
}

impl Collector {
    fn new() -> Self {
        let now = Timestamp(600_000);
        let mut shards = [0, 1, 2].map(|_| shard(Parties::Members));
        let exporters = [0, 1, 2]
            .map(|place: usize| shards[place].datagram(exporter(place as u8), Numbering::Datagrams(0), None, Timestamp(0)).unwrap());
        Self { shards, exporters, open: OpenWindow::new(Arc::from("ix"), MINUTE, now, 1), now, closed: 0, directory: members() }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Sample(place, src, dst) => self.shards[place].flow(self.exporters[place], &sample(src, dst, 1_000), &self.directory),
            Event::Record(place, src, packets, first_ms) => {
                let record = FlowRecord { packets, octets: packets * 700, age: Age { first_ms, last_ms: 0 }, ..record(src, 2) };
                // A record that comes before the turn is noticed may be of the next window.
                let at = self.now.plus(Duration::from_millis(packets * 200));
                self.shards[place].record(self.exporters[place], &record, at, &self.directory);
            }
            Event::HandOver(place) => self.open.merge(&self.shards[place].take(Delta::default())),
            Event::Turn => {
                self.close();
                self.open.take_late(Weights::Nominal).iter().for_each(|window| self.closed += samples(window));
                self.now = self.open.end();
                self.open.reopen(self.now, 1);
            }
        }
    }

    fn close(&mut self) {
        self.closed += samples(&self.open.close(self.open.end(), Weights::Nominal));
    }

    fn finish(&mut self) {
        (0..3).for_each(|place| self.happen(Event::HandOver(place)));
        self.close();
        self.open.take_rest(Weights::Nominal).iter().for_each(|window| self.closed += samples(window));
    }
}

fn samples(window: &Window) -> u64 {
    window.cells.iter().map(|cell| cell.samples).sum()
}

proptest! {
    /// Whatever comes when, through whichever shard, and of whatever window: it lies in a window, and in one only.
    #[test]
    fn what_came_in_lies_in_windows_and_in_the_rows_that_were_closed(events in prop::collection::vec(event(), 1..120)) {
        let mut collector = Collector::new();
        let mut came = 0;
        for event in events {
            match event {
                Event::Sample(..) => came += 1,
                Event::Record(_, _, packets, _) => came += packets,
                Event::HandOver(_) | Event::Turn => {}
            }
            collector.happen(event);
            prop_assert_eq!(collector.open.ledger().unaccounted(), 0);
        }
        collector.finish();
        let ledger = collector.open.ledger();
        prop_assert_eq!((ledger.received, ledger.in_windows, collector.closed), (came, came, came));
    }
}

#[test]
fn counters_that_are_scaled_already_are_booked_as_what_was_sampled() {
    let policy = Policy { scaled: true, ..Default::default() };
    let rule = Rule { agents: "0.0.0.0/0".parse().unwrap(), sub_agent: None, policy };
    let mut shard = Shard::new(Parties::Members, Arc::new(Policies::new(vec![rule])), MINUTE);
    let (directory, id, mut open) = (members(), hello(&mut shard), open());
    shard.record(id, &FlowRecord { packets: 1_250, ..record(1, 2) }, Timestamp(0), &directory);
    open.merge(&shard.take(Delta::default()));
    assert_eq!((open.ledger().received, open.ledger().in_windows), (13, 13));
}

#[test]
fn what_gets_lost_on_the_way_shows() {
    let (mut shard, directory) = (shard(Parties::Members), members());
    let id = hello(&mut shard);
    (1..=3).for_each(|dst| shard.flow(id, &sample(1, dst, 1_000), &directory));
    let mut delta = shard.take(Delta::default());
    assert_eq!(delta.received, 3);
    delta.cells.lose_one();
    let mut open = open();
    open.merge(&delta);
    assert_eq!(open.ledger().unaccounted(), 1);
}

#[test]
fn what_came_is_booked_although_its_source_is_forgotten_before_the_hand_over() {
    let (mut shard, directory) = (shard(Parties::Members), members());
    let id = hello(&mut shard);
    (1..=3).for_each(|sequence| shard.flow(id, &FlowSample { sequence, ..passing(7, 7, 8) }, &directory));
    shard.forget_silent(Timestamp(7_200_000));
    let delta = shard.take(Delta::default());
    assert_eq!(delta.streams.iter().map(|(_, tally)| tally.received).collect::<Vec<_>>(), [3]);
    let mut open = open();
    open.merge(&delta);
    assert_eq!((open.ledger().received, open.ledger().unaccounted()), (3, 0));
}
