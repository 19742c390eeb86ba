//! What a record of NetFlow or IPFIX says.

use crate::sample::{Direction, Interface, IpPair, LengthBasis, MacPair, Tunnel};
use crate::{Moments, Rate};

/// What one record of NetFlow or IPFIX says of one direction of a flow, or of several packets of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FlowRecord {
    /// One in so many frames was sampled; [`Rate::UNKNOWN`] where nobody announced it.
    pub rate: Rate,
    /// Where it was metered (flowDirection, element 61).
    pub direction: Direction,
    /// Where the packets entered.
    pub input: Interface,
    /// Where they left.
    pub output: Interface,
    /// Both MAC addresses, where layer 2 was exported.
    pub macs: Option<MacPair>,
    /// VLAN id; 0 if there is none.
    pub vlan: u16,
    /// 4, 6, or 0 for anything that is not IP.
    pub ip_version: u8,
    /// What the packets carry other frames in.
    pub tunnel: Tunnel,
    /// Both IP addresses, where they are exported and asked for.
    pub ips: Option<IpPair>,
    /// Packets, as exported.
    pub packets: u64,
    /// Octets, as exported.
    pub octets: u64,
    /// What the octets count.
    pub basis: LengthBasis,
    /// Σ of the squares of the packets' octets (octetDeltaSumOfSquares, element 198), where it is exported.
    pub squares: Option<u64>,
    /// When its packets passed.
    pub age: Age,
}

/// When the packets of a flow record passed, as the time before its message was exported: so an exporter's clock need not be right.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Age {
    /// Milliseconds from the first packet to the export.
    pub first_ms: u32,
    /// Milliseconds from the last packet to the export; not more than `first_ms`.
    pub last_ms: u32,
}

/// Most octets that a record may claim: a petabyte, which a port of 1 Tbit/s carries in two hours. It keeps numbers that are made up from
/// making sums overflow.
pub const MAX_RECORD_OCTETS: u64 = 1 << 50;

/// Most packets that a record may claim: as many as so many octets are in Ethernet's shortest frames. It keeps counts of frames exact, which stay at
/// their largest rather than overflow.
pub const MAX_RECORD_PACKETS: u64 = MAX_RECORD_OCTETS / 64;

impl FlowRecord {
    /// What is added to the record's cell before its rate is known: frames, whole frames' octets, and their squares.
    ///
    /// A flow's total does not say how long each packet was. Where the exporter does not give the sum of squares, packets of equal length are
    /// assumed, which is the least that it can be: `Σx² ≥ (Σx)²/n`. See [`squares_known`](Self::squares_known).
    #[inline]
    #[must_use]
    pub fn moments(&self, basis: Option<LengthBasis>) -> Moments {
        let octets = self.octets.min(MAX_RECORD_OCTETS);
        // Every packet has at least one octet, and a record with octets had a packet.
        let n = self.packets.clamp(u64::from(octets > 0), octets.clamp(1, MAX_RECORD_PACKETS));
        let missing = u64::from(basis.unwrap_or(self.basis).missing(self.vlan != 0));
        let x = octets.saturating_add(n.saturating_mul(missing));
        let equal = squared(x, n.max(1));
        // Σ(x+m)² = Σx² + 2mΣx + nm².
        let exact = |squares| u128::from(squares) + u128::from(missing) * (2 * u128::from(octets) + u128::from(n * missing));
        let exact = self.squares.map_or(0, |squares| u64::try_from(exact(squares)).unwrap_or(u64::MAX));
        Moments { n, x, xx: exact.max(equal) }
    }

    /// ifIndex of the interface at which it was metered; 0 if that is not known.
    #[inline]
    #[must_use]
    pub fn metered_at(&self) -> u32 {
        let interface = match self.direction {
            Direction::Ingress => self.input,
            Direction::Egress => self.output,
            Direction::Unknown => Interface::Unknown,
        };
        interface.index().unwrap_or(0)
    }

    /// Whether the variance of its sum is known, and not only a lower bound of it.
    #[inline]
    #[must_use]
    pub const fn squares_known(&self) -> bool {
        self.squares.is_some() || self.packets <= 1
    }
}

/// `x² / n`, or the largest number if it is greater. To divide numbers of 128 bits takes many times as long as to divide others.
#[inline]
fn squared(x: u64, n: u64) -> u64 {
    match x.checked_mul(x) {
        Some(square) => square / n,
        None => u64::try_from(u128::from(x) * u128::from(x) / u128::from(n)).unwrap_or(u64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(packets: u64, octets: u64) -> FlowRecord {
        FlowRecord {
            rate: Rate::whole(100),
            direction: Direction::Ingress,
            input: Interface::Unknown,
            output: Interface::Unknown,
            macs: None,
            vlan: 0,
            ip_version: 4,
            tunnel: Tunnel::None,
            ips: None,
            packets,
            octets,
            basis: LengthBasis::IpPacket,
            squares: None,
            age: Age::default(),
        }
    }

    #[test]
    fn a_records_octets_become_whole_frames() {
        for (basis, vlan, x) in [
            (LengthBasis::Frame, 7, 3_000),
            (LengthBasis::Layer2, 7, 3_012),
            (LengthBasis::IpPacket, 0, 3_054),
            (LengthBasis::IpPacket, 7, 3_066),
        ] {
            let moments = FlowRecord { basis, vlan, ..record(3, 3_000) }.moments(None);
            assert_eq!(moments, Moments { n: 3, x, xx: x * x / 3 }, "{basis:?}");
        }
        assert_eq!(record(3, 3_000).moments(Some(LengthBasis::Frame)).x, 3_000);
    }

    #[test]
    fn the_sum_of_squares_is_taken_where_it_is_told_and_is_never_less_than_it_can_be() {
        let told = FlowRecord { squares: Some(40 * 40 + 1_500 * 1_500), ..record(2, 1_540) };
        assert_eq!(told.moments(None).xx, 58 * 58 + 1_518 * 1_518);
        assert!(told.squares_known() && !record(2, 1_540).squares_known() && record(1, 40).squares_known());
        let impossible = FlowRecord { squares: Some(1), ..record(2, 1_540) };
        assert_eq!(impossible.moments(Some(LengthBasis::Frame)).xx, 1_540 * 1_540 / 2);
    }

    #[test]
    fn numbers_that_are_made_up_do_not_overflow() {
        for (packets, octets) in [(u64::MAX, u64::MAX), (0, u64::MAX), (u64::MAX, 1), (u64::MAX, 0), (0, 0)] {
            let moments = FlowRecord { squares: Some(u64::MAX), vlan: 9, ..record(packets, octets) }.moments(None);
            assert!(moments.n <= MAX_RECORD_OCTETS && moments.x <= 23 * MAX_RECORD_OCTETS, "{packets} {octets}: {moments:?}");
        }
        assert_eq!(record(0, 500).moments(Some(LengthBasis::Frame)), Moments { n: 1, x: 500, xx: 250_000 });
        assert_eq!(record(7, 0).moments(None).n, 1);
    }
}
