//! The sums of which every share is made.

use crate::amount::{Amount, Told};
use crate::exchange::Exchange;
use crate::member::Member;

/// What reached domestic networks in a period, by the way on which it came.
pub(crate) struct Ledger {
    /// `L_X` at least.
    pub(crate) least: Amount,
    /// `L_X` at most.
    pub(crate) most: Amount,
    /// `P`.
    pub(crate) private: Amount,
    /// `C`.
    pub(crate) cache: Amount,
    /// `I`.
    pub(crate) international: Amount,
    /// Whether anybody said a word of `I`: without one there is no denominator, and no share of the economy.
    pub(crate) has_transit: bool,
}

impl Ledger {
    pub(crate) fn of(exchange: &Exchange, members: &[Member], seconds: u64) -> Self {
        let (least, most) = exchange.local();
        let sum =
            |class: fn(&Member) -> &Told| members.iter().map(|member| class(member).amount(seconds)).fold(Amount::default(), Amount::plus);
        Self {
            least,
            most,
            private: sum(|member| &member.private),
            cache: sum(|member| &member.cache),
            international: sum(|member| &member.transit),
            has_transit: members.iter().any(|member| !matches!(member.transit, Told::Nothing { .. })),
        }
    }

    /// `P + C`.
    pub(crate) fn inside(&self) -> Amount {
        self.private.plus(self.cache)
    }
}
