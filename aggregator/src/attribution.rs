//! Who exchanged a frame.

use std::net::IpAddr;

use directory::{Claim, Snapshot};
use schema::sample::{FlowRecord, FlowSample, Frame, Interface, IpPair, MacPair, Tunnel};
use schema::{CellKey, Localities, Mac, Party, Reason};

use crate::localities;

/// Who counts as a party of the matrix.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Parties {
    /// The directory's members.
    #[default]
    Members,
    /// Every MAC address by itself, where no directory is given.
    Macs,
}

/// One side of a frame as far as it is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Side {
    Known(Party),
    Unknown(Party),
    Ambiguous,
}

/// What tells by whom frames were exchanged, whether they come one by one or as a flow's record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Crossing {
    /// Where they entered.
    pub input: Interface,
    /// Where they left.
    pub output: Interface,
    /// Both MAC addresses, where they are known.
    pub macs: Option<MacPair>,
    /// VLAN id; 0 for none.
    pub vlan: u16,
    /// 4, 6, or 0 for anything that is not IP.
    pub ip_version: u8,
    /// What they carry other frames in.
    pub tunnel: Tunnel,
    /// Both IP addresses, where they are known.
    pub ips: Option<IpPair>,
}

impl Crossing {
    /// That of a sample's frame.
    #[inline]
    #[must_use]
    pub const fn of_frame(sample: &FlowSample, frame: &Frame) -> Self {
        let Frame { macs, vlan, ip_version, tunnel, ips, .. } = *frame;
        Self { input: sample.input, output: sample.output, macs, vlan, ip_version, tunnel, ips }
    }

    /// That of a flow record's packets.
    #[inline]
    #[must_use]
    pub const fn of_record(record: &FlowRecord) -> Self {
        let FlowRecord { input, output, macs, vlan, ip_version, tunnel, ips, .. } = *record;
        Self { input, output, macs, vlan, ip_version, tunnel, ips }
    }
}

/// The cell that frames belong to.
///
/// With a table of places it says, too, where both ends are. A MAC address is asked for first, because a switch may name its output port wrongly or not at all; a port that the directory gives to a
/// member answers only where the MAC does not.
#[must_use]
pub fn attribute(crossing: &Crossing, agent: IpAddr, directory: &Snapshot, parties: Parties) -> CellKey {
    let (src, dst, reason) = match (crossing.macs, parties) {
        (Some(macs), Parties::Members) => members(crossing, macs, agent, directory),
        (Some(macs), Parties::Macs) => (Party::unknown(macs.src), Party::unknown(macs.dst), Reason::Attributed),
        (None, Parties::Members) => by_ports(crossing.input, crossing.output, agent, directory),
        (None, Parties::Macs) => (Party::NOBODY, Party::NOBODY, Reason::NoLayer2),
    };
    let reason = if reason == Reason::Attributed { reason } else { unless_tunnelled(reason, crossing.tunnel) };
    let reason = set_aside(crossing.output, parties).unwrap_or(reason);
    let localities = directory.places().map_or(Localities::UNKNOWN, |places| {
        let found = localities::of_addresses(places, crossing.ips);
        localities::of_cell(places, found, src)
    });
    CellKey { src, dst, vlan: crossing.vlan, ip_version: crossing.ip_version, reason, localities }
}

/// Where a side is unknown, that the frame carries another one says more than the addresses of the switches at its ends.
///
/// A second VLAN tag changes nothing: the addresses in front of it are the members' own.
#[cold]
const fn unless_tunnelled(reason: Reason, tunnel: Tunnel) -> Reason {
    match (reason, tunnel) {
        (Reason::UnknownSource | Reason::UnknownDestination | Reason::UnknownBoth | Reason::NoLayer2, Tunnel::Vxlan | Tunnel::Mpls) => {
            Reason::Tunnelled
        }
        _ => reason,
    }
}

