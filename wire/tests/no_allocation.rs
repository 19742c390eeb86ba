//! Walking a datagram allocates nothing, whether it is whole or broken.

use schema::sample::{FlowSample, InterfaceCounters};
use wire::sflow::{self, Listener, Skip};

/// What was heard, kept without allocating.
#[derive(Default, Clone, Copy)]
struct Tally {
    octets: u64,
    reports: u64,
    skipped: [u64; Skip::ALL.len()],
}

impl Listener for Tally {
    fn flow(&mut self, sample: &FlowSample) {
        self.octets += sample.frame.map_or(0, |frame| u64::from(frame.octets));
    }
    fn counters(&mut self, _: &InterfaceCounters) {}
    fn counter_sample(&mut self) {
        self.reports += 1;
    }
    fn skipped(&mut self, what: Skip) {
        self.skipped[what.index()] += 1;
    }
}

/// A datagram of one counter sample and `flows` flow samples, each with an extended switch record, a raw header and a broken record.
fn datagram(flows: u32) -> Vec<u8> {
    const SWITCH: [u32; 6] = [1001, 16, 100, 0, 100, 0];
    const RAW_HEADER: [u32; 10] = [1, 32, 1, 1000, 4, 16, 0x0200_0000, 0x0002_0200, 0x0000_0001, 0x0800_4500];
    const BROKEN: [u32; 3] = [3, 4, 0];
    let mut words = vec![5, 1, 0xc000_0201, 0, 1, 1000, flows + 1];
    words.extend([2, 12 + 8 + 88, 1, 3, 1, 1, 88]);
    words.extend([7; 22]);
    for sequence in 0..flows {
        words.extend([1, 32 + 24 + 40 + 12, sequence, 3, 256, 256 * sequence, 0, 3, 4, 3]);
        words.extend(SWITCH);
        words.extend(RAW_HEADER);
        words.extend(BROKEN);
    }
    words.into_iter().flat_map(u32::to_be_bytes).collect()
}

/// A datagram of version 4 with so many flow samples, each with a gateway and a switch, one set of counters and an unknown kind behind them.
fn datagram4(flows: u32) -> Vec<u8> {
    const PACKET: [u32; 8] = [1, 1, 1000, 16, 0x0200_0000, 0x0002_0200, 0x0000_0001, 0x0800_4500];
    const GATEWAY: [u32; 11] = [3, 64496, 64497, 64498, 1, 2, 1, 64499, 1, 0xfbf0_0001, 100];
    const SWITCH: [u32; 5] = [1, 100, 0, 100, 0];
    let mut words = vec![4, 1, 0xc000_0201, 1, 1000, flows + 2, 2, 1, 3, 30, 2];
    words.extend([7; 22 + 13]);
    for sequence in 0..flows {
        words.extend([1, sequence, 3, 256, 256 * sequence, 0, 3, 4]);
        words.extend(PACKET);
        words.push(2);
        words.extend(GATEWAY);
        words.extend(SWITCH);
    }
    words.push(9);
    words.into_iter().flat_map(u32::to_be_bytes).collect()
}

fn walk(datagram: &[u8]) -> Tally {
    let mut tally = Tally::default();
    if let Ok((_, samples)) = sflow::header(datagram) {
        samples.walk(&mut tally);
    }
    tally
}

#[test]
fn a_walk_allocates_nothing() {
    let datagram = datagram(7);
    let mut tally = Tally::default();
    let allocated = allocation_counter::measure(|| tally = walk(&datagram));
    assert_eq!((tally.octets, tally.reports, tally.skipped[Skip::BrokenRecord.index()]), (7000, 1, 7));
    assert_eq!(allocated.count_total, 0);
}

#[test]
fn a_walk_without_lengths_allocates_nothing() {
    let datagram = datagram4(7);
    let mut tally = Tally::default();
    let allocated = allocation_counter::measure(|| tally = walk(&datagram));
    assert_eq!((tally.octets, tally.reports, tally.skipped[Skip::UnknownStructure.index()]), (7000, 1, 1));
    assert_eq!(allocated.count_total, 0);
}

#[test]
fn a_walk_of_a_cut_or_foreign_datagram_allocates_nothing() {
    for datagram in [datagram(7), datagram4(7)] {
        let allocated = allocation_counter::measure(|| {
            for length in 0..datagram.len() {
                std::hint::black_box(walk(&datagram[..length]));
                std::hint::black_box(walk(&datagram[length..]));
            }
        });
        assert_eq!(allocated.count_total, 0);
    }
}

#[test]
fn the_measure_sees_an_allocation() {
    let allocated = allocation_counter::measure(|| drop(std::hint::black_box(vec![0_u8; 64])));
    assert_eq!(allocated.count_total, 1);
}
