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
        let mut sets = Sets { protocol, domain, clock, at, matrix, counts, state, held_of_others, swept: Swept::default() };
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
    swept: Swept,
}

/// Withdrawals of all templates in one message.
///
/// Each goes through all templates of the exporter, and takes four octets of the message: without this a datagram could cost more than a thousand others. What a second one has to
/// withdraw was defined since the first.
#[derive(Default)]
struct Swept {
    data: bool,
    options: bool,
    /// What was defined since, and whether as an options template.
    defined: Vec<(u16, bool)>,
}

impl Sets<'_> {
    fn key(&self, id: u16) -> TemplateKey {
        TemplateKey { protocol: self.protocol, domain: self.domain, id }
    }

    /// Withdraws, of what was defined since all templates were, those of this kind. Returns how many held data sets were let go.
    #[cold]
    fn withdraw_defined(&mut self, what: Withdrawal) -> usize {
        let options = what == Withdrawal::AllOptions;
        let (these, others) = std::mem::take(&mut self.swept.defined).into_iter().partition(|(_, is_options)| *is_options == options);
        self.swept.defined = others;
        let these: Vec<(u16, bool)> = these;
        these.into_iter().map(|(id, _)| self.state.withdraw(self.protocol, self.domain, Withdrawal::One(id))).sum()
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
        if self.swept.data || self.swept.options {
            self.swept.defined.push((definition.id, definition.options));
        }
        if self.state.held.octets() > 0 {
            self.recover(&self.key(definition.id));
        }
    }

    fn withdrawn(&mut self, what: Withdrawal) {
        let again = match what {
            Withdrawal::One(_) => false,
            Withdrawal::AllData => std::mem::replace(&mut self.swept.data, true),
            Withdrawal::AllOptions => std::mem::replace(&mut self.swept.options, true),
        };
        let let_go = if again { self.withdraw_defined(what) } else { self.state.withdraw(self.protocol, self.domain, what) };
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
