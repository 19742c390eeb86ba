//! `chorsu check`: everything that `run` would refuse, without starting anything.

use std::fmt::Write;

use collector::socket::{self, BindError};
use schema::Timestamp;
use store::warehouse::{Client, Trouble};

use super::run::pages_can_be_served;
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
