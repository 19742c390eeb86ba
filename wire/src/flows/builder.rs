//! Messages and records as exporters write them, for tests.

use schema::Protocol;

use super::{
    Clock, Definition, Exported, Field, Message, RecordListener, Sampling, SetListener, Skip, Template, Withdrawal, ipfix, netflow9,
};

/// Element and length of a field of IANA's.
pub(super) type Spec = (u16, u16);

/// The element whose way back it is (RFC 5103).
pub(super) const fn reverse(element: u16) -> Spec {
    (REVERSE_BIT | element, 4)
}

/// In a [`Spec`], marks an element of the way back; it lies above all elements in use and is no part of the octets.
const REVERSE_BIT: u16 = 0x4000;

/// The export time of all messages here: a time in seconds since 1970.
pub(super) const NOW: u32 = 1_700_000_000;

/// The uptime of NetFlow v9 messages here, in milliseconds.
pub(super) const UPTIME: u32 = 500_000;

/// The clock of an IPFIX message made here.
pub(super) const CLOCK: Clock = Clock { export_ms: NOW as u64 * 1000, uptime_ms: None };

/// Field specifiers of IPFIX.
pub(super) fn specs(fields: &[Spec]) -> Vec<u8> {
    let mut octets = Vec::new();
    for (element, length) in fields {
        let reverse = element & REVERSE_BIT != 0;
        let number = if reverse { 0x8000 | (element & !REVERSE_BIT) } else { *element };
        octets.extend(number.to_be_bytes());
        octets.extend(length.to_be_bytes());
        if reverse {
            octets.extend(29_305_u32.to_be_bytes());
        }
    }
    octets
}

/// Numbers with the octets that each has.
pub(super) fn numbers(values: &[(u64, usize)]) -> Vec<u8> {
    values.iter().flat_map(|(value, octets)| value.to_be_bytes()[8 - octets..].to_vec()).collect()
}

/// A message in the making.
pub(super) struct Datagram {
    protocol: Protocol,
    sets: Vec<u8>,
}

impl Datagram {
    pub(super) fn new(protocol: Protocol) -> Self {
        Self { protocol, sets: Vec::new() }
    }

    /// A set of this kind.
    pub(super) fn set(mut self, id: u16, body: &[u8]) -> Self {
        self.sets.extend(id.to_be_bytes());
        self.sets.extend((body.len() as u16 + 4).to_be_bytes());
        self.sets.extend(body);
        self
    }

    /// A template of data records.
    pub(super) fn template(self, id: u16, fields: &[Spec]) -> Self {
        let kind = if self.protocol == Protocol::Ipfix { 2 } else { 0 };
        self.set(kind, &template(id, fields))
    }

    /// The message with its header.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.protocol == Protocol::Ipfix {
            bytes.extend(10_u16.to_be_bytes());
            bytes.extend((16 + self.sets.len() as u16).to_be_bytes());
        } else {
            bytes.extend([0, 9, 0, 1]);
            bytes.extend(UPTIME.to_be_bytes());
        }
        bytes.extend([NOW, 77, 6].into_iter().flat_map(u32::to_be_bytes));
        bytes.extend(&self.sets);
        bytes
    }
}

/// A template record of data.
pub(super) fn template(id: u16, fields: &[Spec]) -> Vec<u8> {
    let mut octets = id.to_be_bytes().to_vec();
    octets.extend((fields.len() as u16).to_be_bytes());
    octets.extend(specs(fields));
    octets
}

/// What the walk over the sets of a message told.
#[derive(PartialEq, Debug)]
pub(super) enum Told {
    Template(u16, bool, Vec<Field>),
    Withdrawn(Withdrawal),
    Data(u16, Vec<u8>),
    Skipped(Skip),
}

impl SetListener for Vec<Told> {
    fn template(&mut self, definition: Definition<'_>) {
        self.push(Told::Template(definition.id, definition.options, definition.fields().collect()));
    }
    fn withdrawn(&mut self, what: Withdrawal) {
        self.push(Told::Withdrawn(what));
    }
    fn data(&mut self, template: u16, body: &[u8]) {
        self.push(Told::Data(template, body.to_vec()));
    }
    fn skipped(&mut self, what: Skip) {
        self.push(Told::Skipped(what));
    }
}

/// Reads a header of either protocol.
pub(super) fn message(bytes: &[u8]) -> Message<'_> {
    netflow9(bytes).or_else(|_| ipfix(bytes)).unwrap()
}

/// What a message tells.
pub(super) fn told(bytes: &[u8]) -> Vec<Told> {
    let mut told = Vec::new();
    message(bytes).walk(&mut told);
    told
}

/// What the records of a data set told.
#[derive(Default, PartialEq, Debug)]
pub(super) struct Heard {
    pub(super) exported: Vec<Exported>,
    pub(super) skips: Vec<Skip>,
    pub(super) records: u32,
}

impl RecordListener for Heard {
    fn wants_ips(&self) -> bool {
        true
    }

    fn record(&mut self, record: &Exported) {
        self.exported.push(*record);
    }
    fn skipped(&mut self, what: Skip) {
        self.skips.push(what);
    }
}

/// A compiled template of IPFIX.
pub(super) fn compiled(fields: &[Spec]) -> Result<Template, Skip> {
    Definition { protocol: Protocol::Ipfix, id: 256, options: false, scope_fields: 0, fields: &specs(fields) }.compile()
}

/// The records of a data set with this template.
pub(super) fn heard(fields: &[Spec], body: &[u8]) -> Heard {
    let mut heard = Heard::default();
    heard.records = compiled(fields).unwrap().records(body, CLOCK, &mut heard);
    heard
}

/// The one record of numbers, each of the length that its field has.
pub(super) fn record(fields: &[(u16, u16, u64)]) -> Exported {
    let specs: Vec<Spec> = fields.iter().map(|(element, length, _)| (*element, *length)).collect();
    let body = numbers(&fields.iter().map(|(_, length, value)| (*value, usize::from(*length))).collect::<Vec<_>>());
    let heard = heard(&specs, &body);
    assert_eq!((heard.records, heard.skips.as_slice(), heard.exported.len()), (1, &[][..], 1));
    heard.exported[0]
}

/// What one options record of numbers says of sampling; the first field is its scope.
pub(super) fn sampling(protocol: Protocol, fields: &[(u16, u16, u64)]) -> Option<Sampling> {
    let specs = specs(&fields.iter().map(|(element, length, _)| (*element, *length)).collect::<Vec<_>>());
    let body = numbers(&fields.iter().map(|(_, length, value)| (*value, usize::from(*length))).collect::<Vec<_>>());
    let template = Definition { protocol, id: 256, options: true, scope_fields: 1, fields: &specs }.compile().unwrap();
    let mut told = None;
    assert_eq!(template.samplings(&body, &mut |sampling| told = Some(sampling)), 1);
    told
}
