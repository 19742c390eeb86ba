//! Messages of NetFlow v9 (RFC 3954, section 5) and IPFIX (RFC 7011, section 3): a header and sets.

use schema::Protocol;

use super::definition::{Definition, Withdrawal};
use super::{Clock, Refusal, SetListener, Skip};
use crate::protocol::recognise;
use crate::reader::Reader;

const NETFLOW9: u16 = 9;
const IPFIX: u16 = 10;

/// Octets of the header of an IPFIX message.
const IPFIX_HEADER: u16 = 16;

/// Octets of the header of a set.
const SET_HEADER: usize = 4;

/// The smallest number of a template, and so of a data set.
pub(super) const FIRST_TEMPLATE: u16 = 256;

/// Kinds of sets that are no data.
mod set {
    pub(super) const NETFLOW9_TEMPLATES: u16 = 0;
    pub(super) const NETFLOW9_OPTIONS: u16 = 1;
    pub(super) const IPFIX_TEMPLATES: u16 = 2;
    pub(super) const IPFIX_OPTIONS: u16 = 3;
}

/// Who sends, where the message stands in the sender's sequence, and its sets, not yet read.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// NetFlow v9 or IPFIX.
    pub protocol: Protocol,
    /// Observation domain (NetFlow v9: source id), to which templates and sequence belong.
    pub domain: u32,
    /// NetFlow v9: the number of this datagram. IPFIX: the number of its first data record. Both modulo 2³².
    pub sequence: u32,
    /// Milliseconds since the exporter started, modulo 2³²; IPFIX does not tell it.
    pub uptime_ms: Option<u32>,
    /// By what the times of its records are understood.
    pub clock: Clock,
    sets: Reader<'a>,
    /// What lies behind the message.
    behind: &'a [u8],
    cut: bool,
}

/// Reads the header of a NetFlow v9 datagram.
///
/// Its count of records is not looked at: exporters disagree on what it counts, and sets tell their own length.
///
/// # Errors
/// Refuses what is not NetFlow v9, or ends inside its header.
#[inline]
pub fn netflow9(payload: &[u8]) -> Result<Message<'_>, Refusal> {
    let mut reader = Reader::new(payload);
    let [_count] = after_version(NETFLOW9, payload, &mut reader)?;
    let [uptime_ms, seconds, sequence, domain] = reader.words().ok_or(Refusal::Truncated(payload.len()))?;
    Ok(Message {
        protocol: Protocol::Netflow9,
        domain,
        sequence,
        uptime_ms: Some(uptime_ms),
        clock: Clock { export_ms: u64::from(seconds) * 1000, uptime_ms: Some(uptime_ms) },
        sets: reader,
        behind: &[],
        cut: false,
    })
}

/// Reads the header of an IPFIX message.
///
/// # Errors
/// Refuses what is not IPFIX, ends inside its header, or claims to.
#[inline]
pub fn ipfix(payload: &[u8]) -> Result<Message<'_>, Refusal> {
    let mut reader = Reader::new(payload);
    let [length] = after_version(IPFIX, payload, &mut reader)?;
    let [seconds, sequence, domain] = reader.words().ok_or(Refusal::Truncated(payload.len()))?;
    let octets = length.checked_sub(IPFIX_HEADER).ok_or(Refusal::MessageLength(length))?;
    let split = reader.rest().split_at_checked(usize::from(octets));
    let (sets, behind) = split.unwrap_or((reader.rest(), &[]));
    Ok(Message {
        protocol: Protocol::Ipfix,
        domain,
        sequence,
        uptime_ms: None,
        clock: Clock { export_ms: u64::from(seconds) * 1000, uptime_ms: None },
        sets: Reader::new(sets),
        behind,
        cut: split.is_none(),
    })
}

/// The half word behind the version, which must be this one.
#[inline]
fn after_version(version: u16, payload: &[u8], reader: &mut Reader<'_>) -> Result<[u16; 1], Refusal> {
    let [found, next] = halves(reader).ok_or(Refusal::Truncated(payload.len()))?;
    if found == version { Ok([next]) } else { Err(Refusal::foreign(found, payload)) }
}

#[inline]
fn halves(reader: &mut Reader<'_>) -> Option<[u16; 2]> {
    let [a, b, c, d] = reader.octets()?;
    Some([u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])])
}

impl<'a> Message<'a> {
    /// Reads every set and tells the listener; it never fails, and each step consumes octets.
    pub fn walk<L: SetListener>(self, listener: &mut L) {
        let mut reader = self.sets;
        while reader.len() >= SET_HEADER {
            match next_set(&mut reader) {
                Ok((id, body)) => self.set(id, body, listener),
                Err(skip) => return listener.skipped(skip),
            }
        }
        if self.cut {
            listener.skipped(Skip::CutMessage);
        } else if !is_padding(reader.rest()) || !(self.behind.is_empty() || self.following().is_some()) {
            listener.skipped(Skip::TrailingOctets);
        }
    }

