//! Exporters since the start of the collector.

use std::sync::Arc;

use aggregator::{ExporterKey, ExporterTally, OpenWindow};
use schema::Timestamp;
use schema::status::ExporterStatus;

/// Exporters that are remembered, against forged agent addresses; the longest silent goes first.
const MAX_REMEMBERED: usize = 4_096;

/// What every exporter sent since the start.
#[derive(Default)]
pub(crate) struct Roster {
    exporters: std::collections::BTreeMap<ExporterKey, ExporterTally>,
}

impl Roster {
    /// Adds what came with one hand-over.
    pub(crate) fn add(&mut self, heard: &[(ExporterKey, ExporterTally)]) {
        for (key, tally) in heard {
            self.exporters.entry(*key).or_default().merge(tally);
        }
        while self.exporters.len() > MAX_REMEMBERED {
            let silent = self.exporters.iter().min_by_key(|(_, tally)| tally.last_seen).map(|(key, _)| *key);
            silent.and_then(|key| self.exporters.remove(&key));
        }
    }

    /// All of them, by agent, with the rates that the running window shows.
    pub(crate) fn status(&self, exchange: &Arc<str>, running: &OpenWindow) -> Vec<ExporterStatus> {
        self.exporters.iter().map(|(key, tally)| status(exchange, key, tally, running)).collect()
    }
}

fn status(exchange: &Arc<str>, key: &ExporterKey, tally: &ExporterTally, running: &OpenWindow) -> ExporterStatus {
    let of_this = running.streams().iter().filter(|(stream, _)| stream.agent == key.agent);
    let mut rates: Vec<u32> = of_this.map(|(stream, _)| stream.rate).collect();
    rates.sort_unstable();
    rates.dedup();
    ExporterStatus {
        agent: key.agent.address,
        sub_agent: key.agent.sub_agent,
        source: key.source,
        last_seen: tally.last_seen,
        rates,
        totals: tally.row(Timestamp::default(), exchange, key),
    }
}
