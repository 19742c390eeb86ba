//! The claims in force, read again whenever their file has changed.

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::file::{FILE, read};
use super::in_force::InForce;
use crate::error::{At, Result};

/// The file of a store, looked at with each question: that costs one call to the system while nothing changes. Clones share what was read.
#[derive(Clone, Debug)]
pub(crate) struct Watched {
    path: PathBuf,
    latest: Arc<Mutex<Option<Latest>>>,
}

/// What was read last, and of which version of the file.
#[derive(Clone, Debug)]
struct Latest {
    stamp: Stamp,
    in_force: Arc<InForce>,
}

/// What tells a file's versions apart: it only ever grows, or was edited by hand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Stamp {
    octets: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self { octets: metadata.len(), modified: metadata.modified().ok() }
    }
}

impl Watched {
    pub(crate) fn of(data: &Path) -> Self {
        Self { path: data.join(FILE), latest: Arc::default() }
    }

    /// The claims as they stand now.
    pub(crate) fn in_force(&self) -> Result<Arc<InForce>> {
        let stamp = match self.path.metadata() {
            Ok(metadata) => Stamp::of(&metadata),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Arc::default()),
            Err(error) => return Err(error).at("look at", &self.path),
        };
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = latest.as_ref().filter(|known| known.stamp == stamp) {
            return Ok(Arc::clone(&known.in_force));
        }
        let read = self.read()?;
        Ok(Arc::clone(&latest.insert(read).in_force))
    }

    /// Reads the file. The stamp is taken first: what is added meanwhile is then read again.
    fn read(&self) -> Result<Latest> {
        let mut file = File::open(&self.path).at("open", &self.path)?;
        let stamp = Stamp::of(&file.metadata().at("look at", &self.path)?);
        let (known, _) = read(&mut file, &self.path)?;
        Ok(Latest { stamp, in_force: Arc::new(known.into_in_force()) })
    }
}
