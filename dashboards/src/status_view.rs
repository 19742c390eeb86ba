//! The collector's status in the API's words.

mod places;
mod shipping;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use schema::status::{ExporterStatus, Ledger, Listener, Status};
use schema::{Protocol, Timestamp};
use serde::Serialize;

use shipping::ShippingView;

use self::places::PlacesView;
use crate::site::Hall;

/// The answer to `status`. All counts are since the start.
#[derive(Serialize)]
pub(crate) struct StatusView<'a> {
    exchange: &'a str,
    version: &'static str,
    method: &'static str,
    started: Timestamp,
    at: Timestamp,
    uptime_seconds: u64,
    running: Running,
    waiting_windows: usize,
    listeners: Vec<ListenerView>,
    exporters: Vec<ExporterView>,
    skipped: BTreeMap<&'static str, u64>,
    strangers: Vec<StrangerView>,
    directory: DirectoryView<'a>,
    places: Option<PlacesView<'a>>,
    store: StoreView<'a>,
    /// `null` where there is no ClickHouse.
    shipping: Option<ShippingView>,
    ledger: LedgerView,
}

#[derive(Serialize)]
struct Running {
    from: Timestamp,
    to: Timestamp,
    cells: usize,
}

#[derive(Serialize)]
struct ListenerView {
    address: SocketAddr,
    threads: usize,
    receive_buffer_bytes: usize,
    datagrams: u64,
    bytes: u64,
    kernel_drops: u64,
    truncated: u64,
    errors: u64,
    refused: u64,
}

/// A sender that is not on the list.
#[derive(Serialize)]
struct StrangerView {
    address: IpAddr,
    datagrams: u64,
}

#[derive(Serialize)]
struct ExporterView {
    protocol: Protocol,
    agent: IpAddr,
    sub_agent: u32,
    source: IpAddr,
    last_seen: Timestamp,
    sampling_rates: Vec<u32>,
    templates: usize,
    datagrams: u64,
    lost_datagrams: u64,
    reordered_datagrams: u64,
    duplicate_datagrams: u64,
    flow_samples: u64,
    lost_samples: u64,
    flow_records: u64,
    lost_records: u64,
    agent_drops: u64,
    counter_samples: u64,
    malformed: u64,
    unscalable: u64,
    restarts: u64,
    implausible: u64,
    by_pool: u64,
    by_sequence: u64,
    pool_refused: u64,
    pool_due: u64,
    pool_taken: u64,
}

/// Where every sample went, before any weight.
#[derive(Serialize)]
struct LedgerView {
    received: u64,
    in_windows: u64,
    lost: u64,
    unaccounted: i64,
}

#[derive(Serialize)]
struct DirectoryView<'a> {
    origin: &'a str,
    loaded: Timestamp,
    members: usize,
    macs: usize,
    warnings: &'a [String],
    refused: Option<&'a str>,
}

#[derive(Serialize)]
struct StoreView<'a> {
    windows_written: u64,
    windows_lost: u64,
    failing: Option<&'a str>,
    newest: Option<Timestamp>,
}

impl<'a> StatusView<'a> {
    /// The view of one status.
    pub(crate) fn new(hall: &'a Hall, status: &'a Status) -> Self {
        let (directory, store, running) = (&status.directory, &status.store, &status.running);
        Self {
            exchange: &hall.site.exchange.name,
            version: hall.site.version,
            method: schema::METHOD_VERSION,
            started: status.started,
            at: status.at,
            uptime_seconds: status.at.since(status.started).as_secs(),
            running: Running { from: running.start, to: running.end(), cells: running.cells.len() },
            waiting_windows: status.waiting.len(),
            listeners: status.listeners.iter().map(listener).collect(),
            exporters: status.exporters.iter().map(exporter).collect(),
            skipped: status.skipped.iter().copied().collect(),
            strangers: status
                .strangers
                .iter()
                .map(|(address, datagrams)| StrangerView { address: *address, datagrams: *datagrams })
                .collect(),
            directory: DirectoryView {
                origin: &directory.origin,
                loaded: directory.loaded,
                members: directory.members,
                macs: directory.macs,
                warnings: &directory.warnings,
                refused: directory.refused.as_deref(),
            },
            places: places::view(status),
            store: StoreView {
                windows_written: store.windows_written,
                windows_lost: store.windows_lost,
                failing: store.failing.as_deref(),
                newest: store.newest,
            },
            shipping: hall.site.shipping.as_ref().map(|watch| watch.status().into()),
            ledger: ledger(&status.ledger),
        }
    }
}

const fn ledger(ledger: &Ledger) -> LedgerView {
    LedgerView { received: ledger.received, in_windows: ledger.in_windows, lost: ledger.lost, unaccounted: ledger.unaccounted() }
}

fn listener(listener: &Listener) -> ListenerView {
    ListenerView {
        address: listener.address,
        threads: listener.threads,
        receive_buffer_bytes: listener.receive_buffer,
        datagrams: listener.datagrams,
        bytes: listener.octets,
        kernel_drops: listener.kernel_drops,
        truncated: listener.truncated,
        errors: listener.errors,
        refused: listener.refused,
    }
}

fn exporter(exporter: &ExporterStatus) -> ExporterView {
    let totals = &exporter.totals;
    ExporterView {
        protocol: exporter.protocol,
        agent: exporter.agent,
        sub_agent: exporter.sub_agent,
        source: exporter.source,
        last_seen: exporter.last_seen,
        sampling_rates: exporter.rates.clone(),
        templates: exporter.templates,
        datagrams: totals.datagrams,
        lost_datagrams: totals.lost_datagrams,
        reordered_datagrams: totals.reordered_datagrams,
        duplicate_datagrams: totals.duplicate_datagrams,
        flow_samples: totals.flow_samples,
        lost_samples: totals.lost_samples,
        flow_records: totals.flow_records,
        lost_records: totals.lost_records,
        agent_drops: totals.agent_drops,
        counter_samples: totals.counter_samples,
        malformed: totals.malformed,
        unscalable: totals.unscalable,
        restarts: totals.restarts,
        implausible: totals.implausible,
        by_pool: totals.by_pool,
        by_sequence: totals.by_sequence,
        pool_refused: totals.pool_refused,
        pool_due: totals.pool_due,
        pool_taken: totals.pool_taken,
    }
}
