//! Who sends how much to whom.
//!
//! A flow is all traffic from one member to another in one VLAN and IP version. Volumes follow a gravity law: the sender's weight times the
//! receiver's, with noise; a share of the pairs exchange nothing. A last group of flows is not between two members.

use rand::RngExt;
use rand_distr::{Distribution, LogNormal, StandardNormal};
use rand_pcg::Pcg64;
use schema::{CellKey, Localities, Mac, Party, Protocol, Reason};

use crate::members::{Member, PEERING_VLAN, PRIVATE_VLAN, Role};
use crate::plan::Plan;
use crate::profile::Profile;

/// Most ordered pairs with traffic: bounds the memory of an exchange of 2,000 members to about 110 MB.
const MAX_PAIRS: f64 = 250_000.0;
/// Share of a pair's IPv4 traffic in the private VLAN where both are in it.
const PRIVATE_SHARE: f64 = 0.2;
/// Standard deviation of the natural logarithm of a pair's volume around the gravity law.
const PAIR_NOISE: f64 = 1.0;
/// Standard deviation of the natural logarithm of a flow's slow walk.
const WALK_DEVIATION: f64 = 0.25;
/// Minutes after which the walk has mostly forgotten where it was.
const WALK_MEMORY: f64 = 360.0;

const BROADCAST: Mac = Mac::new([0xff; 6]);

/// What lies under the frame's Ethernet header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Payload {
    Ipv4,
    Ipv6,
    Arp,
    Solicitation,
}

/// Where the switch sends a flow's frames.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    /// Out of this port (the position of its member).
    Port(usize),
    /// Out of every other port; the switch does not say so.
    FloodUnsaid,
    /// Out of every other port, as the switch says.
    Flood,
    /// Nowhere.
    Discarded,
}

/// One flow.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    /// Cell of the matrix that its frames belong to.
    pub(crate) cell: CellKey,
    /// Position of the member whose port the frames enter.
    pub(crate) entry: usize,
    pub(crate) exit: Exit,
    /// Member whose addresses are the destination; nobody's frames use the sender's.
    pub(crate) receiver: usize,
    pub(crate) src_mac: Mac,
    pub(crate) dst_mac: Mac,
    pub(crate) payload: Payload,
    pub(crate) profile: Profile,
    /// Frames per second at the peak of a working day, before the walk.
    pub(crate) frames_per_second: f64,
    walk: f64,
    /// What the walk multiplies the traffic by; 1 on average.
    pub(crate) walk_factor: f64,
}

impl Flow {
    /// Octets of its frames of an untagged size.
    pub(crate) const fn octets(&self, untagged: u32) -> u32 {
        if self.is_tagged() { untagged + 4 } else { untagged }
    }

    /// Why `protocol` says nothing of its frames, if so. Flows are metered of what the switch forwards.
    pub(crate) fn untold(&self, protocol: Protocol) -> Option<&'static str> {
        match self.payload {
            _ if protocol.is_sflow() => None,
            _ if self.exit == Exit::Discarded => Some(Reason::Discarded.name()),
            Payload::Ipv6 | Payload::Solicitation if protocol == Protocol::Netflow5 => Some("ipv6"),
            Payload::Arp if protocol == Protocol::Netflow5 => Some("not_ip"),
            _ => None,
        }
    }

    /// Whether its frames carry an IEEE 802.1Q tag.
    pub(crate) const fn is_tagged(&self) -> bool {
        self.cell.vlan == PRIVATE_VLAN
    }

    /// Goes a minute further on its slow walk, an Ornstein–Uhlenbeck process of the volume's logarithm.
    pub(crate) fn walk(&mut self, rng: &mut Pcg64) {
        let kept = (-1.0 / WALK_MEMORY).exp();
        let noise: f64 = StandardNormal.sample(rng);
        self.set_walk(self.walk * kept + noise * WALK_DEVIATION * (1.0 - kept * kept).sqrt());
    }

    fn set_walk(&mut self, walk: f64) {
        self.walk = walk;
        self.walk_factor = (walk - WALK_DEVIATION * WALK_DEVIATION / 2.0).exp();
    }
}

/// All flows among `members`, of whom the last is the stranger; ordered by the port that they enter, scaled to the plan's samples per second.
pub(crate) fn flows(plan: &Plan, members: &[Member], rng: &mut Pcg64) -> Vec<Flow> {
    let mut flows = pair_flows(plan, members, rng);
    let total: f64 = flows.iter().map(|flow| flow.frames_per_second).sum();
    add_extras(plan, members, total, &mut flows);
    for flow in &mut flows {
        let start: f64 = StandardNormal.sample(rng);
        flow.set_walk(start * WALK_DEVIATION);
    }
    flows.sort_by_key(|flow| flow.entry);
    scale(plan, members, &mut flows);
    flows
}

