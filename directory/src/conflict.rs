//! Claims that several members make at the same time.

use std::collections::BTreeSet;

use schema::Asn;

use crate::member::Dated;
use crate::validity::Validity;

/// Claims in the order in which [`each`] reads them: by what is claimed, then by time.
pub(crate) fn sorted<C: Ord>(claims: impl Iterator<Item = (Dated<C>, Asn)>) -> Vec<(Dated<C>, Asn)> {
    let mut claims: Vec<_> = claims.collect();
    claims.sort_unstable();
    claims
}

/// Tells of each conflict: what is claimed, when, and a way to list by whom.
pub(crate) fn each<C: Copy + Eq>(claims: &[(Dated<C>, Asn)], mut tell: impl FnMut(C, Validity, &dyn Fn() -> Vec<Asn>)) {
    for same in claims.chunk_by(|(a, _), (b, _)| a.claim == b.claim) {
        let Some((first, _)) = same.first() else { continue };
        for conflict in conflicts(same) {
            tell(first.claim, conflict.validity, &|| conflict.members.iter().copied().collect());
        }
    }
}

/// A time in which more than one member claims the same.
#[derive(PartialEq, Eq, Debug)]
struct Conflict {
    validity: Validity,
    members: BTreeSet<Asn>,
}

/// The conflicts among claims of one thing, which are in the order of their beginnings. Claims of one member do not overlap.
///
/// Whatever a claim overlaps of those before it, it overlaps of the one among them that lasts longest. So one look back for each claim
/// finds all overlaps, and those that touch are one conflict.
fn conflicts<C>(same: &[(Dated<C>, Asn)]) -> Vec<Conflict> {
    let mut conflicts: Vec<Conflict> = Vec::new();
    let mut longest: Option<(Validity, Asn)> = None;
    for (Dated { validity, .. }, asn) in same {
        let Some((before, holder)) = longest else {
            longest = Some((*validity, *asn));
            continue;
        };
        if let Some(overlap) = before.overlap(*validity) {
            add(&mut conflicts, overlap, [holder, *asn]);
        }
        if validity.outlasts(before) {
            longest = Some((*validity, *asn));
        }
    }
    conflicts
}

/// Adds an overlap to the latest conflict if there is no gap between them.
fn add(conflicts: &mut Vec<Conflict>, overlap: Validity, members: [Asn; 2]) {
    if let Some(latest) = conflicts.last_mut()
        && let Some(joined) = latest.validity.joined(overlap)
    {
        latest.validity = joined;
        latest.members.extend(members);
        return;
    }
    conflicts.push(Conflict { validity: overlap, members: members.into() });
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::vec;
    use proptest::prelude::*;
    use schema::Timestamp;

    use super::*;

    fn span(from: i64, until: i64) -> Validity {
        Validity::new(Some(Timestamp(from)), Some(Timestamp(until))).unwrap()
    }

    /// Conflicts among claims of one thing, each a member with the time.
    fn found(claims: &[(u32, i64, i64)]) -> Vec<(Validity, Vec<u32>)> {
        let dated = |&(asn, from, until): &(u32, i64, i64)| (Dated { claim: (), validity: span(from, until) }, Asn(asn));
        let mut found = Vec::new();
        each(&sorted(claims.iter().map(dated)), |(), validity, members| {
            found.push((validity, members().into_iter().map(|asn| asn.0).collect()));
        });
        found
    }

    #[test]
    fn what_moves_from_one_member_to_another_is_no_conflict() {
        assert_eq!(found(&[(1, 0, 5), (2, 5, 9), (1, 9, 12)]), []);
        assert_eq!(found(&[(1, 0, 5)]), []);
        assert_eq!(found(&[]), []);
    }

    #[test]
    fn each_time_of_a_conflict_is_told_with_those_who_have_it() {
        let claims = [(1, 0, 20), (2, 2, 4), (3, 10, 12), (4, 11, 30), (5, 30, 40)];
        assert_eq!(found(&claims), [(span(2, 4), vec![1, 2]), (span(10, 20), vec![1, 3, 4])]);
    }

    proptest! {
        #[test]
        fn conflicts_are_where_a_count_finds_several_members(lengths in vec(vec((0..4_i64, 1..6_i64), 0..4), 0..5)) {
            // Of each member, gaps and lengths by turns: so its own claims do not overlap.
            let mut claims = Vec::new();
            for (asn, lengths) in (1_u32..).zip(&lengths) {
                let mut at = 0;
                for (gap, length) in lengths {
                    claims.push((asn, at + gap, at + gap + length));
                    at += gap + length;
                }
            }
            let found = found(&claims);
            for at in 0..50 {
                let several: Vec<u32> =
                    claims.iter().filter(|(_, from, until)| (from..until).contains(&&at)).map(|(asn, ..)| *asn).collect();
                let told: BTreeMap<_, _> = found.iter().filter(|(validity, _)| validity.holds_at(Timestamp(at))).cloned().collect();
                prop_assert_eq!(told.len(), usize::from(several.len() > 1), "{}: {:?} {:?}", at, several, found);
                for members in told.values() {
                    prop_assert!(several.len() < 2 || several.iter().all(|asn| members.contains(asn)), "{}: {:?} {:?}", at, several, found);
                }
            }
        }
    }
}
