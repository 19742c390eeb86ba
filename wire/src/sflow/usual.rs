//! The form that nearly all sampled frames come in, read at fixed places.
//!
//! It is a flow sample with the raw header of an Ethernet frame, and nothing behind it but perhaps an extended switch record. Whatever is
//! otherwise, or odd in any way, is left to the [general reading](super::flow), which says what was stepped over; where this one answers, both say the
//! same. It takes a third of the instructions, because nothing is taken out of the datagram that is not asked for.

use schema::sample::{Addressed, DataSource, Ends, FlowSample, Frame, IpPair, LengthBasis, Sampled};

use super::packet::{MAX_FRAME_OCTETS, format, header_protocol, vlan_id};
use super::{flow, interface};
use crate::ethernet;

/// Octets before the sampled header in a compact sample: 8 words, and the 6 of the raw header's record.
pub(super) const COMPACT: usize = 4 * (8 + RECORD_WORDS);

/// The same in an expanded sample, which begins with 11 words.
pub(super) const EXPANDED: usize = 4 * (11 + RECORD_WORDS);

/// Words of the raw header's record before the header: its format and length, then the protocol, the frame's length, what was stripped, and the header's length.
const RECORD_WORDS: usize = 6;

/// Octets of those that the record's length counts.
const COUNTED: u32 = 16;

/// Octets of an extended switch record with its format and length.
const SWITCH: usize = 24;

/// The length that an extended switch record gives itself.
const SWITCH_LENGTH: u32 = 16;

/// A flow sample in its usual form, as it lies in the datagram: `HEAD` octets of words, the header of the one frame that its records describe, and perhaps the
/// VLAN by which the frame came in.
#[derive(Clone, Copy, Debug)]
pub struct Usual<'a, const HEAD: usize> {
    /// Head and header, with what else of the record lies between them.
    octets: &'a [u8],
    head: &'a [u8; HEAD],
    header: &'a [u8],
    in_vlan: u16,
}

impl<'a, const HEAD: usize> Usual<'a, HEAD> {
    /// The sample with this body; `None` if it is not of the usual form.
    #[inline(always)]
    pub(super) fn of(body: &'a [u8]) -> Option<Self> {
        let (head, rest) = body.split_first_chunk::<HEAD>()?;
        let [.., count, format, length, protocol, octets, _stripped, header] = words(head) else { return None };
        if *format != word(format::RAW_HEADER) || *protocol != word(header_protocol::ETHERNET) || number(octets) > MAX_FRAME_OCTETS {
            return None;
        }
        // Where there is no such length, there are not so many octets.
        let (there, behind) = rest.split_at_checked(number(length).wrapping_sub(COUNTED) as usize)?;
        if there.len() % 4 != 0 {
            return None;
        }
        let in_vlan = in_vlan(*count, behind)?;
        if number(header) as usize > there.len() {
            return None;
        }
        Self::within(body.get(..HEAD + number(header) as usize)?, in_vlan)
    }

    /// The sample with this head and header.
    #[inline(always)]
    fn within(octets: &'a [u8], in_vlan: u16) -> Option<Self> {
        let (head, header) = octets.split_first_chunk::<HEAD>()?;
        Some(Self { octets, head, header, in_vlan })
    }

    /// The word at a place of the head, from 0. No place but those of the head is asked for.
    #[inline(always)]
    fn word(&self, place: usize) -> u32 {
        words(self.head).get(place).map_or(0, number)
    }

    /// `frame_length`: the third word from the head's end.
    #[inline(always)]
    fn octets(&self) -> u32 {
        let [.., octets, _stripped, _header] = words(self.head) else { return 0 };
        number(octets)
    }

    fn described(&self) -> Frame {
        let ethernet::Start { macs, vlan, ip_version, tunnel, ips } = ethernet::start(self.header);
        let vlan = if vlan == 0 { self.in_vlan } else { vlan };
        Frame { octets: self.octets(), basis: LengthBasis::Frame, macs, vlan, ip_version, tunnel, ips }
    }

    /// With the frame that was found.
    fn complete(&self, sample: FlowSample) -> FlowSample {
        FlowSample { frame: Some(self.described()), raw_length: self.octets(), ..sample }
    }
}

/// The incoming VLAN that a switch record behind the raw header names, 0 without one; `None` if there is anything else.
#[inline(always)]
fn in_vlan(count: [u8; 4], behind: &[u8]) -> Option<u16> {
    let Ok(record) = <&[u8; SWITCH]>::try_from(behind) else {
        return (count == word(1) && behind.is_empty()).then_some(0);
    };
    let [format, length, in_vlan, ..] = words(record) else { return None };
    let is_switch = count == word(2) && *format == word(format::EXTENDED_SWITCH) && *length == word(SWITCH_LENGTH);
    is_switch.then(|| vlan_id(number(in_vlan)))
}

