//! Datagrams of a simulated exchange, kept in memory.

use std::net::IpAddr;
use std::time::Duration;

use directory::{Format, Refusal, Snapshot};
use schema::Timestamp;
use simulator::{Exchange, Plan};

/// Flow samples each second; enough to fill the datagrams to some six samples each.
const SAMPLES_PER_SECOND: f64 = 10_000.0;

/// How much of the exchange's time is kept: some 60,000 samples, several times what a processor's second-level cache holds.
const SPAN: Duration = Duration::from_secs(6);

/// The evening peak of a working day.
const START: Timestamp = Timestamp(1_795_017_600_000);

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
#[derive(Debug)]
pub struct Traffic {
    /// In order of time.
    pub datagrams: Vec<Datagram>,
    /// Flow samples in all of them.
    pub samples: u64,
    /// Its members.
    pub directory: Snapshot,
}

impl Traffic {
    /// Plays an exchange of so many members; the same number gives the same octets.
    ///
    /// # Errors
    /// If the directory refuses the exchange's own member list.
    pub fn of(members: usize) -> Result<Self, Refusal> {
        let plan = Plan { members, peak_samples_per_second: SAMPLES_PER_SECOND, day_curve: false, ..Plan::default() };
        let mut exchange = Exchange::new(&plan, START);
        let mut datagrams = Vec::new();
        let mut keep = |datagram: &simulator::Datagram<'_>| {
            datagrams.push(Datagram { at: datagram.at, source: datagram.agent, payload: datagram.bytes.to_vec() });
        };
        exchange.advance(SPAN, &mut keep);
        exchange.flush(&mut keep);
        let directory = directory::parse(exchange.members_toml().as_bytes(), Some(Format::Toml))?.as_of(START);
        Ok(Self { datagrams, samples: exchange.truth().flow_samples, directory })
    }
}
