//! The way of a datagram from its bytes to a shard.

mod flows;
mod matrix;
mod sflow;

#[cfg(test)]
pub(crate) mod builder;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use aggregator::{Delta, Parties, Policies, Shard};
use directory::Snapshot;
use ipnet::IpNet;
use schema::{Protocol, Timestamp};
use wire::protocol;

use crate::admission::Admission;
use crate::counts::Counts;
use crate::templates::book::{Book, Learned};
use crate::templates::{Exporters, TemplateCounts};

/// One thread's way from bytes to a shard of its own.
pub struct Lane {
    shard: Shard,
    counts: Counts,
    admission: Admission,
    exporters: Exporters,
}

/// What a lane did with a datagram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// It is a flow datagram: decoded, or refused under a named count.
    Flow,
    /// It is something else.
    NotFlow,
    /// Its sender is not on the allow-list.
    Stranger,
}

impl Lane {
    /// A lane whose shard is empty, which admits everyone and knows no template. `window` is the length of the windows.
    #[must_use]
    pub fn new(parties: Parties, policies: Arc<Policies>, window: Duration) -> Self {
        Self {
            shard: Shard::new(parties, policies, window),
            counts: Counts::default(),
            admission: Admission::default(),
            exporters: Exporters::new(Arc::default()),
        }
    }

    /// The same, but it takes datagrams only from addresses in these networks; from everyone if there are none.
    #[must_use]
    pub fn admitting(self, allowed: Arc<[IpNet]>) -> Self {
        Self { admission: Admission::new(allowed), ..self }
    }

    /// The same, but it knows what the book says of the exporters that it hears.
    #[must_use]
    pub(crate) fn remembering(self, book: Arc<Book>) -> Self {
        Self { exporters: Exporters::new(book), ..self }
    }

    /// Takes one datagram that came from `source` at `at`.
    pub fn datagram(&mut self, source: IpAddr, payload: &[u8], at: Timestamp, directory: &Snapshot) -> Taken {
        if !self.admission.admits(source) {
            self.counts.strangers += 1;
            return Taken::Stranger;
        }
        match protocol::recognise(payload) {
            Some(protocol @ (Protocol::Sflow5 | Protocol::Sflow4 | Protocol::Sflow2)) => {
                self.sflow(protocol, source, payload, at, directory);
            }
            Some(Protocol::Netflow5) => self.netflow5(source, payload, at, directory),
            Some(protocol @ (Protocol::Netflow9 | Protocol::Ipfix)) => self.messages(protocol, source, payload, at, directory),
            None => {
                self.counts.unknown += 1;
                return Taken::NotFlow;
            }
        }
        Taken::Flow
    }

    /// What it counted since it began.
    #[must_use]
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Senders that were not admitted, with their datagrams, as many as are remembered.
    #[must_use]
    pub fn strangers(&self) -> &[(IpAddr, u64)] {
        self.admission.strangers()
    }

    /// Hands over what was added to the matrix since the last time; see [`Shard::take`].
    pub fn take(&mut self, empty: Delta) -> Delta {
        self.shard.take(empty)
    }

    /// Forgets exporters that were silent for long; see [`Shard::forget_silent`].
    pub fn forget_silent(&mut self, now: Timestamp) {
        self.shard.forget_silent(now);
    }

    /// Lets go of data sets whose template did not come in time.
    pub fn expire(&mut self, now: Timestamp) {
        self.exporters.expire(now, &mut self.counts);
    }

    /// What exporters said that the book does not know yet.
    pub(crate) fn learned(&mut self) -> Vec<Learned> {
        self.exporters.learned()
    }

    /// How many templates each exporter has; `None` if that did not change since it was last asked for.
    pub(crate) fn template_counts(&mut self) -> Option<TemplateCounts> {
        self.exporters.template_counts()
    }
}
