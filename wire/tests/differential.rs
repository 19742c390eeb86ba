//! The walk against `sflow-parser`, over the captures and over mutations of them.
//!
//! sflow-parser refuses a whole datagram for one record that it cannot read, follows records nested in record 0:1016 by calling
//! itself without bound, and allocates what a length asks for. So it never gets a datagram whose lengths do not nest, and every
//! record that neither side needs is given a format that both step over. What then remains is compared sample by sample; the
//! disagreements that are allowed are the [`Disagreement`]s.

#![expect(clippy::unwrap_used, reason = "a capture or truth file that cannot be read fails the test")]

mod pcap;

use std::sync::LazyLock;

use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any};
use proptest::{prop_assert, proptest};
use schema::Mac;
use schema::sample::{DataSource, FlowSample, InterfaceCounters, PortName, Tunnel};
use serde_json::Value;
use sflow_parser::models::{CounterData, CounterRecord, FlowData, FlowRecord};
use sflow_parser::{SFlowDatagram, SampleData, parse_datagram};
use wire::ethernet::{self, Start};
use wire::sflow::{self, Listener, MAX_FRAME_OCTETS, Skip};

/// A record of an enterprise that nobody knows: both sides step over it.
const UNKNOWN_RECORD: u32 = 0xfff_f001;

/// Where the two may say different things of one datagram, and who is right.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Disagreement {
    /// It refuses the datagram for one record too short for its format, though it only repeats another, or for a count that is too large. We are
    /// right: lengths still lead to the rest.
    RefusesForOneRecord,
    /// It refuses the datagram for a `header_protocol` that it has no name for. We are right: the frame's length is there.
    RefusesUnknownHeaderProtocol,
    /// It refuses a datagram whose last structure lacks its padding. XDR demands the padding; nothing is lost without it.
    RefusesMissingPadding,
    /// It accepts any frame length. We drop a record with one that no frame has; the specification sets no bound.
    AcceptsImplausibleLength,
    /// It accepts an agent whose address is of type "unknown". The specification allows it; we need an identity, and refuse.
    AcceptsUnknownAgent,
    /// It reads the aggregate of a LAG record four octets too early, because it takes the addresses before it to be unpadded, and XDR pads them. We are
    /// right.
    MisreadsAggregate,
    /// It refuses the datagram for a port name that is no text. We are right: it is only a name.
    RefusesNameWithoutText,
}

/// What both sides say of a flow sample.
#[derive(PartialEq, Clone, Debug)]
struct Flow {
    sequence: u32,
    source: DataSource,
    rate: u32,
    pool: u32,
    drops: u32,
    input: Option<u32>,
    output: Option<u32>,
    raw: Option<Raw>,
}

/// What both sides say of a raw header.
#[derive(PartialEq, Clone, Debug)]
struct Raw {
    length: u32,
    macs: Option<(Mac, Mac)>,
    /// What the header shows, or else what a record names. sflow-parser does not look into headers, so both sides see there what `wire` sees.
    tunnel: Tunnel,
}

/// What one side says of a datagram.
#[derive(Default, PartialEq, Clone, Debug)]
struct Said {
    flows: Vec<Flow>,
    counters: Vec<InterfaceCounters>,
    counter_samples: usize,
    discarded: usize,
}

/// What we say, with what we stepped over.
#[derive(Default)]
struct Ours {
    said: Said,
    skips: Vec<Skip>,
}

impl Listener for Ours {
    fn flow(&mut self, sample: &FlowSample) {
        let length = sample.raw_length;
        let macs = sample.frame.and_then(|frame| frame.macs).map(|macs| (macs.src, macs.dst));
        let tunnel = sample.frame.map_or(Tunnel::None, |frame| frame.tunnel);
        self.said.flows.push(Flow {
            sequence: sample.sequence,
            source: sample.source,
            rate: sample.rate,
            pool: sample.pool,
            drops: sample.drops,
            input: sample.input.index(),
            output: sample.output.index(),
            raw: (length > 0).then_some(Raw { length, macs, tunnel }),
        });
    }
    fn counters(&mut self, counters: &InterfaceCounters) {
        self.said.counters.push(*counters);
    }
    fn counter_sample(&mut self) {
        self.said.counter_samples += 1;
    }
    fn skipped(&mut self, what: Skip) {
        self.said.discarded += usize::from(what == Skip::DiscardedPacket);
        self.skips.push(what);
    }
}

