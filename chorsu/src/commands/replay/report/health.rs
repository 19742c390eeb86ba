//! Who exported, and what ports' own counters say.

use std::collections::BTreeSet;

use collector::replay::Summary;
use schema::Protocol;
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(super) struct Exporter {
    pub(super) protocol: Protocol,
    pub(super) agent: String,
    pub(super) source: String,
    pub(super) domain: u32,
    pub(super) sampling_rates: BTreeSet<u32>,
    pub(super) datagrams: u64,
    pub(super) lost_datagrams: u64,
    pub(super) lost_samples: u64,
    pub(super) lost_records: u64,
    pub(super) agent_drops: u64,
    pub(super) flow_samples: u64,
    pub(super) flow_records: u64,
    counter_samples: u64,
    malformed: u64,
    /// Samples and records without a known rate: each of their frames is counted as one.
    unscalable: u64,
    /// Records of which a part passed longer ago than records are spread.
    beyond_reach: u64,
    restarts: u64,
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
}

pub(super) fn exporters(summary: &Summary) -> Vec<Exporter> {
    let positive = |count: i64| count.max(0).unsigned_abs();
    let exporters = summary.exporters.iter().map(|(key, (tally, rates))| Exporter {
        protocol: key.protocol,
        agent: key.agent.address.to_string(),
        source: key.source.to_string(),
        domain: key.agent.sub_agent,
        sampling_rates: rates.iter().map(|rate| rate.rounded()).collect(),
        datagrams: tally.datagrams,
        lost_datagrams: positive(tally.lost_datagrams),
        lost_samples: positive(tally.lost_samples),
        lost_records: positive(tally.lost_records),
        agent_drops: tally.agent_drops,
        flow_samples: tally.flow_samples,
        flow_records: tally.flow_records,
        counter_samples: tally.counter_samples,
        malformed: tally.malformed,
        unscalable: tally.unscalable,
        beyond_reach: tally.beyond_reach,
        restarts: tally.restarts,
    });
    exporters.collect()
}

pub(super) fn ports(summary: &Summary) -> Vec<Port> {
    let ports = summary.ports.iter().map(|(key, growth)| Port {
        agent: key.agent.address.to_string(),
        if_index: key.if_index,
        name: growth.name.as_str().to_owned(),
        lag: (growth.lag > 0).then_some(growth.lag),
        speed_bits_per_second: growth.speed,
        in_octets: growth.in_octets,
        out_octets: growth.out_octets,
        fcs_errors: growth.fcs_errors,
        reports: growth.reports,
    });
    ports.collect()
}
