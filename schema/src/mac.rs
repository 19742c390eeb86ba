//! Ethernet addresses.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An IEEE 802 MAC address; the value is its 48 bits in network order.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mac(u64);

/// The text is no MAC address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAMac(pub String);

impl Mac {
    const BITS: u64 = 0xffff_ffff_ffff;

    /// The address in its six octets.
    #[inline]
    #[must_use]
    pub const fn new(octets: [u8; 6]) -> Self {
        let [a, b, c, d, e, f] = octets;
        Self(u64::from_be_bytes([0, 0, a, b, c, d, e, f]))
    }

    /// The address from the low 48 bits of a number; higher bits are dropped.
    #[inline]
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits & Self::BITS)
    }

    /// The address as the low 48 bits of a number.
    #[inline]
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The address in its six octets.
    #[must_use]
    pub const fn octets(self) -> [u8; 6] {
        let [_, _, a, b, c, d, e, f] = self.0.to_be_bytes();
        [a, b, c, d, e, f]
    }

    /// Broadcast or multicast: the group bit of the first octet (IEEE 802, 8.2).
    #[inline]
    #[must_use]
    pub const fn is_group(self) -> bool {
        self.0 & 0x0100_0000_0000 != 0
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.octets();
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for NotAMac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no MAC address; write six pairs of hexadecimal digits, as in 02:00:5e:00:00:01", self.0)
    }
}

impl std::error::Error for NotAMac {}

impl FromStr for Mac {
    type Err = NotAMac;

    /// Reads the spellings in use: `02:00:5e:00:00:01`, `02-00-5e-00-00-01`, `0200.5e00.0001` and `02005e000001`.
    fn from_str(text: &str) -> Result<Self, NotAMac> {
        let refused = || NotAMac(text.to_owned());
        let digits: String = text.trim().chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect();
        if digits.len() != 12 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(refused());
        }
        u64::from_str_radix(&digits, 16).map(Self).map_err(|_| refused())
    }
}

impl Serialize for Mac {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Mac {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_in_use_reads_the_same() {
        let mac = Mac::new([0x02, 0, 0x5e, 0, 0, 0x01]);
        for text in ["02:00:5e:00:00:01", "02-00-5E-00-00-01", "0200.5e00.0001", "02005e000001", " 02:00:5e:00:00:01 "] {
            assert_eq!(text.parse(), Ok(mac), "{text}");
        }
        assert_eq!(mac.to_string(), "02:00:5e:00:00:01");
        assert_eq!(Mac::new(mac.octets()), mac);
        assert_eq!(Mac::from_bits(mac.bits()), mac);
    }

    #[test]
    fn a_refusal_says_what_to_write() {
        for text in ["", "02:00:5e", "02:00:5e:00:00:0g", "02:00:5e:00:00:01:02"] {
            let refused = text.parse::<Mac>().unwrap_err().to_string();
            assert!(refused.contains("six pairs"), "{refused}");
        }
    }

    #[test]
    fn group_addresses_are_told_by_their_bit() {
        assert!(Mac::new([0xff; 6]).is_group());
        assert!(Mac::new([0x33, 0x33, 0, 0, 0, 1]).is_group());
        assert!(!Mac::new([0x02, 0, 0x5e, 0, 0, 1]).is_group());
    }
}