/// What sflow-parser says, brought to the same form.
fn theirs(datagram: &SFlowDatagram) -> Said {
    let mut said = Said::default();
    for sample in &datagram.samples {
        match &sample.sample_data {
            SampleData::FlowSample(flow) => said.flows.push(Flow {
                sequence: flow.sequence_number,
                source: DataSource { class: flow.source_id.source_type().into(), index: flow.source_id.index() },
                rate: flow.sampling_rate,
                pool: flow.sample_pool,
                drops: flow.drops,
                input: if_index(flow.input.format().into(), flow.input.value()),
                output: if_index(flow.output.format().into(), flow.output.value()),
                raw: raw(&flow.flow_records),
            }),
            SampleData::FlowSampleExpanded(flow) => said.flows.push(Flow {
                sequence: flow.sequence_number,
                source: DataSource { class: flow.source_id.source_id_type, index: flow.source_id.source_id_index },
                rate: flow.sampling_rate,
                pool: flow.sample_pool,
                drops: flow.drops,
                input: if_index(flow.input.format, flow.input.value),
                output: if_index(flow.output.format, flow.output.value),
                raw: raw(&flow.flow_records),
            }),
            SampleData::CountersSample(sample) => said.count(sample.sequence_number, &sample.counters),
            SampleData::CountersSampleExpanded(sample) => said.count(sample.sequence_number, &sample.counters),
            SampleData::DiscardedPacket(_) => said.discarded += 1,
            SampleData::RtMetric { .. } | SampleData::RtFlow { .. } | SampleData::Unknown { .. } => {}
        }
    }
    said
}

fn if_index(format: u32, value: u32) -> Option<u32> {
    (format == 0 && !matches!(value, 0 | 0x3fff_ffff | u32::MAX)).then_some(value)
}

/// The first raw header, with the addresses in it or, failing that, in the first Ethernet record.
fn raw(records: &[FlowRecord]) -> Option<Raw> {
    let header = records.iter().find_map(|record| match &record.flow_data {
        FlowData::SampledHeader(header) => Some(header),
        _ => None,
    })?;
    let in_header = match header.header.first_chunk::<12>() {
        Some([d0, d1, d2, d3, d4, d5, source @ ..]) if header.protocol as u32 == 1 => {
            Some((Mac::new(*source), Mac::new([*d0, *d1, *d2, *d3, *d4, *d5])))
        }
        _ => None,
    };
    let shown = match header.protocol as u32 {
        1 => ethernet::start(&header.header),
        11 => Start::of_ipv4(&header.header),
        12 => Start::of_ipv6(&header.header),
        13 => Start::of_mpls(&header.header),
        _ => Start::default(),
    };
    let named = || records.iter().find_map(|record| named_tunnel(&record.flow_data));
    let tunnel = Some(shown.tunnel).filter(|tunnel| *tunnel != Tunnel::None).or_else(named).unwrap_or_default();
    (header.frame_length > 0).then_some(Raw { length: header.frame_length, macs: in_header, tunnel })
}

fn named_tunnel(record: &FlowData) -> Option<Tunnel> {
    match record {
        FlowData::ExtendedMpls(mpls) => (!mpls.in_stack.is_empty()).then_some(Tunnel::Mpls),
        FlowData::ExtendedVlanTunnel(tags) => (!tags.stack.is_empty()).then_some(Tunnel::StackedTags),
        FlowData::ExtendedL2TunnelIngress(_)
        | FlowData::ExtendedIpv4TunnelIngress(_)
        | FlowData::ExtendedIpv6TunnelIngress(_)
        | FlowData::ExtendedDecapsulateEgress(_)
        | FlowData::ExtendedDecapsulateIngress(_)
        | FlowData::ExtendedVniIngress(_) => Some(Tunnel::Vxlan),
        _ => None,
    }
}

