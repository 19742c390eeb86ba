//! The whole way through this room: samples and records into shards, hand-overs into a window.

mod both_directions;
mod bounds;
mod core_ports;
mod directions;
mod exporters;
mod ledger;
mod localities;
mod merging;
mod policies;
mod port_samples;
mod records;
mod weights;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use directory::Snapshot;
use proptest::prelude::*;
use schema::sample::{Age, Agent, DataSource, Direction, FlowRecord, FlowSample, Frame, Interface, LengthBasis, MacPair, Tunnel};
use schema::window::{CellRow, Stretch};
use schema::{Mac, Protocol, Rate, Reason, Timestamp, Window};

use super::*;
use crate::shard::MAX_UNKNOWN_CELLS;

const MEMBERS: &str = r#"
[[member]]
asn = 64500
name = "A"
macs = ["02:00:00:00:00:01"]
ports = [{ agent = "192.0.2.1", if_index = 1 }]

[[member]]
asn = 64501
name = "B"
macs = ["02:00:00:00:00:02"]

[[member]]
asn = 64502
name = "C"
macs = ["02:00:00:00:00:03"]

[[member]]
asn = 64503
name = "D"
macs = ["02:00:00:00:00:03"]
"#;

fn members() -> Snapshot {
    directory::parse(MEMBERS.as_bytes(), Some(directory::Format::Toml)).unwrap().as_of(Timestamp(0))
}

fn exporter(last: u8) -> ExporterKey {
    let address = IpAddr::from([192, 0, 2, last]);
    ExporterKey { protocol: Protocol::Sflow5, agent: Agent { address, sub_agent: 0 }, source: address }
}

const MINUTE: Duration = Duration::from_secs(60);

fn shard(parties: Parties) -> Shard {
    Shard::new(parties, Arc::default(), MINUTE)
}

/// A datagram of exporter 1 that begins a shard's work.
fn hello(shard: &mut Shard) -> ExporterId {
    shard.datagram(exporter(1), Numbering::Datagrams(1), Some(1), Timestamp(0)).unwrap()
}

fn mac(last: u32) -> Mac {
    Mac::from_bits(0x0200_0000_0000 + u64::from(last))
}

fn sample(src: u32, dst: u32, octets: u32) -> FlowSample {
    let macs = Some(MacPair { src: mac(src), dst: mac(dst) });
    FlowSample {
        source: DataSource { class: 0, index: 7 },
        sequence: 1,
        rate: 100,
        pool: 0,
        drops: 0,
        input: Interface::Index(7),
        output: Interface::Unknown,
        frame: Some(Frame { octets, basis: LengthBasis::Frame, macs, vlan: 0, ip_version: 4, tunnel: Tunnel::None, ips: None }),
        raw_length: octets,
    }
}

/// Each sample with a number of its own, as an exporter sends them.
fn numbered(samples: impl IntoIterator<Item = FlowSample>) -> Vec<FlowSample> {
    let number = |(number, mut sample): (usize, FlowSample)| {
        sample.sequence = number as u32;
        sample.pool = number as u32 * 100;
        sample
    };
    samples.into_iter().enumerate().map(number).collect()
}

fn window(samples: &[FlowSample], directory: &Snapshot, parties: Parties) -> Window {
    let mut shard = shard(parties);
    let id = hello(&mut shard);
    samples.iter().for_each(|sample| shard.flow(id, sample, directory));
    let mut open = open();
    open.merge(&shard.take(Delta::default()));
    open.close(Timestamp(60_000), Weights::Nominal)
}

fn open() -> OpenWindow {
    OpenWindow::new(Arc::from("ix"), MINUTE, Timestamp(0), 1)
}

/// A record of ten packets of 982 octets, so that its frames have 1,000 octets each with what Ethernet adds.
fn record(src: u32, dst: u32) -> FlowRecord {
    FlowRecord {
        rate: Rate::whole(100),
        direction: Direction::Ingress,
        input: Interface::Index(7),
        output: Interface::Unknown,
        macs: Some(MacPair { src: mac(src), dst: mac(dst) }),
        vlan: 0,
        ip_version: 4,
        tunnel: Tunnel::None,
        ips: None,
        packets: 10,
        octets: 9_820,
        basis: LengthBasis::IpPacket,
        squares: None,
        age: Age::default(),
    }
}

fn bytes(window: &Window) -> u64 {
    window.cells.iter().map(|cell| cell.bytes).sum()
}

