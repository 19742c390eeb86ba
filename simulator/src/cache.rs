//! A switch's flow cache: sampled frames go in, flows come out when their time is over.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::net::Ipv4Addr;

use schema::Mac;

use crate::plan::FlowCache;
use crate::seen::{Addresses, Seen};

/// What frames of one flow have in common.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) enum Key {
    /// As an exchange meters: addresses are those of the flow's first packet.
    Layer2 { input: u32, output: u32, src: Mac, dst: Mac, vlan: u16, ethertype: u16 },
    /// As NetFlow v5 meters: layer 2 is not seen.
    Layer3 { input: u32, output: u32, src: Ipv4Addr, dst: Ipv4Addr, protocol: u8, ports: (u16, u16) },
}

impl Key {
    pub(crate) const fn layer2(seen: &Seen) -> Self {
        let Seen { input, output, src_mac, dst_mac, vlan, ethertype, .. } = *seen;
        Self::Layer2 { input, output, src: src_mac, dst: dst_mac, vlan, ethertype }
    }

    /// `None` for all but IPv4.
    pub(crate) const fn layer3(seen: &Seen) -> Option<Self> {
        let Seen { input, output, protocol, ports, .. } = *seen;
        match seen.addresses {
            Addresses::V4(src, dst) => Some(Self::Layer3 { input, output, src, dst, protocol, ports }),
            Addresses::V6(..) | Addresses::None => None,
        }
    }
}

/// The sampled frames of a flow, not scaled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Metered {
    /// The first of them.
    pub(crate) first: Seen,
    /// When the latest passed, in milliseconds since 1970.
    pub(crate) last: i64,
    pub(crate) packets: u64,
    /// Octets of the packets under their Ethernet headers.
    pub(crate) octets: u64,
    /// Octets of the frames with FCS.
    pub(crate) frame_octets: u64,
}

impl Metered {
    /// A flow of one frame.
    pub(crate) fn of(seen: &Seen) -> Self {
        Self { first: *seen, last: seen.at, packets: 1, octets: u64::from(seen.octets), frame_octets: u64::from(seen.frame) }
    }

    fn add(&mut self, seen: &Seen) {
        self.last = seen.at;
        self.packets += 1;
        self.octets += u64::from(seen.octets);
        self.frame_octets += u64::from(seen.frame);
    }
}

/// The flows of one switch.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    /// In milliseconds.
    active: i64,
    /// In milliseconds.
    inactive: i64,
    capacity: usize,
    flows: HashMap<Key, Metered>,
    /// One for each flow: when its time is over at the earliest. Later packets put that off, which shows when it is looked at.
    deadlines: BinaryHeap<Reverse<(i64, Key)>>,
}

