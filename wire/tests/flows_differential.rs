//! Our decoders of NetFlow and IPFIX against `netflow_parser`, over the captures and over mutations of them.
//!
//! netflow_parser keeps no more than 1,024 records of a set unless it is told otherwise, allocates by what templates say, and takes long over sets of
//! large templates. So it is told our bounds, and gets only what fits a datagram. Both sides are brought to one form: for each set of a
//! message what it defines, or what its records count. The disagreements that are allowed are the [`Disagreement`]s.

#![expect(clippy::unwrap_used, reason = "a capture that cannot be read, or reads differently, fails the test")]

mod flows_sides;
mod pcap;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::LazyLock;

use netflow_parser::{NetflowPacket, NetflowParser};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any};
use proptest::test_runner::RngSeed;
use proptest::{prop_assert, prop_oneof, proptest};
use schema::Protocol;
use serde_json::Value;
use wire::flows::{MAX_FIELDS, Message, Skip, ipfix, netflow5, netflow9};

use flows_sides::{Disagreement, Ours, Row, Rows, Set, said};
use pcap::flow_captures;

/// Both sides, with the templates of one exporter's domain.
struct Pair {
    ours: Ours,
    theirs: NetflowParser,
}

/// How a comparison went well.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    /// Both say the same, or both refuse.
    Same,
    /// They differ as they may.
    Allowed(Disagreement),
    /// It is none of the protocols, or the other side was not asked.
    NotComparable,
}

impl Pair {
    fn new() -> Self {
        let parser = NetflowParser::builder().with_max_field_count(MAX_FIELDS).with_max_records_per_flowset(usize::from(u16::MAX));
        Self { ours: Ours::default(), theirs: parser.with_max_template_total_size(65_531).build().unwrap() }
    }

    /// Gives both sides a datagram and compares what they say; an error says what they differ in.
    fn compare(&mut self, payload: &[u8]) -> Result<Outcome, String> {
        match payload {
            [0, 5, ..] => self.netflow5(payload),
            [0, 9, ..] => self.message(netflow9(payload).ok(), payload),
            [0, 10, ..] => self.message(ipfix(payload).ok(), payload),
            _ => Ok(Outcome::NotComparable),
        }
    }

    fn netflow5(&mut self, payload: &[u8]) -> Result<Outcome, String> {
        let mut rows = Rows::default();
        let ours = netflow5(payload).ok();
        let header = ours.map(|header| (header.engine, header.sequence, header.rate.rounded(), header.uptime_ms));
        let _records = ours.map(|datagram| datagram.walk(&mut rows));
        match (header, self.theirs.parse_bytes(payload).packets.into_iter().next()) {
            (None, None) => Ok(Outcome::Same),
            (Some(_), None) if rows.skips.contains(&Skip::MissingRecords) || declared(payload) == 0 => {
                Ok(Outcome::Allowed(Disagreement::RefusesMissingRecords))
            }
            (Some(header), Some(NetflowPacket::V5(theirs))) => {
                let found = theirs.header;
                let engine = u16::from_be_bytes([found.engine_type, found.engine_id]);
                let expected = (engine, found.flow_sequence, u32::from(found.sampling_interval & 0x3fff), found.sys_up_time);
                let their_rows: Vec<Row> = theirs
                    .flowsets
                    .iter()
                    .map(|flow| Row {
                        octets: flow.d_octets.into(),
                        packets: flow.d_pkts.into(),
                        interfaces: [flow.input, flow.output].map(|index| Some(u32::from(index)).filter(|index| *index != 0)),
                        ..Row::default()
                    })
                    .collect();
                same(&(header, rows.rows), &(expected, their_rows))
            }
            (ours, theirs) => Err(format!("ours {ours:?}, theirs {theirs:?}")),
        }
    }

    fn message(&mut self, message: Option<Message<'_>>, payload: &[u8]) -> Result<Outcome, String> {
        let ours = &mut self.ours;
        (ours.sets, ours.skips, ours.oddities) = Default::default();
        if let Some(message) = message {
            message.walk(ours);
            let sets = payload.get(if message.protocol == Protocol::Ipfix { 16.. } else { 20.. }).unwrap_or_default();
            ours.oddities.extend(hollow(sets).then_some(Disagreement::StopsAtABadSet));
        }
        let theirs = self.theirs.parse_bytes(payload).packets.into_iter().next();
        let (Some(message), Some(theirs)) = (message, theirs.as_ref().and_then(|packet| said(packet, ours))) else {
            return refused(message, theirs.is_some(), ours, payload);
        };
        let (header, sets) = theirs;
        if header != (message.domain, message.sequence, message.clock.export_ms / 1000) {
            return Err(format!("their header {header:?}, ours {message:?}"));
        }
        sets_agree(ours, &sets)
    }
}

