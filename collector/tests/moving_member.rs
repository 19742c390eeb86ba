//! A router that moves from one member to another: by a capture's clock, and in the running collector.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use aggregator::{Parties, Weights};
use arc_swap::ArcSwap;
use collector::replay::{self, Replay};
use collector::service::{Settings, Shared};
use collector::{Outbox, Service};
use directory::{Current, Directory};
use schema::{Reason, Timestamp, Window};

/// Whose the router is before it moves.
const BEFORE: u32 = 64_500;

/// Whose it is afterwards.
const AFTER: u32 = 64_501;

/// To whom it sends.
const RECEIVER: u32 = 64_502;

const FROM: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

const MINUTE: Duration = Duration::from_secs(60);

/// How long the collector is waited for; it takes a few seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// The router moves at this moment, and between members that are both there all the time.
fn members(moves: Timestamp) -> Directory {
    let list = format!(
        "asn,mac,from,until\n\
         {BEFORE},02:00:5e:00:00:01,,{moves}\n\
         {AFTER},02:00:5e:00:00:01,{moves},\n\
         {RECEIVER},02:00:5e:00:00:09,,\n"
    );
    let list = directory::parse(list.as_bytes(), None).unwrap();
    assert_eq!(list.warnings(), []);
    list
}

/// An IPFIX message with its template and one record: a packet of 100 octets from the router.
fn message(sequence: u32) -> Vec<u8> {
    // sourceMacAddress, destinationMacAddress, octetDeltaCount, packetDeltaCount (IANA, IPFIX Information Elements 56, 80, 1 and 2).
    const TEMPLATE: [u8; 24] = [0, 2, 0, 24, 1, 0, 0, 4, 0, 56, 0, 6, 0, 80, 0, 6, 0, 1, 0, 4, 0, 2, 0, 4];
    const RECORD: [u8; 24] = [1, 0, 0, 24, 2, 0, 0x5e, 0, 0, 1, 2, 0, 0x5e, 0, 0, 9, 0, 0, 0, 100, 0, 0, 0, 1];
    let mut message = vec![0, 10, 0, 64];
    [0, sequence, 7].iter().for_each(|word: &u32| message.extend(word.to_be_bytes()));
    message.extend(TEMPLATE);
    message.extend(RECORD);
    message
}

/// Packets by sender, of a window.
fn senders(window: &Window) -> BTreeMap<u32, u64> {
    let mut senders = BTreeMap::new();
    for row in &window.cells {
        assert_eq!(row.reason(), Some(Reason::Attributed), "{row:?}");
        *senders.entry(row.src_asn).or_default() += row.packets;
    }
    senders
}

/// Replays one message at each of these moments, in milliseconds after the router moves. The windows with their senders, by start.
fn replayed(moves: Timestamp, moments: &[i64]) -> Vec<(i64, BTreeMap<u32, u64>)> {
    let settings = replay::Settings {
        exchange: "test".into(),
        window: MINUTE,
        weights: Weights::default(),
        parties: Parties::Members,
        policies: Arc::default(),
    };
    let mut windows = Vec::new();
    let mut sink = |window: Window| windows.push((window.start.millis() - moves.millis(), senders(&window)));
    let mut replay = Replay::new(settings, Arc::new(members(moves)));
    for (sequence, at) in (0..).zip(moments) {
        replay.datagram(FROM, &message(sequence), Timestamp(moves.millis() + at), &mut sink);
    }
    let summary = replay.finish(&mut sink);
    assert_eq!(summary.cells.values().map(|sums| sums.packets).sum::<u64>(), moments.len() as u64);
    windows
}

#[test]
fn a_capture_is_attributed_by_the_list_of_its_own_time() {
    let moves: Timestamp = "2026-03-01".parse().unwrap();
    let windows = replayed(moves, &[-90_000, -30_000, -1, 0, 59_999, 60_000]);
    let of = |asn, packets| BTreeMap::from([(asn, packets)]);
    assert_eq!(windows, [(-120_000, of(BEFORE, 1)), (-60_000, of(BEFORE, 2)), (0, of(AFTER, 2)), (60_000, of(AFTER, 1))]);
}

#[test]
fn a_window_is_attributed_as_of_its_start_and_captures_may_go_back() {
    let moves: Timestamp = "2026-03-01T08:00:30Z".parse().unwrap();
    // The capture of the earlier hour is read after that of the later one.
    let windows = replayed(moves, &[-10_000, 10_000, 40_000, -3_600_000]);
    let of = |asn, packets| BTreeMap::from([(asn, packets)]);
    assert_eq!(windows, [(-30_000, of(BEFORE, 2)), (30_000, of(AFTER, 1)), (-3_630_000, of(BEFORE, 1))]);
}

/// The running collector with windows of a second.
fn start(members: Directory) -> (Service, Shared) {
    let settings = Settings {
        exchange: "test".into(),
        listen: vec!["127.0.0.1:0".parse().unwrap()],
        threads: 2,
        receive_buffer: 1 << 20,
        batch: 64,
        window: Duration::from_secs(1),
        weights: Weights::default(),
        policies: Arc::default(),
        allow: Vec::new(),
        templates: None,
    };
    let shared = Shared {
        directory: Arc::new(Current::new(members, Timestamp::now())),
        directory_status: Arc::default(),
        outbox: Arc::new(Outbox::default()),
        status: Arc::new(ArcSwap::default()),
    };
    (Service::start(&settings, shared.clone()).unwrap(), shared)
}

#[test]
fn the_running_collector_goes_over_to_the_next_list_with_the_window_that_begins_with_it() {
    const SECOND: Duration = Duration::from_secs(1);
    let moves = Timestamp::now().floor(SECOND).plus(SECOND * 3);
    let (service, shared) = start(members(moves));
    let socket = UdpSocket::bind((FROM, 0)).unwrap();
    let deadline = Instant::now() + PATIENCE;
    let mut sequence = 0;
    let is_over = |window: &Arc<Window>| window.start > moves && !window.cells.is_empty();
    while !shared.outbox.status().0.iter().any(is_over) {
        assert!(Instant::now() < deadline, "{:?}", shared.status.load().skipped);
        socket.send_to(&message(sequence), service.addresses()[0]).unwrap();
        sequence += 1;
        thread::sleep(Duration::from_millis(10));
    }
    service.stop();
    let (windows, _) = shared.outbox.status();
    let asns = |from: Timestamp, to: Timestamp| -> BTreeSet<u32> {
        windows.iter().filter(|window| from <= window.start && window.start < to).flat_map(|window| senders(window).into_keys()).collect()
    };
    // A record counts in the window of its own time, so one that came just before the turn may be in the window after it.
    assert_eq!(asns(Timestamp(0), moves), BTreeSet::from([BEFORE]));
    assert!(asns(moves, moves.plus(SECOND)).contains(&AFTER), "the list changes with the window, and not after it");
    assert_eq!(asns(moves.plus(SECOND), Timestamp(i64::MAX)), BTreeSet::from([AFTER]));
}
