//! What either side says of a message, in one form: for each set what it defines, or what its records count.

mod theirs;

use std::collections::{BTreeMap, BTreeSet};

use schema::sample::Interface;
use wire::flows::{Definition, Exported, Field, RecordListener, SetListener, Skip, Template, Withdrawal};

pub(crate) use theirs::said;

/// Where the two may say different things of one message, and who is right.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) enum Disagreement {
    /// It drops all sets behind one that it cannot read, or a set of templates that holds none, of IPFIX without an error, of NetFlow v9 with the sets before it. We are right: the length of the
    /// set leads to the next one.
    StopsAtABadSet,
    /// It refuses a NetFlow v9 datagram for fewer octets behind the last set than a set's header has, padding or not. We are right: nothing is lost without
    /// them.
    RefusesOctetsBehindTheLastSet,
    /// It refuses a NetFlow v5 datagram that has fewer records than it declares, or declares none. We are right: those that are there are whole.
    RefusesMissingRecords,
    /// It refuses an IPFIX message of which the datagram holds only a part. We are right: the sets that are there are whole.
    RefusesACutMessage,
    /// It refuses templates of IPFIX with a field of no octets. RFC 7011 does not: such a field says nothing, and the rest of the record can be read.
    RefusesFieldsOfNoOctets,
    /// It refuses options templates without a scope, or with nothing but a scope. It is right by RFC 7011, section 3.4.2.2; we read them, as what they say of
    /// sampling is still said.
    RefusesOddScopes,
    /// It takes templates with numbers below 256, of which a data set cannot speak (RFC 7011, section 3.4.1). We refuse them.
    TakesNumbersOfSets,
    /// It reads sets 0 and 1 in IPFIX as templates of NetFlow v9. RFC 7011, section 3.3.2, leaves them unused; we step over them.
    ReadsSetsOfNetflow9InIpfix,
    /// It keeps data templates and options templates in tables of their own. We are right: both are numbered together (RFC 7011, section 3.4.1), and what is
    /// withdrawn or defined anew holds no longer, whatever it was.
    KeepsTwoTables,
    /// It looks for a count of scope fields in the withdrawal of an options template, and drops what follows if there is none. We are right: a withdrawal is a
    /// number and a count of 0 (RFC 7011, section 8.1).
    MissesWithdrawalsOfOptions,
    /// It ends a data set at a field of variable length that has none. We are right: zero is a length (RFC 7011, section 7).
    EndsSetsAtEmptyFields,
    /// It keeps the template of before when its redefinition is refused. We are right: the records that follow have another shape.
    KeepsWhatARefusedTemplateReplaced,
}

/// What a record counts and names, of the elements that both sides read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Row {
    pub(crate) octets: u64,
    pub(crate) packets: u64,
    pub(crate) back: [u64; 2],
    pub(crate) interfaces: [Option<u32>; 2],
    pub(crate) macs: [u64; 2],
}

/// What one set says.
#[derive(PartialEq, Debug)]
pub(crate) enum Set {
    /// Templates by number, with the elements and lengths of their fields.
    Templates(Vec<(u16, Vec<(u16, u16)>)>),
    Records(u16, Vec<Row>),
    Options(u16, usize),
    NoTemplate(u16),
    /// Withdrawals, or nothing that either side knows.
    Nothing,
}

/// What we say of a message, with the templates of the exporter and its domain.
#[derive(Default)]
pub(crate) struct Ours {
    pub(crate) templates: BTreeMap<u16, Template>,
    /// What each set says, and what was stepped over in it.
    pub(crate) sets: Vec<(Set, Vec<Skip>)>,
    /// Steps over what lies behind all sets.
    pub(crate) skips: Vec<Skip>,
    /// What about this message makes disagreements possible.
    pub(crate) oddities: BTreeSet<Disagreement>,
}

#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) rows: Vec<Row>,
    pub(crate) skips: Vec<Skip>,
}