fn same<T: PartialEq + std::fmt::Debug>(ours: &T, theirs: &T) -> Result<Outcome, String> {
    if ours == theirs { Ok(Outcome::Same) } else { Err(format!("ours {ours:?}, theirs {theirs:?}")) }
}

/// At least one of the two refuses the message.
fn refused(message: Option<Message<'_>>, they_read: bool, ours: &Ours, payload: &[u8]) -> Result<Outcome, String> {
    use Disagreement as Known;
    let Some(message) = message else {
        return if they_read { Err("we refuse what it reads".to_owned()) } else { Ok(Outcome::Same) };
    };
    let behind = raw_sets(payload.get(20..).unwrap_or_default()).1;
    let known = if message.protocol == Protocol::Ipfix && declared(payload) > payload.len() {
        Known::RefusesACutMessage
    } else if ours.sets.is_empty() {
        return Ok(Outcome::Same);
    } else if (1..4).contains(&behind.len()) {
        Known::RefusesOctetsBehindTheLastSet
    } else if let Some(odd) = ours.oddities.first() {
        *odd
    } else if !ours.skips.is_empty() || ours.sets.iter().any(|(_, skips)| !skips.is_empty()) {
        Known::StopsAtABadSet
    } else {
        return Err(format!("it refuses what we read: {:?}", ours.sets));
    };
    Ok(Outcome::Allowed(known))
}

/// Every set with its kind, and what lies behind the last that is whole.
fn raw_sets(mut rest: &[u8]) -> (Vec<(u16, &[u8])>, &[u8]) {
    let mut sets = Vec::new();
    while let Some([a, b, c, d]) = rest.first_chunk() {
        let Some((set, behind)) = rest.split_at_checked(usize::from(u16::from_be_bytes([*c, *d]))).filter(|(set, _)| set.len() >= 4) else {
            break;
        };
        sets.push((u16::from_be_bytes([*a, *b]), &set[4..]));
        rest = behind;
    }
    (sets, rest)
}

/// Whether a set of templates holds none.
fn hollow(sets: &[u8]) -> bool {
    raw_sets(sets).0.iter().any(|(kind, body)| *kind < 4 && (body.len() < 4 || body.iter().all(|octet| *octet == 0)))
}

fn declared(payload: &[u8]) -> usize {
    payload.get(2..4).map_or(0, |length| usize::from(u16::from_be_bytes([length[0], length[1]])))
}

/// Compares set by set, as far as it read them.
fn sets_agree(ours: &Ours, theirs: &[Set]) -> Result<Outcome, String> {
    for place in 0..theirs.len().max(ours.sets.len()) {
        let (our_set, their_set) = (ours.sets.get(place), theirs.get(place));
        if our_set.map(|(set, _)| set) == their_set {
            continue;
        }
        let skips: Vec<Skip> = ours.sets.iter().take(place + 1).flat_map(|(_, skips)| skips).copied().collect();
        let differ = format!("set {place}: ours {our_set:?}, theirs {their_set:?}");
        return allowed(ours, &skips, candidates(our_set.map(|(set, _)| set), their_set), &differ);
    }
    Ok(Outcome::Same)
}

/// The disagreements that may make these two sets differ; `None` stands for a set that one side does not have.
fn candidates(ours: Option<&Set>, theirs: Option<&Set>) -> &'static [Disagreement] {
    use Disagreement as Known;
    match (ours, theirs) {
        (_, Some(Set::Templates(theirs))) if theirs.iter().any(|(id, _)| *id == 0) => &[Known::ReadsSetsOfNetflow9InIpfix],
        (_, Some(Set::Templates(theirs))) if theirs.iter().any(|(id, _)| *id < 256) => &[Known::TakesNumbersOfSets],
        // It fails to read it so, and stops.
        (Some(Set::Nothing), None) => &[Known::ReadsSetsOfNetflow9InIpfix, Known::StopsAtABadSet],
        (Some(Set::Nothing), Some(Set::Records(0..256, _) | Set::Options(0..256, _))) => &[Known::TakesNumbersOfSets],
        (Some(Set::Templates(_)), _) => &[
            Known::RefusesFieldsOfNoOctets,
            Known::RefusesOddScopes,
            Known::KeepsWhatARefusedTemplateReplaced,
            Known::MissesWithdrawalsOfOptions,
            Known::StopsAtABadSet,
        ],
        (Some(_), None) => &[Known::MissesWithdrawalsOfOptions, Known::StopsAtABadSet],
        (Some(Set::Records(id, rows)), Some(Set::Records(their_id, their_rows))) if id == their_id && rows.starts_with(their_rows) => {
            &[Known::EndsSetsAtEmptyFields, Known::RefusesFieldsOfNoOctets]
        }
        (Some(Set::Options(id, count)), Some(Set::Options(their_id, their_count))) if id == their_id && count > their_count => {
            &[Known::EndsSetsAtEmptyFields, Known::RefusesFieldsOfNoOctets]
        }
        (Some(Set::Records(..) | Set::Options(..) | Set::NoTemplate(_)), _) => {
            &[Known::KeepsTwoTables, Known::KeepsWhatARefusedTemplateReplaced, Known::RefusesFieldsOfNoOctets, Known::RefusesOddScopes]
        }
        _ => &[],
    }
}

