//! The way from the switches to the collector, on which datagrams are lost or come twice.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use serde::Serialize;

use crate::exchange::Datagram;
use crate::plan::within;

/// Mixed into the seed, so that an exchange with the same one draws other numbers.
const ON_THE_WAY: u64 = 0x6f6e_2074_6865_2077;

/// What became of the datagrams on their way.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
pub struct Carried {
    /// Datagrams that the switches sent.
    pub sent: u64,
    /// Of these: those that never arrived.
    pub lost: u64,
    /// Of these: those that arrived twice.
    pub duplicated: u64,
}

impl Carried {
    /// Datagrams that arrived, each as often as it did.
    #[must_use]
    pub const fn arrived(&self) -> u64 {
        self.sent - self.lost + self.duplicated
    }
}

/// A way that loses some datagrams and carries others twice, each by chance and by itself. Switches know nothing of it, so neither does the
/// [`Truth`](crate::Truth) of their exchange: what they sent is there, and [`carried`](Self::carried) says what became of it.
///
/// ```
/// # use std::time::Duration;
/// # use simulator::{Datagram, Exchange, Plan, Way};
/// let mut exchange = Exchange::new(&Plan::default(), schema::Timestamp(1_795_161_600_000));
/// let mut way = Way::new(0.1, 0.0, 1);
/// let mut arrived = 0;
/// exchange.advance(Duration::from_secs(60), &mut |sent: &Datagram<'_>| way.carry(sent, &mut |_: &Datagram<'_>| arrived += 1));
/// assert_eq!(arrived, exchange.truth().datagrams - way.carried().lost);
/// ```
#[derive(Clone, Debug)]
pub struct Way {
    lose: f64,
    duplicate: f64,
    rng: Pcg64,
    carried: Carried,
}

impl Way {
    /// A way that loses this share of the datagrams, and carries twice that share of those it does not lose; both from 0 to 1, and brought there
    /// if outside. The same seed chooses the same datagrams.
    #[must_use]
    pub fn new(lose: f64, duplicate: f64, seed: u64) -> Self {
        let (lose, duplicate) = (within(lose, 0.0, 1.0), within(duplicate, 0.0, 1.0));
        Self { lose, duplicate, rng: Pcg64::seed_from_u64(seed ^ ON_THE_WAY), carried: Carried::default() }
    }

    /// Carries a datagram: `arrive` sees it once, twice or not at all.
    pub fn carry(&mut self, datagram: &Datagram<'_>, arrive: &mut impl FnMut(&Datagram<'_>)) {
        self.carried.sent += 1;
        // Both are drawn in any case, so that one share does not change what the other chooses.
        let (lost, twice) = (self.rng.random_bool(self.lose), self.rng.random_bool(self.duplicate));
        if lost {
            self.carried.lost += 1;
            return;
        }
        arrive(datagram);
        if twice {
            self.carried.duplicated += 1;
            arrive(datagram);
        }
    }

    /// What became of the datagrams until now.
    #[must_use]
    pub const fn carried(&self) -> Carried {
        self.carried
    }
}