fn pair_flows(plan: &Plan, members: &[Member], rng: &mut Pcg64) -> Vec<Flow> {
    let members = &members[..plan.members];
    let pairs = (members.len() * (members.len() - 1)) as f64;
    let present = (1.0 - plan.absent_pairs).min(MAX_PAIRS / pairs);
    let mut flows = Vec::new();
    for src in 0..members.len() {
        for dst in 0..members.len() {
            let largest = members.len() == 2 || (flows.is_empty() && src + 1 == members.len());
            if src != dst && (largest || rng.random_bool(present)) {
                add_pair(members, src, dst, rng, &mut flows);
            }
        }
    }
    flows
}

fn add_pair(members: &[Member], src: usize, dst: usize, rng: &mut Pcg64, flows: &mut Vec<Flow>) {
    let (from, to) = (&members[src], &members[dst]);
    let profile = profile(from.role, to.role);
    let noise = LogNormal::new(0.0, PAIR_NOISE).map_or(1.0, |noise| noise.sample(rng));
    let frames = from.send * to.receive * noise / profile.mean_octets();
    let choice = rng.random_range(0..4);
    let ipv6 = (from.ipv6 * to.ipv6).sqrt();
    let private = if from.is_private() && to.is_private() { (1.0 - ipv6) * PRIVATE_SHARE } else { 0.0 };
    let parts =
        [(PEERING_VLAN, Payload::Ipv4, 1.0 - ipv6 - private), (PEERING_VLAN, Payload::Ipv6, ipv6), (PRIVATE_VLAN, Payload::Ipv4, private)];
    for (vlan, payload, share) in parts {
        if share > 0.0 {
            flows.push(Flow { profile, frames_per_second: frames * share, ..between(members, src, dst, vlan, payload, choice) });
        }
    }
}

fn profile(from: Role, to: Role) -> Profile {
    match (from, to) {
        (Role::Content, Role::Eyeball | Role::Mixed) => Profile::Content,
        (Role::Eyeball, Role::Content) => Profile::Acknowledgements,
        _ => Profile::Mixed,
    }
}

/// A flow between two members, still without volume.
fn between(members: &[Member], src: usize, dst: usize, vlan: u16, payload: Payload, choice: usize) -> Flow {
    let (from, to) = (&members[src], &members[dst]);
    let ip_version = match payload {
        Payload::Ipv4 => 4,
        Payload::Ipv6 | Payload::Solicitation => 6,
        Payload::Arp => 0,
    };
    Flow {
        cell: CellKey {
            src: Party::member(from.asn),
            dst: Party::member(to.asn),
            vlan,
            ip_version,
            reason: Reason::Attributed,
            localities: Localities { src: from.locality(), dst: to.locality() },
        },
        entry: src,
        exit: Exit::Port(dst),
        receiver: dst,
        src_mac: from.mac(vlan, choice),
        dst_mac: to.mac(vlan, choice / 2),
        payload,
        profile: Profile::Mixed,
        frames_per_second: 0.0,
        walk: 0.0,
        walk_factor: 1.0,
    }
}

/// Adds the flows that are not between two members; `total` is the frames of those that are.
fn add_extras(plan: &Plan, members: &[Member], total: f64, flows: &mut Vec<Flow>) {
    let extras = plan.extras;
    let (stranger, last) = (plan.members, plan.members - 1);
    let each = total / plan.members as f64;
    let mut add = |share: f64, flow: Flow| {
        if share > 0.0 {
            flows.push(Flow { frames_per_second: share, ..flow });
        }
    };
    for src in 0..plan.members {
        let dst = (src + 1) % plan.members;
        add(each * extras.arp, arp(members, src, dst));
        add(each * extras.neighbour_solicitations, solicitation(plan.protocol, members, src, dst));
    }
    add(total * extras.from_unknown, from_unknown(members, stranger));
    add(total * extras.to_unknown, to_unknown(members, stranger));
    add(total * extras.discarded, discarded(members, last));
}

fn arp(members: &[Member], src: usize, dst: usize) -> Flow {
    let flow = between(members, src, dst, PEERING_VLAN, Payload::Arp, 0);
    let cell = CellKey { dst: Party::unknown(BROADCAST), reason: Reason::GroupDestination, ..flow.cell };
    Flow { cell, exit: Exit::FloodUnsaid, dst_mac: BROADCAST, profile: Profile::Arp, ..flow }
}

