//! NetFlow and IPFIX: templates into the lane's memory, records into the shard.

use std::net::IpAddr;

use aggregator::{ExporterKey, Numbering};
use directory::Snapshot;
use schema::sample::Agent;
use schema::{Protocol, Timestamp};
use wire::flows::{self, Clock, Definition, Message, SetListener, Skip, Withdrawal};

use super::Lane;
use super::matrix::{Matrix, Records, Recovering};
use crate::counts::{Flows, Loss};
use crate::templates::TemplateKey;
use crate::templates::exporter::{Exporter, Found};

impl Lane {
    pub(super) fn netflow5(&mut self, source: IpAddr, payload: &[u8], at: Timestamp, directory: &Snapshot) {
        let counts = &mut self.counts.netflow5;
        counts.datagrams += 1;
        let datagram = match flows::netflow5(payload) {
            Ok(datagram) => datagram,
            Err(refusal) => return counts.refuse(refusal),
        };
        let key = exporter_key(Protocol::Netflow5, source, datagram.engine.into());
        let exporter = self.shard.datagram(key, Numbering::Records(datagram.sequence), datagram.clock.uptime_ms, at);
        let mut matrix = Matrix::new(&mut self.shard, exporter, at, directory, counts);
        let held = datagram.walk(&mut Records { matrix: &mut matrix, counts, rates: None });
        matrix.held(held);
        matrix.finish();
    }

    /// A datagram of NetFlow v9 or IPFIX. Some exporters of IPFIX put several messages into one.
    pub(super) fn messages(&mut self, protocol: Protocol, source: IpAddr, payload: &[u8], at: Timestamp, directory: &Snapshot) {
        self.counts.flows_mut(protocol).datagrams += 1;
        let mut next = Some(payload);
        while let Some(payload) = next {
            let read = if protocol == Protocol::Netflow9 { flows::netflow9(payload) } else { flows::ipfix(payload) };
            let message = match read {
                Ok(message) => message,
                Err(refusal) => return self.counts.flows_mut(protocol).refuse(refusal),
            };
            next = message.following();
            self.message(message, source, at, directory);
            self.exporters.settle(source, &mut self.counts);
        }
    }

    fn message(&mut self, message: Message<'_>, source: IpAddr, at: Timestamp, directory: &Snapshot) {
        let Message { protocol, domain, sequence, uptime_ms, clock, .. } = message;
        let counts = self.counts.flows_mut(protocol);
        let numbering = if protocol == Protocol::Ipfix { Numbering::Records(sequence) } else { Numbering::Datagrams(sequence) };
        let exporter = self.shard.datagram(exporter_key(protocol, source, domain), numbering, uptime_ms, at);
        let matrix = Matrix::new(&mut self.shard, exporter, at, directory, counts);
        let (state, held_of_others) = self.exporters.at(source);
        let mut sets = Sets { protocol, domain, clock, at, matrix, counts, state, held_of_others };
        message.walk(&mut sets);
        sets.matrix.finish();
    }
}

/// NetFlow and IPFIX name no address of their own: the exporter is the UDP source, its domain the sub-agent.
const fn exporter_key(protocol: Protocol, source: IpAddr, domain: u32) -> ExporterKey {
    ExporterKey { protocol, agent: Agent { address: source, sub_agent: domain }, source }
}

/// The sets of one message on their way: definitions to the exporter's templates, data to the shard.
struct Sets<'a> {
    protocol: Protocol,
    domain: u32,
    clock: Clock,
    at: Timestamp,
    matrix: Matrix<'a>,
    counts: &'a mut Flows,
    state: &'a mut Exporter,
    held_of_others: usize,
}

impl Sets<'_> {
    fn key(&self, id: u16) -> TemplateKey {
        TemplateKey { protocol: self.protocol, domain: self.domain, id }
    }

    /// A data set that cannot be read.
    fn unread(&mut self, why: Loss) {
        self.counts.lose(why);
        self.matrix.held_unknown();
    }

    /// Keeps a data set until its template comes.
    #[cold]
    fn hold(&mut self, key: TemplateKey, body: &[u8]) {
        self.unread(Loss::WithoutTemplate);
        // What the matrix does not take now, it must not take later.
        if !self.matrix.is_taken() || !self.state.held.hold(key, body, self.clock, self.at, self.held_of_others) {
            self.counts.lose(Loss::HeldDropped);
        }
    }

    /// Reads the data sets that waited for this template.
    #[cold]
    fn recover(&mut self, key: &TemplateKey) {
        for set in self.state.held.take(key) {
            let counts = &mut *self.counts;
            match self.state.find(key) {
                Found::Template(template, rates) => {
                    template.records(&set.body, set.clock, &mut Recovering { matrix: &mut self.matrix, counts, rates, at: set.at });
                }
                Found::Options(template, mut announced) => {
                    template.samplings(&set.body, &mut |sampling| announced.note(sampling, counts));
                }
                Found::Withdrawn | Found::Nothing => {}
            }
        }
    }
}

impl SetListener for Sets<'_> {
    fn template(&mut self, definition: Definition<'_>) {
        let defined = match self.state.define(self.domain, &definition) {
            Ok(defined) => defined,
            Err(skip) => return self.skipped(skip),
        };
        if defined.is_first {
            self.counts.template(definition.options);
        }
        (0..defined.evicted).for_each(|_| self.counts.lose(Loss::TemplateEvicted));
        if self.state.held.octets() > 0 {
            self.recover(&self.key(definition.id));
        }
    }

    fn withdrawn(&mut self, what: Withdrawal) {
        let let_go = self.state.withdraw(self.protocol, self.domain, what);
        (0..let_go).for_each(|_| self.counts.lose(Loss::HeldDropped));
    }

    #[inline]
    fn data(&mut self, template: u16, body: &[u8]) {
        let key = self.key(template);
        let held = match self.state.find(&key) {
            Found::Template(template, rates) => {
                let mut records = Records { matrix: &mut self.matrix, counts: self.counts, rates: Some(rates) };
                template.records(body, self.clock, &mut records)
            }
            Found::Options(template, mut announced) => {
                let counts = &mut *self.counts;
                let records = template.samplings(body, &mut |sampling| announced.note(sampling, counts));
                counts.options_records += u64::from(records);
                records
            }
            Found::Withdrawn => return self.unread(Loss::OfWithdrawnTemplate),
            Found::Nothing => return self.hold(key, body),
        };
        self.matrix.held(held);
    }

    fn skipped(&mut self, what: Skip) {
        self.matrix.skipped(what, self.counts);
    }
}
