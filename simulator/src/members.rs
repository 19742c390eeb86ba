//! Who is there, and where each is plugged in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64;
use schema::{Asn, Mac, Protocol};

use crate::names::Names;
use crate::plan::Plan;

/// VLAN of the peering LAN, untagged at every member's port.
pub const PEERING_VLAN: u16 = 100;
/// VLAN of a private group of members, tagged at their ports.
pub const PRIVATE_VLAN: u16 = 200;

/// One member in so many is in the private VLAN.
const PRIVATE_EVERY: usize = 6;
/// One member in so many has two routers on the peering LAN.
const TWO_ROUTERS_EVERY: usize = 8;
/// Members for each switch, about.
const MEMBERS_PER_SWITCH: usize = 24;
/// Most switches: a big exchange has bigger switches, not more of them.
const MAX_SWITCHES: usize = 12;
/// ifIndex before the first port of a switch that writes expanded samples: past what 24 bits hold, which is what these are for.
const EXPANDED_BASE: u32 = 0x1a00_0000;

/// ifIndex of a switch's core port, less the base of its ports: past all members' ports.
const CORE_PORT: u32 = 1_000;

/// The MAC address of the stranger's router.
const STRANGER: Mac = Mac::new([0x02, 0x66, 0x6f, 0x72, 0x67, 0x6f]);

/// What a network does, which says whether it mostly sends or receives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// Serves content: sends much.
    Content,
    /// Serves subscribers: receives much.
    Eyeball,
    /// Both.
    Mixed,
}

/// A member of the exchange.
#[derive(Clone, PartialEq, Debug)]
pub struct Member {
    /// Its ASN, from the ranges for documentation and private use (RFC 5398, RFC 6996).
    pub asn: Asn,
    /// Its name, made up.
    pub name: String,
    /// The MAC addresses of its routers.
    pub macs: Vec<MemberMac>,
    /// Agent address of the switch where its port is.
    pub agent: IpAddr,
    /// Position of that switch, from 0.
    pub switch: usize,
    /// ifIndex of its port.
    pub if_index: u32,
    /// Name of its port.
    pub port_name: String,
    /// Speed of its port in bit/s.
    pub speed: u64,
    /// VLANs at its port.
    pub vlans: Vec<u16>,
    /// Position among all members, by which its addresses are made.
    pub(crate) number: u32,
    pub(crate) role: Role,
    /// Weight as a sender, without unit.
    pub(crate) send: f64,
    /// Weight as a receiver, without unit.
    pub(crate) receive: f64,
    /// Share of its traffic that it could do by IPv6.
    pub(crate) ipv6: f64,
}

/// A router's MAC address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemberMac {
    /// The address, locally administered.
    pub mac: Mac,
    /// The only VLAN in which it speaks; `None` for the peering LAN, where the directory need not tell VLANs apart.
    pub vlan: Option<u16>,
}

/// A switch of the exchange.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SwitchPlace {
    pub(crate) agent: Ipv4Addr,
    /// Whether its ifIndexes are large, so that it writes expanded samples.
    pub(crate) expanded: bool,
}

impl SwitchPlace {
    /// ifIndex before its first port.
    const fn base(self) -> u32 {
        if self.expanded { EXPANDED_BASE } else { 0 }
    }

    /// ifIndex of its link to the other switches.
    pub(crate) const fn core_if_index(self) -> u32 {
        self.base() + CORE_PORT
    }

    /// Name of that link.
    pub(crate) const fn core_port_name(self) -> &'static str {
        if self.expanded { "Port-Channel1" } else { "ae0" }
    }
}

impl Member {
    /// Whether it is in the private VLAN.
    pub(crate) fn is_private(&self) -> bool {
        self.vlans.contains(&PRIVATE_VLAN)
    }

    /// The MAC address that speaks in `vlan`; `choice` takes one where there are several.
    pub(crate) fn mac(&self, vlan: u16, choice: usize) -> Mac {
        let wanted = (vlan == PRIVATE_VLAN).then_some(vlan);
        let fitting: Vec<Mac> = self.macs.iter().filter(|mac| mac.vlan == wanted).map(|mac| mac.mac).collect();
        fitting.get(choice % fitting.len().max(1)).copied().unwrap_or(Mac::from_bits(0))
    }