impl RecordListener for Rows {
    fn record(&mut self, exported: &Exported) {
        let record = &exported.record;
        if exported.reverse {
            self.rows.last_mut().unwrap().back = [exported.octets, exported.packets];
            return;
        }
        let index = |interface: Interface| interface.index();
        self.rows.push(Row {
            octets: exported.octets,
            packets: exported.packets,
            back: [0, 0],
            interfaces: [index(record.input), index(record.output)],
            macs: record.macs.map_or([0, 0], |macs| [macs.src.bits(), macs.dst.bits()]),
        });
    }
    fn skipped(&mut self, what: Skip) {
        self.skips.push(what);
    }
}

impl SetListener for Ours {
    fn template(&mut self, definition: Definition<'_>) {
        self.oddities.extend(oddities(&definition));
        let compiled = definition.compile();
        let skip = compiled.as_ref().err().copied();
        let former = match compiled {
            Ok(template) => self.templates.insert(definition.id, template),
            Err(_) => self.templates.remove(&definition.id),
        };
        if skip.is_some() && former.is_some() {
            self.oddities.insert(Disagreement::KeepsWhatARefusedTemplateReplaced);
        }
        if former.is_some_and(|former| former.is_options() != definition.options) {
            self.oddities.insert(Disagreement::KeepsTwoTables);
        }
        let fields = definition.fields().map(|field| (field.element, field.length)).collect();
        let (Set::Templates(templates), skips) = self.template_set() else { return };
        match skip {
            Some(skip) => skips.push(skip),
            None => templates.push((definition.id, fields)),
        }
    }

    fn withdrawn(&mut self, what: Withdrawal) {
        self.oddities.extend([Disagreement::KeepsTwoTables, Disagreement::MissesWithdrawalsOfOptions]);
        self.templates.retain(|id, template| match what {
            Withdrawal::One(one) => one != *id,
            Withdrawal::AllData => template.is_options(),
            Withdrawal::AllOptions => !template.is_options(),
        });
        let _set = self.template_set();
    }

    fn data(&mut self, id: u16, body: &[u8]) {
        let Some(template) = self.templates.get(&id) else {
            return self.sets.push((Set::NoTemplate(id), Vec::new()));
        };
        let odd = oddities(&template.definition());
        let mut rows = Rows::default();
        let records = template.records(body, Default::default(), &mut rows) + template.samplings(body, &mut |_| ());
        if has_section(template) {
            rows.rows.iter_mut().for_each(|row| row.macs = [0, 0]);
        }
        let set = if template.is_options() { Set::Options(id, records as usize) } else { Set::Records(id, rows.rows) };
        self.sets.push((set, rows.skips));
        self.oddities.extend(odd);
    }

    fn skipped(&mut self, what: Skip) {
        match what {
            Skip::UnknownSet => self.sets.push((Set::Nothing, vec![what])),
            Skip::BrokenTemplate => self.template_set().1.push(what),
            _ => self.skips.push(what),
        }
    }
}

impl Ours {
    /// The set of templates that is being read. The walk does not tell where a set begins, so on both sides those that follow each other are one.
    fn template_set(&mut self) -> &mut (Set, Vec<Skip>) {
        if !matches!(self.sets.last(), Some((Set::Templates(_), _))) {
            self.sets.push((Set::Templates(Vec::new()), Vec::new()));
        }
        self.sets.last_mut().unwrap()
    }
}

/// What about a template the two may see differently.
pub(crate) fn oddities(definition: &Definition<'_>) -> Vec<Disagreement> {
    let fields: Vec<Field> = definition.fields().collect();
    let has = |length: u16| fields.iter().any(|field| field.length == length);
    let odd_scope = definition.options && (definition.scope_fields == 0 || usize::from(definition.scope_fields) >= fields.len());
    [
        (has(0), Disagreement::RefusesFieldsOfNoOctets),
        (has(u16::MAX), Disagreement::EndsSetsAtEmptyFields),
        (odd_scope, Disagreement::RefusesOddScopes),
    ]
    .into_iter()
    .filter_map(|(is_odd, what)| is_odd.then_some(what))
    .collect()
}

/// Whether records hold sections of packets: we find addresses in them, it does not look into them.
pub(crate) fn has_section(template: &Template) -> bool {
    template.definition().fields().any(|field| matches!(field.element, 104 | 313 | 315))
}
