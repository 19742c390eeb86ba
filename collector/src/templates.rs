//! What exporters of NetFlow v9 and IPFIX must have said before their data can be read: templates and sampling rates.
//!
//! 1. [`exporter`] keeps what one exporter said: its templates, its [`samplers`], and the data sets that came before their template ([`held`]);
//! 2. [`Exporters`], here, are all those of one lane, in bounded memory;
//! 3. [`book`] is what outlives a restart, and [`book_file`] its form on the disk, and [`scribe`] who writes it.
//!
//! All of it belongs to the exporter's UDP source *address* and the observation domain. The source port never matters: exporters that start
//! again come from another one. The kernel hands all datagrams of an address to one thread ([`steering`](crate::steering)), so nothing here
//! is shared and nothing locks.

pub(crate) mod book;
pub(crate) mod book_file;
pub(crate) mod exporter;
pub(crate) mod held;
pub(crate) mod samplers;
pub(crate) mod scribe;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use lru::LruCache;
use schema::{Protocol, Timestamp};

pub(crate) use exporter::Exporter;

use book::{Book, Learned};

use crate::counts::{Counts, Loss};

pub(crate) type Map<K, V> = HashMap<K, V, RandomState>;

/// Octets that the templates and rates of one exporter's address may take, against one that invents them. Some thousand templates of
/// ordinary length fit; the largest routers have some hundred. Beyond it the exporter's own least recently used templates go, and nobody
/// else's.
pub(crate) const MAX_EXPORTER_OCTETS: usize = 1 << 20;

/// Octets that all exporters of a lane may take together, against addresses that are forged. Beyond it the least recently heard exporter
/// goes.
pub(crate) const MAX_LANE_OCTETS: usize = 32 << 20;

/// What names a template within an exporter.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct TemplateKey {
    /// NetFlow v9 or IPFIX.
    pub(crate) protocol: Protocol,
    /// Source id or observation domain.
    pub(crate) domain: u32,
    /// The template's number.
    pub(crate) id: u16,
}

/// How many templates each exporter has in each protocol and domain, options templates among them.
pub(crate) type TemplateCounts = BTreeMap<(IpAddr, Protocol, u32), usize>;

/// What a lane knows of its exporters.
pub(crate) struct Exporters {
    known: LruCache<IpAddr, Exporter, RandomState>,
    /// Memory that they are reckoned with.
    octets: usize,
    /// Of it, data sets that wait for their template.
    held: usize,
    /// Their memory changed since templates were last counted.
    changed: bool,
    /// What was known before the start, and whose part of it was asked for already.
    before: Arc<Book>,
    asked: BTreeSet<IpAddr>,
}

impl Exporters {
    /// Knows of no exporter yet; `before` tells what each said before the start, when it is first heard.
    pub(crate) fn new(before: Arc<Book>) -> Self {
        Self {
            known: LruCache::unbounded_with_hasher(RandomState::default()),
            octets: 0,
            held: 0,
            changed: false,
            before,
            asked: BTreeSet::new(),
        }
    }

    /// The exporter at this address, and the octets that the lane holds of other exporters' data sets. Call [`settle`](Self::settle) after
    /// each message.
    pub(crate) fn at(&mut self, source: IpAddr) -> (&mut Exporter, usize) {
        let Self { known, before, asked, held, .. } = self;
        let exporter = known.get_or_insert_mut(source, || {
            // Only once: what it says from now on is newer.
            let said = if before.knows(source) && asked.insert(source) { before.of(source) } else { Vec::new() };
            Exporter::remembering(&said)
        });
        let others = held.saturating_sub(exporter.held.octets());
        (exporter, others)
    }

    /// Books what a message changed in an exporter's memory, and keeps the whole within its bound.
    #[inline]
    pub(crate) fn settle(&mut self, source: IpAddr, counts: &mut Counts) {
        let Some(exporter) = self.known.peek_mut(&source) else { return };
        let Some((octets, held)) = exporter.unsettled() else { return };
        self.changed = true;
        self.octets = self.octets.saturating_add_signed(octets);
        self.held = self.held.saturating_add_signed(held);
        if exporter.is_empty() {
            // Whoever said nothing that is kept takes no place, or else forged addresses would push out those that did.
            self.forget(source);
        }
        while self.octets > MAX_LANE_OCTETS && self.known.len() > 1 {
            let Some((_, exporter)) = self.known.pop_lru() else { return };
            self.octets -= exporter.octets();
            self.held -= exporter.held.octets();
            exporter.templates().for_each(|(key, _)| counts.flows_mut(key.protocol).lose(Loss::TemplateEvicted));
            exporter.held.waiting().for_each(|key| counts.flows_mut(key.protocol).lose(Loss::HeldDropped));
        }
    }

    fn forget(&mut self, source: IpAddr) {
        if let Some(exporter) = self.known.pop(&source) {
            self.octets -= exporter.octets();
            self.held -= exporter.held.octets();
        }
    }

    /// Lets go of data sets that waited too long for their template.
    pub(crate) fn expire(&mut self, now: Timestamp, counts: &mut Counts) {
        if self.held == 0 {
            return;
        }
        let waiting: Vec<IpAddr> =
            self.known.iter().filter(|(_, exporter)| exporter.held.octets() > 0).map(|(source, _)| *source).collect();
        for source in waiting {
            let Some(exporter) = self.known.peek_mut(&source) else { continue };
            exporter.held.expire(now, &mut |key| counts.flows_mut(key.protocol).lose(Loss::HeldExpired));
            self.settle(source, counts);
        }
    }

    /// What exporters that said something new are now known to have said. Asking again tells what is new since.
    pub(crate) fn learned(&mut self) -> Vec<Learned> {
        self.known.iter_mut().flat_map(|(source, exporter)| exporter.learned(*source)).collect()
    }

    /// How many templates each exporter has in each protocol and domain; `None` if nothing changed since this was last asked for.
    pub(crate) fn template_counts(&mut self) -> Option<TemplateCounts> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        let mut counts = TemplateCounts::new();
        for (source, exporter) in &self.known {
            for (key, _) in exporter.templates() {
                *counts.entry((*source, key.protocol, key.domain)).or_default() += 1;
            }
        }
        Some(counts)
    }

    /// Memory that it is reckoned with.
    #[cfg(test)]
    pub(crate) fn octets(&self) -> usize {
        self.octets
    }
}
