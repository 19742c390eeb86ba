//! The rehearsal: an exchange whose true traffic is known, speaking real sFlow, NetFlow or IPFIX.
//!
//! A [`Plan`] and a seed make an [`Exchange`]: members with Zipf-like sizes, the pairs among them, a day of traffic. It has a clock of
//! its own: [`Exchange::advance`] moves it and hands out the datagrams that its switches send meanwhile, and [`Exchange::truth`] says
//! what really crossed the fabric. The same plan, seed and steps give the same octets, always.
//!
//! ```
//! # use std::time::Duration;
//! # use schema::Timestamp;
//! let plan = simulator::Plan { members: 12, ..simulator::Plan::default() };
//! let mut exchange = simulator::Exchange::new(&plan, Timestamp(1_795_161_600_000));
//! let mut octets = 0;
//! exchange.advance(Duration::from_secs(60), &mut |datagram: &simulator::Datagram<'_>| octets += datagram.bytes.len());
//! assert!(octets > 0 && exchange.truth().total.frames > 0);
//! ```
//!
//! Nothing here is shared with the decoder, which would otherwise be tested against its own mistakes. Read it in the order of a frame's life:
//!
//! 1. `plan` says what is wanted, `members` and `names` make up who is there, and where they are plugged in;
//! 2. `flows` draws who sends how much to whom; `curve` how that changes over the day, `profile` of which frame sizes it is made;
//! 3. `traffic` turns that into the frames of a slice of time, `fabric` says which ports they pass, `port` counts them there, and `sampler` picks
//!    one in N of a `stream` of them, as a switch does;
//! 4. `packet` writes the first octets of a picked frame, `sflow` the sample around it, `switch` the datagram around the samples;
//! 5. or, with NetFlow and IPFIX, `seen` is what a meter sees of that frame, `cache` gathers frames into flows, `template` and `netflow5` write
//!    them as records, `message` the datagram around the records, and `exporter` sends it;
//! 6. `exchange` drives all that by the clock, whichever `agent` reports;
//! 7. `way` loses some of the datagrams, if wanted; `pcap` keeps them in a file;
//! 8. `truth` is what is known for certain, `listing` writes the members as a directory reads them, and `economy` where their customers are.
//!
//! Switches misbehave as the plan has it: they sample a frame twice or only as it leaves, drop samples and do not say so, or send pools and rates
//! that mean nothing. What that draws is drawn apart, so the same seed still takes the same frames as they enter.

mod agent;
mod cache;
mod curve;
mod economy;
mod exchange;
mod exporter;
mod fabric;
mod flows;
mod listing;
mod members;
mod message;
mod names;
mod netflow5;
mod packet;
mod pcap;
mod plan;
mod port;
mod profile;
mod sampler;
mod seen;
mod sflow;
mod speeds;
mod stream;
mod switch;
mod template;
mod traffic;
mod truth;
mod way;
mod words;

pub use curve::DayCurve;
pub use economy::HOME;
pub use exchange::{Datagram, Exchange};
pub use members::{Member, MemberMac, PEERING_VLAN, PRIVATE_VLAN};
pub use pcap::PcapWriter;
pub use plan::{Directions, Extras, FlowCache, MAX_MEMBERS, Plan, TemplateRefresh};
pub use truth::{CellTruth, Exported, MinuteTruth, PortTruth, Truth, Volume};
pub use way::{Carried, Way};
