//! From the cells of streams to the rows of a window.

use std::sync::Arc;

use schema::window::CellRow;
use schema::{CellKey, Moments, Reason, Sums, Timestamp};

use crate::delta::{FlowCell, StreamCell};
use crate::entering::Entering;
use crate::stream::{StreamKey, Tally};
use crate::weight::{Weight, Weights};

/// What is known of each stream when a window is closed, by the streams' places.
pub(crate) struct Weighing<'a> {
    streams: &'a [(StreamKey, Tally)],
    weighed: Vec<Weighed>,
    entering: &'a Entering,
}

#[derive(Clone, Copy)]
struct Weighed {
    /// Weight of samples.
    observed: f64,
    /// Weight of flow records.
    announced: f64,
    /// Place in the order of the streams' keys.
    rank: u32,
}

/// What one stream adds to a row.
pub(crate) struct Piece {
    cell: CellKey,
    /// Adding floating-point numbers in another order gives another sum, so pieces of the same cell have an order of their own: by stream, by kind,
    /// and by the reason that they had before they were set aside.
    order: (u32, u8, u8),
    sums: Sums,
}

impl<'a> Weighing<'a> {
    pub(crate) fn new(streams: &'a [(StreamKey, Tally)], weights: Weights, entering: &'a Entering) -> Self {
        let weighed = |(key, tally): &(StreamKey, Tally)| Weighed {
            observed: weights.weigh(key.rate, tally).frames,
            announced: Weight::announced(key.rate).frames,
            rank: 0,
        };
        let mut all: Vec<Weighed> = streams.iter().map(weighed).collect();
        let mut order: Vec<(StreamKey, usize)> = streams.iter().enumerate().map(|(place, (key, _))| (*key, place)).collect();
        order.sort_unstable();
        for (rank, (_, place)) in (0_u32..).zip(order) {
            if let Some(stream) = all.get_mut(place) {
                stream.rank = rank;
            }
        }
        Self { streams, weighed: all, entering }
    }

    /// What a cell of samples adds.
    pub(crate) fn samples(&self, at: &StreamCell, moments: &Moments) -> Option<Piece> {
        let stream = self.weighed.get(at.stream as usize)?;
        Some(stream.piece(at.cell, 0, moments.weighed(stream.observed)))
    }

    /// What a cell of flow records adds.
    pub(crate) fn records(&self, FlowCell { at, is_bound }: &FlowCell, moments: &Moments) -> Option<Piece> {
        let stream = self.weighed.get(at.stream as usize)?;
        let sums = moments.weighed(stream.announced);
        let (kind, sums) = if *is_bound { (2, sums.from_flows()) } else { (1, sums) };
        let (key, _) = self.streams.get(at.stream as usize)?;
        let is_counted_elsewhere = self.entering.counts(key, &at.cell);
        let cell = if is_counted_elsewhere { CellKey { reason: Reason::OtherDirection, ..at.cell } } else { at.cell };
        let mut piece = stream.piece(cell, kind, sums);
        piece.order.2 = at.cell.reason.code();
        Some(piece)
    }
}

impl Weighed {
    const fn piece(&self, cell: CellKey, kind: u8, sums: Sums) -> Piece {
        Piece { cell, order: (self.rank, kind, cell.reason.code()), sums }
    }
}

/// One row a cell, sorted by their keys, so that the same samples give the same rows whatever thread they came by.
pub(crate) fn rows(mut pieces: Vec<Piece>, start: Timestamp, exchange: &Arc<str>) -> Vec<CellRow> {
    pieces.sort_unstable_by_key(|piece| (piece.cell, piece.order));
    let sum = |same: &[Piece]| {
        let mut sums = Sums::default();
        same.iter().for_each(|piece| sums.merge(piece.sums));
        Some(CellRow::new(start, exchange, same.first()?.cell, sums))
    };
    pieces.chunk_by(|one, next| one.cell == next.cell).filter_map(sum).collect()
}