/// The words of an array, in network order.
#[inline(always)]
fn words<const OCTETS: usize>(octets: &[u8; OCTETS]) -> &[[u8; 4]] {
    octets.as_chunks::<4>().0
}

#[inline(always)]
const fn number(word: &[u8; 4]) -> u32 {
    u32::from_be_bytes(*word)
}

#[inline(always)]
const fn word(number: u32) -> [u8; 4] {
    number.to_be_bytes()
}

/// The frame's own answers, which are the same for both heads, and the words of one of them by their places.
macro_rules! sampled {
    ($sequence:literal, $rate:literal, $pool:literal, $drops:literal) => {
        type Body = &'a [u8];

        #[inline(always)]
        fn apart(self) -> (&'a [u8], u16) {
            (self.octets, self.in_vlan)
        }

        #[inline(always)]
        fn together(octets: &'a [u8], in_vlan: u16) -> Option<Self> {
            Self::within(octets, in_vlan)
        }

        #[inline(always)]
        fn sequence(&self) -> u32 {
            self.word($sequence)
        }

        #[inline(always)]
        fn rate(&self) -> u32 {
            self.word($rate)
        }

        #[inline(always)]
        fn pool(&self) -> u32 {
            self.word($pool)
        }

        #[inline(always)]
        fn drops(&self) -> u32 {
            self.word($drops)
        }

        #[inline(always)]
        fn ends(&self) -> Option<Ends> {
            ethernet::ends(self.header, self.in_vlan)
        }

        fn addressed(&self) -> Option<Addressed> {
            ethernet::addressed(self.header, self.in_vlan)
        }

        #[inline(always)]
        fn ips(&self) -> Option<IpPair> {
            ethernet::ips(self.header)
        }

        #[inline(always)]
        fn raw_length(&self) -> u32 {
            self.octets()
        }
    };
}

impl<'a> Sampled for Usual<'a, COMPACT> {
    sampled!(0, 2, 3, 4);

    #[inline(always)]
    fn source(&self) -> DataSource {
        interface::source(self.word(1))
    }

    #[inline(always)]
    fn port(&self) -> Option<u32> {
        // The class is the first 8 bits.
        let source = self.word(1);
        (source < 1 << 24).then_some(source)
    }

    #[inline(always)]
    fn enters_here(&self) -> bool {
        // The word of an interface is that of the data source which it is.
        self.word(1) == self.word(5)
    }

    #[inline(always)]
    fn is_passed_on(&self) -> bool {
        self.word(6) < interface::PLAIN
    }

    #[inline(never)]
    fn whole(self) -> FlowSample {
        self.complete(flow::of_words([0, 1, 2, 3, 4, 5, 6].map(|place| self.word(place))))
    }
}

impl<'a> Sampled for Usual<'a, EXPANDED> {
    sampled!(0, 3, 4, 5);

    #[inline(always)]
    fn source(&self) -> DataSource {
        DataSource { class: self.word(1), index: self.word(2) }
    }

    #[inline(always)]
    fn enters_here(&self) -> bool {
        // So is it with two words: class 0 is an interface, and so is format 0.
        self.word(1) == self.word(6) && self.word(2) == self.word(7)
    }

    #[inline(always)]
    fn is_passed_on(&self) -> bool {
        self.word(8) == 0
    }

