//! What real exporters do that is right, or that only they can change, and how it is read.

use schema::sample::{Direction, Interface, LengthBasis};

use super::Skip;
use super::builder::{Datagram, Heard, IfCounters, Sample, ethernet_header, heard, raw_header, raw_header_of, words};

fn read(sample: Sample) -> Heard {
    heard(&Datagram::new([192, 0, 2, 1]).sample(sample).bytes())
}

fn rates(rates: &[u32]) -> Vec<u32> {
    let sample = |rate: &u32| Sample::flow([1, 3, *rate, 0, 0, 3, 4]).record(1, &raw_header(64));
    let datagram = rates.iter().map(sample).fold(Datagram::new([192, 0, 2, 1]), Datagram::sample);
    heard(&datagram.bytes()).flows.iter().map(|flow| flow.rate).collect()
}

#[test]
fn each_sample_has_a_rate_of_its_own() {
    // Juniper adapts the rate of an interface by itself, and Extreme EXOS halves it under load.
    assert_eq!(rates(&[2048, 4096, 2048]), [2048, 4096, 2048]);
}

#[test]
fn no_rate_is_judged_here() {
    // Arista's default, another's default, one in wrong byte order, and none. Whether a rate can be is decided where it is weighed.
    let unlikely = [1_048_576, 2_000_000, 1000_u32.swap_bytes(), 0, u32::MAX];
    assert_eq!(rates(&unlikely), unlikely);
}

#[test]
fn what_was_stripped_is_part_of_the_frames_length() {
    for stripped in [0, 4, 8] {
        let mut record = raw_header(1518);
        record[8..12].copy_from_slice(&words(&[stripped]));
        let frame = read(Sample::flow([1, 3, 256, 256, 0, 3, 4]).record(1, &record)).flows[0].frame.unwrap();
        assert_eq!((frame.octets, frame.basis), (1518, LengthBasis::Frame), "{stripped}");
    }
}

#[test]
fn three_headers_of_one_packet_count_once() {
    // Huawei.
    let three = (0..3).fold(Sample::flow([1, 3, 256, 256, 0, 3, 4]), |sample, _| sample.record(1, &raw_header(200)));
    let heard = read(three);
    assert_eq!((heard.flows.len(), heard.flows[0].raw_length), (1, 200));
    assert_eq!(heard.skips, [Skip::RepeatedRecord; 2]);
}

#[test]
fn the_three_types_of_a_tag_are_one() {
    for ether_type in [0x8100, 0x88a8, 0x9100] {
        let record = raw_header_of(1, 1518, &ethernet_header(&[ether_type, 100, 0x0800]));
        let frame = read(Sample::flow([1, 3, 256, 256, 0, 3, 4]).record(1, &record)).flows[0].frame.unwrap();
        assert_eq!((frame.vlan, frame.ip_version), (100, 4), "{ether_type:#x}");
    }
}

#[test]
fn the_direction_is_told_by_the_source() {
    for (source, input, output, direction) in [
        (3, 3, 4, Direction::Ingress),
        (4, 3, 4, Direction::Egress),
        // A frame that is sent back where it came from entered first.
        (3, 3, 3, Direction::Ingress),
        (5, 3, 4, Direction::Unknown),
        // smonVlanDataSource: its index is no ifIndex.
        (0x0100_0003, 3, 4, Direction::Unknown),
        // Cumulus does not know the output.
        (3, 3, 0, Direction::Ingress),
        (0, 0, 0, Direction::Unknown),
    ] {
        let flow = read(Sample::flow([1, source, 256, 256, 0, input, output]).record(1, &raw_header(64))).flows[0];
        assert_eq!(flow.direction(), direction, "{source:#x} {input} {output}");
    }
}

#[test]
fn the_exporter_itself_and_several_ports_are_no_indexes() {
    for (output, expected) in [
        (0x3fff_ffff, Interface::Internal),
        (0x8000_0003, Interface::Multiple(3)),
        (0x4000_0100, Interface::Discarded(256)),
        (0, Interface::Unknown),
    ] {
        let compact = read(Sample::flow([1, 3, 256, 256, 0, 3, output]).record(1, &raw_header(64))).flows[0];
        let (format, value) = (output >> 30, output & 0x3fff_ffff);
        let expanded = read(Sample::flow_expanded([1, 0, 3, 256, 256, 0, 0, 3, format, value]).record(1, &raw_header(64))).flows[0];
        assert_eq!((compact.output, expanded.output), (expected, expected), "{output:#x}");
    }
}

#[test]
fn routing_and_hardware_records_are_stepped_over() {
    let sample = Sample::flow([1, 3, 256, 256, 0, 3, 4]);
    let sample = [1002, 1003, 1004, 1005, 1007].iter().fold(sample, |sample, format| sample.record(*format, &[1; 24]));
    let flows = read(sample.record(1, &raw_header(200)));
    assert_eq!((flows.flows[0].raw_length, flows.skips), (200, vec![Skip::UnusedRecord; 5]));
    let counters = Sample::counters(1).record(10, &[0; 40]).record(1001, &[0; 28]).record(1, &IfCounters::numbered().bytes());
    let counters = read(counters);
    assert_eq!((counters.counters.len(), counters.skips), (1, vec![Skip::UnusedRecord; 2]));
}

#[test]
fn an_exporter_of_counters_alone_has_no_flows() {
    // Nokia SR OS: its member traffic comes by IPFIX.
    let heard = read(Sample::counters_expanded(1).record(2, &[0; 52]).record(1, &IfCounters::numbered().bytes()));
    assert_eq!((heard.flows.len(), heard.counter_samples, heard.counters.len(), heard.skips), (0, 1, 1, vec![]));
}
