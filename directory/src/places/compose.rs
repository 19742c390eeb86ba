//! Lays the layers over each other.
//!
//! All prefixes of all files are gone through in the order of their addresses, the wider before the narrower, each as if it were put into those that hold it. At each step
//! is known what the files say of the addresses that begin there: of the economy the most believed kind of file, of the network likewise, and within a kind
//! the longest prefix. Of the same prefix in two files of a kind, the file that is named first counts.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use schema::{Asn, Economy, Locality};

use super::address::Bits;
use super::home::Home;
use super::layer::{Entry, Networks, holding};
use super::source::SourceKind;
use super::table::Place;
use super::trie::{Interval, MAX_ANSWER};

/// Bits of an answer in which the locality stands, so that the hot path need not look further.
pub(crate) const LOCALITY_BITS: u32 = 2;

/// One file among those that are laid over each other.
#[derive(Clone, Copy)]
pub(crate) struct Told<'l, A> {
    /// Its number among all sources.
    pub(crate) source: u8,
    pub(crate) kind: SourceKind,
    pub(crate) entries: &'l [Entry<A>],
}

/// What files say of AS numbers: by whom, and what.
pub(crate) type Numbers = [(u8, std::sync::Arc<[Networks]>)];

/// The first file that has the number.
pub(crate) fn asked(numbers: &Numbers, asn: Asn) -> Option<(u8, Networks)> {
    numbers.iter().find_map(|(source, networks)| Some((*source, holding(networks, asn)?)))
}

/// What one kind of files says: who, how long the prefix was, and what.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Say<V> {
    kind: SourceKind,
    source: u8,
    len: u8,
    value: V,
}

/// What is said of the addresses at one place.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Said {
    economy: Option<Say<u16>>,
    network: Option<Say<u32>>,
    cache: Option<u8>,
}

impl Said {
    fn and<A>(mut self, told: &Told<'_, A>, entry: &Entry<A>) -> Self {
        let (kind, source, len) = (told.kind, told.source, entry.len);
        match kind {
            SourceKind::Overrides | SourceKind::Geofeed | SourceKind::Economies | SourceKind::Registry => {
                let value = u16::try_from(entry.value).unwrap_or_default();
                self.economy = Some(better(self.economy, Say { kind, source, len, value }));
            }
            SourceKind::Routes | SourceKind::Networks => {
                self.network = Some(better(self.network, Say { kind, source, len, value: entry.value }));
            }
            SourceKind::LocalCache => self.cache = self.cache.or(Some(source)),
        }
        self
    }
}

/// The one that decides: the more believed kind; within it the longer prefix; of the same prefix the one that came first.
fn better<V>(before: Option<Say<V>>, say: Say<V>) -> Say<V> {
    match before {
        Some(before) if (before.kind, Reverse(before.len)) <= (say.kind, Reverse(say.len)) => before,
        _ => say,
    }
}

/// Makes answers of what was said, each once.
pub(crate) struct Answers<'n> {
    home: &'n Home,
    /// Networks whose economy the operator gives.
    overridden: &'n Numbers,
    /// Networks by their registration.
    registered: &'n Numbers,
    known: HashMap<Place, u32>,
    pub(crate) places: Vec<Place>,
}

impl<'n> Answers<'n> {
    pub(crate) fn new(home: &'n Home, overridden: &'n Numbers, registered: &'n Numbers) -> Self {
        Self { home, overridden, registered, known: HashMap::new(), places: Vec::new() }
    }

    /// The number of an answer, with its locality in the lowest bits.
    fn of(&mut self, said: &Said) -> u32 {
        let place = self.place(said);
        let new = self.places.len();
        let number = *self.known.entry(place).or_insert_with(|| {
            self.places.push(place);
            // There are not more answers than prefixes, which the bounds of their files keep far below.
            u32::try_from(new).unwrap_or(MAX_ANSWER) & (MAX_ANSWER >> LOCALITY_BITS)
        });
        number << LOCALITY_BITS | place.locality as u32
    }

