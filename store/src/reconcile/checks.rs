//! From ports to members: what counters say of what each one sent.

use std::collections::BTreeMap;
use std::ops::Range;

use schema::Sums;

use super::{Booked, Direction, PortSide};

/// What counters say of some traffic that was sampled at ports.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct Check {
    /// The traffic, of which no part was set aside.
    pub(crate) sampled: Sums,
    /// Octets of it at ports with a factor.
    pub(crate) checked: f64,
    /// These octets, each port's multiplied by its factor.
    pub(crate) corrected: f64,
}

impl Check {
    fn add(&mut self, sampled: Sums, factor: Option<f64>) {
        self.sampled.merge(sampled);
        if let Some(factor) = factor {
            self.checked += sampled.bytes as f64;
            self.corrected += sampled.bytes as f64 * factor;
        }
    }

    /// `Σ (octets at a port · its factor) / Σ octets`, over the ports that have a factor.
    pub(crate) fn factor(&self) -> Option<f64> {
        (self.checked > 0.0).then(|| self.corrected / self.checked)
    }
}

/// What counters say of each member's traffic.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checks {
    /// Of all traffic that counts and was sampled at a port.
    pub(crate) all: Check,
    /// By who sent it, of what was sampled on entering.
    senders: BTreeMap<u32, Check>,
    /// By who received it, of what was sampled on leaving and counts there, for it was not on entering.
    receivers: BTreeMap<u32, Check>,
}

/// Whose ports speak for some traffic.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Party {
    /// The sender's.
    Sender(u32),
    /// The receiver's: nothing of the sender was sampled on entering.
    Receiver(u32),
}

impl Checks {
    /// What the counters say of some of the periods.
    pub(crate) fn of(booked: &Booked, periods: Range<usize>) -> Self {
        let held = booked.held(periods.clone());
        let factor = |side: &PortSide| held.get(side).and_then(|held| held.factor());
        let mut checks = Self::default();
        for (row, counting) in booked.samples(periods).map(|row| (row, row.counting())).filter(|(_, counting)| counting.bytes > 0) {
            let members = match row.side.direction {
                Direction::Received => &mut checks.senders,
                Direction::Sent => &mut checks.receivers,
            };
            let factor = factor(&row.side);
            members.entry(row.asn).or_default().add(counting, factor);
            checks.all.add(counting, factor);
        }
        checks
    }

    /// Whose ports speak for what `src` sent to `dst`.
    pub(crate) fn party(&self, src: u32, dst: u32) -> Party {
        if self.senders.contains_key(&src) || !self.receivers.contains_key(&dst) { Party::Sender(src) } else { Party::Receiver(dst) }
    }

    /// What they say.
    pub(crate) fn check(&self, party: Party) -> Option<&Check> {
        match party {
            Party::Sender(asn) => self.senders.get(&asn),
            Party::Receiver(asn) => self.receivers.get(&asn),
        }
    }
}
