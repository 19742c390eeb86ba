//! The table that answers for an address in a few steps.
//!
//! The first 16 bits of an address are a place in an array. Where all addresses that begin so have one answer, it stands there; else a node divides them by
//! their next 8 bits, and so on. A node keeps one answer for each *run* of equal neighbours, and a bitmap of where runs begin: the number of ones up to a
//! place says which answer it is (as in Lulea's tables, Degermark et al. 1997, and in poptries, Asai and Ohara 2015). That is two or three dependent loads
//! for IPv4, and a full routing table takes some ten megabytes.

use super::address::Bits;

/// Bits of an address that the first array is for.
const ROOT_BITS: u8 = 16;

/// Bits that a node is for.
const NODE_BITS: u8 = 8;

/// Places of the first array.
const ROOT: usize = 1 << ROOT_BITS;

/// Places of a node.
const PLACES: usize = 1 << NODE_BITS;

/// Marks the number of a node; without it, it is an answer.
const NODE: u32 = 1 << 31;

/// What is found where nothing was written, and for answers that do not fit: none do not.
const NOTHING: u32 = 0;

/// The highest answer.
pub(crate) const MAX_ANSWER: u32 = NODE - 1;

/// Addresses from `first` up to the next one's have this answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Interval<A> {
    pub(crate) first: A,
    pub(crate) answer: u32,
}

/// 32 places as runs of equal neighbours. Words of 32 bits: where the processor is not asked to count ones, that takes fewer instructions than in 64.
#[derive(Clone, Copy, Debug, Default)]
struct Word {
    /// A one where a run begins.
    begins: u32,
    /// Where the answers of the runs that begin here are, less one: a place is in the first run when one begin is counted.
    before: u32,
}

impl Word {
    /// Where the answer of a place is, counted from the word's first.
    #[inline]
    fn run(self, place: usize) -> usize {
        let upto = self.begins << (31 - (place & 31));
        (self.before + upto.count_ones()) as usize
    }
}

/// 256 places. It fills one line of the processor's cache.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Node([Word; PLACES / 32]);

impl Node {
    #[inline]
    fn run(&self, place: usize) -> usize {
        self.0[place >> 5 & 7].run(place)
    }
}

/// Answers for all addresses of a version.
#[derive(Clone, Debug)]
pub(crate) struct Trie<A> {
    root: Box<[u32]>,
    nodes: Vec<Node>,
    runs: Vec<u32>,
    version: std::marker::PhantomData<A>,
}

impl<A: Bits> Trie<A> {
    /// The table of these intervals, which are in order and begin with the first address.
    pub(crate) fn new(intervals: &[Interval<A>]) -> Self {
        // The first place of the runs is nobody's, so that there is one before each node's own.
        let mut trie = Self { root: Box::default(), nodes: Vec::new(), runs: vec![NOTHING], version: std::marker::PhantomData };
        let mut at = 0;
        trie.root = (0..ROOT).map(|place| trie.place(intervals, &mut at, A::ZERO.with_part(0, ROOT_BITS, place), ROOT_BITS)).collect();
        trie.nodes.shrink_to_fit();
        trie.runs.shrink_to_fit();
        trie
    }

    /// What belongs to the addresses that share their first `len` bits with `first`; `at` moves to the interval that holds it.
    fn place(&mut self, intervals: &[Interval<A>], at: &mut usize, first: A, len: u8) -> u32 {
        while intervals.get(*at + 1).is_some_and(|next| next.first <= first) {
            *at += 1;
        }
        let divided = intervals.get(*at + 1).is_some_and(|next| next.first <= first.last_of(len));
        if divided { self.node(intervals, *at, first, len) } else { intervals.get(*at).map_or(NOTHING, |interval| interval.answer) }
    }

    fn node(&mut self, intervals: &[Interval<A>], mut at: usize, first: A, len: u8) -> u32 {
        let mut begins = [0_u32; PLACES / 32];
        let mut runs = Vec::with_capacity(8);
        for place in 0..PLACES {
            let answer = self.place(intervals, &mut at, first.with_part(len, NODE_BITS, place), len + NODE_BITS);
            if runs.last() != Some(&answer) {
                begins[place >> 5] |= 1 << (place & 31);
                runs.push(answer);
            }
        }
        let mut before = number(self.runs.len() - 1);
        let words = begins.map(|begins| {
            let word = Word { begins, before };
            before += begins.count_ones();
            word
        });
        self.runs.extend(runs);
        self.nodes.push(Node(words));
        NODE | number(self.nodes.len() - 1)
    }

    /// The answer for an address.
    #[inline]
    pub(crate) fn get(&self, address: A) -> u32 {
        let mut found = self.root[address.part(0, ROOT_BITS)];
        // As often as there are levels, which is known when this is compiled.
        for level in 0..(A::WIDTH - ROOT_BITS) / NODE_BITS {
            if found & NODE == 0 {
                break;
            }
            let node = &self.nodes[(found ^ NODE) as usize];
            found = self.runs[node.run(address.part(ROOT_BITS + level * NODE_BITS, NODE_BITS))];
        }
        found
    }

    /// Octets that it takes.
    pub(crate) fn octets(&self) -> usize {
        size_of_val(&*self.root) + self.nodes.capacity() * size_of::<Node>() + self.runs.capacity() * size_of::<u32>()
    }
}

/// A place in memory as a number of 31 bits. There are fewer nodes and runs than prefixes, of which there are a few millions at most.
fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(MAX_ANSWER) & MAX_ANSWER
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn naive<A: Bits>(intervals: &[Interval<A>], address: A) -> u32 {
        intervals.iter().rfind(|interval| interval.first <= address).unwrap().answer
    }

    fn check<A: Bits + std::fmt::Debug>(mut cuts: Vec<A>, probes: &[A]) {
        cuts.extend([A::ZERO]);
        cuts.sort_unstable();
        cuts.dedup();
        // Few different answers, so that neighbours often have the same.
        let intervals: Vec<_> = cuts.iter().zip(0..).map(|(&first, place)| Interval { first, answer: place * 7 % 5 }).collect();
        let trie = Trie::new(&intervals);
        for &address in cuts.iter().chain(probes) {
            assert_eq!(trie.get(address), naive(&intervals, address), "{address:?}");
            if let Some(next) = address.next() {
                assert_eq!(trie.get(next), naive(&intervals, next), "{next:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn every_address_of_ipv4_has_the_answer_of_its_interval(cuts: Vec<u32>, near in prop::collection::vec(0_u32..2_000, 0..200), probes: Vec<u32>) {
            check(cuts.into_iter().chain(near.iter().map(|near| 0x0a0b_0000 + near)).collect(), &probes);
        }

        #[test]
        fn every_address_of_ipv6_has_the_answer_of_its_interval(cuts: Vec<u128>, near in prop::collection::vec(0_u128..2_000, 0..100), probes: Vec<u128>) {
            check(cuts.into_iter().chain(near.iter().map(|near| (0x2001_0db8 << 96) + near)).collect(), &probes);
        }
    }

    #[test]
    fn the_ends_of_all_words_are_right() {
        let cuts: Vec<u32> = (0..256).map(|place| 0x0a00_0000 + (place << 8)).collect();
        check(cuts.clone(), &[0, u32::MAX, 0x09ff_ffff, 0x0a01_0000]);
        for bit in [0, 1, 62, 63, 64, 65, 127, 128, 191, 192, 254, 255] {
            check(vec![cuts[bit]], &cuts);
        }
    }
}
