//! Counter samples (`counters_sample`, `counters_sample_expanded`) and the record `if_counters`.

use schema::sample::InterfaceCounters;

use super::{Listener, Records, Skip};
use crate::reader::Reader;

/// Format of `if_counters`: enterprise 0, format 1.
const IF_COUNTERS: u32 = 1;

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
    let mut found = false;
    let mut records = Records { left: declared, reader: body };
    for record in &mut records {
        if record.format != IF_COUNTERS {
            listener.skipped(Skip::UnusedRecord);
        } else if found {
            listener.skipped(Skip::RepeatedRecord);
        } else if let Some(counters) = if_counters(sequence, record.body) {
            found = true;
            listener.counters(&counters);
        } else {
            listener.skipped(Skip::BrokenRecord);
        }
    }
    if let Some(skip) = records.skipped() {
        listener.skipped(skip);
    }
}

/// The record `if_counters`, 88 octets; what a later version may add behind them is ignored.
#[inline]
fn if_counters(sequence: u32, mut body: Reader<'_>) -> Option<InterfaceCounters> {
    let [if_index, _kind, speed_high, speed_low, direction, status] = body.words()?;
    let [in_high, in_low, in_unicast, _in_multicast, _in_broadcast, in_discards, in_errors, _in_unknown] = body.words()?;
    let [out_high, out_low, out_unicast, _out_multicast, _out_broadcast, out_discards, out_errors, _promiscuous] = body.words()?;
    Some(InterfaceCounters {
        sequence,
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
    })
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
    use crate::sflow::builder::{Datagram, IfCounters, Sample, heard};

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
        let sample = Sample::counters(1).record(2, &[0; 52]).record(1, &body).record(1, &body).record(0x1001, &[0; 8]);
        let heard = heard(&Datagram::new([192, 0, 2, 1]).sample(sample).bytes());
        assert_eq!((heard.counter_samples, heard.counters.len()), (1, 1));
        assert_eq!(heard.skips, [Skip::UnusedRecord, Skip::RepeatedRecord, Skip::UnusedRecord]);
    }

    #[test]
    fn a_counter_sample_too_short_for_its_words_is_lost() {
        for (format, length) in [(2, 8), (4, 12)] {
            let heard = heard(&Datagram::new([192, 0, 2, 1]).raw_sample(format, &vec![0; length]).bytes());
            assert_eq!((heard.counter_samples, heard.skips.as_slice()), (0, &[Skip::ShortSample][..]));
        }
    }
}
