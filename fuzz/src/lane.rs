//! A lane, as it hears several exporters at once and hands over to a window.
//!
//! Each of the input's [`datagrams`] begins with an octet of its own, which says who sends it and what happens before: see [`HAND_OVER`]
//! and the other bits.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aggregator::policy::Policies;
use aggregator::{Delta, OpenWindow, Parties, Weights};
use collector::counts::Flows;
use collector::lane::{Lane, Taken};
use directory::{Format, Snapshot};
use schema::window::CellRow;
use schema::{Protocol, Timestamp, Window};
use wire::protocol::recognise;

use crate::datagrams;
use crate::exporter::{Exported, Exporter};
use crate::memory::Bound;
use crate::records::Records;
use crate::{netflow5, sflow};

/// The bits that say who sends a datagram.
pub const SOURCE: u8 = 3;

/// The lane hands over before the datagram comes.
pub const HAND_OVER: u8 = 4;

/// It comes a minute later than the one before: the window is closed, and another one opened.
pub const NEXT_MINUTE: u8 = 8;

/// It comes an hour later: those who are silent for so long are forgotten.
pub const NEXT_HOUR: u8 = 16;

/// It comes twice.
pub const TWICE: u8 = 32;

/// Length of a window.
const WINDOW: Duration = Duration::from_secs(60);

/// When the first datagram comes: soon after a window began, so that flow records reach windows before it.
const BEGIN: Timestamp = Timestamp(1_795_000_025_000);

/// A flow record takes a cell in each window that it reaches, up to 61, and cells lie in tables that are half empty; the matrix has them
/// once more. Tables and what is remembered of each exporter are small until they are filled.
const MEMORY: Bound = Bound { fixed: 4 << 20, per_octet: 8 * 1024 };

/// Members with the addresses that the seeds have.
static DIRECTORY: LazyLock<Snapshot> = LazyLock::new(|| {
    const LIST: &[u8] = b"asn,mac,agent,if_index\n\
        64500,02:00:5e:00:00:01,,\n\
        64501,02:00:5e:00:00:02,,\n\
        64502,,127.0.0.1,3\n\
        64503,02:00:5e:00:00:04,,\n\
        64504,02:00:5e:00:00:04,,\n";
    directory::parse(LIST, Some(Format::Csv)).unwrap_or_default().as_of(BEGIN)
});

/// Reads the input as datagrams of several exporters; how many records and samples reached a window.
///
/// # Panics
/// If what is counted, what was exported and what is in the windows do not agree, if it matters when the lane hands over, or if it takes
/// more memory than its bound.
pub fn run(input: &[u8]) -> u64 {
    LazyLock::force(&DIRECTORY);
    let exchange = MEMORY.keep(input.len(), || Exchange::hear(input, true)).result;
    let at_once = Exchange::hear(input, false);
    assert_eq!(exchange.heard.cells, at_once.heard.cells, "cells with hand-overs within the window, and without");
    // The model of what was exported is not the program's memory.
    let mut model = Model::default();
    datagrams::of(input).for_each(|datagram| model.step(datagram));
    exchange.check(&model)
}

/// What the octet before a datagram says, and the datagram.
fn parted(datagram: &[u8]) -> Option<(u8, IpAddr, &[u8])> {
    let (&control, payload) = datagram.split_first()?;
    let source = match control & SOURCE {
        0 => Ipv4Addr::LOCALHOST.into(),
        1 => Ipv4Addr::new(192, 0, 2, 1).into(),
        2 => Ipv4Addr::new(192, 0, 2, 2).into(),
        _ => Ipv6Addr::LOCALHOST.into(),
    };
    Some((control, source, payload))
}

/// How often a datagram comes.
const fn times(control: u8) -> u32 {
    if control & TWICE == 0 { 1 } else { 2 }
}

/// A lane and the window that it adds to.
struct Exchange {
    lane: Lane,
    open: OpenWindow,
    spare: Delta,
    now: Timestamp,
    /// Whether it hands over within a window too.
    often: bool,
    heard: Heard,
}

/// What came out of an exchange.
#[derive(Default)]
struct Heard {
    datagrams: u64,
    not_flow: u64,
    /// Samples and records that the exporters' tallies have.
    samples: u64,
    records: u64,
    /// Samples, and frames of records, that the windows have.
    in_windows: u128,
    /// The windows' rows, in order.
    cells: Vec<CellRow>,
}

impl Exchange {
    fn hear(input: &[u8], often: bool) -> Self {
        let mut exchange = Self::new(often);
        datagrams::of(input).for_each(|datagram| exchange.step(datagram));
        exchange.close();
        exchange
    }

    fn new(often: bool) -> Self {
        let lane = Lane::new(Parties::Members, Arc::new(Policies::default()), WINDOW);
        let open = OpenWindow::new("fuzz".into(), WINDOW, BEGIN, 0);
        Self { lane, open, spare: Delta::default(), now: BEGIN, often, heard: Heard::default() }
    }

    fn step(&mut self, datagram: &[u8]) {
        let Some((control, source, payload)) = parted(datagram) else { return };
        if control & HAND_OVER != 0 && self.often {
            self.hand_over();
        }
        if control & (NEXT_MINUTE | NEXT_HOUR) != 0 {
            let minutes = if control & NEXT_HOUR == 0 { 1 } else { 61 };
            self.turn(self.now.plus(WINDOW * minutes));
        }
        for _ in 0..times(control) {
            let taken = self.lane.datagram(source, payload, self.now, &DIRECTORY);
            self.heard.datagrams += 1;
            self.heard.not_flow += u64::from(taken == Taken::NotFlow);
        }
    }

