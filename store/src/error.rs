//! What can go wrong in the cellar.

use std::path::{Path, PathBuf};

use schema::Timestamp;

/// Why the store could not do what it was asked; each is one sentence for a person.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system refused.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was tried, as a verb.
        doing: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process writes to the store.
    #[error("the store {} is in use by another process; stop it, or choose another data directory", dir.display())]
    Locked {
        /// The store's directory.
        dir: PathBuf,
    },
    /// There is no store.
    #[error("{} holds no store; give the data directory that `chorsu run` or `chorsu replay --into` writes to", dir.display())]
    NoStore {
        /// The directory that was looked at.
        dir: PathBuf,
    },
    /// The store was laid out by another version.
    #[error("the store {} has the format `{found}`, but this version reads `{expected}`; use the version that wrote it", dir.display())]
    Format {
        /// The store's directory.
        dir: PathBuf,
        /// What its version file says.
        found: String,
        /// What it should say.
        expected: &'static str,
    },
    /// A window cannot be rolled up.
    #[error("the window of {start} lasts {millis} ms; its length must divide five minutes, and its start must be a multiple of its length")]
    WindowLength {
        /// Start of the window.
        start: Timestamp,
        /// Its length, in milliseconds.
        millis: u128,
    },
    /// A segment can be listed but not read.
    #[error("the segment {} is torn or corrupted: {detail}", segment.display())]
    Broken {
        /// The segment's directory.
        segment: PathBuf,
        /// What its reader said.
        detail: String,
    },
    /// A segment was there when the store was listed and is gone now.
    #[error("the segment {} went away while it was read; ask again", segment.display())]
    Gone {
        /// The segment's directory.
        segment: PathBuf,
    },
    /// A time series would have too many points.
    #[error("this step gives {points} points, and {most} is the most; take a longer step or a shorter span")]
    TooManySteps {
        /// Points that were asked for.
        points: u64,
        /// The bound.
        most: u64,
    },
    /// Rows could not be summed.
    #[error("cannot sum the rows: {0}")]
    Query(#[from] polars_core::error::PolarsError),
    /// Rows could not be laid out as columns.
    #[error("cannot lay out the columns: {0}")]
    Columns(#[from] arrow::error::ArrowError),
    /// A Parquet file could not be written.
    #[error("cannot write Parquet: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// The warehouse did not answer, or refused.
    #[error(transparent)]
    Warehouse(#[from] crate::warehouse::Trouble),
    /// What was shipped to the warehouse cannot be told.
    #[error("{} {detail}", path.display())]
    Shipping {
        /// The ledger's file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        detail: String,
    },
    /// Re-attributions could not be read or made.
    #[error(transparent)]
    Reattribution(#[from] crate::reattribution::Refusal),
}

impl StoreError {
    /// Whether a file or folder is not there.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
    }
}

/// A result of the store.
pub(crate) type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Says on which path an operation failed.
pub(crate) trait At<T> {
    /// Turns the system's error into a sentence.
    fn at(self, doing: &'static str, path: &Path) -> Result<T>;
}

impl<T> At<T> for std::io::Result<T> {
    fn at(self, doing: &'static str, path: &Path) -> Result<T> {
        self.map_err(|source| StoreError::Io { doing, path: path.to_owned(), source })
    }
}