/// A sample that port `at` took of a frame of A to B on its way from one port to another.
fn passing(at: u32, input: u32, output: u32) -> FlowSample {
    let (input, output) = (Interface::Index(input), Interface::Index(output));
    FlowSample { source: DataSource { class: 0, index: at }, input, output, ..sample(1, 2, 1_000) }
}

/// Samples with these reasons, by what gave them: (reason, samples).
fn reasons(window: &Window) -> Vec<(Reason, u64)> {
    let mut told = std::collections::BTreeMap::new();
    window.cells.iter().for_each(|cell| *told.entry(cell.reason().unwrap()).or_default() += cell.samples);
    told.into_iter().collect()
}

fn only(window: &Window) -> &CellRow {
    assert_eq!(window.cells.len(), 1, "{:?}", window.cells);
    &window.cells[0]
}

#[test]
fn a_frame_goes_to_the_cell_of_its_members_or_says_why_not() {
    let directory = members();
    for (src, dst, reason) in [
        (1, 2, Reason::Attributed),
        (9, 2, Reason::UnknownSource),
        (1, 9, Reason::UnknownDestination),
        (8, 9, Reason::UnknownBoth),
        (1, 3, Reason::AmbiguousMac),
        (3, 1, Reason::AmbiguousMac),
    ] {
        let window = window(&[sample(src, dst, 1_000)], &directory, Parties::Members);
        assert_eq!((only(&window).reason(), only(&window).bytes), (Some(reason), 100_000), "{src} to {dst}");
    }
}

#[test]
fn the_port_answers_where_the_mac_does_not() {
    let mut from_port = sample(9, 2, 1_000);
    from_port.input = Interface::Index(1);
    let window = window(&[from_port], &members(), Parties::Members);
    assert_eq!((only(&window).src_asn, only(&window).dst_asn, only(&window).reason()), (64500, 64501, Some(Reason::Attributed)));
}

#[test]
fn flooded_and_dropped_frames_are_set_aside_and_group_addresses_are_no_member() {
    let mut dropped = sample(1, 2, 64);
    dropped.output = Interface::Discarded(256);
    let mut flooded = sample(1, 2, 64);
    flooded.output = Interface::Multiple(3);
    let mut group = sample(1, 2, 64);
    group.frame = group.frame.map(|frame| Frame { macs: Some(MacPair { src: mac(1), dst: Mac::from_bits(0x3333_0000_0001) }), ..frame });
    for (sample, reason) in [(dropped, Reason::Discarded), (flooded, Reason::MultipleOutputs), (group, Reason::GroupDestination)] {
        assert_eq!(only(&window(&[sample], &members(), Parties::Members)).reason(), Some(reason));
    }
}

#[test]
fn a_frame_that_carries_another_is_told_apart_where_its_own_addresses_say_nothing() {
    let directory = members();
    let reason = |src, dst, tunnel| {
        let mut sample = sample(src, dst, 1_000);
        sample.frame = sample.frame.map(|frame| Frame { tunnel, ..frame });
        let window = window(&[sample], &directory, Parties::Members);
        (only(&window).reason().unwrap(), only(&window).src(), only(&window).dst())
    };
    let member = |asn| schema::Party::member(schema::Asn(asn));
    assert_eq!(reason(8, 9, Tunnel::Vxlan), (Reason::Tunnelled, schema::Party::unknown(mac(8)), schema::Party::unknown(mac(9))));
    assert_eq!(reason(1, 9, Tunnel::Mpls), (Reason::Tunnelled, member(64500), schema::Party::unknown(mac(9))));
    assert_eq!(reason(1, 2, Tunnel::Vxlan), (Reason::Attributed, member(64500), member(64501)));
    assert_eq!(reason(1, 9, Tunnel::StackedTags).0, Reason::UnknownDestination);
    let mut dropped = sample(8, 9, 64);
    dropped.frame = dropped.frame.map(|frame| Frame { tunnel: Tunnel::Vxlan, ..frame });
    dropped.output = Interface::Discarded(256);
    assert_eq!(only(&window(&[dropped], &directory, Parties::Members)).reason(), Some(Reason::Discarded));
}

#[test]
fn without_a_directory_every_mac_is_a_party() {
    let window = window(&[sample(8, 9, 64)], &Snapshot::empty(), Parties::Macs);
    assert_eq!((only(&window).src().mac(), only(&window).dst().mac()), (Some(mac(8)), Some(mac(9))));
    assert_eq!(only(&window).reason(), Some(Reason::Attributed));
}

