//! The address book as the hot path reads it.

use std::borrow::Cow;
use std::net::IpAddr;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use schema::{Asn, Mac};

use crate::member::{Claim, MacClaim, Member, Port};
use crate::refusal::{Place, Refusal};
use crate::warning::{Warning, Warnings};

/// Members of one list. There are fewer networks in the whole Internet's routing tables; a longer list is another file.
pub const MAX_MEMBERS: usize = 100_000;

/// MAC claims of one list: more than any exchange has by three orders, and few enough that the tables stay under 100 MB.
pub const MAX_MACS: usize = 1_000_000;

/// Port claims of one list; bounds memory as [`MAX_MACS`] does.
pub const MAX_PORTS: usize = 1_000_000;

/// Members, and whose each MAC address and each port is, as one list says. It never changes: a reload makes another one.
#[derive(Debug, Default)]
pub struct Snapshot {
    members: Vec<Member>,
    macs: HashMap<u64, Known, FixedState>,
    scoped: HashMap<u64, Claim, FixedState>,
    ports: HashMap<(IpAddr, u32), Asn, FixedState>,
    warnings: Warnings,
}

/// What the list says of one MAC address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Known {
    /// Whose it is where no claim names the VLAN.
    anywhere: Claim,
    /// Whether some claim names a VLAN. Few do: for all other addresses one look is enough.
    has_scoped: bool,
}

impl Snapshot {
    /// A directory that knows nobody.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// The snapshot of these members, which are in the order of their numbers.
    pub(crate) fn build(members: Vec<Member>, warnings: Warnings) -> Result<Self, Refusal> {
        bounded("members", members.len(), MAX_MEMBERS)?;
        bounded("MAC addresses", members.iter().map(|member| member.macs.len()).sum(), MAX_MACS)?;
        bounded("ports", members.iter().map(|member| member.ports.len()).sum(), MAX_PORTS)?;
        let mut snapshot = Self { warnings, ..Self::default() };
        snapshot.index_macs(&members);
        snapshot.index_ports(&members);
        snapshot.members = members;
        Ok(snapshot)
    }

    fn index_macs(&mut self, members: &[Member]) {
        let mut claims: Vec<(MacClaim, Asn)> =
            members.iter().flat_map(|member| member.macs.iter().map(|&claim| (claim, member.asn))).collect();
        claims.sort_unstable();
        for same in claims.chunk_by(|a, b| a.0 == b.0) {
            let &[(claim, asn), ..] = same else { continue };
            let owner = if same.len() == 1 { Claim::Member(asn) } else { Claim::Ambiguous };
            if owner == Claim::Ambiguous {
                self.warnings.add(|| Warning::SharedMac { claim, members: owners(same) });
            }
            let known = self.macs.entry(claim.mac.bits()).or_insert(Known { anywhere: Claim::Nobody, has_scoped: false });
            match claim.vlan {
                None => known.anywhere = owner,
                Some(vlan) => {
                    known.has_scoped = true;
                    self.scoped.insert(scoped_key(claim.mac, vlan), owner);
                }
            }
        }
    }

    fn index_ports(&mut self, members: &[Member]) {
        let mut claims: Vec<(Port, Asn)> = members.iter().flat_map(|member| member.ports.iter().map(|&port| (port, member.asn))).collect();
        claims.sort_unstable();
        for same in claims.chunk_by(|a, b| a.0 == b.0) {
            match same {
                [(port, asn)] => {
                    self.ports.insert((port.agent, port.if_index), *asn);
                }
                [(port, _), ..] => self.warnings.add(|| Warning::SharedPort { port: *port, members: owners(same) }),
                [] => {}
            }
        }
    }

    /// All members, by ASN.
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
    #[inline]
    #[must_use]
    pub fn by_mac(&self, mac: Mac, vlan: u16) -> Claim {
        match self.macs.get(&mac.bits()) {
            None => Claim::Nobody,
            Some(known) if known.has_scoped => self.in_vlan(mac, vlan).unwrap_or(known.anywhere),
            Some(known) => known.anywhere,
        }
    }

    #[inline(never)]
    fn in_vlan(&self, mac: Mac, vlan: u16) -> Option<Claim> {
        self.scoped.get(&scoped_key(mac, vlan)).copied()
    }

    /// Whose a switch port is; `None` if nobody or more than one member claims it.
    #[inline]
    #[must_use]
    pub fn by_port(&self, agent: IpAddr, if_index: u32) -> Option<Asn> {
        self.ports.get(&(agent.to_canonical(), if_index)).copied()
    }

