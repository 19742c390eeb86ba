//! What was sampled at each port: what the port's own counters are held against, and where a member's traffic enters.

use std::net::IpAddr;
use std::sync::Arc;

use schema::sample::Direction;
use schema::window::PortSampleRow;
use schema::{Sums, Timestamp};

use crate::delta::Map;
use crate::rows::{Piece, Weighing};
use crate::stream::PortSide;

/// Rows of a window that name a member, against exporters that invent ports: an edge port has one a direction, a core port one a member. What
/// comes above it is added to the port's row without a member.
pub(crate) const MAX_PORT_SAMPLE_ROWS: usize = 1 << 16;

/// The sums of a row.
#[derive(Default)]
struct Sampled {
    sums: Sums,
    bytes_set_aside: u64,
}

/// One row for each port, direction and member, sorted.
///
/// Pieces must come sorted, for the sums of floating-point numbers depend on their order, and so does which rows are too many.
pub(crate) fn port_sample_rows(pieces: &[Piece], weighing: &Weighing<'_>, start: Timestamp, exchange: &Arc<str>) -> Vec<PortSampleRow> {
    let mut rows: Vec<(PortSide, u32, bool, Sampled)> = Vec::new();
    for ((port, asn), sampled) in sums(pieces, weighing) {
        if let Some((side, is_core)) = weighing.ports.get(port as usize) {
            rows.push((*side, asn, *is_core, sampled));
        }
    }
    rows.sort_unstable_by_key(|(side, asn, ..)| (*side, *asn));
    let mut name = Name::default();
    rows.into_iter().map(|(side, asn, is_core, sampled)| sampled.row(start, exchange, name.of(side.agent), side, asn, is_core)).collect()
}

fn sums(pieces: &[Piece], weighing: &Weighing<'_>) -> Map<(u32, u32), Sampled> {
    let mut rows: Map<(u32, u32), Sampled> = Map::default();
    for piece in pieces {
        let Some(port) = piece.port else { continue };
        let is_egress = weighing.ports.get(port as usize).is_some_and(|(side, _)| side.direction == Direction::Egress);
        let member = if is_egress { piece.cell.dst } else { piece.cell.src };
        let mut key = (port, member.asn().map_or(0, |asn| asn.0));
        if rows.len() >= MAX_PORT_SAMPLE_ROWS && !rows.contains_key(&key) {
            key.1 = 0;
        }
        rows.entry(key).or_default().add(piece);
    }
    rows
}

impl Sampled {
    fn add(&mut self, piece: &Piece) {
        self.sums.merge(piece.sums);
        if piece.cell.reason.is_set_aside() {
            self.bytes_set_aside = self.bytes_set_aside.saturating_add(piece.sums.bytes);
        }
    }

    fn row(self, time: Timestamp, exchange: &Arc<str>, agent: Arc<str>, side: PortSide, asn: u32, is_core: bool) -> PortSampleRow {
        let Sums { samples, packets, bytes, variance, bytes_from_flows } = self.sums;
        PortSampleRow {
            time,
            exchange: Arc::clone(exchange),
            agent,
            if_index: side.if_index,
            egress: side.direction.code(),
            asn,
            samples,
            packets,
            bytes,
            variance,
            bytes_from_flows,
            bytes_set_aside: self.bytes_set_aside,
            core: is_core.into(),
        }
    }
}

/// An agent's address as text, which is made once for all of its rows.
#[derive(Default)]
struct Name(Option<(IpAddr, Arc<str>)>);

impl Name {
    fn of(&mut self, agent: IpAddr) -> Arc<str> {
        match &self.0 {
            Some((same, name)) if *same == agent => Arc::clone(name),
            _ => {
                let name: Arc<str> = agent.to_string().into();
                self.0 = Some((agent, Arc::clone(&name)));
                name
            }
        }
    }
}
