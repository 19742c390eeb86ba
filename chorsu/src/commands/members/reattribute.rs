//! `chorsu members reattribute`: the history of members that were registered late.

mod plan;
mod text;

use std::path::Path;

use schema::Timestamp;
use store::question::Question as Wanted;
use store::reattribution::Day;
use store::{Reader, reattribution};

use super::matching::Days;
use crate::cli::Reattribute;
use crate::commands::question::{load, places};
use crate::failure::{Context, Failure, Outcome, print};
use plan::Plan;

pub(super) fn reattribute(asked: &Reattribute) -> Outcome {
    let config = asked.place.config.as_deref().map(load).transpose()?;
    let (data, members) = places(asked.place.data.as_deref(), config.as_ref(), asked.members.as_deref());
    let Some(file) = members else {
        return Err(Failure::new("nobody says who the members are; name the list with --members FILE"));
    };
    let reader = Reader::open(&data).plain()?;
    let list = directory::load(&file).plain()?;
    let Some(days) = days(asked, &reader)? else {
        return print(format!("{} keeps nothing yet: there is nothing to re-attribute\n", data.display()));
    };
    let plan = Plan::new(&reader, &list, days)?;
    let said = text::text(&plan, &list.as_of(Timestamp::now()), days, &file);
    let done = match (plan.moves.is_empty(), asked.dry_run) {
        (true, _) => String::new(),
        (false, true) => "nothing was changed; without --dry-run this is put in force\n".into(),
        (false, false) => append(&data, &file, &plan)?,
    };
    print(said + &done)
}

/// Puts the claims in force. Returns what is said of it.
fn append(data: &Path, list: &Path, plan: &Plan) -> Outcome<String> {
    let by = list.file_name().map_or_else(|| list.display().to_string(), |name| name.to_string_lossy().into_owned());
    let id = reattribution::append(data, &by, &plan.claims()?, Timestamp::now()).plain()?;
    Ok(format!(
        "re-attribution {id} is in force for every question from now on; to withdraw it: chorsu members reattributions --data {} --withdraw {id}\n",
        data.display()
    ))
}

/// The days that are looked at; `None` if nothing is kept.
fn days(asked: &Reattribute, reader: &Reader) -> Outcome<Option<Days>> {
    let Some((first, end)) = reader.extent().plain()? else { return Ok(None) };
    let from = asked.from.unwrap_or_else(|| Day::containing(first));
    let last = Day::containing(end.minus(std::time::Duration::from_millis(1)));
    let until = asked.to.unwrap_or_else(|| last.next());
    if from >= until {
        return Err(Failure::new(format!("--from {from} is not before --to {until}; give a span of days")));
    }
    Ok(Some(Days { from, until }))
}

/// All that was exchanged on these days.
fn all_of(days: Days) -> Wanted {
    Wanted::all(days.from.start(), days.until.start())
}
