//! A table for the hot path: entries in a row, and a small index of where each of them stands.
//!
//! It does what a hash map does, with half of a general one's instructions for each look-up, for keys that mix themselves. Entries stand in the order in which they came, so that
//! going through all of them is going through a slice, and emptying it touches what is used. The index is of 32-bit places and at most a quarter full, so that
//! nearly every look-up finds its entry at once.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;

/// A key that mixes its own bits.
pub(crate) trait Key: Copy + Eq {
    /// A number whose low bits differ for keys that differ, and that nobody can foretell who does not know the seed: senders choose most keys.
    fn mixed(&self, seed: u64) -> u64;
}

/// Two numbers of 64 bits mixed: both halves of their product, as in wyhash and foldhash.
#[inline]
pub(crate) const fn fold(one: u64, other: u64) -> u64 {
    let product = one as u128 * other as u128;
    product as u64 ^ (product >> 64) as u64
}

/// An odd number without pattern (the golden ratio's first 64 bits): a product with it spreads small numbers over all bits.
pub(crate) const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Entries by their keys.
#[derive(Debug, Clone)]
pub(crate) struct Table<K, V> {
    /// The place of an entry, or [`NONE`]. Its length is a power of two, at least [`ROOM`] times the entries.
    index: Vec<u32>,
    /// One less than its length.
    mask: usize,
    entries: Vec<(K, V)>,
    seed: u64,
}

/// Places of the index for each entry, at least.
const ROOM: usize = 4;

/// Places of the index of a table that was never used.
const LEAST_PLACES: usize = 16;

/// No place: no bound of this program allows as many entries, so that looking there finds nothing.
const NONE: u32 = u32::MAX;

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        // An odd seed is never 0, which would mix everything into nothing.
        Self { index: vec![NONE; LEAST_PLACES], mask: LEAST_PLACES - 1, entries: Vec::new(), seed: RandomState::default().hash_one(0) | 1 }
    }
}

impl<K: Key, V> Table<K, V> {
    /// How many entries there are.
    #[inline]
    pub(crate) const fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value of this key.
    #[inline(always)]
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.at_mut(self.place(key)?)
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.at(self.place(key)?)
    }

    /// The value that stands at a place.
    #[inline(always)]
    pub(crate) fn at(&self, place: usize) -> Option<&V> {
        self.entries.get(place).map(|(_, value)| value)
    }

    /// The value that stands at a place.
    #[inline(always)]
    pub(crate) fn at_mut(&mut self, place: usize) -> Option<&mut V> {
        self.entries.get_mut(place).map(|(_, value)| value)
    }

    /// Where the entry of this key stands. It stays there until entries are removed.
    #[inline(always)]
    pub(crate) fn place(&self, key: &K) -> Option<usize> {
        let mut at = self.home(key);
        loop {
            let place = *self.index.get(at)? as usize;
            if self.entries.get(place)?.0 == *key {
                return Some(place);
            }
            at = self.next(at);
        }
    }

    #[inline(always)]
    fn home(&self, key: &K) -> usize {
        key.mixed(self.seed) as usize & self.mask
    }

    #[inline(always)]
    const fn next(&self, at: usize) -> usize {
        (at + 1) & self.mask
    }

    /// Adds an entry whose key is not there yet.
    #[inline]
    pub(crate) fn insert_new(&mut self, key: K, value: V) {
        if self.entries.len() * ROOM >= self.index.len() {
            self.grow();
        }
        self.enter(&key, self.entries.len());
        self.entries.push((key, value));
    }

    #[cold]
    fn grow(&mut self) {
        self.index = vec![NONE; self.index.len() * 2];
        self.mask = self.index.len() - 1;
        self.enter_all();
    }

    fn enter_all(&mut self) {
        let keys: Vec<K> = self.entries.iter().map(|(key, _)| *key).collect();
        keys.iter().enumerate().for_each(|(place, key)| self.enter(key, place));
    }

    /// Puts the place of a key's entry into the index.
    #[inline]
    fn enter(&mut self, key: &K, place: usize) {
        let number = u32::try_from(place).unwrap_or(NONE);
        let mut at = self.home(key);
        while self.index.get(at).is_some_and(|taken| *taken != NONE) {
            at = self.next(at);
        }
        if let Some(free) = self.index.get_mut(at) {
            *free = number;
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &(K, V)> {
        self.entries.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.entries.iter_mut().map(|(key, value)| (&*key, value))
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.iter().map(|(_, value)| value)
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.entries.iter_mut().map(|(_, value)| value)
    }

    /// Empties it and keeps its memory.
    pub(crate) fn clear(&mut self) {
        self.index.fill(NONE);
        self.entries.clear();
    }

    /// Keeps only entries of which this is true.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        self.entries.retain(|(key, value)| keep(key, value));
        self.index.fill(NONE);
        self.enter_all();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    /// A key that mixes badly, so that many keys meet in one place.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
    struct Crowded(u16);

    impl Key for Crowded {
        fn mixed(&self, _: u64) -> u64 {
            u64::from(self.0 % 7) | 0xffff_0000
        }
    }

    #[test]
    fn a_sum_of_products_has_both_halves() {
        assert_eq!(fold(u64::MAX, u64::MAX), (u64::MAX - 1) ^ 1);
    }

    proptest! {
        #[test]
        fn it_holds_what_a_hash_map_holds(steps in prop::collection::vec((0..4_u8, 0..60_u16), 0..300)) {
            let (mut table, mut map) = (Table::default(), HashMap::new());
            for (kind, number) in steps {
                let key = Crowded(number);
                match (kind, table.get_mut(&key)) {
                    (0, _) => {
                        table.retain(|key, _| key.0 % 5 != number % 5);
                        map.retain(|key: &Crowded, _| key.0 % 5 != number % 5);
                    }
                    (1, _) if number == 0 => {
                        table.clear();
                        map.clear();
                    }
                    (_, Some(value)) => {
                        *value += 1;
                        *map.entry(key).or_default() += 1;
                    }
                    (_, None) => {
                        table.insert_new(key, 1_u32);
                        prop_assert_eq!(map.insert(key, 1_u32), None);
                    }
                }
                prop_assert_eq!((table.len(), table.is_empty()), (map.len(), map.is_empty()));
            }
            prop_assert!((0..60).all(|number| table.get(&Crowded(number)) == map.get(&Crowded(number))));
            prop_assert_eq!(table.iter().copied().collect::<HashMap<_, _>>(), map);
        }
    }
}
