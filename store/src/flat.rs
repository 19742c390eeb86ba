//! Answers as flat tables, for CSV, Parquet and Arrow.
//!
//! Every table carries the answer's `from`, `to`, `step`, `source`, `complete` and `measured_seconds` as metadata of its
//! schema, and every column its unit.
//!
//! | answer | a row is | columns |
//! |---|---|---|
//! | matrix | a cell; the others in one row (`kind` = `others`); each reason (`unattributed`, `set_aside`) | `kind`, `src_asn`, `src_name`, `dst_asn`, `dst_name`, `reason`, estimate |
//! | timeseries | a step of a series; the estimate is null where nothing was measured | `time`, `measured_seconds`, `key`, estimate |
//! | members | a member | `asn`, `name`, `registered`, `peers`, `sent_` estimate, `received_` estimate |
//! | ports | a port | the fields of [`PortTraffic`], the member as `asn` and `name`, its own name as `port_name` |
//! | exporters | an exporter | the fields of [`ExporterHealth`] |
//!
//! An estimate is `samples`, `packets`, `bytes`, `bytes_low`, `bytes_high`, `bits_per_second`, `bytes_from_flows`,
//! `interval_is_lower_bound`. The rows of a matrix whose kind is not `set_aside` add up to its total.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, StringArray, TimestampMillisecondArray, UInt32Array, UInt64Array};
use arrow::datatypes::{Field, Schema};
use arrow::record_batch::RecordBatch;
use schema::Timestamp;

use crate::answer::{
    Coverage, Estimate, ExporterHealth, ExportersAnswer, MatrixAnswer, MembersAnswer, PortTraffic, PortsAnswer, Reasoned, TimeseriesAnswer,
};
use crate::error::Result;

/// A table that is put together column by column.
struct Flat {
    fields: Vec<Field>,
    arrays: Vec<ArrayRef>,
    metadata: HashMap<String, String>,
}

impl Flat {
    fn new(coverage: &Coverage) -> Self {
        let said = [
            ("from", coverage.from.to_string()),
            ("to", coverage.to.to_string()),
            ("step", coverage.step.clone()),
            ("source", coverage.source.clone()),
            ("complete", coverage.complete.to_string()),
            ("measured_seconds", coverage.measured_seconds.to_string()),
        ];
        let metadata = said.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { fields: Vec::new(), arrays: Vec::new(), metadata }
    }

    fn add(mut self, name: &str, unit: &str, array: impl Array + 'static) -> Self {
        let field = Field::new(name, array.data_type().clone(), array.is_nullable());
        self.fields.push(field.with_metadata(HashMap::from([("unit".to_owned(), unit.to_owned())])));
        self.arrays.push(Arc::new(array));
        self
    }

    fn add_estimates(self, prefix: &str, estimates: &[Option<Estimate>]) -> Self {
        let column =
            |value: fn(&Estimate) -> u64| -> UInt64Array { estimates.iter().map(|estimate| estimate.as_ref().map(value)).collect() };
        let least: BooleanArray = estimates.iter().map(|estimate| estimate.map(|estimate| estimate.interval_is_lower_bound)).collect();
        let name = |name: &str| format!("{prefix}{name}");
        self.add(&name("samples"), "samples", column(|estimate| estimate.samples))
            .add(&name("packets"), "frames", column(|estimate| estimate.packets))
            .add(&name("bytes"), "octets", column(|estimate| estimate.bytes))
            .add(&name("bytes_low"), "octets", column(|estimate| estimate.bytes_low))
            .add(&name("bytes_high"), "octets", column(|estimate| estimate.bytes_high))
            .add(&name("bits_per_second"), "bit/s", column(|estimate| estimate.bits_per_second))
            .add(&name("bytes_from_flows"), "octets", column(|estimate| estimate.bytes_from_flows))
            .add(&name("interval_is_lower_bound"), "", least)
    }

    fn finish(self) -> Result<RecordBatch> {
        let schema = Schema::new_with_metadata(self.fields, self.metadata);
        Ok(RecordBatch::try_new(Arc::new(schema), self.arrays)?)
    }
}

fn texts<'t>(texts: impl Iterator<Item = &'t str>) -> StringArray {
    texts.map(Some).collect()
}

fn times(times: impl Iterator<Item = Timestamp>) -> TimestampMillisecondArray {
    TimestampMillisecondArray::from_iter_values(times.map(Timestamp::millis)).with_timezone("UTC")
}

/// One row of a matrix.
struct MatrixRow {
    kind: &'static str,
    pair: Option<(u32, u32)>,
    reason: Option<&'static str>,
    estimate: Estimate,
}

