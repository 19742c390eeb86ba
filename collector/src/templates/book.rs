//! What exporters said, as it outlives a restart.
//!
//! Lanes tell the timer's thread what is new, once a window; it keeps this book and has it written. After a restart each lane looks up an
//! exporter when it first hears it, so that data that come before the exporter's next templates, which may take half an hour, are read at
//! once.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use schema::{Protocol, Timestamp};
use wire::flows::{Sampling, Template};

/// Exporters and protocols in the book, against forged addresses. The longest unheard goes first.
pub(super) const MAX_ENTRIES: usize = 4_096;

/// Octets that the book may take, for the same reason.
pub(super) const MAX_OCTETS: usize = 64 << 20;

/// Octets that an entry and a sampler are reckoned with.
const ENTRY_OCTETS: usize = 256;
const SAMPLER_OCTETS: usize = size_of::<(u32, Sampling)>();

/// What was not heard for so long is dropped: the exporter is gone, or means something else by its numbers now.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3_600);

/// How precisely it is known when an exporter was last heard. A finer grain would have the file written again in every window.
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// What one exporter's address said in one protocol.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) protocol: Protocol,
    /// Templates by their domain, the one used last first.
    pub(crate) templates: Vec<(u32, Arc<Template>)>,
    /// Sampling rates by their domain.
    pub(crate) samplers: Vec<(u32, Sampling)>,
}

/// Who said something new, and all that is now known to have been said.
#[derive(Clone, Debug)]
pub(crate) struct Learned {
    pub(crate) source: IpAddr,
    pub(crate) said: Arc<Said>,
}

/// What all exporters said.
#[derive(Clone, Default)]
pub(crate) struct Book {
    entries: BTreeMap<(IpAddr, Protocol), Entry>,
    changed: bool,
}

/// One exporter's page.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) said: Arc<Said>,
    /// When it was last heard, give or take a [`DAY`].
    pub(super) used: Timestamp,
}

impl Book {
    /// Whether it says anything of this exporter.
    pub(crate) fn knows(&self, source: IpAddr) -> bool {
        self.pages(source).next().is_some()
    }

    /// What it says of this exporter.
    pub(crate) fn of(&self, source: IpAddr) -> Vec<Arc<Said>> {
        self.pages(source).map(|entry| Arc::clone(&entry.said)).collect()
    }

    fn pages(&self, source: IpAddr) -> impl Iterator<Item = &Entry> {
        Protocol::ALL.into_iter().filter_map(move |protocol| self.entries.get(&(source, protocol)))
    }

    /// Takes down what exporters said until now.
    pub(crate) fn learn(&mut self, learned: Vec<Learned>, now: Timestamp) {
        if learned.is_empty() {
            return;
        }
        for Learned { source, said } in learned {
            let key = (source, said.protocol);
            if said.templates.is_empty() && said.samplers.is_empty() {
                self.entries.remove(&key);
            } else {
                self.entries.insert(key, Entry { said, used: now });
            }
        }
        self.changed = true;
        self.make_room();
    }

    /// Notes that an exporter was heard.
    pub(crate) fn heard(&mut self, source: IpAddr, protocol: Protocol, at: Timestamp) {
        let Some(entry) = self.entries.get_mut(&(source, protocol)) else { return };
        if at.since(entry.used) >= DAY {
            entry.used = at;
            self.changed = true;
        }
    }

    /// Drops what was not heard for long.
    pub(crate) fn forget_silent(&mut self, now: Timestamp) {
        let (horizon, before) = (now.minus(KEPT_FOR), self.entries.len());
        self.entries.retain(|_, entry| entry.used >= horizon);
        self.changed |= self.entries.len() < before;
    }

    /// Says that it is not written yet as it is.
    pub(crate) const fn set_changed(&mut self) {
        self.changed = true;
    }

    /// Whether anything changed since this was last asked.
    pub(crate) const fn take_changed(&mut self) -> bool {
        std::mem::replace(&mut self.changed, false)
    }

    fn make_room(&mut self) {
        let mut octets: usize = self.entries.values().map(Entry::octets).sum();
        if self.entries.len() <= MAX_ENTRIES && octets <= MAX_OCTETS {
            return;
        }
        let mut by_use: Vec<_> = self.entries.iter().map(|(key, entry)| (entry.used, *key)).collect();
        by_use.sort_unstable();
        for (_, key) in by_use {
            if self.entries.len() <= MAX_ENTRIES && octets <= MAX_OCTETS {
                break;
            }
            octets -= self.entries.remove(&key).map_or(0, |entry| entry.octets());
        }
    }

    /// All pages in order.
    pub(super) fn entries(&self) -> impl Iterator<Item = (IpAddr, &Entry)> {
        self.entries.iter().map(|((source, _), entry)| (*source, entry))
    }

    /// Puts a page in as it was read from the disk.
    pub(super) fn put(&mut self, source: IpAddr, entry: Entry) {
        self.entries.insert((source, entry.said.protocol), entry);
        self.make_room();
    }
}

impl Entry {
    fn octets(&self) -> usize {
        let templates: usize = self.said.templates.iter().map(|(_, template)| template.octets()).sum();
        ENTRY_OCTETS + templates + self.said.samplers.len() * SAMPLER_OCTETS
    }
}
