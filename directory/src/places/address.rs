//! Addresses as numbers, and prefixes of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address as a number: `u32` for IPv4, `u128` for IPv6.
pub(crate) trait Bits: Copy + Ord {
    /// Bits of an address.
    const WIDTH: u8;
    /// The first address.
    const ZERO: Self;

    /// The next address; `None` after the last.
    fn next(self) -> Option<Self>;
    /// The address with every bit behind the first `len` cleared.
    fn first_of(self, len: u8) -> Self;
    /// The address with every bit behind the first `len` set.
    fn last_of(self, len: u8) -> Self;
    /// The number of `bits` bits that begins at bit `from`, counted from the left. It lies within one half of the address, and has at most 16 bits.
    fn part(self, from: u8, bits: u8) -> usize;
    /// The address with `part` written there.
    fn with_part(self, from: u8, bits: u8, part: usize) -> Self;
    /// Zero bits at its end.
    fn trailing_zeros(self) -> u8;
}

macro_rules! bits {
    ($number:ty, $width:literal, $part:expr) => {
        impl Bits for $number {
            const WIDTH: u8 = $width;
            const ZERO: Self = 0;

            fn next(self) -> Option<Self> {
                self.checked_add(1)
            }

            fn first_of(self, len: u8) -> Self {
                self & !Self::MAX.checked_shr(len.into()).unwrap_or(0)
            }

            fn last_of(self, len: u8) -> Self {
                self | Self::MAX.checked_shr(len.into()).unwrap_or(0)
            }

            #[inline]
            fn part(self, from: u8, bits: u8) -> usize {
                $part(self, from, bits) & ((1 << bits) - 1)
            }

            fn with_part(self, from: u8, bits: u8, part: usize) -> Self {
                self | (part as Self) << ($width - from - bits)
            }

            fn trailing_zeros(self) -> u8 {
                Self::trailing_zeros(self) as u8
            }
        }
    };
}

bits!(u32, 32, |address: u32, from: u8, bits: u8| (address >> (32 - from - bits)) as usize);
// A shift of 128 bits is several instructions, and one of a half is one.
bits!(u128, 128, |address: u128, from: u8, bits: u8| {
    let half = if from < 64 { (address >> 64) as u64 } else { address as u64 };
    (half >> (64 - (from & 63) - bits)) as usize
});

/// A prefix without bits behind its length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Prefix<A> {
    pub(crate) first: A,
    pub(crate) len: u8,
}

/// A prefix of either version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum AnyPrefix {
    V4(Prefix<u32>),
    V6(Prefix<u128>),
}

/// Why a text is no prefix.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum NoPrefix {
    /// It has nothing of one.
    Unreadable,
    /// It has bits behind its length; this is what may have been meant.
    HostBits(String),
}

impl AnyPrefix {
    /// A prefix, or an address, which is a prefix of all its bits. IPv4 written as IPv6 is IPv4.
    pub(crate) fn parse(text: &str) -> Result<Self, NoPrefix> {
        let (address, len) = match text.split_once('/') {
            Some((address, len)) => (address, Some(number(len).ok_or(NoPrefix::Unreadable)?)),
            None => (text, None),
        };
        match address.trim().parse().map_err(|_| NoPrefix::Unreadable)? {
            IpAddr::V4(address) => v4(address, len.unwrap_or(32)),
            IpAddr::V6(address) => match (address.to_ipv4_mapped(), len.unwrap_or(128)) {
                (Some(mapped), len @ 96..=128) => v4(mapped, len - 96),
                (_, len) => v6(address, len),
            },
        }
    }
}

