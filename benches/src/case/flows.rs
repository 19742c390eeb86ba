//! IPFIX and NetFlow v9: decoding by compiled plans, the whole way, and the same by `netflow_parser`.

use std::collections::HashMap;
use std::hint::black_box;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use aggregator::{Delta, Parties, Policies};
use collector::Lane;
use netflow_parser::NetflowParser;
use wire::flows::{Clock, Definition, Exported, Message, RecordListener, SetListener, Skip, Template, Withdrawal, ipfix, netflow9};

use super::Round;
use super::sflow::{WINDOW, received};
use crate::flow_rival::{FlowRival, records};
use crate::traffic::{Datagram, Traffic, renumber};

/// Further than the numbers of a round reach.
const LATER: u32 = 10_000_000;

pub(super) fn walk(traffic: Rc<Traffic>) -> Round {
    let mut known: HashMap<IpAddr, Known> = HashMap::new();
    Box::new(move || {
        known.values_mut().for_each(|known| known.octets = 0);
        for datagram in &traffic.datagrams {
            if let Some(message) = message(&datagram.payload) {
                let known = known.entry(datagram.source).or_default();
                known.clock = message.clock;
                message.walk(known);
            }
        }
        known.values().map(|known| known.octets).fold(0, u64::wrapping_add)
    })
}

fn message(payload: &[u8]) -> Option<Message<'_>> {
    match payload {
        [0, 10, ..] => ipfix(payload).ok(),
        [0, 9, ..] => netflow9(payload).ok(),
        _ => None,
    }
}

pub(super) fn matrix(traffic: Rc<Traffic>) -> Round {
    let mut later = Later::new(&traffic);
    let mut lane = Lane::new(Parties::Members, Arc::new(Policies::default()), WINDOW);
    let mut spare = Delta::default();
    Box::new(move || {
        later.each(&mut |datagram| {
            lane.datagram(datagram.source, &datagram.payload, datagram.at, &traffic.directory);
        });
        received(&mut lane, &mut spare)
    })
}

pub(super) fn parsed(traffic: Rc<Traffic>) -> Round {
    let mut parsers: HashMap<IpAddr, NetflowParser> = HashMap::new();
    Box::new(move || {
        let mut found = 0;
        for datagram in &traffic.datagrams {
            let parser = parsers.entry(datagram.source).or_default();
            found += records(&black_box(parser.parse_bytes(&datagram.payload)).packets);
        }
        found
    })
}

pub(super) fn rival(traffic: &Traffic) -> Round {
    let mut rival = FlowRival::new(&traffic.directory);
    let mut later = Later::new(traffic);
    Box::new(move || {
        rival.clear();
        later.each(&mut |datagram| rival.datagram(datagram.source, &datagram.payload));
        rival.records()
    })
}

/// The messages of an exporter that goes on: in each round they have later numbers.
struct Later(Vec<Datagram>);

impl Later {
    fn new(traffic: &Traffic) -> Self {
        Self(traffic.datagrams.clone())
    }

    fn each(&mut self, call: &mut impl FnMut(&Datagram)) {
        for datagram in &mut self.0 {
            renumber(&mut datagram.payload, LATER);
            call(datagram);
        }
    }
}

/// What a reader knows of one exporter, and what it found.
#[derive(Default)]
struct Known {
    templates: HashMap<u16, Template>,
    clock: Clock,
    octets: u64,
}

impl RecordListener for Octets<'_> {
    fn record(&mut self, record: &Exported) {
        black_box(record);
        *self.0 = self.0.wrapping_add(record.octets);
    }
    fn skipped(&mut self, what: Skip) {
        *self.0 += what.index() as u64;
    }
}

/// Adds up what records count.
struct Octets<'a>(&'a mut u64);

impl SetListener for Known {
    fn template(&mut self, definition: Definition<'_>) {
        if self.templates.get(&definition.id).is_some_and(|known| known.definition() == definition) {
            return;
        }
        if let Ok(template) = definition.compile() {
            self.templates.insert(definition.id, template);
        }
    }

    fn withdrawn(&mut self, _: Withdrawal) {}

    fn data(&mut self, template: u16, body: &[u8]) {
        let Some(template) = self.templates.get(&template) else { return };
        if template.is_options() {
            template.samplings(body, &mut |sampling| {
                black_box(sampling);
            });
            return;
        }
        template.records(body, self.clock, &mut Octets(&mut self.octets));
    }

    fn skipped(&mut self, what: Skip) {
        self.octets += what.index() as u64;
    }
}