fn solicitation(protocol: Protocol, members: &[Member], src: usize, dst: usize) -> Flow {
    let flow = between(members, src, dst, PEERING_VLAN, Payload::Solicitation, 0);
    // RFC 2464, section 7, of the solicited-node address of RFC 4291, section 2.7.1.
    let [.., a, b, c] = members[dst].lan_ipv6(PEERING_VLAN).octets();
    let group = Mac::new([0x33, 0x33, 0xff, a, b, c]);
    // Only sFlow can say of a frame that it leaves by several ports.
    let reason = if protocol.is_sflow() { Reason::MultipleOutputs } else { Reason::GroupDestination };
    let cell = CellKey { dst: Party::unknown(group), reason, ..flow.cell };
    Flow { cell, exit: Exit::Flood, dst_mac: group, profile: Profile::Solicitation, ..flow }
}

fn from_unknown(members: &[Member], stranger: usize) -> Flow {
    let flow = between(members, stranger, 0, PEERING_VLAN, Payload::Ipv4, 0);
    Flow { cell: CellKey { src: Party::unknown(flow.src_mac), reason: Reason::UnknownSource, ..flow.cell }, ..flow }
}

fn to_unknown(members: &[Member], stranger: usize) -> Flow {
    let flow = between(members, 0, stranger, PEERING_VLAN, Payload::Ipv4, 0);
    Flow { cell: CellKey { dst: Party::unknown(flow.dst_mac), reason: Reason::UnknownDestination, ..flow.cell }, ..flow }
}

fn discarded(members: &[Member], last: usize) -> Flow {
    let flow = between(members, 0, last, PEERING_VLAN, Payload::Ipv4, 0);
    Flow { cell: CellKey { reason: Reason::Discarded, ..flow.cell }, exit: Exit::Discarded, ..flow }
}

/// Scales volumes so that the switches take the plan's samples per second at the peak.
fn scale(plan: &Plan, members: &[Member], flows: &mut [Flow]) {
    let sampled = |flow: &Flow| flow.frames_per_second / f64::from(plan.sampling_of(members[flow.entry].switch));
    let samples: f64 = flows.iter().map(sampled).sum();
    if samples <= 0.0 {
        return;
    }
    let factor = plan.peak_samples_per_second / samples;
    for flow in flows {
        flow.frames_per_second *= factor;
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::members;
    use crate::plan::Extras;

    fn made(plan: &Plan) -> (Vec<Member>, Vec<Flow>) {
        let mut rng = Pcg64::seed_from_u64(plan.seed);
        let members = members::members(plan, &members::switches(plan.members), &mut rng);
        let flows = flows(plan, &members, &mut rng);
        (members, flows)
    }

    #[test]
    fn volumes_give_the_samples_asked_for() {
        let plan = Plan { switch_sampling: vec![(1, 512)], peak_samples_per_second: 250.0, ..Plan::default() };
        let (members, flows) = made(&plan);
        let samples: f64 = flows.iter().map(|flow| flow.frames_per_second / f64::from(plan.sampling_of(members[flow.entry].switch))).sum();
        assert!((samples - 250.0).abs() < 1e-6);
    }

    #[test]
    fn few_pairs_carry_most_and_some_carry_nothing() {
        let (_, flows) = made(&Plan { extras: Extras::NONE, ..Plan::default() });
        let mut volumes: Vec<f64> = flows.iter().map(|flow| flow.frames_per_second).collect();
        volumes.sort_by(|a, b| b.total_cmp(a));
        let tenth: f64 = volumes[..volumes.len() / 10].iter().sum();
        assert!(tenth / volumes.iter().sum::<f64>() > 0.5);
        let mut pairs: Vec<_> = flows.iter().map(|flow| (flow.cell.src, flow.cell.dst)).collect();
        pairs.sort_unstable();
        pairs.dedup();
        assert!((1_450..1_720).contains(&pairs.len()), "{} of 2,256 pairs", pairs.len());
    }

    #[test]
    fn the_smallest_and_the_emptiest_exchange_have_traffic() {
        for plan in [Plan { members: 2, ..Plan::default() }, Plan { absent_pairs: 1.0, ..Plan::default() }] {
            let (_, flows) = made(&plan);
            assert!(flows.iter().any(|flow| flow.cell.reason == Reason::Attributed && flow.frames_per_second > 0.0));
        }
    }

    #[test]
    fn a_walk_stays_near_its_mean() {
        let (_, mut flows) = made(&Plan::default());
        let mut rng = Pcg64::seed_from_u64(3);
        for _ in 0..2_000 {
            flows.iter_mut().for_each(|flow| flow.walk(&mut rng));
        }
        let mean = flows.iter().map(|flow| flow.walk_factor).sum::<f64>() / flows.len() as f64;
        assert!((0.97..1.03).contains(&mean), "{mean}");
    }
}
