//! The pieces of work that are measured.

use std::hint::black_box;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use aggregator::{Delta, ExporterKey, Numbering, OpenWindow, Parties, Policies, Refused, Shard, Weights};
use collector::Lane;
use schema::sample::{Agent, DataSource, FlowSample, Frame, Interface, InterfaceCounters, LengthBasis, MacPair, Tunnel};
use schema::{Mac, Protocol, Timestamp};
use wire::sflow::{self, Listener, Skip};

use crate::rival::Rival;
use crate::traffic::Traffic;

/// Cells of the window that [`Case::Close`] closes.
pub const CLOSED_CELLS: u32 = 100_000;

const WINDOW: Duration = Duration::from_secs(60);

/// A piece of work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Case {
    /// Every octet added up: less than this nobody can do who looks at all of them.
    Floor,
    /// Decoding alone.
    Walk,
    /// Decoding, attributing, adding to the matrix, and a hand-over at the end.
    Matrix,
    /// Decoding alone, by sflow-parser.
    SflowParser,
    /// What `Matrix` does, by sflow-parser and the standard library's maps.
    SflowParserMatrix,
    /// Merging a hand-over of [`CLOSED_CELLS`] cells and closing the window.
    Close,
}

/// A case made ready: each call is one round, and returns a number that depends on all of its work.
pub type Round = Box<dyn FnMut() -> u64>;

impl Case {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Floor, Self::Walk, Self::Matrix, Self::SflowParser, Self::SflowParserMatrix, Self::Close];

    /// Its name on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Walk => "walk",
            Self::Matrix => "matrix",
            Self::SflowParser => "sflow_parser",
            Self::SflowParserMatrix => "sflow_parser_matrix",
            Self::Close => "close",
        }
    }

    /// The case of this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|case| case.name() == name)
    }

    /// What its cost is divided by: flow samples, or cells for [`Case::Close`].
    #[must_use]
    pub const fn unit(self) -> &'static str {
        if matches!(self, Self::Close) { "cell" } else { "sample" }
    }

    /// How many of its units a round has.
    #[must_use]
    pub fn units(self, traffic: &Traffic) -> u64 {
        if self == Self::Close { u64::from(CLOSED_CELLS) } else { traffic.samples }
    }

    /// Makes it ready.
    #[must_use]
    pub fn prepare(self, traffic: &Rc<Traffic>) -> Round {
        let traffic = Rc::clone(traffic);
        match self {
            Self::Floor => Box::new(move || floor(&traffic)),
            Self::Walk => Box::new(move || walk(&traffic)),
            Self::Matrix => matrix(traffic),
            Self::SflowParser => Box::new(move || sflow_parser(&traffic)),
            Self::SflowParserMatrix => rival(traffic),
            Self::Close => close(),
        }
    }
}

fn floor(traffic: &Traffic) -> u64 {
    traffic.datagrams.iter().map(|datagram| octets(&datagram.payload)).fold(0, u64::wrapping_add)
}

/// Eight at a time, as a processor likes it.
fn octets(payload: &[u8]) -> u64 {
    let (eights, rest) = payload.as_chunks::<8>();
    let eights = eights.iter().map(|octets| u64::from_ne_bytes(*octets)).fold(0, u64::wrapping_add);
    rest.iter().map(|octet| u64::from(*octet)).fold(eights, u64::wrapping_add)
}

fn walk(traffic: &Traffic) -> u64 {
    let mut sum = Sum::default();
    for datagram in &traffic.datagrams {
        if let Ok((_, samples)) = sflow::header(&datagram.payload) {
            samples.walk(&mut sum);
        }
    }
    sum.0
}

fn matrix(traffic: Rc<Traffic>) -> Round {
    let mut lane = Lane::new(Parties::Members, Arc::new(Policies::default()), WINDOW);
    let mut spare = Delta::default();
    Box::new(move || {
        feed(&mut lane, &traffic);
        spare = lane.take(std::mem::take(&mut spare));
        spare.streams.iter().map(|(_, tally)| tally.received).sum()
    })
}

/// Gives all datagrams to a lane.
pub fn feed(lane: &mut Lane, traffic: &Traffic) {
    for datagram in &traffic.datagrams {
        lane.datagram(datagram.source, &datagram.payload, datagram.at, &traffic.directory);
    }
}

fn sflow_parser(traffic: &Traffic) -> u64 {
    let decoded = |payload: &[u8]| sflow_parser::parse_datagram(payload).map_or(0, |datagram| black_box(datagram).samples.len() as u64);
    traffic.datagrams.iter().map(|datagram| decoded(&datagram.payload)).sum()
}

fn rival(traffic: Rc<Traffic>) -> Round {
    let mut rival = Rival::new(&traffic.directory);
    Box::new(move || {
        rival.clear();
        traffic.datagrams.iter().for_each(|datagram| rival.datagram(&datagram.payload));
        rival.samples()
    })
}

fn close() -> Round {
    let mut shard = Shard::new(Parties::Macs, Arc::new(Policies::default()), WINDOW);
    // A shard that has seen nothing refuses nobody.
    let _: Result<(), Refused> = fill(&mut shard);
    let delta = shard.take(Delta::default());
    let mut window = OpenWindow::new(Arc::from("ix"), WINDOW, Timestamp(0), 1);
    Box::new(move || {
        window.reopen(Timestamp(0), 1);
        window.merge(&delta);
        let closed = window.close(window.end(), Weights::Observed);
        closed.cells.iter().map(|cell| cell.samples).sum()
    })
}

/// Adds [`CLOSED_CELLS`] cells: 400 routers, each sending to 250 others through a port of its own.
fn fill(shard: &mut Shard) -> Result<(), Refused> {
    const RECEIVERS: u32 = 250;
    let agent = Agent { address: IpAddr::from([192, 0, 2, 1]), sub_agent: 0 };
    let key = ExporterKey { protocol: Protocol::Sflow5, agent, source: agent.address };
    let exporter = shard.datagram(key, Numbering::Datagrams(1), Some(0), Timestamp(0))?;
    let directory = directory::Snapshot::empty();
    for number in 0..CLOSED_CELLS {
        let (src, dst) = (number / RECEIVERS, number % RECEIVERS);
        shard.flow(exporter, &sample(src, dst + 1_000, number % RECEIVERS + 1), &directory);
    }
    Ok(())
}

fn sample(src: u32, dst: u32, sequence: u32) -> FlowSample {
    let mac = |last: u32| Mac::from_bits(0x0200_0000_0000 | u64::from(last));
    let macs = Some(MacPair { src: mac(src), dst: mac(dst) });
    FlowSample {
        source: DataSource { class: 0, index: src + 1 },
        sequence,
        rate: 1_000,
        pool: 1_000 * sequence,
        drops: 0,
        input: Interface::Index(src + 1),
        output: Interface::Index(dst + 1),
        frame: Some(Frame { octets: 1_000, basis: LengthBasis::Frame, macs, vlan: 0, ip_version: 4, tunnel: Tunnel::None }),
        raw_length: 1_000,
    }
}

/// Adds up what a walk finds, so that nothing of it can be left out.
#[derive(Default)]
struct Sum(u64);

impl Listener for Sum {
    fn flow(&mut self, sample: &FlowSample) {
        black_box(sample);
        self.0 += u64::from(sample.raw_length);
    }
    fn counters(&mut self, counters: &InterfaceCounters) {
        black_box(counters);
    }
    fn counter_sample(&mut self) {
        self.0 += 1;
    }
    fn skipped(&mut self, what: Skip) {
        self.0 += what.index() as u64;
    }
}
