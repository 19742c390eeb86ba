//! What holds for any octets.

use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use proptest::{prop_assert, prop_assert_eq, proptest};
use schema::Protocol;

use super::builder::{CLOCK, Heard};
use super::{Definition, RecordListener as _, SetListener, Skip, Template, Withdrawal, ipfix, netflow5, netflow9};

/// Compiles every template and reads every data set with the last of them.
#[derive(Default)]
struct Collector {
    template: Option<Template>,
    heard: Heard,
    octets: usize,
    steps: usize,
}

impl SetListener for Collector {
    fn template(&mut self, definition: Definition<'_>) {
        self.steps += 1;
        match definition.compile() {
            Ok(template) => self.template = Some(template),
            Err(skip) => self.heard.skipped(skip),
        }
    }
    fn withdrawn(&mut self, _: Withdrawal) {
        self.steps += 1;
    }
    fn data(&mut self, _: u16, body: &[u8]) {
        self.octets += body.len();
        self.steps += 1;
        let Some(template) = &self.template else { return };
        self.steps += template.records(body, CLOCK, &mut self.heard) as usize;
        self.steps += template.samplings(body, &mut |_| ()) as usize;
    }
    fn skipped(&mut self, _: Skip) {
        self.steps += 1;
    }
}

fn elements() -> impl Strategy<Value = Vec<(u16, u16)>> {
    let length = proptest::prop_oneof![0_u16..12, 0_u16..12, 60_u16..80, any::<u16>()];
    vec((0_u16..420, length), 0..30)
}

/// Fields that records are read by, of lengths that numbers have, and some others between them.
fn usual_elements() -> impl Strategy<Value = Vec<(u16, u16)>> {
    let read = proptest::sample::select(&[
        1_u16, 2, 8, 10, 12, 14, 21, 22, 23, 24, 27, 28, 48, 56, 57, 58, 59, 60, 61, 80, 81, 85, 86, 150, 151, 152, 153, 154, 155, 160,
        198, 243, 252, 253, 254, 256, 302, 323, 351, 352, 353,
    ]);
    let number = (proptest::prop_oneof![read.boxed(), (0_u16..420).boxed()], 1_u16..=8);
    let address = (proptest::sample::select(&[27_u16, 28]), proptest::strategy::Just(16_u16));
    vec(proptest::prop_oneof![8 => number.boxed(), 1 => address.boxed()], 1..40)
}

/// Octets of which many are such as exporters write: zeros, small numbers, types of Ethernet, times.
fn usual_octets() -> impl Strategy<Value = Vec<u8>> {
    let now = u64::from(super::builder::NOW) * 1000 - 5_000;
    let piece = proptest::prop_oneof![
        vec(any::<u8>(), 1..12).boxed(),
        vec(proptest::strategy::Just(0_u8), 1..20).boxed(),
        vec(0_u8..7, 1..4).boxed(),
        proptest::sample::select(&[[8_u8, 0], [0x86, 0xdd], [0x88, 0x47]]).prop_map(|kind| kind.to_vec()).boxed(),
        (0_u64..10_000).prop_map(move |since| (now + since).to_be_bytes().to_vec()).boxed(),
    ];
    vec(piece, 0..150).prop_map(|pieces| pieces.concat())
}

fn message(version: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes = version.to_be_bytes().to_vec();
    bytes.extend((body.len() as u16 + 16).to_be_bytes());
    bytes.extend([0; 12]);
    if version == 9 {
        bytes.extend([0; 4]);
    }
    bytes.extend(body);
    bytes
}

