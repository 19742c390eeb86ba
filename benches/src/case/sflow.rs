//! sFlow: the floor, the walk, the whole way, and the same by sflow-parser.

use std::hint::black_box;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use aggregator::{Delta, Parties, Policies};
use collector::Lane;
use schema::sample::{FlowSample, InterfaceCounters};
use wire::sflow::{self, Listener, Skip};

use super::{Round, feed};
use crate::rival::Rival;
use crate::traffic::Traffic;

pub(super) const WINDOW: Duration = Duration::from_secs(60);

pub(super) fn floor(traffic: &Traffic) -> u64 {
    traffic.datagrams.iter().map(|datagram| octets(&datagram.payload)).fold(0, u64::wrapping_add)
}

/// Eight at a time, as a processor likes it.
fn octets(payload: &[u8]) -> u64 {
    let (eights, rest) = payload.as_chunks::<8>();
    let eights = eights.iter().map(|octets| u64::from_ne_bytes(*octets)).fold(0, u64::wrapping_add);
    rest.iter().map(|octet| u64::from(*octet)).fold(eights, u64::wrapping_add)
}

pub(super) fn walk(traffic: &Traffic) -> u64 {
    let mut sum = Sum::default();
    for datagram in &traffic.datagrams {
        if let Ok((_, samples)) = sflow::header(&datagram.payload) {
            samples.walk(&mut sum);
        }
    }
    sum.0
}

pub(super) fn matrix(traffic: Rc<Traffic>) -> Round {
    let mut lane = Lane::new(Parties::Members, Arc::new(Policies::default()), WINDOW);
    let mut spare = Delta::default();
    Box::new(move || {
        feed(&mut lane, &traffic);
        received(&mut lane, &mut spare)
    })
}

/// Has the lane hand over what it added to the matrix; how many samples or records that was.
pub(super) fn received(lane: &mut Lane, spare: &mut Delta) -> u64 {
    *spare = lane.take(std::mem::take(spare));
    spare.streams.iter().map(|(_, tally)| tally.received).sum()
}

pub(super) fn parsed(traffic: &Traffic) -> u64 {
    let decoded = |payload: &[u8]| sflow_parser::parse_datagram(payload).map_or(0, |datagram| black_box(datagram).samples.len() as u64);
    traffic.datagrams.iter().map(|datagram| decoded(&datagram.payload)).sum()
}

pub(super) fn rival(traffic: Rc<Traffic>) -> Round {
    let mut rival = Rival::new(&traffic.directory);
    Box::new(move || {
        rival.clear();
        traffic.datagrams.iter().for_each(|datagram| rival.datagram(&datagram.payload));
        rival.samples()
    })
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