/// Whether one of the candidates is possible with this message; else an error that says what differs.
fn allowed(ours: &Ours, skips: &[Skip], candidates: &[Disagreement], differ: &str) -> Result<Outcome, String> {
    let possible = |known: &Disagreement| match known {
        Disagreement::StopsAtABadSet if !skips.is_empty() => true,
        Disagreement::ReadsSetsOfNetflow9InIpfix | Disagreement::TakesNumbersOfSets => true,
        known => ours.oddities.contains(known),
    };
    let found = candidates.iter().find(|known| possible(known)).copied();
    found.map(Outcome::Allowed).ok_or_else(|| format!("{differ}, oddities {:?}", ours.oddities))
}

/// The name of a capture and datagrams of it.
type Stream = (String, Vec<Vec<u8>>);

/// The datagrams of each capture that come from one exporter's domain, in order.
static STREAMS: LazyLock<Vec<Stream>> = LazyLock::new(|| {
    let mut streams: BTreeMap<(String, IpAddr, u32), Vec<Vec<u8>>> = BTreeMap::new();
    for capture in flow_captures() {
        assert_eq!(capture.expected.get("datagrams").and_then(Value::as_u64), Some(capture.datagrams.len() as u64), "{}", capture.name);
        for (source, payload) in capture.datagrams {
            let domain = netflow9(&payload).or_else(|_| ipfix(&payload)).map_or(0, |message| message.domain);
            streams.entry((capture.name.clone(), source, domain)).or_default().push(payload);
        }
    }
    streams.into_iter().map(|((name, ..), payloads)| (name, payloads)).collect()
});

#[test]
fn every_capture_reads_the_same_on_both_sides() {
    let mut seen: BTreeMap<(&str, Disagreement), usize> = BTreeMap::new();
    for (name, payloads) in STREAMS.iter() {
        let mut pair = Pair::new();
        for (place, payload) in payloads.iter().enumerate() {
            let outcome = pair.compare(payload);
            match outcome {
                Ok(Outcome::Same) => {}
                Ok(Outcome::Allowed(known)) => *seen.entry((name, known)).or_default() += 1,
                differ => panic!("{name} {place}: {differ:?}"),
            }
        }
    }
    if STREAMS.is_empty() {
        return;
    }
    let expected = [("live-ovs-ipfix", 82), ("synthetic-ipfix-lifecycle", 1), ("telegraf-ipfix-pen35632", 2)];
    assert_eq!(seen, expected.map(|(name, messages)| ((name, Disagreement::EndsSetsAtEmptyFields), messages)).into());
}

