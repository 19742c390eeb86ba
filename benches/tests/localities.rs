//! Where both ends are, from a simulated exchange's datagrams to the answer, against the truth.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use aggregator::{Parties, Policies, Weights};
use collector::replay::{Replay, Settings, Summary};
use directory::places::{Home, PlaceSource, Places, SourceKind, read};
use schema::{Economy, Localities, Locality, Protocol, Reason, Sums, Timestamp, estimator};
use simulator::{Exchange, Extras, FlowCache, HOME, Plan, Truth};
use store::question::Question;
use store::{Journal, Options, Reader};

const START: Timestamp = Timestamp(1_795_219_200_000);
const LENGTH: Duration = Duration::from_secs(300);

fn places(exchange: &Exchange) -> Arc<Places> {
    let layer = read(SourceKind::Registry, exchange.registry().as_bytes()).unwrap();
    let source = PlaceSource { kind: SourceKind::Registry, file: "simulated".into() };
    Arc::new(Places::new(Home::from(HOME.parse::<Economy>().unwrap()), &[(source, Arc::new(layer))]))
}

/// Plays five minutes of an exchange into a replay that knows its places, and into a journal.
fn played(protocol: Protocol, journal: &mut Journal) -> (Truth, Summary) {
    let plan = Plan {
        members: 24,
        peak_samples_per_second: 300.0,
        day_curve: false,
        protocol,
        flow_cache: FlowCache::NONE,
        extras: Extras::NONE,
        ..Plan::default()
    };
    let mut exchange = Exchange::new(&plan, START);
    let directory = directory::parse(exchange.members_toml().as_bytes(), Some(directory::Format::Toml)).unwrap();
    let settings = Settings {
        exchange: "ix".into(),
        window: Duration::from_secs(60),
        weights: Weights::Observed,
        parties: Parties::Members,
        policies: Arc::new(Policies::default()),
    };
    let mut replay = Replay::new(settings, Arc::new(directory)).knowing(Some(places(&exchange)));
    let mut sink = |window| {
        journal.append(&window).unwrap();
    };
    let from = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let mut give = |datagram: &simulator::Datagram<'_>| replay.datagram(from, datagram.bytes, datagram.at, &mut sink);
    exchange.advance(LENGTH, &mut give);
    exchange.flush(&mut give);
    (exchange.truth(), replay.finish(&mut sink))
}

/// Octets between two members by the localities of both ends, as they truly were.
fn truly(truth: &Truth) -> BTreeMap<Localities, u64> {
    let mut truly = BTreeMap::new();
    for cell in &truth.cells {
        *truly.entry(Localities { src: cell.src_locality, dst: cell.dst_locality }).or_default() += cell.volume.octets;
    }
    truly
}

fn found(summary: &Summary) -> BTreeMap<Localities, Sums> {
    let mut found: BTreeMap<Localities, Sums> = BTreeMap::new();
    for (key, sums) in summary.cells.iter().filter(|(key, _)| key.reason == Reason::Attributed) {
        found.entry(key.localities).or_default().merge(*sums);
    }
    found
}

#[test]
fn the_matrix_by_locality_holds_the_truth_and_so_does_the_domestic_share() {
    for protocol in [Protocol::Sflow5, Protocol::Ipfix, Protocol::Netflow9] {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path(), Options::default()).unwrap();
        let (truth, summary) = played(protocol, &mut journal);
        let (truly, found) = (truly(&truth), found(&summary));
        assert_eq!(truly.len(), 9, "all pairs of domestic, foreign and unknown");
        assert!(truly.keys().eq(found.keys()), "{protocol:?}: {truly:?} {found:?}");
        let held = truly.iter().filter(|(at, octets)| {
            let interval = estimator::volume(&found[at]);
            (interval.low..=interval.high).contains(octets)
        });
        // Each holds in 95 of 100 cases.
        assert!(held.count() >= 8, "{protocol:?}: {truly:?} {found:?}");
        let span = Question::all(START, START.plus(LENGTH));
        let answer = Reader::open(folder.path()).unwrap().locality(&span, &[]).unwrap();
        let domestic = truly[&Localities { src: Locality::Domestic, dst: Locality::Domestic }] as f64;
        // The foreign are surely not of it; whatever is unknown may be.
        let surely_not: u64 =
            truly.iter().filter(|(at, _)| at.src == Locality::Foreign || at.dst == Locality::Foreign).map(|(_, octets)| octets).sum();
        let (total, bounds) = (truth.total.octets as f64, answer.domestic.unwrap());
        let between = [domestic / total, 1.0 - surely_not as f64 / total];
        assert!(bounds.low.share <= between[0] && between[1] <= bounds.high.share, "{protocol:?}: {between:?} in {bounds:?}");
        assert!((bounds.low.centre - between[0]).abs() < 0.05 && (bounds.high.centre - between[1]).abs() < 0.05, "{protocol:?}");
    }
}