impl Said {
    fn without_aggregates(&self) -> Self {
        let mut said = self.clone();
        said.counters.iter_mut().for_each(|counters| counters.lag = 0);
        said
    }

    fn count(&mut self, sequence: u32, records: &[CounterRecord]) {
        self.counter_samples += 1;
        let found = records.iter().find_map(|record| match &record.counter_data {
            CounterData::GenericInterface(counters) => Some(counters),
            _ => None,
        });
        let fcs_errors = records.iter().find_map(|record| match &record.counter_data {
            CounterData::EthernetInterface(ethernet) => Some(ethernet.dot3_stats_fcs_errors),
            _ => None,
        });
        let lag = records.iter().find_map(|record| match &record.counter_data {
            CounterData::LagPortStats(lag) => Some(lag.dot3ad_agg_port_attached_agg_id),
            _ => None,
        });
        let name = records.iter().find_map(|record| match &record.counter_data {
            CounterData::OpenFlowPortName(name) => Some(PortName::new(name.port_name.as_bytes())),
            _ => None,
        });
        let known = |counter: u32| (counter != u32::MAX).then_some(counter);
        let known_long = |counter: u64| (counter != u64::MAX).then_some(counter);
        self.counters.extend(found.map(|counters| InterfaceCounters {
            sequence,
            if_index: counters.if_index,
            speed: known_long(counters.if_speed).unwrap_or(0),
            direction: known(counters.if_direction).unwrap_or(0),
            status: counters.if_status,
            in_octets: known_long(counters.if_in_octets),
            out_octets: known_long(counters.if_out_octets),
            in_unicast: known(counters.if_in_ucast_pkts),
            out_unicast: known(counters.if_out_ucast_pkts),
            in_discards: known(counters.if_in_discards),
            out_discards: known(counters.if_out_discards),
            in_errors: known(counters.if_in_errors),
            out_errors: known(counters.if_out_errors),
            fcs_errors: fcs_errors.and_then(known),
            lag: lag.and_then(known).unwrap_or(0),
            name: name.unwrap_or_default(),
        }));
    }
}

/// A datagram that sflow-parser can be given without harm, or `None` if its lengths do not nest, or it is of a version that it does not read.
#[derive(Default)]
struct Safe {
    bytes: Vec<u8>,
    unknown_header_protocol: bool,
    lacks_padding: bool,
    padded_lag: bool,
    name_without_text: bool,
}

/// Formats of flow and of counter records that both sides look into.
const FLOW_RECORDS: &[u32] = &[1, 1001, 1006, 1012, 1022, 1024, 1026, 1027, 1028, 1030];
const COUNTER_RECORDS: &[u32] = &[1, 2, 7, 1005];

impl Safe {
    fn new(datagram: &[u8]) -> Option<Self> {
        let mut safe = Self { bytes: datagram.to_vec(), ..Self::default() };
        if matches!(word(datagram, 0)?, 2 | 4) {
            return None;
        }
        let start = match word(datagram, 4)? {
            0 => 24,
            1 => 28,
            2 => 40,
            _ => return None,
        };
        let declared = word(datagram, start - 4)?;
        let mut at = start;
        for _ in 0..declared {
            let (format, body, end) = safe.block(at, datagram.len())?;
            safe.sample(format, body, end)?;
            at = end.next_multiple_of(4);
        }
        Some(safe)
    }

    /// Format, start and end of the opaque structure at `at`, which must end before `limit`.
    fn block(&mut self, at: usize, limit: usize) -> Option<(u32, usize, usize)> {
        let (format, length) = (word(&self.bytes, at)?, word(&self.bytes, at + 4)?);
        let end = (at + 8).checked_add(usize::try_from(length).ok()?).filter(|end| *end <= limit)?;
        let padding = (end - at).wrapping_neg() % 4;
        self.lacks_padding |= end + padding > limit;
        Some((format, at + 8, end))
    }

