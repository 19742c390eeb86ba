//! Port counters: by how much they grew.

use std::sync::Arc;

use schema::sample::InterfaceCounters;
use schema::window::PortRow;
use schema::{Timestamp, sample::Agent};

/// What names a port.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PortKey {
    /// Exporter.
    pub agent: Agent,
    /// ifIndex.
    pub if_index: u32,
}

/// By how much a port's counters grew over some stretch of time. Plain sums, but for the speed and the latest values.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Growth {
    /// Speed in bit/s; 0 if not known.
    pub speed: u64,
    /// Reports that came.
    pub reports: u64,
    /// Time from each report's predecessor to it, in milliseconds.
    pub covered_ms: u64,
    /// Octets received.
    pub in_octets: u64,
    /// Octets sent.
    pub out_octets: u64,
    /// Unicast frames received.
    pub in_unicast: u64,
    /// Unicast frames sent.
    pub out_unicast: u64,
    /// Frames received but dropped.
    pub in_discards: u64,
    /// Frames to be sent but dropped.
    pub out_discards: u64,
    /// Frames received in error.
    pub in_errors: u64,
    /// Frames not sent for errors.
    pub out_errors: u64,
}

impl Growth {
    /// Adds another stretch of time.
    pub fn merge(&mut self, other: &Self) {
        self.speed = self.speed.max(other.speed);
        self.reports += other.reports;
        self.covered_ms += other.covered_ms;
        self.in_octets += other.in_octets;
        self.out_octets += other.out_octets;
        self.in_unicast += other.in_unicast;
        self.out_unicast += other.out_unicast;
        self.in_discards += other.in_discards;
        self.out_discards += other.out_discards;
        self.in_errors += other.in_errors;
        self.out_errors += other.out_errors;
    }

    /// The row of the port table.
    #[must_use]
    pub fn row(&self, time: Timestamp, exchange: &Arc<str>, key: &PortKey) -> PortRow {
        PortRow {
            time,
            exchange: Arc::clone(exchange),
            agent: key.agent.address.to_string().into(),
            if_index: key.if_index,
            speed: self.speed,
            reports: self.reports,
            covered_ms: self.covered_ms,
            in_octets: self.in_octets,
            out_octets: self.out_octets,
            in_unicast: self.in_unicast,
            out_unicast: self.out_unicast,
            in_discards: self.in_discards,
            out_discards: self.out_discards,
            in_errors: self.in_errors,
            out_errors: self.out_errors,
        }
    }
}

/// What a shard remembers of a port from one report to the next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Port {
    before: InterfaceCounters,
    at: Timestamp,
    pub(crate) growth: Growth,
}

impl Port {
    pub(crate) fn new(counters: InterfaceCounters, at: Timestamp) -> Self {
        let growth = Growth { speed: counters.speed, reports: 1, ..Growth::default() };
        Self { before: counters, at, growth }
    }

    pub(crate) const fn last_seen(&self) -> Timestamp {
        self.at
    }

    /// Books one report that came after another.
    ///
    /// Octet counters have 64 bits and do not wrap in the life of a port: where one went backwards the port was reset, and what
    /// passed between the two reports is not known, so nothing is booked for it.
    pub(crate) fn follow(&mut self, counters: InterfaceCounters, at: Timestamp) {
        let before = std::mem::replace(&mut self.before, counters);
        let covered = at.since(std::mem::replace(&mut self.at, at));
        self.growth.reports += 1;
        self.growth.speed = self.growth.speed.max(counters.speed);
        let octets = (octets(before.in_octets, counters.in_octets), octets(before.out_octets, counters.out_octets));
        let (Some(in_octets), Some(out_octets)) = octets else { return };
        self.growth.merge(&Growth {
            speed: counters.speed,
            reports: 0,
            covered_ms: u64::try_from(covered.as_millis()).unwrap_or(u64::MAX),
            in_octets,
            out_octets,
            in_unicast: frames(before.in_unicast, counters.in_unicast),
            out_unicast: frames(before.out_unicast, counters.out_unicast),
            in_discards: frames(before.in_discards, counters.in_discards),
            out_discards: frames(before.out_discards, counters.out_discards),
            in_errors: frames(before.in_errors, counters.in_errors),
            out_errors: frames(before.out_errors, counters.out_errors),
        });
    }
}

/// `None` after a reset. A counter that the exporter does not have grows by nothing.
fn octets(before: Option<u64>, now: Option<u64>) -> Option<u64> {
    match (before, now) {
        (Some(before), Some(now)) => now.checked_sub(before),
        _ => Some(0),
    }
}

/// Frame counters have 32 bits and wrap.
fn frames(before: Option<u32>, now: Option<u32>) -> u64 {
    match (before, now) {
        (Some(before), Some(now)) => u64::from(now.wrapping_sub(before)),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(octets: Option<u64>, unicast: u32) -> InterfaceCounters {
        InterfaceCounters {
            sequence: 0,
            if_index: 1,
            speed: 10_000_000_000,
            direction: 1,
            status: 3,
            in_octets: octets,
            out_octets: Some(0),
            in_unicast: Some(unicast),
            out_unicast: None,
            in_discards: None,
            out_discards: None,
            in_errors: None,
            out_errors: None,
        }
    }

    fn growth(reports: &[InterfaceCounters]) -> Growth {
        let mut port = Port::new(reports[0], Timestamp(0));
        for (position, counters) in reports.iter().enumerate().skip(1) {
            port.follow(*counters, Timestamp(20_000 * i64::try_from(position).unwrap()));
        }
        port.growth
    }

    #[test]
    fn growth_is_what_lies_between_reports() {
        let growth = growth(&[report(Some(1_000), u32::MAX), report(Some(1_500), 9)]);
        assert_eq!((growth.in_octets, growth.in_unicast, growth.covered_ms, growth.reports), (500, 10, 20_000, 2));
    }

    #[test]
    fn a_reset_counter_books_nothing_for_its_interval() {
        let growth = growth(&[report(Some(1_000_000), 5), report(Some(10), 1), report(Some(30), 2)]);
        assert_eq!((growth.in_octets, growth.in_unicast, growth.covered_ms, growth.reports), (20, 1, 20_000, 3));
    }

    #[test]
    fn a_counter_that_is_not_available_is_no_reset() {
        let growth = growth(&[report(None, 5), report(None, 6)]);
        assert_eq!((growth.in_octets, growth.in_unicast), (0, 1));
    }
}
