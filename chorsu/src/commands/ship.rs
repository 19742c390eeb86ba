//! `chorsu ship`: what lies in the journal and not in ClickHouse, brought there.

use schema::Timestamp;
use store::shipping::Filled;

use crate::cli::Ship;
use crate::config::Config;
use crate::failure::{Failure, Outcome, print};
use crate::{progress, shipping};

pub(crate) fn ship(asked: &Ship) -> Outcome {
    let config = Config::load(&asked.file.config).map_err(|mistakes| Failure::several(&mistakes))?;
    let Some(clickhouse) = &config.clickhouse else {
        let file = asked.file.config.display();
        return Err(Failure::new(format!("{file} names no ClickHouse; add the section [clickhouse] as `chorsu check --example` shows it")));
    };
    let to = asked.to.unwrap_or_else(Timestamp::now);
    if to <= asked.from {
        return Err(Failure::new(format!("--to {to} does not lie after --from {}; swap them, or leave --to out for now", asked.from)));
    }
    super::run::log();
    let mut shipper = shipping::open(&config, clickhouse, shipping::no_members())?;
    let bar = progress::steps(1, "shipping");
    let filled = shipper.fill(asked.from, to, |done, of| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let filled =
        filled.map_err(|error| Failure::new(format!("{error}; what was shipped is remembered, so the same command goes on from there")))?;
    print(said(&filled))
}

fn said(filled: &Filled) -> String {
    let Filled { held, had, shipped, rolled_up } = filled;
    let unreadable = held - had - shipped;
    let mut text = format!("{held} windows in the journal: {had} were in ClickHouse, {shipped} are there now\n");
    if unreadable > 0 {
        text.push_str(&format!("{unreadable} cannot be read: the log says which\n"));
    }
    if *rolled_up > 0 {
        text.push_str(&format!("{rolled_up} more are kept as sums only, and cannot be shipped: see `store.keep_1m`\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_said_in_full() {
        let plain = said(&Filled { held: 5, had: 2, shipped: 3, rolled_up: 0 });
        assert_eq!(plain, "5 windows in the journal: 2 were in ClickHouse, 3 are there now\n");
        let rest = said(&Filled { held: 5, had: 2, shipped: 2, rolled_up: 9 });
        assert!(rest.contains("1 cannot be read") && rest.contains("9 more are kept as sums only"), "{rest}");
    }
}