impl MatrixAnswer {
    /// The matrix as a flat table; the columns are told in the module's documentation.
    ///
    /// # Errors
    /// If the columns do not fit each other.
    pub fn to_batch(&self) -> Result<RecordBatch> {
        let rows = self.rows();
        let names: HashMap<u32, &str> = self.members.iter().map(|member| (member.asn, member.name.as_str())).collect();
        let name = |asn: u32| names.get(&asn).copied();
        let src = || rows.iter().map(|row| row.pair.map(|(src, _)| src));
        let dst = || rows.iter().map(|row| row.pair.map(|(_, dst)| dst));
        let estimates: Vec<_> = rows.iter().map(|row| Some(row.estimate)).collect();
        Flat::new(&self.coverage)
            .add("kind", "", texts(rows.iter().map(|row| row.kind)))
            .add("src_asn", "", src().collect::<UInt32Array>())
            .add("src_name", "", src().map(|asn| asn.and_then(name)).collect::<StringArray>())
            .add("dst_asn", "", dst().collect::<UInt32Array>())
            .add("dst_name", "", dst().map(|asn| asn.and_then(name)).collect::<StringArray>())
            .add("reason", "", rows.iter().map(|row| row.reason).collect::<StringArray>())
            .add_estimates("", &estimates)
            .finish()
    }

    fn rows(&self) -> Vec<MatrixRow> {
        let cell = |pair, estimate| MatrixRow { kind: "cell", pair: Some(pair), reason: None, estimate };
        let mut rows: Vec<MatrixRow> = self.cells.iter().map(|of| cell((of.src, of.dst), of.estimate)).collect();
        if self.others.cells > 0 {
            rows.push(MatrixRow { kind: "others", pair: None, reason: None, estimate: self.others.estimate });
        }
        rows.extend(reasons("unattributed", &self.unattributed));
        rows.extend(reasons("set_aside", &self.set_aside));
        rows
    }
}

fn reasons(kind: &'static str, reasoned: &Reasoned) -> impl Iterator<Item = MatrixRow> {
    reasoned.reasons.iter().map(move |(reason, estimate)| MatrixRow { kind, pair: None, reason: Some(*reason), estimate: *estimate })
}

impl TimeseriesAnswer {
    /// The series as a flat table, one below the other; the columns are told in the module's documentation.
    ///
    /// # Errors
    /// If the columns do not fit each other.
    pub fn to_batch(&self) -> Result<RecordBatch> {
        let repeated = || self.series.iter().flat_map(|series| self.times.iter().zip(&self.measured).map(move |step| (series, step)));
        let estimates: Vec<_> = self.series.iter().flat_map(|series| series.points.iter().copied()).collect();
        Flat::new(&self.coverage)
            .add("time", "", times(repeated().map(|(_, (time, _))| *time)))
            .add("measured_seconds", "s", UInt64Array::from_iter_values(repeated().map(|(_, (_, measured))| *measured)))
            .add("key", "", texts(repeated().map(|(series, _)| series.key.as_str())))
            .add_estimates("", &estimates)
            .finish()
    }
}

impl MembersAnswer {
    /// The members as a flat table; the columns are told in the module's documentation.
    ///
    /// # Errors
    /// If the columns do not fit each other.
    pub fn to_batch(&self) -> Result<RecordBatch> {
        let members = &self.members;
        let sent: Vec<_> = members.iter().map(|member| Some(member.sent)).collect();
        let received: Vec<_> = members.iter().map(|member| Some(member.received)).collect();
        Flat::new(&self.coverage)
            .add("asn", "", UInt32Array::from_iter_values(members.iter().map(|member| member.member.asn)))
            .add("name", "", texts(members.iter().map(|member| member.member.name.as_str())))
            .add("registered", "", BooleanArray::from_iter(members.iter().map(|member| Some(member.registered))))
            .add("peers", "members", UInt64Array::from_iter_values(members.iter().map(|member| member.peers as u64)))
            .add_estimates("sent_", &sent)
            .add_estimates("received_", &received)
            .finish()
    }
}

impl PortsAnswer {
    /// The ports as a flat table; the columns are told in the module's documentation.
    ///
    /// # Errors
    /// If the columns do not fit each other.
    pub fn to_batch(&self) -> Result<RecordBatch> {
        let ports = &self.ports;
        let column = |value: fn(&PortTraffic) -> u64| UInt64Array::from_iter_values(ports.iter().map(value));
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
            .finish()
    }
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
            .finish()
    }
}
