//! Addresses (`address` in the datagram's definition): a type and, by it, 4 octets, 16 or none.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::reader::Reader;

const UNKNOWN: u32 = 0;
const IPV4: u32 = 1;
const IPV6: u32 = 2;

/// What stands where an address should be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Address {
    /// An IP address.
    Ip(IpAddr),
    /// Another type: 0 for an address that is not known, and no other is defined.
    OtherType(u32),
}

/// The next address; `None` if it is cut.
#[inline]
pub(super) fn read(reader: &mut Reader<'_>) -> Option<Address> {
    Some(match reader.word()? {
        IPV4 => Address::Ip(Ipv4Addr::from(reader.octets::<4>()?).into()),
        IPV6 => Address::Ip(Ipv6Addr::from(reader.octets::<16>()?).into()),
        kind => Address::OtherType(kind),
    })
}

/// Steps over an address that is not needed; `None` if it is cut or of a type of which nobody knows the length.
pub(super) fn step_over(reader: &mut Reader<'_>) -> Option<()> {
    match read(reader)? {
        Address::Ip(_) | Address::OtherType(UNKNOWN) => Some(()),
        Address::OtherType(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sflow::builder::words;

    #[test]
    fn an_address_is_as_long_as_its_type_says() {
        for (kind, octets) in [(0, 0), (1, 4), (2, 16)] {
            let bytes = [words(&[kind]), vec![7; 17]].concat();
            let mut reader = Reader::new(&bytes);
            assert_eq!((step_over(&mut reader), reader.len()), (Some(()), 17 - octets), "{kind}");
            assert_eq!(step_over(&mut Reader::new(&bytes[..3 + octets])), None, "{kind}");
        }
        assert_eq!(step_over(&mut Reader::new(&words(&[3, 0, 0]))), None);
    }
}
