//! The journal: what writing a window takes, how large it is, and how long questions to a year of it take.

use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use parquet::file::reader::{FileReader, SerializedFileReader};
use schema::Timestamp;
use store::question::Question;
use store::{Journal, Options, Reader, StoreError};

use crate::case::{CLOSED_CELLS, closed_window};
use crate::clock::{median, percentile};
use crate::pages;
use crate::report::Report;
use crate::year::{MEMBERS, Year};

/// A question is repeated so often, unless that takes too long.
const REPEATS: u32 = 100;

/// No question is repeated for longer, once it was asked [`AT_LEAST`] times.
const PATIENCE: Duration = Duration::from_secs(30);
const AT_LEAST: u32 = 11;

/// A window is written so often; odd, so that there is a median.
const WRITES: usize = 11;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// Measures all of that; the year's journal is kept in this folder.
///
/// # Errors
/// If a journal cannot be written or read.
pub fn measure(folder: &Path, report: &mut Report) -> Result<(), Box<dyn Error>> {
    report.section(format!("Writing a window of {CLOSED_CELLS} cells to a journal"));
    writing(folder, report)?;
    report.section(format!("Questions to the journal of {MEMBERS} members and a year"));
    let bar = ProgressBar::no_length().with_message("making a year's journal (once)");
    bar.set_style(ProgressStyle::with_template("{msg} {wide_bar} {percent} % {eta}")?);
    let year = Year::kept(folder, &bar)?;
    bar.finish_and_clear();
    sizes(&year.folder, report)?;
    opening(&year.folder, report)?;
    for (name, span) in [("matrix_24h", DAY), ("matrix_year", 365 * DAY)] {
        first(&year.folder, name, span, report)?;
        again(&year.folder, name, span, report)?;
    }
    pages::measure(&year, report)
}

/// With and without waiting for the disk (fsync of each file and folder).
fn writing(folder: &Path, report: &mut Report) -> Result<(), Box<dyn Error>> {
    // Beside the year's journal, and not where the system has its temporary files: those are often kept in memory.
    let place = tempfile::tempdir_in(folder)?;
    let mut journal = Journal::open(place.path(), Options::default())?;
    let mut window = closed_window();
    let (mut synced, mut unsynced) = (Vec::new(), Vec::new());
    for _ in 0..WRITES {
        window.serial += 1;
        synced.push(milliseconds(|| journal.append(&window))?);
        window.serial += 1;
        unsynced.push(milliseconds(|| journal.append_bulk(&window))?);
    }
    report.add("journal_write_fsynced_ms", median(synced), "ms");
    report.add("journal_write_without_fsync_ms", median(unsynced), "ms");
    let cells = table_files(&place.path().join("journal"), "cells")?;
    let octets: u64 = cells.iter().map(|file| fs::metadata(file).map_or(0, |file| file.len())).sum();
    report.add("journal_window_cells_bytes", octets as f64 / cells.len() as f64, "bytes");
    Ok(())
}

fn milliseconds<T, E>(work: impl FnOnce() -> Result<T, E>) -> Result<f64, E> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64() * 1e3)
}

/// Octets on disk for a million rows of cells: of all, and of each level.
fn sizes(store: &Path, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let journal = store.join("journal");
    let (mut all_octets, mut all_rows) = (0, 0);
    let mut levels: Vec<PathBuf> = fs::read_dir(&journal)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    levels.sort();
    for level in levels.iter().filter(|level| level.is_dir()) {
        let (mut octets, mut rows) = (0, 0);
        for file in table_files(level, "cells")? {
            octets += fs::metadata(&file)?.len();
            rows += u64::try_from(SerializedFileReader::new(File::open(&file)?)?.metadata().file_metadata().num_rows())?;
        }
        if rows > 0 {
            let name = level.file_name().unwrap_or_default().to_string_lossy().replace('-', "_");
            report.add(format!("bytes_per_million_cell_rows_{name}"), per_million(octets, rows), "bytes");
        }
        (all_octets, all_rows) = (all_octets + octets, all_rows + rows);
    }
    report.add("bytes_per_million_cell_rows", per_million(all_octets, all_rows), "bytes");
    report.add("year_cell_rows", all_rows as f64, "rows");
    Ok(())
}

fn per_million(octets: u64, rows: u64) -> f64 {
    octets as f64 / rows as f64 * 1e6
}

/// The files of a table in this folder and those below it.
fn table_files(folder: &Path, table: &str) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(table_files(&path, table)?);
        } else if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(table)) {
            found.push(path);
        }
    }
    Ok(found)
}

/// What a start takes: the one writer's, and a reader's first look.
fn opening(store: &Path, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let open = (0..AT_LEAST).map(|_| {
        milliseconds(|| {
            let journal = Journal::open(store, Options::default())?;
            Reader::open(store)?.extent()?;
            drop(journal);
            Ok::<(), StoreError>(())
        })
    });
    report.add("open_year_ms", median(open.collect::<Result<_, _>>()?), "ms");
    Ok(())
}

/// The first question of a reader that remembers nothing.
fn first(folder: &Path, name: &str, span: Duration, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let mut cells = 0;
    let times = timed(|_| {
        let reader = Reader::open(folder)?;
        milliseconds(|| asked(&reader, Year::END, span).map(|count| cells = count))
    })?;
    report.add(format!("{name}_ms"), median(times), "ms, median, of a reader's first question");
    report.add(format!("{name}_cells"), cells as f64, "cells in the answer");
    Ok(())
}

/// What a page does that is left open: it asks for a span that is a minute further each time.
fn again(folder: &Path, name: &str, span: Duration, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let reader = Reader::open(folder)?;
    let start = Year::END.minus(MINUTE * REPEATS);
    asked(&reader, start, span)?;
    let times = timed(|turn| milliseconds(|| asked(&reader, start.plus(MINUTE * (turn + 1)), span)))?;
    report.add(format!("{name}_again_ms"), median(times.clone()), "ms, median, asked again a minute further");
    report.add(format!("{name}_again_p99_ms"), percentile(times.clone(), 0.99), "ms, 99th percentile of these");
    report.add(format!("{name}_again_questions"), times.len() as f64, "questions asked again");
    Ok(())
}

/// Asks for the whole matrix, and says how many cells it has.
fn asked(reader: &Reader, to: Timestamp, span: Duration) -> Result<usize, StoreError> {
    let answer = reader.matrix(&Question::all(to.minus(span), to), None, &|asn| format!("AS{asn}"), &[])?;
    Ok(answer.cells.len())
}

/// The times of a work that is done again and again.
fn timed(mut work: impl FnMut(u32) -> Result<f64, StoreError>) -> Result<Vec<f64>, StoreError> {
    let began = Instant::now();
    let mut times = Vec::new();
    for turn in 0..REPEATS {
        if turn >= AT_LEAST && began.elapsed() >= PATIENCE {
            break;
        }
        times.push(work(turn)?);
    }
    Ok(times)
}