    fn sample(&mut self, format: u32, body: usize, end: usize) -> Option<()> {
        let (words, kept): (usize, &[u32]) = match format {
            1 => (8, FLOW_RECORDS),
            3 => (11, FLOW_RECORDS),
            2 => (3, COUNTER_RECORDS),
            4 => (4, COUNTER_RECORDS),
            5 => (8, &[]),
            _ => return Some(()),
        };
        let mut at = body + 4 * words;
        let declared = word(&self.bytes, at - 4).filter(|_| at <= end)?;
        for _ in 0..declared {
            let (record, inside, record_end) = self.block(at, end)?;
            let body_of = &self.bytes[inside..record_end];
            match record {
                _ if !kept.contains(&record) || !lists_fit(record, body_of) => {
                    self.bytes[at..at + 4].copy_from_slice(&UNKNOWN_RECORD.to_be_bytes());
                }
                1 if matches!(format, 1 | 3) => self.raw_header(inside, record_end)?,
                7 => self.padded_lag |= body_of.len() >= 56,
                1005 => self.name_without_text |= std::str::from_utf8(body_of.get(4..).unwrap_or_default()).is_err(),
                _ => {}
            }
            at = record_end + (record_end - inside).wrapping_neg() % 4;
        }
        Some(())
    }

    fn raw_header(&mut self, at: usize, end: usize) -> Option<()> {
        let Some(length) = word(&self.bytes, at + 12).filter(|_| at + 16 <= end) else { return Some(()) };
        self.unknown_header_protocol |= !matches!(word(&self.bytes, at)?, 1..=17);
        let length = usize::try_from(length).ok().filter(|length| at + 16 + length <= end)?;
        self.lacks_padding |= at + 16 + length.next_multiple_of(4) > end;
        Some(())
    }
}

/// Whether the lists in a record end inside it. sflow-parser reads lists that we step over, and first makes room for what they claim.
fn lists_fit(record: u32, body: &[u8]) -> bool {
    let behind_list = |at: usize| Some(at + 4 + 4 * usize::try_from(word(body, at)?).ok()?);
    let end = match record {
        1006 => match word(body, 0) {
            Some(0) => behind_list(4).and_then(behind_list),
            Some(1) => behind_list(8).and_then(behind_list),
            Some(2) => behind_list(20).and_then(behind_list),
            _ => None,
        },
        1012 => behind_list(0),
        1005 => word(body, 0).and_then(|length| usize::try_from(length).ok()).map(|length| 4 + length.next_multiple_of(4)),
        _ => Some(0),
    };
    end.is_some_and(|end| end <= body.len())
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|word| u32::from_be_bytes(*word))
}

/// How a comparison went well.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    /// Both say the same, or both refuse.
    Same,
    /// They differ as they may.
    Allowed(Disagreement),
    /// sflow-parser was not asked.
    NotComparable,
}

/// Compares both sides; an error says what they differ in.
fn compare(datagram: &[u8]) -> Result<Outcome, String> {
    use Disagreement as Known;
    use Outcome::{Allowed, NotComparable, Same};
    let Some(safe) = Safe::new(datagram) else { return Ok(NotComparable) };
    let mut ours = Ours::default();
    let accepted = sflow::header(&safe.bytes).map(|(_, samples)| samples.walk(&mut ours));
    match (parse_datagram(&safe.bytes), accepted) {
        (Ok(_), Err(sflow::Refusal::AgentAddress(0))) => Ok(Allowed(Known::AcceptsUnknownAgent)),
        (Ok(datagram), Ok(())) if theirs(&datagram) == ours.said => Ok(Same),
        (Ok(datagram), Ok(())) if implausible(&datagram) && ours.skips.contains(&Skip::ImplausibleLength) => {
            Ok(Allowed(Known::AcceptsImplausibleLength))
        }
        (Ok(datagram), Ok(())) if safe.padded_lag && theirs(&datagram).without_aggregates() == ours.said.without_aggregates() => {
            Ok(Allowed(Known::MisreadsAggregate))
        }
        (Ok(datagram), Ok(())) => Err(format!("ours {:?}, theirs {:?}", ours.said, theirs(&datagram))),
        (Ok(_), Err(refusal)) => Err(format!("we refuse what it reads: {refusal}")),
        (Err(_), Err(_)) => Ok(Same),
        (Err(_), Ok(())) if safe.unknown_header_protocol => Ok(Allowed(Known::RefusesUnknownHeaderProtocol)),
        (Err(_), Ok(())) if safe.name_without_text => Ok(Allowed(Known::RefusesNameWithoutText)),
        (Err(_), Ok(())) if safe.lacks_padding => Ok(Allowed(Known::RefusesMissingPadding)),
        (Err(_), Ok(())) if ours.skips.iter().any(|skip| is_unread(*skip)) => Ok(Allowed(Known::RefusesForOneRecord)),
        (Err(error), Ok(())) => {
            let Ours { said, skips } = &ours;
            Err(format!("it refuses what we read without a fault: {error}; we read {said:?}, skipping {skips:?}, in {:02x?}", safe.bytes))
        }
    }
}

