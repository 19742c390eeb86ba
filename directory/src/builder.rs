//! From entries to members: what belongs to one network is merged, and what no network can have is left out.

use std::collections::BTreeMap;

use schema::{Asn, Mac};

use crate::book::Directory;
use crate::field;
use crate::member::{Dated, Listed, MacClaim, Port};
use crate::refusal::{Place, Refusal};
use crate::warning::{Warning, Warnings};

/// What one place of a list says of one network: a TOML block, a CSV row or an entry of an export.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) place: Place,
    pub(crate) asn: Asn,
    /// Empty if it gives none.
    pub(crate) name: String,
    pub(crate) macs: Vec<Dated<MacClaim>>,
    pub(crate) ports: Vec<Dated<Port>>,
    /// In bit/s.
    pub(crate) speed: u64,
}

impl Entry {
    pub(crate) const fn new(place: Place, asn: Asn) -> Self {
        Self { place, asn, name: String::new(), macs: Vec::new(), ports: Vec::new(), speed: 0 }
    }
}

/// Collects the entries of a list.
#[derive(Default)]
pub(crate) struct Builder {
    members: BTreeMap<Asn, Listed>,
    warnings: Warnings,
}

impl Builder {
    pub(crate) fn warn(&mut self, warning: impl FnOnce() -> Warning) {
        self.warnings.add(warning);
    }

    /// Adds an entry to its member.
    pub(crate) fn add(&mut self, entry: Entry) {
        let Entry { place, asn, name, macs, ports, speed } = entry;
        if !field::is_a_network(asn) {
            return self.warn(|| Warning::NotANetwork { place, asn });
        }
        let member =
            self.members.entry(asn).or_insert_with(|| Listed { asn, name: String::new(), macs: Vec::new(), ports: Vec::new(), speed: 0 });
        let name = field::name(&name);
        if member.name.is_empty() {
            member.name = name;
        } else if !name.is_empty() && member.name != name {
            self.warnings.add(|| Warning::TwoNames { place, asn, kept: member.name.clone(), other: name });
        }
        for dated in macs {
            let mac = dated.claim.mac;
            if is_a_router(mac) {
                member.macs.push(dated);
            } else {
                self.warnings.add(|| Warning::NotARouter { place, asn, mac });
            }
        }
        member.ports.extend(ports);
        member.speed = member.speed.saturating_add(speed);
    }

    /// The directory of all that was added.
    pub(crate) fn finish(mut self) -> Result<Directory, Refusal> {
        if self.members.is_empty() {
            self.warn(|| Warning::NoMembers);
        }
        Directory::build(self.members.into_values().map(in_order).collect(), self.warnings)
    }
}

/// Each claim once and in order, so that the same list gives the same member in whatever order it is written.
fn in_order(mut member: Listed) -> Listed {
    if member.name.is_empty() {
        member.name = member.asn.to_string();
    }
    join(&mut member.macs);
    join(&mut member.ports);
    member
}

/// Puts claims in order; those of the same thing for times without a gap between them become one.
fn join<C: Copy + Ord>(claims: &mut Vec<Dated<C>>) {
    claims.sort_unstable();
    claims.dedup_by(|next, kept| {
        let joined = kept.validity.joined(next.validity).filter(|_| kept.claim == next.claim);
        kept.validity = joined.unwrap_or(kept.validity);
        joined.is_some()
    });
}

/// A router sends from an address of its own: no group address, and not the empty one.
fn is_a_router(mac: Mac) -> bool {
    !mac.is_group() && mac.bits() != 0
}

#[cfg(test)]
mod tests {
    use schema::Timestamp;

    use super::*;
    use crate::validity::Validity;

    #[test]
    fn times_without_a_gap_become_one_claim() {
        let dated = |claim: char, from, until| {
            let validity = Validity::new(Some(Timestamp(from)), Some(Timestamp(until))).unwrap();
            Dated { claim, validity }
        };
        let mut claims = vec![dated('b', 5, 9), dated('a', 7, 8), dated('a', 1, 5), dated('a', 1, 3), dated('a', 5, 6), dated('b', 0, 9)];
        join(&mut claims);
        assert_eq!(claims, [dated('a', 1, 6), dated('a', 7, 8), dated('b', 0, 9)]);
    }
}
