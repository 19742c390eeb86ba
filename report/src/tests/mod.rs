//! Shares by numbers that were worked by hand, and bounds that hold the truth whatever is not told.

mod account;
mod by_hand;
mod leaving;
mod truth;
mod volumes;

use schema::{Asn, Locality, Sums};

use crate::{Declared, Exchange, Member, Told};

/// Octets that were counted, not sampled.
fn exactly(bytes: u64) -> Sums {
    Sums { bytes, ..Sums::default() }
}

fn measured(bytes: u64) -> Told {
    Told::Measured(exactly(bytes))
}

fn declared(low: u64, high: u64) -> Told {
    Told::Declared(Declared::between(low, high))
}

fn member(asn: u32, transit: Told, private: Told, cache: Told) -> Member {
    Member { asn: Asn(asn), port_speed: 10_000_000_000, transit, private, cache }
}

/// What went from where to where.
fn exchange(cells: &[(Locality, Locality, u64)]) -> Exchange {
    let mut exchange = Exchange::default();
    cells.iter().for_each(|(source, destination, bytes)| exchange.add(*source, *destination, exactly(*bytes)));
    exchange
}