/// Whether we stepped over a record because it is broken, or did not look whether it is because it repeats another.
fn is_unread(skip: Skip) -> bool {
    skip.is_malformed() || skip == Skip::RepeatedRecord
}

fn implausible(datagram: &SFlowDatagram) -> bool {
    theirs(datagram).flows.iter().filter_map(|flow| flow.raw.as_ref()).any(|raw| raw.length > MAX_FRAME_OCTETS)
}

static PAYLOADS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let captures = pcap::sflow_captures();
    let payloads = captures.into_iter().flat_map(|capture| capture.datagrams.into_iter().map(|(_, payload)| payload).take(40));
    payloads.chain([seldom_seen()]).filter(|payload| sflow::header(payload).is_ok()).collect()
});

/// A datagram with the records that no capture has: of tunnels, of aggregates and of names.
fn seldom_seen() -> Vec<u8> {
    let raw: &[u32] = &[1, 32, 1, 1500, 4, 16, 0x0200_0000, 0x0002_0200, 0x0000_0001, 0x0800_4500];
    let tunnels: [&[u32]; 5] =
        [&[1006, 24, 1, 0x0a00_0001, 1, 17, 1, 18], &[1012, 8, 1, 0x8100_0064], &[1030, 4, 7001], &[1027, 4, 50], &[1029, 4, 7001]];
    let samples = tunnels.iter().map(|tunnel| flow_of(2, &[raw, tunnel].concat()));
    let interface = [&[1, 88][..], &[7; 22]].concat();
    let beside = [&[2, 52][..], &[9; 13], &[7, 56, 10, 11, 12, 13, 14, 15], &[0; 8], &[1005, 8, 4, 0x6574_6830]].concat();
    let counters = [&[2, 12 + 96 + 60 + 64 + 16, 41, 1, 4][..], &beside, &interface].concat();
    let samples: Vec<u32> = samples.flatten().chain(counters).collect();
    let mut datagram = datagram([1, 0xc000_0201], &samples);
    datagram[27] = 6;
    datagram
}

#[test]
fn records_that_no_capture_has_read_the_same_on_both_sides() {
    assert_eq!(compare(&seldom_seen()), Ok(Outcome::Allowed(Disagreement::MisreadsAggregate)));
    let mut ours = Ours::default();
    sflow::header(&seldom_seen()).unwrap().1.walk(&mut ours);
    let tunnels: Vec<Tunnel> = ours.said.flows.iter().map(|flow| flow.raw.as_ref().unwrap().tunnel).collect();
    assert_eq!(tunnels, [Tunnel::Mpls, Tunnel::StackedTags, Tunnel::Vxlan, Tunnel::Vxlan, Tunnel::None]);
    let counters = ours.said.counters[0];
    assert_eq!((counters.fcs_errors, counters.lag, counters.name.as_str()), (Some(9), 14, "eth0"));
}

