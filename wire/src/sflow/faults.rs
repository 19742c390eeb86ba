//! Faults that real exporters send, and what each of them may cost.

use schema::sample::InterfaceCounters;

use super::Skip;
use super::builder::{Datagram, Heard, IfCounters, Sample, block, heard, raw_header, words};

const FLOW: [u32; 7] = [1, 3, 256, 256, 0, 3, 4];

fn good(length: u32) -> Sample {
    Sample::flow(FLOW).record(1, &raw_header(length))
}

fn datagram(samples: impl IntoIterator<Item = Sample>) -> Datagram {
    samples.into_iter().fold(Datagram::new([192, 0, 2, 1]), Datagram::sample)
}

/// The raw lengths of the samples that were heard.
fn lengths(heard: &Heard) -> Vec<u32> {
    heard.flows.iter().map(|flow| flow.raw_length).collect()
}

#[test]
fn a_sample_padded_by_four_octets_within_its_length_costs_nothing() {
    // Brocade ICX: the sample's length covers four octets more than its records.
    let padded = good(200).octets(&[0; 4]).declare(1);
    let heard = heard(&datagram([padded, good(300)]).bytes());
    assert_eq!(lengths(&heard), [200, 300]);
    assert_eq!(heard.skips, [Skip::TrailingOctets]);
    assert!(heard.skips.iter().all(|skip| !skip.is_malformed()));
}

#[test]
fn a_sample_declared_too_short_keeps_the_records_before_its_end() {
    let short = good(200).record(1002, &[0; 16]).longer_by(-4);
    let heard = heard(&datagram([short]).bytes());
    assert_eq!(lengths(&heard), [200]);
    assert_eq!(heard.skips, [Skip::RecordOverrun, Skip::TrailingOctets]);
}

#[test]
fn a_sample_declared_too_long_costs_itself_and_what_follows() {
    let heard = heard(&datagram([good(200), good(300).longer_by(4)]).bytes());
    assert_eq!(lengths(&heard), [200]);
    assert_eq!(heard.skips, [Skip::SampleOverrun]);
}

#[test]
fn a_counter_sample_declared_too_long_keeps_its_whole_records() {
    let counters = IfCounters::numbered().bytes();
    for sample in [Sample::counters(1), Sample::counters_expanded(1)] {
        let long = sample.record(1, &counters).record(2, &[0; 52]).longer_by(40);
        let bytes = datagram([long]).bytes();
        let (whole, cut) = (heard(&bytes), heard(&bytes[..bytes.len() - 4]));
        assert_eq!((whole.counter_samples, whole.counters.len()), (1, 1));
        assert_eq!(whole.skips, [Skip::SampleOverrun]);
        assert_eq!(cut.counters, [InterfaceCounters { fcs_errors: None, ..whole.counters[0] }]);
        assert_eq!(cut.skips, [Skip::SampleOverrun, Skip::RecordOverrun]);
    }
}

#[test]
fn a_bad_record_costs_one_record() {
    let broken = Sample::flow(FLOW).record(1001, &[0; 3]).record(1, &raw_header(200)).record(3, &[]);
    let heard = heard(&datagram([broken, good(300)]).bytes());
    assert_eq!(lengths(&heard), [200, 300]);
    assert_eq!(heard.skips, [Skip::BrokenRecord, Skip::BrokenRecord]);
}

#[test]
fn a_record_that_overruns_its_sample_leaves_the_sample_and_the_next_ones() {
    for length in [17, 1000, u32::MAX] {
        let overrun = good(200).octets(&words(&[1002, length, 0, 0, 0, 0]));
        let heard = heard(&datagram([overrun, good(300)]).bytes());
        assert_eq!(lengths(&heard), [200, 300], "{length}");
        assert_eq!(heard.skips, [Skip::RecordOverrun]);
    }
}

#[test]
fn unknown_samples_and_records_are_stepped_over_by_their_length() {
    let mut datagram = Datagram::new([192, 0, 2, 1]).raw_sample(0x1001, &[7; 13]).raw_sample(9, &[]).raw_sample(5, &[0; 60]);
    datagram = datagram.sample(Sample::flow(FLOW).record(0x0011_9001, &[1; 5]).record(1, &raw_header(200)));
    let heard = heard(&datagram.bytes());
    assert_eq!(lengths(&heard), [200]);
    assert_eq!(heard.skips, [Skip::UnknownSample, Skip::UnknownSample, Skip::DiscardedPacket, Skip::UnusedRecord]);
}

#[test]
fn the_enterprise_is_part_of_the_format() {
    let foreign = Sample::flow(FLOW).record(0x1001, &raw_header(200));
    let heard = heard(&datagram([foreign]).raw_sample(0x1001, &[0; 60]).bytes());
    assert_eq!(lengths(&heard), [0]);
    assert_eq!(heard.skips, [Skip::UnusedRecord, Skip::NoPacketRecord, Skip::UnknownSample]);
}

#[test]
fn counts_that_lie_are_not_believed() {
    let declared = |samples| heard(&datagram([good(200), good(300)]).declare(samples).bytes());
    assert_eq!((lengths(&declared(u32::MAX)), declared(u32::MAX).skips), (vec![200, 300], vec![Skip::MissingSamples]));
    assert_eq!((lengths(&declared(1)), declared(1).skips), (vec![200], vec![Skip::TrailingOctets]));
    let records = |records| heard(&datagram([good(200).declare(records)]).bytes());
    assert_eq!((lengths(&records(u32::MAX)), records(u32::MAX).skips), (vec![200], vec![Skip::MissingRecords]));
    assert_eq!(lengths(&records(0)), [0]);
    assert_eq!(records(0).skips, [Skip::TrailingOctets, Skip::NoPacketRecord]);
}

#[test]
fn records_nested_in_records_are_not_entered() {
    // Record 0:1016 holds records; a decoder that follows them by calling itself can be driven to exhaust its stack.
    let mut nested = block(1016, &[]);
    for _ in 0..500 {
        nested = block(1016, &[words(&[1, 1]), nested].concat());
    }
    let heard = heard(&datagram([good(200).octets(&nested)]).bytes());
    assert_eq!(lengths(&heard), [200]);
    assert_eq!(heard.skips, [Skip::UnusedRecord]);
}

#[test]
fn a_name_that_is_no_text_costs_nothing() {
    // Record 0:1005 holds a string.
    let sample = Sample::counters(1).record(1005, &[0, 0, 0, 4, 0xff, 0xfe, 0xfd, 0xfc]);
    let heard = heard(&datagram([sample, good(200)]).bytes());
    assert_eq!((heard.counter_samples, lengths(&heard)), (1, vec![200]));
}

#[test]
fn a_short_frame_length_is_handed_on_as_the_exporter_gave_it() {
    // Some Juniper releases give a frame length below that of the packet inside. Only the exporter can be put right.
    let heard = heard(&datagram([good(20)]).bytes());
    assert_eq!(heard.flows[0].frame.map(|frame| frame.octets), Some(20));
}

#[test]
fn empty_records_cost_a_step_each() {
    let empties = (0..1000).fold(Sample::flow(FLOW), |sample, _| sample.record(9, &[]));
    let heard = heard(&datagram([empties]).bytes());
    assert_eq!(heard.skips.len(), 1001);
}
