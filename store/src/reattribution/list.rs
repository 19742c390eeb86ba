//! All re-attributions, and the lines that they are written in.

use std::path::Path;

use schema::{Asn, Mac, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};

use super::claim::Claim;
use super::day::Day;
use super::in_force::{InForce, MAX_CLAIMS};
use super::refusal::Refusal;

/// Claims that were made together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Reattribution {
    /// Its number: from 1, in the order in which they were made.
    pub id: u64,
    /// When it was made.
    pub made: Timestamp,
    /// By which list, in the words of whoever made it.
    pub by: String,
    /// What it claims.
    pub claims: Vec<Claim>,
    /// When it was withdrawn; `None` while it is in force.
    pub withdrawn: Option<Timestamp>,
}

/// All re-attributions of a store.
#[derive(Clone, Debug, Default)]
pub struct Reattributions {
    all: Vec<Reattribution>,
    in_force: InForce,
}

/// A line that makes one.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Made {
    pub(super) id: u64,
    #[serde(deserialize_with = "time")]
    made: Timestamp,
    by: String,
    claims: Vec<Claim>,
}

/// A line that withdraws one.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Withdrawal {
    withdraws: u64,
    #[serde(deserialize_with = "time")]
    made: Timestamp,
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

impl Reattributions {
    /// All of them in the order in which they were made, those that were withdrawn too.
    #[must_use]
    pub fn all(&self) -> &[Reattribution] {
        &self.all
    }

    /// Those that were not withdrawn.
    pub fn in_force(&self) -> impl Iterator<Item = &Reattribution> {
        self.all.iter().filter(|made| made.withdrawn.is_none())
    }

    /// Whose a MAC address was on a day, in a VLAN (0 for untagged frames), by the claims in force.
    #[must_use]
    pub fn owner(&self, mac: Mac, vlan: u16, day: Day) -> Option<Asn> {
        self.in_force.owner(mac.bits(), vlan, day)
    }

    /// What they say together.
    pub(super) fn into_in_force(self) -> InForce {
        self.in_force
    }

    /// Takes in the whole lines of the file at `path`.
    pub(super) fn read(path: &Path, octets: &[u8]) -> Result<Self, Refusal> {
        let mut read = Self::default();
        for (line, octets) in (1..).zip(octets.split(|octet| *octet == b'\n')) {
            if !octets.trim_ascii().is_empty() {
                read.take_line(octets).map_err(|detail| Refusal::Line { path: path.to_owned(), line, detail })?;
            }
        }
        read.in_force = read.together(path, &[])?;
        Ok(read)
    }

    fn take_line(&mut self, line: &[u8]) -> Result<(), String> {
        let line: serde_json::Value = serde_json::from_slice(line).map_err(|error| format!("it is no JSON ({error})"))?;
        let taken = if line.get("withdraws").is_some() {
            serde_json::from_value(line).map(|Withdrawal { withdraws, made }| self.take_withdrawal(withdraws, made))
        } else {
            serde_json::from_value(line).map(|made| self.take_made(made))
        };
        taken.map_err(|error| error.to_string())?
    }

    fn take_made(&mut self, made: Made) -> Result<(), String> {
        let Made { id, made, by, claims } = made;
        if let Some(last) = self.all.last().filter(|last| id <= last.id) {
            return Err(format!("re-attribution {id} comes after {}, but their numbers only grow", last.id));
        }
        self.all.push(Reattribution { id, made, by, claims, withdrawn: None });
        Ok(())
    }

    fn take_withdrawal(&mut self, id: u64, at: Timestamp) -> Result<(), String> {
        self.position_in_force(id).map(|position| self.all[position].withdrawn = Some(at)).map_err(|refused| refused.to_string())
    }

    /// Where one is that can be withdrawn.
    fn position_in_force(&self, id: u64) -> Result<usize, Refusal> {
        let position = self.all.binary_search_by_key(&id, |made| made.id).map_err(|_| Refusal::NoSuch { id })?;
        match self.all[position].withdrawn {
            Some(at) => Err(Refusal::Withdrawn { id, at }),
            None => Ok(position),
        }
    }

    fn next_id(&self) -> u64 {
        self.all.last().map_or(1, |last| last.id.saturating_add(1))
    }

    /// Those in force and these.
    fn together(&self, path: &Path, claims: &[Claim]) -> Result<InForce, Refusal> {
        let all = self.in_force().flat_map(|made| &made.claims).chain(claims);
        InForce::of(all).map_err(|found| Refusal::Contradiction { path: path.to_owned(), found })
    }

    /// The line of the file at `path` that makes these claims.
    pub(super) fn line_of(&self, path: &Path, by: &str, claims: &[Claim], now: Timestamp) -> Result<Made, Refusal> {
        if claims.is_empty() {
            return Err(Refusal::NoClaims);
        }
        let in_force: usize = self.in_force().map(|made| made.claims.len()).sum();
        let together = in_force + claims.len();
        if together > MAX_CLAIMS {
            return Err(Refusal::TooManyClaims { claims: together, most: MAX_CLAIMS });
        }
        self.together(path, claims)?;
        Ok(Made { id: self.next_id(), made: now, by: by.to_owned(), claims: claims.to_vec() })
    }

    /// The line that withdraws one.
    pub(super) fn withdrawal_of(&self, id: u64, now: Timestamp) -> Result<Withdrawal, Refusal> {
        self.position_in_force(id)?;
        Ok(Withdrawal { withdraws: id, made: now })
    }
}
