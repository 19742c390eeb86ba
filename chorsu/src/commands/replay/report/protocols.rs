//! What came, by protocol.

use std::collections::BTreeMap;

use collector::counts::{self, Counts};
use schema::Protocol;
use serde::Serialize;

/// Things that were stepped over, by reason.
pub(super) type Skipped = BTreeMap<&'static str, u64>;

#[derive(Debug, Serialize)]
pub(super) struct Protocols {
    pub(super) sflow5: Sflow,
    pub(super) sflow4: Sflow,
    pub(super) sflow2: Sflow,
    pub(super) netflow5: Flows,
    pub(super) netflow9: Flows,
    pub(super) ipfix: Flows,
    /// Datagrams of no known protocol are no flow datagrams; they are among `not_flow`.
    #[serde(skip)]
    pub(super) skipped: Skipped,
}

#[derive(Debug, Serialize)]
pub(super) struct Sflow {
    pub(super) datagrams: u64,
    pub(super) flow_samples: u64,
    /// Flow samples of datagrams that came before, or from exporters beyond the bound; counted, but not in the matrix.
    samples_not_taken: u64,
    pub(super) counter_samples: u64,
    /// Samples of packets that the exporter dropped; they are not in the matrix.
    discard_samples: u64,
    nominal_bytes: u128,
    nominal_packets: u128,
    pub(super) skipped: Skipped,
}

/// NetFlow or IPFIX. Version 5 of NetFlow has neither templates nor options.
#[derive(Debug, Serialize)]
pub(super) struct Flows {
    pub(super) datagrams: u64,
    #[serde(flatten)]
    pub(super) templates: Option<Templates>,
    pub(super) records: u64,
    /// As `samples_not_taken` of sFlow.
    records_not_taken: u64,
    octets: u128,
    packets: u128,
    pub(super) skipped: Skipped,
}

/// What templates bring with them.
#[derive(Debug, Serialize)]
pub(super) struct Templates {
    pub(super) templates: u64,
    pub(super) options_templates: u64,
    pub(super) options_records: u64,
    pub(super) recovered: Recovered,
}

/// Records that were held until their template came: in the matrix, but not among `records`.
#[derive(Debug, Serialize)]
pub(super) struct Recovered {
    pub(super) records: u64,
    octets: u128,
    packets: u128,
}

impl Protocols {
    pub(super) fn new(counts: &Counts) -> Self {
        Self {
            sflow5: Sflow::new(&counts.sflow5),
            sflow4: Sflow::new(&counts.sflow4),
            sflow2: Sflow::new(&counts.sflow2),
            netflow5: Flows::new(&counts.netflow5, Protocol::Netflow5),
            netflow9: Flows::new(&counts.netflow9, Protocol::Netflow9),
            ipfix: Flows::new(&counts.ipfix, Protocol::Ipfix),
            skipped: counts.skipped().collect(),
        }
    }

    /// Those of sFlow, with their names.
    pub(super) fn sflow(&self) -> [(Protocol, &Sflow); 3] {
        [(Protocol::Sflow5, &self.sflow5), (Protocol::Sflow4, &self.sflow4), (Protocol::Sflow2, &self.sflow2)]
    }

    /// Those of flow records, with their names.
    pub(super) fn flows(&self) -> [(Protocol, &Flows); 3] {
        [(Protocol::Netflow5, &self.netflow5), (Protocol::Netflow9, &self.netflow9), (Protocol::Ipfix, &self.ipfix)]
    }
}

impl Sflow {
    fn new(counts: &counts::Sflow) -> Self {
        Self {
            datagrams: counts.datagrams,
            flow_samples: counts.flow_samples,
            samples_not_taken: counts.samples_not_taken,
            counter_samples: counts.counter_samples,
            discard_samples: counts.discard_samples(),
            nominal_bytes: counts.nominal_bytes,
            nominal_packets: counts.nominal_packets,
            skipped: counts.skipped().collect(),
        }
    }
}

impl Flows {
    fn new(counts: &counts::Flows, protocol: Protocol) -> Self {
        let recovered = &counts.recovered;
        let templates = Templates {
            templates: counts.templates,
            options_templates: counts.options_templates,
            options_records: counts.options_records,
            recovered: Recovered { records: recovered.records, octets: recovered.octets, packets: recovered.packets },
        };
        Self {
            datagrams: counts.datagrams,
            templates: (protocol != Protocol::Netflow5).then_some(templates),
            records: counts.records,
            records_not_taken: counts.records_not_taken,
            octets: counts.octets,
            packets: counts.packets,
            skipped: counts.skipped().collect(),
        }
    }
}
