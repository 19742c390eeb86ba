//! From ports to members: what counters say of what each one sent.

use std::collections::BTreeMap;
use std::ops::Range;

use schema::{Sums, estimator};

use super::{Booked, Direction, Held, PortSide};

/// What counters say of some traffic that was sampled at ports.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct Check {
    /// The traffic, of which no part was set aside.
    pub(crate) sampled: Sums,
    /// Octets of it at ports with a factor.
    pub(crate) checked: f64,
    /// These octets, each port's multiplied by its factor.
    pub(crate) corrected: f64,
    /// Variance of `corrected`: of what part of each port's counter is theirs. Zero where nobody else passes their ports.
    spread: f64,
    /// Variance of what was sampled at ports without a factor.
    unchecked: f64,
}

impl Check {
    /// Adds what was sampled of the traffic at one side of a port, of which `held` tells the factor.
    fn add(&mut self, sampled: Sums, held: Option<&Held>) {
        self.sampled.merge(sampled);
        let Some((held, factor)) = held.and_then(|held| Some((held, held.factor()?))) else {
            self.unchecked += sampled.variance;
            return;
        };
        let bytes = sampled.bytes as f64;
        self.checked += bytes;
        self.corrected += bytes * factor;
        self.spread += estimator::raked(&sampled, &held.sampled, whole(held.sampled.bytes as f64 * factor)).variance;
    }

    /// What counters say of all of the traffic, taking the factor for ports that have none; `None` if no port has one.
    pub(crate) fn margin(&self) -> Option<Margin> {
        let factor = self.factor()?;
        let counted = whole(self.sampled.bytes as f64 * factor);
        Some(Margin { sampled: self.sampled, counted, variance: self.spread + factor * factor * self.unchecked })
    }

    /// `Σ (octets at a port · its factor) / Σ octets`, over the ports that have a factor.
    pub(crate) fn factor(&self) -> Option<f64> {
        (self.checked > 0.0).then(|| self.corrected / self.checked)
    }
}

/// What some traffic is raked to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Margin {
    /// The traffic as it was sampled.
    sampled: Sums,
    /// Its octets by the counters.
    counted: u64,
    /// How unsure these are.
    variance: f64,
}

impl Margin {
    /// A part of the traffic, brought to what the counters say.
    ///
    /// `T·p` as [`estimator::raked`] says, with `Var = T²·Var p + p²·Var T`: a counter has no sampling error, but which part of it is this traffic's has one,
    /// unless nobody else passes the port.
    pub(crate) fn raked(&self, part: &Sums) -> Sums {
        let p = part.bytes as f64 / self.sampled.bytes.max(1) as f64;
        let raked = estimator::raked(part, &self.sampled, self.counted);
        Sums { variance: raked.variance + p * p * self.variance, ..raked }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and no number of octets is negative")]
const fn whole(octets: f64) -> u64 {
    octets.round() as u64
}

/// What counters say of each member's traffic.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checks {
    /// Of all traffic that counts and was sampled at a port.
    pub(crate) all: Check,
    /// By who sent it, of what was sampled on entering, or on a way that is not told.
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
        let mut checks = Self::default();
        let mut sides: BTreeMap<PortSide, Sums> = BTreeMap::new();
        for (row, counting) in booked.samples(periods).map(|row| (row, row.counting())).filter(|(_, counting)| counting.bytes > 0) {
            let members = match row.side.direction {
                Direction::Received | Direction::Untold => &mut checks.senders,
                Direction::Sent => &mut checks.receivers,
            };
            members.entry(row.asn).or_default().add(counting, held.get(&row.side));
            sides.entry(row.side).or_default().merge(counting);
        }
        sides.iter().for_each(|(side, counting)| checks.all.add(*counting, held.get(side)));
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
