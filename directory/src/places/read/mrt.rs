//! Records of MRT (RFC 6396), and what a record of a routing table says.

use super::Refused;
use super::cursor::Cursor;
use super::input::Input;

/// Octets of a record. A prefix that a thousand peers know has some 200 KiB; a longer record is no routing table's, and must not fill memory.
const MAX_RECORD_OCTETS: u32 = 16 << 20;

/// Octets before each record: time, type, subtype, length.
const HEADER: usize = 12;

/// Type of the records of a routing table.
pub(super) const TABLE_DUMP_V2: u16 = 13;

/// The path attribute `AS_PATH` (RFC 4271).
const AS_PATH: u8 = 2;

/// The flag of a path attribute whose length has two octets.
const EXTENDED_LENGTH: u8 = 0x10;

/// Kinds of segments of a path (RFC 4271, RFC 5065).
const AS_SET: u8 = 1;
const AS_SEQUENCE: u8 = 2;

/// A record.
pub(super) struct Record<'b> {
    /// Seconds since 1970.
    pub(super) at: u32,
    pub(super) kind: u16,
    pub(super) subtype: u16,
    pub(super) body: Cursor<'b>,
}

/// Reads the next record into the buffer; `None` at the end.
pub(super) fn next<'b>(input: &mut Input<'_>, buffer: &'b mut Vec<u8>) -> Result<Option<Record<'b>>, Refused> {
    let mut header = [0; HEADER];
    let got = input.fill(&mut header)?;
    if got == 0 {
        return Ok(None);
    }
    let mut fields = Cursor::new(header.get(..got).unwrap_or_default());
    let header = (|| Some((fields.u32()?, fields.u16()?, fields.u16()?, fields.u32()?)))();
    let Some((at, kind, subtype, octets)) = header else { return Err(cut()) };
    if octets > MAX_RECORD_OCTETS {
        return Err(Refused::new(format!(
            "is no routing table in MRT's format, or broken: it has a record of {octets} octets; fetch a dump as rib….bz2 or bview….gz"
        )));
    }
    input.replace(buffer, octets.into())?;
    if buffer.len() < octets as usize {
        return Err(cut());
    }
    Ok(Some(Record { at, kind, subtype, body: Cursor::new(buffer) }))
}

/// What lies behind the end would be unknown, and nobody would notice.
fn cut() -> Refused {
    Refused::new("ends in the middle of a record: it is cut, or no routing table in MRT's format; fetch it again")
}

/// The AS numbers of the peers, in the order of a `PEER_INDEX_TABLE`.
pub(super) fn peers(mut body: Cursor<'_>) -> Option<Vec<u32>> {
    body.take(4)?;
    let name = body.u16()?;
    body.take(name.into())?;
    let count = body.u16()?;
    let mut peers = Vec::new();
    for _ in 0..count {
        let kind = body.u8()?;
        // The peer's identifier and its address.
        body.take(if kind & 1 == 0 { 4 + 4 } else { 4 + 16 })?;
        peers.push(if kind & 2 == 0 { body.u16()?.into() } else { body.u32()? });
    }
    Some(peers)
}

/// One peer's route to a prefix.
pub(super) struct Route<'b> {
    /// Place in the table of peers.
    pub(super) peer: u16,
    attributes: Cursor<'b>,
}

/// The next route of a record; with `add_path`, each has an identifier (RFC 8050).
pub(super) fn route<'b>(body: &mut Cursor<'b>, add_path: bool) -> Option<Route<'b>> {
    let peer = body.u16()?;
    body.take(if add_path { 8 } else { 4 })?;
    let octets = body.u16()?;
    Some(Route { peer, attributes: Cursor::new(body.take(octets.into())?) })
}

/// Who announces a prefix, by one route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Origin {
    /// This network.
    Network(u32),
    /// Whoever the peer is: the path is empty.
    Peer,
    /// One of several, which were put together to a set.
    Set,
}

impl Route<'_> {
    /// The last network of the path. `None` if the attributes are broken, or there is no path.
    pub(super) fn origin(&self) -> Option<Origin> {
        let mut attributes = self.attributes;
        while !attributes.is_empty() {
            let (flags, kind) = (attributes.u8()?, attributes.u8()?);
            let octets = if flags & EXTENDED_LENGTH == 0 { attributes.u8()?.into() } else { attributes.u16()? };
            let value = attributes.take(octets.into())?;
            if kind == AS_PATH {
                return last_of_path(Cursor::new(value));
            }
        }
        None
    }
}

/// The last of a path whose numbers have four octets, as always in a `TABLE_DUMP_V2`. Confederations are inside one network and say nothing.
fn last_of_path(mut path: Cursor<'_>) -> Option<Origin> {
    let mut last = Origin::Peer;
    while !path.is_empty() {
        let (kind, count) = (path.u8()?, path.u8()?);
        let networks = path.take(4 * usize::from(count))?;
        let Some(network) = networks.last_chunk().copied().map(u32::from_be_bytes) else { continue };
        match kind {
            AS_SEQUENCE => last = Origin::Network(network),
            AS_SET if count == 1 => last = Origin::Network(network),
            AS_SET => last = Origin::Set,
            _ => {}
        }
    }
    Some(last)
}
