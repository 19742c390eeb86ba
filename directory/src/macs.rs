//! MAC addresses and whose they are, as the hot path asks twice for each sample.

use schema::{Mac, Party};

use crate::member::Claim;

/// What a list says of one MAC address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Known {
    /// Whose it is where no claim names the VLAN.
    pub(crate) anywhere: Claim,
    /// Whether some claim names a VLAN. Few do: for all other addresses one look is enough.
    pub(crate) has_scoped: bool,
}

/// The addresses that are known. It is built once and then only asked, so it needs no more than a row of places, half of them empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct Macs {
    /// A power of two of them, or none at all.
    places: Vec<Place>,
    /// One less than there are places.
    mask: usize,
    count: usize,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    /// The address; 0, which nobody may claim, where the place is empty.
    bits: u64,
    /// Its only owner in every VLAN; nobody if that is not all that there is to say.
    sole: Party,
    known: Known,
}

const EMPTY: Place = Place { bits: 0, sole: Party::NOBODY, known: Known { anywhere: Claim::Nobody, has_scoped: false } };

/// An odd number without pattern (the golden ratio's first 64 bits): the high bits of a product with it differ for addresses that differ anywhere. The
/// members' own addresses are not chosen to collide, and what others send finds an empty place after a few.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Macs {
    /// Of these addresses, each of which comes once.
    pub(crate) fn new(known: impl ExactSizeIterator<Item = (Mac, Known)>) -> Self {
        let places = vec![EMPTY; (known.len() * 2).next_power_of_two()];
        let mut macs = Self { mask: places.len() - 1, places, count: known.len() };
        known.for_each(|(mac, known)| macs.enter(mac, known));
        macs
    }

    fn enter(&mut self, mac: Mac, known: Known) {
        let sole = match known {
            Known { anywhere: Claim::Member(asn), has_scoped: false } => Party::member(asn),
            _ => Party::NOBODY,
        };
        let mut at = self.home(mac);
        while self.places.get(at).is_some_and(|place| place.bits != 0) {
            at = self.next(at);
        }
        if let Some(place) = self.places.get_mut(at) {
            *place = Place { bits: mac.bits(), sole, known };
        }
    }

    /// Different addresses.
    pub(crate) const fn len(&self) -> usize {
        self.count
    }

    /// The member whose an address is in every VLAN; nobody for addresses of which there is more to say, or nothing.
    #[inline(always)]
    pub(crate) fn sole(&self, mac: Mac) -> Party {
        self.find(mac).map_or(Party::NOBODY, |place| place.sole)
    }

    /// What is known of an address.
    pub(crate) fn get(&self, mac: Mac) -> Option<Known> {
        self.find(mac).map(|place| place.known)
    }

    #[inline(always)]
    fn find(&self, mac: Mac) -> Option<&Place> {
        let mut at = self.home(mac);
        loop {
            let place = self.places.get(at)?;
            if place.bits == mac.bits() {
                return Some(place);
            }
            if place.bits == 0 {
                return None;
            }
            at = self.next(at);
        }
    }

    #[inline(always)]
    const fn home(&self, mac: Mac) -> usize {
        (mac.bits().wrapping_mul(SPREAD) >> 32) as usize & self.mask
    }

    #[inline(always)]
    const fn next(&self, at: usize) -> usize {
        (at + 1) & self.mask
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use schema::Asn;

    use super::*;

    #[test]
    fn an_address_without_octets_is_nobodys() {
        let macs = Macs::new([(Mac::from_bits(1), Known { anywhere: Claim::Member(Asn(1)), has_scoped: false })].into_iter());
        assert_eq!(
            (macs.get(Mac::from_bits(0)).map(|known| known.anywhere), macs.sole(Mac::from_bits(0))),
            (Some(Claim::Nobody), Party::NOBODY)
        );
        assert_eq!(Macs::default().sole(Mac::from_bits(1)), Party::NOBODY);
    }

    proptest! {
        #[test]
        fn what_is_known_is_found_and_nothing_else(
            list in prop::collection::btree_map(prop_oneof![1..200_u64, any::<u64>()], (0..3_u32, any::<bool>()), 0..80),
            strangers in prop::collection::vec(prop_oneof![1..200_u64, any::<u64>()], 0..80),
        ) {
            let claim = |kind| [Claim::Nobody, Claim::Ambiguous, Claim::Member(Asn(kind))][kind as usize];
            let list: BTreeMap<Mac, Known> = list.into_iter()
                .map(|(bits, (kind, has_scoped))| (Mac::from_bits(bits), Known { anywhere: claim(kind), has_scoped }))
                .filter(|(mac, _)| mac.bits() != 0)
                .collect();
            let macs = Macs::new(list.iter().map(|(mac, known)| (*mac, *known)));
            prop_assert_eq!(macs.len(), list.len());
            for mac in list.keys().copied().chain(strangers.into_iter().map(Mac::from_bits)).filter(|mac| mac.bits() != 0) {
                let known = list.get(&mac).copied();
                prop_assert_eq!(macs.get(mac), known);
                let sole = known.filter(|known| !known.has_scoped).and_then(|known| match known.anywhere {
                    Claim::Member(asn) => Some(Party::member(asn)),
                    _ => None,
                });
                prop_assert_eq!(macs.sole(mac), sole.unwrap_or(Party::NOBODY));
            }
        }
    }
}
