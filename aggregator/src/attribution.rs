//! Who exchanged a frame.

use std::net::IpAddr;

use directory::{Claim, Snapshot};
use schema::sample::{FlowSample, Frame, Interface, MacPair};
use schema::{CellKey, Mac, Party, Reason};

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

/// The cell that a sampled frame belongs to.
///
/// A MAC address is asked for first, because a switch may name its output port wrongly or not at all; a port that the directory gives to a
/// member answers only where the MAC does not.
#[inline]
#[must_use]
pub fn attribute(sample: &FlowSample, frame: &Frame, agent: IpAddr, directory: &Snapshot, parties: Parties) -> CellKey {
    let (src, dst, reason) = match (frame.macs, parties) {
        (Some(macs), Parties::Members) => members(sample, macs, frame.vlan, agent, directory),
        (Some(macs), Parties::Macs) => (Party::unknown(macs.src), Party::unknown(macs.dst), Reason::Attributed),
        (None, Parties::Members) => by_ports(sample, agent, directory),
        (None, Parties::Macs) => (Party::NOBODY, Party::NOBODY, Reason::NoLayer2),
    };
    let reason = set_aside(sample.output, parties).unwrap_or(reason);
    CellKey { src, dst, vlan: frame.vlan, ip_version: frame.ip_version, reason }
}

/// Dropped frames, and flooded ones where it is asked which member received them, are health figures, whoever sent them.
const fn set_aside(output: Interface, parties: Parties) -> Option<Reason> {
    match (output, parties) {
        (Interface::Discarded(_), _) => Some(Reason::Discarded),
        (Interface::Multiple(_), Parties::Members) => Some(Reason::MultipleOutputs),
        _ => None,
    }
}

type Attribution = (Party, Party, Reason);

#[inline]
fn members(sample: &FlowSample, macs: MacPair, vlan: u16, agent: IpAddr, directory: &Snapshot) -> Attribution {
    let src = side(macs.src, vlan, sample.input, agent, directory);
    if macs.dst.is_group() {
        let src = match src {
            Side::Known(party) | Side::Unknown(party) => party,
            Side::Ambiguous => Party::NOBODY,
        };
        return (src, Party::NOBODY, Reason::GroupDestination);
    }
    let dst = side(macs.dst, vlan, sample.output, agent, directory);
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

/// Forced inline: it is done twice for each sample, and a third of a call of it was spent on calling.
#[inline(always)]
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

fn by_ports(sample: &FlowSample, agent: IpAddr, directory: &Snapshot) -> Attribution {
    let member = |port: Interface| port.index().and_then(|index| directory.by_port(agent, index)).map(Party::member);
    match (member(sample.input), member(sample.output)) {
        (Some(src), Some(dst)) => (src, dst, Reason::Attributed),
        (src, dst) => (src.unwrap_or(Party::NOBODY), dst.unwrap_or(Party::NOBODY), Reason::NoLayer2),
    }
}
