//! Who exported, and what ports' own counters say.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aggregator::Weights;
use aggregator::ports::Growth;
use collector::replay::{SampledPort, Summary};
use schema::sample::Direction;
use schema::{Protocol, Sums, Timestamp, estimator};
use serde::Serialize;
use store::answer::LossBudget;

#[derive(Debug, Serialize)]
pub(super) struct Exporter {
    pub(super) protocol: Protocol,
    pub(super) agent: String,
    pub(super) source: String,
    pub(super) domain: u32,
    pub(super) sampling_rates: BTreeSet<u32>,
    pub(super) datagrams: u64,
    pub(super) lost_datagrams: u64,
    /// Datagrams that came late.
    pub(super) reordered_datagrams: u64,
    /// Datagrams that came twice, and were refused.
    pub(super) duplicate_datagrams: u64,
    pub(super) lost_samples: u64,
    pub(super) lost_records: u64,
    pub(super) agent_drops: u64,
    pub(super) flow_samples: u64,
    pub(super) flow_records: u64,
    counter_samples: u64,
    malformed: u64,
    /// Samples and records without a known rate: each of their frames is counted as one.
    unscalable: u64,
    /// Samples and records whose rate was not believed.
    pub(super) implausible: u64,
    /// Records of which a part passed longer ago than records are spread.
    beyond_reach: u64,
    restarts: u64,
    weights: Weighed,
    pub(super) loss: LossBudget,
}

/// How samples were weighed. Those that are neither in `by_pool` nor in `by_sequence` were weighed by their rate alone.
#[derive(Debug, Serialize)]
struct Weighed {
    by_pool: u64,
    by_sequence: u64,
    /// Samples of data sources whose pool contradicts their rate.
    pool_refused: u64,
    /// Samples that the pools and rates make due, of those that are weighed by the pool.
    pool_due: u64,
    /// Samples that were taken by their numbers and drops, of the same.
    pool_taken: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Port {
    pub(super) agent: String,
    pub(super) if_index: u32,
    /// As the exporter calls it; empty if it does not.
    pub(super) name: String,
    /// ifIndex of the aggregate that it belongs to.
    lag: Option<u32>,
    pub(super) speed_bits_per_second: u64,
    pub(super) in_octets: u64,
    pub(super) out_octets: u64,
    fcs_errors: u64,
    reports: u64,
    /// What was sampled as the port received it, held against `in_octets`.
    #[serde(flatten)]
    pub(super) received: Sampled,
    /// What was sampled as the port sent it, held against `out_octets`.
    pub(super) sent: Sampled,
}

/// What was sampled at a port in one direction, whether it counts in the matrix or was set aside.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Sampled {
    pub(super) sampled_octets: u64,
    sampled_low: u64,
    sampled_high: u64,
    samples: u64,
    /// Octets by the counter over octets by the samples, both as mean rates over the time that each covers; none if one of them is nothing.
    pub(super) factor: Option<f64>,
}

impl Sampled {
    fn new(sums: &Sums, counted: u64, covered: Duration, measured: Duration) -> Self {
        let interval = estimator::volume(sums);
        let rate = |octets: u64, time: Duration| octets as f64 / time.as_secs_f64();
        let both = sums.bytes > 0 && counted > 0 && !covered.is_zero() && !measured.is_zero();
        let factor = both.then(|| rate(counted, covered) / rate(sums.bytes, measured));
        Self { sampled_octets: sums.bytes, sampled_low: interval.low, sampled_high: interval.high, samples: sums.samples, factor }
    }
}

pub(super) fn exporters(summary: &Summary, weights: Weights) -> Vec<Exporter> {
    let positive = |count: i64| count.max(0).unsigned_abs();
    let exchange = Arc::default();
    let exporters = summary.exporters.iter().map(|(key, (tally, rates))| Exporter {
        protocol: key.protocol,
        agent: key.agent.address.to_string(),
        source: key.source.to_string(),
        domain: key.agent.sub_agent,
        sampling_rates: rates.iter().map(|rate| rate.rounded()).collect(),
        datagrams: tally.datagrams,
        lost_datagrams: positive(tally.lost_datagrams),
        reordered_datagrams: tally.reordered_datagrams,
        duplicate_datagrams: tally.duplicate_datagrams,
        lost_samples: positive(tally.lost_samples),
        lost_records: positive(tally.lost_records),
        agent_drops: tally.agent_drops,
        flow_samples: tally.flow_samples,
        flow_records: tally.flow_records,
        counter_samples: tally.counter_samples,
        malformed: tally.malformed,
        unscalable: tally.unscalable,
        implausible: tally.implausible,
        beyond_reach: tally.beyond_reach,
        restarts: tally.restarts,
        weights: Weighed {
            by_pool: tally.weighed.by_pool,
            by_sequence: tally.weighed.by_sequence,
            pool_refused: tally.weighed.pool_refused,
            pool_due: tally.weighed.pool_due,
            pool_taken: tally.weighed.pool_taken,
        },
        loss: with_weights(LossBudget::of(&tally.row(Timestamp::default(), &exchange, key)), weights),
    });
    exporters.collect()
}

/// Announced rates make nothing good.
fn with_weights(loss: LossBudget, weights: Weights) -> LossBudget {
    LossBudget { made_good: loss.made_good && weights == Weights::Observed, ..loss }
}

pub(super) fn ports(summary: &Summary) -> Vec<Port> {
    let ports = summary.ports.iter().map(|(key, growth)| {
        let agent = key.agent.address.to_string();
        let held = |direction: Direction, counted: u64| sampled(summary, (&agent, key.if_index, direction), growth, counted);
        Port {
            if_index: key.if_index,
            name: growth.name.as_str().to_owned(),
            lag: (growth.lag > 0).then_some(growth.lag),
            speed_bits_per_second: growth.speed,
            in_octets: growth.in_octets,
            out_octets: growth.out_octets,
            fcs_errors: growth.fcs_errors,
            reports: growth.reports,
            received: held(Direction::Ingress, growth.in_octets),
            sent: held(Direction::Egress, growth.out_octets),
            agent,
        }
    });
    ports.collect()
}

/// What was sampled at a port whose counter grew by so much.
fn sampled(summary: &Summary, (agent, if_index, direction): (&str, u32, Direction), growth: &Growth, counted: u64) -> Sampled {
    let port = SampledPort { agent: agent.into(), if_index, direction };
    let sums = summary.port_samples.get(&port);
    sums.map(|sums| Sampled::new(sums, counted, Duration::from_millis(growth.covered_ms), summary.measured)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_and_samples_are_compared_as_rates_over_the_time_of_each() {
        let sums = Sums { samples: 10, packets: 1_000, bytes: 600_000, variance: 1.0, bytes_from_flows: 0 };
        // 9,000 octets a second by the counter in a minute and a half, 10,000 by the samples in one.
        let sampled = Sampled::new(&sums, 810_000, Duration::from_secs(90), Duration::from_secs(60));
        assert_eq!((sampled.sampled_octets, sampled.factor), (600_000, Some(0.9)));
        assert_eq!(Sampled::new(&sums, 810_000, Duration::ZERO, Duration::from_secs(60)).factor, None);
        assert_eq!(Sampled::new(&Sums::default(), 810_000, Duration::from_secs(90), Duration::from_secs(60)).factor, None);
    }
}
