//! Reading flow records allocates nothing; compiling a template does, once.

use schema::Protocol;
use wire::flows::{Clock, Definition, Exported, RecordListener, SetListener, Skip, Template, Withdrawal, ipfix, netflow5, netflow9};

/// A template's fields and the octets of a record: 16 fields as switches export them.
const FIELDS: [(u16, u16); 16] = [
    (8, 4),
    (12, 4),
    (7, 2),
    (11, 2),
    (4, 1),
    (5, 1),
    (6, 1),
    (10, 4),
    (14, 4),
    (1, 8),
    (2, 8),
    (152, 8),
    (153, 8),
    (56, 6),
    (80, 6),
    (58, 2),
];
const VARIABLE: [(u16, u16); 4] = [(82, u16::MAX), (1, 8), (315, u16::MAX), (2, 4)];

#[derive(Default)]
struct Tally {
    template: Option<Template>,
    octets: u64,
    records: u32,
    samplings: u32,
    skipped: [u32; Skip::ALL.len()],
}

#[derive(Default)]
struct Octets(u64);

impl RecordListener for Octets {
    fn record(&mut self, record: &Exported) {
        self.0 += record.octets + record.record.packets;
    }
    fn skipped(&mut self, _: Skip) {}
}

impl SetListener for Tally {
    fn template(&mut self, _: Definition<'_>) {}
    fn withdrawn(&mut self, _: Withdrawal) {}
    fn data(&mut self, _: u16, body: &[u8]) {
        let Some(template) = &self.template else { return };
        let mut octets = Octets::default();
        self.records += template.records(body, Clock::default(), &mut octets);
        self.records += template.samplings(body, &mut |_| self.samplings += 1);
        self.octets += octets.0;
    }
    fn skipped(&mut self, what: Skip) {
        self.skipped[what.index()] += 1;
    }
}

fn compiled(fields: &[(u16, u16)], options: bool) -> Option<Template> {
    let fields: Vec<u8> = fields.iter().flat_map(|(element, length)| [element.to_be_bytes(), length.to_be_bytes()].concat()).collect();
    Definition { protocol: Protocol::Ipfix, id: 256, options, scope_fields: u16::from(options), fields: &fields }.compile().ok()
}

/// A message whose one data set has this body.
fn message(version: u8, body: &[u8]) -> Vec<u8> {
    let (header, length) = if version == 9 { (20, [0, 1]) } else { (16, (body.len() as u16 + 20).to_be_bytes()) };
    let mut bytes = vec![0; header];
    bytes[1] = version;
    bytes[2..4].copy_from_slice(&length);
    bytes.extend([1, 0]);
    bytes.extend((body.len() as u16 + 4).to_be_bytes());
    bytes.extend(body);
    bytes
}

fn walk(tally: &mut Tally, bytes: &[u8]) {
    for message in [netflow9(bytes), ipfix(bytes)].into_iter().flatten() {
        message.walk(tally);
    }
}

#[test]
fn reading_records_allocates_nothing() {
    let variable: Vec<u8> = [&[3, 1, 1, 1][..], &[0; 7], &[9], &[4, 1, 2, 3, 4], &[0, 0, 0, 1]].concat().repeat(9);
    let options = [(149, 4), (302, 8), (34, 4), (82, u16::MAX)];
    for (template, body, records) in [
        (compiled(&FIELDS, false), vec![1; 69 * 20], 20),
        (compiled(&VARIABLE, false), variable, 9),
        (compiled(&options, true), vec![0; 17 * 5], 5),
    ] {
        for version in [9, 10] {
            let bytes = message(version, &body);
            let mut tally = Tally { template: template.clone(), ..Tally::default() };
            let allocated = allocation_counter::measure(|| walk(&mut tally, &bytes));
            assert_eq!((tally.records, allocated.count_total), (records, 0));
        }
    }
}

#[test]
fn reading_a_cut_or_foreign_message_allocates_nothing() {
    let bytes = message(10, &[1; 69 * 4]);
    let mut tally = Tally { template: compiled(&FIELDS, false), ..Tally::default() };
    let allocated = allocation_counter::measure(|| {
        for length in 0..bytes.len() {
            walk(&mut tally, &bytes[..length]);
            walk(&mut tally, &bytes[length..]);
        }
    });
    assert!(tally.skipped[Skip::SetOverrun.index()] > 0);
    assert_eq!(allocated.count_total, 0);
}

#[test]
fn reading_netflow_5_allocates_nothing() {
    let mut bytes = vec![0; 24 + 48 * 30];
    bytes[..4].copy_from_slice(&[0, 5, 0, 30]);
    let mut records = 0;
    let allocated = allocation_counter::measure(|| {
        records = netflow5(&bytes).map_or(0, |datagram| datagram.walk(&mut Octets::default()));
    });
    assert_eq!((records, allocated.count_total), (30, 0));
}

#[test]
fn the_measure_sees_that_compiling_allocates() {
    assert!(allocation_counter::measure(|| drop(compiled(&FIELDS, false))).count_total > 0);
}

#[test]
fn a_template_takes_memory_by_its_fields() {
    let few = compiled(&FIELDS, false).map_or(0, |template| template.octets());
    let many = compiled(&[(82, u16::MAX); 1024], false).map_or(0, |template| template.octets());
    assert!((200..2_000).contains(&few), "{few}");
    assert!(many < 16_000, "{many}");
}
