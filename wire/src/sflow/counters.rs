//! Counter samples (`counters_sample`, `counters_sample_expanded`): the record `if_counters`, and what others say of the same interface.

use schema::sample::{InterfaceCounters, PortName};

use super::{Listener, Records, Skip};
use crate::reader::{Block, Reader};

/// Formats of counter records; the enterprise is 0 in all of them.
mod format {
    pub(super) const INTERFACE: u32 = 1;
    pub(super) const ETHERNET: u32 = 2;
    pub(super) const LAG_PORT: u32 = 7;
    pub(super) const PORT_NAME: u32 = 1005;
}

/// Words of `ethernet_counters`.
const ETHERNET_WORDS: usize = 13;

/// Reads a counter sample whose source is one word; `None` if it is too short.
#[inline]
pub(super) fn read_compact<L: Listener>(mut body: Reader<'_>, listener: &mut L) -> Option<()> {
    let [sequence, _source, records] = body.words()?;
    read(sequence, records, body, listener);
    Some(())
}

/// Reads a counter sample whose source is two words; `None` if it is too short.
#[inline]
pub(super) fn read_expanded<L: Listener>(mut body: Reader<'_>, listener: &mut L) -> Option<()> {
    let [sequence, _class, _index, records] = body.words()?;
    read(sequence, records, body, listener);
    Some(())
}

/// Not inline, so that it stays out of the way of flow samples, which are far more.
#[inline(never)]
fn read<L: Listener>(sequence: u32, declared: u32, body: Reader<'_>, listener: &mut L) {
    listener.counter_sample();
    let mut report = Report::default();
    let mut records = Records { left: declared, reader: body };
    for record in &mut records {
        if let Some(skip) = report.add(record) {
            listener.skipped(skip);
        }
    }
    if let Some(skip) = records.skipped() {
        listener.skipped(skip);
    }
    match report.interface {
        Some(counters) => listener.counters(&InterfaceCounters {
            sequence,
            fcs_errors: report.fcs_errors.flatten(),
            lag: report.lag.unwrap_or(0),
            name: report.name.unwrap_or_default(),
            ..counters
        }),
        None => (0..report.records_beside()).for_each(|_| listener.skipped(Skip::UnusedRecord)),
    }
}

/// What the records of a sample say of one interface, in whatever order they come.
#[derive(Default)]
struct Report {
    interface: Option<InterfaceCounters>,
    fcs_errors: Option<Option<u32>>,
    lag: Option<u32>,
    name: Option<PortName>,
}

impl Report {
    /// Takes one record in; says so where it could not.
    fn add(&mut self, Block { format, mut body }: Block<'_>) -> Option<Skip> {
        match format {
            format::INTERFACE => first(&mut self.interface, || if_counters(&mut body)),
            format::ETHERNET => first(&mut self.fcs_errors, || ethernet_fcs_errors(&mut body)),
            format::LAG_PORT => first(&mut self.lag, || attached_aggregate(body)),
            format::PORT_NAME => first(&mut self.name, || port_name(body)),
            _ => Some(Skip::UnusedRecord),
        }
    }

    /// How many records only add to interface counters.
    fn records_beside(&self) -> usize {
        [self.fcs_errors.is_some(), self.lag.is_some(), self.name.is_some()].into_iter().filter(|there| *there).count()
    }
}

/// Reads a record into its place, unless an earlier one of its kind is there.
fn first<T>(place: &mut Option<T>, read: impl FnOnce() -> Option<T>) -> Option<Skip> {
    if place.is_some() {
        return Some(Skip::RepeatedRecord);
    }
    *place = read();
    place.is_none().then_some(Skip::BrokenRecord)
}

/// The record `if_counters`, 88 octets; what a later version may add behind them is ignored. The sample's number is not in it.
#[inline]
pub(super) fn if_counters(body: &mut Reader<'_>) -> Option<InterfaceCounters> {
    let [if_index, _kind, speed_high, speed_low, direction, status] = body.words()?;
    let [in_high, in_low, in_unicast, _in_multicast, _in_broadcast, in_discards, in_errors, _in_unknown] = body.words()?;
    let [out_high, out_low, out_unicast, _out_multicast, _out_broadcast, out_discards, out_errors, _promiscuous] = body.words()?;
    Some(InterfaceCounters {
        sequence: 0,
        if_index,
        speed: known_long(speed_high, speed_low).unwrap_or(0),
        direction: known(direction).unwrap_or(0),
        status,
        in_octets: known_long(in_high, in_low),
        out_octets: known_long(out_high, out_low),
        in_unicast: known(in_unicast),
        out_unicast: known(out_unicast),
        in_discards: known(in_discards),
        out_discards: known(out_discards),
        in_errors: known(in_errors),
        out_errors: known(out_errors),
        fcs_errors: None,
        lag: 0,
        name: PortName::default(),
    })
}