/// A length as it is written: digits only.
fn number(text: &str) -> Option<u8> {
    let text = text.trim();
    text.bytes().all(|octet| octet.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn v4(address: Ipv4Addr, len: u8) -> Result<AnyPrefix, NoPrefix> {
    let prefix = whole(address.to_bits(), len, |first| Ipv4Addr::from_bits(first).to_string())?;
    Ok(AnyPrefix::V4(prefix))
}

fn v6(address: Ipv6Addr, len: u8) -> Result<AnyPrefix, NoPrefix> {
    let prefix = whole(address.to_bits(), len, |first| Ipv6Addr::from_bits(first).to_string())?;
    Ok(AnyPrefix::V6(prefix))
}

fn whole<A: Bits>(address: A, len: u8, written: impl Fn(A) -> String) -> Result<Prefix<A>, NoPrefix> {
    if len > A::WIDTH {
        return Err(NoPrefix::Unreadable);
    }
    let first = address.first_of(len);
    if first == address { Ok(Prefix { first, len }) } else { Err(NoPrefix::HostBits(format!("{}/{len}", written(first)))) }
}

/// The fewest prefixes that are the addresses from `first` to `last`, in their order. There are at most two for each bit of the width.
pub(crate) fn covering<A: Bits>(first: A, last: A) -> impl Iterator<Item = Prefix<A>> {
    let mut next = Some(first).filter(|first| *first <= last);
    std::iter::from_fn(move || {
        let first = next?;
        let mut len = A::WIDTH - first.trailing_zeros().min(A::WIDTH);
        while first.last_of(len) > last {
            len += 1;
        }
        next = first.last_of(len).next().filter(|first| *first <= last);
        Some(Prefix { first, len })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn prefixes_and_addresses_are_read_and_nothing_else() {
        let v4 = |first: [u8; 4], len| Ok(AnyPrefix::V4(Prefix { first: u32::from_be_bytes(first), len }));
        assert_eq!(AnyPrefix::parse("192.0.2.0/24"), v4([192, 0, 2, 0], 24));
        assert_eq!(AnyPrefix::parse("192.0.2.1"), v4([192, 0, 2, 1], 32));
        assert_eq!(AnyPrefix::parse("0.0.0.0/0"), v4([0; 4], 0));
        assert_eq!(AnyPrefix::parse("::ffff:192.0.2.0/120"), v4([192, 0, 2, 0], 24));
        assert_eq!(AnyPrefix::parse("2001:db8::/32"), Ok(AnyPrefix::V6(Prefix { first: 0x2001_0db8 << 96, len: 32 })));
        for text in ["", "/", "192.0.2.0/33", "192.0.2/24", "2001:db8::/129", "192.0.2.0/+8", "192.0.2.0/", "192.0.2.0/24/1", "x"] {
            assert_eq!(AnyPrefix::parse(text), Err(NoPrefix::Unreadable), "{text:?}");
        }
        assert_eq!(AnyPrefix::parse("192.0.2.1/24"), Err(NoPrefix::HostBits("192.0.2.0/24".into())));
        assert_eq!(AnyPrefix::parse("2001:db8::1/32"), Err(NoPrefix::HostBits("2001:db8::/32".into())));
    }

    #[test]
    fn a_count_that_is_no_power_of_two_becomes_few_prefixes() {
        let first = u32::from(Ipv4Addr::new(192, 0, 2, 0));
        let prefixes: Vec<_> = covering(first, first + 767).map(|prefix| (prefix.first - first, prefix.len)).collect();
        assert_eq!(prefixes, [(0, 23), (512, 24)]);
        assert_eq!(covering(0_u32, u32::MAX).collect::<Vec<_>>(), [Prefix { first: 0, len: 0 }]);
        assert_eq!(covering(u128::MAX, u128::MAX).collect::<Vec<_>>(), [Prefix { first: u128::MAX, len: 128 }]);
        assert_eq!(covering(5_u32, 4).count(), 0);
    }

    proptest! {
        #[test]
        fn prefixes_cover_a_range_without_a_gap_and_without_anything_else(a: u32, b: u32) {
            let (first, last) = (a.min(b), a.max(b));
            let mut next = Some(first);
            for prefix in covering(first, last) {
                prop_assert_eq!(Some(prefix.first), next);
                prop_assert_eq!(prefix.first.first_of(prefix.len), prefix.first);
                next = prefix.first.last_of(prefix.len).next();
            }
            prop_assert_eq!(next, last.next());
        }

        #[test]
        fn parts_of_an_address_are_the_address(address: u128) {
            let mut put = address.part(0, 16) as u128;
            let mut again = u128::ZERO.with_part(0, 16, address.part(0, 16));
            for from in (16..128).step_by(8) {
                put = put << 8 | address.part(from, 8) as u128;
                again = again.with_part(from, 8, address.part(from, 8));
            }
            prop_assert_eq!((put, again), (address, address));
        }
    }
}
