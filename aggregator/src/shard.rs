//! The part of the matrix that one receiving thread adds to.

mod entries;
mod records;
mod samples;
mod sources;

use std::sync::Arc;
use std::time::Duration;

use hashbrown::hash_map::Entry;
use schema::sample::InterfaceCounters;
use schema::{CellKey, Timestamp};

use self::entries::Entries;
pub use self::samples::Intake;

use self::sources::{Source, SourceKey};
use crate::attribution::Parties;
use crate::delta::{Delta, Map, forget};
use crate::exporter::{ExporterKey, ExporterTally};
use crate::pairs::Pairs;
use crate::policy::Policies;
use crate::ports::{Port, PortKey};
use crate::roster::{ExporterId, Roster};
use crate::sequence::Numbering;
use crate::streams::Streams;
use crate::table::Table;

/// Ports whose counters a shard follows, against the same.
pub(crate) const MAX_PORTS: usize = 131_072;

/// Cells of samples that a shard may hold between two ticks. What comes above it is counted in the overflow cell, so that sums stay right.
pub(crate) const MAX_CELLS: usize = 1 << 20;

/// Cells of flow records that a shard may hold between two ticks, each window that a record reaches having its own: as many as a table of 2¹⁹ places
/// holds, 40 MB. What comes above it is counted in the overflow cell of the present window.
pub(crate) const MAX_FLOW_CELLS: usize = (1 << 19) / 8 * 7;

/// How many of them may name a MAC address that no member claims, against a loop or an attacker that sends from ever new addresses. Above it
/// the address is forgotten and the frame keeps its reason.
pub(crate) const MAX_UNKNOWN_CELLS: usize = 1 << 16;

/// Exporters, data sources and ports that were silent for so long are forgotten.
const FORGET_AFTER: Duration = Duration::from_secs(3_600);

/// Why a datagram was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// It came before.
    Duplicate,
    /// As many exporters as a shard follows (4,096) were heard within the last hour.
    TooManyExporters,
    /// So were as many behind the same UDP source address as there may be (256).
    TooManyAgents,
}

/// One thread's part of the matrix.
pub struct Shard {
    parties: Parties,
    policies: Arc<Policies>,
    /// Length of a window, over which flow records are spread.
    window: Duration,
    exporters: Roster,
    sources: Table<SourceKey, Source>,
    /// Where samples were taken at ingress.
    entries: Entries,
    streams: Streams,
    pairs: Pairs,
    ports: Map<PortKey, Port>,
    delta: Delta,
    unknown_cells: usize,
    /// The number of the directory's snapshot that was asked for the pairs.
    asked: u64,
    /// Whether streams and pairs shall be forgotten with the next hand-over.
    begins_anew: bool,
    now: Timestamp,
}

impl Shard {
    /// An empty shard for windows of this length.
    #[must_use]
    pub fn new(parties: Parties, policies: Arc<Policies>, window: Duration) -> Self {
        Self {
            parties,
            policies,
            window,
            exporters: Roster::default(),
            sources: Table::default(),
            entries: Entries::default(),
            streams: Streams::default(),
            pairs: Pairs::default(),
            ports: Map::default(),
            delta: Delta::default(),
            unknown_cells: 0,
            asked: 0,
            begins_anew: false,
            now: Timestamp::default(),
        }
    }

    /// Takes the header of a datagram that came at `at`, with the exporter's uptime where it has one.
    ///
    /// # Errors
    /// Says why the datagram's samples must not be added.
    pub fn datagram(
        &mut self,
        key: ExporterKey,
        numbering: Numbering,
        uptime_ms: Option<u32>,
        at: Timestamp,
    ) -> Result<ExporterId, Refused> {
        self.now = at;
        let id = self.exporters.find(&key, &self.policies)?;
        let Some(exporter) = self.exporters.get_mut(id) else { return Err(Refused::TooManyExporters) };
        exporter.datagram(numbering, uptime_ms, at)?;
        Ok(id)
    }

    /// Says how many data records the datagram at hand held, once it is read. `None` if a part of it could not be read, so that it is not known.
    ///
    /// It is asked for where [`Numbering::Records`] was given, and does nothing elsewhere.
    pub fn records_held(&mut self, exporter: ExporterId, records: Option<u32>) {
        if let Some(exporter) = self.exporters.get_mut(exporter) {
            exporter.records_held(records);
        }
    }

