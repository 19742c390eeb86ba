//! `chorsu replay`: captures through the same decoder and matrix as live traffic.

mod report;

use std::path::Path;
use std::sync::Arc;

use aggregator::policy::Policies;
use aggregator::{Parties, Weights};
use collector::capture::End;
use collector::replay::{Replay, Settings, Summary};
use directory::Directory;
use indicatif::ProgressBar;
use schema::{Level, Timestamp};
use store::{Journal, Options, Retention, StoreError};

use crate::cli::{self, ReplayFormat, WeightsChoice};
use crate::config::Config;
use crate::failure::{Context, Failure, Outcome, print};
use crate::progress;
use report::Report;

pub(crate) fn replay(asked: &cli::Replay) -> Outcome {
    let config = asked.config.as_deref().map(Config::load).transpose().map_err(|mistakes| Failure::several(&mistakes))?;
    let directory = match members(asked, config.as_ref()) {
        Some(file) => {
            let list = directory::load(file).plain()?;
            list.warnings().iter().for_each(|warning| eprintln!("chorsu: {}: {warning}", file.display()));
            list
        }
        None => Directory::empty(),
    };
    let directory = Arc::new(directory);
    let settings = settings(asked, config.as_ref());
    let weights = settings.weights;
    let summary = read(asked, settings, Arc::clone(&directory))?;
    // A report needs members' names only, which have no dates.
    let report = Report::new(&summary, weights, &directory.as_of(Timestamp::now()));
    match asked.format {
        ReplayFormat::Table => print(report.table()),
        ReplayFormat::Json => print(report.json()?),
        ReplayFormat::Csv => print(report.csv()?),
    }
}

/// Who the members are: what is asked for counts before what is configured.
fn members<'a>(asked: &'a cli::Replay, config: Option<&'a Config>) -> Option<&'a Path> {
    asked.members.as_deref().or_else(|| config?.members.as_deref())
}

fn settings(asked: &cli::Replay, config: Option<&Config>) -> Settings {
    let weights = match asked.weights {
        Some(WeightsChoice::Observed) => Weights::Observed,
        Some(WeightsChoice::Nominal) => Weights::Nominal,
        None => config.map(|config| config.collect.weights).unwrap_or_default(),
    };
    Settings {
        exchange: config.map_or_else(|| "replay".into(), |config| Arc::clone(&config.exchange.name)),
        window: Level::Minute.span(),
        weights,
        parties: if members(asked, config).is_some() { Parties::Members } else { Parties::Macs },
        policies: Arc::new(Policies::new(config.map(|config| config.exporters.clone()).unwrap_or_default())),
    }
}

fn read(asked: &cli::Replay, settings: Settings, directory: Arc<Directory>) -> Outcome<Summary> {
    let mut journal = asked.into.as_deref().map(open_journal).transpose()?;
    let mut kept: Result<(), StoreError> = Ok(());
    let mut sink = |window| {
        if let (Some(journal), Ok(())) = (&mut journal, &kept) {
            kept = journal.append_bulk(&window).map(drop);
        }
    };
    let mut replay = Replay::new(settings, directory);
    let bar = progress::octets(asked.files.iter().map(|file| size(file)).sum(), "reading");
    let mut before = 0;
    for file in &asked.files {
        let end = replay.file(file, &mut sink, &mut |read| bar.set_position(before + read)).plain()?;
        before += size(file);
        warn_of_cut(&bar, file, end);
    }
    let summary = replay.finish(&mut sink);
    kept.plain()?;
    if let Some(mut journal) = journal {
        journal.sync().and_then(|()| journal.maintain(Timestamp::now()).map(drop)).plain()?;
    }
    bar.finish_and_clear();
    Ok(summary)
}

/// A store that is filled from captures keeps everything: its times are long past.
fn open_journal(folder: &Path) -> Outcome<Journal> {
    let forever = Retention { minutes: None, five_minutes: None, hours: None, days: None };
    Journal::open(folder, Options { retention: forever }).plain()
}

fn size(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |data| data.len())
}

fn warn_of_cut(bar: &ProgressBar, file: &Path, end: End) {
    if end == End::Cut {
        let warn = || eprintln!("chorsu: {}: ends in the middle of a packet; all packets before it were read", file.display());
        bar.suspend(warn);
    }
}