#[test]
fn without_a_directory_a_flooded_frame_goes_to_its_address_and_a_dropped_one_to_nobody() {
    for (output, reason) in [(Interface::Multiple(2), Reason::Attributed), (Interface::Discarded(1), Reason::Discarded)] {
        let mut sample = sample(8, 9, 64);
        sample.output = output;
        assert_eq!(only(&window(&[sample], &Snapshot::empty(), Parties::Macs)).reason(), Some(reason));
    }
}

#[test]
fn a_flood_of_unknown_macs_is_bounded_and_loses_nothing() {
    let count = MAX_UNKNOWN_CELLS as u32 + 500;
    let samples: Vec<FlowSample> = (0..count).map(|number| sample(1_000 + number, 2, 64)).collect();
    let window = window(&samples, &members(), Parties::Members);
    assert_eq!(window.cells.len(), MAX_UNKNOWN_CELLS + 1);
    assert_eq!(window.cells.iter().map(|cell| cell.samples).sum::<u64>(), u64::from(count));
    assert!(window.cells.iter().all(|cell| cell.reason() == Some(Reason::UnknownSource)));
}

#[test]
fn loss_is_made_good_by_the_observed_weight_and_not_by_the_nominal_one() {
    let all = numbered((0..1_000).map(|_| sample(1, 2, 1_000)));
    let half: Vec<FlowSample> = all.into_iter().step_by(2).collect();
    let directory = members();
    let mut shard = shard(Parties::Members);
    let id = hello(&mut shard);
    half.iter().for_each(|sample| shard.flow(id, sample, &directory));
    let mut open = open();
    open.merge(&shard.take(Delta::default()));
    let bytes = |weights| open.close(Timestamp(60_000), weights).cells[0].bytes;
    assert_eq!((bytes(Weights::Observed), bytes(Weights::Nominal)), (100_000_000, 50_000_000));
    let lost = open.exporters().map(|(_, tally)| tally.lost_samples).sum::<i64>();
    assert_eq!(lost, 499);
}

#[test]
fn a_window_is_partial_unless_it_was_open_from_its_start_to_its_end() {
    let close = |opened, now| {
        let open = OpenWindow::new(Arc::from("ix"), Duration::from_secs(60), Timestamp(opened), 1);
        open.close(Timestamp(now), Weights::Observed).partial.map(|part| (part.from.millis(), part.to.millis()))
    };
    assert_eq!(close(60_020, 120_000), None);
    assert_eq!(close(75_000, 120_000), Some((75_000, 120_000)));
    assert_eq!(close(60_000, 90_000), Some((60_000, 90_000)));
    assert_eq!(close(75_000, 70_000), Some((75_000, 75_000)), "a clock that went back measures nothing");
}

proptest! {
    /// Whatever thread a sample comes by, and whenever threads hand over, the window is the same: down to the last bit.
    #[test]
    fn sharding_and_hand_overs_change_nothing(
        samples in prop::collection::vec((0..6_u32, 0..6_u32, 64..1_519_u32, 0..3_u8), 1..300),
        ticks in prop::collection::vec(any::<bool>(), 300),
    ) {
        let directory = members();
        let mut shards: Vec<Shard> = (0..4).map(|_| shard(Parties::Members)).collect();
        let mut alone = shard(Parties::Members);
        let (mut several, mut single) = (open(), open());
        let mut datagram = 0;
        for ((src, dst, octets, agent), tick) in samples.into_iter().zip(ticks) {
            // An exporter stays with one thread, as the kernel's hash sees to.
            let shard = &mut shards[usize::from(agent)];
            datagram += 1;
            let mut sample = sample(src, dst, octets);
            sample.sequence = datagram;
            sample.pool = datagram * 100;
            for shard in [shard, &mut alone] {
                let id = shard.datagram(exporter(agent), Numbering::Datagrams(datagram), Some(1), Timestamp(0)).unwrap();
                shard.flow(id, &sample, &directory);
            }
            if tick {
                shards.iter_mut().for_each(|shard| several.merge(&shard.take(Delta::default())));
            }
        }
        shards.iter_mut().for_each(|shard| several.merge(&shard.take(Delta::default())));
        single.merge(&alone.take(Delta::default()));
        let end = Timestamp(60_000);
        prop_assert_eq!(several.close(end, Weights::Observed), single.close(end, Weights::Observed));
    }
}
