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
            assert_eq!(Locality::of_bits(locality as u32), locality);
        }
    }
}
