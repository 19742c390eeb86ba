//! Who sends and who receives.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Mac;

/// An autonomous system number. A member is known by its ASN, whatever ports and routers it has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Asn(pub u32);

impl fmt::Display for Asn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AS{}", self.0)
    }
}

/// One side of a cell: a member, a MAC address that no member claims, or nobody that layer 2 names.
///
/// Eight bytes, so that a cell's key stays small: the top bits say which kind it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Party(u64);

impl Party {
    const MEMBER: u64 = 1 << 63;
    const MAC: u64 = 1 << 62;

    /// No layer-2 address was seen.
    pub const NOBODY: Self = Self(0);

    /// A member.
    #[inline]
    #[must_use]
    pub const fn member(asn: Asn) -> Self {
        Self(Self::MEMBER | asn.0 as u64)
    }

    /// A MAC address that no member claims.
    #[inline]
    #[must_use]
    pub const fn unknown(mac: Mac) -> Self {
        Self(Self::MAC | mac.bits())
    }

    /// All of it as one number, different for different parties.
    #[inline]
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The member's ASN, if it is one.
    #[inline]
    #[must_use]
    pub const fn asn(self) -> Option<Asn> {
        if self.0 & Self::MEMBER == 0 {
            return None;
        }
        let [_, _, _, _, a, b, c, d] = self.0.to_be_bytes();
        Some(Asn(u32::from_be_bytes([a, b, c, d])))
    }

    /// The unclaimed MAC address, if it is one.
    #[inline]
    #[must_use]
    pub const fn mac(self) -> Option<Mac> {
        if self.0 & Self::MAC == 0 { None } else { Some(Mac::from_bits(self.0)) }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.asn(), self.mac()) {
            (Some(asn), _) => fmt::Display::fmt(&asn, f),
            (_, Some(mac)) => fmt::Display::fmt(&mac, f),
            _ => f.write_str("nobody"),
        }
    }
}

impl fmt::Debug for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_gives_back_what_it_was_made_of() {
        let mac = Mac::new([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(Party::member(Asn(u32::MAX)).asn(), Some(Asn(u32::MAX)));
        assert_eq!(Party::member(Asn(u32::MAX)).mac(), None);
        assert_eq!(Party::unknown(mac).mac(), Some(mac));
        assert_eq!(Party::unknown(mac).asn(), None);
        assert_eq!((Party::NOBODY.asn(), Party::NOBODY.mac()), (None, None));
        assert_eq!(size_of::<Party>(), 8);
    }
}
