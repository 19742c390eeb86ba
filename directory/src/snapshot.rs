//! The address book as the hot path reads it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use schema::{Asn, Mac, Party};

use crate::macs::{Known, Macs};
use crate::member::{Claim, MacClaim, Member, Port};
use crate::places::Places;
use crate::validity::Validity;

/// Snapshots that were built so far.
static BUILT: AtomicU64 = AtomicU64::new(0);

/// Members, and whose each MAC address and each port is, as one list says of one moment. It never changes: another list or another time
/// makes another one.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Different from every other that was built in this process; 0 where nobody is known.
    number: u64,
    members: Vec<Member>,
    macs: Macs,
    scoped: HashMap<u64, Claim, FixedState>,
    ports: HashMap<(IpAddr, u32), Asn, FixedState>,
    validity: Validity,
    places: Option<Arc<Places>>,
}

impl Snapshot {
    /// A directory that knows nobody.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// The snapshot of these members, which are in the order of their numbers, for this time.
    pub(crate) fn build(members: Vec<Member>, validity: Validity) -> Self {
        let mut snapshot = Self { number: BUILT.fetch_add(1, Ordering::Relaxed) + 1, validity, ..Self::default() };
        snapshot.index_macs(&members);
        snapshot.index_ports(&members);
        snapshot.members = members;
        snapshot
    }

    /// The same with what is known of addresses, so that whoever adds to the matrix sees both as they are at one moment.
    #[must_use]
    pub fn with_places(self, places: Option<Arc<Places>>) -> Self {
        // What was asked before may have another answer now.
        Self { places, number: BUILT.fetch_add(1, Ordering::Relaxed) + 1, ..self }
    }

    /// What is known of addresses; `None` where they are not looked at.
    #[inline(always)]
    #[must_use]
    pub fn places(&self) -> Option<&Places> {
        self.places.as_deref()
    }

    fn index_macs(&mut self, members: &[Member]) {
        let mut claims: Vec<(MacClaim, Asn)> =
            members.iter().flat_map(|member| member.macs.iter().map(|&claim| (claim, member.asn))).collect();
        claims.sort_unstable();
        let mut macs: BTreeMap<Mac, Known> = BTreeMap::new();
        for same in claims.chunk_by(|a, b| a.0 == b.0) {
            let &[(claim, asn), ..] = same else { continue };
            let owner = if same.len() == 1 { Claim::Member(asn) } else { Claim::Ambiguous };
            let known = macs.entry(claim.mac).or_insert(Known { anywhere: Claim::Nobody, has_scoped: false });
            match claim.vlan {
                None => known.anywhere = owner,
                Some(vlan) => {
                    known.has_scoped = true;
                    self.scoped.insert(scoped_key(claim.mac, vlan), owner);
                }
            }
        }
        self.macs = Macs::new(macs.into_iter());
    }

    fn index_ports(&mut self, members: &[Member]) {
        let mut claims: Vec<(Port, Asn)> = members.iter().flat_map(|member| member.ports.iter().map(|&port| (port, member.asn))).collect();
        claims.sort_unstable();
        for same in claims.chunk_by(|a, b| a.0 == b.0) {
            // A port of several members tells nobody's traffic.
            if let [(port, asn)] = same {
                self.ports.insert((port.agent, port.if_index), *asn);
            }
        }
    }

    /// A number that no other snapshot of this process has, unless both know nobody: what was asked of one need not be asked again while the number stays.
    #[inline]
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The time in which its list says just this: from the latest change of a claim to the next.
    #[must_use]
    pub const fn validity(&self) -> Validity {
        self.validity
    }

    /// All members of the list, by ASN; those too of whose claims none holds at the time.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The member with this number.
    #[must_use]
    pub fn member(&self, asn: Asn) -> Option<&Member> {
        let position = self.members.binary_search_by_key(&asn, |member| member.asn).ok()?;
        self.members.get(position)
    }

