//! What the shares would be, were some of what trombones exchanged instead.

use serde::Serialize;

use crate::amount::Amount;
use crate::bounds::{Bounds, share};
use crate::exchange::Exchange;
use crate::ledger::Ledger;
use crate::member::Member;
use crate::trombone::Trombone;

/// The shares as they would be. A share of nothing is `None`.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct WhatIf {
    /// `LS_exchange`.
    pub exchanged: Option<Bounds>,
    /// `LS_access`.
    pub accessible: Option<Bounds>,
}

/// The shares if certain networks joined or peered, so that what trombones between them and members came by the exchange. `moved` is that, as measured in the members' transit.
///
/// Nothing is added or lost: what moves is taken from `I` and given to `L_X`, at least the strict reading and at most the loose one. It is assumed that users
/// ask for what they ask for today.
#[must_use]
pub fn what_if(exchange: &Exchange, members: &[Member], moved: &Trombone, seconds: u64) -> WhatIf {
    let ledger = Ledger::of(exchange, members, seconds);
    let shares = |beside: Amount| {
        if !ledger.has_transit {
            return None;
        }
        let (least, most) = (ledger.least.plus(beside), ledger.most.plus(beside));
        let with = |local: Amount, sums| local.plus(Amount::of(sums));
        let low = share(&with(least, moved.strict), &with(most, moved.strict), &ledger.international.without(moved.strict))?.low;
        let high = share(&with(least, moved.loose), &with(most, moved.loose), &ledger.international.without(moved.loose))?.high;
        Some(Bounds { low, high })
    };
    WhatIf { exchanged: shares(Amount::default()), accessible: shares(ledger.inside()) }
}