    /// Another IPFIX message behind this one in the same datagram: some exporters put several into one.
    #[must_use]
    pub fn following(self) -> Option<&'a [u8]> {
        (recognise(self.behind) == Some(Protocol::Ipfix)).then_some(self.behind)
    }

    fn set<L: SetListener>(self, id: u16, body: &'a [u8], listener: &mut L) {
        match (self.protocol, id) {
            (_, FIRST_TEMPLATE..) => listener.data(id, body),
            (Protocol::Netflow9, set::NETFLOW9_TEMPLATES) | (Protocol::Ipfix, set::IPFIX_TEMPLATES) => {
                self.templates(false, body, listener);
            }
            (Protocol::Netflow9, set::NETFLOW9_OPTIONS) | (Protocol::Ipfix, set::IPFIX_OPTIONS) => {
                self.templates(true, body, listener);
            }
            _ => listener.skipped(Skip::UnknownSet),
        }
    }

    /// Reads the templates of one set, as far as each tells where the next one begins.
    fn templates<L: SetListener>(self, options: bool, body: &'a [u8], listener: &mut L) {
        let mut reader = Reader::new(body);
        while reader.len() >= SET_HEADER && !is_padding(reader.rest()) {
            match self.next_template(options, &mut reader) {
                Some(Ok(definition)) if definition.id < FIRST_TEMPLATE => listener.skipped(Skip::BrokenTemplate),
                Some(Ok(definition)) => listener.template(definition),
                Some(Err(withdrawal)) => listener.withdrawn(withdrawal),
                None => return listener.skipped(Skip::BrokenTemplate),
            }
        }
        if !is_padding(reader.rest()) {
            listener.skipped(Skip::TrailingOctets);
        }
    }

    /// The next template, or the withdrawal in its place; `None` if the set cuts it off.
    fn next_template(self, options: bool, reader: &mut Reader<'a>) -> Option<Result<Definition<'a>, Withdrawal>> {
        let [id, count] = halves(reader)?;
        if self.protocol == Protocol::Ipfix && count == 0 {
            return Some(withdrawal(id).map_or(Ok(self.definition(id, options, 0, &[])), Err));
        }
        let (scope_fields, fields) = match (self.protocol, options) {
            (Protocol::Ipfix, false) => (0, self.fields(usize::from(count), reader)?),
            (Protocol::Ipfix, true) => (half(reader)?, self.fields(usize::from(count), reader)?),
            (_, false) => (0, octets(4 * usize::from(count), reader)?),
            (_, true) => {
                let others = half(reader)?;
                (count / 4, octets(usize::from(count) + usize::from(others), reader)?)
            }
        };
        Some(Ok(self.definition(id, options, scope_fields, fields)))
    }

    const fn definition(self, id: u16, options: bool, scope_fields: u16, fields: &'a [u8]) -> Definition<'a> {
        Definition { protocol: self.protocol, id, options, scope_fields, fields }
    }

    /// The octets of so many field specifiers of IPFIX, whose length depends on what they hold.
    fn fields(self, count: usize, reader: &mut Reader<'a>) -> Option<&'a [u8]> {
        let mut fields = self.definition(0, false, 0, reader.rest()).fields();
        if fields.by_ref().take(count).count() < count {
            return None;
        }
        octets(reader.len() - fields.rest(), reader)
    }
}

/// The next set: its kind and its octets.
#[inline]
fn next_set<'a>(reader: &mut Reader<'a>) -> Result<(u16, &'a [u8]), Skip> {
    let [id, length] = halves(reader).ok_or(Skip::ShortSet)?;
    let length = usize::from(length).checked_sub(SET_HEADER).ok_or(Skip::ShortSet)?;
    octets(length, reader).map(|body| (id, body)).ok_or(Skip::SetOverrun)
}

fn withdrawal(id: u16) -> Option<Withdrawal> {
    match id {
        set::IPFIX_TEMPLATES => Some(Withdrawal::AllData),
        set::IPFIX_OPTIONS => Some(Withdrawal::AllOptions),
        FIRST_TEMPLATE.. => Some(Withdrawal::One(id)),
        _ => None,
    }
}

#[inline]
fn octets<'a>(count: usize, reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let (head, rest) = reader.rest().split_at_checked(count)?;
    *reader = Reader::new(rest);
    Some(head)
}

#[inline]
fn half(reader: &mut Reader<'_>) -> Option<u16> {
    reader.octets().map(u16::from_be_bytes)
}

/// Whether these octets may be what fills a set or a message up to a boundary (RFC 7011, section 3.3.1).
#[inline]
pub(super) fn is_padding(octets: &[u8]) -> bool {
    octets.iter().all(|octet| *octet == 0)
}
