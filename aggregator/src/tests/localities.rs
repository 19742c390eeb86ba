//! Where both ends are, in the cells.

use directory::places::{Home, PlaceSource, Places, SourceKind, read};
use schema::sample::{Addressed, Ends, IpPair, Sampled};
use schema::{Localities, Locality};

use super::*;

const REGISTRY: &[u8] = b"2|test|20260101|3|19830101|20260101|+0000
test|*|ipv4|*|2|summary
test|*|ipv6|*|1|summary
test|TJ|ipv4|192.0.2.0|256|20000101|allocated|x
test|DE|ipv4|198.51.100.0|256|20000101|allocated|x
test|TJ|ipv6|2001:db8::|32|20000101|allocated|x
";

/// Home is TJ; a prefix of documentation is there, another abroad; all that member 64500 sends comes from caches, and so does what a part of the one abroad sends.
fn places() -> Arc<Places> {
    let caches = b"AS64500\n198.51.100.128/25\n";
    let layers = [(SourceKind::Registry, REGISTRY), (SourceKind::LocalCache, &caches[..])].map(|(kind, text)| {
        let layer = read(kind, text).unwrap();
        (PlaceSource { kind, file: "made".into() }, Arc::new(layer))
    });
    Arc::new(Places::new(Home::from("TJ".parse::<schema::Economy>().unwrap()), &layers))
}

fn members_and_places() -> Snapshot {
    members().with_places(Some(places()))
}

const INSIDE: [u8; 4] = [192, 0, 2, 7];
const ABROAD: [u8; 4] = [198, 51, 100, 7];
const CACHE: [u8; 4] = [198, 51, 100, 200];
const NOWHERE: [u8; 4] = [203, 0, 113, 7];

fn pair(src: [u8; 4], dst: [u8; 4]) -> IpPair {
    IpPair::V4 { src: src.into(), dst: dst.into() }
}

fn between(src: u32, dst: u32, ips: Option<IpPair>) -> FlowSample {
    let sample = sample(src, dst, 1_000);
    FlowSample { frame: sample.frame.map(|frame| Frame { ips, ..frame }), ..sample }
}

/// A sample that is read in its datagram, as most are: its ends tell the pair of members.
#[derive(Clone, Copy)]
struct InPlace(FlowSample);

impl Sampled for InPlace {
    type Body = FlowSample;
    fn source(&self) -> DataSource {
        self.0.source
    }
    fn sequence(&self) -> u32 {
        self.0.sequence
    }
    fn rate(&self) -> u32 {
        self.0.rate
    }
    fn pool(&self) -> u32 {
        self.0.pool
    }
    fn drops(&self) -> u32 {
        self.0.drops
    }
    fn enters_here(&self) -> bool {
        true
    }
    fn is_passed_on(&self) -> bool {
        true
    }
    fn ends(&self) -> Option<Ends> {
        let macs = self.0.frame?.macs?;
        Some(Ends { first: macs.dst.bits(), second: macs.src.bits(), tag: 0x00ff_ffff })
    }
    fn addressed(&self) -> Option<Addressed> {
        Some(Addressed { macs: self.0.frame?.macs?, vlan: 0, ip_version: 4 })
    }
    fn ips(&self) -> Option<IpPair> {
        self.0.frame?.ips
    }
    fn raw_length(&self) -> u32 {
        self.0.raw_length
    }
    fn apart(self) -> (FlowSample, u16) {
        (self.0, 0)
    }
    fn together(body: FlowSample, _: u16) -> Option<Self> {
        Some(Self(body))
    }
    fn whole(self) -> FlowSample {
        self.0
    }
}

/// Localities and octets of a window's rows; the samples are given one by one, as they are or as they lie in a datagram.
fn rows(samples: &[FlowSample], directory: &Snapshot, in_place: bool) -> Vec<(Localities, u64)> {
    let mut shard = shard(Parties::Members);
    let id = hello(&mut shard);
    let mut intake = shard.intake(id, directory).unwrap();
    for sample in numbered(samples.iter().copied()) {
        if in_place { intake.flow(InPlace(sample)) } else { intake.flow(sample) }
    }
    drop(intake);
    let mut open = open();
    open.merge(&shard.take(Delta::default()));
    let window = open.close(Timestamp(60_000), Weights::Nominal);
    window.cells.iter().map(|row| (row.localities(), row.bytes)).collect()
}

