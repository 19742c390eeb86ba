//! The cell of the matrix that a sample is added to.

use serde::{Serialize, Serializer};

use crate::{Localities, Party};

/// Why a frame is not exchanged traffic between two known members, or `None` where it is.
///
/// The numbers are stored: never give one a new meaning.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Reason {
    /// Both sides are members.
    Attributed = 0,
    /// No member claims the source MAC.
    UnknownSource = 1,
    /// No member claims the destination MAC.
    UnknownDestination = 2,
    /// No member claims either.
    UnknownBoth = 3,
    /// Sent to a broadcast or multicast address.
    GroupDestination = 4,
    /// The sample shows no layer-2 address and its ports belong to nobody.
    NoLayer2 = 5,
    /// Several members claim the MAC, and no VLAN or port tells which of them it is.
    AmbiguousMac = 6,
    /// There were more cells in this window than its bound: counted here, so that sums stay right.
    Overflow = 7,
    /// The frame carries another one (VXLAN, MPLS), as between switches, and its own addresses belong to no member.
    Tunnelled = 8,
    /// The switch dropped the frame; set aside from the matrix.
    Discarded = 16,
    /// The switch sent it to several ports; set aside from the matrix.
    MultipleOutputs = 17,
    /// The same frame is counted where it was metered in the other direction; set aside so that it counts once.
    OtherDirection = 18,
    /// Sampled at a port between switches; the same frame is counted where it entered the fabric.
    CorePort = 19,
}

impl Reason {
    /// All reasons, in the order of their numbers.
    pub const ALL: [Self; 13] = [
        Self::Attributed,
        Self::UnknownSource,
        Self::UnknownDestination,
        Self::UnknownBoth,
        Self::GroupDestination,
        Self::NoLayer2,
        Self::AmbiguousMac,
        Self::Overflow,
        Self::Tunnelled,
        Self::Discarded,
        Self::MultipleOutputs,
        Self::OtherDirection,
        Self::CorePort,
    ];

    /// The number that is stored.
    #[inline]
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The reason of a stored number; `None` for one that this version does not know.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// The name in answers and in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Attributed => "attributed",
            Self::UnknownSource => "unknown_source",
            Self::UnknownDestination => "unknown_destination",
            Self::UnknownBoth => "unknown_both",
            Self::GroupDestination => "group_destination",
            Self::NoLayer2 => "no_layer2",
            Self::AmbiguousMac => "ambiguous_mac",
            Self::Overflow => "overflow",
            Self::Tunnelled => "tunnelled",
            Self::Discarded => "discarded",
            Self::MultipleOutputs => "multiple_outputs",
            Self::OtherDirection => "other_direction",
            Self::CorePort => "core_port",
        }
    }

    /// Frames that were not exchanged (dropped), not to one receiver (flooded), or counted elsewhere: health figures, outside the matrix's total.
    #[must_use]
    pub const fn is_set_aside(self) -> bool {
        matches!(self, Self::Discarded | Self::MultipleOutputs | Self::OtherDirection | Self::CorePort)
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A cell: who to whom, in which VLAN and IP version, why it is or is not attributed, and where both ends are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct CellKey {
    /// Sender.
    pub src: Party,
    /// Receiver.
    pub dst: Party,
    /// VLAN id; 0 for none.
    pub vlan: u16,
    /// 4, 6, or 0 for anything that is not IP.
    pub ip_version: u8,
    /// Attributed, or why not.
    pub reason: Reason,
    /// Where the addresses at both ends are.
    pub localities: Localities,
}

impl CellKey {
    /// The cell of frames of which nobody knows more than why.
    #[must_use]
    pub const fn nobody(reason: Reason) -> Self {
        Self { src: Party::NOBODY, dst: Party::NOBODY, vlan: 0, ip_version: 0, reason, localities: Localities::UNKNOWN }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_are_unique_and_read_back() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_code(reason.code()), Some(reason));
            assert_eq!(Reason::ALL.iter().filter(|other| other.name() == reason.name()).count(), 1);
        }
        assert_eq!(Reason::from_code(255), None);
    }
}
