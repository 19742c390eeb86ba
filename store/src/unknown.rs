//! MAC addresses that exchange traffic and belong to no member: who is to be registered, or has gone unnoticed.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{Date32Array, StringArray, UInt16Array};
use arrow::record_batch::RecordBatch;
use schema::window::CELLS;
use schema::{Level, Mac, Sums, Timestamp, Window};
use serde::Serialize;

use crate::answer::{Coverage, Estimate};
use crate::cells::sums;
use crate::condition::{Condition, exchanged, of_question};
use crate::error::Result;
use crate::flat::Flat;
use crate::fold::{FIRST_TIME, Fold};
use crate::question::Question;
use crate::reader::{Reader, Sources};
use crate::reattribution::Day;

/// The answer to `unknown_macs`. Frames that were set aside are not in it; nor is what a claim in force gives to a member.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct UnknownMacsAnswer {
    /// What it covers.
    #[serde(flatten)]
    pub coverage: Coverage,
    /// The largest, the largest first.
    pub macs: Vec<UnknownMac>,
    /// The rest of them.
    pub others: UnknownOthers,
}

/// What a MAC address that no member claims exchanged in one VLAN.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct UnknownMac {
    /// The MAC address.
    pub mac: Mac,
    /// VLAN id; 0 for untagged.
    pub vlan: u16,
    /// The first day within the span on which it was seen, in UTC.
    pub first_day: Day,
    /// The last one.
    pub last_day: Day,
    /// What it sent.
    pub sent: Estimate,
    /// What was sent to it.
    pub received: Estimate,
}

/// The MAC addresses that were left out of the list, summed. Frames between two of them are in `sent` and in `received`.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct UnknownOthers {
    /// How many; one for each VLAN that an address was seen in.
    pub macs: usize,
    /// What they sent.
    pub sent: Estimate,
    /// What was sent to them.
    pub received: Estimate,
}

/// A MAC address in a VLAN.
type Place = (u64, u16);

/// What it sent and received, and when.
struct Seen {
    first: Timestamp,
    last: Timestamp,
    sent: Sums,
    received: Sums,
}

/// On which side of a row an address stands.
#[derive(Clone, Copy)]
struct Side {
    mac: &'static str,
    asn: &'static str,
    sums: fn(&mut Seen) -> &mut Sums,
}

const SIDES: [Side; 2] = [
    Side { mac: "src_mac", asn: "src_asn", sums: |seen| &mut seen.sent },
    Side { mac: "dst_mac", asn: "dst_asn", sums: |seen| &mut seen.received },
];

impl Reader {
    /// The MAC addresses that no member claims, with what they exchanged: the `top` largest (all without it), and the rest in sums.
    ///
    /// A window keeps a bounded number of cells, so of a flood of made-up addresses there are those that came first. `live` is as for
    /// [`matrix`](Self::matrix).
    ///
    /// # Errors
    /// If the store cannot be listed or its rows cannot be summed.
    pub fn unknown_macs(&self, question: &Question, top: Option<usize>, live: &[Arc<Window>]) -> Result<UnknownMacsAnswer> {
        self.answered(question, Level::Day, live, |sources| {
            let mut seen = BTreeMap::new();
            SIDES.iter().try_for_each(|side| side.add(sources, question, &mut seen))?;
            Ok(answer(sources, seen, top))
        })
    }
}