    fn hand_over(&mut self) {
        let delta = self.lane.take(std::mem::take(&mut self.spare));
        self.open.merge(&delta);
        self.heard.samples += delta.exporters.iter().map(|(_, tally)| tally.flow_samples).sum::<u64>();
        self.heard.records += delta.exporters.iter().map(|(_, tally)| tally.flow_records).sum::<u64>();
        self.spare = delta;
    }

    fn turn(&mut self, now: Timestamp) {
        self.hand_over();
        let window = self.open.close(self.open.end(), Weights::Observed);
        let late = self.open.take_late(Weights::Observed);
        std::iter::once(window).chain(late).for_each(|window| self.heard.window(window));
        self.lane.forget_silent(now);
        self.lane.expire(now);
        self.open.reopen(now, 0);
        self.now = now;
    }

    fn close(&mut self) {
        self.hand_over();
        let window = self.open.close(self.now, Weights::Observed);
        let rest = self.open.take_rest(Weights::Observed);
        std::iter::once(window).chain(rest).for_each(|window| self.heard.window(window));
    }

    /// What the lane counted, what was exported, and what reached the windows is the same.
    fn check(&self, model: &Model) -> u64 {
        let counts = self.lane.counts();
        assert_eq!(counts.flow_datagrams() + counts.unknown, self.heard.datagrams);
        assert_eq!((counts.unknown, counts.strangers), (self.heard.not_flow, 0));
        let sflow = [&counts.sflow5, &counts.sflow4, &counts.sflow2];
        let samples = sflow.map(|sflow| sflow.flow_samples).iter().sum::<u64>();
        let taken = samples - sflow.map(|sflow| sflow.samples_not_taken).iter().sum::<u64>();
        assert_eq!((samples, taken), (model.samples, self.heard.samples), "samples exported and counted; taken and in the tallies");
        let exported = model.exported();
        let flows = [&counts.netflow5, &counts.netflow9, &counts.ipfix];
        flows.iter().zip(&exported).for_each(|(counted, exported)| check_counted(counted, exported));
        let lost: u64 = flows.iter().map(|flows| flows.records_not_taken).sum();
        let waited: u64 = flows.iter().map(|flows| flows.recovered.records + skipped(flows, "data_sets_without_template")).sum();
        if lost + waited == 0 && flows.iter().all(|flows| flows.refused.is_empty()) {
            let records: u64 = exported.iter().map(|exported| exported.records.forward + exported.records.reverse).sum();
            let frames: u128 = exported.iter().map(|exported| exported.records.frames).sum();
            assert_eq!(self.heard.records, records, "records in the tallies and exported");
            assert_eq!(self.heard.in_windows, u128::from(taken) + frames, "frames in the windows and exported");
        }
        assert!(self.heard.in_windows >= u128::from(taken));
        self.heard.records + self.heard.samples
    }
}

impl Heard {
    fn window(&mut self, window: Window) {
        for row in &window.cells {
            let sums = row.sums();
            assert!(sums.variance >= 0.0 && sums.variance.is_finite() && sums.bytes_from_flows <= sums.bytes, "{sums:?}");
            let interval = schema::estimator::volume(&sums);
            assert!(interval.low <= interval.high, "{interval:?} of {sums:?}");
            assert!(row.reason().is_some());
            self.in_windows += u128::from(sums.samples);
        }
        self.cells.extend(window.cells);
    }
}

/// A lane counts what was exported, and keeps nothing of what it could not read.
fn check_counted(counted: &Flows, exported: &Exported) {
    let records = &exported.records;
    assert_eq!((counted.records, counted.options_records), (records.forward, exported.options_records));
    assert_eq!((counted.octets, counted.packets), (records.octets, records.packets));
    assert_eq!((counted.templates, counted.options_templates), (exported.templates, exported.options_templates));
    assert!(counted.records_not_taken <= counted.records);
    let without = skipped(counted, "data_sets_without_template");
    let given_up = skipped(counted, "held_data_sets_expired") + skipped(counted, "held_data_sets_dropped");
    assert!(given_up <= without, "{given_up} held sets given up of {without}");
    assert!(without > given_up || counted.recovered.records == 0, "records recovered of no set");
}

fn skipped(flows: &Flows, reason: &str) -> u64 {
    flows.skipped().filter(|(name, _)| *name == reason).map(|(_, count)| count).sum()
}

/// What was exported, as the decoders say without a lane.
#[derive(Default)]
struct Model {
    samples: u64,
    netflow5: Records,
    exporters: BTreeMap<IpAddr, Exporter>,
}

impl Model {
    fn step(&mut self, datagram: &[u8]) {
        let Some((control, source, payload)) = parted(datagram) else { return };
        for _ in 0..times(control) {
            match recognise(payload) {
                Some(Protocol::Sflow5 | Protocol::Sflow4 | Protocol::Sflow2) => self.samples += sflow::heard(payload).flows,
                Some(Protocol::Netflow5) => self.netflow5.merge(&netflow5::records(payload)),
                Some(protocol) => self.exporters.entry(source).or_default().datagram(protocol, payload),
                None => {}
            }
        }
    }

    /// NetFlow v5, NetFlow v9 and IPFIX.
    fn exported(&self) -> [Exported; 3] {
        let mut exported = [Exported { records: self.netflow5, ..Exported::default() }, Exported::default(), Exported::default()];
        for exporter in self.exporters.values() {
            exported[1].merge(&exporter.netflow9);
            exported[2].merge(&exporter.ipfix);
        }
        exported
    }
}