    /// The member's name; its number as text if the list does not have it.
    #[must_use]
    pub fn name(&self, asn: Asn) -> Cow<'_, str> {
        self.member(asn).map_or_else(|| Cow::Owned(asn.to_string()), |member| Cow::Borrowed(member.name.as_str()))
    }

    /// Whose a MAC address is in a VLAN, 0 standing for none: by the claims that name the VLAN, else by those for every VLAN.
    #[must_use]
    pub fn by_mac(&self, mac: Mac, vlan: u16) -> Claim {
        match self.macs.get(mac) {
            None => Claim::Nobody,
            Some(known) if known.has_scoped => self.in_vlan(mac, vlan).unwrap_or(known.anywhere),
            Some(known) => known.anywhere,
        }
    }

    /// The member that [`by_mac`](Self::by_mac) names for this address whatever the VLAN; nobody where it has another answer, or it depends.
    #[inline(always)]
    #[must_use]
    pub fn sole_owner(&self, mac: Mac) -> Party {
        self.macs.sole(mac)
    }

    fn in_vlan(&self, mac: Mac, vlan: u16) -> Option<Claim> {
        self.scoped.get(&scoped_key(mac, vlan)).copied()
    }

    /// Whose a switch port is; `None` if nobody or more than one member claims it.
    #[inline]
    #[must_use]
    pub fn by_port(&self, agent: IpAddr, if_index: u32) -> Option<Asn> {
        self.ports.get(&(agent.to_canonical(), if_index)).copied()
    }

    /// Different MAC addresses that somebody claims, those that are ambiguous included.
    #[must_use]
    pub fn mac_count(&self) -> usize {
        self.macs.len()
    }

    /// The ports that belong to one member, in no order: switch, ifIndex, member.
    pub fn ports(&self) -> impl Iterator<Item = (IpAddr, u32, Asn)> {
        self.ports.iter().map(|(&(agent, if_index), &asn)| (agent, if_index, asn))
    }
}

/// One number for an address in a VLAN: 48 and 16 bits.
#[inline]
const fn scoped_key(mac: Mac, vlan: u16) -> u64 {
    mac.bits() << 16 | vlan as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mac(last: u8) -> Mac {
        Mac::new([0x02, 0, 0x5e, 0, 0, last])
    }

    fn member(asn: u32, macs: &[(u8, Option<u16>)], ports: &[u32]) -> Member {
        Member {
            asn: Asn(asn),
            name: format!("Network {asn}"),
            macs: macs.iter().map(|&(last, vlan)| MacClaim { mac: mac(last), vlan }).collect(),
            ports: ports.iter().map(|&if_index| Port { agent: [192, 0, 2, 1].into(), if_index }).collect(),
            speed: 0,
        }
    }

    fn snapshot(members: Vec<Member>) -> Snapshot {
        Snapshot::build(members, Validity::ALWAYS)
    }

    #[test]
    fn a_claim_for_the_vlan_goes_before_a_claim_for_all() {
        let book = snapshot(vec![member(1, &[(1, None), (2, Some(100))], &[]), member(2, &[(1, Some(100)), (2, Some(0))], &[])]);
        let whose = |last, vlan| book.by_mac(mac(last), vlan);
        assert_eq!((whose(1, 0), whose(1, 100), whose(1, 101)), (Claim::Member(Asn(1)), Claim::Member(Asn(2)), Claim::Member(Asn(1))));
        assert_eq!((whose(2, 0), whose(2, 100), whose(2, 101)), (Claim::Member(Asn(2)), Claim::Member(Asn(1)), Claim::Nobody));
        assert_eq!(whose(3, 0), Claim::Nobody);
        assert_eq!(book.mac_count(), 2);
    }

    #[test]
    fn a_mac_of_two_members_is_ambiguous_only_where_both_claim_it() {
        let book = snapshot(vec![
            member(1, &[(1, None), (2, Some(100)), (3, None)], &[]),
            member(2, &[(1, None), (2, Some(100)), (2, None), (3, Some(5))], &[]),
        ]);
        assert_eq!(book.by_mac(mac(1), 7), Claim::Ambiguous);
        assert_eq!((book.by_mac(mac(2), 100), book.by_mac(mac(2), 101)), (Claim::Ambiguous, Claim::Member(Asn(2))));
        assert_eq!((book.by_mac(mac(3), 5), book.by_mac(mac(3), 6)), (Claim::Member(Asn(2)), Claim::Member(Asn(1))));
    }

    #[test]
    fn a_port_of_two_members_is_nobodys() {
        let book = snapshot(vec![member(1, &[], &[17, 18]), member(2, &[], &[18])]);
        let agent = IpAddr::from([192, 0, 2, 1]);
        assert_eq!((book.by_port(agent, 17), book.by_port(agent, 18), book.by_port(agent, 19)), (Some(Asn(1)), None, None));
        assert_eq!(book.by_port("::ffff:192.0.2.1".parse().unwrap(), 17), Some(Asn(1)));
        assert_eq!(book.ports().collect::<Vec<_>>(), [(agent, 17, Asn(1))]);
    }

    #[test]
    fn members_are_found_by_their_number() {
        let book = snapshot(vec![member(1, &[], &[]), member(5, &[], &[]), member(9, &[], &[])]);
        assert_eq!((book.name(Asn(5)), book.name(Asn(6))), ("Network 5".into(), "AS6".into()));
        assert!(book.member(Asn(6)).is_none());
        assert!(Snapshot::empty().members().is_empty());
        assert_eq!(Snapshot::empty().by_mac(mac(1), 0), Claim::Nobody);
    }
}
