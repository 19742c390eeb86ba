//! Where an address is, seen from one economy.

use std::fmt;

use serde::{Serialize, Serializer};

/// Where one end of a conversation is, seen from the economy that is measured.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
#[repr(u8)]
pub enum Locality {
    /// No source says, or the one that decides says that it has no place.
    #[default]
    Unknown = 0,
    /// In the economy.
    Domestic = 1,
    /// In another one.
    Foreign = 2,
    /// Content that a foreign network serves from inside the economy, by the operator's own list.
    LocalCache = 3,
}

impl Locality {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Unknown, Self::Domestic, Self::Foreign, Self::LocalCache];

    /// The name that is stored and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Domestic => "domestic",
            Self::Foreign => "foreign",
            Self::LocalCache => "local_cache",
        }
    }

    /// The number that is stored.
    #[inline]
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The locality of a stored number; of one that this version does not know, nothing is known.
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        if code < 4 { Self::of_bits(code as u32) } else { Self::Unknown }
    }

    /// The locality of this name, as in `local_cache`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|locality| locality.name() == name)
    }

    /// The locality whose number stands in the two lowest bits.
    #[inline]
    #[must_use]
    pub const fn of_bits(bits: u32) -> Self {
        match bits & 3 {
            0 => Self::Unknown,
            1 => Self::Domestic,
            2 => Self::Foreign,
            _ => Self::LocalCache,
        }
    }
}

/// The localities of both ends. Without a table of places, both are unknown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Localities {
    /// That of the sender's address.
    pub src: Locality,
    /// That of the receiver's.
    pub dst: Locality,
}

impl Localities {
    /// Nothing is known of either end, or nobody was asked.
    pub const UNKNOWN: Self = Self { src: Locality::Unknown, dst: Locality::Unknown };

    /// Both in four bits: the sender's above the receiver's.
    #[inline]
    #[must_use]
    pub const fn bits(self) -> u8 {
        (self.src as u8) << 2 | self.dst as u8
    }

    /// Those whose bits are the four lowest.
    #[inline]
    #[must_use]
    pub const fn of_bits(bits: u8) -> Self {
        Self { src: Locality::of_bits(bits as u32 >> 2), dst: Locality::of_bits(bits as u32) }
    }
}

impl fmt::Display for Locality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Locality {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_number() {
        for locality in Locality::ALL {
            assert_eq!((Locality::of_bits(locality as u32), Locality::from_code(locality.code())), (locality, locality));
            assert_eq!(Locality::named(locality.name()), Some(locality));
        }
        assert_eq!((Locality::from_code(4), Locality::from_code(255), Locality::named("")), (Locality::Unknown, Locality::Unknown, None));
    }

    #[test]
    fn both_ends_read_back_from_their_bits() {
        for (src, dst) in Locality::ALL.into_iter().flat_map(|src| Locality::ALL.map(|dst| (src, dst))) {
            let both = Localities { src, dst };
            assert_eq!(Localities::of_bits(both.bits()), both);
            assert!(both.bits() < 16);
        }
        assert_eq!(Localities::UNKNOWN.bits(), 0);
    }
}