impl Cache {
    pub(crate) fn new(plan: FlowCache) -> Self {
        let millis = |timeout: std::time::Duration| i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX);
        Self {
            active: millis(plan.active),
            inactive: millis(plan.inactive),
            capacity: plan.capacity,
            flows: HashMap::new(),
            deadlines: BinaryHeap::new(),
        }
    }

    /// Counts a frame. Gives up another flow if there was no room for a new one.
    pub(crate) fn observe(&mut self, key: Key, seen: &Seen) -> Option<Metered> {
        if let Some(flow) = self.flows.get_mut(&key) {
            flow.add(seen);
            return None;
        }
        let given_up = if self.flows.len() < self.capacity { None } else { self.take_next() };
        let flow = Metered::of(seen);
        self.deadlines.push(Reverse((self.deadline(&flow), key)));
        self.flows.insert(key, flow);
        given_up
    }

    /// When [`expire`](Self::expire) may find something: not later than the first flow's time is over.
    pub(crate) fn due(&self) -> Option<i64> {
        self.deadlines.peek().map(|Reverse((deadline, _))| *deadline)
    }

    /// Takes out a flow whose time is over by `at`.
    pub(crate) fn expire(&mut self, at: i64) -> Option<Metered> {
        while self.due()? <= at {
            if let Some(flow) = self.take_or_put_off() {
                return Some(flow);
            }
        }
        None
    }

    /// Takes out the flow whose time is over next, however long that takes.
    pub(crate) fn take_next(&mut self) -> Option<Metered> {
        loop {
            self.due()?;
            if let Some(flow) = self.take_or_put_off() {
                return Some(flow);
            }
        }
    }

    /// Looks at the first deadline: takes the flow out if it still is the flow's.
    fn take_or_put_off(&mut self) -> Option<Metered> {
        let Reverse((said, key)) = self.deadlines.pop()?;
        let deadline = self.deadline(self.flows.get(&key)?);
        if deadline > said {
            self.deadlines.push(Reverse((deadline, key)));
            return None;
        }
        self.flows.remove(&key)
    }

    fn deadline(&self, flow: &Metered) -> i64 {
        (flow.first.at + self.active).min(flow.last + self.inactive)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn seen(at: i64, port: u16) -> Seen {
        Seen {
            at,
            input: 1,
            output: 2,
            src_mac: Mac::from_bits(1),
            dst_mac: Mac::from_bits(2),
            vlan: 100,
            ethertype: 0x0800,
            addresses: Addresses::V4(Ipv4Addr::new(198, 18, 0, 1), Ipv4Addr::new(198, 18, 0, 2)),
            protocol: 6,
            ports: (443, port),
            octets: 72,
            frame: 90,
        }
    }

    fn cache(active: u64, inactive: u64, capacity: usize) -> Cache {
        Cache::new(FlowCache { active: Duration::from_millis(active), inactive: Duration::from_millis(inactive), capacity })
    }

    #[test]
    fn a_flow_ends_when_it_falls_silent_and_not_before() {
        let mut cache = cache(60_000, 15_000, 9);
        for at in [0, 14_999, 20_000] {
            assert_eq!(cache.observe(Key::layer2(&seen(at, 1)), &seen(at, 1)), None);
        }
        assert_eq!(cache.expire(34_999), None);
        assert_eq!(cache.due(), Some(35_000));
        let flow = cache.expire(35_000).unwrap();
        assert_eq!((flow.first.at, flow.last, flow.packets, flow.octets, flow.frame_octets), (0, 20_000, 3, 216, 270));
        assert_eq!((cache.expire(i64::MAX), cache.due()), (None, None));
    }

    #[test]
    fn a_busy_flow_is_cut_at_the_active_timeout() {
        let mut cache = cache(60_000, 15_000, 9);
        let mut packets = Vec::new();
        for second in 0..=125 {
            let at = second * 1_000;
            packets.extend(cache.expire(at).map(|flow| flow.packets));
            cache.observe(Key::layer2(&seen(at, 1)), &seen(at, 1));
        }
        assert_eq!(packets, [60, 60]);
        assert_eq!(cache.take_next().unwrap().packets, 6);
    }

    #[test]
    fn a_full_cache_gives_up_the_flow_whose_time_comes_next() {
        let mut cache = cache(60_000, 15_000, 2);
        let observe = |cache: &mut Cache, at: i64, port: u16| {
            let seen = seen(at, port);
            cache.observe(Key::layer3(&seen).unwrap(), &seen).map(|flow| flow.first.ports.1)
        };
        assert_eq!([observe(&mut cache, 0, 1), observe(&mut cache, 1, 2), observe(&mut cache, 2, 1)], [None; 3]);
        assert_eq!(observe(&mut cache, 3, 3), Some(2));
        assert_eq!(observe(&mut cache, 4, 4), Some(1));
    }

    #[test]
    fn without_timeouts_every_frame_is_a_flow() {
        let mut cache = cache(0, 0, 1);
        for at in 0..5 {
            assert_eq!(cache.expire(at).map(|flow| flow.last), (at > 0).then(|| at - 1));
            cache.observe(Key::layer2(&seen(at, 1)), &seen(at, 1));
        }
    }
}
