//! A site with an hour of traffic in a real journal, and the running window in memory.

mod ports;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use dashboards::{ExchangeInfo, Site};
use schema::status::{DirectoryStatus, ExporterStatus, Listener, PlaceSourceStatus, PlacesStatus, Status};
use schema::window::{CellRow, ExporterRow, ListenerRow, Stretch};
use schema::{Asn, CellKey, Localities, Mac, Moments, Party, Protocol, Reason, Sums, Timestamp, Window};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// Members of the site; one name would break a page that does not escape.
pub(crate) fn name(asn: u32) -> String {
    match asn {
        64_500 => "<script>alert('x')</script> & Sons".to_owned(),
        asn => format!("Network {}", asn - 64_500),
    }
}

fn sums(samples: u32, octets: u32) -> Sums {
    let mut moments = Moments::default();
    (0..samples).for_each(|sample| moments.add(octets + sample % 7));
    moments.weighed(2_048.0)
}

/// One minute of traffic between `members` members, larger for those with smaller numbers.
pub(crate) fn window(start: Timestamp, members: u32, partial: bool) -> Window {
    let exchange: Arc<str> = "ix".into();
    let part = partial.then(|| Stretch { from: start, to: start.plus(MINUTE) });
    let mut cells = Vec::new();
    // A slow saw tooth, so that the minutes differ.
    let wave = 50 + u32::try_from(start.millis() / 60_000 % 30).unwrap();
    for src in 0..members {
        for dst in (0..members).filter(|dst| *dst != src && (src * 7 + dst * 3) % 5 != 0) {
            for (version, share) in [(4, 3), (6, 1)] {
                let samples = wave * 40 * share / ((src + 1) * (dst + 2) * 4);
                if samples == 0 {
                    continue;
                }
                let key = CellKey {
                    src: Party::member(Asn(64_500 + src)),
                    dst: Party::member(Asn(64_500 + dst)),
                    vlan: 100,
                    ip_version: version,
                    reason: Reason::Attributed,
                    localities: Localities::UNKNOWN,
                };
                cells.push(CellRow::new(start, &exchange, key, sums(samples, 900)));
            }
        }
    }
    let key = CellKey {
        src: Party::unknown(Mac::new([2, 0, 0, 0, 0, 9])),
        dst: Party::member(Asn(64_501)),
        vlan: 100,
        ip_version: 4,
        reason: Reason::UnknownSource,
        localities: Localities::UNKNOWN,
    };
    cells.push(CellRow::new(start, &exchange, key, sums(20, 600)));
    // A pair of which a sample is seen once in a while.
    if start.millis() / 60_000 % 10 == 0 {
        let key = CellKey {
            src: Party::member(Asn(64_511)),
            dst: Party::member(Asn(64_501)),
            vlan: 100,
            ip_version: 4,
            reason: Reason::Attributed,
            localities: Localities::UNKNOWN,
        };
        cells.push(CellRow::new(start, &exchange, key, sums(1, 900)));
    }
    // What came in flow records, in a VLAN of its own, and what another meter counted already.
    let between = |reason| CellKey {
        src: Party::member(Asn(64_502)),
        dst: Party::member(Asn(64_501)),
        vlan: 200,
        ip_version: 4,
        reason,
        localities: Localities::UNKNOWN,
    };
    cells.push(CellRow::new(start, &exchange, between(Reason::Attributed), sums(40, 800).from_flows()));
    cells.push(CellRow::new(start, &exchange, between(Reason::OtherDirection), sums(40, 800).from_flows()));
    let (port_rows, port_samples) = ports::of(start, &exchange, &cells);
    Window {
        start,
        length: MINUTE,
        serial: start.millis().unsigned_abs(),
        partial: part,
        cells,
        ports: port_rows,
        port_samples,
        listeners: vec![listener(start)],
        exporters: vec![exporter(start, 9), flow_exporter(start)],
    }
}

fn exporter(time: Timestamp, lost: u64) -> ExporterRow {
    ExporterRow {
        time,
        exchange: "ix".into(),
        protocol: "sflow5".into(),
        agent: "192.0.2.1".into(),
        sub_agent: 0,
        source: "192.0.2.1".into(),
        datagrams: 9_000,
        lost_datagrams: lost,
        reordered_datagrams: 0,
        flow_samples: 60_000,
        lost_samples: lost * 7,
        flow_records: 0,
        lost_records: 0,
        agent_drops: 3,
        counter_samples: 40,
        malformed: 0,
        unscalable: 0,
        restarts: 0,
        rate_min: 2_048,
        rate_max: 2_048,
        duplicate_datagrams: 2,
        implausible: 1,
        by_pool: 50_000,
        by_sequence: 9_000,
        pool_refused: 900,
        // One sample of five is missing that no sequence number tells of.
        pool_due: 62_500,
        pool_taken: 50_066,
    }
}

fn listener(time: Timestamp) -> ListenerRow {
    ListenerRow {
        time,
        exchange: "ix".into(),
        address: "127.0.0.1:6343".into(),
        datagrams: 9_500,
        octets: 12_000_000,
        kernel_drops: 4,
        truncated: 0,
        errors: 0,
        refused: 2,
    }
}

