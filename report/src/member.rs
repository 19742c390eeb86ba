//! What is known of one member beside the exchange.

use schema::Asn;

use crate::amount::Told;

/// A member of the exchange, or another network of the economy. All volumes are what came *in*: a trombone leaves and comes back, and would count twice.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Member {
    /// Who it is.
    pub asn: Asn,
    /// Speed of its ports at the exchange, in bits a second; 0 if that is not known.
    pub port_speed: u64,
    /// Its part of `I`: what came in over links that cross the economy's border.
    pub transit: Told,
    /// Its part of `P`: what came in from other networks of the economy over private links.
    pub private: Told,
    /// Its part of `C`: what came from caches inside it.
    pub cache: Told,
}

impl Member {
    /// A member of which nothing is told.
    #[must_use]
    pub fn silent(asn: Asn, port_speed: u64) -> Self {
        Self { asn, port_speed, transit: Told::default(), private: Told::default(), cache: Told::default() }
    }

    /// Whether it tells what came in by transit, without which there is no share of the economy.
    #[must_use]
    pub const fn reports(&self) -> bool {
        self.transit.is_told()
    }
}
