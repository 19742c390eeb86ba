//! What the pools of data sources showed in earlier windows.
//!
//! A data source with few samples in a window has a pool that is mostly chance. Over some windows it tells all the same whether the exporter takes as
//! many samples as it says: one that drops them in silence leaves its numbers without a gap.

use schema::Rate;
use schema::sample::{Agent, DataSource};

use crate::delta::Map;
use crate::stream::{StreamKey, Tally};

/// Data sources of which earlier windows are remembered, against an exporter that makes them up: 20 MB. Further ones are weighed by the open window alone.
pub(crate) const MAX_POOLS: usize = (1 << 17) / 8 * 7;

/// How many samples are remembered of a data source, at most; then the older half of what is known is forgotten. Enough to find out one that drops a fifth
/// of its samples, and few enough to follow one that begins or ends to do so.
const REMEMBERED: u64 = 400;

/// Windows without a sample after which a data source is forgotten: an hour of minutes.
const FORGET_AFTER: u32 = 60;

/// What names a pool.
type PoolKey = (Agent, DataSource, Rate);

/// Earlier windows of data sources.
#[derive(Default)]
pub(crate) struct Pools(Map<PoolKey, Remembered>);

struct Remembered {
    tally: Tally,
    /// Windows since it was heard last.
    silent_for: u32,
}

impl Pools {
    /// What is remembered of a stream's data source.
    pub(crate) fn of(&self, key: &StreamKey) -> Tally {
        self.0.get(&(key.agent, key.source, key.rate)).map_or_else(Tally::default, |pool| pool.tally)
    }

    /// Remembers a window that is over.
    pub(crate) fn remember(&mut self, streams: &[(StreamKey, Tally)]) {
        self.0.retain(|_, pool| {
            pool.silent_for += 1;
            pool.silent_for <= FORGET_AFTER
        });
        for (key, tally) in streams.iter().filter(|(_, tally)| tally.followed() > 0) {
            self.add((key.agent, key.source, key.rate), tally);
        }
        for pool in self.0.values_mut().filter(|pool| pool.silent_for == 0 && pool.tally.followed() > REMEMBERED) {
            pool.tally.halve();
        }
    }

    fn add(&mut self, key: PoolKey, tally: &Tally) {
        let is_full = self.0.len() >= MAX_POOLS;
        match self.0.get_mut(&key) {
            Some(pool) => {
                pool.tally.merge(tally);
                pool.silent_for = 0;
            }
            None if is_full => {}
            None => {
                self.0.insert(key, Remembered { tally: *tally, silent_for: 0 });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schema::sample::Direction;

    fn key(port: u32) -> StreamKey {
        let agent = Agent { address: [192, 0, 2, 1].into(), sub_agent: 0 };
        let source = DataSource { class: 0, index: port };
        StreamKey { agent, source, rate: Rate::whole(100), direction: Direction::Ingress, is_core: false }
    }

    fn tally(samples: u64) -> Tally {
        Tally { received: samples, unfollowed: 0, pool_advance: 140 * samples, missing: 0, drops_advance: 0 }
    }

    #[test]
    fn windows_add_up_and_older_ones_fade() {
        let mut pools = Pools::default();
        for _ in 0..30 {
            pools.remember(&[(key(1), tally(30))]);
        }
        let of = pools.of(&key(1));
        assert!((REMEMBERED / 2..=REMEMBERED).contains(&of.followed()), "{of:?}");
        assert!(of.pool_advance.abs_diff(140 * of.followed()) <= 140, "{of:?}");
        assert_eq!(pools.of(&key(2)), Tally::default());
    }

    #[test]
    fn what_was_silent_for_an_hour_is_forgotten() {
        let mut pools = Pools::default();
        pools.remember(&[(key(1), tally(30))]);
        (0..FORGET_AFTER).for_each(|_| pools.remember(&[]));
        assert_eq!(pools.of(&key(1)), tally(30));
        pools.remember(&[]);
        assert_eq!(pools.of(&key(1)), Tally::default());
    }

    #[test]
    fn invented_data_sources_are_bounded() {
        let mut pools = Pools::default();
        let streams: Vec<_> = (0..150_000).map(|port| (key(port), tally(1))).collect();
        pools.remember(&streams);
        assert_eq!(pools.0.len(), MAX_POOLS);
    }
}
