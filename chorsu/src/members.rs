//! The member list in use: loaded at the start, and again on SIGHUP. Claims with dates come into use by the collector's clock.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use directory::{Current, Directory};
use schema::Timestamp;
use schema::status::DirectoryStatus;

use crate::failure::{Context, Outcome};

/// The member list that everybody reads, and what is said of it.
#[derive(Clone)]
pub(crate) struct Members {
    file: Option<PathBuf>,
    pub(crate) current: Arc<Current>,
    pub(crate) status: Arc<ArcSwap<DirectoryStatus>>,
}

impl Members {
    /// Loads the list for the first time. Without a file nobody is a member.
    pub(crate) fn load(file: Option<PathBuf>) -> Outcome<Self> {
        let list = match &file {
            Some(file) => directory::load(file).plain()?,
            None => Directory::empty(),
        };
        let now = Timestamp::now();
        let status = Arc::new(ArcSwap::from_pointee(status(file.as_deref(), &list, now)));
        Ok(Self { file, current: Arc::new(Current::new(list, now)), status })
    }

    /// Loads the list again. A list that is refused changes nothing but the status: the older one stays in use.
    pub(crate) fn reload(&self) {
        let Some(file) = &self.file else { return };
        match directory::load(file) {
            Ok(list) => {
                let now = Timestamp::now();
                let status = status(Some(file), &list, now);
                tracing::info!(members = status.members, macs = status.macs, warnings = status.warnings.len(), "members reloaded");
                self.current.replace(list, now);
                self.say(|before| DirectoryStatus { places: Arc::clone(&before.places), ..status.clone() });
            }
            Err(refused) => {
                tracing::error!(%refused, "members not reloaded; the older list stays in use");
                self.say(|before| DirectoryStatus { refused: Some(refused.to_string()), ..before.clone() });
            }
        }
    }

    /// Publishes a status. Whoever reads what is known of addresses writes to the same one.
    fn say(&self, status: impl Fn(&DirectoryStatus) -> DirectoryStatus) {
        self.status.rcu(|before| status(before));
    }
}

fn status(file: Option<&Path>, list: &Directory, loaded: Timestamp) -> DirectoryStatus {
    DirectoryStatus {
        origin: file.map(|file| file.display().to_string()).unwrap_or_default(),
        loaded,
        members: list.member_count(),
        macs: list.mac_count(),
        warnings: list.warnings().iter().map(ToString::to_string).collect(),
        refused: None,
        places: Arc::default(),
    }
}