/// dot3StatsFCSErrors of the record `ethernet_counters`; the outer `None` says that the record is too short.
pub(super) fn ethernet_fcs_errors(body: &mut Reader<'_>) -> Option<Option<u32>> {
    let [_alignment, fcs, ..] = body.words::<ETHERNET_WORDS>()?;
    Some(known(fcs))
}

/// dot3adAggPortAttachedAggID of the record `lag_port_stats` ("sFlow LAG Counters Structure"), 0 for none. XDR pads each of the two addresses before
/// it to 8 octets, some agents do not: the record's length tells.
fn attached_aggregate(body: Reader<'_>) -> Option<u32> {
    lag_words::<8>(body).or_else(|| lag_words::<6>(body)).map(|lag| known(lag).unwrap_or(0))
}

/// The aggregate of a record that has `N` octets for each address, one word of states and eight of counters behind it.
fn lag_words<const N: usize>(mut body: Reader<'_>) -> Option<u32> {
    body.octets::<N>()?;
    body.octets::<N>()?;
    let [aggregate, _states, _counters @ ..] = body.words::<10>()?;
    Some(aggregate)
}

/// The record `port_name` ("sFlow OpenFlow Structures"): one string.
fn port_name(mut body: Reader<'_>) -> Option<PortName> {
    let length = body.word()?;
    body.opaque(length).map(PortName::new)
}

/// A counter; all ones say that it is not available (section 4.2.2).
#[inline]
fn known(word: u32) -> Option<u32> {
    (word != u32::MAX).then_some(word)
}

