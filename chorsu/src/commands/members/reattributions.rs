//! `chorsu members reattributions`: what was re-attributed, and how to take it back.

use std::path::Path;

use schema::Timestamp;
use store::reattribution::{self, Claim, Reattribution};

use crate::cli::Reattributions;
use crate::commands::question::{load, places};
use crate::failure::{Context, Outcome, print};
use crate::tables::{self, Align, table};

pub(super) fn reattributions(asked: &Reattributions) -> Outcome {
    let config = asked.place.config.as_deref().map(load).transpose()?;
    let (data, _) = places(asked.place.data.as_deref(), config.as_ref(), None);
    match asked.withdraw {
        Some(id) => withdraw(&data, id),
        None => list(&data),
    }
}

fn withdraw(data: &Path, id: u64) -> Outcome {
    reattribution::withdraw(data, id, Timestamp::now()).plain()?;
    print(format!("re-attribution {id} is withdrawn: its MAC addresses are as unknown as before\n"))
}

fn list(data: &Path) -> Outcome {
    let known = reattribution::load(data).plain()?;
    if known.all().is_empty() {
        return print("nothing was re-attributed; `chorsu members reattribute --help` says how to\n");
    }
    print(text(known.all()))
}

fn text(all: &[Reattribution]) -> String {
    let heads = [
        ("id", Align::Right),
        ("made", Align::Left),
        ("from", Align::Left),
        ("claims", Align::Right),
        ("MAC address", Align::Left),
        ("VLAN", Align::Right),
        ("member", Align::Left),
        ("days", Align::Left),
        ("withdrawn", Align::Left),
    ];
    table(&heads, all.iter().flat_map(rows))
}

/// A row for each claim; the first one names the re-attribution.
fn rows(of: &Reattribution) -> impl Iterator<Item = Vec<String>> {
    let withdrawn = of.withdrawn.map_or_else(|| "–".to_owned(), |at| at.to_string());
    let named = [of.id.to_string(), of.made.to_string(), tables::printable(&of.by), of.claims.len().to_string()];
    of.claims.iter().enumerate().map(move |(place, claim)| {
        let names = if place == 0 { named.clone() } else { <[String; 4]>::default() };
        let end = if place == 0 { withdrawn.clone() } else { String::new() };
        names.into_iter().chain(claim_columns(claim)).chain([end]).collect()
    })
}

fn claim_columns(claim: &Claim) -> [String; 4] {
    let vlan = claim.vlan().map_or_else(|| "all".to_owned(), tables::vlan);
    let days = match (claim.from(), claim.until()) {
        (None, None) => "all".to_owned(),
        (Some(from), None) => format!("from {from}"),
        (None, Some(until)) => format!("before {until}"),
        (Some(from), Some(until)) if from.next() == until => from.to_string(),
        (Some(from), Some(until)) => format!("{from} until before {until}"),
    };
    [claim.mac().to_string(), vlan, claim.asn().to_string(), days]
}

#[cfg(test)]
mod tests {
    use schema::{Asn, Mac};

    use super::*;

    #[test]
    fn each_claim_has_a_row_under_the_name_of_its_re_attribution() {
        let claim = Claim::new(Mac::new([2, 0, 0, 0, 0, 1]), None, Asn(64500)).unwrap();
        let (from, until) = ("2026-11-03".parse().unwrap(), "2026-11-05".parse().unwrap());
        let claims = vec![claim, claim.during(Some(from), Some(until)).unwrap()];
        let made = "2026-11-21T09:00:00Z".parse().unwrap();
        let text = text(&[Reattribution { id: 3, made, by: "members.toml".into(), claims, withdrawn: None }]);
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[1], ["3", "2026-11-21T09:00:00Z", "members.toml", "2", "02:00:00:00:00:01", "all", "AS64500", "all", "–"]);
        assert_eq!(lines[2], ["02:00:00:00:00:01", "all", "AS64500", "2026-11-03", "until", "before", "2026-11-05"]);
    }
}