proptest! {
    #[test]
    fn no_octets_make_a_decoder_panic(bytes in vec(any::<u8>(), 0..300), version in 5_u16..=10) {
        let mut bytes = bytes;
        bytes.splice(..bytes.len().min(2), version.to_be_bytes());
        let mut heard = Heard::default();
        if let Ok(datagram) = netflow5(&bytes) {
            let records = datagram.walk(&mut heard);
            prop_assert!(24 + 48 * records as usize <= bytes.len());
        }
        for message in [netflow9(&bytes), ipfix(&bytes)].into_iter().flatten() {
            message.walk(&mut Collector::default());
        }
    }

    #[test]
    fn steps_are_bounded_by_octets(sets in vec((0_u16..260, vec(any::<u8>(), 0..60)), 0..20), is_ipfix in any::<bool>()) {
        let body: Vec<u8> = sets
            .iter()
            .flat_map(|(id, body)| [&id.to_be_bytes()[..], &(body.len() as u16 + 4).to_be_bytes(), body].concat())
            .collect();
        let bytes = message(if is_ipfix { 10 } else { 9 }, &body);
        let mut collector = Collector::default();
        if is_ipfix { ipfix(&bytes) } else { netflow9(&bytes) }.unwrap().walk(&mut collector);
        prop_assert!(collector.octets <= body.len());
        prop_assert!(collector.steps <= bytes.len());
    }

    #[test]
    fn any_template_reads_any_body(
        fields in elements(),
        body in vec(any::<u8>(), 0..2_000),
        options in any::<bool>(),
        scope_fields in 0_u16..4,
        protocol in proptest::sample::select(&[Protocol::Ipfix, Protocol::Netflow9]),
    ) {
        let fields: Vec<u8> = fields.iter().flat_map(|(element, length)| [element.to_be_bytes(), length.to_be_bytes()].concat()).collect();
        let definition = Definition { protocol, id: 256, options, scope_fields, fields: &fields };
        let Ok(template) = definition.compile() else { return Ok(()) };
        prop_assert_eq!(template.definition(), definition);
        let mut heard = Heard::default();
        let records = template.records(&body, CLOCK, &mut heard);
        let mut samplings = 0_u32;
        let options_records = template.samplings(&body, &mut |_| samplings += 1);
        prop_assert!((records + options_records) as usize <= body.len());
        prop_assert!(samplings <= options_records);
        prop_assert_eq!(heard.exported.iter().filter(|exported| !exported.reverse).count(), records as usize);
        prop_assert!(heard.exported.iter().all(|exported| exported.record.vlan < 4095 && exported.record.age.first_ms >= exported.record.age.last_ms));
    }

    /// Records that are read straight on say what they say when they are read step by step.
    #[test]
    fn records_read_straight_on_and_step_by_step_are_the_same(
        fields in usual_elements(),
        body in usual_octets(),
        repeat in 1_usize..4,
        protocol in proptest::sample::select(&[Protocol::Ipfix, Protocol::Netflow9]),
        uptime_ms in proptest::option::of(any::<u32>()),
    ) {
        let fields: Vec<u8> = fields.iter().flat_map(|(element, length)| [element.to_be_bytes(), length.to_be_bytes()].concat()).collect();
        let Ok(template) = (Definition { protocol, id: 256, options: false, scope_fields: 0, fields: &fields }).compile() else { return Ok(()) };
        let clock = super::Clock { uptime_ms, ..CLOCK };
        let body = body.repeat(repeat);
        let read = |template: &Template| {
            let mut heard = Heard::default();
            heard.records = template.records(&body, clock, &mut heard);
            heard
        };
        prop_assert_eq!(read(&template), read(&template.step_by_step()));
    }

    /// A number that is exported in fewer octets than it is defined with is the same number, wherever it lies.
    #[test]
    fn a_number_reads_the_same_in_any_length_and_place(value in any::<u64>(), length in 1_usize..=8, before in 0_usize..9, behind in 0_usize..9) {
        let value = value >> (64 - 8 * length);
        let body = [&vec![0xff; before][..], &value.to_be_bytes()[8 - length..], &vec![0xff; behind]].concat();
        let specs = [(210, before as u16), (1, length as u16), (210, behind as u16)];
        let heard = super::builder::heard(&specs, &[body.as_slice(), &body].concat());
        let octets: Vec<u64> = heard.exported.iter().map(|exported| exported.octets).collect();
        prop_assert_eq!(octets, [value, value]);
    }

    /// Fields of variable length before, between and behind change no number.
    #[test]
    fn variable_lengths_move_fields_and_change_none(octets in any::<u32>(), packets in any::<u16>(), lengths in proptest::array::uniform3(0_usize..300)) {
        let text = |length: usize| match u8::try_from(length) {
            Ok(short) if short < 255 => [&[short][..], &vec![0x61; length]].concat(),
            _ => [&[255][..], &(length as u16).to_be_bytes(), &vec![0x61; length]].concat(),
        };
        let [a, b, c] = lengths.map(text);
        let body = [&a[..], &octets.to_be_bytes(), &b, &packets.to_be_bytes(), &c].concat();
        let specs = [(82, 65_535), (1, 4), (83, 65_535), (2, 2), (96, 65_535)];
        let heard = super::builder::heard(&specs, &[body.as_slice(), &body].concat());
        let numbers: Vec<_> = heard.exported.iter().map(|exported| (exported.octets, exported.packets)).collect();
        prop_assert_eq!(numbers, [(u64::from(octets), u64::from(packets)); 2]);
        prop_assert!(heard.skips.is_empty());
    }
}
