//! Ports and exporters as flat tables.

use arrow::array::{BooleanArray, Float64Array, StringArray, UInt32Array, UInt64Array};
use arrow::record_batch::RecordBatch;

use super::{Flat, texts, times};
use crate::answer::{ExporterHealth, ExportersAnswer, PortTraffic, PortsAnswer, Reconciliation, Suspicion};
use crate::error::Result;

impl PortsAnswer {
    /// The ports as a flat table; the columns are told in the module's documentation.
    ///
    /// # Errors
    /// If the columns do not fit each other.
    pub fn to_batch(&self) -> Result<RecordBatch> {
        let ports = &self.ports;
        let column = |value: fn(&PortTraffic) -> u64| UInt64Array::from_iter_values(ports.iter().map(value));
        let received: Vec<_> = ports.iter().map(|port| port.received.as_ref()).collect();
        let sent: Vec<_> = ports.iter().map(|port| port.sent.as_ref()).collect();
        let member = || ports.iter().map(|port| port.member.as_ref());
        Flat::new(&self.coverage)
            .add("agent", "", texts(ports.iter().map(|port| port.agent.as_str())))
            .add("if_index", "", UInt32Array::from_iter_values(ports.iter().map(|port| port.if_index)))
            .add("asn", "", member().map(|member| member.map(|member| member.asn)).collect::<UInt32Array>())
            .add("name", "", member().map(|member| member.map(|member| member.name.as_str())).collect::<StringArray>())
            .add("speed_bits_per_second", "bit/s", column(|port| port.speed_bits_per_second))
            .add("in_octets", "octets", column(|port| port.in_octets))
            .add("out_octets", "octets", column(|port| port.out_octets))
            .add("in_bits_per_second", "bit/s", column(|port| port.in_bits_per_second))
            .add("out_bits_per_second", "bit/s", column(|port| port.out_bits_per_second))
            .add("in_discards", "frames", column(|port| port.in_discards))
            .add("out_discards", "frames", column(|port| port.out_discards))
            .add("in_errors", "frames", column(|port| port.in_errors))
            .add("out_errors", "frames", column(|port| port.out_errors))
            .add("fcs_errors", "frames", column(|port| port.fcs_errors))
            .add("reports", "reports", column(|port| port.reports))
            .add("port_name", "", texts(ports.iter().map(|port| port.name.as_str())))
            .add("lag", "", ports.iter().map(|port| port.lag).collect::<UInt32Array>())
            .add_reconciliations("received_", &received)
            .add_reconciliations("sent_", &sent)
            .add("period", "", ports.iter().map(period).collect::<StringArray>())
            .add("core", "", BooleanArray::from_iter(ports.iter().map(|port| Some(port.core))))
            .add("suspected_members", "members", suspected(ports, |suspicion| suspicion.members as u64))
            .add("suspected_members_elsewhere", "members", suspected(ports, |suspicion| suspicion.members_elsewhere as u64))
            .add("suspected_bytes", "octets", suspected(ports, |suspicion| suspicion.bytes))
            .add(
                "suspected_untold",
                "",
                ports.iter().map(|port| port.suspicion.map(|suspicion| suspicion.untold)).collect::<BooleanArray>(),
            )
            .finish()
    }
}

impl Flat {
    fn add_reconciliations(self, prefix: &str, sides: &[Option<&Reconciliation>]) -> Self {
        let sampled: Vec<_> = sides.iter().map(|side| side.map(|side| side.sampled)).collect();
        let ends = |end: fn(&Reconciliation) -> Option<f64>| sides.iter().map(|side| side.and_then(end)).collect::<Float64Array>();
        let counts =
            |count: fn(&Reconciliation) -> usize| sides.iter().map(|side| side.map(|side| count(side) as u64)).collect::<UInt64Array>();
        let name = |name: &str| format!("{prefix}{name}");
        self.add_estimates(prefix, &sampled)
            .add(&name("factor_low"), "", ends(|side| side.factor_low))
            .add(&name("factor_high"), "", ends(|side| side.factor_high))
            .add(&name("periods"), "periods", counts(|side| side.periods))
            .add(&name("periods_off"), "periods", counts(|side| side.periods_off))
    }
}

