//! Who may export here.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

/// Strangers that a lane remembers by their address, against a flood from forged ones. That is enough to find the switch that the list
/// lacks; the rest is in the total.
pub(crate) const MAX_STRANGERS: usize = 64;

/// The list of those who may export, and who else tried.
#[derive(Default)]
pub(crate) struct Admission {
    allowed: Arc<[IpNet]>,
    strangers: Vec<(IpAddr, u64)>,
}

impl Admission {
    /// Admits the addresses in these networks; everyone if there are none.
    pub(crate) fn new(allowed: Arc<[IpNet]>) -> Self {
        Self { allowed, strangers: Vec::new() }
    }

    /// Whether a datagram from this address is taken. If it is not, its sender is remembered.
    #[inline]
    pub(crate) fn admits(&mut self, source: IpAddr) -> bool {
        if self.allowed.is_empty() || self.allowed.iter().any(|net| net.contains(&source)) {
            return true;
        }
        self.remember(source);
        false
    }

    #[cold]
    fn remember(&mut self, source: IpAddr) {
        if let Some((_, count)) = self.strangers.iter_mut().find(|(stranger, _)| *stranger == source) {
            *count += 1;
        } else if self.strangers.len() < MAX_STRANGERS {
            self.strangers.push((source, 1));
        }
    }

    /// Those who were not admitted, with their datagrams, as many as are remembered.
    pub(crate) fn strangers(&self) -> &[(IpAddr, u64)] {
        &self.strangers
    }
}

/// The strangers of all lanes together, the busiest first.
pub(crate) fn busiest<'a>(lanes: impl Iterator<Item = &'a [(IpAddr, u64)]>) -> Vec<(IpAddr, u64)> {
    let mut all: Vec<(IpAddr, u64)> = Vec::new();
    for (source, count) in lanes.flatten() {
        match all.iter_mut().find(|(stranger, _)| stranger == source) {
            Some((_, sum)) => *sum += count,
            None => all.push((*source, *count)),
        }
    }
    all.sort_unstable_by_key(|(source, count)| (std::cmp::Reverse(*count), *source));
    all.truncate(MAX_STRANGERS);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u32) -> IpAddr {
        IpAddr::V4((0xc000_0200 + last).into())
    }

    #[test]
    fn an_empty_list_admits_everyone_and_a_list_those_in_it() {
        assert!(Admission::default().admits(address(1)));
        let mut admission = Admission::new(["192.0.2.0/30", "2001:db8::/64"].map(|net| net.parse().unwrap()).into());
        let admitted = ["192.0.2.3", "192.0.2.4", "2001:db8::9", "2001:db8:1::"].map(|source| admission.admits(source.parse().unwrap()));
        assert_eq!(admitted, [true, false, true, false]);
        assert_eq!(admission.strangers().len(), 2);
    }

    #[test]
    fn strangers_without_end_are_not_remembered_without_end() {
        let mut admission = Admission::new(["198.51.100.1/32".parse().unwrap()].into());
        for last in 0..10_000 {
            assert!(!admission.admits(address(last)) && !admission.admits(address(0)));
        }
        assert_eq!(admission.strangers().len(), MAX_STRANGERS);
        assert_eq!(admission.strangers()[0], (address(0), 10_001));
    }

    #[test]
    fn the_busiest_stranger_of_all_lanes_comes_first() {
        let lanes = [vec![(address(1), 2), (address(2), 3)], vec![(address(1), 2), (address(3), 1)]];
        assert_eq!(busiest(lanes.iter().map(Vec::as_slice)), [(address(1), 4), (address(2), 3), (address(3), 1)]);
    }
}
