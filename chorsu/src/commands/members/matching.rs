//! Whose a MAC address was, day by day, as a member list says.
//!
//! A list's claims may begin and end at any moment; a re-attribution holds for whole days, because the coarsest roll-up is a day. A day on which the
//! list says more than one thing of an address stays as it is.

use directory::{Claim, Validity};
use schema::{Asn, Timestamp};
use store::reattribution::Day;

/// Days in a row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Days {
    /// The first one.
    pub(super) from: Day,
    /// The day after the last.
    pub(super) until: Day,
}

/// A claim of one MAC address: whose it is, in which VLAN (`None` for every one), and when.
pub(super) type Claimed = (Asn, Option<u16>, Validity);

/// What a list says of one address in one VLAN over some days.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Said {
    /// Whose it is, for the longest stretches of days on which it is that of one member.
    pub(super) owned: Vec<(Days, Asn)>,
    /// Days on which it changes hands, or is claimed for a part only.
    pub(super) divided: Vec<Day>,
    /// Whether several members claim it on some of the days.
    pub(super) is_ambiguous: bool,
}

impl Days {
    pub(super) fn containing(first: Day, last: Day) -> Self {
        Self { from: first, until: last.next() }
    }

    const fn is_empty(self) -> bool {
        self.from.number() >= self.until.number()
    }
}

/// What the claims of an address say of it in a VLAN within `days`.
pub(super) fn said(days: Days, vlan: u16, claims: &[Claimed]) -> Said {
    let mut said = Said::default();
    let boundaries: Vec<Timestamp> = claims.iter().flat_map(|(.., validity)| [validity.from(), validity.until()]).flatten().collect();
    for stretch in stretches(days, &boundaries) {
        let within = boundaries.iter().filter(|at| stretch.from.start() < **at && **at < stretch.until.start());
        let mut owners: Vec<Claim> = std::iter::once(&stretch.from.start()).chain(within).map(|at| owner(*at, vlan, claims)).collect();
        owners.dedup();
        match owners.as_slice() {
            [Claim::Member(asn)] => said.own(stretch, *asn),
            [one] => said.is_ambiguous |= *one == Claim::Ambiguous,
            _ => said.divided.push(stretch.from),
        }
    }
    said
}

/// Whose an address is at a moment: by the claims that name the VLAN, else by those for every VLAN, as in the directory.
fn owner(at: Timestamp, vlan: u16, claims: &[Claimed]) -> Claim {
    let among = |named: Option<u16>| {
        let mut owners = claims.iter().filter(|(_, vlan, validity)| *vlan == named && validity.holds_at(at)).map(|(asn, ..)| *asn);
        let first = owners.next()?;
        Some(if owners.all(|other| other == first) { Claim::Member(first) } else { Claim::Ambiguous })
    };
    among(Some(vlan)).or_else(|| among(None)).unwrap_or(Claim::Nobody)
}

/// The days, cut so that nothing changes within a stretch but where it is a single day.
fn stretches(days: Days, boundaries: &[Timestamp]) -> Vec<Days> {
    let mut cuts = vec![days.from, days.until];
    for at in boundaries {
        let day = Day::containing(*at);
        cuts.push(day);
        if day.start() != *at {
            cuts.push(day.next());
        }
    }
    cuts.retain(|day| (days.from..=days.until).contains(day));
    cuts.sort_unstable();
    cuts.dedup();
    let stretch = |(from, until): (&Day, &Day)| Days { from: *from, until: *until };
    cuts.iter().zip(cuts.iter().skip(1)).map(stretch).filter(|stretch| !stretch.is_empty()).collect()
}

impl Said {
    fn own(&mut self, days: Days, asn: Asn) {
        match self.owned.last_mut() {
            Some((before, owner)) if *owner == asn && before.until == days.from => before.until = days.until,
            _ => self.owned.push((days, asn)),
        }
    }
}

