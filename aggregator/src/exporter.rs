//! Exporters: who sends datagrams, and how many of them are missing.

use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use std::sync::Arc;

use schema::sample::Agent;
use schema::window::ExporterRow;
use schema::{Protocol, Timestamp};

use crate::table::{Key, SPREAD, fold};
use crate::weight::Weighed;

/// What names an exporter in the health tables: what it speaks, its identity inside the datagram, and the UDP source that brought it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ExporterKey {
    /// Protocol of its datagrams.
    pub protocol: Protocol,
    /// Agent and sub-agent inside the datagram; the UDP source and the observation domain where a protocol has none.
    pub agent: Agent,
    /// UDP source address, which differs behind NAT or a relay.
    pub source: IpAddr,
}

/// As numbers of full width, not octet by octet, as an address is hashed otherwise.
impl Hash for ExporterKey {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(u64::from(self.agent.sub_agent) << 32 | self.protocol as u64);
        for address in [self.agent.address, self.source] {
            match address {
                IpAddr::V4(address) => state.write_u32(address.to_bits()),
                IpAddr::V6(address) => state.write_u128(address.to_bits()),
            }
        }
    }
}

impl Key for ExporterKey {
    #[inline(always)]
    fn mixed(&self, seed: u64) -> u64 {
        let small = u64::from(self.agent.sub_agent) << 32 | self.protocol as u64;
        fold(mixed(self.agent.address, seed) ^ small.wrapping_mul(SPREAD) ^ seed.rotate_left(32), mixed(self.source, seed) ^ seed)
    }
}

/// An address as one number.
#[inline(always)]
const fn mixed(address: IpAddr, seed: u64) -> u64 {
    match address {
        IpAddr::V4(address) => address.to_bits() as u64,
        IpAddr::V6(address) => {
            let [high, low] = halves(address.to_bits());
            fold(high ^ SPREAD, low ^ seed)
        }
    }
}

const fn halves(bits: u128) -> [u64; 2] {
    [(bits >> 64) as u64, bits as u64]
}

/// What came from an exporter over some stretch of time. Plain sums, but for the rates.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ExporterTally {
    /// Datagrams that came, duplicates not among them.
    pub datagrams: u64,
    /// Datagrams that the sequence numbers miss. Negative where late ones of an earlier stretch came after all.
    pub lost_datagrams: i64,
    /// Datagrams that came late.
    pub reordered_datagrams: u64,
    /// Datagrams that came twice, and were refused.
    pub duplicate_datagrams: u64,
    /// Flow samples.
    pub flow_samples: u64,
    /// Samples that the exporter says it dropped itself.
    pub agent_drops: u64,
    /// Flow records.
    pub flow_records: u64,
    /// Flow records that the numbers of NetFlow v5 and IPFIX miss. Negative as above.
    pub lost_records: i64,
    /// Flow records of which a part passed so long ago that it was counted in a later window; see [`Shard::record`](crate::Shard::record).
    pub beyond_reach: u64,
    /// Flow samples that the sequence numbers of their data sources miss. Negative as above.
    pub lost_samples: i64,
    /// Counter samples.
    pub counter_samples: u64,
    /// Broken records and samples.
    pub malformed: u64,
    /// Samples and flow records without a rate.
    pub unscalable: u64,
    /// Samples and flow records whose rate was not believed; see [`MAX_PLAUSIBLE_RATE`](crate::weight::MAX_PLAUSIBLE_RATE).
    pub implausible: u64,
    /// Restarts.
    pub restarts: u64,
    /// Smallest rate above zero; 0 for none.
    pub rate_min: u32,
    /// Largest rate.
    pub rate_max: u32,
    /// When the latest datagram came.
    pub last_seen: Timestamp,
    /// How its samples were weighed. Only the close of a window knows; see [`OpenWindow::weighed`](crate::OpenWindow::weighed).
    pub weighed: Weighed,
}

impl ExporterTally {
    /// Adds another stretch of time.
    pub fn merge(&mut self, other: &Self) {
        self.datagrams += other.datagrams;
        self.lost_datagrams += other.lost_datagrams;
        self.reordered_datagrams += other.reordered_datagrams;
        self.duplicate_datagrams += other.duplicate_datagrams;
        self.flow_samples += other.flow_samples;
        self.agent_drops += other.agent_drops;
        self.flow_records += other.flow_records;
        self.lost_records = self.lost_records.saturating_add(other.lost_records);
        self.beyond_reach += other.beyond_reach;
        self.lost_samples += other.lost_samples;
        self.counter_samples += other.counter_samples;
        self.malformed += other.malformed;
        self.unscalable += other.unscalable;
        self.implausible += other.implausible;
        self.restarts += other.restarts;
        self.rate_min = smallest(self.rate_min, other.rate_min);
        self.rate_max = self.rate_max.max(other.rate_max);
        self.last_seen = self.last_seen.max(other.last_seen);
        self.weighed.merge(&other.weighed);
    }

    /// Notes the rate of one sample or record.
    #[inline]
    pub(crate) fn rate(&mut self, rate: u32) {
        self.note_rate(rate);
        self.unscalable += u64::from(rate == 0);
    }

    /// Notes a rate without counting what came with it.
    #[inline]
    pub(crate) fn note_rate(&mut self, rate: u32) {
        self.rate_min = smallest(self.rate_min, rate);
        self.rate_max = self.rate_max.max(rate);
    }

    /// The row of the health table.
    #[must_use]
    pub fn row(&self, time: Timestamp, exchange: &Arc<str>, key: &ExporterKey) -> ExporterRow {
        ExporterRow {
            time,
            exchange: Arc::clone(exchange),
            protocol: key.protocol.name().into(),
            agent: key.agent.address.to_string().into(),
            sub_agent: key.agent.sub_agent,
            source: key.source.to_string().into(),
            datagrams: self.datagrams,
            lost_datagrams: self.lost_datagrams.max(0).unsigned_abs(),
            reordered_datagrams: self.reordered_datagrams,
            flow_samples: self.flow_samples,
            lost_samples: self.lost_samples.max(0).unsigned_abs(),
            flow_records: self.flow_records,
            lost_records: self.lost_records.max(0).unsigned_abs(),
            agent_drops: self.agent_drops,
            counter_samples: self.counter_samples,
            malformed: self.malformed,
            unscalable: self.unscalable,
            restarts: self.restarts,
            rate_min: self.rate_min,
            rate_max: self.rate_max,
            duplicate_datagrams: self.duplicate_datagrams,
            implausible: self.implausible,
            by_pool: self.weighed.by_pool,
            by_sequence: self.weighed.by_sequence,
            pool_refused: self.weighed.pool_refused,
            pool_due: self.weighed.pool_due,
            pool_taken: self.weighed.pool_taken,
        }
    }
}

/// The smaller rate, zero meaning none.
const fn smallest(a: u32, b: u32) -> u32 {
    match (a, b) {
        (0, other) | (other, 0) => other,
        (a, b) => {
            if a < b {
                a
            } else {
                b
            }
        }
    }
}
