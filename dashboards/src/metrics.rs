//! `/metrics`: the collector's health for Prometheus.
//!
//! [`FAMILIES`] is the one place where the names stand, and `# HELP` of each is its documentation. There is nothing here by member:
//! who exchanges how much is for the API, which can limit who asks.

mod shipping;

use std::fmt;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;
use schema::Reason;
use schema::status::{ExporterStatus, Listener, PlaceSourceStatus, Status};
use store::shipping::{ShippingStatus, Watch};

use crate::problem::Problem;
use crate::site::Hall;

type Labels = Vec<(&'static str, String)>;

/// One value of a family with what tells it apart. Wide enough for every count, and for differences below zero.
type Reading = (Labels, i128);

/// A family of metrics: its name without the suffix of its kind, what it is, and how it is read off what is shown.
struct Family<T: 'static> {
    name: &'static str,
    help: &'static str,
    kind: Kind,
    read: fn(&T) -> Vec<Reading>,
}

#[derive(Clone, Copy)]
enum Kind {
    /// Only grows; `_total` is added to its name.
    Counter,
    Gauge,
}

/// All families, in the order in which they are written.
const FAMILIES: &[Family<Status>] = &[
    counter("chorsu_datagrams", "Datagrams received", |s| listeners(s, |l| l.datagrams)),
    counter("chorsu_received_bytes", "Octets of UDP payload received", |s| listeners(s, |l| l.octets)),
    counter("chorsu_kernel_drops", "Datagrams that the kernel dropped because the receive buffer was full", |s| {
        listeners(s, |l| l.kernel_drops)
    }),
    counter("chorsu_truncated_datagrams", "Datagrams longer than the buffer of one message", |s| listeners(s, |l| l.truncated)),
    counter("chorsu_receive_errors", "Errors of receiving calls", |s| listeners(s, |l| l.errors)),
    counter(
        "chorsu_refused_datagrams",
        "Datagrams that were not read: of senders that are not allowed, of no known protocol, or broken",
        |s| listeners(s, |l| l.refused),
    ),
    counter("chorsu_samples_received", "Samples that came, and frames of flow records, before any weight", |s| one(s.ledger.received)),
    counter("chorsu_samples_in_windows", "Those of them that lie in a window, the running one among them", |s| one(s.ledger.in_windows)),
    counter("chorsu_samples_lost", "Those of them in windows that no disk took", |s| one(s.ledger.lost)),
    gauge(
        "chorsu_samples_unaccounted",
        "Samples that came and lie nowhere, or lie somewhere and never came; 0 unless the program is wrong",
        |s| one(s.ledger.unaccounted()),
    ),
    counter("chorsu_exporter_datagrams", "Datagrams received from an exporter", |s| exporters(s, |e| e.totals.datagrams)),
    counter("chorsu_exporter_lost_datagrams", "Datagrams that an exporter's sequence numbers miss", |s| {
        exporters(s, |e| e.totals.lost_datagrams)
    }),
    counter("chorsu_exporter_duplicate_datagrams", "Datagrams of an exporter that came twice, and were refused", |s| {
        exporters(s, |e| e.totals.duplicate_datagrams)
    }),
    counter("chorsu_exporter_reordered_datagrams", "Datagrams of an exporter that came late", |s| {
        exporters(s, |e| e.totals.reordered_datagrams)
    }),
    counter("chorsu_exporter_samples", "Flow samples received from an exporter", |s| exporters(s, |e| e.totals.flow_samples)),
    counter("chorsu_exporter_lost_samples", "Flow samples that the sequence numbers of an exporter's data sources miss", |s| {
        exporters(s, |e| e.totals.lost_samples)
    }),
    counter("chorsu_exporter_flow_records", "Flow records received from an exporter", |s| exporters(s, |e| e.totals.flow_records)),
    counter("chorsu_exporter_lost_records", "Flow records that the sequence numbers of NetFlow v5 and IPFIX miss", |s| {
        exporters(s, |e| e.totals.lost_records)
    }),
    counter("chorsu_exporter_unscalable", "Samples and flow records of an exporter without a known sampling rate", |s| {
        exporters(s, |e| e.totals.unscalable)
    }),
    counter("chorsu_exporter_implausible", "Samples of an exporter whose sampling rate was not believed", |s| {
        exporters(s, |e| e.totals.implausible)
    }),
    counter(
        "chorsu_exporter_weighed",
        "Samples of an exporter by what gave them their weight: the pool of their data source, or its sequence numbers",
        by_weight,
    ),
    counter("chorsu_exporter_pool_refused", "Samples of an exporter's data sources whose pool contradicts their rate", |s| {
        exporters(s, |e| e.totals.pool_refused)
    }),
    counter("chorsu_exporter_pool_due", "Samples that an exporter should have taken by its pools and rates", |s| {
        exporters(s, |e| e.totals.pool_due)
    }),
    counter("chorsu_exporter_pool_taken", "Samples of the same data sources that it did take; the rest it dropped in silence", |s| {
        exporters(s, |e| e.totals.pool_taken)
    }),
    gauge("chorsu_exporter_templates", "Templates that are known of an exporter", |s| exporters(s, |e| e.templates as u64)),
    counter("chorsu_exporter_agent_drops", "Samples that an exporter says it dropped itself", |s| exporters(s, |e| e.totals.agent_drops)),
    counter("chorsu_exporter_restarts", "Restarts of an exporter, told by its sequence numbers", |s| exporters(s, |e| e.totals.restarts)),
    gauge("chorsu_exporter_last_seen_timestamp_seconds", "When the latest datagram of an exporter came, in seconds since 1970", |s| {
        exporters(s, |e| seconds(e.last_seen))
    }),
    counter("chorsu_skipped", "Datagrams, samples and records that were stepped over, by reason", |s| {
        s.skipped.iter().map(|(reason, count)| (vec![("reason", (*reason).to_owned())], (*count).into())).collect()
    }),
    gauge("chorsu_strangers", "Senders that are not on the list of exporters, as many of them as are remembered", |s| {
        one(s.strangers.len() as u64)
    }),
    counter("chorsu_stranger_datagrams", "Datagrams of senders that are not on the list of exporters", |s| one(strangers(s))),
    counter("chorsu_windows_written", "Windows written to the journal", |s| one(s.store.windows_written)),
    counter("chorsu_windows_lost", "Windows lost because the disk would not take them", |s| one(s.store.windows_lost)),
    gauge("chorsu_windows_waiting", "Closed windows that are not in the journal yet", |s| one(s.waiting.len() as u64)),
    gauge("chorsu_store_failing", "1 while the latest write to the journal failed", |s| one(u64::from(s.store.failing.is_some()))),
    gauge("chorsu_running_window_attributed_bytes", "Octets in the running window between two known members", |s| {
        one(running(s, |reason| reason == Some(Reason::Attributed)))
    }),
    gauge("chorsu_running_window_unattributed_bytes", "Octets in the running window that no two known members exchanged", |s| {
        one(running(s, |reason| reason.is_some_and(|reason| reason != Reason::Attributed && !reason.is_set_aside())))
    }),
    gauge("chorsu_directory_members", "Members in the directory", |s| one(s.directory.members as u64)),
    gauge("chorsu_directory_macs", "MAC addresses in the directory", |s| one(s.directory.macs as u64)),
    gauge("chorsu_directory_warnings", "Warnings of the directory's loader", |s| one(s.directory.warnings.len() as u64)),
    gauge("chorsu_places_table_bytes", "Octets of the table from addresses to economies and networks", |s| {
        one(s.directory.places.octets as u64)
    }),
    gauge(
        "chorsu_places_source_data_timestamp_seconds",
        "Of when the data of a file of economies or networks is, in seconds since 1970",
        |s| sources(s, |source| source.data_of.map(seconds)),
    ),
    gauge("chorsu_places_source_loaded_timestamp_seconds", "When such a file was last understood, in seconds since 1970", |s| {
        sources(s, |source| source.loaded.map(seconds))
    }),
    gauge("chorsu_places_source_ipv4_prefixes", "Prefixes of IPv4 in such a file", |s| sources(s, |source| Some(source.prefixes_4 as u64))),
    gauge("chorsu_places_source_ipv6_prefixes", "Prefixes of IPv6 in such a file", |s| sources(s, |source| Some(source.prefixes_6 as u64))),
    gauge("chorsu_places_source_as_ranges", "Ranges of AS numbers in such a file", |s| sources(s, |source| Some(source.networks as u64))),
    gauge("chorsu_places_source_left_out", "Lines or records of such a file that were left out", |s| {
        sources(s, |source| Some(source.left_out))
    }),
    gauge(
        "chorsu_places_source_refused",
        "1 while the latest version of such a file is refused and an older one, or none, is in use",
        |s| sources(s, |source| Some(source.refused.is_some().into())),
    ),
    gauge("chorsu_start_timestamp_seconds", "When the collector started, in seconds since 1970", |s| one(seconds(s.started))),
];

