//! What a re-attribution moves.

use std::collections::{BTreeMap, HashMap};

use directory::Directory;
use schema::{Asn, Mac};
use store::Reader;
use store::answer::Estimate;
use store::reattribution::{Claim, Day};
use store::unknown::UnknownMac;

use super::all_of;
use crate::commands::members::matching::{Claimed, Days, said};
use crate::failure::{Context, Outcome};

/// A MAC address in a VLAN; 0 for untagged.
pub(super) type Place = (Mac, u16);

/// What an unknown MAC address exchanged on some days, and whose it was.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Move {
    pub(super) place: Place,
    pub(super) asn: Asn,
    pub(super) days: Days,
    pub(super) sent: Estimate,
    pub(super) received: Estimate,
}

/// All that a list moves.
#[derive(Clone, PartialEq, Default, Debug)]
pub(super) struct Plan {
    /// What moves, the largest first.
    pub(super) moves: Vec<Move>,
    /// Addresses with the days on which the list says more than one thing of them, which stay unknown.
    pub(super) divided: Vec<(Place, Vec<Day>)>,
    /// Addresses that several members claim.
    pub(super) ambiguous: Vec<Place>,
    /// Unknown addresses that the list does not claim on the days on which they were seen.
    pub(super) unclaimed: usize,
}

/// What the unknown addresses exchanged, asked once for each span of days.
struct Asked<'a> {
    reader: &'a Reader,
    answers: BTreeMap<Days, HashMap<Place, UnknownMac>>,
}

impl Plan {
    /// Holds the unknown MAC addresses of these days against a list.
    pub(super) fn new(reader: &Reader, list: &Directory, days: Days) -> Outcome<Self> {
        let unknown = reader.unknown_macs(&all_of(days), None, &[]).plain()?.macs;
        let claims = claims_of(list, &unknown);
        let mut asked = Asked { reader, answers: BTreeMap::new() };
        let mut plan = Self::default();
        for seen in &unknown {
            let claims = claims.get(&seen.mac.bits()).map_or(&[][..], Vec::as_slice);
            plan.add(seen, claims, &mut asked)?;
        }
        Ok(plan)
    }

    fn add(&mut self, seen: &UnknownMac, claims: &[Claimed], asked: &mut Asked<'_>) -> Outcome {
        let (place, all) = ((seen.mac, seen.vlan), Days::containing(seen.first_day, seen.last_day));
        let said = said(all, seen.vlan, claims);
        for (days, asn) in &said.owned {
            // Only some of the days may be meant; then what moves is what was exchanged on these.
            let seen = if *days == all { Some(*seen) } else { asked.on(*days, place)? };
            self.moves.extend(seen.map(|seen| Move { place, asn: *asn, days: *days, sent: seen.sent, received: seen.received }));
        }
        self.unclaimed += usize::from(said.owned.is_empty() && said.divided.is_empty() && !said.is_ambiguous);
        self.ambiguous.extend(said.is_ambiguous.then_some(place));
        self.divided.extend(Some((place, said.divided)).filter(|(_, days)| !days.is_empty()));
        Ok(())
    }

    /// The claims that bring it about.
    pub(super) fn claims(&self) -> Outcome<Vec<Claim>> {
        self.moves.iter().map(Move::claim).collect()
    }
}

impl Move {
    fn claim(&self) -> Outcome<Claim> {
        let (mac, vlan) = self.place;
        let claim = Claim::new(mac, Some(vlan), self.asn).plain()?;
        claim.during(Some(self.days.from.start()), Some(self.days.until.start())).plain()
    }
}

impl Asked<'_> {
    fn on(&mut self, days: Days, place: Place) -> Outcome<Option<UnknownMac>> {
        if !self.answers.contains_key(&days) {
            let unknown = self.reader.unknown_macs(&all_of(days), None, &[]).plain()?.macs;
            self.answers.insert(days, unknown.into_iter().map(|seen| ((seen.mac, seen.vlan), seen)).collect());
        }
        Ok(self.answers.get(&days).and_then(|seen| seen.get(&place)).copied())
    }
}

/// The claims of the unknown addresses alone: a list may hold very many others.
fn claims_of(list: &Directory, unknown: &[UnknownMac]) -> HashMap<u64, Vec<Claimed>> {
    let mut claims: HashMap<u64, Vec<Claimed>> = unknown.iter().map(|seen| (seen.mac.bits(), Vec::new())).collect();
    for (asn, claim, validity) in list.mac_claims() {
        if let Some(of_this) = claims.get_mut(&claim.mac.bits()) {
            of_this.push((asn, claim.vlan, validity));
        }
    }
    claims
}
