//! NetFlow and IPFIX in full, by `netflow_parser`, which knows the names of far more fields than the matrix needs.
//!
//! It takes its time and much memory for templates that are made up to that end, drops sets silently and keys templates by their id alone. So it gets one
//! datagram at a time, a parser for each exporter's observation domain, and bounds on what it keeps; what it cannot show is shown by the sets' lengths.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::IpAddr;

use netflow_parser::NetflowParser;
use schema::Protocol;
use serde_json::Value;

use super::tree::tree;

/// Observation domains whose templates are kept. Those of a capture with more are shown without what was learnt before.
const MAX_DOMAINS: usize = 1_024;

/// Templates that are kept for a domain.
const MAX_TEMPLATES: usize = 512;

/// Fields of a template: with more, a datagram of empty sets costs seconds and hundreds of megabytes.
const MAX_FIELDS: usize = 512;

/// Records of a set: as many as a datagram can hold, so that none is left out.
const MAX_RECORDS: usize = 65_536;

/// Parsers with the templates that they have seen.
#[derive(Debug, Default)]
pub(super) struct Flows {
    parsers: BTreeMap<(IpAddr, u32), NetflowParser>,
}

impl Flows {
    /// A datagram of NetFlow or IPFIX, in lines.
    pub(super) fn show(&mut self, source: IpAddr, protocol: Protocol, payload: &[u8]) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {}", protocol.name());
        let layout = Layout::of(protocol);
        let key = (source, layout.domain(payload));
        let mut fresh = None;
        let parser = if self.parsers.len() < MAX_DOMAINS || self.parsers.contains_key(&key) {
            self.parsers.entry(key).or_insert_with(parser)
        } else {
            fresh.insert(parser())
        };
        let result = parser.parse_bytes(payload);
        let mut shown = 0;
        for packet in &result.packets {
            let Ok(Value::Object(variants)) = serde_json::to_value(packet) else { continue };
            for value in variants.values() {
                shown += value.get("flowsets").and_then(Value::as_array).map_or(0, Vec::len);
                tree(&mut text, value, 1);
            }
        }
        if let Some(error) = &result.error {
            let _ = writeln!(text, "  not readable in full: {error}");
        }
        text.push_str(&layout.sets_not_shown(payload, shown));
        text
    }
}

fn parser() -> NetflowParser {
    let bounded = NetflowParser::builder()
        .with_cache_size(MAX_TEMPLATES)
        .with_max_field_count(MAX_FIELDS)
        .with_max_records_per_flowset(MAX_RECORDS)
        .build();
    bounded.unwrap_or_default()
}

/// Where a protocol's datagrams have what is needed here.
#[derive(Clone, Copy)]
struct Layout {
    /// Offset of the source id or observation domain.
    domain: usize,
    /// Offset of the first set; `None` for a protocol without sets.
    sets: Option<usize>,
    /// Offset of the message's length, where it has one: another message may follow in the same datagram.
    length: Option<usize>,
}

impl Layout {
    const fn of(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Netflow9 => Self { domain: 16, sets: Some(20), length: None },
            Protocol::Ipfix => Self { domain: 12, sets: Some(16), length: Some(2) },
            // Version 5 has no templates that a domain would tell apart.
            _ => Self { domain: usize::MAX, sets: None, length: None },
        }
    }

    fn domain(self, payload: &[u8]) -> u32 {
        let octets = payload.get(self.domain..).and_then(|rest| rest.first_chunk());
        octets.map_or(0, |octets| u32::from_be_bytes(*octets))
    }

    /// The sets after the first `shown`, by their ids and lengths alone.
    fn sets_not_shown(self, payload: &[u8], shown: usize) -> String {
        let mut text = String::new();
        let end =
            self.length.and_then(|at| payload.get(at..)?.first_chunk()).map_or(payload.len(), |octets| u16::from_be_bytes(*octets).into());
        let mut rest = self.sets.and_then(|start| payload.get(start..end)).unwrap_or_default();
        let mut number = 0;
        // What is shorter than a set's head is padding.
        while let [a, b, c, d, ..] = *rest {
            number += 1;
            let (id, length) = (u16::from_be_bytes([a, b]), usize::from(u16::from_be_bytes([c, d])));
            if number > shown {
                let _ = writeln!(text, "  set {number}, not shown: id {id}, {length} octets");
            }
            match rest.get(length..) {
                Some(after) if length >= 4 => rest = after,
                _ => {
                    let _ = writeln!(text, "  set {number} reaches beyond the datagram, or is shorter than its head");
                    break;
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const SOURCE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    /// A message of IPFIX with these sets.
    fn message(domain: u8, sets: &[&[u8]]) -> Vec<u8> {
        let length = 16 + sets.iter().map(|set| set.len()).sum::<usize>();
        let mut message = vec![0, 10, 0, u8::try_from(length).unwrap(), 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, domain];
        sets.iter().for_each(|set| message.extend_from_slice(set));
        message
    }

    /// Template 256: octetDeltaCount in four octets.
    const TEMPLATE: [u8; 12] = [0, 2, 0, 12, 1, 0, 0, 1, 0, 1, 0, 4];
    const DATA: [u8; 8] = [1, 0, 0, 8, 0, 0, 2, 1];

    #[test]
    fn a_template_is_remembered_for_its_exporter_and_domain_alone() {
        let mut flows = Flows::default();
        let learnt = flows.show(SOURCE, Protocol::Ipfix, &message(1, &[&TEMPLATE]));
        assert!(learnt.contains("OctetDeltaCount (1), 4 octets"), "{learnt}");
        let known = flows.show(SOURCE, Protocol::Ipfix, &message(1, &[&DATA]));
        assert!(known.contains("OctetDeltaCount: 513"), "{known}");
        let stranger = flows.show(SOURCE, Protocol::Ipfix, &message(2, &[&DATA]));
        assert!(stranger.contains("NoTemplate") && !stranger.contains("513"), "{stranger}");
    }

    #[test]
    fn what_the_parser_leaves_out_is_named_by_its_length() {
        let mut flows = Flows::default();
        let broken = [0, 2, 0, 200];
        let text = flows.show(SOURCE, Protocol::Ipfix, &message(1, &[&TEMPLATE, &DATA, &broken]));
        assert!(text.contains("set 3, not shown: id 2, 200 octets") && text.contains("set 3 reaches beyond"), "{text}");
        assert!(!text.contains("set 1, not shown"), "{text}");
    }

    #[test]
    fn domains_without_end_do_not_grow_what_is_kept() {
        let mut flows = Flows::default();
        for domain in 0..2_000_u32 {
            let mut message = message(0, &[&TEMPLATE]);
            message[12..16].copy_from_slice(&domain.to_be_bytes());
            flows.show(SOURCE, Protocol::Ipfix, &message);
        }
        assert_eq!(flows.parsers.len(), MAX_DOMAINS);
    }
}
