//! Datagrams of NetFlow and IPFIX: their headers, and sets of records (RFC 3954, section 5; RFC 7011, section 3).

use std::net::Ipv4Addr;

use schema::Protocol;

use crate::netflow5;
use crate::packet::low16;
use crate::template::{self, Field, Kind, OPTIONS, Sampler};
use crate::words::{low32, words};

/// Octets of a set's own header.
const SET_HEADER: usize = 4;
/// NetFlow v9 fills its sets up to whole words.
const WORD: usize = 4;
/// Most octets that filling up adds to a set.
const MAX_PADDING: usize = WORD - 1;

/// Who sends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) protocol: Protocol,
    pub(crate) agent: Ipv4Addr,
    /// Observation domain, source id, or engine id.
    pub(crate) domain: u8,
    pub(crate) sampler: Sampler,
    /// Records are frame sections, and not flows.
    pub(crate) sections: bool,
}

impl Origin {
    /// The templates that it announces.
    pub(crate) const fn kinds(&self) -> &'static [Kind] {
        match self.protocol {
            Protocol::Netflow9 | Protocol::Ipfix if self.sections => &[Kind::Section],
            Protocol::Netflow9 | Protocol::Ipfix => &Kind::FLOWS,
            _ => &[],
        }
    }
}

/// Records that wait to be sent in one datagram, those of a template together.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    origin: Origin,
    /// Templates, options template and options record, ready to be put in front; always the same.
    announcement: Vec<u8>,
    /// Whether this message has them.
    announces: bool,
    records: u16,
    sets: [(Kind, Vec<u8>); 4],
}

/// What is known only when a message is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Departure {
    /// Milliseconds since 1970.
    pub(crate) at: i64,
    pub(crate) sequence: u32,
}

impl Message {
    pub(crate) fn new(origin: Origin) -> Self {
        let sets = [Kind::Ipv4, Kind::Ipv6, Kind::Layer2, Kind::Section].map(|kind| (kind, Vec::new()));
        Self { origin, announcement: announcement(&origin), announces: false, records: 0, sets }
    }

    /// Empties it for the next datagram, which tells templates and sampling rate if `announces`.
    pub(crate) fn begin(&mut self, announces: bool) {
        self.announces = announces;
        self.records = 0;
        self.sets.iter_mut().for_each(|(_, set)| set.clear());
    }

    /// Flow records and frame sections in it.
    pub(crate) const fn records(&self) -> u16 {
        self.records
    }

    pub(crate) const fn announces(&self) -> bool {
        self.announces
    }

    /// Octets of the datagram, and at most three more for each set.
    pub(crate) fn octets(&self) -> usize {
        let announcement = if self.announces { self.announcement.len() } else { 0 };
        let set = |set: &Vec<u8>| if set.is_empty() { 0 } else { set.len() + self.set_overhead() };
        self.header_octets() + announcement + self.sets.iter().map(|(_, records)| set(records)).sum::<usize>()
    }

    /// Octets of the datagram at most, if a record of this length were added.
    pub(crate) fn octets_with(&self, kind: Kind, record: usize) -> usize {
        let opens = self.sets.iter().any(|(of, set)| *of == kind && set.is_empty());
        self.octets() + record + if opens { self.set_overhead() } else { 0 }
    }

    const fn header_octets(&self) -> usize {
        match self.origin.protocol {
            Protocol::Netflow5 => 24,
            Protocol::Netflow9 => 20,
            _ => 16,
        }
    }

    const fn set_overhead(&self) -> usize {
        match self.origin.protocol {
            Protocol::Netflow5 => 0,
            Protocol::Netflow9 => SET_HEADER + MAX_PADDING,
            _ => SET_HEADER,
        }
    }

    /// Adds a record.
    pub(crate) fn add(&mut self, kind: Kind, record: &[u8]) {
        self.records += 1;
        for (of, set) in &mut self.sets {
            if *of == kind {
                set.extend_from_slice(record);
            }
        }
    }

    /// Writes the datagram.
    pub(crate) fn write(&self, out: &mut Vec<u8>, departure: Departure) {
        out.clear();
        self.write_header(out, departure);
        if self.announces {
            out.extend_from_slice(&self.announcement);
        }
        for (kind, records) in self.sets.iter().filter(|(_, records)| !records.is_empty()) {
            match self.origin.protocol {
                Protocol::Netflow5 => out.extend_from_slice(records),
                protocol => set(out, protocol, kind.id(), |out| out.extend_from_slice(records)),
            }
        }
        if self.origin.protocol == Protocol::Ipfix {
            let length = low16(low32(out.len() as u64));
            out[2..4].copy_from_slice(&length.to_be_bytes());
        }
    }

