//! The file: lines are added, and none is ever changed.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use schema::Timestamp;
use serde::Serialize;

use super::claim::Claim;
use super::list::Reattributions;
use super::refusal::Refusal;
use crate::error::{At, Result};
use crate::layout::{Layout, sync_dir};

/// The name of the file in the data directory.
pub const FILE: &str = "reattributions.jsonl";

/// How long the file may become: bounds the memory of whoever reads it. [`MAX_CLAIMS`](super::MAX_CLAIMS) in one line are about 1.2 MB.
const MAX_OCTETS: u64 = 64 << 20;

/// Reads the re-attributions of the store in `data`; there are none where the file is missing.
///
/// # Errors
/// If there is no store, the file cannot be read, one of its lines is broken, or its claims contradict each other.
pub fn load(data: &Path) -> Result<Reattributions> {
    Layout::new(data).check()?;
    let path = data.join(FILE);
    match File::open(&path) {
        Ok(mut file) => Ok(read(&mut file, &path)?.0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Reattributions::default()),
        Err(error) => Err(error).at("open", &path),
    }
}

/// Adds claims, in the words `by` of whoever makes them, and gives their number. When this returns they are on disk, and every question that is asked from now
/// on is answered with them, those to a running service too: it needs no stop.
///
/// # Errors
/// If there is no claim, too many would be in force, or they contradict each other or those in force; and as for [`load`].
pub fn append(data: &Path, by: &str, claims: &[Claim], now: Timestamp) -> Result<u64> {
    let mut writer = Writer::open(data)?;
    let line = writer.known.line_of(&writer.path, by, claims, now)?;
    writer.add(&line)?;
    Ok(line.id)
}

/// Takes all claims of a re-attribution back: every answer is again what it was without them.
///
/// # Errors
/// If there is none with this number, or it was withdrawn already; and as for [`load`].
pub fn withdraw(data: &Path, id: u64, now: Timestamp) -> Result<()> {
    let mut writer = Writer::open(data)?;
    let line = writer.known.withdrawal_of(id, now)?;
    writer.add(&line)
}

/// Reads an open file: what it says, and how many octets its whole lines take.
pub(super) fn read(file: &mut File, path: &Path) -> Result<(Reattributions, u64)> {
    let mut octets = Vec::new();
    file.take(MAX_OCTETS + 1).read_to_end(&mut octets).at("read", path)?;
    check_length(path, octets.len() as u64)?;
    let whole = octets.iter().rposition(|octet| *octet == b'\n').map_or(0, |newline| newline + 1);
    Ok((Reattributions::read(path, &octets[..whole])?, whole as u64))
}

fn check_length(path: &Path, octets: u64) -> Result<()> {
    if octets > MAX_OCTETS {
        return Err(Refusal::TooLong { path: path.to_owned(), octets, most: MAX_OCTETS }.into());
    }
    Ok(())
}

/// The one writer of the file. Its lock is the file's own and is held for one line only, so that it meets neither the journal's writer nor readers.
struct Writer {
    data: PathBuf,
    path: PathBuf,
    file: File,
    known: Reattributions,
    /// Where the next line begins.
    end: u64,
}

impl Writer {
    fn open(data: &Path) -> Result<Self> {
        Layout::new(data).check()?;
        let path = data.join(FILE);
        let mut file = File::options().create(true).truncate(false).read(true).write(true).open(&path).at("open", &path)?;
        file.lock().at("lock", &path)?;
        let (known, end) = read(&mut file, &path)?;
        Ok(Self { data: data.to_owned(), path, file, known, end })
    }

    /// Adds a line after the last whole one, and waits until it is on disk.
    fn add(&mut self, line: &impl Serialize) -> Result<()> {
        let mut octets = serde_json::to_vec(line).map_err(io::Error::from).at("write", &self.path)?;
        octets.push(b'\n');
        check_length(&self.path, self.end + octets.len() as u64)?;
        if let Err(error) = self.put(&octets) {
            // What is not on disk for certain shall not be seen either; where this fails too, the next line takes its place if it has no newline.
            let _ = self.file.set_len(self.end);
            return Err(error).at("write", &self.path);
        }
        sync_dir(&self.data)
    }

    fn put(&mut self, octets: &[u8]) -> io::Result<()> {
        self.file.set_len(self.end)?;
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(octets)?;
        self.file.sync_all()
    }
}