const fn counter<T>(name: &'static str, help: &'static str, read: fn(&T) -> Vec<Reading>) -> Family<T> {
    Family { name, help, kind: Kind::Counter, read }
}

const fn gauge<T>(name: &'static str, help: &'static str, read: fn(&T) -> Vec<Reading>) -> Family<T> {
    Family { name, help, kind: Kind::Gauge, read }
}

fn one(value: impl Into<i128>) -> Vec<Reading> {
    vec![(Labels::new(), value.into())]
}

fn listeners(status: &Status, value: fn(&Listener) -> u64) -> Vec<Reading> {
    status.listeners.iter().map(|listener| (vec![("listener", listener.address.to_string())], value(listener).into())).collect()
}

fn sources(status: &Status, value: fn(&PlaceSourceStatus) -> Option<u64>) -> Vec<Reading> {
    let labels = |source: &PlaceSourceStatus| vec![("kind", source.kind.to_owned()), ("file", source.file.clone())];
    status.directory.places.sources.iter().filter_map(|source| Some((labels(source), value(source)?.into()))).collect()
}

fn exporters(status: &Status, value: fn(&ExporterStatus) -> u64) -> Vec<Reading> {
    status.exporters.iter().map(|exporter| (labels(exporter), value(exporter).into())).collect()
}

