//! Exporters since the start of the collector.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aggregator::stream::StreamKey;
use aggregator::{ExporterKey, ExporterTally, OpenWindow, Weights};
use schema::sample::DataSource;
use schema::status::ExporterStatus;
use schema::{Rate, Timestamp};

use crate::templates::TemplateCounts;

/// Exporters that are remembered, against forged agent addresses; the longest silent goes first.
const MAX_REMEMBERED: usize = 4_096;

/// What every exporter sent since the start.
#[derive(Default)]
pub(crate) struct Roster {
    exporters: BTreeMap<ExporterKey, ExporterTally>,
}

impl Roster {
    /// Adds what came with one hand-over, or how the samples of a window that was closed were weighed.
    pub(crate) fn add(&mut self, heard: &[(ExporterKey, ExporterTally)]) {
        for (key, tally) in heard {
            self.exporters.entry(*key).or_default().merge(tally);
        }
        while self.exporters.len() > MAX_REMEMBERED {
            let silent = self.exporters.iter().min_by_key(|(_, tally)| tally.last_seen).map(|(key, _)| *key);
            silent.and_then(|key| self.exporters.remove(&key));
        }
    }

    /// All of them, by agent, with the rates that the running window shows, how its samples are weighed so far, and the templates that `lanes` know of.
    pub(crate) fn status(
        &self,
        exchange: &Arc<str>,
        running: &OpenWindow,
        weights: Weights,
        lanes: &[&TemplateCounts],
    ) -> Vec<ExporterStatus> {
        let weighed: BTreeMap<ExporterKey, ExporterTally> = running.weighed(weights).into_iter().collect();
        let mut all: Vec<_> = self.exporters.iter().map(|(key, tally)| (*key, *tally)).collect();
        all.sort_unstable_by_key(|(key, _)| (key.agent, key.protocol, key.source));
        for (key, tally) in &mut all {
            weighed.get(key).into_iter().for_each(|running| tally.merge(running));
        }
        all.iter().map(|(key, tally)| status(exchange, key, tally, running, lanes)).collect()
    }
}

fn status(
    exchange: &Arc<str>,
    key: &ExporterKey,
    tally: &ExporterTally,
    running: &OpenWindow,
    lanes: &[&TemplateCounts],
) -> ExporterStatus {
    let templates = lanes.iter().filter_map(|lane| lane.get(&(key.source, key.protocol, key.agent.sub_agent)));
    ExporterStatus {
        protocol: key.protocol,
        agent: key.agent.address,
        sub_agent: key.agent.sub_agent,
        source: key.source,
        last_seen: tally.last_seen,
        rates: rates(running, key).into_iter().map(Rate::rounded).collect(),
        templates: templates.sum(),
        totals: tally.row(Timestamp::default(), exchange, key),
    }
}

/// The sampling rates of an exporter in a window, in order. What nobody announced is none.
pub(crate) fn rates(window: &OpenWindow, key: &ExporterKey) -> BTreeSet<Rate> {
    let is_of_this = |stream: &StreamKey| stream.agent == key.agent && is_of_records(stream.source) != key.protocol.is_sflow();
    let of_this = window.streams().iter().map(|(stream, _)| stream).filter(|stream| is_of_this(stream));
    of_this.map(|stream| stream.rate).filter(|rate| !rate.is_unknown()).collect()
}

/// One agent may speak both sFlow and NetFlow.
fn is_of_records(source: DataSource) -> bool {
    source.flow_direction().is_some()
}
