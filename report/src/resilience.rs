//! What domestic users would still receive without international transit.

use crate::bounds::{Bounds, share};
use crate::exchange::Exchange;
use crate::ledger::Ledger;
use crate::member::Member;

/// What such a figure does not know of, to be printed beside it.
pub const LIMITS: &str = "an estimate from where traffic came today: it does not know which services inside need something outside to work (names, sign-in, payment, clocks), \
                          whether links inside would carry what users then ask for, or how long a cache serves what it cannot renew";

/// The part of what domestic networks receive that would survive the loss of international transit. `None` where nobody tells of transit, or of nothing.
///
/// At least what comes from domestic networks, by the exchange or privately: both ends are inside. At most what comes from caches, too: their content is inside, and
/// goes on being served for as long as nothing in it has to be renewed. A trombone has both ends inside and is lost all the same, for its way leads outside.
#[must_use]
pub fn resilience(exchange: &Exchange, members: &[Member], seconds: u64) -> Option<Bounds> {
    let ledger = Ledger::of(exchange, members, seconds);
    if !ledger.has_transit {
        return None;
    }
    let without_caches = exchange.by_domestic().plus(ledger.private);
    let lost_with_caches = ledger.international.plus(ledger.cache).plus(exchange.by_caches());
    let with_caches = ledger.most.plus(ledger.inside());
    let low = share(&without_caches, &with_caches, &lost_with_caches)?.low;
    let high = share(&without_caches, &with_caches, &ledger.international)?.high;
    Some(Bounds { low, high })
}
