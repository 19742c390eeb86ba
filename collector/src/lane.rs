//! The way of a datagram from its bytes to a shard.

use std::net::IpAddr;

use aggregator::{Delta, ExporterKey, Parties, Shard};
use directory::Snapshot;
use schema::Timestamp;
use schema::sample::{FlowSample, InterfaceCounters};
use wire::protocol::{self, Protocol};
use wire::sflow::{self, Listener, Skip};

use crate::counts::{Counts, Sflow5};

/// One thread's way from bytes to a shard of its own.
pub struct Lane {
    shard: Shard,
    counts: Counts,
}

/// What a lane did with a datagram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// It is a flow datagram: decoded, or refused under a named count.
    Flow,
    /// It is something else.
    NotFlow,
}

impl Lane {
    /// A lane whose shard is empty.
    #[must_use]
    pub fn new(parties: Parties) -> Self {
        Self { shard: Shard::new(parties), counts: Counts::default() }
    }

    /// Takes one datagram that came from `source` at `at`.
    pub fn datagram(&mut self, source: IpAddr, payload: &[u8], at: Timestamp, directory: &Snapshot) -> Taken {
        match protocol::recognise(payload) {
            Some(Protocol::Sflow5) => self.sflow5(source, payload, at, directory),
            Some(other) => self.counts.undecoded(other),
            None => {
                self.counts.unknown += 1;
                return Taken::NotFlow;
            }
        }
        Taken::Flow
    }

    fn sflow5(&mut self, source: IpAddr, payload: &[u8], at: Timestamp, directory: &Snapshot) {
        let counts = &mut self.counts.sflow5;
        counts.datagrams += 1;
        let (header, samples) = match sflow::header(payload) {
            Ok(decoded) => decoded,
            Err(refusal) => return counts.refuse(refusal),
        };
        let key = ExporterKey { agent: header.agent, source };
        match self.shard.datagram(key, header.sequence, header.uptime_ms, at) {
            Ok(exporter) => samples.walk(&mut Walk { shard: &mut self.shard, counts, exporter, directory }),
            Err(why) => {
                counts.not_taken(why);
                samples.walk(&mut CountOnly { counts });
            }
        }
    }

    /// What it counted since it began.
    #[must_use]
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Hands over what was added to the matrix since the last time; see [`Shard::take`].
    pub fn take(&mut self, empty: Delta) -> Delta {
        self.shard.take(empty)
    }

    /// Forgets exporters that were silent for long; see [`Shard::forget_silent`].
    pub fn forget_silent(&mut self, now: Timestamp) {
        self.shard.forget_silent(now);
    }
}

/// The samples of one datagram on their way to the shard.
struct Walk<'a> {
    shard: &'a mut Shard,
    counts: &'a mut Sflow5,
    exporter: aggregator::ExporterId,
    directory: &'a Snapshot,
}

impl Listener for Walk<'_> {
    #[inline]
    fn flow(&mut self, sample: &FlowSample) {
        self.counts.flow(sample);
        self.shard.flow(self.exporter, sample, self.directory);
    }

    fn counters(&mut self, counters: &InterfaceCounters) {
        self.shard.counters(self.exporter, counters);
    }

    fn counter_sample(&mut self) {
        self.counts.counter_samples += 1;
        self.shard.counter_sample(self.exporter);
    }

    #[inline]
    fn skipped(&mut self, what: Skip) {
        self.counts.skip(what);
        if what.is_malformed() {
            self.shard.malformed(self.exporter);
        }
    }
}

/// The samples of a datagram that the matrix does not take, because it came before or its exporter is one too many. They were exported all
/// the same, and what was exported is counted before any filter.
struct CountOnly<'a> {
    counts: &'a mut Sflow5,
}

impl Listener for CountOnly<'_> {
    fn flow(&mut self, sample: &FlowSample) {
        self.counts.flow(sample);
        self.counts.samples_not_taken += 1;
    }

    fn counters(&mut self, _: &InterfaceCounters) {}

    fn counter_sample(&mut self) {
        self.counts.counter_samples += 1;
    }

    fn skipped(&mut self, what: Skip) {
        self.counts.skip(what);
    }
}