#[inline]
fn known_long(high: u32, low: u32) -> Option<u64> {
    let value = u64::from(high) << 32 | u64::from(low);
    (value != u64::MAX).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sflow::builder::{Datagram, IfCounters, Sample, heard, words};

    #[test]
    fn every_counter_lands_in_its_own_field() {
        let datagram = Datagram::new([192, 0, 2, 1]).sample(Sample::counters(41).record(1, &IfCounters::numbered().bytes())).bytes();
        let heard = heard(&datagram);
        assert_eq!(heard.counter_samples, 1);
        assert_eq!(
            heard.counters,
            [InterfaceCounters {
                sequence: 41,
                if_index: 1,
                speed: 3,
                direction: 4,
                status: 5,
                in_octets: Some(6),
                in_unicast: Some(7),
                in_discards: Some(10),
                in_errors: Some(11),
                out_octets: Some(13),
                out_unicast: Some(14),
                out_discards: Some(17),
                out_errors: Some(18),
                fcs_errors: None,
                lag: 0,
                name: PortName::default(),
            }]
        );
        assert!(heard.skips.is_empty());
    }

    #[test]
    fn octets_and_speed_have_64_bits() {
        let mut counters = IfCounters::numbered();
        counters.speed = 400_000_000_000;
        counters.in_octets = 0x0123_4567_89ab_cdef;
        let datagram = Datagram::new([192, 0, 2, 1]).sample(Sample::counters_expanded(1).record(1, &counters.bytes())).bytes();
        let read = heard(&datagram).counters[0];
        assert_eq!((read.speed, read.in_octets), (400_000_000_000, Some(0x0123_4567_89ab_cdef)));
    }

    #[test]
    fn all_ones_are_not_available() {
        let datagram = Datagram::new([192, 0, 2, 1]).sample(Sample::counters(1).record(1, &[0xff; 88])).bytes();
        let read = heard(&datagram).counters[0];
        assert_eq!((read.in_octets, read.out_octets, read.in_unicast, read.out_errors), (None, None, None, None));
        assert_eq!((read.speed, read.direction), (0, 0));
    }

    #[test]
    fn a_longer_record_is_read_and_a_shorter_one_is_broken() {
        let mut long = IfCounters::numbered().bytes();
        long.extend([1, 2, 3, 4]);
        let sample = |body: &[u8]| heard(&Datagram::new([192, 0, 2, 1]).sample(Sample::counters(1).record(1, body)).bytes());
        assert_eq!(sample(&long).counters.len(), 1);
        let short = sample(&long[..84]);
        assert_eq!((short.counter_samples, short.counters.len()), (1, 0));
        assert_eq!(short.skips, [Skip::BrokenRecord]);
    }

    #[test]
    fn other_counters_are_stepped_over_and_a_second_report_is_not_counted() {
        let body = IfCounters::numbered().bytes();
        let sample = Sample::counters(1).record(3, &[0; 72]).record(1, &body).record(1, &body).record(0x1001, &[0; 8]);
        let heard = heard(&Datagram::new([192, 0, 2, 1]).sample(sample).bytes());
        assert_eq!((heard.counter_samples, heard.counters.len()), (1, 1));
        assert_eq!(heard.skips, [Skip::UnusedRecord, Skip::RepeatedRecord, Skip::UnusedRecord]);
    }

    /// The first report of a sample with these records, and what was stepped over.
    fn report(records: &[(u32, Vec<u8>)]) -> (Option<InterfaceCounters>, Vec<Skip>) {
        let sample = records.iter().fold(Sample::counters(9), |sample, (format, body)| sample.record(*format, body));
        let heard = heard(&Datagram::new([192, 0, 2, 1]).sample(sample).bytes());
        assert!(heard.counter_samples == 1 && heard.counters.len() <= 1);
        (heard.counters.first().copied(), heard.skips)
    }

    fn interface() -> (u32, Vec<u8>) {
        (1, IfCounters::numbered().bytes())
    }

    fn ethernet(fcs_errors: u32) -> (u32, Vec<u8>) {
        (2, words(&[&[100, fcs_errors][..], &[101; 11]].concat()))
    }

    fn lag(aggregate: u32, padded: bool) -> (u32, Vec<u8>) {
        let mac: &[u8] = if padded { &[2, 0, 0, 0, 0, 1, 0, 0] } else { &[2, 0, 0, 0, 0, 1] };
        (7, [mac, mac, &words(&[aggregate]), &[0x3d; 4], &words(&[9; 8])].concat())
    }

    fn name(text: &[u8]) -> (u32, Vec<u8>) {
        let mut body = words(&[text.len() as u32]);
        body.extend(text);
        (1005, body)
    }

    #[test]
    fn the_records_of_one_interface_come_together_in_any_order() {
        let records = [interface(), ethernet(3), lag(1_000_001, true), name(b"Ethernet1/1")];
        for turn in 0..records.len() {
            let mut turned = records.to_vec();
            turned.rotate_left(turn);
            let (report, skips) = report(&turned);
            let report = report.unwrap();
            assert_eq!((report.sequence, report.if_index, report.in_octets), (9, 1, Some(6)), "{turn}");
            assert_eq!((report.fcs_errors, report.lag, report.name.as_str()), (Some(3), 1_000_001, "Ethernet1/1"), "{turn}");
            assert_eq!(skips, [], "{turn}");
        }
    }

    #[test]
    fn what_is_not_available_is_none() {
        let (report, _) = report(&[ethernet(u32::MAX), interface(), lag(u32::MAX, true)]);
        assert_eq!(report.map(|report| (report.fcs_errors, report.lag)), Some((None, 0)));
    }

    #[test]
    fn an_aggregate_is_read_with_and_without_padding() {
        for padded in [true, false] {
            let (report, skips) = report(&[interface(), lag(77, padded)]);
            assert_eq!((report.map(|report| report.lag), skips), (Some(77), vec![]), "padded: {padded}");
        }
    }

    #[test]
    fn a_name_that_is_no_text_costs_the_name_alone() {
        let (report, skips) = report(&[interface(), name(&[0xff, 0xfe]), ethernet(3)]);
        let report = report.unwrap();
        assert_eq!((report.name.as_str(), report.fcs_errors, skips), ("", Some(3), vec![]));
    }

    #[test]
    fn records_without_interface_counters_are_not_used() {
        let (report, skips) = report(&[ethernet(3), lag(7, true), name(b"xe-0/0/1")]);
        assert_eq!((report, skips), (None, vec![Skip::UnusedRecord; 3]));
    }

    #[test]
    fn a_record_beside_too_short_for_its_format_is_broken_and_costs_itself() {
        let overrun = [words(&[5]), vec![b'a'; 4]].concat();
        for (format, body) in [(2, vec![0; 48]), (7, vec![0; 51]), (1005, vec![0; 3]), (1005, overrun)] {
            let (report, skips) = report(&[(format, body), interface()]);
            assert_eq!((report.map(|report| report.if_index), skips), (Some(1), vec![Skip::BrokenRecord]), "{format}");
        }
    }

    #[test]
    fn of_two_records_of_one_kind_the_first_counts() {
        let (report, skips) = report(&[ethernet(3), ethernet(4), interface(), name(b"a"), name(b"b"), lag(1, true), lag(2, true)]);
        let report = report.unwrap();
        assert_eq!((report.fcs_errors, report.name.as_str(), report.lag), (Some(3), "a", 1));
        assert_eq!(skips, [Skip::RepeatedRecord; 3]);
    }

    #[test]
    fn a_counter_sample_too_short_for_its_words_is_lost() {
        for (format, length) in [(2, 8), (4, 12)] {
            let heard = heard(&Datagram::new([192, 0, 2, 1]).raw_sample(format, &vec![0; length]).bytes());
            assert_eq!((heard.counter_samples, heard.skips.as_slice()), (0, &[Skip::ShortSample][..]));
        }
    }
}