impl Side {
    fn add(&self, sources: &Sources, question: &Question, seen: &mut BTreeMap<Place, Seen>) -> Result<()> {
        let unclaimed = [Condition::is(self.asn, 0_u32), Condition::is_not(self.mac, 0_u64)];
        let fold = Fold::all(CELLS, None).by(&[self.mac, "vlan"]).with_times();
        let fold = fold.only(unclaimed).only(of_question(question)).only(exchanged());
        let rows = sources.summed(&fold, |window| &window.cells)?;
        let places = rows.column(self.mac)?.u64()?.iter().zip(rows.column("vlan")?.u16()?.iter());
        let times = rows.column(FIRST_TIME)?.i64()?.iter().zip(rows.column("time")?.i64()?.iter());
        for (((mac, vlan), (first, last)), sums) in places.zip(times).zip(sums(&rows)?) {
            let (first, last) = (Timestamp(first.unwrap_or_default()), Timestamp(last.unwrap_or_default()));
            let fresh = || Seen { first, last, sent: Sums::default(), received: Sums::default() };
            let known = seen.entry((mac.unwrap_or_default(), vlan.unwrap_or_default())).or_insert_with(fresh);
            (known.first, known.last) = (known.first.min(first), known.last.max(last));
            (self.sums)(known).merge(sums);
        }
        Ok(())
    }
}

impl Seen {
    const fn octets(&self) -> u64 {
        self.sent.bytes.saturating_add(self.received.bytes)
    }
}

fn answer(sources: &Sources, seen: BTreeMap<Place, Seen>, top: Option<usize>) -> UnknownMacsAnswer {
    let measured = sources.spans.measured();
    let mut seen: Vec<(Place, Seen)> = seen.into_iter().collect();
    seen.sort_by_key(|(place, seen)| (Reverse(seen.octets()), *place));
    let rest = seen.split_off(top.unwrap_or(seen.len()).min(seen.len()));
    let macs = seen.iter().map(|(place, seen)| unknown(*place, seen, measured)).collect();
    UnknownMacsAnswer { coverage: sources.coverage(), macs, others: others(&rest, measured) }
}

fn unknown((mac, vlan): Place, seen: &Seen, measured: Duration) -> UnknownMac {
    UnknownMac {
        mac: Mac::from_bits(mac),
        vlan,
        first_day: Day::containing(seen.first),
        last_day: Day::containing(seen.last),
        sent: Estimate::new(seen.sent, measured),
        received: Estimate::new(seen.received, measured),
    }
}

fn others(rest: &[(Place, Seen)], measured: Duration) -> UnknownOthers {
    let (mut sent, mut received) = (Sums::default(), Sums::default());
    for (_, seen) in rest {
        sent.merge(seen.sent);
        received.merge(seen.received);
    }
    UnknownOthers { macs: rest.len(), sent: Estimate::new(sent, measured), received: Estimate::new(received, measured) }
}

impl UnknownMacsAnswer {
    /// The MAC addresses as a flat table like those of [`flat`](crate::flat): a row for each, and one for the others (`kind` = `others`). Columns: `kind`, `mac`,
    /// `vlan`, `first_day`, `last_day`, `sent_` estimate, `received_` estimate.
    ///
    /// # Errors
    /// If the columns do not fit each other.
    pub fn to_batch(&self) -> Result<RecordBatch> {
        let others = (self.others.macs > 0).then_some(&self.others);
        let rows = || self.macs.iter().map(Some).chain(others.map(|_| None));
        let date = |day: fn(&UnknownMac) -> Day| -> Date32Array {
            rows().map(|row| row.map(|mac| i32::try_from(day(mac).number()).unwrap_or(i32::MAX))).collect()
        };
        let estimates = |of: fn(&UnknownMac) -> Estimate, of_others: fn(&UnknownOthers) -> Estimate| -> Vec<Option<Estimate>> {
            self.macs.iter().map(of).chain(others.map(of_others)).map(Some).collect()
        };
        Flat::new(&self.coverage)
            .add("kind", "", rows().map(|row| Some(if row.is_some() { "mac" } else { "others" })).collect::<StringArray>())
            .add("mac", "", rows().map(|row| row.map(|mac| mac.mac.to_string())).collect::<StringArray>())
            .add("vlan", "", rows().map(|row| row.map(|mac| mac.vlan)).collect::<UInt16Array>())
            .add("first_day", "", date(|mac| mac.first_day))
            .add("last_day", "", date(|mac| mac.last_day))
            .add_estimates("sent_", &estimates(|mac| mac.sent, |others| others.sent))
            .add_estimates("received_", &estimates(|mac| mac.received, |others| others.received))
            .finish()
    }
}