    /// An address of its network, by the low bits of `host`: one /26 each in 198.18.0.0/15 (RFC 2544).
    pub(crate) fn ipv4(&self, host: u32) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.prefix_4().to_bits() + host % 62 + 1)
    }

    /// An address of its network, by the bits of `host`: one /48 each in 2001:db8::/32 (RFC 3849).
    pub(crate) fn ipv6(&self, host: u32) -> Ipv6Addr {
        Ipv6Addr::from_bits(self.prefix_6().to_bits() | u128::from(host % 4_096) << 64 | 1)
    }

    /// The first address of its /26.
    pub(crate) const fn prefix_4(&self) -> Ipv4Addr {
        Ipv4Addr::from_bits(0xc612_0000 + self.number * 64)
    }

    /// The first address of its /48.
    pub(crate) fn prefix_6(&self) -> Ipv6Addr {
        Ipv6Addr::from_bits(0x2001_0db8_u128 << 96 | u128::from(self.number) << 80)
    }

    /// Its router's address on a VLAN's LAN.
    pub(crate) fn lan_ipv4(&self, vlan: u16) -> Ipv4Addr {
        Ipv4Addr::from_bits(0x0a00_0000 | u32::from(vlan & 0xff) << 16 | (self.number + 1))
    }

    /// Its router's IPv6 address on a VLAN's LAN.
    pub(crate) fn lan_ipv6(&self, vlan: u16) -> Ipv6Addr {
        let lan = 0x2001_0db8_ffff_0000_u128 << 64 | u128::from(vlan) << 64;
        Ipv6Addr::from_bits(lan | u128::from(self.number + 1))
    }
}

/// The switches of a plan.
pub(crate) fn places(plan: &Plan) -> Vec<SwitchPlace> {
    let mut places = switches(plan.members);
    if plan.protocol == Protocol::Netflow5 {
        // Its records have 16 bits for an ifIndex.
        places.iter_mut().for_each(|place| place.expanded = false);
    }
    places
}

/// The switches for so many members.
pub(crate) fn switches(members: usize) -> Vec<SwitchPlace> {
    let count = (members / MEMBERS_PER_SWITCH + 1).min(MAX_SWITCHES).min(members);
    let agents = (11_u8..).take(count).enumerate();
    agents.map(|(position, last)| SwitchPlace { agent: Ipv4Addr::new(192, 0, 2, last), expanded: position % 3 == 1 }).collect()
}

/// The members of a plan, in the order of their ASNs, and after them the stranger: a router on a port that the exchange's lists do not
/// know.
pub(crate) fn members(plan: &Plan, switches: &[SwitchPlace], rng: &mut Pcg64) -> Vec<Member> {
    let mut ranks: Vec<usize> = (0..plan.members).collect();
    ranks.shuffle(rng);
    let mut names = Names::default();
    let mut members: Vec<Member> =
        (0_u32..).zip(ranks).map(|(number, rank)| member(plan, switches, number, rank, &mut names, rng)).collect();
    let number = u32::try_from(members.len()).unwrap_or(u32::MAX);
    let stranger = member(plan, switches, number, plan.members, &mut names, rng);
    members.push(Member { macs: vec![MemberMac { mac: STRANGER, vlan: None }], vlans: vec![PEERING_VLAN], ..stranger });
    members
}

fn member(plan: &Plan, switches: &[SwitchPlace], number: u32, rank: usize, names: &mut Names, rng: &mut Pcg64) -> Member {
    let position = number as usize;
    let role = role(rank, rng);
    let size = (rank as f64 + 1.0).powf(-plan.skew);
    let (send, receive) = match role {
        Role::Content => (size * 5.0, size * 0.4),
        Role::Eyeball => (size * 0.5, size * 4.0),
        Role::Mixed => (size, size),
    };
    let switch = position % switches.len();
    let slot = number / u32::try_from(switches.len()).unwrap_or(1);
    let place = switches[switch];
    let private = position.is_multiple_of(PRIVATE_EVERY) || plan.members <= PRIVATE_EVERY;
    Member {
        asn: asn(number),
        name: names.next(role, rng),
        macs: macs(number, private),
        agent: IpAddr::V4(place.agent),
        switch,
        if_index: slot + 1 + place.base(),
        port_name: if place.expanded { format!("Ethernet1/{}", slot + 1) } else { format!("et-0/0/{slot}") },
        speed: 0,
        vlans: if private { vec![PEERING_VLAN, PRIVATE_VLAN] } else { vec![PEERING_VLAN] },
        number,
        role,
        send,
        receive,
        ipv6: if rng.random_bool(0.25) { 0.0 } else { rng.random_range(0.1..0.7) },
    }
}