#[cfg(test)]
mod tests {
    use schema::Mac;

    use super::*;

    fn day(number: u32) -> Day {
        format!("2026-11-{number:02}").parse().unwrap()
    }

    fn days(from: u32, until: u32) -> Days {
        Days { from: day(from), until: day(until) }
    }

    fn claim(asn: u32, from: &str, until: &str) -> Claimed {
        let at = |text: &str| text.parse().ok();
        (Asn(asn), None, Validity::new(at(from), at(until)).unwrap())
    }

    fn of(claims: &[Claimed]) -> Said {
        said(days(10, 20), 0, claims)
    }

    #[test]
    fn a_claim_without_bounds_is_good_for_all_days() {
        assert_eq!(of(&[claim(1, "", "")]).owned, [(days(10, 20), Asn(1))]);
        assert_eq!(of(&[claim(1, "2026-01-01", "")]).owned, [(days(10, 20), Asn(1))]);
        assert_eq!(of(&[]), Said::default());
    }

    #[test]
    fn a_claim_for_some_of_the_days_is_restricted_to_them() {
        let part = of(&[claim(1, "2026-11-12", "2026-11-15")]);
        assert_eq!(part, Said { owned: vec![(days(12, 15), Asn(1))], ..Said::default() });
        assert_eq!(of(&[claim(1, "2026-11-25", "")]), Said::default());
    }

    #[test]
    fn a_day_on_which_an_address_changes_hands_is_left_as_it_is() {
        let moved = of(&[claim(1, "", "2026-11-12T12:00:00Z"), claim(2, "2026-11-12T12:00:00Z", "")]);
        assert_eq!(
            moved,
            Said { owned: vec![(days(10, 12), Asn(1)), (days(13, 20), Asn(2))], divided: vec![day(12)], is_ambiguous: false }
        );
        let within = of(&[claim(1, "2026-11-12T12:00:00Z", "2026-11-12T18:00:00Z")]);
        assert_eq!(within, Said { divided: vec![day(12)], ..Said::default() });
    }

    #[test]
    fn a_boundary_that_changes_nothing_divides_nothing() {
        let same = of(&[claim(1, "", "2026-11-12T12:00:00Z"), claim(1, "2026-11-12T12:00:00Z", "2026-11-14"), claim(1, "2026-11-14", "")]);
        assert_eq!(same.owned, [(days(10, 20), Asn(1))]);
    }

    #[test]
    fn an_address_of_several_members_is_nobodys() {
        let said = of(&[claim(1, "", ""), claim(2, "", "2026-11-18")]);
        assert_eq!(said, Said { owned: vec![(days(18, 20), Asn(1))], divided: Vec::new(), is_ambiguous: true });
    }

    #[test]
    fn whose_an_address_is_is_what_the_directory_says_at_any_moment() {
        let list = "asn,mac,vlan,from,until\n\
                    64500,02:00:5e:00:00:01,,,2026-11-12T12:00:00Z\n\
                    64501,02:00:5e:00:00:01,,2026-11-11,\n\
                    64502,02:00:5e:00:00:01,7,2026-11-13,2026-11-16\n\
                    64503,02:00:5e:00:00:01,7,2026-11-15,2026-11-17\n";
        let list = directory::parse(list.as_bytes(), None).unwrap();
        let mac: Mac = "02:00:5e:00:00:01".parse().unwrap();
        let claims: Vec<Claimed> = list.mac_claims().map(|(asn, claim, validity)| (asn, claim.vlan, validity)).collect();
        assert_eq!(claims.len(), 4);
        for hours in 0..12 * 24 {
            let at = day(9).start().plus(std::time::Duration::from_secs(3_600) * hours);
            for vlan in [0, 7, 8] {
                assert_eq!(owner(at, vlan, &claims), list.as_of(at).by_mac(mac, vlan), "{at}, VLAN {vlan}");
            }
        }
    }
}
