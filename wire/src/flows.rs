//! NetFlow version 5, NetFlow version 9 (RFC 3954) and IPFIX (RFC 7011): flow records, and what exporters say about them.
//!
//! A datagram of NetFlow v5 is a header and records of one shape: [`netflow5()`] reads the header, [`Netflow5::walk`] tells a
//! [`RecordListener`] of every record.
//!
//! A message of NetFlow v9 or IPFIX is a header and a list of sets, and the shape of its records is told apart from them, by templates
//! that hold until they are told anew. [`netflow9()`] and [`ipfix()`] read the header, and [`Message::walk`] tells a [`SetListener`] of
//! every set. Whoever keeps the templates compiles each [`Definition`] once to a [`Template`], which is the only thing here that
//! allocates; [`Template::records`] then reads the records of a data set, and [`Template::samplings`] the sampling rates in the data of an
//! options template.
//!
//! Sets and templates carry their length, so whatever is unknown or broken is stepped over by its length and the rest is kept. Everything
//! stepped over is told as a [`Skip`]; a datagram of which not even the header can be read is refused whole, as a [`Refusal`]. Every step
//! consumes octets of the datagram, whatever a template says, so no template makes a walk long.

mod age;
mod definition;
mod direct;
mod element;
mod ips;
mod layout;
mod message;
mod netflow5;
mod plan;
mod rate;
mod record;
mod refusal;
mod sampling;
mod section;
mod skip;
mod template;

#[cfg(test)]
mod builder;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod fields;
#[cfg(test)]
mod properties;

use schema::sample::FlowRecord;

pub use age::{Clock, MAX_AGE_MS};
pub use definition::{Definition, Field, Fields, MAX_FIELDS, Withdrawal};
pub use message::{Message, ipfix, netflow9};
pub use netflow5::{Netflow5, netflow5};
pub use refusal::Refusal;
pub use sampling::Sampling;
pub use skip::Skip;
pub use template::Template;

/// One direction of what a record says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exported {
    /// The record, as the matrix needs it. Its rate is [`Rate::UNKNOWN`](schema::Rate::UNKNOWN) unless the record itself, or the header of
    /// its NetFlow v5 datagram, tells one.
    pub record: FlowRecord,
    /// The sampler that selected its packets (selectorId, element 302, else samplerId, element 48).
    pub sampler: Option<u64>,
    /// Octets as exported: the first that the template has of the elements 1, 85, 352, 353, 231 and 23. 0 for a sampled packet without them.
    pub octets: u64,
    /// Packets as exported: the first that the template has of the elements 2, 86, 298 and 24.
    pub packets: u64,
    /// Whether this is the way back of a biflow (RFC 5103), whose way there was told just before. Both are one record.
    pub reverse: bool,
}

/// Whom the walk over records tells what it finds. It is generic, so that a call costs nothing more than its body.
pub trait RecordListener {
    /// Whether records shall tell their IP addresses, which takes some steps. It is asked once for many records.
    #[inline(always)]
    fn wants_ips(&self) -> bool {
        false
    }
    /// A record, or one direction of it.
    fn record(&mut self, record: &Exported);
    /// Something stepped over.
    fn skipped(&mut self, what: Skip);
}

/// Whom the walk over the sets of a message tells what it finds.
pub trait SetListener {
    /// A template is defined, for the first time, again, or anew.
    fn template(&mut self, definition: Definition<'_>);
    /// Templates are withdrawn (RFC 7011, section 8.1).
    fn withdrawn(&mut self, what: Withdrawal);
    /// The records of a data set, whose shape the template of this id tells.
    fn data(&mut self, template: u16, body: &[u8]);
    /// Something stepped over.
    fn skipped(&mut self, what: Skip);
}
