//! From the cells of streams to the rows of a window.

use std::sync::Arc;

use schema::sample::Agent;
use schema::window::CellRow;
use schema::{CellKey, Moments, Reason, Sums, Timestamp};

use crate::delta::{FlowCell, Map, StreamCell};
use crate::entering::Entering;
use crate::pools::Pools;
use crate::stream::{PortSide, StreamKey, Tally};
use crate::weight::{Weighed, Weight, Weights};

/// What is known of each stream when a window is closed, by the streams' places.
pub(crate) struct Weighing<'a> {
    streams: &'a [(StreamKey, Tally)],
    weights: Vec<StreamWeight>,
    /// The ports at which streams are, and whether they join switches.
    pub(crate) ports: Vec<(PortSide, bool)>,
    /// How the samples of each agent were weighed, in order.
    pub(crate) agents: Vec<(Agent, Weighed)>,
    entering: &'a Entering,
    pools: &'a Pools,
}

#[derive(Clone, Copy)]
struct StreamWeight {
    /// Weight of samples.
    observed: f64,
    /// Weight of flow records.
    announced: f64,
    /// Place in the order of the streams' keys.
    rank: u32,
    /// Place of its port.
    port: Option<u32>,
}

/// What one stream adds to a row.
pub(crate) struct Piece {
    pub(crate) cell: CellKey,
    /// Adding floating-point numbers in another order gives another sum, so pieces of the same cell have an order of their own: by stream, by kind,
    /// and by the reason that they had before they were set aside.
    order: (u32, u8, u8),
    /// Place of the port at which it was seen, in [`Weighing::ports`].
    pub(crate) port: Option<u32>,
    pub(crate) sums: Sums,
}

impl<'a> Weighing<'a> {
    pub(crate) fn new(streams: &'a [(StreamKey, Tally)], weights: Weights, entering: &'a Entering, pools: &'a Pools) -> Self {
        let nothing = StreamWeight { observed: 0.0, announced: 0.0, rank: 0, port: None };
        let mut all = Self { streams, weights: vec![nothing; streams.len()], ports: Vec::new(), agents: Vec::new(), entering, pools };
        let mut order: Vec<(StreamKey, u32)> = (0..).zip(streams).map(|(place, (key, _))| (*key, place)).collect();
        order.sort_unstable();
        let (mut rank, mut places) = (0, Map::default());
        for of_one in order.chunk_by(|(one, _), (next, _)| one.is_weighed_with(next)) {
            let Some((key, _)) = of_one.first() else { continue };
            let (observed, announced) = (all.weigh(key, of_one, weights), Weight::announced(key.rate).frames);
            for (key, place) in of_one {
                let port = key.port().map(|port| all.place_of_port(&mut places, port, key.is_core));
                if let Some(stream) = all.weights.get_mut(*place as usize) {
                    *stream = StreamWeight { observed, announced, rank, port };
                }
                rank += 1;
            }
        }
        all
    }

    /// The weight of the samples of one data source and rate, from what its streams show together.
    fn weigh(&mut self, key: &StreamKey, streams: &[(StreamKey, u32)], weights: Weights) -> f64 {
        let mut tally = Tally::default();
        let tallies = streams.iter().filter_map(|(_, place)| self.streams.get(*place as usize));
        tallies.for_each(|(_, part)| tally.merge(part));
        let weight = weights.weigh(key.rate, &tally, &self.pools.of(key));
        let weighed = Weighed::of(weight, key.rate, &tally);
        match self.agents.last_mut() {
            Some((agent, sum)) if *agent == key.agent => sum.merge(&weighed),
            _ => self.agents.push((key.agent, weighed)),
        }
        weight.frames
    }

    fn place_of_port(&mut self, places: &mut Map<PortSide, u32>, port: PortSide, is_core: bool) -> u32 {
        let next = u32::try_from(self.ports.len()).unwrap_or(u32::MAX);
        let place = *places.entry(port).or_insert(next);
        if place == next {
            self.ports.push((port, is_core));
        } else if let Some((_, is_core_too)) = self.ports.get_mut(place as usize) {
            *is_core_too |= is_core;
        }
        place
    }

    /// What a cell of samples adds.
    pub(crate) fn samples(&self, at: &StreamCell, moments: &Moments) -> Option<Piece> {
        let stream = self.weights.get(at.stream as usize)?;
        Some(stream.piece(at.cell, 0, moments.weighed(stream.observed)))
    }

    /// What a cell of flow records adds.
    pub(crate) fn records(&self, FlowCell { at, is_bound }: &FlowCell, moments: &Moments) -> Option<Piece> {
        let stream = self.weights.get(at.stream as usize)?;
        let sums = moments.weighed(stream.announced);
        let (kind, sums) = if *is_bound { (2, sums.from_flows()) } else { (1, sums) };
        let (key, _) = self.streams.get(at.stream as usize)?;
        let is_counted_elsewhere = at.cell.reason != Reason::CorePort && self.entering.counts(key, &at.cell);
        let cell = if is_counted_elsewhere { CellKey { reason: Reason::OtherDirection, ..at.cell } } else { at.cell };
        let mut piece = stream.piece(cell, kind, sums);
        piece.order.2 = at.cell.reason.code();
        Some(piece)
    }
}

impl StreamWeight {
    const fn piece(&self, cell: CellKey, kind: u8, sums: Sums) -> Piece {
        Piece { cell, order: (self.rank, kind, cell.reason.code()), port: self.port, sums }
    }
}

/// Sorts pieces by their cells, so that the same samples give the same rows, to the bit, whatever thread they came by.
pub(crate) fn sort(pieces: &mut [Piece]) {
    pieces.sort_unstable_by_key(|piece| (piece.cell, piece.order));
}

/// One row a cell, from sorted pieces.
pub(crate) fn cell_rows(pieces: &[Piece], start: Timestamp, exchange: &Arc<str>) -> Vec<CellRow> {
    let sum = |same: &[Piece]| {
        let mut sums = Sums::default();
        same.iter().for_each(|piece| sums.merge(piece.sums));
        Some(CellRow::new(start, exchange, same.first()?.cell, sums))
    };
    pieces.chunk_by(|one, next| one.cell == next.cell).filter_map(sum).collect()
}
