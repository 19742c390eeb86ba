//! A switch that exports flows: its cache, and the datagrams that leave it.

use std::net::IpAddr;
use std::time::Duration;

use rand_pcg::Pcg64;
use schema::{Protocol, Timestamp};

use crate::cache::{Cache, Key, Metered};
use crate::exchange::Datagram;
use crate::members::SwitchPlace;
use crate::message::{Departure, Message, Origin};
use crate::netflow5;
use crate::plan::{Plan, TemplateRefresh};
use crate::seen::Seen;
use crate::switch::{self, MAX_DATAGRAM, MAX_WAIT};
use crate::template::{self, Kind, Sampler};
use crate::truth::Exported;

/// A switch that speaks NetFlow or IPFIX.
#[derive(Clone, Debug)]
pub(crate) struct Exporter {
    origin: Origin,
    refresh: TemplateRefresh,
    cache: Cache,
    message: Message,
    /// When the message must leave, in milliseconds since 1970; `None` while it is empty.
    due: Option<i64>,
    /// What the message holds.
    waiting: Exported,
    pub(crate) emitted: Exported,
    /// Of the next datagram.
    sequence: u32,
    /// When templates were told last.
    announced: Option<i64>,
    /// Datagrams since then.
    since_announced: u32,
    record: Vec<u8>,
    datagram: Vec<u8>,
}

impl Exporter {
    /// The switch at `position` of the plan.
    pub(crate) fn new(plan: &Plan, position: usize, place: SwitchPlace, start: i64, rng: &mut Pcg64) -> Self {
        let (sequence, booted) = switch::history(start, rng);
        // There are at most twelve switches.
        let number = u8::try_from(position + 1).unwrap_or(u8::MAX);
        let sampler = Sampler { id: number, rate: plan.sampling_of(position), booted };
        let origin = Origin { protocol: plan.protocol, agent: place.agent, domain: number, sampler, sections: plan.frame_sections };
        Self {
            origin,
            refresh: plan.template_refresh,
            cache: Cache::new(plan.flow_cache),
            message: Message::new(origin),
            due: None,
            waiting: Exported::default(),
            emitted: Exported::default(),
            sequence,
            announced: None,
            since_announced: 0,
            record: Vec::new(),
            datagram: Vec::with_capacity(MAX_DATAGRAM),
        }
    }

    /// When it may have something to do.
    pub(crate) fn due(&self) -> Option<i64> {
        [self.due, self.cache.due()].into_iter().flatten().min()
    }

    /// Meters a sampled frame, of which `header` are the first octets.
    pub(crate) fn observe(&mut self, seen: &Seen, header: &[u8], emit: &mut impl FnMut(&Datagram<'_>)) {
        if self.origin.sections {
            self.export_section(seen, header, emit);
            return;
        }
        let key = match self.origin.protocol {
            Protocol::Netflow5 => Key::layer3(seen),
            _ => Some(Key::layer2(seen)),
        };
        let given_up = key.and_then(|key| self.cache.observe(key, seen));
        if let Some(flow) = given_up {
            self.export_flow(seen.at, &flow, emit);
        }
    }

    /// Does what is due by `at`.
    pub(crate) fn work(&mut self, at: i64, emit: &mut impl FnMut(&Datagram<'_>)) {
        while let Some(flow) = self.cache.expire(at) {
            self.export_flow(at, &flow, emit);
        }
        if self.due.is_some_and(|due| due <= at) {
            self.send(at, emit);
        }
    }

    /// Exports all flows of the cache, and sends what has been gathered.
    pub(crate) fn flush(&mut self, at: i64, emit: &mut impl FnMut(&Datagram<'_>)) {
        while let Some(flow) = self.cache.take_next() {
            self.export_flow(at, &flow, emit);
        }
        self.send(at, emit);
    }

    fn export_flow(&mut self, at: i64, flow: &Metered, emit: &mut impl FnMut(&Datagram<'_>)) {
        let Origin { protocol, sampler, .. } = self.origin;
        let mut record = std::mem::take(&mut self.record);
        record.clear();
        match protocol {
            Protocol::Netflow5 => netflow5::write_record(&mut record, flow, sampler),
            _ => template::write_flow(&mut record, protocol, flow, sampler),
        }
        let exported = Exported { records: 1, octets: flow.octets, packets: flow.packets, ..self.nominal(flow.packets, flow.frame_octets) };
        self.add(at, Kind::of(&flow.first), &record, exported, emit);
        self.record = record;
    }

    fn export_section(&mut self, seen: &Seen, header: &[u8], emit: &mut impl FnMut(&Datagram<'_>)) {
        let mut record = std::mem::take(&mut self.record);
        record.clear();
        template::write_section(&mut record, seen, header, self.origin.sampler);
        // Such a record has no counters of octets or packets.
        let exported = Exported { records: 1, ..self.nominal(1, u64::from(seen.frame)) };
        self.add(seen.at, Kind::Section, &record, exported, emit);
        self.record = record;
    }

    fn nominal(&self, frames: u64, octets: u64) -> Exported {
        let rate = u64::from(self.origin.sampler.rate);
        Exported { nominal_packets: frames * rate, nominal_bytes: octets * rate, ..Exported::default() }
    }

    /// Adds a record; a message without room for it is sent first.
    fn add(&mut self, at: i64, kind: Kind, record: &[u8], exported: Exported, emit: &mut impl FnMut(&Datagram<'_>)) {
        if self.due.is_some() && self.message.octets_with(kind, record.len()) > MAX_DATAGRAM {
            self.send(at, emit);
        }
        if self.due.is_none() {
            self.due = Some(at + MAX_WAIT);
            self.message.begin(self.announces(at));
        }
        self.message.add(kind, record);
        self.waiting += exported;
    }

    /// Whether a message begun at `at` tells what its records mean.
    fn announces(&self, at: i64) -> bool {
        let Some(announced) = self.announced else { return !self.origin.kinds().is_empty() };
        let since = Duration::from_millis((at - announced).unsigned_abs());
        self.since_announced >= self.refresh.datagrams || since >= self.refresh.interval
    }

    fn send(&mut self, at: i64, emit: &mut impl FnMut(&Datagram<'_>)) {
        if self.due.take().is_none() {
            return;
        }
        self.message.write(&mut self.datagram, Departure { at, sequence: self.sequence });
        self.since_announced = self.since_announced.saturating_add(1);
        let records = u32::from(self.message.records());
        let announces = self.message.announces();
        if announces {
            (self.announced, self.since_announced) = (Some(at), 1);
            self.waiting.options_records += 1;
        }
        // Version 5 counts flows, version 9 datagrams, and IPFIX all data records, of which those of options are some.
        let advance = match self.origin.protocol {
            Protocol::Netflow5 => records,
            Protocol::Netflow9 => 1,
            _ => records + u32::from(announces),
        };
        self.sequence = self.sequence.wrapping_add(advance);
        self.waiting.datagrams += 1;
        self.emitted += std::mem::take(&mut self.waiting);
        if announces {
            self.emitted.templates = self.origin.kinds().len() as u64;
            self.emitted.options_templates = 1;
        }
        let Origin { protocol, agent, .. } = self.origin;
        emit(&Datagram { at: Timestamp(at), agent: IpAddr::V4(agent), protocol, bytes: &self.datagram });
    }
}
