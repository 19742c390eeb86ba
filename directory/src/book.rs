//! The address book with all its times.

use schema::{Asn, Timestamp};

use crate::conflict;
use crate::member::{Dated, Listed, MacClaim, Port};
use crate::refusal::{Place, Refusal};
use crate::snapshot::Snapshot;
use crate::validity::Validity;
use crate::warning::{Warning, Warnings};

/// Members of one list. There are fewer networks in the whole Internet's routing tables; a longer list is another file.
pub const MAX_MEMBERS: usize = 100_000;

/// MAC claims of one list, those of other times included: more than any exchange has by three orders, and few enough that the tables stay
/// under 100 MB.
pub const MAX_MACS: usize = 1_000_000;

/// Port claims of one list; bounds memory as [`MAX_MACS`] does.
pub const MAX_PORTS: usize = 1_000_000;

/// A member list with all its claims: those that hold now, those that hold no more, and those that do not hold yet. It never changes: a
/// reload makes another one.
///
/// It answers nothing by itself: [`Directory::as_of`] gives the [`Snapshot`] of one moment.
#[derive(Debug, Default)]
pub struct Directory {
    members: Vec<Listed>,
    /// When a claim begins or ends: in order, each once.
    changes: Vec<Timestamp>,
    mac_count: usize,
    warnings: Warnings,
}

impl Directory {
    /// A directory that knows nobody at any time.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// The directory of these members, which are in the order of their numbers.
    pub(crate) fn build(members: Vec<Listed>, mut warnings: Warnings) -> Result<Self, Refusal> {
        bounded("members", members.len(), MAX_MEMBERS)?;
        bounded("MAC addresses", members.iter().map(|member| member.macs.len()).sum(), MAX_MACS)?;
        bounded("ports", members.iter().map(|member| member.ports.len()).sum(), MAX_PORTS)?;
        let macs = conflict::sorted(members.iter().flat_map(|member| member.macs.iter().map(|&dated| (dated, member.asn))));
        let mac_count = macs.chunk_by(|(a, _), (b, _)| a.claim.mac == b.claim.mac).count();
        conflict::each(&macs, |claim, validity, members| warnings.add(|| Warning::SharedMac { claim, validity, members: members() }));
        drop(macs);
        let ports = conflict::sorted(members.iter().flat_map(|member| member.ports.iter().map(|&dated| (dated, member.asn))));
        conflict::each(&ports, |port, validity, members| warnings.add(|| Warning::SharedPort { port, validity, members: members() }));
        Ok(Self { changes: changes(&members), members, mac_count, warnings })
    }

    /// The directory as it is at this moment, ready for every sample of it.
    #[must_use]
    pub fn as_of(&self, at: Timestamp) -> Snapshot {
        Snapshot::build(self.members.iter().map(|member| member.as_of(at)).collect(), self.unchanged_around(at))
    }

    /// The next moment at which some claim begins or ends; `None` if nothing changes any more.
    #[must_use]
    pub fn next_change(&self, after: Timestamp) -> Option<Timestamp> {
        self.changes.get(self.passed(after)).copied()
    }

    /// The time around a moment in which the same claims hold.
    fn unchanged_around(&self, at: Timestamp) -> Validity {
        let latest = self.passed(at).checked_sub(1).and_then(|position| self.changes.get(position));
        Validity::new(latest.copied(), self.next_change(at)).unwrap_or_default()
    }

    /// How many changes there are up to this moment, itself included.
    fn passed(&self, at: Timestamp) -> usize {
        self.changes.partition_point(|&change| change <= at)
    }

    /// All claims of MAC addresses with whose they are and when they hold, by ASN.
    ///
    /// Where several members claim one address at the same time, all of these claims are among them.
    pub fn mac_claims(&self) -> impl Iterator<Item = (Asn, MacClaim, Validity)> {
        self.members.iter().flat_map(|member| member.macs.iter().map(|dated| (member.asn, dated.claim, dated.validity)))
    }

    /// All claims of ports with whose they are and when they hold, by ASN.
    pub fn port_claims(&self) -> impl Iterator<Item = (Asn, Port, Validity)> {
        self.members.iter().flat_map(|member| member.ports.iter().map(|dated| (member.asn, dated.claim, dated.validity)))
    }

    /// Members in the list.
    #[must_use]
    pub const fn member_count(&self) -> usize {
        self.members.len()
    }

    /// Different MAC addresses in the list, at whatever time.
    #[must_use]
    pub const fn mac_count(&self) -> usize {
        self.mac_count
    }

    /// What the loader stepped over or could not tell apart: the first [`MAX_WARNINGS`](crate::MAX_WARNINGS).
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        self.warnings.kept()
    }

    /// How many warnings there were in all.
    #[must_use]
    pub const fn warning_count(&self) -> usize {
        self.warnings.total()
    }
}

/// When a claim of these members begins or ends.
fn changes(members: &[Listed]) -> Vec<Timestamp> {
    let mut changes = Vec::new();
    for member in members {
        changes.extend(ends(&member.macs));
        changes.extend(ends(&member.ports));
    }
    changes.sort_unstable();
    changes.dedup();
    changes
}

