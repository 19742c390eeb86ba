//! sFlow: samples into the shard.

use std::net::IpAddr;

use aggregator::{ExporterKey, Intake, Numbering};
use directory::Snapshot;
use schema::sample::{FlowSample, InterfaceCounters, Sampled};
use schema::{Protocol, Timestamp};
use wire::sflow::{self, Listener, Skip, Usual};

use super::Lane;
use crate::counts::{Nominal, Sflow};

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
            Ok(exporter) => {
                let Some(intake) = self.shard.intake(exporter, directory) else { return };
                samples.walk(&mut Walk { intake, counts, nominal: Nominal::default() });
            }
            Err(why) => {
                counts.not_taken(why);
                samples.walk(&mut CountOnly { counts });
            }
        }
    }
}

/// The samples of one datagram on their way to the shard.
struct Walk<'a> {
    intake: Intake<'a>,
    counts: &'a mut Sflow,
    nominal: Nominal,
}

impl Drop for Walk<'_> {
    fn drop(&mut self) {
        self.counts.add(self.intake.taken(), &self.nominal);
    }
}

impl Listener for Walk<'_> {
    fn flow(&mut self, sample: &FlowSample) {
        self.nominal.flow(sample);
        self.intake.flow(*sample);
    }

    #[inline(always)]
    fn usual<const HEAD: usize>(&mut self, sample: Usual<'_, HEAD>)
    where
        for<'a> Usual<'a, HEAD>: Sampled,
    {
        self.nominal.flow(&sample);
        self.intake.flow(sample);
    }

    fn counters(&mut self, counters: &InterfaceCounters) {
        self.intake.counters(counters);
    }

    fn counter_sample(&mut self) {
        self.counts.counter_samples += 1;
        self.intake.counter_sample();
    }

    #[inline]
    fn skipped(&mut self, what: Skip) {
        self.counts.skip(what);
        if what.is_malformed() {
            self.intake.malformed();
        }
    }
}

/// The samples of a datagram that the matrix does not take, because it came before or its exporter is one too many. They were exported all
/// the same, and what was exported is counted before any filter.
struct CountOnly<'a> {
    counts: &'a mut Sflow,
}

impl CountOnly<'_> {
    fn count(&mut self, sample: &FlowSample) {
        let mut nominal = Nominal::default();
        nominal.flow(sample);
        self.counts.add(1, &nominal);
    }
}

impl Listener for CountOnly<'_> {
    fn flow(&mut self, sample: &FlowSample) {
        self.count(sample);
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
