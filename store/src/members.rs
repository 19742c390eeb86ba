//! What each member exchanged.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use schema::{Asn, Level, Window};

use crate::answer::{MemberName, MemberTraffic, MembersAnswer, Unseen};
use crate::error::Result;
use crate::figure::Figure;
use crate::matrix::total;
use crate::question::Question;
use crate::reader::{Reader, Sources};
use crate::reconciled::{Reconciled, reconciled};
use crate::unseen::unseen;

/// What a member sent and received.
#[derive(Default)]
struct Ledger {
    sent: Figure,
    received: Figure,
    peers: HashSet<u32>,
}

impl Reader {
    /// What each member exchanged: those of the directory (`registered`), and those that are only in the journal.
    ///
    /// A member's traffic with itself counts as sent and as received, but makes no peer. `live` is as for
    /// [`matrix`](Self::matrix).
    ///
    /// # Errors
    /// If the store cannot be listed or its rows cannot be summed.
    pub fn members(&self, question: &Question, registered: &[MemberName], live: &[Arc<Window>]) -> Result<MembersAnswer> {
        self.answered(question, Level::Day, live, |sources| {
            let rows = reconciled(sources, question)?;
            Ok(answer(sources, rows, unseen(sources)?, registered))
        })
    }
}

fn answer(sources: &Sources, mut rows: Vec<Reconciled>, unseen: Option<Unseen>, registered: &[MemberName]) -> MembersAnswer {
    rows.retain(|row| !row.pair.is_set_aside());
    let measured = sources.spans.measured();
    let mut ledgers = ledgers(&rows);
    let known = registered.iter().map(|member| (member.clone(), true, ledgers.remove(&member.asn).unwrap_or_default()));
    let mut members: Vec<_> = known.collect();
    members.extend(ledgers.into_iter().map(|(asn, ledger)| (MemberName { asn, name: Asn(asn).to_string() }, false, ledger)));
    let mut members: Vec<MemberTraffic> =
        members.into_iter().map(|(member, registered, ledger)| traffic(member, registered, &ledger, measured)).collect();
    members.sort_by_key(|member| (Reverse(member.sent.bytes + member.received.bytes), member.member.asn));
    MembersAnswer { coverage: sources.coverage(), total: total(&rows).estimate(measured), members, unseen }
}

fn ledgers(rows: &[Reconciled]) -> BTreeMap<u32, Ledger> {
    let mut ledgers: BTreeMap<u32, Ledger> = BTreeMap::new();
    for Reconciled { pair, figure } in rows {
        let between_members = pair.is_attributed() && pair.src != pair.dst;
        if pair.src != 0 {
            let ledger = ledgers.entry(pair.src).or_default();
            ledger.sent.merge(*figure);
            ledger.peers.extend(between_members.then_some(pair.dst));
        }
        if pair.dst != 0 {
            let ledger = ledgers.entry(pair.dst).or_default();
            ledger.received.merge(*figure);
            ledger.peers.extend(between_members.then_some(pair.src));
        }
    }
    ledgers
}

fn traffic(member: MemberName, registered: bool, ledger: &Ledger, measured: Duration) -> MemberTraffic {
    let (sent, received) = (ledger.sent.estimate(measured), ledger.received.estimate(measured));
    MemberTraffic { member, registered, sent, received, peers: ledger.peers.len() }
}
