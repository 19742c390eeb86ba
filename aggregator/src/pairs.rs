//! Cells of samples by the octets that their frames begin with.
//!
//! Whose two addresses are is the same for each frame between them, so it is asked for once a minute or so and remembered with the sums: such frames cost one look-up
//! instead of three. Only frames between two parties that are told by these octets alone come here; all others are in [`Cells`](crate::cells::Cells).

use schema::sample::Ends;
use schema::{CellKey, Localities, Moments};

use crate::delta::StreamCell;
use crate::streams::MAX_STREAMS;
use crate::table::{Key, Table, fold};

/// The lowest bit of the localities. A stream's number is far below 2²⁸: a shard has no more of them than `MAX_STREAMS`.
const LOCALITIES_FROM: u32 = 60;
const _: () = assert!(MAX_STREAMS < 1 << 28);

/// A stream, a frame's first octets in it, and where its addresses are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct PairKey {
    /// From the top: 4 bits of localities, 28 of stream, 32 of tag.
    small: u64,
    first: u64,
    second: u64,
}

impl PairKey {
    #[inline(always)]
    pub(crate) const fn of(stream: u32, ends: Ends) -> Self {
        Self { small: (stream as u64) << 32 | ends.tag as u64, first: ends.first, second: ends.second }
    }

    /// The same with the addresses there.
    #[inline(always)]
    pub(crate) const fn at(self, localities: Localities) -> Self {
        Self { small: self.small | (localities.bits() as u64) << LOCALITIES_FROM, ..self }
    }

    const fn stream(&self) -> u32 {
        (self.small << 4 >> 36) as u32
    }
}

impl Key for PairKey {
    #[inline(always)]
    fn mixed(&self, seed: u64) -> u64 {
        // Both are unknown to senders, who choose addresses: one that they know could be nothing, which mixes everything into nothing.
        fold(self.first ^ seed, self.second ^ self.small ^ seed.rotate_left(32))
    }
}

#[derive(Clone, Copy, Debug)]
struct Pair {
    moments: Moments,
    cell: CellKey,
}

/// Cells with their moments. A cell is here as often as frames of it begin differently.
#[derive(Debug, Default)]
pub(crate) struct Pairs(Table<PairKey, Pair>);

impl Pairs {
    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    /// The moments of a pair that is there.
    #[inline(always)]
    pub(crate) fn get_mut(&mut self, key: &PairKey) -> Option<&mut Moments> {
        self.0.get_mut(key).map(|pair| &mut pair.moments)
    }

    /// Adds a pair that is not there yet.
    pub(crate) fn insert_new(&mut self, key: PairKey, cell: CellKey, moments: Moments) {
        self.0.insert_new(key, Pair { moments, cell });
    }

    /// Hands over what was added to each since the last time.
    pub(crate) fn hand_over(&mut self, mut give: impl FnMut(StreamCell, Moments)) {
        for (key, pair) in self.0.iter_mut().filter(|(_, pair)| pair.moments.n > 0) {
            give(StreamCell { stream: key.stream(), cell: pair.cell }, std::mem::take(&mut pair.moments));
        }
    }

    /// Forgets all of them.
    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }
}
