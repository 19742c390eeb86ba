//! What each member exchanged.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use schema::{Asn, Level, Sums, Window};

use crate::answer::{Estimate, MemberName, MemberTraffic, MembersAnswer};
use crate::cells::{Pair, pairs};
use crate::error::Result;
use crate::matrix::total;
use crate::question::Question;
use crate::reader::{Reader, Sources};

/// What a member sent and received.
#[derive(Default)]
struct Ledger {
    sent: Sums,
    received: Sums,
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
            let pairs = pairs(sources, question)?;
            Ok(answer(sources, pairs, registered))
        })
    }
}

fn answer(sources: &Sources, mut pairs: Vec<Pair>, registered: &[MemberName]) -> MembersAnswer {
    pairs.retain(|pair| !pair.is_set_aside());
    let measured = sources.spans.measured();
    let mut ledgers = ledgers(&pairs);
    let known = registered.iter().map(|member| (member.clone(), true, ledgers.remove(&member.asn).unwrap_or_default()));
    let mut members: Vec<_> = known.collect();
    members.extend(ledgers.into_iter().map(|(asn, ledger)| (MemberName { asn, name: Asn(asn).to_string() }, false, ledger)));
    let mut members: Vec<MemberTraffic> =
        members.into_iter().map(|(member, registered, ledger)| traffic(member, registered, &ledger, measured)).collect();
    members.sort_by_key(|member| (Reverse(member.sent.bytes + member.received.bytes), member.member.asn));
    MembersAnswer { coverage: sources.coverage(), total: Estimate::new(total(&pairs), measured), members, unseen: None }
}

fn ledgers(pairs: &[Pair]) -> BTreeMap<u32, Ledger> {
    let mut ledgers: BTreeMap<u32, Ledger> = BTreeMap::new();
    for pair in pairs {
        let between_members = pair.is_attributed() && pair.src != pair.dst;
        if pair.src != 0 {
            let ledger = ledgers.entry(pair.src).or_default();
            ledger.sent.merge(pair.sums);
            ledger.peers.extend(between_members.then_some(pair.dst));
        }
        if pair.dst != 0 {
            let ledger = ledgers.entry(pair.dst).or_default();
            ledger.received.merge(pair.sums);
            ledger.peers.extend(between_members.then_some(pair.src));
        }
    }
    ledgers
}

fn traffic(member: MemberName, registered: bool, ledger: &Ledger, measured: Duration) -> MemberTraffic {
    let (sent, received) = (Estimate::new(ledger.sent, measured), Estimate::new(ledger.received, measured));
    MemberTraffic { member, registered, sent, received, peers: ledger.peers.len() }
}
