//! From a file to a directory.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use schema::Timestamp;
use thiserror::Error;

use crate::book::Directory;
use crate::refusal::{Lines, Place, Refusal};
use crate::{csv_file, ixf, toml_file};

/// Octets of a member list. The largest exchange's export has a few megabytes; a bigger file is another one, and must not fill memory.
pub const MAX_FILE_OCTETS: usize = 64 * 1024 * 1024;

/// How a member list is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// The project's own: `[[member]]` blocks.
    Toml,
    /// A spreadsheet's: one row for each MAC address or port.
    Csv,
    /// An IX-F Member Export in JSON.
    Ixf,
}

impl Format {
    /// The format that the file's extension stands for.
    #[must_use]
    pub fn of_path(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?;
        match extension.to_ascii_lowercase().as_str() {
            "toml" => Some(Self::Toml),
            "csv" => Some(Self::Csv),
            "json" | "ixf" => Some(Self::Ixf),
            _ => None,
        }
    }

    /// The format of a text by its first line; by `hint` where that says nothing.
    fn of_text(text: &str, hint: Option<Self>) -> Option<Self> {
        let Some(line) = csv_file::first_line(text).map(str::trim) else { return hint.or(Some(Self::Toml)) };
        if line.starts_with('{') {
            return Some(Self::Ixf);
        }
        if csv_file::is_header(line) {
            return Some(Self::Csv);
        }
        match hint {
            Some(Self::Ixf) => hint,
            _ if line.starts_with(['[', '#']) || line.contains('=') => Some(Self::Toml),
            _ => hint,
        }
    }
}

/// A member list that was not loaded: one sentence that begins with the file.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("{}: cannot be read ({error}); check the path and who may read it", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It was read and refused.
    #[error("{}: {refusal}", file.display())]
    Refused {
        /// The file.
        file: PathBuf,
        /// Why.
        refusal: Refusal,
    },
}

/// Loads a member list. Its content tells the format; where that does not, its extension does.
///
/// # Errors
///
/// If the file cannot be read, is longer than [`MAX_FILE_OCTETS`], or holds something that cannot be understood.
pub fn load(path: &Path) -> Result<Directory, LoadError> {
    let bytes = read(path).map_err(|error| LoadError::Unreadable { file: path.to_owned(), error })?;
    parse(&bytes, Format::of_path(path)).map_err(|refusal| LoadError::Refused { file: path.to_owned(), refusal })
}

/// Reads a file as far as one octet past the bound, so that a too long one is known and not read.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_FILE_OCTETS as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a member list from memory; `hint` is the format to assume where the content does not tell.
///
/// # Errors
///
/// If it is longer than [`MAX_FILE_OCTETS`] or holds something that cannot be understood.
pub fn parse(bytes: &[u8], hint: Option<Format>) -> Result<Directory, Refusal> {
    if bytes.len() > MAX_FILE_OCTETS {
        let limit = MAX_FILE_OCTETS >> 20;
        return Err(Refusal::new(Place::List, format!("is longer than {limit} MiB; check that it is the right file")));
    }
    let text = text(bytes)?;
    match Format::of_text(text, hint) {
        Some(Format::Toml) => toml_file::read(text),
        Some(Format::Csv) => csv_file::read(text),
        Some(Format::Ixf) => ixf::read(text),
        None => Err(Refusal::new(
            Place::List,
            format!(
                "is neither TOML, nor CSV, nor an IX-F Member Export; begin it with [[member]], with the columns {}, or with an object",
                csv_file::COLUMNS.join(",")
            ),
        )),
    }
}

/// The text without the byte order mark that some programs put before it.
fn text(bytes: &[u8]) -> Result<&str, Refusal> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    str::from_utf8(bytes).map_err(|error| {
        Refusal::new(Lines::of(bytes).place(error.valid_up_to()), "holds octets that are no UTF-8; save the file as UTF-8")
    })
}

/// A member list's file, watched for changes.
#[derive(Clone, Debug)]
pub struct Source {
    path: PathBuf,
    loaded: Option<Stamp>,
}

/// What tells one version of a file from the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stamp {
    modified: Option<SystemTime>,
    octets: u64,
}

impl Stamp {
    /// That of the version which is there now; `None` if none is.
    pub(crate) fn of(file: &Path) -> Option<Self> {
        let metadata = file.metadata().ok()?;
        Some(Self { modified: metadata.modified().ok(), octets: metadata.len() })
    }

    /// When the version was written.
    pub(crate) fn modified(self) -> Option<Timestamp> {
        self.modified.map(Timestamp::from)
    }
}

impl Source {
    /// The file, not yet loaded.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), loaded: None }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file is another than at the latest [`load`](Self::load), by its time and length. A file that has vanished for the
    /// moment, as some editors save, has not changed.
    #[must_use]
    pub fn changed(&self) -> bool {
        let now = self.stamp();
        now.is_some() && now != self.loaded
    }

    /// Loads it. A version that is refused is not tried again until it changes.
    ///
    /// # Errors
    ///
    /// As the function [`load`].
    pub fn load(&mut self) -> Result<Directory, LoadError> {
        // Stamped before it is read: what is written meanwhile is seen as a change, not missed.
        self.loaded = self.stamp();
        load(&self.path)
    }

    fn stamp(&self) -> Option<Stamp> {
        Stamp::of(&self.path)
    }
}
