//! Whose a MAC address was, by all claims that hold.

use std::collections::HashMap;
use std::fmt;

use schema::{Asn, Mac};

use super::claim::Claim;
use super::day::Day;

/// Claims that may be in force in one store: bounds the memory of a reader, and what it asks for each row of an unknown MAC address.
pub const MAX_CLAIMS: usize = 10_000;

/// All claims in force.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct InForce {
    /// By MAC address, in order and without overlaps in one VLAN.
    terms: HashMap<u64, Vec<Term>>,
}

/// Whose an address was in one stretch of days.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Term {
    /// `None` for all that no other term names.
    vlan: Option<u16>,
    /// The first day.
    from: Day,
    /// The last day.
    last: Day,
    asn: Asn,
}

/// Two claims give one address to two members on one day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Contradiction {
    /// The MAC address.
    pub mac: Mac,
    /// The VLAN that both name; `None` if neither names one.
    pub vlan: Option<u16>,
    /// The first day that they have in common.
    pub day: Day,
    /// The two members.
    pub asns: [Asn; 2],
}

impl InForce {
    /// Puts claims together.
    pub(crate) fn of<'c>(claims: impl IntoIterator<Item = &'c Claim>) -> Result<Self, Contradiction> {
        let mut terms: HashMap<u64, Vec<Term>> = HashMap::new();
        for claim in claims {
            terms.entry(claim.mac().bits()).or_default().push(Term::of(claim));
        }
        for (mac, terms) in &mut terms {
            *terms = without_overlaps(std::mem::take(terms)).map_err(|found| found.of_mac(*mac))?;
        }
        Ok(Self { terms })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The MAC addresses that are claimed, in order.
    pub(crate) fn macs(&self) -> Vec<u64> {
        let mut macs: Vec<u64> = self.terms.keys().copied().collect();
        macs.sort_unstable();
        macs
    }

    /// Whose an address was: by the claims that name the VLAN, else by those for every VLAN, as in the directory.
    pub(crate) fn owner(&self, mac: u64, vlan: u16, day: Day) -> Option<Asn> {
        let terms = self.terms.get(&mac)?;
        term_of(terms, Some(vlan), day).or_else(|| term_of(terms, None, day)).map(|term| term.asn)
    }
}

impl Term {
    fn of(claim: &Claim) -> Self {
        let last = claim.until().map_or(Day::LAST, Day::before);
        Self { vlan: claim.vlan(), from: claim.from().unwrap_or(Day::FIRST), last, asn: claim.asn() }
    }
}

fn term_of(terms: &[Term], vlan: Option<u16>, day: Day) -> Option<&Term> {
    let after = terms.partition_point(|term| (term.vlan, term.from) <= (vlan, day));
    let term = terms.get(after.checked_sub(1)?)?;
    (term.vlan == vlan && day <= term.last).then_some(term)
}

/// Two terms that contradict each other.
struct Clash(Term, Term);

impl Clash {
    const fn of_mac(&self, mac: u64) -> Contradiction {
        let Self(one, other) = self;
        Contradiction { mac: Mac::from_bits(mac), vlan: other.vlan, day: other.from, asns: [one.asn, other.asn] }
    }
}

fn without_overlaps(mut terms: Vec<Term>) -> Result<Vec<Term>, Clash> {
    terms.sort_unstable();
    let mut apart: Vec<Term> = Vec::with_capacity(terms.len());
    for term in terms {
        match apart.last_mut() {
            Some(before) if before.vlan == term.vlan && term.from <= before.last => {
                if before.asn != term.asn {
                    return Err(Clash(*before, term));
                }
                before.last = before.last.max(term.last);
            }
            _ => apart.push(term),
        }
    }
    Ok(apart)
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { mac, vlan, day, asns: [one, other] } = self;
        write!(f, "{mac}")?;
        if let Some(vlan) = vlan {
            write!(f, " in VLAN {vlan}")?;
        }
        write!(f, " is claimed for {one} and for {other} on {day}; claim other days, or withdraw the claim that is wrong")
    }
}

impl std::error::Error for Contradiction {}

#[cfg(test)]
mod tests {
    use super::*;
    use schema::Timestamp;

    const MAC: Mac = Mac::new([2, 0, 0, 0, 0, 9]);

    fn day(number: u32) -> Day {
        Day::containing(Timestamp(i64::from(number) * 86_400_000))
    }

    fn claim(vlan: Option<u16>, asn: u32, from: Option<u32>, until: Option<u32>) -> Claim {
        let midnight = |number: Option<u32>| number.map(|number| day(number).start());
        Claim::new(MAC, vlan, Asn(asn)).unwrap().during(midnight(from), midnight(until)).unwrap()
    }

    #[test]
    fn a_claim_for_a_vlan_goes_before_one_for_all() {
        let claims = [claim(None, 1, None, None), claim(Some(7), 2, Some(10), Some(12)), claim(Some(7), 3, Some(12), None)];
        let in_force = InForce::of(&claims).unwrap();
        let owner = |vlan, number| in_force.owner(MAC.bits(), vlan, day(number)).map(|asn| asn.0);
        assert_eq!((owner(0, 11), owner(8, 11)), (Some(1), Some(1)));
        assert_eq!([9, 10, 11, 12, 900].map(|number| owner(7, number)), [Some(1), Some(2), Some(2), Some(3), Some(3)]);
        assert_eq!(in_force.owner(MAC.bits() + 1, 7, day(11)), None);
    }

    #[test]
    fn days_before_between_and_after_claims_are_nobodys() {
        let in_force = InForce::of(&[claim(Some(0), 1, Some(3), Some(5)), claim(Some(0), 1, Some(7), Some(8))]).unwrap();
        let owned: Vec<u32> = (0..10).filter(|number| in_force.owner(MAC.bits(), 0, day(*number)).is_some()).collect();
        assert_eq!(owned, [3, 4, 7]);
        assert_eq!(in_force.owner(MAC.bits(), 1, day(3)), None);
    }

    #[test]
    fn the_same_said_twice_is_no_contradiction() {
        let claims = [
            claim(None, 1, Some(3), Some(9)),
            claim(None, 1, Some(4), Some(5)),
            claim(None, 1, Some(8), None),
            claim(None, 2, None, Some(3)),
        ];
        let in_force = InForce::of(&claims).unwrap();
        let owned: Vec<Option<u32>> = (2..10).map(|number| in_force.owner(MAC.bits(), 5, day(number)).map(|asn| asn.0)).collect();
        assert_eq!(owned, [&[Some(2)][..], &[Some(1); 7]].concat());
    }

    #[test]
    fn one_day_of_one_address_for_two_members_is_a_contradiction() {
        for vlan in [None, Some(7)] {
            let found = InForce::of(&[claim(vlan, 2, Some(8), None), claim(vlan, 1, Some(3), Some(9))]).unwrap_err();
            assert_eq!(found, Contradiction { mac: MAC, vlan, day: day(8), asns: [Asn(1), Asn(2)] });
            assert!(found.to_string().contains("AS1 and for AS2 on 1970-01-09"), "{found}");
        }
    }
}
