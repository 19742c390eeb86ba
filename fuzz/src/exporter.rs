//! An exporter of NetFlow v9 or IPFIX, as simply as it can be told: every template that it sends holds until it sends another one.
//!
//! What one message says is looked at on the way. What all of them say together is what a lane must have counted too.

use std::collections::{HashMap, HashSet};

use schema::Protocol;
use wire::flows::{Clock, Definition, Message, SetListener, Skip, Template, Withdrawal, ipfix, netflow9};

use crate::memory::Bound;
use crate::records::Records;

/// A compiled template takes a small multiple of its specifiers; compiling needs an index of elements beside it.
const COMPILED: Bound = Bound { fixed: 16 * 1024, per_octet: 64 };

/// Templates are owned by their protocol, their observation domain and their number.
type Id = (Protocol, u32, u16);

/// What an exporter said.
#[derive(Default)]
pub struct Exporter {
    templates: HashMap<Id, Template>,
    seen: HashSet<Id>,
    /// In NetFlow v9.
    pub netflow9: Exported,
    /// In IPFIX.
    pub ipfix: Exported,
}

/// What was exported in one protocol.
#[derive(Clone, Copy, Default, Debug)]
pub struct Exported {
    /// Records whose template was known when they came.
    pub records: Records,
    /// Records of options templates, likewise.
    pub options_records: u64,
    /// Distinct templates.
    pub templates: u64,
    /// Distinct options templates.
    pub options_templates: u64,
}

impl Exported {
    /// Adds what another exporter said.
    pub fn merge(&mut self, other: &Self) {
        self.records.merge(&other.records);
        self.options_records += other.options_records;
        self.templates += other.templates;
        self.options_templates += other.options_templates;
    }
}

impl Exporter {
    /// Reads one datagram, which may hold several messages of IPFIX.
    ///
    /// # Panics
    /// If a walk allocates, tells more than the octets can hold, or tells impossible records; or if a template is not what it was defined as.
    pub fn datagram(&mut self, protocol: Protocol, datagram: &[u8]) {
        let mut rest = Some(datagram);
        while let Some(octets) = rest.take() {
            let read = if protocol == Protocol::Netflow9 { netflow9(octets) } else { ipfix(octets) };
            let Ok(message) = read else { return };
            rest = message.following();
            assert!(rest.is_none_or(|rest| rest.len() < octets.len()), "a message behind itself");
            self.message(message, octets.len());
        }
    }

    fn message(&mut self, message: Message<'_>, octets: usize) {
        let mut told = Told::default();
        Bound::NOTHING.keep(octets, || message.walk(&mut told));
        told.check(octets);
        let Message { protocol, domain, clock, .. } = message;
        message.walk(&mut Sets { exporter: self, protocol, domain, clock });
    }

    fn of(&mut self, protocol: Protocol) -> &mut Exported {
        if protocol == Protocol::Netflow9 { &mut self.netflow9 } else { &mut self.ipfix }
    }

    fn define(&mut self, id: Id, definition: &Definition<'_>) {
        let compiled = COMPILED.keep(definition.fields.len(), || definition.compile());
        let Ok(template) = compiled.result else {
            self.templates.remove(&id);
            return;
        };
        let claimed = template.octets() as u64;
        let taken = compiled.octets + size_of::<Template>() as u64;
        assert!(claimed >= taken, "a template of {taken} octets says that it has {claimed}");
        assert_eq!(template.definition(), *definition, "a template that says something else than its definition");
        assert_eq!(template.is_options(), definition.options);
        self.templates.insert(id, template);
        if self.seen.insert(id) {
            let exported = self.of(id.0);
            let count = if definition.options { &mut exported.options_templates } else { &mut exported.templates };
            *count += 1;
        }
    }

    fn data(&mut self, id: Id, body: &[u8], clock: Clock) {
        let Some(template) = self.templates.get(&id) else { return };
        let records = records_of(template, body, clock);
        let options = options_of(template, body);
        assert!(!template.is_options() || records.forward == 0, "options were read as traffic");
        let options_records = if template.is_options() { options } else { 0 };
        let exported = self.of(id.0);
        exported.records.merge(&records);
        exported.options_records += options_records;
    }
}

fn records_of(template: &Template, body: &[u8], clock: Clock) -> Records {
    let mut records = Records::default();
    let walked = Bound::NOTHING.keep(body.len(), || template.records(body, clock, &mut records)).result;
    assert_eq!(u64::from(walked), records.forward);
    assert!(records.forward <= body.len() as u64, "{} records in {} octets", records.forward, body.len());
    assert!(records.skipped <= 1 + 2 * records.forward, "{} skips of {} records", records.skipped, records.forward);
    records
}

fn options_of(template: &Template, body: &[u8]) -> u64 {
    let mut rates = 0;
    let options = Bound::NOTHING.keep(body.len(), || template.samplings(body, &mut |_| rates += 1)).result;
    assert!(rates <= options && options as usize <= body.len(), "{rates} rates in {options} records of {} octets", body.len());
    options.into()
}

/// How much a walk over sets told.
#[derive(Default)]
struct Told {
    calls: usize,
    octets: usize,
}

impl Told {
    /// Each set, template and withdrawal has at least 4 octets; and at the end of a message and of each set one more thing may be said.
    fn check(&self, octets: usize) {
        assert!(self.calls <= 2 * (octets / 4) + 1, "{} calls for {octets} octets", self.calls);
        assert!(self.octets <= octets, "{} octets told of {octets}", self.octets);
    }
}

impl SetListener for Told {
    fn template(&mut self, definition: Definition<'_>) {
        self.calls += 1;
        self.octets += definition.fields.len();
    }

    fn withdrawn(&mut self, _: Withdrawal) {
        self.calls += 1;
    }

    fn data(&mut self, _: u16, body: &[u8]) {
        self.calls += 1;
        self.octets += body.len();
    }

    fn skipped(&mut self, _: Skip) {
        self.calls += 1;
    }
}

/// The sets of one message on their way to the exporter's templates.
struct Sets<'a> {
    exporter: &'a mut Exporter,
    protocol: Protocol,
    domain: u32,
    clock: Clock,
}

impl SetListener for Sets<'_> {
    fn template(&mut self, definition: Definition<'_>) {
        self.exporter.define((self.protocol, self.domain, definition.id), &definition);
    }

    fn withdrawn(&mut self, what: Withdrawal) {
        let of_this = |id: &Id| (id.0, id.1) == (self.protocol, self.domain);
        self.exporter.templates.retain(|id, template| match what {
            Withdrawal::One(number) => !of_this(id) || id.2 != number,
            Withdrawal::AllData => !of_this(id) || template.is_options(),
            Withdrawal::AllOptions => !of_this(id) || !template.is_options(),
        });
    }

    fn data(&mut self, template: u16, body: &[u8]) {
        self.exporter.data((self.protocol, self.domain, template), body, self.clock);
    }

    fn skipped(&mut self, _: Skip) {}
}
