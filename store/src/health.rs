//! Exporters' and listeners' health.

use std::sync::Arc;

use schema::window::{ExporterRow, ListenerRow};
use schema::{Level, Window};

use crate::answer::{ExporterHealth, ExportersAnswer, ListenerHealth};
use crate::error::Result;
use crate::loss::{loss_of, stages};
use crate::question::Question;
use crate::reader::Reader;
use crate::rows::collapsed;

impl Reader {
    /// The exporters' health over a span, that of the listening addresses, and where samples were lost; the filters of the question do not apply to them.
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
            let mut listeners: Vec<ListenerRow> = collapsed(sources, |window| &window.listeners)?;
            listeners.sort_by(|a, b| a.address.cmp(&b.address));
            let coverage = sources.coverage();
            Ok(ExportersAnswer {
                exporters: rows.iter().map(exporter).collect(),
                listeners: listeners.iter().map(listener).collect(),
                budget: stages(&rows, &listeners, &coverage),
                coverage,
            })
        })
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
        loss: loss_of(row),
    }
}

fn listener(row: &ListenerRow) -> ListenerHealth {
    ListenerHealth {
        address: row.address.to_string(),
        datagrams: row.datagrams,
        octets: row.octets,
        kernel_drops: row.kernel_drops,
        truncated: row.truncated,
        errors: row.errors,
        refused: row.refused,
    }
}
