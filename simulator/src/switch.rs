//! A switch's sFlow agent: gathers samples into datagrams and sends them.

use std::net::{IpAddr, Ipv4Addr};

use rand::RngExt;
use rand_pcg::Pcg64;
use schema::{Protocol, Timestamp};

use crate::exchange::Datagram;
use crate::members::SwitchPlace;
use crate::sflow;
use crate::truth::Exported;

/// Most octets of a datagram, so that it fits an Ethernet frame with room for tunnels.
pub(crate) const MAX_DATAGRAM: usize = 1_400;
/// Longest time that a sample or record waits for others, in milliseconds (sFlow v5, section 3: within a second).
pub(crate) const MAX_WAIT: i64 = 1_000;
/// Longest time that a switch had been up when the exchange started, in milliseconds: 40 days.
const MAX_UPTIME: i64 = 40 * 86_400_000;

/// What a switch did before the exchange started: the number of its latest datagram, and when it started itself, in milliseconds since 1970.
pub(crate) fn history(start: i64, rng: &mut Pcg64) -> (u32, i64) {
    (rng.random_range(0..1 << 20), start - rng.random_range(0..MAX_UPTIME))
}

/// The agent of one switch.
#[derive(Clone, Debug)]
pub(crate) struct Switch {
    agent: Ipv4Addr,
    pub(crate) expanded: bool,
    pub(crate) emitted: Exported,
    sequence: u32,
    booted: i64,
    datagram: Vec<u8>,
    /// Samples in the datagram.
    samples: u32,
    /// What the datagram holds.
    waiting: Exported,
    /// When the datagram must leave, in milliseconds since 1970; `None` while it is empty.
    due: Option<i64>,
}

impl Switch {
    pub(crate) fn new(place: SwitchPlace, start: i64, rng: &mut Pcg64) -> Self {
        let (sequence, booted) = history(start, rng);
        Self {
            agent: place.agent,
            expanded: place.expanded,
            emitted: Exported::default(),
            sequence,
            booted,
            datagram: Vec::with_capacity(MAX_DATAGRAM),
            samples: 0,
            waiting: Exported::default(),
            due: None,
        }
    }

    pub(crate) const fn due(&self) -> Option<i64> {
        self.due
    }

    /// Adds a sample taken at `at`, which is what `exported` says; a datagram without room for it is sent first.
    pub(crate) fn add(&mut self, at: i64, sample: &[u8], exported: Exported, emit: &mut impl FnMut(&Datagram<'_>)) {
        if self.datagram.len() + sample.len() > MAX_DATAGRAM {
            self.send(at, emit);
        }
        if self.due.is_none() {
            self.due = Some(at + MAX_WAIT);
            sflow::start_datagram(&mut self.datagram, self.agent);
        }
        self.datagram.extend_from_slice(sample);
        self.samples += 1;
        self.waiting += exported;
    }

    /// Sends what has been gathered, if anything.
    pub(crate) fn send(&mut self, at: i64, emit: &mut impl FnMut(&Datagram<'_>)) {
        if self.due.take().is_none() {
            return;
        }
        self.sequence = self.sequence.wrapping_add(1);
        // Uptime is of 32 bits and wraps after 49 days.
        let uptime = u32::try_from((at - self.booted).rem_euclid(1 << 32)).unwrap_or(0);
        sflow::finish_datagram(&mut self.datagram, self.sequence, uptime, std::mem::take(&mut self.samples));
        self.waiting.datagrams += 1;
        self.emitted += std::mem::take(&mut self.waiting);
        emit(&Datagram { at: Timestamp(at), agent: IpAddr::V4(self.agent), protocol: Protocol::Sflow5, bytes: &self.datagram });
        self.datagram.clear();
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn a_full_datagram_leaves_before_the_next_sample_and_an_empty_one_never() {
        let place = SwitchPlace { agent: Ipv4Addr::new(192, 0, 2, 11), expanded: false };
        let mut switch = Switch::new(place, 0, &mut Pcg64::seed_from_u64(1));
        let mut lengths = Vec::new();
        let mut emit = |datagram: &Datagram<'_>| lengths.push(datagram.bytes.len());
        switch.send(5, &mut emit);
        for at in 0..4 {
            switch.add(at, &[0; 600], Exported { flow_samples: 1, ..Exported::default() }, &mut emit);
        }
        assert_eq!(switch.due(), Some(2 + MAX_WAIT));
        switch.send(9, &mut emit);
        // 28 octets of datagram header with an IPv4 agent address.
        assert_eq!(lengths, [28 + 1_200; 2]);
        assert_eq!(switch.emitted, Exported { datagrams: 2, flow_samples: 4, ..Exported::default() });
    }
}