/// The length of the periods in which a port's counters were held against its samples.
fn period(port: &PortTraffic) -> Option<&str> {
    port.received.as_ref().or(port.sent.as_ref()).map(|side| side.period.as_str())
}

fn suspected(ports: &[PortTraffic], value: fn(&Suspicion) -> u64) -> UInt64Array {
    ports.iter().map(|port| port.suspicion.as_ref().map(value)).collect()
}

impl ExportersAnswer {
    /// The exporters as a flat table; the columns are told in the module's documentation.
    ///
    /// # Errors
    /// If the columns do not fit each other.
    pub fn to_batch(&self) -> Result<RecordBatch> {
        let exporters = &self.exporters;
        let column = |value: fn(&ExporterHealth) -> u64| UInt64Array::from_iter_values(exporters.iter().map(value));
        let narrow = |value: fn(&ExporterHealth) -> u32| UInt32Array::from_iter_values(exporters.iter().map(value));
        Flat::new(&self.coverage)
            .add("agent", "", texts(exporters.iter().map(|exporter| exporter.agent.as_str())))
            .add("sub_agent", "", narrow(|exporter| exporter.sub_agent))
            .add("source", "", texts(exporters.iter().map(|exporter| exporter.source.as_str())))
            .add("last_seen", "", times(exporters.iter().map(|exporter| exporter.last_seen)))
            .add("datagrams", "datagrams", column(|exporter| exporter.datagrams))
            .add("lost_datagrams", "datagrams", column(|exporter| exporter.lost_datagrams))
            .add("reordered_datagrams", "datagrams", column(|exporter| exporter.reordered_datagrams))
            .add("flow_samples", "samples", column(|exporter| exporter.flow_samples))
            .add("lost_samples", "samples", column(|exporter| exporter.lost_samples))
            .add("agent_drops", "samples", column(|exporter| exporter.agent_drops))
            .add("counter_samples", "samples", column(|exporter| exporter.counter_samples))
            .add("malformed", "records", column(|exporter| exporter.malformed))
            .add("unscalable", "samples", column(|exporter| exporter.unscalable))
            .add("restarts", "restarts", column(|exporter| exporter.restarts))
            .add("rate_min", "frames per sample", narrow(|exporter| exporter.rate_min))
            .add("rate_max", "frames per sample", narrow(|exporter| exporter.rate_max))
            .add("protocol", "", texts(exporters.iter().map(|exporter| exporter.protocol.as_str())))
            .add("flow_records", "records", column(|exporter| exporter.flow_records))
            .add("lost_records", "records", column(|exporter| exporter.lost_records))
            .add("duplicate_datagrams", "datagrams", column(|exporter| exporter.duplicate_datagrams))
            .add("implausible", "samples", column(|exporter| exporter.implausible))
            .add("by_pool", "samples", column(|exporter| exporter.by_pool))
            .add("by_sequence", "samples", column(|exporter| exporter.by_sequence))
            .add("pool_refused", "samples", column(|exporter| exporter.pool_refused))
            .add("loss_taken", "samples", column(|exporter| exporter.loss.taken))
            .add("loss_dropped_by_exporter", "samples", column(|exporter| exporter.loss.dropped_by_exporter))
            .add("loss_dropped_in_silence", "samples", column(|exporter| exporter.loss.dropped_in_silence))
            .add("loss_lost_on_the_way", "samples", column(|exporter| exporter.loss.lost_on_the_way))
            .add("loss_arrived", "samples", column(|exporter| exporter.loss.arrived))
            .add("loss_lost_share", "", Float64Array::from_iter_values(exporters.iter().map(|exporter| exporter.loss.lost_share)))
            .add("loss_mostly", "", exporters.iter().map(|exporter| exporter.loss.mostly).collect::<StringArray>())
            .add("loss_made_good", "", BooleanArray::from_iter(exporters.iter().map(|exporter| Some(exporter.loss.made_good))))
            .finish()
    }
}
