//! What a lane counts beside the matrix: datagrams by protocol, and everything that it stepped over.

use std::collections::BTreeMap;

use aggregator::Refused;
use schema::sample::FlowSample;
use wire::protocol::Protocol;
use wire::sflow::{Refusal, Skip};

/// Counters of one lane since it began. Plain sums: lanes' counts are added.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// sFlow v5 as decoded.
    pub sflow5: Sflow5,
    /// Datagrams of the protocols that are recognised but not decoded, by the protocol's name.
    pub undecoded: BTreeMap<&'static str, u64>,
    /// Datagrams of no known protocol.
    pub unknown: u64,
}

/// Counters of sFlow v5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sflow5 {
    /// Datagrams, those that were refused among them.
    pub datagrams: u64,
    /// Flow samples.
    pub flow_samples: u64,
    /// Those of them that the matrix did not take: of datagrams that came before, or from exporters beyond the bound.
    pub samples_not_taken: u64,
    /// Counter samples.
    pub counter_samples: u64,
    /// Σ frame_length·rate over all flow samples with a raw header, each sampled packet once.
    pub nominal_bytes: u128,
    /// Σ rate over all flow samples.
    pub nominal_packets: u128,
    /// Whole datagrams that were refused, by reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// Records and samples that were stepped over, by [`Skip::index`].
    skips: [u64; Skip::ALL.len()],
}

impl Counts {
    /// Adds another lane's counters.
    pub fn merge(&mut self, other: &Self) {
        self.sflow5.merge(&other.sflow5);
        for (protocol, count) in &other.undecoded {
            *self.undecoded.entry(protocol).or_default() += count;
        }
        self.unknown += other.unknown;
    }

    /// Counts a datagram of a protocol that is recognised but not decoded.
    pub fn undecoded(&mut self, protocol: Protocol) {
        *self.undecoded.entry(protocol.name()).or_default() += 1;
    }

    /// All flow datagrams, whatever became of them.
    #[must_use]
    pub fn flow_datagrams(&self) -> u64 {
        self.sflow5.datagrams + self.undecoded.values().sum::<u64>()
    }

    /// Everything that was stepped over, by reason, whatever its protocol.
    pub fn skipped(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let undecoded = self.undecoded.iter().map(|(protocol, count)| (not_decoded(protocol), *count));
        let unknown = (self.unknown > 0).then_some(("unknown_protocol", self.unknown));
        self.sflow5.skipped().chain(undecoded).chain(unknown)
    }
}

/// The reason's name for a datagram of a protocol that is recognised only.
fn not_decoded(protocol: &str) -> &'static str {
    match protocol {
        "sflow_old" => "sflow_old_not_decoded",
        "netflow5" => "netflow5_not_decoded",
        "netflow9" => "netflow9_not_decoded",
        "ipfix" => "ipfix_not_decoded",
        _ => "not_decoded",
    }
}

impl Sflow5 {
    fn merge(&mut self, other: &Self) {
        self.datagrams += other.datagrams;
        self.flow_samples += other.flow_samples;
        self.samples_not_taken += other.samples_not_taken;
        self.counter_samples += other.counter_samples;
        self.nominal_bytes += other.nominal_bytes;
        self.nominal_packets += other.nominal_packets;
        for (reason, count) in &other.refused {
            *self.refused.entry(reason).or_default() += count;
        }
        for (sum, count) in self.skips.iter_mut().zip(other.skips) {
            *sum += count;
        }
    }

    /// Counts a flow sample.
    #[inline]
    pub fn flow(&mut self, sample: &FlowSample) {
        self.flow_samples += 1;
        self.nominal_packets += u128::from(sample.rate);
        self.nominal_bytes += u128::from(sample.rate) * u128::from(sample.raw_length);
    }

    /// Counts something that was stepped over.
    #[inline]
    pub fn skip(&mut self, what: Skip) {
        if let Some(count) = self.skips.get_mut(what.index()) {
            *count += 1;
        }
    }

    /// Counts a datagram that is not decodable.
    pub fn refuse(&mut self, why: Refusal) {
        *self.refused.entry(why.name()).or_default() += 1;
    }

    /// Counts a datagram that the matrix does not take.
    pub fn not_taken(&mut self, why: Refused) {
        let reason = match why {
            Refused::Duplicate => "duplicate_datagram",
            Refused::TooManyExporters => "too_many_exporters",
        };
        *self.refused.entry(reason).or_default() += 1;
    }

    /// Everything that was stepped over, by reason.
    pub fn skipped(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let skips = Skip::ALL.iter().map(|skip| skip.name()).zip(self.skips).filter(|(_, count)| *count > 0);
        self.refused.iter().map(|(reason, count)| (*reason, *count)).chain(skips)
    }
}
