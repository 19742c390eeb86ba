//! The shares of an economy.

use serde::Serialize;

use crate::amount::Amount;
use crate::bounds::{Bounds, share};
use crate::coverage::Coverage;
use crate::exchange::Exchange;
use crate::headline::Headline;
use crate::ledger::Ledger;
use crate::member::Member;

/// What is said of an economy in a period. A share of nothing is `None`.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Shares {
    /// The method by which it was made.
    pub method: &'static str,
    /// `LS_exchange = L_X / (L_X + I)`: of what reached domestic networks by the exchange from inside, or by transit, the part by the exchange.
    pub exchanged: Option<Bounds>,
    /// `LS_access = (L_X + P + C) / (L_X + P + C + I)`: of all that reached them, the part that came from inside.
    pub accessible: Option<Bounds>,
    /// `DD`: of what was exchanged, the part of which both ends are domestic.
    pub domestic: Option<Bounds>,
    /// How much was looked at.
    pub coverage: Coverage,
    /// What may be said in one line of the accessible share.
    pub headline: Headline,
}

impl Shares {
    /// The shares of what was exchanged and of what the members told, over a period of so many seconds. `members` are all of the economy's that
    /// are to be spoken of, also those that tell nothing.
    #[must_use]
    pub fn of(exchange: &Exchange, members: &[Member], seconds: u64) -> Self {
        let ledger = Ledger::of(exchange, members, seconds);
        let of_economy = |least: &Amount, most: &Amount| if ledger.has_transit { share(least, most, &ledger.international) } else { None };
        let accessible = of_economy(&ledger.least.plus(ledger.inside()), &ledger.most.plus(ledger.inside()));
        let coverage = Coverage::of(exchange, members);
        Self {
            method: schema::METHOD_VERSION,
            exchanged: of_economy(&ledger.least, &ledger.most),
            accessible,
            domestic: domestic(exchange),
            coverage,
            headline: Headline::of(accessible.as_ref(), &coverage),
        }
    }
}

/// `[dom/E, (dom+unk)/E]`, each end widened by its sampling interval.
fn domestic(exchange: &Exchange) -> Option<Bounds> {
    let (least, most) = exchange.domestic();
    Bounds::of_total(&least, &most, &exchange.total())
}
