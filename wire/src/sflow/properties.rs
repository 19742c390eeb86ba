//! What holds for any bytes at all.

use proptest::collection;
use proptest::prelude::{Strategy, any};
use proptest::sample::select;
use proptest::{prop_assert, prop_assert_eq, prop_oneof, proptest};
use schema::sample::{InterfaceCounters, PortName};

use super::builder::{Datagram, Heard, IfCounters, Sample, ethernet_header, heard, raw_header, raw_header_of, words};
use super::builder4::{self, VERSIONS};
use super::{Skip, header};

/// A datagram with every kind of sample and record.
fn rich() -> Vec<u8> {
    let flow =
        Sample::flow([1, 3, 256, 256, 0, 3, 4]).record(1001, &words(&[100, 0, 100, 0])).record(1, &raw_header(1500)).record(1030, &[0; 4]);
    let tagged = raw_header_of(1, 600, &ethernet_header(&[0x88a8, 5, 0x8100, 6, 0x86dd]));
    let expanded = Sample::flow_expanded([2, 0, 3, 256, 512, 0, 0, 3, 0, 4]).record(1, &tagged).record(3, &words(&[40; 8]));
    let ip = Sample::flow([3, 3, 256, 768, 0, 3, 4]).record(4, &words(&[40; 14])).record(2, &words(&[60; 6]));
    let counters = IfCounters::numbered().bytes();
    Datagram::new([192, 0, 2, 1])
        .sample(flow)
        .sample(Sample::counters(1).record(1, &counters).record(2, &[0; 52]).record(7, &[0; 56]).record(1005, &words(&[4, 0x6574_6830])))
        .sample(expanded)
        .raw_sample(5, &[0; 40])
        .sample(Sample::counters_expanded(2).record(1, &counters))
        .sample(ip)
        .bytes()
}

/// The rich datagram of any version with some of its octets overwritten, cut or made longer.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let edits = collection::vec((any::<usize>(), any::<u8>()), 0..12);
    let whole = select(vec![rich(), builder4::rich(2), builder4::rich(4)]);
    (whole, edits, any::<usize>(), collection::vec(any::<u8>(), 0..16)).prop_map(|(mut bytes, edits, cut, tail)| {
        for (place, octet) in edits {
            let place = place % bytes.len();
            bytes[place] = octet;
        }
        bytes.truncate(bytes.len() - cut % 64);
        bytes.extend(tail);
        bytes
    })
}

/// An intact header of any version before arbitrary octets, so that the walk begins.
fn arbitrary() -> impl Strategy<Value = Vec<u8>> {
    let version5 = Datagram::new([192, 0, 2, 1]).bytes();
    let whole = select(vec![version5, builder4::datagram(2, &[]), builder4::datagram(4, &[])]);
    (whole, any::<u32>(), collection::vec(any::<u8>(), 0..600)).prop_map(|(mut bytes, declared, tail)| {
        let count = bytes.len() - 4;
        bytes[count..].copy_from_slice(&declared.to_be_bytes());
        bytes.extend(tail);
        bytes
    })
}

/// Samples of a version before 5 with small words, which are kinds and counts more often than arbitrary octets are.
fn plausible() -> impl Strategy<Value = Vec<u8>> {
    (select(VERSIONS.to_vec()), collection::vec(prop_oneof![0..9_u32, any::<u32>()], 0..150)).prop_map(|(version, tail)| {
        let mut bytes = builder4::datagram(version, &[]);
        let count = bytes.len() - 4;
        bytes[count..].copy_from_slice(&9_u32.to_be_bytes());
        bytes.extend(words(&tail));
        bytes
    })
}

fn calls(heard: &Heard) -> usize {
    heard.flows.len() + heard.counters.len() + heard.counter_samples + heard.skips.len()
}

/// The interface counters without what the records beside them say, which a cut may cost.
fn alone(heard: &Heard) -> Vec<InterfaceCounters> {
    let alone = |counters: &InterfaceCounters| InterfaceCounters { fcs_errors: None, lag: 0, name: PortName::default(), ..*counters };
    heard.counters.iter().map(alone).collect()
}

/// Each sample and each record takes at least 8 octets, and each gives rise to a few calls at most.
fn is_bounded(bytes: &[u8]) -> bool {
    header(bytes).is_err() || calls(&heard(bytes)) <= 4 * (bytes.len() / 8 + 1)
}

proptest! {
    #[test]
    fn any_octets_are_walked_in_a_bounded_number_of_calls(bytes in collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(is_bounded(&bytes));
    }

    #[test]
    fn any_octets_behind_a_header_are_walked_in_a_bounded_number_of_calls(bytes in arbitrary()) {
        prop_assert!(is_bounded(&bytes));
    }

    #[test]
    fn small_words_without_lengths_are_walked_in_a_bounded_number_of_calls(bytes in plausible()) {
        prop_assert!(is_bounded(&bytes));
    }

    #[test]
    fn a_mutated_datagram_is_walked_in_a_bounded_number_of_calls(bytes in mutated()) {
        prop_assert!(is_bounded(&bytes));
    }

    #[test]
    fn a_cut_never_yields_more_samples(bytes in mutated(), cut in any::<usize>()) {
        let cut = &bytes[..cut % (bytes.len() + 1)];
        if header(cut).is_ok() && header(&bytes).is_ok() {
            let (whole, part) = (heard(&bytes), heard(cut));
            prop_assert!(whole.flows.starts_with(&part.flows));
            prop_assert!(alone(&whole).starts_with(&alone(&part)));
            prop_assert!(part.counter_samples <= whole.counter_samples);
        }
    }

    #[test]
    fn no_frame_is_longer_than_its_bound(bytes in mutated()) {
        if header(&bytes).is_ok() {
            let longest = super::MAX_FRAME_OCTETS + schema::sample::TAG_OCTETS;
            prop_assert!(heard(&bytes).flows.iter().filter_map(|flow| flow.frame).all(|frame| frame.octets <= longest));
        }
    }

    #[test]
    fn every_sample_without_a_frame_is_counted(bytes in mutated()) {
        if header(&bytes).is_ok() {
            let heard = heard(&bytes);
            let without = heard.flows.iter().filter(|flow| flow.frame.is_none()).count();
            prop_assert_eq!(without, heard.skips.iter().filter(|skip| **skip == Skip::NoPacketRecord).count());
        }
    }
}

#[test]
fn the_rich_datagram_is_read_whole() {
    let heard = heard(&rich());
    assert_eq!((heard.flows.len(), heard.counter_samples, heard.counters.len()), (3, 2, 2));
    assert!(heard.skips.iter().all(|skip| !skip.is_malformed()), "{:?}", heard.skips);
}

#[test]
fn the_rich_datagrams_without_lengths_are_read_whole() {
    for version in VERSIONS {
        let heard = heard(&builder4::rich(version));
        assert_eq!((heard.flows.len(), heard.counter_samples, heard.counters.len(), heard.skips), (3, 3, 2, vec![]), "{version}");
    }
}

#[test]
fn every_cut_of_a_rich_datagram_is_survived() {
    for bytes in [rich(), builder4::rich(2), builder4::rich(4)] {
        let mut flows = 0;
        for length in 28..=bytes.len() {
            let heard = heard(&bytes[..length]);
            assert!(heard.flows.len() >= flows, "a longer cut lost a sample");
            flows = heard.flows.len();
        }
        assert_eq!(flows, 3);
    }
}
