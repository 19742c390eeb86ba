//! What figures do not say: what was decided between, and what is missing.

use crate::account::Inputs;
use crate::amount::Told;
use crate::books::Row;
use crate::ledger::Ledger;

/// Notes that are kept; the rest is counted. Hundreds of members with the same slip would hide everything else.
const MAX_NOTES: usize = 50;

/// Networks that one sentence names.
const MAX_NAMED: usize = 5;

/// What had to be decided between.
pub(crate) fn notes(rows: &[Row]) -> Vec<String> {
    let all: Vec<String> = rows.iter().flat_map(Row::notes).collect();
    let more = all.len().saturating_sub(MAX_NOTES);
    let mut notes: Vec<String> = all.into_iter().take(MAX_NOTES).collect();
    if more > 0 {
        notes.push(format!("and {more} more of this kind"));
    }
    notes
}

/// What is missing to say more.
pub(crate) fn missing(inputs: &Inputs<'_>, rows: &[Row], ledger: &Ledger) -> Vec<String> {
    [localities(inputs), transit(rows, ledger), capacities(rows, ledger), inside(rows, ledger), gap(inputs), borders(inputs)]
        .into_iter()
        .flatten()
        .collect()
}

fn localities(inputs: &Inputs<'_>) -> Option<String> {
    if inputs.exchange.has_localities() || inputs.exchange.total().bytes == 0 {
        return None;
    }
    let why = match inputs.economy {
        None => "no economy is configured (`economy.home`)",
        Some(_) => "no cell of this time tells where its two ends are",
    };
    Some(format!("{why}: which part of what was exchanged is domestic is not known, and may be anything from nothing to all of it"))
}

fn transit(rows: &[Row], ledger: &Ledger) -> Option<String> {
    if !ledger.has_transit {
        return Some(
            "no member tells what came in by international transit, so there is no share of the economy: an exchange alone sees only what is exchanged; \
             ask members for a volume each month (`share.volumes`)"
                .into(),
        );
    }
    let silent = names(rows, |row| !row.member().reports())?;
    Some(format!("{silent} do not tell all of what came in by transit: the lower end of the shares takes their links as full"))
}

fn capacities(rows: &[Row], ledger: &Ledger) -> Option<String> {
    let unbounded = names(rows, |row| row.transit.octets.high.is_none())?;
    let lower = "so the lower end of the shares is not identified; write the capacity of their links ([[border]]), 0 for none";
    ledger.has_transit.then(|| format!("of {unbounded} nobody knows how much transit they may have, {lower}"))
}

fn inside(rows: &[Row], ledger: &Ledger) -> Option<String> {
    let untold = |told: &Told| matches!(told, Told::Nothing { .. });
    let silent = names(rows, |row| untold(&row.private.told) || untold(&row.cache.told))?;
    let what =
        "do not tell what came by private peering or from caches inside them: the accessible share may be higher than what is known of it";
    ledger.has_transit.then(|| format!("{silent} {what}; declare it, or write a capacity of 0 for what a network does not have"))
}

fn gap(inputs: &Inputs<'_>) -> Option<String> {
    let gap = Some(inputs.gap()).filter(|gap| *gap > 0)?;
    let bound = match inputs.port_speed() {
        Some(_) => "what was exchanged then is bounded by the speed of all ports",
        None => "what was exchanged then has no known bound, for the speed of some ports is not known (an IX-F list tells it)",
    };
    Some(format!("the exchange was not measured for {gap} s of this time; {bound}"))
}

fn borders(inputs: &Inputs<'_>) -> Option<String> {
    let sentence = "no border of a member was measured: what leaves the economy to come back (trombones), what that costs, and who should join are not known";
    inputs.measured.is_empty().then(|| sentence.to_owned())
}

/// The first of those that are meant, and how many more; `None` of nobody.
fn names(rows: &[Row], is_meant: impl Fn(&Row) -> bool) -> Option<String> {
    let meant: Vec<&Row> = rows.iter().filter(|row| is_meant(row)).collect();
    let named: Vec<String> = meant.iter().take(MAX_NAMED).map(|row| row.listed.asn.to_string()).collect();
    let more = meant.len().saturating_sub(MAX_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!named.is_empty()).then(|| named.join(", ") + &more)
}
