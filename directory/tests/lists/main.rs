//! Member lists as the crate's users load them.

#![cfg(test)]

mod csv;
mod dates;
mod ixf;
mod load;
mod properties;
mod toml;

use std::ops::Deref;

use directory::{Directory, Format, Refusal, Snapshot, Warning, parse};
use schema::Timestamp;

/// A list, read as its snapshot of [`TODAY`].
struct List {
    directory: Directory,
    today: Snapshot,
}

/// 2026-04-15.
const TODAY: Timestamp = Timestamp(1_776_211_200_000);

impl List {
    fn parse(bytes: &[u8], hint: Option<Format>) -> Result<Self, Refusal> {
        let directory = parse(bytes, hint)?;
        Ok(Self { today: directory.as_of(TODAY), directory })
    }

    fn read(text: &str) -> Self {
        Self::parse(text.as_bytes(), None).unwrap_or_else(|refusal| panic!("{refusal}\n{text}"))
    }

    fn warnings(&self) -> &[Warning] {
        self.directory.warnings()
    }

    fn warning_count(&self) -> usize {
        self.directory.warning_count()
    }
}

impl Deref for List {
    type Target = Snapshot;

    fn deref(&self) -> &Snapshot {
        &self.today
    }
}