fn ends<C>(claims: &[Dated<C>]) -> impl Iterator<Item = Timestamp> {
    claims.iter().flat_map(|dated| [dated.validity.from(), dated.validity.until()]).flatten()
}

fn bounded(what: &str, count: usize, limit: usize) -> Result<(), Refusal> {
    if count <= limit {
        return Ok(());
    }
    Err(Refusal::new(Place::List, format!("has {count} {what}, and at most {limit} are read; check that it is the right file")))
}

#[cfg(test)]
mod tests {
    use schema::Mac;

    use super::*;
    use crate::member::Claim;

    fn mac(last: u8) -> Mac {
        Mac::new([0x02, 0, 0x5e, 0, 0, last])
    }

    /// From and until, in milliseconds; 0 for none.
    fn span(from: i64, until: i64) -> Validity {
        let moment = |millis| Some(Timestamp(millis)).filter(|moment| moment.0 != 0);
        Validity::new(moment(from), moment(until)).unwrap()
    }

    fn member(asn: u32, macs: &[(u8, Validity)], ports: &[u32]) -> Listed {
        let claim = |&(last, validity): &(u8, Validity)| Dated { claim: MacClaim { mac: mac(last), vlan: None }, validity };
        let port = |&if_index: &u32| Dated { claim: Port { agent: [192, 0, 2, 1].into(), if_index }, validity: Validity::ALWAYS };
        Listed {
            asn: Asn(asn),
            name: format!("Network {asn}"),
            macs: macs.iter().map(claim).collect(),
            ports: ports.iter().map(port).collect(),
            speed: 0,
        }
    }

    fn directory(members: Vec<Listed>) -> Directory {
        Directory::build(members, Warnings::default()).unwrap()
    }

    #[test]
    fn an_address_that_moves_on_a_day_is_one_members_before_and_the_others_after() {
        let list = directory(vec![member(1, &[(1, span(0, 100))], &[]), member(2, &[(1, span(100, 0))], &[])]);
        let whose = |at| list.as_of(Timestamp(at)).by_mac(mac(1), 0);
        assert_eq!((whose(i64::MIN), whose(99), whose(100)), (Claim::Member(Asn(1)), Claim::Member(Asn(1)), Claim::Member(Asn(2))));
        assert_eq!((list.warning_count(), list.mac_count()), (0, 1));
    }

    #[test]
    fn a_snapshot_knows_how_long_it_is_right() {
        let list = directory(vec![member(1, &[(1, span(10, 30))], &[]), member(2, &[(2, span(20, 0))], &[])]);
        for (at, validity) in [(9, span(0, 10)), (10, span(10, 20)), (20, span(20, 30)), (29, span(20, 30)), (30, span(30, 0))] {
            assert_eq!(list.as_of(Timestamp(at)).validity(), validity, "{at}");
        }
        let changes = [i64::MIN, 10, 29, 30].map(|after| list.next_change(Timestamp(after)));
        assert_eq!(changes, [Some(Timestamp(10)), Some(Timestamp(20)), Some(Timestamp(30)), None]);
        assert_eq!(directory(vec![member(1, &[(1, Validity::ALWAYS)], &[])]).as_of(Timestamp(0)).validity(), Validity::ALWAYS);
    }

    #[test]
    fn a_member_stays_one_while_none_of_its_claims_holds() {
        let list = directory(vec![member(1, &[(1, span(10, 30))], &[])]);
        let after = list.as_of(Timestamp(30));
        assert_eq!((after.name(Asn(1)), after.members()[0].macs.len(), after.mac_count()), ("Network 1".into(), 0, 0));
        assert_eq!(list.mac_claims().collect::<Vec<_>>(), [(Asn(1), MacClaim { mac: mac(1), vlan: None }, span(10, 30))]);
    }

    #[test]
    fn an_address_that_two_members_claim_is_warned_of_with_the_time_in_which_they_do() {
        let list = directory(vec![member(1, &[(1, span(0, 100))], &[17]), member(2, &[(1, span(40, 0))], &[17])]);
        let [Warning::SharedMac { validity, members, .. }, Warning::SharedPort { validity: always, .. }] = list.warnings() else {
            panic!("{:?}", list.warnings())
        };
        assert_eq!((*validity, members.as_slice(), *always), (span(40, 100), &[Asn(1), Asn(2)][..], Validity::ALWAYS));
        let text = list.warnings()[0].to_string();
        assert!(text.contains("from 1970-01-01T00:00:00.04Z until 1970-01-01T00:00:00.1Z"), "{text}");
        assert!(!list.warnings()[1].to_string().contains("at all times"), "{}", list.warnings()[1]);
    }

    #[test]
    fn more_than_a_bound_is_refused() {
        let many = member(1, &[], &(0..1_000_001).collect::<Vec<u32>>());
        let refused = Directory::build(vec![many], Warnings::default()).unwrap_err().to_string();
        assert!(refused.contains("1000001 ports") && refused.contains("1000000"), "{refused}");
        assert!(bounded("members", MAX_MEMBERS, MAX_MEMBERS).is_ok());
    }
}
