//! sFlow version 5 (sflow.org, "sFlow Version 5", July 2004), and the versions 4 (RFC 3176) and 2 before it.
//!
//! A datagram is a [`Header`] and a list of samples; a sample is a few fixed words and a list of records. Samples and records are
//! opaque structures with a format and a length, so whatever is unknown or broken is stepped over by its length and the rest kept.
//! Everything stepped over is told to the [`Listener`] as a [`Skip`]; a datagram of which not even the header can be read is
//! refused whole, as a [`Refusal`].
//!
//! Before version 5 the same was said without lengths, so that the first structure of an unknown kind ends the reading of a datagram.

mod address;
mod counters;
mod encapsulation;
mod flow;
mod header;
mod interface;
mod packet;
mod skip;
mod usual;
mod version4;

#[cfg(test)]
mod builder;
#[cfg(test)]
mod builder4;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod habits;
#[cfg(test)]
mod properties;

use schema::Protocol;
use schema::sample::{FlowSample, InterfaceCounters, Sampled};

pub use header::{Header, Refusal, header};
pub use packet::MAX_FRAME_OCTETS;
pub use skip::Skip;
pub use usual::Usual;
use usual::{COMPACT, EXPANDED};

use crate::reader::{Block, Reader};

/// Whom the walk tells what it finds. It is generic, so that a call costs nothing more than its body.
pub trait Listener {
    /// A sampled frame.
    fn flow(&mut self, sample: &FlowSample);
    /// A sampled frame in the form that nearly all have, still in its datagram; [`flow`](Self::flow) hears of it if this is left as it is.
    #[inline]
    fn usual<const HEAD: usize>(&mut self, sample: Usual<'_, HEAD>)
    where
        for<'a> Usual<'a, HEAD>: Sampled,
    {
        self.flow(&sample.whole());
    }
    /// The interface counters of a counter sample; at most once for each.
    fn counters(&mut self, counters: &InterfaceCounters);
    /// A counter sample, whatever it counts; before its interface counters, if it has them.
    fn counter_sample(&mut self);
    /// Something stepped over.
    fn skipped(&mut self, what: Skip);
}

/// The samples of a datagram, not yet read.
#[derive(Clone, Copy, Debug)]
pub struct Samples<'a> {
    protocol: Protocol,
    declared: u32,
    reader: Reader<'a>,
}

impl Samples<'_> {
    /// Reads every sample and tells the listener; it never fails, and each step consumes octets.
    #[inline]
    pub fn walk<L: Listener>(self, listener: &mut L) {
        if self.protocol != Protocol::Sflow5 {
            return version4::walk(self, listener);
        }
        let mut reader = self.reader;
        for _ in 0..self.declared {
            let Some(sample) = reader.block() else {
                return read_cut_sample(reader, listener);
            };
            read_sample(sample, listener);
        }
        if !reader.is_empty() {
            listener.skipped(Skip::TrailingOctets);
        }
    }
}

/// Formats of samples; the enterprise is 0 in all of them.
mod format {
    pub(super) const FLOW: u32 = 1;
    pub(super) const COUNTERS: u32 = 2;
    pub(super) const FLOW_EXPANDED: u32 = 3;
    pub(super) const COUNTERS_EXPANDED: u32 = 4;
    pub(super) const DISCARDED_PACKET: u32 = 5;
}

#[inline(always)]
fn read_sample<L: Listener>(sample: Block<'_>, listener: &mut L) {
    if sample.format == format::FLOW
        && let Some(usual) = Usual::<COMPACT>::of(sample.body.rest())
    {
        return listener.usual(usual);
    }
    if sample.format == format::FLOW_EXPANDED
        && let Some(usual) = Usual::<EXPANDED>::of(sample.body.rest())
    {
        return listener.usual(usual);
    }
    read_any_sample(sample.format, sample.body.rest(), listener);
}

/// Reads a sample of any form. It is given in pieces that registers hold.
#[inline(never)]
fn read_any_sample<L: Listener>(format: u32, body: &[u8], listener: &mut L) {
    let sample = Block { format, body: Reader::new(body) };
    let read = match sample.format {
        format::FLOW => flow::read_compact(sample.body, listener),
        format::FLOW_EXPANDED => flow::read_expanded(sample.body, listener),
        format::COUNTERS => counters::read_compact(sample.body, listener),
        format::COUNTERS_EXPANDED => counters::read_expanded(sample.body, listener),
        format::DISCARDED_PACKET => {
            listener.skipped(Skip::DiscardedPacket);
            Some(())
        }
        _ => {
            listener.skipped(Skip::UnknownSample);
            Some(())
        }
    };
    if read.is_none() {
        listener.skipped(Skip::ShortSample);
    }
}

/// Reads what can be trusted of a sample that claims more octets than are left, if anything is left at all.
///
/// Each counter record is whole by itself, so those that are there count. The packet of a flow sample is described by all its
/// records together: with some of them cut off it could land in the wrong cell, and weights make up for a sample that is missing.
#[cold]
fn read_cut_sample<L: Listener>(reader: Reader<'_>, listener: &mut L) {
    if reader.is_empty() {
        return listener.skipped(Skip::MissingSamples);
    }
    listener.skipped(Skip::SampleOverrun);
    let Some(sample) = reader.cut_block() else { return };
    let _short = match sample.format {
        format::COUNTERS => counters::read_compact(sample.body, listener),
        format::COUNTERS_EXPANDED => counters::read_expanded(sample.body, listener),
        _ => None,
    };
}

/// The records of a sample, as far as those that it declares are there.
struct Records<'a> {
    left: u32,
    reader: Reader<'a>,
}

impl Records<'_> {
    /// What is wrong with the sample's end, once the records are read.
    #[inline]
    fn skipped(&self) -> Option<Skip> {
        match (self.left, self.reader.is_empty()) {
            (0, true) => None,
            (0, false) => Some(Skip::TrailingOctets),
            (_, true) => Some(Skip::MissingRecords),
            (_, false) => Some(Skip::RecordOverrun),
        }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Block<'a>;

    #[inline]
    fn next(&mut self) -> Option<Block<'a>> {
        if self.left == 0 {
            return None;
        }
        let record = self.reader.block()?;
        self.left -= 1;
        Some(record)
    }
}