fn labels(exporter: &ExporterStatus) -> Labels {
    let (agent, sub_agent) = (exporter.agent.to_string(), exporter.sub_agent.to_string());
    vec![("agent", agent), ("sub_agent", sub_agent), ("protocol", exporter.protocol.name().to_owned())]
}

fn by_weight(status: &Status) -> Vec<Reading> {
    let readings = |exporter: &ExporterStatus| {
        let by = |what: &str, count: u64| {
            let mut labels = labels(exporter);
            labels.push(("by", what.to_owned()));
            (labels, i128::from(count))
        };
        [by("pool", exporter.totals.by_pool), by("sequence", exporter.totals.by_sequence)]
    };
    status.exporters.iter().flat_map(readings).collect()
}

/// All their datagrams, of those too that are no longer remembered by name.
fn strangers(status: &Status) -> u64 {
    status.skipped.iter().find(|(reason, _)| *reason == "stranger").map_or(0, |(_, datagrams)| *datagrams)
}

fn running(status: &Status, counts: fn(Option<Reason>) -> bool) -> u64 {
    status.running.cells.iter().filter(|cell| counts(cell.reason())).map(|cell| cell.bytes).sum()
}

fn seconds(time: schema::Timestamp) -> u64 {
    u64::try_from(time.millis() / 1_000).unwrap_or(0)
}

/// What stood at the moment of one scrape.
#[derive(Debug)]
struct Scrape {
    status: Arc<Status>,
    shipping: Option<ShippingStatus>,
}

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        write_families(FAMILIES, &self.status, &mut encoder)?;
        self.shipping.iter().try_for_each(|shipping| write_families(shipping::FAMILIES, shipping, &mut encoder))
    }
}

fn write_families<T>(families: &[Family<T>], of: &T, encoder: &mut DescriptorEncoder) -> fmt::Result {
    for family in families {
        let kind = match family.kind {
            Kind::Counter => MetricType::Counter,
            Kind::Gauge => MetricType::Gauge,
        };
        let mut metric = encoder.encode_descriptor(family.name, family.help, None, kind)?;
        for (labels, value) in (family.read)(of) {
            if labels.is_empty() {
                family.kind.write(&mut metric, value)?;
            } else {
                family.kind.write(&mut metric.encode_family(&labels)?, value)?;
            }
        }
    }
    Ok(())
}

impl Kind {
    fn write(self, metric: &mut MetricEncoder<'_>, value: i128) -> fmt::Result {
        match self {
            Self::Counter => metric.encode_counter::<NoLabelSet, _, u64>(&counted(value), None),
            Self::Gauge => metric.encode_gauge(&signed(value)),
        }
    }
}

fn counted(value: i128) -> u64 {
    u64::try_from(value).unwrap_or(if value < 0 { 0 } else { u64::MAX })
}

fn signed(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

/// `GET /metrics`.
pub(crate) async fn metrics(State(hall): State<Arc<Hall>>) -> Result<Response, Problem> {
    let mut registry = Registry::default();
    let shipping = hall.site.shipping.as_ref().map(Watch::status);
    registry.register_collector(Box::new(Scrape { status: hall.site.status.load_full(), shipping }));
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).map_err(|_| Problem::internal("the metrics could not be written"))?;
    Ok(([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response())
}
