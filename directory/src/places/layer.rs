//! What one file says, as prefixes and ranges of AS numbers.

use std::sync::Arc;

use schema::{Asn, Economy, Timestamp};

use super::address::{AnyPrefix, Bits, Prefix};
use super::note::Notes;
use super::read::Refused;

/// Prefixes of IPv4 of one file. A full routing table has a million; more must not fill memory (12 octets each).
pub const MAX_PREFIXES_4: usize = 4_000_000;

/// Prefixes of IPv6 of one file. A full routing table has a quarter of a million; more must not fill memory (32 octets each).
pub const MAX_PREFIXES_6: usize = 2_000_000;

/// Ranges of AS numbers of one file. All registries together have some 120,000; more must not fill memory.
pub const MAX_NETWORKS: usize = 500_000;

/// A prefix with what is said of it: the number of an economy or an AS, 0 for "said to be none"; or just that it is listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Entry<A> {
    pub(crate) first: A,
    pub(crate) len: u8,
    pub(crate) value: u32,
}

/// AS numbers from `first` to `last`, and their economy, or that they are listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Networks {
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) value: u16,
}

impl Networks {
    pub(crate) fn economy(self) -> Option<Economy> {
        Economy::of_number(self.value)
    }
}

/// What one file says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Layer {
    /// By address, then by length; each prefix once.
    pub(crate) v4: Vec<Entry<u32>>,
    pub(crate) v6: Vec<Entry<u128>>,
    /// By number, without overlaps. Shared with the table that is made of it.
    pub(crate) networks: Arc<[Networks]>,
    notes: Notes,
    /// When the data was made, as the file itself says.
    made: Option<Timestamp>,
}

impl Layer {
    /// Prefixes of IPv4.
    #[must_use]
    pub const fn prefixes_4(&self) -> usize {
        self.v4.len()
    }

    /// Prefixes of IPv6.
    #[must_use]
    pub const fn prefixes_6(&self) -> usize {
        self.v6.len()
    }

    /// Ranges of AS numbers.
    #[must_use]
    pub fn networks(&self) -> usize {
        self.networks.len()
    }

    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty() && self.networks.is_empty()
    }

    /// What was left out, as sentences; at most [`MAX_NOTES`](super::MAX_NOTES) of them.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        self.notes.kept()
    }

    /// How much was left out.
    #[must_use]
    pub const fn left_out(&self) -> u64 {
        self.notes.total()
    }

    /// When the data was made, if the file says that itself.
    #[must_use]
    pub const fn made(&self) -> Option<Timestamp> {
        self.made
    }
}

/// Collects what a file says.
#[derive(Debug, Default)]
pub(crate) struct LayerBuilder {
    v4: Vec<Entry<u32>>,
    v6: Vec<Entry<u128>>,
    networks: Vec<Networks>,
    pub(crate) notes: Notes,
    pub(crate) made: Option<Timestamp>,
    /// Two halves of a prefix that are said to be the same become one as they come. Right only where no prefix lies within another.
    flat: bool,
}

impl LayerBuilder {
    /// For a file in which no prefix lies within another.
    pub(crate) fn flat() -> Self {
        Self { flat: true, ..Self::default() }
    }

    pub(crate) fn add(&mut self, prefix: AnyPrefix, value: u32) -> Result<(), Refused> {
        match prefix {
            AnyPrefix::V4(prefix) => self.add_4(prefix, value),
            AnyPrefix::V6(prefix) => self.add_6(prefix, value),
        }
    }

    pub(crate) fn add_4(&mut self, prefix: Prefix<u32>, value: u32) -> Result<(), Refused> {
        push(&mut self.v4, prefix, value, self.flat);
        bounded(self.v4.len(), MAX_PREFIXES_4, "prefixes of IPv4")
    }

    pub(crate) fn add_6(&mut self, prefix: Prefix<u128>, value: u32) -> Result<(), Refused> {
        push(&mut self.v6, prefix, value, self.flat);
        bounded(self.v6.len(), MAX_PREFIXES_6, "prefixes of IPv6")
    }

    /// Adds AS numbers. A range that ends before it begins is nothing.
    pub(crate) fn add_networks(&mut self, first: Asn, last: Asn, value: u16) -> Result<(), Refused> {
        if first <= last {
            self.networks.push(Networks { first: first.0, last: last.0, value });
        }
        bounded(self.networks.len(), MAX_NETWORKS, "ranges of AS numbers")
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty() && self.networks.is_empty()
    }

