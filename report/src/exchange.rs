//! What was exchanged, by the localities of both ends.

use schema::{Locality, Sums};

use crate::amount::{Amount, Told};

/// How many localities there are.
const LOCALITIES: usize = Locality::ALL.len();

/// What an exchange carried in the period, or several of them.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Exchange {
    /// By source, then by destination.
    pairs: [[Sums; LOCALITIES]; LOCALITIES],
    /// What no two known members exchanged, and whose localities were not looked at.
    unattributed: Sums,
    /// Octets that the ports' own counters saw, where they are known.
    pub counted: Option<u64>,
    /// What it may have carried while it was not measured.
    gap: Amount,
}

impl Exchange {
    /// Adds what went from one locality to another.
    pub fn add(&mut self, source: Locality, destination: Locality, sums: Sums) {
        self.pairs[source as usize][destination as usize].merge(sums);
    }

    /// Adds what no two known members exchanged.
    pub fn add_unattributed(&mut self, sums: Sums) {
        self.unattributed.merge(sums);
    }

    /// Adds a time of so many seconds in which nothing was measured. Its ports carried no more than `speed` bits a second, if that is known.
    pub fn add_gap(&mut self, seconds: u64, speed: Option<u64>) {
        self.gap = self.gap.plus(Told::Nothing { capacity: speed }.amount(seconds));
    }

    /// Adds another exchange. What the counters saw is known only where it is known of both.
    pub fn merge(&mut self, other: &Self) {
        for (source, destination, sums) in other.cells() {
            self.add(source, destination, sums);
        }
        self.unattributed.merge(other.unattributed);
        self.gap = self.gap.plus(other.gap);
        self.counted = self.counted.zip(other.counted).map(|(one, two)| one.saturating_add(two));
    }

    fn cells(&self) -> impl Iterator<Item = (Locality, Locality, Sums)> {
        Locality::ALL.into_iter().flat_map(move |source| {
            Locality::ALL.into_iter().map(move |destination| (source, destination, self.pairs[source as usize][destination as usize]))
        })
    }

    fn sum(&self, which: impl Fn(Locality, Locality) -> bool) -> Sums {
        let mut sum = Sums::default();
        self.cells().filter(|(source, destination, _)| which(*source, *destination)).for_each(|(.., sums)| sum.merge(sums));
        sum
    }

    /// `E`: everything that was exchanged.
    #[must_use]
    pub fn total(&self) -> Sums {
        let mut total = self.sum(|_, _| true);
        total.merge(self.unattributed);
        total
    }

    /// The part of everything that two known members exchanged, from 0 to 1; `None` of nothing.
    #[must_use]
    pub fn attribution(&self) -> Option<f64> {
        let total = self.total().bytes;
        (total > 0).then(|| self.sum(|_, _| true).bytes as f64 / total as f64)
    }

    /// `L_X`: what came to domestic networks from domestic ones or local caches, at least and at most. Foreign sources are left out: what is resold over the
    /// exchange came in by transit, and is counted there. What has an end that is not known may be of it; so may what was not attributed, and what passed while nothing was
    /// measured.
    pub(crate) fn local(&self) -> (Amount, Amount) {
        use Locality::{Domestic, LocalCache, Unknown};
        let least = self.sum(|source, destination| matches!(source, Domestic | LocalCache) && destination == Domestic);
        let mut most =
            self.sum(|source, destination| matches!(source, Domestic | LocalCache | Unknown) && matches!(destination, Domestic | Unknown));
        most.merge(self.unattributed);
        (Amount::of(least), Amount::of(most).plus(self.gap))
    }

    /// The part of `L_X` at least that needs nobody outside: what came from domestic networks, local caches left out.
    pub(crate) fn by_domestic(&self) -> Amount {
        Amount::of(self.domestic().0)
    }

    /// `L_X` at least from local caches.
    pub(crate) fn by_caches(&self) -> Amount {
        Amount::of(self.sum(|source, destination| source == Locality::LocalCache && destination == Locality::Domestic))
    }

    /// Whether anything of it is known to be domestic, foreign or a local cache.
    #[must_use]
    pub fn has_localities(&self) -> bool {
        self.sum(|source, destination| source != Locality::Unknown || destination != Locality::Unknown).bytes > 0
    }

    /// What both ends of are domestic, at least and at most.
    pub(crate) fn domestic(&self) -> (Sums, Sums) {
        use Locality::{Domestic, Unknown};
        let least = self.sum(|source, destination| source == Domestic && destination == Domestic);
        let may_be = |end| matches!(end, Domestic | Unknown);
        let mut most = self.sum(|source, destination| may_be(source) && may_be(destination));
        most.merge(self.unattributed);
        (least, most)
    }
}
