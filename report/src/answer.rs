//! The answer to `share`: an account of what a store holds.

use std::sync::Arc;

use schema::Window;
use serde::Serialize;
use store::answer::Coverage;
use store::question::Question;
use store::{Exchanged, Reader, StoreError};

use crate::account::{Account, Inputs};
use crate::books::{Books, Listed, Measured};
use crate::exchange::Exchange;
use crate::period::Period;

/// The answer to `share`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ShareAnswer {
    /// What of the exchange it covers.
    #[serde(flatten)]
    pub measured: Coverage,
    /// What it says.
    #[serde(flatten)]
    pub account: Account,
}

/// Whom a question of shares is about.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The economy; `None` where none is configured.
    pub economy: Option<&'a str>,
    /// The members of the exchange.
    pub listed: &'a [Listed],
    /// What is written down about networks.
    pub books: &'a Books,
}

impl About<'_> {
    /// The shares of a span of time. `live` are the windows that are not in the journal yet.
    ///
    /// # Errors
    /// If the store cannot be listed or its rows cannot be summed.
    pub fn ask(&self, reader: &Reader, question: &Question, live: &[Arc<Window>]) -> Result<ShareAnswer, StoreError> {
        let exchanged = reader.exchanged(question, live)?;
        let coverage = &exchanged.coverage;
        let account = Account::of(&Inputs {
            economy: self.economy,
            period: Period { from: coverage.from, to: coverage.to },
            measured_seconds: coverage.measured_seconds,
            exchange: &exchange(&exchanged),
            listed: self.listed,
            books: self.books,
            measured: &Measured::new(),
        });
        Ok(ShareAnswer { measured: exchanged.coverage, account })
    }
}

fn exchange(exchanged: &Exchanged) -> Exchange {
    let mut exchange = Exchange::default();
    exchange.counted = exchanged.counted;
    exchanged.pairs.iter().for_each(|(source, destination, sums)| exchange.add(*source, *destination, *sums));
    exchange.add_unattributed(exchanged.unattributed);
    exchange
}