    /// Puts everything in order. Of what stands twice, the first counts.
    pub(crate) fn finish(mut self) -> Layer {
        let v4 = in_order(self.v4);
        let v6 = in_order(self.v6);
        self.networks.sort_by_key(|range| range.first);
        let networks = apart(&self.networks);
        Layer { v4, v6, networks, notes: self.notes, made: self.made }
    }
}

fn bounded(count: usize, most: usize, of_what: &str) -> Result<(), Refused> {
    if count <= most { Ok(()) } else { Err(Refused::new(format!("has more than {most} {of_what}; check that it is the right file"))) }
}

fn push<A: Bits>(entries: &mut Vec<Entry<A>>, prefix: Prefix<A>, value: u32, flat: bool) {
    let Prefix { mut first, mut len } = prefix;
    while flat && let Some(before) = entries.last() {
        let are_halves = before.len == len && len > 0 && before.value == value && before.first != first;
        if !are_halves || before.first.first_of(len - 1) != first.first_of(len - 1) {
            break;
        }
        len -= 1;
        first = first.first_of(len);
        entries.pop();
    }
    entries.push(Entry { first, len, value });
}

fn in_order<A: Bits>(mut entries: Vec<Entry<A>>) -> Vec<Entry<A>> {
    entries.sort_by_key(|entry| (entry.first, entry.len));
    entries.dedup_by_key(|entry| (entry.first, entry.len));
    entries.shrink_to_fit();
    entries
}

/// Ranges without overlaps: a later one begins where the earlier ones end.
fn apart(networks: &[Networks]) -> Arc<[Networks]> {
    let mut kept: Vec<Networks> = Vec::with_capacity(networks.len());
    for range in networks {
        let free = kept.last().map_or(Some(0), |before| before.last.checked_add(1));
        let Some(first) = free.map(|free| range.first.max(free)).filter(|first| *first <= range.last) else { continue };
        kept.push(Networks { first, ..*range });
    }
    kept.into()
}

/// The range that holds a number.
pub(crate) fn holding(networks: &[Networks], asn: Asn) -> Option<Networks> {
    let after = networks.partition_point(|range| range.first <= asn.0);
    let range = *networks.get(after.checked_sub(1)?)?;
    (asn.0 <= range.last).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> AnyPrefix {
        AnyPrefix::parse(text).unwrap()
    }

    #[test]
    fn of_a_prefix_that_stands_twice_the_first_counts() {
        let mut builder = LayerBuilder::default();
        for (text, value) in [("192.0.2.0/24", 1), ("192.0.2.0/25", 2), ("192.0.2.0/24", 3), ("10.0.0.0/8", 4)] {
            builder.add(prefix(text), value).unwrap();
        }
        let kept: Vec<(u8, u32)> = builder.finish().v4.iter().map(|entry| (entry.len, entry.value)).collect();
        assert_eq!(kept, [(8, 4), (24, 1), (25, 2)]);
    }

    #[test]
    fn equal_halves_become_one_prefix_where_nothing_is_nested() {
        let mut builder = LayerBuilder::flat();
        for (text, value) in [("10.0.0.0/10", 7), ("10.64.0.0/11", 7), ("10.96.0.0/11", 7), ("10.128.0.0/9", 7), ("11.0.0.0/8", 8)] {
            builder.add(prefix(text), value).unwrap();
        }
        let kept: Vec<(u32, u8)> = builder.finish().v4.iter().map(|entry| (entry.first >> 24, entry.len)).collect();
        assert_eq!(kept, [(10, 8), (11, 8)]);
        let mut nested = LayerBuilder::default();
        nested.add(prefix("10.0.0.0/9"), 7).unwrap();
        nested.add(prefix("10.128.0.0/9"), 7).unwrap();
        assert_eq!(nested.finish().prefixes_4(), 2);
    }

    #[test]
    fn ranges_of_numbers_that_overlap_are_cut() {
        let mut builder = LayerBuilder::default();
        for (first, last, value) in [(10, 20, 1), (15, 30, 2), (12, 13, 3), (40, 40, 4), (9, 5, 5)] {
            builder.add_networks(Asn(first), Asn(last), value).unwrap();
        }
        let networks = builder.finish().networks;
        let whose = |asn| holding(&networks, Asn(asn)).map(|range| range.value);
        assert_eq!([9, 10, 20, 21, 30, 31, 40, 41].map(whose), [None, Some(1), Some(1), Some(2), Some(2), None, Some(4), None]);
    }
}
