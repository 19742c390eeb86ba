//! Member lists: a person's, a spreadsheet's, or another program's.

use std::collections::BTreeSet;

use directory::{Claim, Directory, Format, MAX_MACS, MAX_MEMBERS, MAX_PORTS, MAX_WARNINGS, Snapshot, Validity, parse};
use schema::{Asn, Timestamp};

use crate::memory::Bound;

/// A list is read as a tree of values before it becomes members. Most values take about 100 octets for each octet of the file; the worst
/// are dotted keys of TOML, of which each part is a table.
const MEMORY: Bound = Bound { fixed: 64 * 1024, per_octet: 1024 };

/// Moments at which a list is looked at: before all its dates, and at the first of them. Each takes as long as the list is, so a list of dates
/// would take for ever.
const MOMENTS: usize = 6;

/// Characters of the longest sentence: what is quoted from the file is shortened.
const LONGEST_SENTENCE: usize = 1_000;

/// Reads the input as a list in TOML, unless its first line says that it is something else.
pub fn toml(input: &[u8]) -> u64 {
    read(input, Format::Toml)
}

/// Reads the input as a list in CSV, unless its first line says that it is something else.
pub fn csv(input: &[u8]) -> u64 {
    read(input, Format::Csv)
}

/// Reads the input as an IX-F Member Export, unless its first line says that it is something else.
pub fn ixf(input: &[u8]) -> u64 {
    read(input, Format::Ixf)
}

/// A list is loaded or refused in one sentence; how many members it has.
fn read(input: &[u8], hint: Format) -> u64 {
    match MEMORY.keep(input.len(), || parse(input, Some(hint))).result {
        Ok(list) => {
            check(&list);
            list.member_count() as u64
        }
        Err(refusal) => {
            check_sentence(&refusal.to_string());
            0
        }
    }
}

/// What a member list says must agree with itself, however it was written.
fn check(list: &Directory) {
    assert!(list.member_count() <= MAX_MEMBERS && list.mac_claims().count() <= MAX_MACS && list.port_claims().count() <= MAX_PORTS);
    assert!(list.mac_count() <= list.mac_claims().count());
    assert!(list.warnings().len() <= MAX_WARNINGS.min(list.warning_count()));
    list.warnings().iter().for_each(|warning| check_sentence(&warning.to_string()));
    let mut before: Option<Validity> = None;
    let changes = std::iter::successors(Some(Timestamp(i64::MIN)), |at| list.next_change(*at));
    for at in changes.take(MOMENTS) {
        let snapshot = list.as_of(at);
        assert!(snapshot.validity().holds_at(at), "a snapshot of {at} is not of that moment");
        assert!(before.is_none_or(|before| before.until() == snapshot.validity().from()), "between two changes there is a third");
        assert_eq!(snapshot.members().len(), list.member_count());
        before = Some(snapshot.validity());
        check_snapshot(&snapshot);
    }
}

/// The same of what it says at one moment.
fn check_snapshot(list: &Snapshot) {
    let asns: BTreeSet<Asn> = list.members().iter().map(|member| member.asn).collect();
    assert_eq!(asns.len(), list.members().len(), "a network is listed twice");
    check_claims(list);
    for (agent, if_index, asn) in list.ports() {
        assert_eq!(list.by_port(agent, if_index), Some(asn));
        assert!(list.member(asn).is_some(), "port {if_index} of {agent} belongs to {asn}, which is no member");
    }
}

/// Each address leads to the member that claims it, or to nobody where several do.
fn check_claims(list: &Snapshot) {
    for member in list.members() {
        for claim in &member.macs {
            let found = list.by_mac(claim.mac, claim.vlan.unwrap_or(0));
            let Claim::Member(owner) = found else {
                assert_ne!(found, Claim::Nobody, "{} of {} is nobody's", claim.mac, member.asn);
                continue;
            };
            assert!(list.member(owner).is_some_and(|owner| owner.macs.iter().any(|other| other.mac == claim.mac)));
        }
    }
}

fn check_sentence(sentence: &str) {
    assert!(!sentence.is_empty() && sentence.chars().count() <= LONGEST_SENTENCE, "no sentence, or a long one: {sentence}");
    assert!(!sentence.contains(char::is_control), "more than one line: {sentence:?}");
}
