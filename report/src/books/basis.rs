//! How one class of a member's traffic is known.

use std::collections::BTreeSet;

use serde::{Serialize, Serializer};

use super::Crossed;
use crate::amount::{Declared, Told};
use crate::period::Period;
use crate::volumes::Volume;

/// How one class of a member's traffic is known, and what becomes of all that is known of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Basis {
    /// What counts.
    pub told: Told,
    /// Its two ends over the period, with what sampling adds; the upper one is `None` where nobody knows.
    pub octets: Declared,
    /// Who declared it, where a declaration counts.
    pub sources: BTreeSet<String>,
    /// What was declared beside a measurement, and does not count.
    pub set_aside: Option<Declared>,
    /// Whether something was declared for a month that lies in the period in part only, which does not count.
    pub cut_month: bool,
    /// Whether the member's border told only what went out.
    pub outbound_only: bool,
}

impl Basis {
    pub(super) fn new(volumes: &[&Volume], crossed: Crossed, capacity: Option<u64>, period: &Period) -> Self {
        let whole: Vec<&Volume> = volumes.iter().copied().filter(|volume| period.holds(volume.month)).collect();
        let declared = declared(&whole, capacity);
        let told = match (crossed.inbound, declared) {
            (Some(measured), _) => Told::Measured(measured),
            (None, None) => Told::Nothing { capacity },
            (None, Some(declared)) => for_all_of_it(declared, seconds(&whole), capacity, period),
        };
        let counts = matches!(told, Told::Declared(_) | Told::Partly(_));
        Self {
            octets: told.amount(period.seconds()).between(),
            sources: whole.iter().filter(|_| counts).map(|volume| volume.source.clone()).collect(),
            set_aside: declared.filter(|_| matches!(told, Told::Measured(_))),
            cut_month: whole.len() < volumes.len(),
            outbound_only: crossed.inbound.is_none() && crossed.outbound.is_some(),
            told,
        }
    }

    /// By which of the names it is shown.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self.told {
            Told::Measured(_) => "measured",
            Told::Declared(_) => "declared",
            Told::Partly(_) => "partly_declared",
            Told::Nothing { capacity: Some(_) } => "capacity",
            Told::Nothing { capacity: None } => "unknown",
        }
    }
}

fn declared(volumes: &[&Volume], capacity: Option<u64>) -> Option<Declared> {
    volumes.iter().map(|volume| volume.said.octets(volume.month.seconds(), capacity)).reduce(Declared::plus)
}

fn seconds(volumes: &[&Volume]) -> u64 {
    volumes.iter().map(|volume| volume.month.seconds()).sum()
}

/// What was declared for so many seconds of the period is all of it, or a part, beside which the links may carry what they can.
fn for_all_of_it(declared: Declared, seconds: u64, capacity: Option<u64>, period: &Period) -> Told {
    let rest = period.seconds().saturating_sub(seconds);
    if rest == 0 {
        return Told::Declared(declared);
    }
    Told::Partly(declared.plus(Told::Nothing { capacity }.amount(rest).between()))
}

/// What an answer says of it.
#[derive(Serialize)]
struct Shown<'b> {
    told: &'static str,
    bytes_low: u64,
    bytes_high: Option<u64>,
    sources: &'b BTreeSet<String>,
}

impl Serialize for Basis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Declared { low, high } = self.octets;
        Shown { told: self.name(), bytes_low: low, bytes_high: high, sources: &self.sources }.serialize(serializer)
    }
}
