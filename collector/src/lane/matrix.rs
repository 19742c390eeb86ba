//! Flow records on their way to the shard.

use aggregator::{ExporterId, Refused, Shard};
use directory::Snapshot;
use schema::Timestamp;
use schema::sample::FlowRecord;
use wire::flows::{Exported, RecordListener, Skip};

use crate::counts::Flows;
use crate::templates::samplers::Rates;

/// The shard, as it takes what one datagram holds; nothing of it if the datagram is not taken.
pub(super) struct Matrix<'a> {
    shard: &'a mut Shard,
    exporter: Option<ExporterId>,
    at: Timestamp,
    directory: &'a Snapshot,
    /// Data records until here; `None` if some could not be read.
    held: Option<u32>,
}

impl<'a> Matrix<'a> {
    pub(super) fn new(
        shard: &'a mut Shard,
        exporter: Result<ExporterId, Refused>,
        at: Timestamp,
        directory: &'a Snapshot,
        counts: &mut Flows,
    ) -> Self {
        let exporter = exporter.inspect_err(|why| counts.not_taken(*why)).ok();
        Self { shard, exporter, at, directory, held: Some(0) }
    }

    /// Whether the datagram's records are taken.
    pub(super) const fn is_taken(&self) -> bool {
        self.exporter.is_some()
    }

    /// Whether it is asked where addresses are.
    #[inline(always)]
    fn wants_ips(&self) -> bool {
        self.directory.places().is_some()
    }

    /// Adds a record that came at `at`. Returns whether it is taken.
    #[inline]
    fn record(&mut self, record: &FlowRecord, at: Timestamp) -> bool {
        let Some(exporter) = self.exporter else { return false };
        self.shard.record(exporter, record, at, self.directory);
        true
    }

    /// Counts what was stepped over.
    pub(super) fn skipped(&mut self, what: Skip, counts: &mut Flows) {
        counts.skip(what);
        if matches!(what, Skip::SetOverrun | Skip::ShortSet | Skip::CutMessage | Skip::BrokenRecord | Skip::MissingRecords) {
            self.held_unknown();
        }
        if let Some(exporter) = self.exporter.filter(|_| what.is_malformed()) {
            self.shard.malformed(exporter);
        }
    }

    /// Says that the datagram held so many data records more.
    #[inline]
    pub(super) fn held(&mut self, records: u32) {
        self.held = self.held.map(|held| held.wrapping_add(records));
    }

    /// Says that it held an unknown number of them.
    pub(super) const fn held_unknown(&mut self) {
        self.held = None;
    }

    /// Ends the datagram. Where its number counts records, the next one's is now known.
    pub(super) fn finish(&mut self) {
        if let Some(exporter) = self.exporter {
            self.shard.records_held(exporter, self.held);
        }
    }
}

/// The records of a data set whose template is known, or of NetFlow v5.
pub(super) struct Records<'a, 'b> {
    pub(super) matrix: &'a mut Matrix<'b>,
    pub(super) counts: &'a mut Flows,
    /// The rates that the exporter announced; NetFlow v5 has its own in the header.
    pub(super) rates: Option<Rates<'a>>,
}

impl RecordListener for Records<'_, '_> {
    #[inline(always)]
    fn wants_ips(&self) -> bool {
        self.matrix.wants_ips()
    }

    #[inline]
    fn record(&mut self, exported: &Exported) {
        self.counts.record(exported);
        let record = rated(exported, self.rates);
        if !self.matrix.record(&record, self.matrix.at) && !exported.reverse {
            self.counts.records_not_taken += 1;
        }
    }

    fn skipped(&mut self, what: Skip) {
        self.matrix.skipped(what, self.counts);
    }
}

/// The records of a data set that came before its template.
pub(super) struct Recovering<'a, 'b> {
    pub(super) matrix: &'a mut Matrix<'b>,
    pub(super) counts: &'a mut Flows,
    pub(super) rates: Rates<'a>,
    /// When the data set came.
    pub(super) at: Timestamp,
}

impl RecordListener for Recovering<'_, '_> {
    fn wants_ips(&self) -> bool {
        self.matrix.wants_ips()
    }

    fn record(&mut self, exported: &Exported) {
        self.counts.recovered.record(exported);
        let record = rated(exported, Some(self.rates));
        self.matrix.record(&record, self.at);
    }

    fn skipped(&mut self, what: Skip) {
        self.matrix.skipped(what, self.counts);
    }
}

/// The record with the rate that was announced, unless it tells its own.
#[inline]
fn rated(exported: &Exported, rates: Option<Rates<'_>>) -> FlowRecord {
    let record = exported.record;
    match rates {
        Some(rates) if record.rate.is_unknown() => FlowRecord { rate: rates.of(exported), ..record },
        _ => record,
    }
}
