//! Who should be at the exchange: the networks behind what trombones.

use std::cmp::Reverse;

use schema::{Asn, Sums};
use serde::Serialize;

use crate::bounds::Bounds;
use crate::trombone::{Octets, Trombone};

/// What trombones between members and one network beyond their transit.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Remote {
    /// The network; `None` for all that were too small to be kept by themselves, and for those that nobody knows.
    pub network: Option<Asn>,
    /// Whether it is a member already: then it need not join, but peer.
    pub is_member: bool,
    /// Both ends domestic by the strict reading.
    pub strict: Sums,
    /// By the loose one.
    pub loose: Sums,
}

/// A network that could take what trombones to the exchange.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Candidate {
    /// The network.
    pub network: Asn,
    /// Whether it is a member already, and would have to peer.
    pub is_member: bool,
    /// What came from it by transit although both ends are domestic.
    pub octets: Octets,
    /// Its part of everything that trombones, by the loose reading at both ends.
    pub share: Bounds,
    /// The part of everything that trombones of this network and those before it, without what sampling adds.
    pub together: f64,
}

/// The networks behind what trombones, the largest first. What has no network of its own is part of the whole, and no candidate.
#[must_use]
pub fn candidates(remotes: &[Remote]) -> Vec<Candidate> {
    let mut all = Sums::default();
    remotes.iter().for_each(|remote| all.merge(remote.loose));
    let mut named: Vec<(Asn, &Remote)> = remotes.iter().filter_map(|remote| Some((remote.network?, remote))).collect();
    named.sort_by_key(|(network, remote)| (Reverse(remote.loose.bytes), *network));
    let mut sum = 0_u64;
    let mut candidate = |(network, remote): (Asn, &Remote)| {
        sum = sum.saturating_add(remote.loose.bytes);
        let whole = Trombone { strict: remote.loose, loose: remote.loose, transit: all };
        Some(Candidate {
            network,
            is_member: remote.is_member,
            octets: Trombone { strict: remote.strict, ..whole }.octets(),
            share: whole.share()?,
            together: sum as f64 / all.bytes as f64,
        })
    };
    named.into_iter().filter(|(_, remote)| remote.loose.bytes > 0).filter_map(&mut candidate).collect()
}
