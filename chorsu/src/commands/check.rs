//! `chorsu check`: everything that `run` would refuse, without starting anything.

use std::fmt::Write;

use collector::socket::{self, BindError};
use directory::places::{Gazetteer, Layer, SourceState};
use schema::Timestamp;
use store::warehouse::{Client, Trouble};

use super::run::pages_can_be_served;
use crate::books;
use crate::cli::Check;
use crate::config::{Config, EXAMPLE, rule_text};
use crate::failure::{Failure, Outcome, print};
use crate::wiring::data_is_usable;

pub(crate) fn check(asked: &Check) -> Outcome {
    if asked.example {
        return print(EXAMPLE);
    }
    let file = asked.file.config.display().to_string();
    let config = Config::load(&asked.file.config).map_err(|mistakes| Failure::several(&mistakes))?;
    let mut mistakes: Vec<String> = Vec::new();
    let mut notes: Vec<String> = Vec::new();
    check_members(&config, &mut mistakes, &mut notes);
    check_clickhouse(&config, &mut mistakes, &mut notes);
    check_places(&config, &mut mistakes, &mut notes);
    check_volumes(&config, &mut mistakes, &mut notes);
    if let Err(refused) = data_is_usable(&config.store.data) {
        mistakes.push(format!("{file}: `store.data`: {refused}"));
    }
    let sizes = config.collect.sizes();
    notes.push(format!("receiving with {sizes}"));
    notes.extend(sizes.advice().map(str::to_owned));
    for address in &config.collect.listen {
        match socket::bind(*address, sizes.threads, sizes.receive_buffer) {
            Ok(_) => {}
            // The service itself may be running while its next configuration is checked.
            Err(in_use @ BindError::InUse(_)) => notes.push(format!("{in_use} (no mistake if that is chorsu itself)")),
            Err(refused) => mistakes.push(format!("{file}: `collect.listen`: {refused}")),
        }
    }
    if let Err(refused) = pages_can_be_served(config.http.listen) {
        notes.push(format!("{refused} (no mistake if that is chorsu itself)"));
    }
    if mistakes.is_empty() { report(&file, &config, &notes) } else { Err(Failure::several(&mistakes)) }
}

fn check_members(config: &Config, mistakes: &mut Vec<String>, notes: &mut Vec<String>) {
    let Some(members) = &config.members else {
        notes.push("`members.file` is not set: every frame will be unattributed".into());
        return;
    };
    match directory::load(members) {
        Ok(list) => {
            notes.push(format!("{}: {} members with {} MAC addresses", members.display(), list.member_count(), list.mac_count()));
            let next = list.next_change(Timestamp::now());
            notes.extend(next.map(|next| format!("{}: by its dates, the next claim begins or ends at {next}", members.display())));
            notes.extend(list.warnings().iter().map(|warning| format!("{}: {warning}", members.display())));
        }
        Err(refused) => mistakes.push(refused.to_string()),
    }
}

/// What ClickHouse refuses only a person can mend. That it cannot be reached is no mistake: the service starts without it, and windows wait.
fn check_clickhouse(config: &Config, mistakes: &mut Vec<String>, notes: &mut Vec<String>) {
    let Some(clickhouse) = &config.clickhouse else { return };
    notes.extend(clickhouse.advice());
    let access = match clickhouse.access() {
        Ok(access) => access,
        Err(refused) => return mistakes.push(refused.to_string()),
    };
    match Client::new(&access).and_then(|client| client.version()) {
        Ok(version) => notes.push(format!("ClickHouse {version} answers at {access}")),
        Err(trouble @ (Trouble::Unreachable { .. } | Trouble::TimedOut { .. })) => {
            notes.push(format!("{trouble}; until it answers, windows wait in the journal"));
        }
        Err(trouble) => mistakes.push(trouble.to_string()),
    }
}

fn check_places(config: &Config, mistakes: &mut Vec<String>, notes: &mut Vec<String>) {
    let Some(economy) = &config.economy else {
        let off = if config.layer2_only { "`privacy.layer2_only` is on" } else { "`economy.home` is not set" };
        return notes.push(format!("{off}: what is domestic and what is foreign is not told apart"));
    };
    if economy.sources.is_empty() {
        notes.push("[economy] names no file: every address will be of unknown economy".into());
    }
    let mut gazetteer = Gazetteer::new(economy.home.clone(), economy.sources.clone());
    gazetteer.refresh(Timestamp::now());
    for state in gazetteer.states() {
        mistakes.extend(state.refused.clone());
        if let Some(layer) = &state.layer {
            notes.extend(about(state, layer));
        }
    }
}

fn check_volumes(config: &Config, mistakes: &mut Vec<String>, notes: &mut Vec<String>) {
    let Some(file) = &config.share.volumes else { return };
    match books::volumes(file) {
        Ok(book) => {
            notes.push(format!("{}: {} declared volumes", file.display(), book.volumes.len()));
            notes.extend(books::notes(file, &book));
        }
        Err(refused) => mistakes.push(refused.to_string()),
    }
}

/// What a file says, and what was left out of it.
fn about(state: &SourceState, layer: &Layer) -> impl Iterator<Item = String> {
    let file = state.source.file.display();
    let of = state.data_of().map_or_else(String::new, |time| format!(" of {time}"));
    let (v4, v6, networks) = (layer.prefixes_4(), layer.prefixes_6(), layer.networks());
    let holds =
        format!("{file}: {}{of} with {v4} prefixes of IPv4, {v6} of IPv6 and {networks} ranges of AS numbers", state.source.kind.title());
    let more = layer.left_out().saturating_sub(layer.notes().len() as u64);
    let more = (more > 0).then(|| format!("{file}: {more} more lines or records were left out"));
    let notes: Vec<String> = layer.notes().iter().map(|note| format!("{file}: {note}")).collect();
    std::iter::once(holds).chain(notes).chain(more)
}

fn report(file: &str, config: &Config, notes: &[String]) -> Outcome {
    let mut text = String::new();
    for note in notes {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "note: {note}");
    }
    let _ = writeln!(text, "note: datagrams are taken from {}", config.collect.allowed());
    for rule in &config.exporters {
        let _ = writeln!(text, "note: [[exporter]] {}", rule_text(rule));
    }
    let _ = writeln!(
        text,
        "{file}: no mistakes; {} would listen on {} and keep its journal in {}",
        config.exchange.title,
        config.collect.addresses(),
        config.store.data.display()
    );
    print(text)
}
