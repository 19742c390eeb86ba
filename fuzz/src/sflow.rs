//! sFlow, as any host on the network may send it.

use schema::sample::{FlowSample, InterfaceCounters, TAG_OCTETS};
use wire::sflow::{self, Listener, MAX_FRAME_OCTETS, Skip};

use crate::memory::Bound;

/// Reads the input as one sFlow datagram; how many samples it holds.
///
/// # Panics
/// As [`heard`].
pub fn run(input: &[u8]) -> u64 {
    let heard = heard(input);
    heard.flows + heard.counter_samples
}

/// What the walk over an sFlow datagram tells.
///
/// # Panics
/// If the walk allocates, tells more than the octets can hold, or contradicts itself.
pub fn heard(input: &[u8]) -> Heard {
    let mut heard = Heard::default();
    Bound::NOTHING.keep(input.len(), || {
        if let Ok((_, samples)) = sflow::header(input) {
            samples.walk(&mut heard);
        }
    });
    heard.check(input.len());
    heard
}

/// What a walk told.
#[derive(Default, Debug)]
pub struct Heard {
    /// Flow samples.
    pub flows: u64,
    /// Counter samples.
    pub counter_samples: u64,
    without_frame: u64,
    counters: u64,
    skips: [u64; Skip::ALL.len()],
}

impl Listener for Heard {
    fn flow(&mut self, sample: &FlowSample) {
        self.flows += 1;
        match sample.frame {
            Some(frame) => assert!(frame.octets <= MAX_FRAME_OCTETS + TAG_OCTETS, "a frame of {} octets", frame.octets),
            None => self.without_frame += 1,
        }
    }

    fn counters(&mut self, _: &InterfaceCounters) {
        self.counters += 1;
    }

    fn counter_sample(&mut self) {
        self.counter_samples += 1;
    }

    fn skipped(&mut self, what: Skip) {
        self.skips[what.index()] += 1;
    }
}

impl Heard {
    fn check(&self, octets: usize) {
        let told = self.flows + self.counters + self.counter_samples + self.skips.iter().sum::<u64>();
        assert!(told <= most_told(octets), "{told} calls for {octets} octets");
        assert!(self.counters <= self.counter_samples, "counters outside of a sample");
        assert_eq!(self.without_frame, self.skips[Skip::NoPacketRecord.index()], "samples without a frame, and those that are counted so");
    }
}

/// Most calls of one walk: a sample or a record has at least 8 octets, and each gives rise to a few calls.
const fn most_told(octets: usize) -> u64 {
    4 * (octets as u64 / 8 + 1)
}
