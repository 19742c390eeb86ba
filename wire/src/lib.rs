//! The ear: the bytes of one UDP datagram in, sampled frames, flow records and interface counters out.
//!
//! Nothing here does I/O, looks at a clock or keeps state, and only compiling a template allocates: a datagram is walked where it lies, and
//! each sample that it holds becomes a small `Copy` value of [`schema::sample`], handed on by a call. The bytes come from the network, so
//! nothing may be believed: no length is used before it is compared with what is there, and indexing is denied by a lint.
//!
//! Read it in the order in which a datagram is read:
//!
//! 1. [`protocol`] tells by its content which protocol a datagram speaks, so that what arrives on the wrong port has a name;
//! 2. [`sflow`] is the decoder of sFlow, version 5 and those before it: [`sflow::header`] says who sends, [`sflow::Samples::walk`] calls a
//!    [`sflow::Listener`] for every sample, and for all that it steps over;
//! 3. [`flows`] is the decoder of NetFlow v5, NetFlow v9 and IPFIX: [`flows::Message::walk`] tells of templates and data sets, and a
//!    [`flows::Template`], compiled once, reads the records of a data set without allocating;
//! 4. [`ethernet`] reads what the matrix needs from the first octets of a frame: addresses, VLAN, IP version, tunnel;
//! 5. [`tunnel`] knows the headers that hide another frame behind that start;
//! 6. [`reader`] is the cursor beneath all of them.
//!
//! ```
//! use schema::sample::{FlowSample, InterfaceCounters};
//! use wire::sflow::{self, Listener, Skip};
//!
//! #[derive(Default)]
//! struct Tally {
//!     frames: u64,
//!     skipped: [u64; Skip::ALL.len()],
//! }
//!
//! impl Listener for Tally {
//!     fn flow(&mut self, sample: &FlowSample) {
//!         self.frames += u64::from(sample.rate);
//!     }
//!     fn counters(&mut self, _: &InterfaceCounters) {}
//!     fn counter_sample(&mut self) {}
//!     fn skipped(&mut self, what: Skip) {
//!         self.skipped[what.index()] += 1;
//!     }
//! }
//!
//! let datagram = [0, 0, 0, 5, 0, 0, 0, 1, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 3, 232, 0, 0, 0, 0];
//! let (header, samples) = sflow::header(&datagram)?;
//! assert_eq!((header.agent.address.to_string().as_str(), header.sequence), ("192.0.2.1", 9));
//! let mut tally = Tally::default();
//! samples.walk(&mut tally);
//! assert_eq!(tally.frames, 0);
//! # Ok::<(), sflow::Refusal>(())
//! ```
//!
//! What a broken datagram costs is bounded: a broken record costs that record, a sample that claims more than the datagram holds
//! costs itself and what follows it, and every step consumes octets, so that no declared count can make the walk long. Only sFlow before
//! version 5, which has no lengths to go by, can lose the rest of a datagram to one structure of an unknown kind.

#![forbid(unsafe_code)]
// Tests index what they have built themselves.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

pub mod ethernet;
pub mod flows;
pub mod protocol;
pub mod reader;
pub mod sflow;
pub mod tunnel;