#[test]
fn every_capture_reads_the_same_on_both_sides() {
    for capture in pcap::sflow_captures() {
        assert_eq!(capture.expected.get("datagrams").and_then(Value::as_u64), Some(capture.datagrams.len() as u64), "{}", capture.name);
        for (place, (_, payload)) in capture.datagrams.iter().enumerate().filter(|(_, (_, payload))| sflow::header(payload).is_ok()) {
            let expected = match (capture.name.as_str(), place) {
                ("goflow2-sflow-vectors", 4) => Outcome::Allowed(Disagreement::RefusesMissingPadding),
                // Their samples declare lengths that their records or the datagram belie.
                ("gopacket-sflow-vectors", 4 | 7 | 10) => Outcome::NotComparable,
                ("logstash-codec-sflow-dats", 4) => Outcome::Allowed(Disagreement::MisreadsAggregate),
                ("synthetic-sflow-v2" | "synthetic-sflow-v4", _) => Outcome::NotComparable,
                _ => Outcome::Same,
            };
            assert_eq!(compare(payload), Ok(expected), "{} {place}", capture.name);
        }
    }
}

fn datagram(agent: [u32; 2], sample: &[u32]) -> Vec<u8> {
    let words = [&[5][..], &agent, &[0, 1, 1000, 1], sample].concat();
    words.into_iter().flat_map(u32::to_be_bytes).collect()
}

/// A flow sample with one record.
fn flow(record: &[u32]) -> Vec<u32> {
    flow_of(1, record)
}

fn flow_of(count: u32, records: &[u32]) -> Vec<u32> {
    [&[1, 32 + 4 * records.len() as u32, 1, 3, 256, 256, 0, 3, 4, count][..], records].concat()
}

#[test]
fn every_allowed_disagreement_is_real() {
    let agent = [1, 0xc000_0201];
    let raw_header = |protocol, length| flow(&[1, 32, protocol, length, 4, 16, 0x0200_0000, 0x0002_0200, 0x0000_0001, 0x0800_4500]);
    let mut unpadded = datagram(agent, &flow(&[UNKNOWN_RECORD, 3, 0]));
    unpadded.pop();
    unpadded[35] = 32 + 11;
    for (datagram, expected) in [
        (datagram(agent, &raw_header(1, 1500)), Outcome::Same),
        (datagram(agent, &flow(&[1001, 4, 0])), Outcome::Allowed(Disagreement::RefusesForOneRecord)),
        (datagram(agent, &raw_header(99, 1500)), Outcome::Allowed(Disagreement::RefusesUnknownHeaderProtocol)),
        (unpadded, Outcome::Allowed(Disagreement::RefusesMissingPadding)),
        (datagram(agent, &raw_header(1, u32::MAX)), Outcome::Allowed(Disagreement::AcceptsImplausibleLength)),
        (datagram(agent, &[2, 12 + 16, 1, 3, 1, 1005, 8, 1, 0xff00_0000]), Outcome::Allowed(Disagreement::RefusesNameWithoutText)),
        (datagram([0, 0], &[]), Outcome::NotComparable),
        (datagram([0, 0], &[])[4..].to_vec(), Outcome::NotComparable),
    ] {
        assert_eq!(compare(&datagram), Ok(expected));
    }
    let nameless: Vec<u8> = [5, 0, 0, 1, 1000, 0].into_iter().flat_map(u32::to_be_bytes).collect();
    assert_eq!(compare(&nameless), Ok(Outcome::Allowed(Disagreement::AcceptsUnknownAgent)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

    #[test]
    fn every_mutation_reads_the_same_on_both_sides(
        place in any::<usize>(),
        edits in vec((any::<usize>(), any::<u8>()), 0..10),
        cut in 0_usize..400,
    ) {
        let Some(payload) = place.checked_rem(PAYLOADS.len()).and_then(|place| PAYLOADS.get(place)) else { return Ok(()) };
        let mut mutated = payload.clone();
        for (at, octet) in edits {
            let at = at % mutated.len();
            mutated[at] = octet;
        }
        if cut < 40 {
            mutated.truncate(mutated.len() - cut);
        }
        let outcome = compare(&mutated);
        prop_assert!(outcome.is_ok(), "{:?}", outcome);
    }
}
