//! Flow samples (`flow_sample`, `flow_sample_expanded`).

use schema::sample::{DataSource, FlowSample};

use super::packet::Packet;
use super::{Listener, Records, Skip, interface};
use crate::reader::Reader;

/// Reads a flow sample with interfaces and source of one word each; `None` if it is too short.
pub(super) fn read_compact<L: Listener>(mut body: Reader<'_>, listener: &mut L) -> Option<()> {
    let mut sample = compact(&mut body)?;
    let records = body.word()?;
    read_packet(&mut sample, records, body, listener);
    listener.flow(&sample);
    Some(())
}

/// The words that versions 5, 4 and 2 begin a sample with, where interfaces and source are one word each; `None` if they are not there.
#[inline]
pub(super) fn compact(reader: &mut Reader<'_>) -> Option<FlowSample> {
    reader.words().map(of_words)
}

/// A sample of these words, without its packet.
#[inline(always)]
pub(super) fn of_words([sequence, source, rate, pool, drops, input, output]: [u32; 7]) -> FlowSample {
    FlowSample {
        source: interface::source(source),
        sequence,
        rate,
        pool,
        drops,
        input: interface::input(input),
        output: interface::output(output),
        frame: None,
        raw_length: 0,
    }
}

/// A sample of these words, without its packet.
#[inline]
pub(super) fn of_wide_words(words: [u32; 10]) -> FlowSample {
    let [sequence, class, index, rate, pool, drops, in_format, input, out_format, output] = words;
    FlowSample {
        source: DataSource { class, index },
        sequence,
        rate,
        pool,
        drops,
        input: interface::input_expanded(in_format, input),
        output: interface::output_expanded(out_format, output),
        frame: None,
        raw_length: 0,
    }
}

/// Reads a flow sample with interfaces and source of two words each; `None` if it is too short.
pub(super) fn read_expanded<L: Listener>(mut body: Reader<'_>, listener: &mut L) -> Option<()> {
    let mut sample = of_wide_words(body.words()?);
    let records = body.word()?;
    read_packet(&mut sample, records, body, listener);
    listener.flow(&sample);
    Some(())
}

/// Completes a sample with the packet that its records describe.
fn read_packet<L: Listener>(sample: &mut FlowSample, declared: u32, body: Reader<'_>, listener: &mut L) {
    let mut packet = Packet::default();
    let mut records = Records { left: declared, reader: body };
    for record in &mut records {
        if let Some(skip) = packet.add(record) {
            listener.skipped(skip);
        }
    }
    if let Some(skip) = records.skipped() {
        listener.skipped(skip);
    }
    complete(sample, &packet, listener);
}

/// Gives a sample its packet, and says so where there is none.
#[inline(always)]
pub(super) fn complete<L: Listener>(sample: &mut FlowSample, packet: &Packet, listener: &mut L) {
    sample.raw_length = packet.raw_length();
    sample.frame = packet.frame();
    if sample.frame.is_none() {
        listener.skipped(Skip::NoPacketRecord);
    }
}

#[cfg(test)]
mod tests {
    use schema::sample::{Direction, Interface};

    use crate::sflow::Skip;
    use crate::sflow::builder::{Datagram, Sample, heard, raw_header};

    #[test]
    fn every_word_of_a_compact_sample_lands_in_its_own_field() {
        let sample = Sample::flow([1, 0x0200_0003, 4, 5, 6, 7, 0x4000_0008]).record(1, &raw_header(1500));
        let heard = heard(&Datagram::new([192, 0, 2, 1]).sample(sample).bytes());
        let flow = heard.flows[0];
        assert_eq!((flow.sequence, flow.rate, flow.pool, flow.drops), (1, 4, 5, 6));
        assert_eq!((flow.source.class, flow.source.index), (2, 3));
        assert_eq!((flow.input, flow.output), (Interface::Index(7), Interface::Discarded(8)));
        assert_eq!((flow.raw_length, flow.frame.map(|frame| frame.octets)), (1500, Some(1500)));
        assert!(heard.skips.is_empty());
    }

    #[test]
    fn an_expanded_sample_has_wide_indexes() {
        let wide = 0x0100_0000;
        let sample = Sample::flow_expanded([1, 0, wide, 4, 5, 6, 0, wide, 2, 3]).record(1, &raw_header(64));
        let heard = heard(&Datagram::new([192, 0, 2, 1]).sample(sample).bytes());
        let flow = heard.flows[0];
        assert_eq!((flow.sequence, flow.rate, flow.pool, flow.drops), (1, 4, 5, 6));
        assert_eq!((flow.source.index, flow.input, flow.output), (wide, Interface::Index(wide), Interface::Multiple(3)));
        assert_eq!(flow.direction(), Direction::Ingress);
    }

    #[test]
    fn a_rate_of_zero_is_handed_on_as_zero() {
        let sample = Sample::flow([1, 3, 0, 0, 0, 3, 4]).record(1, &raw_header(64));
        let heard = heard(&Datagram::new([192, 0, 2, 1]).sample(sample).bytes());
        assert_eq!((heard.flows[0].rate, heard.flows[0].pool), (0, 0));
    }

    #[test]
    fn a_sample_without_a_packet_is_a_sample_without_a_frame() {
        let sample = Sample::flow([1, 3, 256, 256, 0, 3, 4]).record(1002, &[0; 16]);
        let heard = heard(&Datagram::new([192, 0, 2, 1]).sample(sample).bytes());
        assert_eq!((heard.flows[0].frame, heard.flows[0].raw_length), (None, 0));
        assert_eq!(heard.skips, [Skip::UnusedRecord, Skip::NoPacketRecord]);
    }

    #[test]
    fn a_flow_sample_too_short_for_its_words_is_lost() {
        for (format, length) in [(1, 28), (3, 40)] {
            let heard = heard(&Datagram::new([192, 0, 2, 1]).raw_sample(format, &vec![0; length]).bytes());
            assert_eq!((heard.flows.len(), heard.skips.as_slice()), (0, &[Skip::ShortSample][..]));
        }
    }
}
