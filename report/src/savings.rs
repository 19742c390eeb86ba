//! What each member would save, and all of them, in the money in which they pay.

use std::collections::BTreeMap;

use schema::Asn;
use serde::Serialize;

use crate::saving::{Month, saving};

/// Bits a second in the unit in which transit is priced.
const MEGABIT: f64 = 1e6;

/// What a member pays for transit.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Price {
    /// Of a Mbit/s of the 95th percentile, a month.
    pub per_mbit: f64,
    /// Currency, by its code of ISO 4217, as in `USD`.
    pub currency: String,
    /// The day of which the price is, as in `2026-11-01`.
    pub date: String,
}

/// One member's transit in a month, in points of five minutes and bits a second, all at the same times.
#[derive(Clone, PartialEq, Debug)]
pub struct Billed<'s> {
    /// The member.
    pub asn: Asn,
    /// What it pays.
    pub price: &'s Price,
    /// What came in.
    pub transit: &'s [f64],
    /// The part of it that trombones by the strict reading.
    pub strict: &'s [f64],
    /// The part of it that trombones by the loose reading.
    pub loose: &'s [f64],
}

/// A sum of money between two ends.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Money {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// What one member would save a month.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Saved {
    /// The member.
    pub asn: Asn,
    /// How much, the cost of ports not taken off.
    pub saved: Money,
    /// At this price.
    pub price: Price,
}

/// What all members would save a month.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Savings {
    /// Each of them.
    pub members: Vec<Saved>,
    /// Together, by currency: prices of several currencies are not added up.
    pub together: BTreeMap<String, Money>,
}

/// What is saved if everything that trombones is exchanged: at least the strict part of it, at most the loose one. A member whose series do not fit together is left out.
#[must_use]
pub fn savings(members: &[Billed<'_>]) -> Savings {
    let mut savings = Savings::default();
    for billed in members {
        let Some(saved) = of_one(billed) else { continue };
        let together = savings.together.entry(billed.price.currency.clone()).or_default();
        *together = Money { low: together.low + saved.low, high: together.high + saved.high };
        savings.members.push(Saved { asn: billed.asn, saved, price: billed.price.clone() });
    }
    savings
}

fn of_one(billed: &Billed<'_>) -> Option<Money> {
    let price = billed.price.per_mbit / MEGABIT;
    let by = |moved| saving(&[Month { transit: billed.transit, moved, price }], 0.0);
    Some(Money { low: by(billed.strict)?, high: by(billed.loose)? })
}