fn from_to(src: Locality, dst: Locality) -> Localities {
    Localities { src, dst }
}

#[test]
fn a_pairs_frames_are_told_apart_by_where_their_addresses_are() {
    use Locality::{Domestic, Foreign, LocalCache, Unknown};
    let pairs = [(INSIDE, INSIDE), (INSIDE, ABROAD), (ABROAD, INSIDE), (CACHE, INSIDE), (NOWHERE, INSIDE), (INSIDE, INSIDE)];
    let mut samples: Vec<FlowSample> = pairs.iter().map(|(src, dst)| between(2, 1, Some(pair(*src, *dst)))).collect();
    samples.push(between(2, 1, None));
    let expected = [
        (from_to(Unknown, Unknown), 100_000),
        (from_to(Unknown, Domestic), 100_000),
        (from_to(Domestic, Domestic), 200_000),
        (from_to(Domestic, Foreign), 100_000),
        (from_to(Foreign, Domestic), 100_000),
        (from_to(LocalCache, Domestic), 100_000),
    ];
    for in_place in [false, true] {
        assert_eq!(rows(&samples, &members_and_places(), in_place), expected, "{in_place}");
        let unknown = [(Localities::UNKNOWN, 700_000)];
        assert_eq!(rows(&samples, &members(), in_place), unknown, "nobody was asked: {in_place}");
    }
}

#[test]
fn what_a_member_on_the_list_of_caches_sends_is_local_and_what_it_receives_is_where_it_is() {
    let samples = [between(1, 2, Some(pair(ABROAD, INSIDE))), between(2, 1, Some(pair(INSIDE, ABROAD)))];
    let expected =
        [(from_to(Locality::LocalCache, Locality::Domestic), 100_000), (from_to(Locality::Domestic, Locality::Foreign), 100_000)];
    for in_place in [false, true] {
        assert_eq!(rows(&samples, &members_and_places(), in_place), expected);
    }
}

#[test]
fn flow_records_and_ipv6_have_their_localities_too() {
    let directory = members_and_places();
    let mut shard = shard(Parties::Members);
    let id = hello(&mut shard);
    let v6 = IpPair::V6 { src: "2001:db8::1".parse().unwrap(), dst: "2001:db9::1".parse().unwrap() };
    for ips in [Some(pair(ABROAD, INSIDE)), Some(v6), None] {
        shard.record(id, &FlowRecord { ips, ..record(2, 1) }, Timestamp(0), &directory);
    }
    let mut open = open();
    open.merge(&shard.take(Delta::default()));
    let window = open.close(Timestamp(60_000), Weights::Nominal);
    let rows: Vec<Localities> = window.cells.iter().map(CellRow::localities).collect();
    use Locality::{Domestic, Foreign, Unknown};
    assert_eq!(rows, [from_to(Unknown, Unknown), from_to(Domestic, Unknown), from_to(Foreign, Domestic)]);
}

#[test]
fn another_table_counts_for_what_comes_after_it() {
    let mut shard = shard(Parties::Members);
    let id = hello(&mut shard);
    let sample = between(2, 1, Some(pair(INSIDE, INSIDE)));
    for (number, directory) in [(0, members()), (1, members_and_places()), (2, members())] {
        let mut intake = shard.intake(id, &directory).unwrap();
        intake.flow(InPlace(FlowSample { sequence: number, pool: number * 100, ..sample }));
    }
    let mut open = open();
    open.merge(&shard.take(Delta::default()));
    let cells = open.close(Timestamp(60_000), Weights::Nominal).cells;
    let rows: Vec<_> = cells.iter().map(|row| (row.localities(), row.bytes)).collect();
    assert_eq!(rows, [(Localities::UNKNOWN, 200_000), (from_to(Locality::Domestic, Locality::Domestic), 100_000)]);
}
