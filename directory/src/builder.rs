//! From entries to members: what belongs to one network is merged, and what no network can have is left out.

use std::collections::BTreeMap;

use schema::{Asn, Mac};

use crate::field;
use crate::member::{MacClaim, Member, Port};
use crate::refusal::{Place, Refusal};
use crate::snapshot::Snapshot;
use crate::warning::{Warning, Warnings};

/// What one place of a list says of one network: a TOML block, a CSV row or an entry of an export.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) place: Place,
    pub(crate) asn: Asn,
    /// Empty if it gives none.
    pub(crate) name: String,
    pub(crate) macs: Vec<MacClaim>,
    pub(crate) ports: Vec<Port>,
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
    members: BTreeMap<Asn, Member>,
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
            self.members.entry(asn).or_insert_with(|| Member { asn, name: String::new(), macs: Vec::new(), ports: Vec::new(), speed: 0 });
        let name = field::name(&name);
        if member.name.is_empty() {
            member.name = name;
        } else if !name.is_empty() && member.name != name {
            self.warnings.add(|| Warning::TwoNames { place, asn, kept: member.name.clone(), other: name });
        }
        for claim in macs {
            if is_a_router(claim.mac) {
                member.macs.push(claim);
            } else {
                self.warnings.add(|| Warning::NotARouter { place, asn, mac: claim.mac });
            }
        }
        member.ports.extend(ports);
        member.speed = member.speed.saturating_add(speed);
    }

    /// The snapshot of all that was added.
    pub(crate) fn finish(mut self) -> Result<Snapshot, Refusal> {
        if self.members.is_empty() {
            self.warn(|| Warning::NoMembers);
        }
        Snapshot::build(self.members.into_values().map(in_order).collect(), self.warnings)
    }
}

/// Each claim once and in order, so that the same list gives the same member in whatever order it is written.
fn in_order(mut member: Member) -> Member {
    if member.name.is_empty() {
        member.name = member.asn.to_string();
    }
    member.macs.sort_unstable();
    member.macs.dedup();
    member.ports.sort_unstable();
    member.ports.dedup();
    member
}

/// A router sends from an address of its own: no group address, and not the empty one.
fn is_a_router(mac: Mac) -> bool {
    !mac.is_group() && mac.bits() != 0
}