    #[inline(never)]
    fn whole(self) -> FlowSample {
        self.complete(flow::of_wide_words([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(|place| self.word(place))))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::{collection, proptest};
    use schema::sample::Direction;

    use super::*;
    use crate::reader::Reader;
    use crate::sflow::builder::{Heard, ethernet_header, raw_header_of, words as octets_of};

    /// The body of a sample of `N` words before its records, most often of the usual form.
    fn body(head: usize) -> impl Strategy<Value = Vec<u8>> {
        let types = prop_oneof![Just(vec![0x0800]), Just(vec![0x86dd]), Just(vec![0x8100, 100, 0x0800]), Just(vec![0x8847, 0, 0x0140])];
        let small = prop_oneof![0_u32..4, any::<u32>()];
        let edits = collection::vec((any::<usize>(), any::<u8>()), 0..3);
        let with_switch = 0..4_u32;
        (collection::vec(small, head - 1), types, 14..64_usize, with_switch, 0_u32..4096, edits, 0..9_usize).prop_map(
            move |(mut words, types, length, kind, vlan, edits, cut)| {
                words.push(if kind == 0 { 1 } else { 2 });
                let mut bytes = octets_of(&words);
                let mut frame = ethernet_header(&types);
                frame.resize(length, 17);
                let raw = raw_header_of(1, 1_000, &frame);
                for (format, body) in [(1, raw), (if kind == 3 { 1002 } else { 1001 }, octets_of(&[vlan, 0, vlan, 0]))] {
                    if format != 1 && kind == 0 {
                        continue;
                    }
                    bytes.extend(octets_of(&[format, body.len() as u32]));
                    bytes.extend(&body);
                    bytes.resize(bytes.len().next_multiple_of(4), 0);
                }
                for (place, octet) in edits {
                    let place = place % bytes.len();
                    bytes[place] = octet;
                }
                bytes.truncate(bytes.len() - if cut < 4 { cut } else { 0 });
                bytes
            },
        )
    }

    /// Where the usual reading answers, the general one says the same, and that nothing was stepped over.
    fn agrees(usual: Option<impl Sampled>, general: impl FnOnce(&mut Heard) -> Option<()>) -> Result<(), TestCaseError> {
        let Some(usual) = usual else { return Ok(()) };
        let mut heard = Heard::default();
        prop_assert_eq!(general(&mut heard), Some(()));
        let whole = usual.whole();
        prop_assert_eq!((heard.flows, heard.skips), (vec![whole], vec![]));
        prop_assert_eq!((usual.source(), usual.sequence(), usual.rate()), (whole.source, whole.sequence, whole.rate));
        prop_assert_eq!((usual.pool(), usual.drops(), usual.raw_length()), (whole.pool, whole.drops, whole.raw_length));
        prop_assert_eq!(usual.port(), whole.source.interface());
        // That of an interface by which nothing can come in is not asked.
        let can_enter = |index: u32| matches!(index, 1..interface::INTERNAL);
        prop_assert!(!usual.enters_here() || usual.port().is_none_or(|index| !can_enter(index)) || whole.direction() == Direction::Ingress);
        let (body, in_vlan) = usual.apart();
        prop_assert_eq!(together_again(usual, body, in_vlan).map(Sampled::whole), Some(whole));
        if let (Some(Addressed { macs, vlan, ip_version }), Some(frame)) = (usual.addressed(), whole.frame) {
            prop_assert!(usual.ends().is_some());
            // Behind several tags the type is not looked for.
            prop_assert_eq!((Some(macs), vlan), (frame.macs, frame.vlan));
            prop_assert!(ip_version == 0 || ip_version == frame.ip_version);
            prop_assert!(usual.ips().is_none() || usual.ips() == frame.ips);
            prop_assert!(ip_version == 0 || usual.ips() == frame.ips);
        }
        prop_assert!(!usual.is_passed_on() || whole.is_passed_on());
        Ok(())
    }

    fn together_again<S: Sampled>(_: S, body: S::Body, in_vlan: u16) -> Option<S> {
        S::together(body, in_vlan)
    }

    proptest! {
        #[test]
        fn a_compact_sample_reads_the_same_in_both_ways(body in body(8)) {
            agrees(Usual::<COMPACT>::of(&body), |heard| flow::read_compact(Reader::new(&body), heard))?;
        }

        #[test]
        fn an_expanded_sample_reads_the_same_in_both_ways(body in body(11)) {
            agrees(Usual::<EXPANDED>::of(&body), |heard| flow::read_expanded(Reader::new(&body), heard))?;
        }
    }

    #[test]
    fn what_switches_send_is_usual_and_what_they_seldom_send_is_not() {
        let sample = |records: &[(u32, Vec<u8>)]| {
            let mut bytes = octets_of(&[1, 3, 256, 256, 0, 3, 4, records.len() as u32]);
            for (format, body) in records {
                bytes.extend(octets_of(&[*format, body.len() as u32]));
                bytes.extend(body);
            }
            bytes
        };
        let raw = |protocol, octets| (1, raw_header_of(protocol, octets, &ethernet_header(&[0x8100, 100, 0x0800, 0, 0])));
        let switch = (1001, octets_of(&[5, 0, 5, 0]));
        for records in [vec![raw(1, 1500)], vec![raw(1, 1500), switch.clone()]] {
            let bytes = sample(&records);
            assert_eq!(Usual::<COMPACT>::of(&bytes).and_then(|sample| sample.whole().frame).map(|frame| frame.vlan), Some(100));
        }
        let router = (1002, vec![0; 16]);
        for records in [
            vec![],
            vec![switch.clone()],
            vec![switch.clone(), raw(1, 1500)],
            vec![raw(1, 1500), router.clone()],
            vec![raw(1, 1500), switch, router],
            vec![raw(11, 1500)],
            vec![raw(1, MAX_FRAME_OCTETS + 1)],
        ] {
            assert!(Usual::<COMPACT>::of(&sample(&records)).is_none());
        }
    }
}