    fn place(&self, said: &Said) -> Place {
        let network = said.network.filter(|network| network.value != 0);
        let asn = network.map(|network| Asn(network.value));
        let (economy, economy_by) = self.economy(said, asn);
        let registered = asn.and_then(|asn| asked(self.registered, asn));
        let locality = if said.cache.is_some() { Locality::LocalCache } else { self.home.locality(economy) };
        Place {
            locality,
            economy,
            economy_by,
            network: asn,
            network_by: network.map(|network| network.source),
            registered: registered.and_then(|(_, range)| range.economy()),
            registered_by: registered.map(|(source, _)| source),
            cache_by: said.cache,
        }
    }

    /// The operator's word on the prefix, then on the network, then what others say of the prefix.
    fn economy(&self, said: &Said, asn: Option<Asn>) -> (Option<Economy>, Option<u8>) {
        let of_prefix = said.economy.map(|say| (say.kind, Economy::of_number(say.value), say.source));
        let of_network = || asn.and_then(|asn| asked(self.overridden, asn)).map(|(source, range)| (range.economy(), Some(source)));
        match of_prefix {
            Some((SourceKind::Overrides, economy, source)) => (economy, Some(source)),
            others => of_network().unwrap_or_else(|| others.map_or((None, None), |(_, economy, source)| (economy, Some(source)))),
        }
    }
}

/// The answers of all addresses of a version, in order.
pub(crate) fn intervals<A: Bits>(told: &[Told<'_, A>], answers: &mut Answers<'_>) -> Vec<Interval<A>> {
    let mut sweep = Sweep { answers, intervals: Vec::new(), open: Vec::new() };
    sweep.from(A::ZERO, &Said::default());
    for (told, entry) in in_order(told) {
        sweep.close_before(Some(entry.first));
        let said = sweep.said().and(told, entry);
        sweep.open.push((entry.first.last_of(entry.len), said));
        sweep.from(entry.first, &said);
    }
    sweep.close_before(None);
    sweep.intervals
}

/// All entries: by address, the wider before the narrower; of the same prefix the earlier source's first.
fn in_order<'t, A: Bits>(told: &'t [Told<'t, A>]) -> impl Iterator<Item = (&'t Told<'t, A>, &'t Entry<A>)> {
    let key = |file: usize, place: usize| {
        let told = told.get(file)?;
        let entry = told.entries.get(place)?;
        Some(Reverse((entry.first, entry.len, told.source, file, place)))
    };
    let mut next: BinaryHeap<_> = (0..told.len()).filter_map(|file| key(file, 0)).collect();
    std::iter::from_fn(move || {
        let Reverse((.., file, place)) = next.pop()?;
        next.extend(key(file, place + 1));
        let told = told.get(file)?;
        Some((told, told.entries.get(place)?))
    })
}

/// Goes through the addresses from the first to the last.
struct Sweep<'s, 'n, A> {
    answers: &'s mut Answers<'n>,
    intervals: Vec<Interval<A>>,
    /// The prefixes that hold the present address, the widest first: where each ends, and what is said within it.
    open: Vec<(A, Said)>,
}

impl<A: Bits> Sweep<'_, '_, A> {
    fn said(&self) -> Said {
        self.open.last().map(|(_, said)| *said).unwrap_or_default()
    }

    /// Ends the prefixes that do not reach an address, or all.
    fn close_before(&mut self, first: Option<A>) {
        while let Some((last, _)) = self.open.pop_if(|(last, _)| first.is_none_or(|first| *last < first)) {
            let said = self.said();
            if let Some(next) = last.next() {
                self.from(next, &said);
            }
        }
    }

    /// From this address on, this is said.
    fn from(&mut self, first: A, said: &Said) {
        let answer = self.answers.of(said);
        self.intervals.pop_if(|before| before.first == first);
        if self.intervals.last().is_none_or(|before| before.answer != answer) {
            self.intervals.push(Interval { first, answer });
        }
    }
}
