//! Ports that seem to join switches: whoever is behind them was sampled before.

use std::collections::{BTreeMap, BTreeSet};

use super::booked::Sampled;
use super::{Booked, Direction, Port};
use crate::answer::Suspicion;

/// A port where fewer members enter is taken for an edge port: a member that moved, or two that share a port, are seen at two ports as well.
const MEMBERS_OF_SUSPECTED: usize = 3;

/// The ports that the configuration does not call core ports, but that look like such: of the members that enter there, at least half also enter elsewhere.
pub(crate) fn suspicions(booked: &Booked) -> BTreeMap<Port, Suspicion> {
    let (entering, untold) = (entering(booked), untold(booked));
    let mut entrances: BTreeMap<u32, BTreeSet<Port>> = BTreeMap::new();
    for (port, members) in &entering {
        let port = booked.aggregate_of(*port);
        for asn in members.keys() {
            entrances.entry(*asn).or_default().insert(port);
        }
    }
    let elsewhere = |asn: &u32| entrances.get(asn).is_some_and(|ports| ports.len() > 1);
    let suspected = entering.iter().filter_map(|(port, members)| {
        let twice: Vec<u64> = members.iter().filter(|(asn, _)| elsewhere(asn)).map(|(_, bytes)| *bytes).collect();
        let is_suspect = members.len() >= MEMBERS_OF_SUSPECTED && 2 * twice.len() >= members.len();
        let bytes = twice.iter().fold(0_u64, |sum, bytes| sum.saturating_add(*bytes));
        let untold = untold.contains(port);
        is_suspect.then_some((*port, Suspicion { members: members.len(), members_elsewhere: twice.len(), bytes, untold }))
    });
    suspected.collect()
}

/// Of each port, the octets of each known member that entered there and count.
fn entering(booked: &Booked) -> BTreeMap<Port, BTreeMap<u32, u64>> {
    let mut entering: BTreeMap<Port, BTreeMap<u32, u64>> = BTreeMap::new();
    for row in entering_rows(booked) {
        let counting = row.counting().bytes;
        if counting > 0 {
            let bytes = entering.entry(row.side.port).or_default().entry(row.asn).or_default();
            *bytes = bytes.saturating_add(counting);
        }
    }
    entering
}

/// What known members sent into ports. Where a way is not told it may have left there, too: if frames are sampled on both ways, that port is seen to count them twice.
fn entering_rows(booked: &Booked) -> impl Iterator<Item = &Sampled> {
    let known = booked.samples(0..booked.periods.count()).filter(|row| row.side.direction != Direction::Sent && row.asn != 0);
    known.filter(|row| !booked.core.contains(&row.side.port))
}

/// Ports of which some of that passed on a way that is not told.
fn untold(booked: &Booked) -> BTreeSet<Port> {
    entering_rows(booked).filter(|row| row.side.direction == Direction::Untold).map(|row| row.side.port).collect()
}