/// A message of IPFIX or NetFlow v9 with these sets.
fn message(version: u8, sets: &[(u16, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0, version, 0, 1];
    bytes.resize(if version == 9 { 20 } else { 16 }, 0);
    for (kind, body) in sets {
        bytes.extend(kind.to_be_bytes());
        bytes.extend((body.len() as u16 + 4).to_be_bytes());
        bytes.extend(*body);
    }
    if version == 10 {
        let length = bytes.len() as u16;
        bytes[2..4].copy_from_slice(&length.to_be_bytes());
    }
    bytes
}

#[test]
fn every_allowed_disagreement_is_real() {
    use Disagreement as Known;
    let template: &[u8] = &[1, 0, 0, 1, 0, 1, 0, 4];
    let hollow: &[u8] = &[1, 1, 0, 2, 0, 1, 0, 0, 0, 2, 0, 4];
    let options: &[u8] = &[1, 0, 0, 1, 0, 1, 0, 1, 0, 4];
    let variable: &[u8] = &[1, 0, 0, 2, 0, 82, 255, 255, 0, 1, 0, 4];
    let small: &[u8] = &[0, 9, 0, 1, 0, 1, 0, 4];
    let refused: &[u8] = &[1, 0, 0, 1, 0, 1, 0, 0, 1, 7, 0, 1, 0, 1, 0, 4];
    let redefined: &[u8] = &[1, 0, 0, 2, 0, 0, 0, 4, 0, 2, 0, 4];
    let data: (u16, &[u8]) = (256, &[0, 0, 0, 7, 0, 0, 0, 8]);
    let mut padded = message(9, &[(0, template), data]);
    padded.extend([0, 0]);
    let mut cut = message(10, &[(2, template), data]);
    cut[3] += 4;
    for (payload, expected) in [
        (message(10, &[(2, template), data]), Outcome::Same),
        (message(9, &[(0, template), data]), Outcome::Same),
        (message(10, &[(2, &template[..6]), (2, template), data]), Outcome::Allowed(Known::StopsAtABadSet)),
        (message(9, &[(0, &template[..6]), (0, template), data]), Outcome::Allowed(Known::StopsAtABadSet)),
        (padded, Outcome::Allowed(Known::RefusesOctetsBehindTheLastSet)),
        (cut, Outcome::Allowed(Known::RefusesACutMessage)),
        (message(10, &[(2, hollow)]), Outcome::Allowed(Known::RefusesFieldsOfNoOctets)),
        (message(10, &[(3, options)]), Outcome::Allowed(Known::RefusesOddScopes)),
        (message(10, &[(2, small)]), Outcome::Allowed(Known::TakesNumbersOfSets)),
        (message(10, &[(0, template)]), Outcome::Allowed(Known::ReadsSetsOfNetflow9InIpfix)),
        (message(10, &[(2, template), (3, &[1, 0, 0, 0, 0, 0]), data]), Outcome::Allowed(Known::KeepsTwoTables)),
        (message(10, &[(2, template), (3, &[1, 0, 0, 0]), data]), Outcome::Allowed(Known::MissesWithdrawalsOfOptions)),
        (message(10, &[(2, variable), (256, &[0, 0, 0, 0, 7])]), Outcome::Allowed(Known::EndsSetsAtEmptyFields)),
        (message(10, &[(2, template), (2, refused), data]), Outcome::Allowed(Known::KeepsWhatARefusedTemplateReplaced)),
        (message(10, &[(2, template), (2, redefined), data]), Outcome::Same),
        ([&[0, 5, 0, 1][..], &[0; 20]].concat(), Outcome::Allowed(Known::RefusesMissingRecords)),
        ([&[0, 5, 0, 1][..], &[0; 68]].concat(), Outcome::Same),
        (vec![0, 7, 0, 1], Outcome::NotComparable),
    ] {
        assert_eq!(Pair::new().compare(&payload), Ok(expected), "{payload:02x?}");
    }
}

/// Datagrams of a stream that both sides read before the one that is mutated: enough for its templates.
const BEFORE: usize = 6;

/// Octets of a datagram that hold its header and the first of its templates.
const NEAR: usize = 96;

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, rng_seed: RngSeed::Fixed(0x6368_6f72_7375), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_mutation_reads_the_same_on_both_sides(
        place in any::<(usize, usize)>(),
        edits in vec((any::<usize>(), any::<bool>(), prop_oneof![any::<u8>(), 0_u8..8]), 0..10),
        cut in 0_usize..400,
    ) {
        let Some((_, payloads)) = place.0.checked_rem(STREAMS.len()).and_then(|place| STREAMS.get(place)) else { return Ok(()) };
        let last = place.1 % payloads.len().min(40);
        let mut pair = Pair::new();
        for payload in &payloads[last.saturating_sub(BEFORE)..last] {
            let _outcome = pair.compare(payload);
        }
        let mut mutated = payloads[last].clone();
        for (at, near, octet) in edits {
            // Headers and templates, where an octet matters most, lie at the beginning.
            let at = at % if near { mutated.len().min(NEAR) } else { mutated.len() };
            mutated[at] = octet;
        }
        if cut < 40 {
            mutated.truncate(mutated.len().saturating_sub(cut));
        }
        let outcome = pair.compare(&mutated);
        prop_assert!(outcome.is_ok(), "{:?} in {:02x?}", outcome, mutated);
    }
}