/// Dropped frames, and flooded ones where it is asked which member received them, are health figures, whoever sent them.
const fn set_aside(output: Interface, parties: Parties) -> Option<Reason> {
    match (output, parties) {
        (Interface::Discarded(_), _) => Some(Reason::Discarded),
        (Interface::Multiple(_), Parties::Members) => Some(Reason::MultipleOutputs),
        _ => None,
    }
}

/// Who exchanged all frames between two addresses, whatever their VLAN and ports, as long as they were passed on; `None` where it depends.
pub(crate) fn told_by_ends(macs: MacPair, directory: &Snapshot, parties: Parties) -> Option<(Party, Party)> {
    let (src, dst) = match parties {
        // No member may claim a group address, so the receiver is one member's router.
        Parties::Members => (directory.sole_owner(macs.src), directory.sole_owner(macs.dst)),
        Parties::Macs => (Party::unknown(macs.src), Party::unknown(macs.dst)),
    };
    (src != Party::NOBODY && dst != Party::NOBODY).then_some((src, dst))
}

type Attribution = (Party, Party, Reason);

fn members(crossing: &Crossing, macs: MacPair, agent: IpAddr, directory: &Snapshot) -> Attribution {
    let src = side(macs.src, crossing.vlan, crossing.input, agent, directory);
    if macs.dst.is_group() {
        let src = match src {
            Side::Known(party) | Side::Unknown(party) => party,
            Side::Ambiguous => Party::NOBODY,
        };
        return (src, Party::NOBODY, Reason::GroupDestination);
    }
    let dst = side(macs.dst, crossing.vlan, crossing.output, agent, directory);
    if let (Side::Known(src), Side::Known(dst)) = (src, dst) {
        return (src, dst, Reason::Attributed);
    }
    incomplete(src, dst)
}

/// What is kept of two sides of which one or both are not known.
#[cold]
fn incomplete(src: Side, dst: Side) -> Attribution {
    match (src, dst) {
        (Side::Known(src), Side::Known(dst)) => (src, dst, Reason::Attributed),
        (Side::Unknown(src), Side::Known(dst)) => (src, dst, Reason::UnknownSource),
        (Side::Known(src), Side::Unknown(dst)) => (src, dst, Reason::UnknownDestination),
        (Side::Unknown(src), Side::Unknown(dst)) => (src, dst, Reason::UnknownBoth),
        (Side::Ambiguous, Side::Known(dst) | Side::Unknown(dst)) => (Party::NOBODY, dst, Reason::AmbiguousMac),
        (Side::Known(src) | Side::Unknown(src), Side::Ambiguous) => (src, Party::NOBODY, Reason::AmbiguousMac),
        (Side::Ambiguous, Side::Ambiguous) => (Party::NOBODY, Party::NOBODY, Reason::AmbiguousMac),
    }
}

fn side(mac: Mac, vlan: u16, port: Interface, agent: IpAddr, directory: &Snapshot) -> Side {
    match directory.by_mac(mac, vlan) {
        Claim::Member(asn) => Side::Known(Party::member(asn)),
        claim => side_by_port(claim, mac, port, agent, directory),
    }
}

/// The side whose MAC address no single member claims.
#[cold]
fn side_by_port(claim: Claim, mac: Mac, port: Interface, agent: IpAddr, directory: &Snapshot) -> Side {
    if let Some(asn) = port.index().and_then(|index| directory.by_port(agent, index)) {
        return Side::Known(Party::member(asn));
    }
    if claim == Claim::Ambiguous { Side::Ambiguous } else { Side::Unknown(Party::unknown(mac)) }
}

fn by_ports(input: Interface, output: Interface, agent: IpAddr, directory: &Snapshot) -> Attribution {
    let member = |port: Interface| port.index().and_then(|index| directory.by_port(agent, index)).map(Party::member);
    match (member(input), member(output)) {
        (Some(src), Some(dst)) => (src, dst, Reason::Attributed),
        (src, dst) => (src.unwrap_or(Party::NOBODY), dst.unwrap_or(Party::NOBODY), Reason::NoLayer2),
    }
}
