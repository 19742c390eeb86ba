//! Every capture of sFlow, against what independent decoders say of it.

#![expect(clippy::unwrap_used, reason = "a capture or truth file that cannot be read fails the test")]

mod pcap;

use std::collections::{BTreeMap, BTreeSet};

use schema::Mac;
use schema::sample::{FlowSample, InterfaceCounters};
use serde_json::Value;
use wire::protocol::{Protocol, recognise};
use wire::sflow::{self, Listener, Refusal, Skip};

use pcap::{Capture, sflow_captures};

/// The figures of a capture, in the words of its truth file.
#[derive(Default, Debug, PartialEq, Clone)]
struct Figures {
    flow_samples: u64,
    counter_samples: u64,
    discard_samples: u64,
    sampling_rates: BTreeMap<u32, u64>,
    sum_frame_length_x_rate: u64,
    sum_rate: u64,
    distinct_mac_mac_vlan: u64,
}

/// A walk over a whole capture.
#[derive(Default)]
struct Walk {
    figures: Figures,
    triples: BTreeSet<(Mac, Mac, u16)>,
    malformed: u64,
    refusals: Vec<Refusal>,
}

impl Listener for Walk {
    fn flow(&mut self, sample: &FlowSample) {
        self.figures.flow_samples += 1;
        *self.figures.sampling_rates.entry(sample.rate).or_default() += 1;
        self.figures.sum_frame_length_x_rate += u64::from(sample.raw_length) * u64::from(sample.rate);
        self.figures.sum_rate += u64::from(sample.rate);
        let Some(frame) = sample.frame else { return };
        if let (1.., Some(macs)) = (sample.raw_length, frame.macs) {
            self.triples.insert((macs.src, macs.dst, frame.vlan));
        }
    }
    fn counters(&mut self, _: &InterfaceCounters) {}
    fn counter_sample(&mut self) {
        self.figures.counter_samples += 1;
    }
    fn skipped(&mut self, what: Skip) {
        self.figures.discard_samples += u64::from(what == Skip::DiscardedPacket);
        self.malformed += u64::from(what.is_malformed());
    }
}

impl Walk {
    fn over(capture: &Capture) -> Self {
        let mut walk = Self::default();
        for (_, payload) in &capture.datagrams {
            match sflow::header(payload) {
                Ok((_, samples)) => samples.walk(&mut walk),
                Err(refusal) => walk.refusals.push(refusal),
            }
        }
        walk.figures.distinct_mac_mac_vlan = walk.triples.len() as u64;
        walk
    }
}

fn expected(truth: &Value) -> Figures {
    let number = |field: &str| truth.get(field).and_then(Value::as_u64).unwrap();
    let rates = truth.get("sampling_rates").and_then(Value::as_object).unwrap();
    Figures {
        flow_samples: number("flow_samples"),
        counter_samples: number("counter_samples"),
        discard_samples: number("discard_samples"),
        sampling_rates: rates.iter().map(|(rate, samples)| (rate.parse().unwrap(), samples.as_u64().unwrap())).collect(),
        sum_frame_length_x_rate: number("sum_frame_length_x_rate"),
        sum_rate: number("sum_rate"),
        distinct_mac_mac_vlan: number("distinct_mac_mac_vlan"),
    }
}

/// A capture of which we rightly say something else than its truth file.
struct Exception {
    capture: &'static str,
    /// Why.
    reason: &'static str,
    /// What we say, given what the file says.
    ours: fn(Figures) -> Figures,
}

const EXCEPTIONS: &[Exception] = &[
    Exception {
        capture: "gopacket-sflow-vectors",
        reason: "three samples have a length that their records or their datagram belie; strict decoders refuse their datagrams, we keep what is intact",
        ours: |mut figures| {
            figures.flow_samples = 21;
            figures.counter_samples = 7;
            figures.sampling_rates.insert(256, 3);
            figures.sum_rate = 33_773;
            figures
        },
    },
    Exception {
        capture: "goflow2-sflow-vectors",
        reason: "the last datagram lacks the padding of its last record; nothing follows, so nothing is lost",
        ours: |figures| Figures { discard_samples: 3, ..figures },
    },
    Exception {
        capture: "logstash-codec-sflow-dats",
        reason: "one sample has a bare IP header and an Ethernet record; others take addresses from headers alone",
        ours: |figures| Figures { distinct_mac_mac_vlan: 6, ..figures },
    },
    Exception {
        capture: "synthetic-sflow-v2",
        reason: "some frames have no tag and a VLAN in their switch record; the file counts tags alone, and lists both ways below",
        ours: |figures| Figures { distinct_mac_mac_vlan: 9, ..figures },
    },
    Exception { capture: "synthetic-sflow-v4", reason: "the same", ours: |figures| Figures { distinct_mac_mac_vlan: 9, ..figures } },
];

#[test]
fn every_capture_gives_the_figures_of_independent_decoders() {
    for capture in sflow_captures() {
        let truth = expected(&capture.expected);
        let exception = EXCEPTIONS.iter().find(|exception| exception.capture == capture.name);
        let (reason, expected) = exception.map_or(("", truth.clone()), |known| (known.reason, (known.ours)(truth)));
        assert_eq!(Walk::over(&capture).figures, expected, "{} {reason}", capture.name);
    }
}

#[test]
fn only_what_is_no_sflow_is_refused() {
    for capture in sflow_captures() {
        let refused = match capture.name.as_str() {
            "tcpdump-sflow_multiple_counter_30_pdus" => vec![Refusal::OtherProtocol(Protocol::Netflow5); 5],
            _ => Vec::new(),
        };
        assert_eq!(Walk::over(&capture).refusals, refused, "{}", capture.name);
    }
}

#[test]
fn only_hand_cut_vectors_are_malformed() {
    for capture in sflow_captures() {
        let walk = Walk::over(&capture);
        let malformed = if capture.name == "gopacket-sflow-vectors" { 3 } else { 0 };
        assert_eq!(walk.malformed, malformed, "{}", capture.name);
    }
}

#[test]
fn every_payload_that_is_sflow_is_recognised_by_its_version() {
    for capture in sflow_captures() {
        let expected = match capture.name.as_str() {
            "synthetic-sflow-v2" => Protocol::Sflow2,
            "synthetic-sflow-v4" => Protocol::Sflow4,
            _ => Protocol::Sflow5,
        };
        for (_, payload) in &capture.datagrams {
            let recognised = recognise(payload).filter(|protocol| protocol.is_sflow());
            let read = sflow::header(payload).ok().map(|(header, _)| header.protocol);
            assert_eq!((read, read.unwrap_or(expected)), (recognised, expected), "{}", capture.name);
        }
    }
}

/// Where a truth file lists the triples in both ways, those with the VLAN of the switch record are ours.
#[test]
fn the_vlan_of_a_switch_record_counts_where_a_frame_has_no_tag() {
    for capture in sflow_captures().iter().filter(|capture| capture.name.starts_with("synthetic-sflow-v")) {
        let listed = capture.truth["sflowtool"]["triples_by_header_vlan_else_extended_switch_in_vlan"].as_array().unwrap();
        let triples: BTreeSet<(Mac, Mac, u16)> = listed.iter().map(triple).collect();
        assert_eq!(Walk::over(capture).triples, triples, "{}", capture.name);
    }
}

fn triple(listed: &Value) -> (Mac, Mac, u16) {
    let mac = |field: &str| listed[field].as_str().unwrap().parse().unwrap();
    (mac("src_mac"), mac("dst_mac"), u16::try_from(listed["vlan"].as_u64().unwrap()).unwrap())
}
