//! Datagrams of a simulated exchange, kept in memory.

mod crowd;
mod rewriting;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use directory::places::{Home, PlaceSource, Places, Refused, SourceKind, read};
use directory::{Format, Refusal, Snapshot};
use schema::{Economy, Protocol, Timestamp};
use simulator::{Exchange, FlowCache, HOME, Plan};

use self::crowd::Crowd;

/// Flow samples each second; enough to fill the datagrams to some six samples each.
const SAMPLES_PER_SECOND: f64 = 10_000.0;

/// How much of the exchange's time is kept: some 60,000 samples, several times what a processor's second-level cache holds.
const SPAN: Duration = Duration::from_secs(6);

/// The same where there are [`CROWD`] addresses to be seen, half of them twice.
const LONG_SPAN: Duration = Duration::from_secs(15);

/// By how much numbers move on: further than a late one can lie behind, and not as far as a restart.
const LATER: u32 = 100_000;

/// The evening peak of a working day.
const START: Timestamp = Timestamp(1_795_017_600_000);

/// MAC addresses that are claimed and seen in [`Kind::Crowded`] traffic.
pub const CROWD: u32 = 100_000;

/// What the switches speak, and who is behind their ports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// sFlow; each member has a router or two.
    Sflow,
    /// sFlow; the members send from [`CROWD`] addresses, all of them claimed.
    Crowded,
    /// sFlow; every sample comes from an address that was never seen, and that nobody claims.
    Hostile,
    /// IPFIX, a record for every sampled frame.
    Ipfix,
    /// NetFlow v9, the same.
    Netflow9,
}

/// A datagram as it came.
#[derive(Clone, Debug)]
pub struct Datagram {
    /// When it came.
    pub at: Timestamp,
    /// UDP source address.
    pub source: IpAddr,
    /// UDP payload.
    pub payload: Vec<u8>,
}

/// Some seconds of an exchange, and its member list.
#[derive(Clone, Debug)]
pub struct Traffic {
    /// In order of time.
    pub datagrams: Vec<Datagram>,
    /// Flow samples, or flow records, in all of them.
    pub samples: u64,
    /// Its members.
    pub directory: Snapshot,
    /// Statistics of a registry that tell where its members' customers are.
    registry: String,
}

impl Traffic {
    /// Plays an exchange of so many members that speaks sFlow; the same number gives the same octets.
    ///
    /// # Errors
    /// If the directory refuses the exchange's own member list.
    pub fn of(members: usize) -> Result<Self, Refusal> {
        Self::made(Kind::Sflow, members)
    }

    /// Plays an exchange of this kind.
    ///
    /// # Errors
    /// If the directory refuses the exchange's own member list.
    pub fn made(kind: Kind, members: usize) -> Result<Self, Refusal> {
        let protocol = match kind {
            Kind::Sflow | Kind::Crowded | Kind::Hostile => Protocol::Sflow5,
            Kind::Ipfix => Protocol::Ipfix,
            Kind::Netflow9 => Protocol::Netflow9,
        };
        let plan = Plan {
            members,
            peak_samples_per_second: SAMPLES_PER_SECOND,
            day_curve: false,
            protocol,
            flow_cache: FlowCache::NONE,
            ..Plan::default()
        };
        let mut exchange = Exchange::new(&plan, START);
        let span = match kind {
            Kind::Sflow => SPAN / 2,
            Kind::Crowded | Kind::Hostile => LONG_SPAN / 2,
            Kind::Ipfix | Kind::Netflow9 => SPAN,
        };
        let mut datagrams = played(&mut exchange, span);
        let mut lives = 1;
        if protocol == Protocol::Sflow5 {
            datagrams.extend(later(&datagrams));
            lives = 2;
        }
        let members_toml = match kind {
            Kind::Sflow | Kind::Ipfix | Kind::Netflow9 => exchange.members_toml(),
            Kind::Crowded => {
                let mut crowd = Crowd::new(&exchange, CROWD);
                rewrite(&mut datagrams, &mut |sender| crowd.stand_in_for(sender));
                crowd.members_toml()
            }
            Kind::Hostile => {
                // A list without ports: a member's port would tell who sends from an unknown address.
                let members_toml = Crowd::new(&exchange, 0).members_toml();
                let mut number = 0;
                rewrite(&mut datagrams, &mut |sender| {
                    *sender = crowd::address(number);
                    number += 1;
                });
                members_toml
            }
        };
        let directory = directory::parse(members_toml.as_bytes(), Some(Format::Toml))?.as_of(START);
        let truth = exchange.truth();
        let samples = lives * truth.flow_samples + truth.protocols.values().map(|exported| exported.records).sum::<u64>();
        Ok(Self { datagrams, samples, directory, registry: exchange.registry() })
    }
}

impl Traffic {
    /// The same where it is asked where addresses are, by the statistics of a registry that the exchange makes up.
    ///
    /// # Errors
    /// If the statistics are refused.
    pub fn located(self) -> Result<Self, Refused> {
        let layer = read(SourceKind::Registry, self.registry.as_bytes())?;
        let source = PlaceSource { kind: SourceKind::Registry, file: PathBuf::from("made") };
        let home = HOME.parse::<Economy>().map(Home::from).unwrap_or_default();
        let places = Places::new(home, &[(source, Arc::new(layer))]);
        Ok(Self { directory: self.directory.with_places(Some(Arc::new(places))), ..self })
    }
}

fn played(exchange: &mut Exchange, span: Duration) -> Vec<Datagram> {
    let mut datagrams = Vec::new();
    let mut keep = |datagram: &simulator::Datagram<'_>| {
        datagrams.push(Datagram { at: datagram.at, source: datagram.agent, payload: datagram.bytes.to_vec() });
    };
    exchange.advance(span, &mut keep);
    exchange.flush(&mut keep);
    datagrams
}

/// The same from the exporters' later life.
///
/// A half of sFlow traffic is of it. Datagrams that are measured again and again then come with numbers far from those of the last time, as after a restart. Else each sample of a port that is sampled
/// seldom would look like one that came late.
fn later(datagrams: &[Datagram]) -> Vec<Datagram> {
    let mut later = datagrams.to_vec();
    later.iter_mut().for_each(|datagram| rewriting::renumber(&mut datagram.payload, LATER));
    later
}

/// Puts other senders into all sampled frames.
fn rewrite(datagrams: &mut [Datagram], each: &mut impl FnMut(&mut [u8; 6])) {
    datagrams.iter_mut().for_each(|datagram| rewriting::each_sender(&mut datagram.payload, each));
}

/// Moves the number of a message by so much: IPFIX's of its first record (RFC 7011, section 3.1), NetFlow v9's of itself (RFC 3954, section 5.1).
///
/// A message that comes again is a repetition, and refused; with a number far ahead it comes from the exporter's later life.
pub fn renumber(message: &mut [u8], by: u32) {
    let at = match message {
        [0, 10, ..] => 8,
        [0, 9, ..] => 12,
        _ => return,
    };
    if let Some(number) = message.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<4>()) {
        *number = u32::from_be_bytes(*number).wrapping_add(by).to_be_bytes();
    }
}