    /// Different MAC addresses in the list, those that are ambiguous included.
    #[must_use]
    pub fn mac_count(&self) -> usize {
        self.macs.len()
    }

    /// The ports that belong to one member, in no order: switch, ifIndex, member.
    pub fn ports(&self) -> impl Iterator<Item = (IpAddr, u32, Asn)> {
        self.ports.iter().map(|(&(agent, if_index), &asn)| (agent, if_index, asn))
    }

    /// What the loader stepped over or could not tell apart: the first [`MAX_WARNINGS`](crate::MAX_WARNINGS).
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        self.warnings.kept()
    }

    /// How many warnings there were in all.
    #[must_use]
    pub const fn warning_count(&self) -> usize {
        self.warnings.total()
    }
}

/// One number for an address in a VLAN: 48 and 16 bits.
#[inline]
const fn scoped_key(mac: Mac, vlan: u16) -> u64 {
    mac.bits() << 16 | vlan as u64
}

fn owners<T>(claims: &[(T, Asn)]) -> Vec<Asn> {
    claims.iter().map(|&(_, asn)| asn).collect()
}

fn bounded(what: &str, count: usize, limit: usize) -> Result<(), Refusal> {
    if count <= limit {
        return Ok(());
    }
    Err(Refusal::new(Place::List, format!("has {count} {what}, and at most {limit} are read; check that it is the right file")))
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
        Snapshot::build(members, Warnings::default()).unwrap()
    }

    #[test]
    fn a_claim_for_the_vlan_goes_before_a_claim_for_all() {
        let book = snapshot(vec![member(1, &[(1, None), (2, Some(100))], &[]), member(2, &[(1, Some(100)), (2, Some(0))], &[])]);
        let whose = |last, vlan| book.by_mac(mac(last), vlan);
        assert_eq!((whose(1, 0), whose(1, 100), whose(1, 101)), (Claim::Member(Asn(1)), Claim::Member(Asn(2)), Claim::Member(Asn(1))));
        assert_eq!((whose(2, 0), whose(2, 100), whose(2, 101)), (Claim::Member(Asn(2)), Claim::Member(Asn(1)), Claim::Nobody));
        assert_eq!(whose(3, 0), Claim::Nobody);
        assert_eq!((book.mac_count(), book.warning_count()), (2, 0));
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
        let said: Vec<String> = book.warnings().iter().map(Warning::to_string).collect();
        assert_eq!(said.len(), 2);
        assert!(said[0].contains("AS1 and AS2") && said[0].contains(&mac(1).to_string()), "{}", said[0]);
        assert!(said[1].contains("in VLAN 100"), "{}", said[1]);
    }

    #[test]
    fn a_port_of_two_members_is_nobodys() {
        let book = snapshot(vec![member(1, &[], &[17, 18]), member(2, &[], &[18])]);
        let agent = IpAddr::from([192, 0, 2, 1]);
        assert_eq!((book.by_port(agent, 17), book.by_port(agent, 18), book.by_port(agent, 19)), (Some(Asn(1)), None, None));
        assert_eq!(book.by_port("::ffff:192.0.2.1".parse().unwrap(), 17), Some(Asn(1)));
        assert_eq!(book.ports().collect::<Vec<_>>(), [(agent, 17, Asn(1))]);
        assert!(matches!(book.warnings(), [Warning::SharedPort { members, .. }] if *members == [Asn(1), Asn(2)]));
    }

    #[test]
    fn members_are_found_by_their_number() {
        let book = snapshot(vec![member(1, &[], &[]), member(5, &[], &[]), member(9, &[], &[])]);
        assert_eq!((book.name(Asn(5)), book.name(Asn(6))), ("Network 5".into(), "AS6".into()));
        assert!(book.member(Asn(6)).is_none());
        assert!(Snapshot::empty().members().is_empty());
        assert_eq!(Snapshot::empty().by_mac(mac(1), 0), Claim::Nobody);
    }

    #[test]
    fn more_than_a_bound_is_refused() {
        let many = member(1, &[], &(0..1_000_001).collect::<Vec<u32>>());
        let refused = Snapshot::build(vec![many], Warnings::default()).unwrap_err().to_string();
        assert!(refused.contains("1000001 ports") && refused.contains("1000000"), "{refused}");
        assert!(bounded("members", MAX_MEMBERS, MAX_MEMBERS).is_ok());
    }
}
