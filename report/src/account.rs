//! The account: everything that can be said of an economy in a period, and what cannot.

use schema::estimator::volume;
use serde::Serialize;

use crate::amount::Declared;
use crate::books::{Books, Listed, Measured, Row};
use crate::bounds::Bounds;
use crate::exchange::Exchange;
use crate::ledger::Ledger;
use crate::member::Member;
use crate::period::Period;
use crate::resilience::{LIMITS, resilience};
use crate::shares::Shares;
use crate::words;

/// What an account is made of.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'i> {
    /// The economy that is measured, by its code or the group's name; `None` where none is configured.
    pub economy: Option<&'i str>,
    /// Of which time.
    pub period: Period,
    /// How many seconds of it the exchange was measured.
    pub measured_seconds: u64,
    /// What was exchanged.
    pub exchange: &'i Exchange,
    /// The members of the exchange.
    pub listed: &'i [Listed],
    /// What is written down about networks.
    pub books: &'i Books,
    /// What was measured at their borders.
    pub measured: &'i Measured,
}

/// Volumes of the period, in octets. An upper end that nobody knows is `None`.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Volumes {
    /// `E`: all that was exchanged while it was measured.
    pub exchanged: Declared,
    /// `L_X`: what came to domestic networks from domestic ones or local caches.
    pub local: Declared,
    /// `P`.
    pub private: Declared,
    /// `C`.
    pub cache: Declared,
    /// `I`.
    pub transit: Declared,
}

/// Everything that can be said of an economy in a period.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Account {
    /// The economy; `None` where none is configured.
    pub economy: Option<String>,
    /// Its shares, what they cover, and the first line.
    #[serde(flatten)]
    pub shares: Shares,
    /// The part that would survive the loss of international transit.
    pub resilience: Option<Bounds>,
    /// What that figure does not know of.
    pub resilience_limits: Option<&'static str>,
    /// The volumes behind the shares.
    pub volumes: Volumes,
    /// The networks of the economy, by their numbers.
    pub members: Vec<Row>,
    /// What had to be decided between, in sentences.
    pub notes: Vec<String>,
    /// What is missing to say more, in sentences.
    pub missing: Vec<String>,
}

impl Account {
    /// The account of these inputs.
    #[must_use]
    pub fn of(inputs: &Inputs<'_>) -> Self {
        let (exchange, seconds) = (inputs.with_gap(), inputs.period.seconds());
        let rows = inputs.books.rows(inputs.listed, inputs.measured, &inputs.period);
        let members: Vec<Member> = rows.iter().map(Row::member).collect();
        let ledger = Ledger::of(&exchange, &members, seconds);
        let resilience = resilience(&exchange, &members, seconds);
        let exchanged = volume(&exchange.total());
        Self {
            economy: inputs.economy.map(str::to_owned),
            shares: Shares::of(&exchange, &members, seconds),
            resilience,
            resilience_limits: resilience.map(|_| LIMITS),
            volumes: Volumes {
                exchanged: Declared::between(exchanged.low, exchanged.high),
                local: Declared { low: ledger.least.between().low, high: ledger.most.between().high },
                private: ledger.private.between(),
                cache: ledger.cache.between(),
                transit: ledger.international.between(),
            },
            notes: words::notes(&rows),
            missing: words::missing(inputs, &rows, &ledger),
            members: rows,
        }
    }
}

impl Inputs<'_> {
    /// How many seconds of the period the exchange was not measured.
    pub(crate) fn gap(&self) -> u64 {
        self.period.seconds().saturating_sub(self.measured_seconds)
    }

    /// What all ports of the exchange carry together; `None` where the speed of some is not known.
    pub(crate) fn port_speed(&self) -> Option<u64> {
        let speeds = self.listed.iter().map(|listed| Some(listed.port_speed).filter(|speed| *speed > 0));
        speeds.reduce(|one, two| Some(one?.saturating_add(two?))).flatten()
    }

    fn with_gap(&self) -> Exchange {
        let mut exchange = *self.exchange;
        if self.gap() > 0 {
            exchange.add_gap(self.gap(), self.port_speed());
        }
        exchange
    }
}