    fn write_header(&self, out: &mut Vec<u8>, Departure { at, sequence }: Departure) {
        let Origin { protocol, domain, sampler, .. } = self.origin;
        let (seconds, domain_word) = (low32(at.div_euclid(1_000).unsigned_abs()), u32::from(domain));
        match protocol {
            Protocol::Netflow5 => {
                netflow5::write_header(out, netflow5::Head { records: self.records, at, sequence, engine: domain }, sampler);
            }
            Protocol::Netflow9 => {
                // Templates and the options record count as records here.
                let announced = if self.announces { low16(low32(self.origin.kinds().len() as u64)) + 2 } else { 0 };
                out.extend_from_slice(&9_u16.to_be_bytes());
                out.extend_from_slice(&(self.records + announced).to_be_bytes());
                words(out, &[netflow5::uptime(at, sampler), seconds, sequence, domain_word]);
            }
            _ => {
                // The length is not known yet.
                out.extend_from_slice(&[0, 10, 0, 0]);
                words(out, &[seconds, sequence, domain_word]);
            }
        }
    }
}

fn announcement(origin: &Origin) -> Vec<u8> {
    let protocol = origin.protocol;
    let mut out = Vec::new();
    let (templates, options_templates) = match protocol {
        Protocol::Netflow9 => (0, 1),
        Protocol::Ipfix => (2, 3),
        _ => return out,
    };
    set(&mut out, protocol, templates, |out| {
        for kind in origin.kinds() {
            let list: Vec<Field> = kind.fields(protocol).collect();
            halves(out, &[usize::from(kind.id()), list.len()]);
            fields(out, &list);
        }
    });
    set(&mut out, protocol, options_templates, |out| {
        let list = template::options(protocol);
        match protocol {
            // Octets of the scope's fields, and of the others.
            Protocol::Netflow9 => halves(out, &[usize::from(OPTIONS), 4, 4 * (list.len() - 1)]),
            // Number of all fields, and how many of them are the scope.
            _ => halves(out, &[usize::from(OPTIONS), list.len(), 1]),
        }
        fields(out, list);
    });
    set(&mut out, protocol, OPTIONS, |out| template::write_options(out, protocol, origin.sampler));
    out
}

fn fields(out: &mut Vec<u8>, list: &[Field]) {
    for field in list {
        halves(out, &[usize::from(field.element), usize::from(field.length)]);
    }
}

/// A set with its header, filled up where the protocol wants it.
fn set(out: &mut Vec<u8>, protocol: Protocol, id: u16, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    halves(out, &[usize::from(id), 0]);
    write(out);
    let mut length = out.len() - start;
    if protocol == Protocol::Netflow9 {
        length = length.next_multiple_of(WORD);
        out.resize(start + length, 0);
    }
    out[start + 2..start + 4].copy_from_slice(&low16(low32(length as u64)).to_be_bytes());
}

fn halves(out: &mut Vec<u8>, halves: &[usize]) {
    for half in halves {
        out.extend_from_slice(&low16(low32(*half as u64)).to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(protocol: Protocol) -> Message {
        let sampler = Sampler { id: 1, rate: 100, booted: 0 };
        Message::new(Origin { protocol, agent: Ipv4Addr::new(192, 0, 2, 11), domain: 7, sampler, sections: false })
    }

    #[test]
    fn an_ipfix_message_is_laid_out_as_rfc_7011_says() {
        let mut message = message(Protocol::Ipfix);
        let mut out = Vec::new();
        message.begin(false);
        message.add(Kind::Ipv6, &[6; 5]);
        message.add(Kind::Ipv4, &[4; 3]);
        message.add(Kind::Ipv6, &[7; 5]);
        message.write(&mut out, Departure { at: 5_999, sequence: 9 });
        let head = [0, 10, 0, 37, 0, 0, 0, 5, 0, 0, 0, 9, 0, 0, 0, 7];
        assert_eq!(out[..16], head);
        assert_eq!(out[16..], [1, 0, 0, 7, 4, 4, 4, 1, 1, 0, 14, 6, 6, 6, 6, 6, 7, 7, 7, 7, 7]);
        assert_eq!(message.octets(), out.len());
    }

    #[test]
    fn netflow_9_sets_end_at_whole_words_and_its_header_counts_records() {
        let mut message = message(Protocol::Netflow9);
        let mut out = Vec::new();
        message.begin(true);
        message.add(Kind::Ipv4, &[4; 51]);
        message.write(&mut out, Departure { at: 5_999, sequence: 9 });
        assert_eq!(out[..20], [0, 9, 0, 6, 0, 0, 0x17, 0x6f, 0, 0, 0, 5, 0, 0, 0, 9, 0, 0, 0, 7]);
        assert_eq!(out[out.len() - 56..][..4], [1, 0, 0, 56]);
        assert!(out.len() % 4 == 0 && out.len() <= message.octets());
        // Options: System is the scope, with 4 octets; three fields.
        let options: &[u8] = &[0, 1, 0, 28, 2, 0, 0, 4, 0, 12, 0, 1, 0, 4, 0, 48, 0, 1, 0, 49, 0, 1, 0, 50, 0, 4, 0, 0];
        assert!(out.windows(options.len()).any(|window| window == options), "{out:?}");
    }
}
