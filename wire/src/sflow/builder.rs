//! Writes datagrams for the tests of this module, well-formed unless told otherwise, and hears what the walk says of them.

use schema::sample::{FlowSample, InterfaceCounters};

use super::{Listener, Skip, header};

pub(crate) const SRC: [u8; 6] = [2, 0, 0, 0, 0, 1];
pub(crate) const DST: [u8; 6] = [2, 0, 0, 0, 0, 2];

/// A datagram with samples of any kind.
pub(crate) struct Datagram {
    agent: [u8; 4],
    sub_agent: u32,
    sequence: u32,
    declared: Option<u32>,
    samples: Vec<Vec<u8>>,
}

impl Datagram {
    pub(crate) fn new(agent: [u8; 4]) -> Self {
        Self { agent, sub_agent: 0, sequence: 1, declared: None, samples: Vec::new() }
    }

    pub(crate) fn sub_agent(mut self, sub_agent: u32) -> Self {
        self.sub_agent = sub_agent;
        self
    }

    pub(crate) fn sequence(mut self, sequence: u32) -> Self {
        self.sequence = sequence;
        self
    }

    /// Declares another number of samples than there are.
    pub(crate) fn declare(mut self, samples: u32) -> Self {
        self.declared = Some(samples);
        self
    }

    pub(crate) fn sample(mut self, sample: Sample) -> Self {
        self.samples.push(sample.bytes());
        self
    }

    pub(crate) fn raw_sample(mut self, format: u32, body: &[u8]) -> Self {
        self.samples.push(block(format, body));
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = words(&[5, 1]);
        bytes.extend(self.agent);
        let declared = self.declared.unwrap_or(self.samples.len() as u32);
        bytes.extend(words(&[self.sub_agent, self.sequence, 1000, declared]));
        bytes.extend(self.samples.iter().flatten());
        bytes
    }
}

/// A flow or counter sample.
pub(crate) struct Sample {
    format: u32,
    words: Vec<u32>,
    declared: Option<u32>,
    longer: i32,
    records: Vec<Vec<u8>>,
}

impl Sample {
    fn new(format: u32, words: &[u32]) -> Self {
        Self { format, words: words.to_vec(), declared: None, longer: 0, records: Vec::new() }
    }

    /// Sequence, source, rate, pool, drops, input, output.
    pub(crate) fn flow(words: [u32; 7]) -> Self {
        Self::new(1, &words)
    }

    /// Sequence, source (class, index), rate, pool, drops, input (format, value), output (format, value).
    pub(crate) fn flow_expanded(words: [u32; 10]) -> Self {
        Self::new(3, &words)
    }

    pub(crate) fn counters(sequence: u32) -> Self {
        Self::new(2, &[sequence, 1])
    }

    pub(crate) fn counters_expanded(sequence: u32) -> Self {
        Self::new(4, &[sequence, 0, 1])
    }

    pub(crate) fn record(mut self, format: u32, body: &[u8]) -> Self {
        self.records.push(block(format, body));
        self
    }

    /// Adds octets as they are, as the last record.
    pub(crate) fn octets(mut self, bytes: &[u8]) -> Self {
        self.records.push(bytes.to_vec());
        self
    }

    /// Declares another number of records than there are.
    pub(crate) fn declare(mut self, records: u32) -> Self {
        self.declared = Some(records);
        self
    }

    /// Gives the sample a length that is wrong by so many octets.
    pub(crate) fn longer_by(mut self, octets: i32) -> Self {
        self.longer = octets;
        self
    }

    fn bytes(self) -> Vec<u8> {
        let mut body = words(&self.words);
        body.extend(words(&[self.declared.unwrap_or(self.records.len() as u32)]));
        body.extend(self.records.into_iter().flatten());
        let mut bytes = words(&[self.format, (body.len() as u32).wrapping_add_signed(self.longer)]);
        bytes.extend(body);
        bytes
    }
}

/// The record `if_counters`, by its fields in order.
pub(crate) struct IfCounters {
    pub(crate) speed: u64,
    pub(crate) in_octets: u64,
}

impl IfCounters {
    /// Each field holds its own place in the record, from 1.
    pub(crate) fn numbered() -> Self {
        Self { speed: 3, in_octets: 6 }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = words(&[1, 2]);
        bytes.extend(self.speed.to_be_bytes());
        bytes.extend(words(&[4, 5]));
        bytes.extend(self.in_octets.to_be_bytes());
        bytes.extend(words(&[7, 8, 9, 10, 11, 12]));
        bytes.extend(13_u64.to_be_bytes());
        bytes.extend(words(&[14, 15, 16, 17, 18, 19]));
        bytes
    }
}

pub(crate) fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// A format, a length and the body with its padding.
pub(crate) fn block(format: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = words(&[format, body.len() as u32]);
    bytes.extend(body);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// Both addresses, then these halves: tags and the type.
pub(crate) fn ethernet_header(halves: &[u16]) -> Vec<u8> {
    let mut bytes = [DST, SRC].concat();
    bytes.extend(halves.iter().flat_map(|half| half.to_be_bytes()));
    bytes
}

/// The record of a raw header with this protocol and frame length.
pub(crate) fn raw_header_of(protocol: u32, frame_length: u32, header: &[u8]) -> Vec<u8> {
    let mut bytes = words(&[protocol, frame_length, 4, header.len() as u32]);
    bytes.extend(header);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// The record of an untagged IPv4 frame of this length.
pub(crate) fn raw_header(frame_length: u32) -> Vec<u8> {
    let mut header = ethernet_header(&[0x0800]);
    header.resize(64, 0x45);
    raw_header_of(1, frame_length, &header)
}

/// What the walk of a datagram said, in its order.
#[derive(Default, Debug, PartialEq)]
pub(crate) struct Heard {
    pub(crate) flows: Vec<FlowSample>,
    pub(crate) counters: Vec<InterfaceCounters>,
    pub(crate) counter_samples: usize,
    pub(crate) skips: Vec<Skip>,
}

impl Listener for Heard {
    fn flow(&mut self, sample: &FlowSample) {
        self.flows.push(*sample);
    }
    fn counters(&mut self, counters: &InterfaceCounters) {
        self.counters.push(*counters);
    }
    fn counter_sample(&mut self) {
        self.counter_samples += 1;
    }
    fn skipped(&mut self, what: Skip) {
        self.skips.push(what);
    }
}

/// Walks a datagram whose header is intact.
pub(crate) fn heard(datagram: &[u8]) -> Heard {
    let mut heard = Heard::default();
    header(datagram).unwrap().1.walk(&mut heard);
    heard
}
