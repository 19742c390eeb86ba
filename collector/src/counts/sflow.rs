//! Counters of sFlow.

use aggregator::Refused;
use schema::sample::Sampled;
use wire::sflow::{Refusal, Skip};

use super::{Reasons, merge_reasons, not_taken};

/// Counters of one version of sFlow.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sflow {
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
    pub refused: Reasons,
    /// Records and samples that were stepped over, by [`Skip::index`].
    skips: [u64; Skip::ALL.len()],
}

/// The same of one datagram's flow samples. A frame has less than 2²¹ octets, a rate 32 bits and a datagram of 64 KiB no more than 2¹⁰ samples with a
/// raw header, so 64 bits are enough.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Nominal {
    packets: u64,
    bytes: u64,
}

impl Nominal {
    /// Counts a flow sample.
    #[inline(always)]
    pub(crate) fn flow(&mut self, sample: &impl Sampled) {
        self.packets += u64::from(sample.rate());
        self.bytes = self.bytes.wrapping_add(u64::from(sample.rate()) * u64::from(sample.raw_length()));
    }
}

impl Sflow {
    pub(super) fn merge(&mut self, other: &Self) {
        self.datagrams += other.datagrams;
        self.flow_samples += other.flow_samples;
        self.samples_not_taken += other.samples_not_taken;
        self.counter_samples += other.counter_samples;
        self.nominal_bytes += other.nominal_bytes;
        self.nominal_packets += other.nominal_packets;
        merge_reasons(&mut self.refused, &other.refused);
        for (sum, count) in self.skips.iter_mut().zip(other.skips) {
            *sum += count;
        }
    }

    /// Counts so many flow samples of a datagram.
    pub(crate) fn add(&mut self, flow_samples: u64, nominal: &Nominal) {
        self.flow_samples += flow_samples;
        self.nominal_packets += u128::from(nominal.packets);
        self.nominal_bytes += u128::from(nominal.bytes);
    }

    /// Counts something that was stepped over.
    #[inline]
    pub(crate) fn skip(&mut self, what: Skip) {
        if let Some(count) = self.skips.get_mut(what.index()) {
            *count += 1;
        }
    }

    /// Counts a datagram that is not decodable.
    pub(crate) fn refuse(&mut self, why: Refusal) {
        *self.refused.entry(why.name()).or_default() += 1;
    }

    /// Counts a datagram that the matrix does not take.
    pub(crate) fn not_taken(&mut self, why: Refused) {
        *self.refused.entry(not_taken(why)).or_default() += 1;
    }

    /// Samples of packets that the exporter dropped (sFlow v5, "sFlow Dropped Packet Notification Structures").
    #[must_use]
    pub fn discard_samples(&self) -> u64 {
        self.skips.get(Skip::DiscardedPacket.index()).copied().unwrap_or_default()
    }

    /// Everything that was stepped over, by reason.
    pub fn skipped(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let skips = Skip::ALL.iter().map(|skip| skip.name()).zip(self.skips).filter(|(_, count)| *count > 0);
        self.refused.iter().map(|(reason, count)| (*reason, *count)).chain(skips)
    }
}
