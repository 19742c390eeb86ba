//! Ports' counters and exporters' health.

use std::sync::Arc;
use std::time::Duration;

use polars::prelude::DataFrame;
use schema::columns::{Column, Kind, Row, Value};
use schema::window::{ExporterRow, PortRow};
use schema::{Level, Timestamp, Window};

use crate::answer::{ExporterHealth, ExportersAnswer, LossBudget, MemberName, PortTraffic, PortsAnswer, rate};
use crate::error::Result;
use crate::fold::Fold;
use crate::question::Question;
use crate::reader::{Reader, Sources};

impl Reader {
    /// The ports' counters over a span; the filters of the question do not apply to them.
    ///
    /// `owner` gives the member at a port, by agent address and ifIndex. `live` is as for [`matrix`](Self::matrix).
    ///
    /// # Errors
    /// If the store cannot be listed or its rows cannot be summed.
    pub fn ports(&self, question: &Question, owner: &dyn Fn(&str, u32) -> Option<MemberName>, live: &[Arc<Window>]) -> Result<PortsAnswer> {
        self.answered(question, Level::Day, live, |sources| {
            let mut rows: Vec<PortRow> = collapsed(sources, |window| &window.ports)?;
            rows.sort_by(|a, b| (&a.agent, a.if_index).cmp(&(&b.agent, b.if_index)));
            let ports = rows.into_iter().map(|row| port(&row, owner(&row.agent, row.if_index))).collect();
            Ok(PortsAnswer { coverage: sources.coverage(), ports })
        })
    }

    /// The exporters' health over a span; the filters of the question do not apply to them.
    ///
    /// `live` is as for [`matrix`](Self::matrix). `last_seen` is as exact as the windows: five minutes for spans up to a day.
    ///
    /// # Errors
    /// If the store cannot be listed or its rows cannot be summed.
    pub fn exporters(&self, question: &Question, live: &[Arc<Window>]) -> Result<ExportersAnswer> {
        let coarsest = if question.length() <= Level::Day.span() { Level::FiveMinutes } else { Level::Day };
        self.answered(question, coarsest, live, |sources| {
            let mut rows: Vec<ExporterRow> = collapsed(sources, |window| &window.exporters)?;
            rows.sort_by(|a, b| (&a.agent, a.sub_agent, &a.source, &a.protocol).cmp(&(&b.agent, b.sub_agent, &b.source, &b.protocol)));
            Ok(ExportersAnswer {
                coverage: sources.coverage(),
                exporters: rows.iter().map(exporter).collect(),
                listeners: Vec::new(),
                budget: Vec::new(),
            })
        })
    }
}

/// One row for all rows that differ in their time alone; its time is the latest.
fn collapsed<R: Row>(sources: &Sources, rows_of: impl Fn(&Window) -> &[R]) -> Result<Vec<R>> {
    rows(&sources.summed(&Fold::all(R::TABLE, None), rows_of)?)
}

fn rows<R: Row>(frame: &DataFrame) -> Result<Vec<R>> {
    let columns: Result<Vec<Vec<Value>>> = R::TABLE.columns.iter().map(|column| values(frame, column)).collect();
    let columns = columns?;
    let row = |position: usize| R::from_values(columns.iter().filter_map(|column| column.get(position).cloned()));
    Ok((0..frame.height()).filter_map(row).collect())
}

fn values(frame: &DataFrame, column: &Column) -> Result<Vec<Value>> {
    let values = frame.column(column.name)?;
    Ok(match column.kind {
        Kind::Time => values.i64()?.iter().flatten().map(|millis| Value::Time(Timestamp(millis))).collect(),
        Kind::Text => values.str()?.iter().flatten().map(|text| Value::Text(text.into())).collect(),
        Kind::U8 => values.u8()?.iter().flatten().map(Value::U8).collect(),
        Kind::U16 => values.u16()?.iter().flatten().map(Value::U16).collect(),
        Kind::U32 => values.u32()?.iter().flatten().map(Value::U32).collect(),
        Kind::U64 => values.u64()?.iter().flatten().map(Value::U64).collect(),
        Kind::F64 => values.f64()?.iter().flatten().map(Value::F64).collect(),
    })
}

fn port(row: &PortRow, member: Option<MemberName>) -> PortTraffic {
    let covered = Duration::from_millis(row.covered_ms);
    PortTraffic {
        agent: row.agent.to_string(),
        if_index: row.if_index,
        name: row.name.to_string(),
        lag: (row.lag != 0).then_some(row.lag),
        member,
        speed_bits_per_second: row.speed,
        in_octets: row.in_octets,
        out_octets: row.out_octets,
        in_bits_per_second: rate(row.in_octets, covered),
        out_bits_per_second: rate(row.out_octets, covered),
        in_discards: row.in_discards,
        out_discards: row.out_discards,
        in_errors: row.in_errors,
        out_errors: row.out_errors,
        fcs_errors: row.fcs_errors,
        reports: row.reports,
        received: None,
        sent: None,
        core: false,
        suspicion: None,
    }
}

fn exporter(row: &ExporterRow) -> ExporterHealth {
    ExporterHealth {
        protocol: row.protocol.to_string(),
        agent: row.agent.to_string(),
        sub_agent: row.sub_agent,
        source: row.source.to_string(),
        last_seen: row.time,
        datagrams: row.datagrams,
        lost_datagrams: row.lost_datagrams,
        reordered_datagrams: row.reordered_datagrams,
        flow_samples: row.flow_samples,
        lost_samples: row.lost_samples,
        flow_records: row.flow_records,
        lost_records: row.lost_records,
        agent_drops: row.agent_drops,
        counter_samples: row.counter_samples,
        malformed: row.malformed,
        unscalable: row.unscalable,
        restarts: row.restarts,
        rate_min: row.rate_min,
        rate_max: row.rate_max,
        duplicate_datagrams: row.duplicate_datagrams,
        implausible: row.implausible,
        by_pool: row.by_pool,
        by_sequence: row.by_sequence,
        pool_refused: row.pool_refused,
        loss: LossBudget::default(),
    }
}
