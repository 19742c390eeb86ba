//! What a lane counts beside the matrix: datagrams by protocol, what they hold as exported, and everything that it stepped over.

mod flows;
mod sflow;

use std::collections::BTreeMap;

use aggregator::Refused;
use schema::Protocol;

pub use flows::{Flows, Loss, Recovered};
pub(crate) use sflow::Nominal;
pub use sflow::Sflow;

/// Counters of one lane since it began. Plain sums: lanes' counts are added.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// sFlow version 5.
    pub sflow5: Sflow,
    /// sFlow version 4.
    pub sflow4: Sflow,
    /// sFlow version 2.
    pub sflow2: Sflow,
    /// NetFlow version 5.
    pub netflow5: Flows,
    /// NetFlow version 9.
    pub netflow9: Flows,
    /// IPFIX.
    pub ipfix: Flows,
    /// Datagrams of no known protocol.
    pub unknown: u64,
    /// Datagrams of senders that are not on the allow-list.
    pub strangers: u64,
}

impl Counts {
    /// Adds another lane's counters.
    pub fn merge(&mut self, other: &Self) {
        self.sflow5.merge(&other.sflow5);
        self.sflow4.merge(&other.sflow4);
        self.sflow2.merge(&other.sflow2);
        self.netflow5.merge(&other.netflow5);
        self.netflow9.merge(&other.netflow9);
        self.ipfix.merge(&other.ipfix);
        self.unknown += other.unknown;
        self.strangers += other.strangers;
    }

    /// The counters of a version of sFlow; `None` for other protocols.
    #[must_use]
    pub const fn sflow(&self, protocol: Protocol) -> Option<&Sflow> {
        match protocol {
            Protocol::Sflow5 => Some(&self.sflow5),
            Protocol::Sflow4 => Some(&self.sflow4),
            Protocol::Sflow2 => Some(&self.sflow2),
            Protocol::Netflow5 | Protocol::Netflow9 | Protocol::Ipfix => None,
        }
    }

    /// The counters of a protocol of flow records; `None` for sFlow.
    #[must_use]
    pub const fn flows(&self, protocol: Protocol) -> Option<&Flows> {
        match protocol {
            Protocol::Netflow5 => Some(&self.netflow5),
            Protocol::Netflow9 => Some(&self.netflow9),
            Protocol::Ipfix => Some(&self.ipfix),
            Protocol::Sflow5 | Protocol::Sflow4 | Protocol::Sflow2 => None,
        }
    }

    /// The same, to be added to. The protocols of flow records are three; whatever is none of them is counted with IPFIX.
    pub(crate) const fn flows_mut(&mut self, protocol: Protocol) -> &mut Flows {
        match protocol {
            Protocol::Netflow5 => &mut self.netflow5,
            Protocol::Netflow9 => &mut self.netflow9,
            _ => &mut self.ipfix,
        }
    }

    /// The counters of a version of sFlow, to be added to; whatever is no sFlow is counted with version 5.
    pub(crate) const fn sflow_mut(&mut self, protocol: Protocol) -> &mut Sflow {
        match protocol {
            Protocol::Sflow4 => &mut self.sflow4,
            Protocol::Sflow2 => &mut self.sflow2,
            _ => &mut self.sflow5,
        }
    }

    /// All flow datagrams, whatever became of them.
    #[must_use]
    pub fn flow_datagrams(&self) -> u64 {
        let sflow = [&self.sflow5, &self.sflow4, &self.sflow2].map(|sflow| sflow.datagrams);
        let flows = [&self.netflow5, &self.netflow9, &self.ipfix].map(|flows| flows.datagrams);
        sflow.iter().chain(&flows).sum()
    }

    /// Datagrams that were not read: of senders that are not allowed, of no known protocol, with a broken header, or of one exporter too many. One that
    /// came before is none of them: it was read when it came first.
    #[must_use]
    pub fn not_read(&self) -> u64 {
        let sflow = [&self.sflow5, &self.sflow4, &self.sflow2].map(|sflow| &sflow.refused);
        let flows = [&self.netflow5, &self.netflow9, &self.ipfix].map(|flows| &flows.refused);
        let reasons = sflow.into_iter().chain(flows).flatten();
        let refused: u64 = reasons.filter(|(reason, _)| **reason != not_taken(Refused::Duplicate)).map(|(_, count)| count).sum();
        self.strangers + self.unknown + refused
    }

    /// Everything that was stepped over, whatever its protocol: each reason once, in order.
    pub fn skipped(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let mut sums = BTreeMap::new();
        let sflow = [&self.sflow5, &self.sflow4, &self.sflow2].into_iter().flat_map(Sflow::skipped);
        let flows = [&self.netflow5, &self.netflow9, &self.ipfix].into_iter().flat_map(Flows::skipped);
        let whole = [("stranger", self.strangers), ("unknown_protocol", self.unknown)].into_iter().filter(|(_, count)| *count > 0);
        for (reason, count) in sflow.chain(flows).chain(whole) {
            *sums.entry(reason).or_default() += count;
        }
        sums.into_iter()
    }
}

/// Counters by a reason's name.
pub(crate) type Reasons = BTreeMap<&'static str, u64>;

fn merge_reasons(sums: &mut Reasons, other: &Reasons) {
    for (reason, count) in other {
        *sums.entry(reason).or_default() += count;
    }
}

/// The name of why the matrix does not take a datagram.
const fn not_taken(why: Refused) -> &'static str {
    match why {
        Refused::Duplicate => "duplicate_datagram",
        Refused::TooManyExporters => "too_many_exporters",
        Refused::TooManyAgents => "too_many_agents",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_that_several_protocols_have_is_named_once() {
        let mut counts = Counts { strangers: 3, ..Counts::default() };
        counts.netflow9.not_taken(Refused::Duplicate);
        counts.ipfix.not_taken(Refused::Duplicate);
        counts.sflow4.not_taken(Refused::TooManyExporters);
        let sum = |times: usize| {
            let mut sum = Counts::default();
            (0..times).for_each(|_| sum.merge(&counts));
            sum.skipped().collect::<Vec<_>>()
        };
        assert_eq!(sum(1), [("duplicate_datagram", 2), ("stranger", 3), ("too_many_exporters", 1)]);
        assert_eq!(sum(2), [("duplicate_datagram", 4), ("stranger", 6), ("too_many_exporters", 2)]);
    }

    #[test]
    fn a_datagram_that_came_twice_was_read_once() {
        let mut counts = Counts { strangers: 3, unknown: 2, ..Counts::default() };
        counts.netflow9.not_taken(Refused::Duplicate);
        counts.ipfix.not_taken(Refused::TooManyAgents);
        counts.sflow5.not_taken(Refused::TooManyExporters);
        assert_eq!(counts.not_read(), 7);
    }
}
