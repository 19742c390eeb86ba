//! A small cache of templates, with which datagrams of many exporters are read.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use schema::Protocol;
use wire::flows::{
    Clock, Definition, Exported, Message, RecordListener, Refusal, Sampling, SetListener, Skip, Template, Withdrawal, ipfix, netflow5,
    netflow9,
};
use wire::protocol::recognise;

/// To whom a template belongs: exporter and observation domain.
type Scope = (IpAddr, u32);

/// What a walk over datagrams found, with the templates that it met.
#[derive(Default)]
pub(crate) struct Cache {
    templates: BTreeMap<(Scope, u16), Template>,
    seen: BTreeSet<(Scope, u16)>,
    scope: Option<Scope>,
    clock: Clock,
    /// All that was heard.
    pub(crate) heard: Heard,
}

/// What datagrams said.
#[derive(Default, Debug)]
pub(crate) struct Heard {
    pub(crate) datagrams: u64,
    pub(crate) exported: Vec<Exported>,
    pub(crate) samplings: Vec<Sampling>,
    pub(crate) records: u64,
    pub(crate) options_records: u64,
    /// Data sets whose template was not known.
    pub(crate) orphans: u64,
    pub(crate) skips: Vec<Skip>,
    pub(crate) refusals: Vec<Refusal>,
}

impl Cache {
    /// Templates seen: distinct by exporter, domain and number.
    pub(crate) fn templates_seen(&self) -> usize {
        self.seen.len()
    }

    /// Reads one datagram by what it looks like.
    pub(crate) fn read(&mut self, source: IpAddr, payload: &[u8]) {
        let read = match recognise(payload) {
            Some(Protocol::Netflow5) => netflow5(payload).map(|datagram| {
                self.heard.records += u64::from(datagram.walk(&mut self.heard));
            }),
            Some(Protocol::Netflow9) => netflow9(payload).map(|message| self.message(source, message)),
            Some(Protocol::Ipfix) => ipfix(payload).map(|message| self.message(source, message)),
            _ => return,
        };
        self.heard.datagrams += 1;
        self.heard.refusals.extend(read.err());
    }

    /// Reads a message, and those that follow it in its datagram.
    fn message(&mut self, source: IpAddr, message: Message<'_>) {
        let mut next = Some(message);
        while let Some(message) = next {
            self.scope = Some((source, message.domain));
            self.clock = message.clock;
            message.walk(self);
            next = message.following().and_then(|behind| ipfix(behind).ok());
        }
    }

    fn key(&self, template: u16) -> Option<(Scope, u16)> {
        self.scope.map(|scope| (scope, template))
    }
}

impl SetListener for Cache {
    fn template(&mut self, definition: Definition<'_>) {
        let Some(key) = self.key(definition.id) else { return };
        match definition.compile() {
            Ok(template) => {
                assert_eq!(template.definition(), definition);
                self.seen.insert(key);
                self.templates.insert(key, template);
            }
            Err(skip) => {
                self.templates.remove(&key);
                self.heard.skips.push(skip);
            }
        }
    }

    fn withdrawn(&mut self, what: Withdrawal) {
        let scope = self.scope;
        self.templates.retain(|(owner, id), template| {
            let meant = match what {
                Withdrawal::One(one) => one == *id,
                Withdrawal::AllData => !template.is_options(),
                Withdrawal::AllOptions => template.is_options(),
            };
            Some(*owner) != scope || !meant
        });
    }

    fn data(&mut self, template: u16, body: &[u8]) {
        let Some(known) = self.key(template).and_then(|key| self.templates.get(&key)) else {
            self.heard.orphans += 1;
            return;
        };
        let records = known.records(body, self.clock, &mut self.heard);
        let samplings = &mut self.heard.samplings;
        let options = known.samplings(body, &mut |sampling| samplings.push(sampling));
        self.heard.records += u64::from(records);
        self.heard.options_records += u64::from(options);
    }

    fn skipped(&mut self, what: Skip) {
        self.heard.skips.push(what);
    }
}

impl RecordListener for Heard {
    fn record(&mut self, record: &Exported) {
        self.exported.push(*record);
    }
    fn skipped(&mut self, what: Skip) {
        self.skips.push(what);
    }
}
