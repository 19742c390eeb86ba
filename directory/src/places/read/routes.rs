//! Who announces a prefix, from a dump of a routing table (MRT `TABLE_DUMP_V2`, RFC 6396), as RouteViews, RIPE RIS and routers write it.
//!
//! A prefix has a route from each peer. Its network is the last one of most of the routes; of two with as many, the one with the lower number, so that the same dump
//! always gives the same. A set of networks at the end of a path (deprecated by RFC 9774) is a vote for none of them, unless it is a set of one. A
//! default route names nobody's network and is left out.

use schema::{Asn, Timestamp};

use super::super::address::{AnyPrefix, Bits, Prefix};
use super::super::layer::{Layer, LayerBuilder};
use super::Refused;
use super::cursor::Cursor;
use super::input::Input;
use super::mrt::{self, Origin, Route, TABLE_DUMP_V2};
use crate::field;

/// Subtypes of `TABLE_DUMP_V2`: the peers, and the unicast routes of both versions, without and with identifiers of paths (RFC 8050).
const PEER_INDEX_TABLE: u16 = 1;
const RIB_IPV4: u16 = 2;
const RIB_IPV6: u16 = 4;
const RIB_IPV4_ADD_PATH: u16 = 8;
const RIB_IPV6_ADD_PATH: u16 = 10;

/// Networks among which the routes of one prefix may vote. Beyond three or four there is a mistake in the world or in the file.
const MAX_ORIGINS: usize = 16;

pub(super) fn read(mut input: Input<'_>) -> Result<Layer, Refused> {
    let mut table = Table::default();
    let mut buffer = Vec::new();
    let mut number = 0_u64;
    while let Some(record) = mrt::next(&mut input, &mut buffer)? {
        number += 1;
        if record.kind != TABLE_DUMP_V2 {
            continue;
        }
        table.builder.made.get_or_insert(Timestamp(i64::from(record.at) * 1_000));
        if table.record(record.subtype, record.body)?.is_none() {
            table.builder.notes.add(|| format!("record {number} is broken and was left out"));
        }
    }
    if table.builder.is_empty() {
        return Err(Refused::new(format!(
            "holds no routes in the {number} records that were read; fetch a dump of a table (rib….bz2, bview….gz), not of updates"
        )));
    }
    Ok(table.builder.finish())
}

#[derive(Default)]
struct Table {
    peers: Vec<u32>,
    votes: Votes,
    builder: LayerBuilder,
}

impl Table {
    /// Reads a record; `None` if it is broken.
    fn record(&mut self, subtype: u16, mut body: Cursor<'_>) -> Result<Option<()>, Refused> {
        let version_6 = match subtype {
            PEER_INDEX_TABLE => return Ok(mrt::peers(body).map(|peers| self.peers = peers)),
            RIB_IPV4 | RIB_IPV4_ADD_PATH => false,
            RIB_IPV6 | RIB_IPV6_ADD_PATH => true,
            // Multicast, and routes of other sorts.
            _ => return Ok(Some(())),
        };
        let add_path = matches!(subtype, RIB_IPV4_ADD_PATH | RIB_IPV6_ADD_PATH);
        let Some((prefix, network)) = self.announced(&mut body, version_6, add_path) else { return Ok(None) };
        let is_default = matches!(prefix, AnyPrefix::V4(Prefix { len: 0, .. }) | AnyPrefix::V6(Prefix { len: 0, .. }));
        if let Some(network) = network.filter(|_| !is_default) {
            self.builder.add(prefix, network)?;
        }
        Ok(Some(()))
    }

    /// A prefix and its network; no network where nobody has a route to it.
    fn announced(&mut self, body: &mut Cursor<'_>, version_6: bool, add_path: bool) -> Option<(AnyPrefix, Option<u32>)> {
        // The record's number in the dump.
        body.u32()?;
        let prefix = if version_6 { AnyPrefix::V6(prefix(body)?) } else { AnyPrefix::V4(prefix(body)?) };
        Some((prefix, self.network(body, add_path)?))
    }

    /// The network that most routes of the record name; 0 where most name none. The outer `None` is a broken record.
    fn network(&mut self, body: &mut Cursor<'_>, add_path: bool) -> Option<Option<u32>> {
        self.votes.0.clear();
        for _ in 0..body.u16()? {
            let route = mrt::route(body, add_path)?;
            let network = self.origin(&route)?;
            self.votes.add(network);
        }
        Some(self.votes.winner())
    }

    fn origin(&self, route: &Route<'_>) -> Option<u32> {
        let network = match route.origin()? {
            Origin::Network(network) => network,
            Origin::Peer => self.peers.get(usize::from(route.peer)).copied().unwrap_or_default(),
            Origin::Set => 0,
        };
        Some(if field::is_a_network(Asn(network)) { network } else { 0 })
    }
}

/// A prefix as routes have it: its length, and as many octets as that needs.
fn prefix<A: Bits>(body: &mut Cursor<'_>) -> Option<Prefix<A>> {
    let len = body.u8().filter(|len| *len <= A::WIDTH)?;
    let mut first = A::ZERO;
    for (at, octet) in (0..).step_by(8).zip(body.take(usize::from(len).div_ceil(8))?) {
        first = first.with_part(at, 8, usize::from(*octet));
    }
    Some(Prefix { first: first.first_of(len), len })
}

/// Votes for networks, 0 standing for none.
#[derive(Default)]
struct Votes(Vec<(u32, u32)>);

impl Votes {
    fn add(&mut self, network: u32) {
        if let Some((_, votes)) = self.0.iter_mut().find(|(known, _)| *known == network) {
            *votes += 1;
        } else if self.0.len() < MAX_ORIGINS {
            self.0.push((network, 1));
        }
    }

    /// Whoever has most; of several the lowest number, but a network before none.
    fn winner(&self) -> Option<u32> {
        let best = self.0.iter().max_by_key(|(network, votes)| (*votes, *network != 0, std::cmp::Reverse(*network)));
        best.map(|(network, _)| *network)
    }
}
