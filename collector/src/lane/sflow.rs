//! sFlow: samples into the shard.

use std::net::IpAddr;

use aggregator::{ExporterId, ExporterKey, Numbering, Shard};
use directory::Snapshot;
use schema::sample::{FlowSample, InterfaceCounters};
use schema::{Protocol, Timestamp};
use wire::sflow::{self, Listener, Skip};

use super::Lane;
use crate::counts::Sflow;

impl Lane {
    pub(super) fn sflow(&mut self, protocol: Protocol, source: IpAddr, payload: &[u8], at: Timestamp, directory: &Snapshot) {
        let counts = self.counts.sflow_mut(protocol);
        counts.datagrams += 1;
        let (header, samples) = match sflow::header(payload) {
            Ok(decoded) => decoded,
            Err(refusal) => return counts.refuse(refusal),
        };
        let key = ExporterKey { protocol, agent: header.agent, source };
        match self.shard.datagram(key, Numbering::Datagrams(header.sequence), Some(header.uptime_ms), at) {
            Ok(exporter) => samples.walk(&mut Walk { shard: &mut self.shard, counts, exporter, directory }),
            Err(why) => {
                counts.not_taken(why);
                samples.walk(&mut CountOnly { counts });
            }
        }
    }
}

/// The samples of one datagram on their way to the shard.
struct Walk<'a> {
    shard: &'a mut Shard,
    counts: &'a mut Sflow,
    exporter: ExporterId,
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
    counts: &'a mut Sflow,
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
