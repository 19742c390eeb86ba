//! Port counters: by how much they grew.

use std::sync::Arc;

use schema::Timestamp;
use schema::sample::{Agent, InterfaceCounters, PortName};
use schema::window::PortRow;

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
    /// Frames received with a wrong check sequence.
    pub fcs_errors: u64,
    /// ifIndex of the aggregate that the port belongs to; 0 for none.
    pub lag: u32,
    /// The port's name; empty where it is not told.
    pub name: PortName,
}

impl Growth {
    /// Adds another stretch of time. Sums stay at their largest rather than overflow, for a report may be forged.
    pub fn merge(&mut self, other: &Self) {
        self.speed = self.speed.max(other.speed);
        self.lag = self.lag.max(other.lag);
        // The larger name, as in the tables: so it does not matter who merges first.
        if other.name.as_str() > self.name.as_str() {
            self.name = other.name;
        }
        for (sum, addend) in [
            (&mut self.reports, other.reports),
            (&mut self.covered_ms, other.covered_ms),
            (&mut self.in_octets, other.in_octets),
            (&mut self.out_octets, other.out_octets),
            (&mut self.in_unicast, other.in_unicast),
            (&mut self.out_unicast, other.out_unicast),
            (&mut self.in_discards, other.in_discards),
            (&mut self.out_discards, other.out_discards),
            (&mut self.in_errors, other.in_errors),
            (&mut self.out_errors, other.out_errors),
            (&mut self.fcs_errors, other.fcs_errors),
        ] {
            *sum = sum.saturating_add(addend);
        }
    }

    /// What one report says by itself.
    fn reported(counters: &InterfaceCounters) -> Self {
        Self { speed: counters.speed, reports: 1, lag: counters.lag, name: counters.name, ..Self::default() }
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
            fcs_errors: self.fcs_errors,
            lag: self.lag,
            name: self.name.as_str().into(),
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
        Self { before: counters, at, growth: Growth::reported(&counters) }
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
        self.growth.merge(&Growth::reported(&counters));
        let octets = (octets(before.in_octets, counters.in_octets), octets(before.out_octets, counters.out_octets));
        let (Some(in_octets), Some(out_octets)) = octets else { return };
        self.growth.merge(&Growth {
            covered_ms: u64::try_from(covered.as_millis()).unwrap_or(u64::MAX),
            in_octets,
            out_octets,
            in_unicast: frames(before.in_unicast, counters.in_unicast),
            out_unicast: frames(before.out_unicast, counters.out_unicast),
            in_discards: frames(before.in_discards, counters.in_discards),
            out_discards: frames(before.out_discards, counters.out_discards),
            in_errors: frames(before.in_errors, counters.in_errors),
            out_errors: frames(before.out_errors, counters.out_errors),
            fcs_errors: frames(before.fcs_errors, counters.fcs_errors),
            ..Growth::default()
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
            fcs_errors: Some(unicast),
            lag: 0,
            name: PortName::default(),
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
    fn a_port_keeps_its_name_its_aggregate_and_its_broken_frames() {
        let named = InterfaceCounters { lag: 1_000, name: PortName::new(b"xe-0/0/1"), ..report(Some(0), 3) };
        let growth = growth(&[report(Some(0), 1), named, report(Some(0), 8)]);
        let key = PortKey { agent: Agent { address: [192, 0, 2, 1].into(), sub_agent: 0 }, if_index: 1 };
        let row = growth.row(Timestamp(0), &"ix".into(), &key);
        assert_eq!((row.fcs_errors, row.lag, &*row.name), (7, 1_000, "xe-0/0/1"), "a report without a name takes none away");
    }

    #[test]
    fn forged_counters_do_not_overflow() {
        let forged: Vec<InterfaceCounters> = (0..9_u64).map(|turn| report(Some(if turn % 2 == 0 { 0 } else { u64::MAX - 1 }), 0)).collect();
        assert_eq!(growth(&forged).in_octets, u64::MAX);
    }

    #[test]
    fn a_counter_that_is_not_available_is_no_reset() {
        let growth = growth(&[report(None, 5), report(None, 6)]);
        assert_eq!((growth.in_octets, growth.in_unicast), (0, 1));
    }
}