/// A router that speaks IPFIX and tells no sampling rate.
fn flow_exporter(time: Timestamp) -> ExporterRow {
    ExporterRow {
        protocol: "ipfix".into(),
        agent: "192.0.2.3".into(),
        sub_agent: 7,
        source: "192.0.2.3".into(),
        datagrams: 500,
        flow_samples: 0,
        flow_records: 12_000,
        lost_records: 60,
        counter_samples: 0,
        unscalable: 12_000,
        agent_drops: 0,
        rate_min: 0,
        rate_max: 0,
        duplicate_datagrams: 0,
        implausible: 0,
        by_pool: 0,
        by_sequence: 0,
        pool_refused: 0,
        pool_due: 0,
        pool_taken: 0,
        ..exporter(time, 0)
    }
}

/// The site of `members` members whose journal in `dir` has so many minutes up to `now`, but for a gap of four.
pub(crate) fn site(dir: &Path, members: u32, minutes: u32, now: Timestamp) -> Site {
    let running = now.floor(MINUTE);
    let mut journal = store::Journal::open(dir, store::Options::default()).unwrap();
    for minute in (1..=minutes).filter(|minute| !(minutes / 3..minutes / 3 + 4).contains(minute)) {
        journal.append_bulk(&window(running.minus(MINUTE * minute), members, false)).unwrap();
    }
    journal.sync().unwrap();
    let mut list = String::from("asn,name,mac,agent,if_index\n");
    for member in 0..members {
        let (asn, port) = (64_500 + member, member + 1);
        list.push_str(&format!("{asn},\"{}\",02:00:00:00:01:{member:02x},192.0.2.1,{port}\n", name(asn)));
    }
    let directory = directory::parse(list.as_bytes(), None).unwrap().as_of(now);
    let live = |agent: &str, ago: u64, lost: u64| ExporterStatus {
        protocol: Protocol::Sflow5,
        agent: agent.parse().unwrap(),
        sub_agent: 0,
        source: agent.parse().unwrap(),
        last_seen: now.minus(Duration::from_secs(ago)),
        rates: vec![2_048],
        templates: 0,
        totals: exporter(now, lost),
    };
    let router = ExporterStatus {
        protocol: Protocol::Ipfix,
        sub_agent: 7,
        rates: Vec::new(),
        templates: 5,
        totals: flow_exporter(now),
        ..live("192.0.2.3", 1, 0)
    };
    let status = Status {
        started: now.minus(MINUTE * 61),
        at: now,
        running: Arc::new(window(running, members, true)),
        waiting: Vec::new(),
        listeners: vec![Listener {
            address: "127.0.0.1:6343".parse().unwrap(),
            threads: 2,
            receive_buffer: 8_388_608,
            datagrams: 1_234_567,
            octets: 987_654_321,
            kernel_drops: 12,
            truncated: 0,
            errors: 0,
            refused: 84,
        }],
        exporters: vec![live("192.0.2.1", 2, 90), live("192.0.2.2", 900, 0), router],
        skipped: vec![("unknown_record", 512), ("not_sflow", 3), ("data_sets_without_template", 4), ("stranger", 84)],
        strangers: vec![("198.51.100.9".parse().unwrap(), 80), ("2001:db8::9".parse().unwrap(), 4)],
        directory: DirectoryStatus {
            origin: "members.csv".to_owned(),
            loaded: now,
            members: members as usize,
            macs: members as usize,
            warnings: vec!["AS64501 has no port".to_owned()],
            refused: None,
            places: Arc::new(places(now)),
        },
        store: schema::status::StoreStatus { windows_written: 56, newest: Some(running.minus(MINUTE)), ..Default::default() },
        ledger: schema::status::Ledger { received: 1_000, in_windows: 1_000, lost: 0 },
    };
    Site {
        exchange: ExchangeInfo { name: "ix".to_owned(), title: "Example Exchange".to_owned() },
        reader: Arc::new(store::Reader::open(dir).unwrap()),
        status: Arc::new(ArcSwap::from_pointee(status)),
        shipping: None,
        books: Arc::default(),
        directory: Arc::new(ArcSwap::from_pointee(directory)),
        version: "0.1.0",
        hosts: vec!["stats.ix.example".to_owned()],
    }
}

/// Two files, of which one was never read.
fn places(now: Timestamp) -> PlacesStatus {
    let source = |kind, file: &str| PlaceSourceStatus {
        kind,
        file: file.to_owned(),
        loaded: None,
        data_of: None,
        prefixes_4: 0,
        prefixes_6: 0,
        networks: 0,
        left_out: 0,
        notes: Vec::new(),
        refused: None,
    };
    let read = PlaceSourceStatus {
        loaded: Some(now),
        data_of: Some(now.minus(Duration::from_secs(3 * 86_400))),
        prefixes_4: 98_765,
        prefixes_6: 4_321,
        networks: 40_000,
        left_out: 1,
        notes: vec!["line 7: is wrong".to_owned()],
        ..source("registries", "delegated-test")
    };
    let refused = PlaceSourceStatus { refused: Some("feed.csv: cannot be read".to_owned()), ..source("geofeeds", "feed.csv") };
    PlacesStatus { home: "TJ".to_owned(), economies: vec!["TJ".parse().unwrap()], octets: 1_000_000, sources: vec![refused, read] }
}
