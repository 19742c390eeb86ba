//! The streams that a shard adds to.

use crate::delta::{Delta, Map};
use crate::exporter::ExporterKey;
use crate::stream::{StreamKey, Tally};

/// Streams of a shard, against an exporter that sends a new rate with every sample. What comes above it shares a coarse stream an agent; see
/// [`StreamKey::coarse`].
pub(crate) const MAX_STREAMS: usize = 131_072;

/// Streams by numbers, which they keep over hand-overs until [`forget`](Self::forget).
#[derive(Default)]
pub(crate) struct Streams {
    numbers: Map<StreamKey, u32>,
    list: Vec<Stream>,
}

struct Stream {
    key: StreamKey,
    /// Its exporter by name: places change when others are forgotten.
    exporter: ExporterKey,
    /// What came of it since the hand-over.
    tally: Tally,
}

impl Streams {
    /// The number of a stream.
    pub(crate) fn number(&mut self, exporter: &ExporterKey, mut key: StreamKey) -> u32 {
        if let Some(number) = self.numbers.get(&key) {
            return *number;
        }
        if self.list.len() >= MAX_STREAMS {
            key = key.coarse();
        }
        let next = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(key).or_insert(next);
        if number == next {
            self.list.push(Stream { key, exporter: *exporter, tally: Tally::default() });
        }
        number
    }

    /// What came of the stream with this number since the hand-over.
    #[inline(always)]
    pub(crate) fn tally_mut(&mut self, number: u32) -> Option<&mut Tally> {
        self.list.get_mut(number as usize).map(|stream| &mut stream.tally)
    }

    /// Hands over what came of all of them, and tells it of each.
    pub(crate) fn hand_over(&mut self, delta: &mut Delta, mut tell: impl FnMut(&ExporterKey, &StreamKey, &Tally)) {
        for (number, stream) in (0..).zip(&mut self.list) {
            if stream.tally.received > 0 {
                tell(&stream.exporter, &stream.key, &stream.tally);
                delta.streams.push((stream.key, std::mem::take(&mut stream.tally)));
                delta.numbers.push(number);
            }
        }
    }

    /// Whether there are so many that it is better to begin anew.
    pub(crate) const fn is_crowded(&self) -> bool {
        self.list.len() > MAX_STREAMS / 2
    }

    /// Forgets all of them, so that their numbers have no meaning any more.
    pub(crate) fn forget(&mut self) {
        self.numbers.clear();
        self.list.clear();
    }
}