/// The two largest are a content and an eyeball network, so that even a small exchange has its one big pair.
fn role(rank: usize, rng: &mut Pcg64) -> Role {
    match (rank, rng.random_range(0..100)) {
        (0, _) => Role::Content,
        (1, _) => Role::Eyeball,
        (_, 0..30) => Role::Content,
        (_, 30..72) => Role::Eyeball,
        _ => Role::Mixed,
    }
}

/// 64496 to 64511 for documentation, then 4200000000 and on for private use.
const fn asn(number: u32) -> Asn {
    if number < 16 { Asn(64_496 + number) } else { Asn(4_200_000_000 + number - 16) }
}

fn macs(number: u32, private: bool) -> Vec<MemberMac> {
    let mac = |router: u64| Mac::from_bits(0x0200_0000_0000 | router << 32 | u64::from(number + 1));
    let mut macs = vec![MemberMac { mac: mac(0), vlan: None }];
    if number as usize % TWO_ROUTERS_EVERY == 1 {
        macs.push(MemberMac { mac: mac(1), vlan: None });
    }
    if private {
        macs.push(MemberMac { mac: mac(2), vlan: Some(PRIVATE_VLAN) });
    }
    macs
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rand::SeedableRng;

    use super::*;

    #[test]
    fn two_thousand_members_share_no_asn_mac_port_name_or_address() {
        let plan = Plan { members: 2_000, ..Plan::default() };
        let switches = switches(plan.members);
        let mut members = members(&plan, &switches, &mut Pcg64::seed_from_u64(9));
        let stranger = members.pop().unwrap();
        let distinct = |count: usize, what: &str| assert_eq!(count, 2_000, "{what}");
        distinct(members.iter().map(|m| m.asn.0).collect::<HashSet<_>>().len(), "ASN");
        distinct(members.iter().map(|m| &m.name).collect::<HashSet<_>>().len(), "name");
        distinct(members.iter().map(|m| (m.agent, m.if_index)).collect::<HashSet<_>>().len(), "port");
        distinct(members.iter().map(|m| m.ipv4(61)).collect::<HashSet<_>>().len(), "IPv4 address");
        distinct(members.iter().map(|m| m.ipv6(9)).collect::<HashSet<_>>().len(), "IPv6 address");
        distinct(members.iter().map(|m| m.lan_ipv4(100)).collect::<HashSet<_>>().len(), "LAN address");
        let macs: Vec<Mac> = members.iter().flat_map(|m| m.macs.iter().map(|mac| mac.mac)).collect();
        assert_eq!(macs.iter().collect::<HashSet<_>>().len(), macs.len());
        assert!(macs.iter().all(|mac| !mac.is_group() && mac.octets()[0] & 2 == 2));
        assert!(!macs.contains(&STRANGER) && members.iter().all(|m| (m.agent, m.if_index) != (stranger.agent, stranger.if_index)));
        let last = members.last().unwrap();
        assert_eq!(last.ipv4(0).octets()[..2], [198, 19]);
        assert_eq!(last.lan_ipv6(200), "2001:db8:ffff:c8::7d0".parse::<Ipv6Addr>().unwrap());
    }

    #[test]
    fn both_kinds_of_switch_are_there() {
        let switches = switches(48);
        assert_eq!(switches.len(), 3);
        assert!(switches.iter().any(|switch| switch.expanded) && switches.iter().any(|switch| !switch.expanded));
        assert_eq!(super::switches(2).len(), 1);
        assert_eq!(super::switches(2_000).len(), MAX_SWITCHES);
    }
}