    /// Whether a cell holds a MAC address of which there may be any number.
    #[inline]
    fn names_unknown(&self, cell: &CellKey) -> bool {
        self.parties == Parties::Members && (cell.src.mac().is_some() || cell.dst.mac().is_some())
    }

    /// The cell as it is kept: without addresses that no member claims once there are too many of them. Call it only for a cell that is new.
    #[cold]
    fn within_unknown(&mut self, cell: CellKey) -> CellKey {
        if !self.names_unknown(&cell) {
            return cell;
        }
        if self.unknown_cells >= MAX_UNKNOWN_CELLS {
            return CellKey { src: forget(cell.src), dst: forget(cell.dst), ..cell };
        }
        self.unknown_cells += 1;
        cell
    }

    /// Counts a counter sample of the datagram at hand, whatever records it has.
    pub fn counter_sample(&mut self, exporter: ExporterId) {
        if let Some(exporter) = self.exporters.get_mut(exporter) {
            exporter.tally.counter_samples += 1;
        }
    }

    /// Counts a broken record or sample of the datagram at hand.
    pub fn malformed(&mut self, exporter: ExporterId) {
        if let Some(exporter) = self.exporters.get_mut(exporter) {
            exporter.tally.malformed += 1;
        }
    }

    /// Follows the counters of one port.
    pub fn counters(&mut self, exporter: ExporterId, counters: &InterfaceCounters) {
        let Some(exporter) = self.exporters.get_mut(exporter) else { return };
        let key = PortKey { agent: exporter.key.agent, if_index: counters.if_index };
        let full = self.ports.len() >= MAX_PORTS;
        match self.ports.entry(key) {
            Entry::Occupied(mut port) => port.get_mut().follow(*counters, self.now),
            Entry::Vacant(_) if full => {}
            Entry::Vacant(port) => {
                port.insert(Port::new(*counters, self.now));
            }
        }
    }

    /// Hands over what was added since the last time, and goes on with `empty`, whose memory it uses again.
    pub fn take(&mut self, mut empty: Delta) -> Delta {
        empty.clear();
        let mut delta = std::mem::replace(&mut self.delta, empty);
        self.unknown_cells = 0;
        self.hand_over_streams(&mut delta);
        for exporter in self.exporters.iter_mut() {
            let tally = std::mem::take(&mut exporter.tally);
            if tally != ExporterTally::default() {
                delta.exporters.push((exporter.key, tally));
            }
        }
        for (key, port) in &mut self.ports {
            let growth = std::mem::take(&mut port.growth);
            if growth.reports > 0 {
                delta.ports.push((*key, growth));
            }
        }
        delta
    }

    /// What the streams' numbers say of loss belongs to their exporters.
    fn hand_over_streams(&mut self, delta: &mut Delta) {
        self.sources.values_mut().for_each(|source| source.book(&mut self.streams));
        self.pairs.hand_over(|at, moments| delta.pairs.push((at, moments)));
        self.streams.hand_over(delta, |exporter, key, tally| {
            if let Some(exporter) = self.exporters.known_mut(exporter) {
                exporter.tally.lost_samples += tally.missing;
                exporter.tally.agent_drops += tally.drops_advance;
                exporter.tally.note_rate(key.rate.rounded());
            }
        });
        if std::mem::take(&mut self.begins_anew) || self.streams.is_crowded() {
            self.streams.forget();
            self.pairs.forget();
            self.sources.values_mut().for_each(Source::begin_anew);
        }
    }

    /// Forgets what was silent for long. Call it between windows, with the time of the latest datagram or of the clock.
    pub fn forget_silent(&mut self, now: Timestamp) {
        self.begins_anew = true;
        let horizon = now.minus(FORGET_AFTER);
        self.sources.retain(|_, source| source.last_seen >= horizon || source.is_unbooked());
        self.ports.retain(|_, port| port.last_seen() >= horizon);
        self.exporters.forget_silent(horizon);
        self.entries.clear();
        for source in self.sources.values().filter(|source| source.shows_ingress()) {
            self.entries.note(source.agent, source.source);
        }
    }
}
