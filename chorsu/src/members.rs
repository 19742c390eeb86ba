//! The member list in use: loaded at the start, and again on SIGHUP.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use directory::Snapshot;
use schema::Timestamp;
use schema::status::DirectoryStatus;

use crate::failure::{Context, Outcome};

/// The member list that everybody reads, and what is said of it.
#[derive(Clone)]
pub(crate) struct Members {
    file: Option<PathBuf>,
    pub(crate) directory: Arc<ArcSwap<Snapshot>>,
    pub(crate) status: Arc<ArcSwap<DirectoryStatus>>,
}

impl Members {
    /// Loads the list for the first time. Without a file nobody is a member.
    pub(crate) fn load(file: Option<PathBuf>) -> Outcome<Self> {
        let snapshot = match &file {
            Some(file) => directory::load(file).plain()?,
            None => Snapshot::empty(),
        };
        let status = status(file.as_deref(), &snapshot);
        Ok(Self { file, directory: Arc::new(ArcSwap::from_pointee(snapshot)), status: Arc::new(ArcSwap::from_pointee(status)) })
    }

    /// Loads the list again. A list that is refused changes nothing but the status: the older one stays in use.
    pub(crate) fn reload(&self) {
        let Some(file) = &self.file else { return };
        match directory::load(file) {
            Ok(snapshot) => {
                let status = status(Some(file), &snapshot);
                tracing::info!(members = status.members, macs = status.macs, warnings = status.warnings.len(), "members reloaded");
                self.directory.store(Arc::new(snapshot));
                self.status.store(Arc::new(status));
            }
            Err(refused) => {
                tracing::error!(%refused, "members not reloaded; the older list stays in use");
                let status = DirectoryStatus { refused: Some(refused.to_string()), ..DirectoryStatus::clone(&self.status.load()) };
                self.status.store(Arc::new(status));
            }
        }
    }
}

fn status(file: Option<&Path>, snapshot: &Snapshot) -> DirectoryStatus {
    DirectoryStatus {
        origin: file.map(|file| file.display().to_string()).unwrap_or_default(),
        loaded: Timestamp::now(),
        members: snapshot.members().len(),
        macs: snapshot.mac_count(),
        warnings: snapshot.warnings().iter().map(ToString::to_string).collect(),
        refused: None,
    }
}
