//! Datagrams of a simulated exchange, laid ready to be sent again and again.
//!
//! What is repeated must not look repeated: each time a datagram is sent, its number, and the number and the pool of each of its samples, go on
//! from the time before, as a switch's do.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64;
use schema::Timestamp;
use simulator::{Exchange, Plan};

/// Flow samples each second of the exchange that is played; enough to fill the datagrams.
const SAMPLES_PER_SECOND: f64 = 10_000.0;

/// How much of its time is kept: some 60,000 samples, several times what a processor's second-level cache holds.
const SPAN: Duration = Duration::from_secs(6);

/// The evening peak of a working day.
const START: Timestamp = Timestamp(1_795_017_600_000);

/// Counter samples are left out, one in some six hundred: their counters would have to grow with what is repeated.
const COUNTERS: Duration = Duration::from_secs(86_400);

/// Datagrams of one length that are sent by one system call, at most: a burst of a switch, and fewer than what older kernels cut one call into.
const BURST: usize = 32;

/// Most octets of such a call: the payload of the longest UDP datagram.
const BURST_OCTETS: usize = 65_507;

/// Where numbers stand in an sFlow datagram with an IPv4 agent address, in octets from its start.
const DATAGRAM_NUMBER: usize = 16;
const SAMPLES: usize = 28;

/// Some seconds of an exchange in the order in which they are sent.
pub struct Stock {
    octets: Vec<u8>,
    bursts: Vec<Burst>,
    samples: Vec<SampleAt>,
    /// The agents' own addresses; bursts name them by position.
    pub agents: Vec<IpAddr>,
    /// Data sources; samples name them by position.
    sources: usize,
    /// The exchange's member list, as `members.toml`.
    pub members: String,
}

/// Datagrams of one agent and one length, one behind the other.
#[derive(Clone, Debug)]
struct Burst {
    agent: usize,
    start: usize,
    /// Length of each datagram.
    length: usize,
    /// How many there are.
    datagrams: usize,
    /// Their samples in [`Stock::samples`].
    samples: std::ops::Range<usize>,
}

/// Where a sample's numbers stand.
#[derive(Clone, Copy, Debug)]
struct SampleAt {
    number: usize,
    pool: usize,
    source: usize,
    rate: u32,
}

/// How far the numbers have come at one destination.
pub struct Numbers {
    /// By agent.
    datagrams: Vec<u32>,
    /// By data source: the number of the latest sample, and its pool.
    samples: Vec<(u32, u32)>,
    /// The burst that is next.
    next: usize,
}

/// What is sent by one call.
pub struct Ready<'a> {
    /// Who sends, by position in [`Stock::agents`].
    pub agent: usize,
    /// The datagrams, one behind the other.
    pub octets: &'a [u8],
    /// Length of each.
    pub length: u16,
    /// How many there are.
    pub datagrams: u64,
}

impl Stock {
    /// Plays an exchange of so many members; the same number gives the same octets.
    #[must_use]
    pub fn of(members: usize) -> Self {
        let plan =
            Plan { members, peak_samples_per_second: SAMPLES_PER_SECOND, day_curve: false, counter_interval: COUNTERS, ..Plan::default() };
        let mut exchange = Exchange::new(&plan, START);
        let mut alike: BTreeMap<(IpAddr, usize), Vec<Vec<u8>>> = BTreeMap::new();
        exchange.advance(SPAN, &mut |datagram: &simulator::Datagram<'_>| {
            alike.entry((datagram.agent, datagram.bytes.len())).or_default().push(datagram.bytes.to_vec());
        });
        let mut stock = Self {
            octets: Vec::new(),
            bursts: Vec::new(),
            samples: Vec::new(),
            agents: Vec::new(),
            sources: 0,
            members: exchange.members_toml(),
        };
        let mut sources = BTreeMap::new();
        for ((agent, length), datagrams) in &alike {
            let most = (BURST_OCTETS / length).clamp(1, BURST);
            datagrams.chunks(most).for_each(|burst| stock.add(*agent, *length, burst, &mut sources));
        }
        stock.sources = sources.len();
        // Agents in turns, as they come in from a network.
        stock.bursts.shuffle(&mut Pcg64::seed_from_u64(plan.seed));
        stock
    }

    fn add(&mut self, agent: IpAddr, length: usize, datagrams: &[Vec<u8>], sources: &mut BTreeMap<(IpAddr, u32), usize>) {
        let position = self.agents.iter().position(|known| *known == agent).unwrap_or_else(|| {
            self.agents.push(agent);
            self.agents.len() - 1
        });
        let (start, samples) = (self.octets.len(), self.samples.len());
        for datagram in datagrams {
            let base = self.octets.len();
            self.octets.extend_from_slice(datagram);
            for (if_index, sample) in samples_of(datagram) {
                let next = sources.len();
                let source = *sources.entry((agent, if_index)).or_insert(next);
                self.samples.push(SampleAt { number: base + sample.number, pool: base + sample.pool, source, rate: sample.rate });
            }
        }
        self.bursts.push(Burst { agent: position, start, length, datagrams: datagrams.len(), samples: samples..self.samples.len() });
    }

    /// Datagrams and flow samples in it.
    #[must_use]
    pub fn count(&self) -> (usize, usize) {
        (self.bursts.iter().map(|burst| burst.datagrams).sum(), self.samples.len())
    }

    /// Numbers for a destination to which nothing was sent yet.
    #[must_use]
    pub fn numbers(&self) -> Numbers {
        Numbers { datagrams: vec![0; self.agents.len()], samples: vec![(0, 0); self.sources], next: 0 }
    }

    /// The next burst for a destination, with its numbers.
    pub fn next(&mut self, numbers: &mut Numbers) -> Ready<'_> {
        let burst = &self.bursts[numbers.next];
        numbers.next = (numbers.next + 1) % self.bursts.len();
        let number = &mut numbers.datagrams[burst.agent];
        for position in 0..burst.datagrams {
            *number = number.wrapping_add(1);
            write(&mut self.octets, burst.start + position * burst.length + DATAGRAM_NUMBER, *number);
        }
        for sample in &self.samples[burst.samples.clone()] {
            let (number, pool) = &mut numbers.samples[sample.source];
            (*number, *pool) = (number.wrapping_add(1), pool.wrapping_add(sample.rate));
            write(&mut self.octets, sample.number, *number);
            write(&mut self.octets, sample.pool, *pool);
        }
        Ready {
            agent: burst.agent,
            octets: &self.octets[burst.start..burst.start + burst.length * burst.datagrams],
            length: u16::try_from(burst.length).unwrap_or(u16::MAX),
            datagrams: burst.datagrams as u64,
        }
    }
}

fn write(octets: &mut [u8], at: usize, word: u32) {
    octets[at..at + 4].copy_from_slice(&word.to_be_bytes());
}

fn word(octets: &[u8], at: usize) -> u32 {
    octets.get(at..at + 4).and_then(|word| word.try_into().ok()).map_or(0, u32::from_be_bytes)
}

/// The flow samples of a datagram (sFlow v5, section 5): the ifIndex of the data source, and where the numbers stand. The expanded form spends
/// one word more on the data source.
fn samples_of(datagram: &[u8]) -> Vec<(u32, SampleAt)> {
    let mut at = SAMPLES;
    let mut found = Vec::new();
    while at + 8 <= datagram.len() {
        let (format, length) = (word(datagram, at), word(datagram, at + 4) as usize);
        let source = match format {
            1 => at + 12,
            3 => at + 16,
            _ => 0,
        };
        if source > 0 {
            let sample = SampleAt { number: at + 8, pool: source + 8, source: 0, rate: word(datagram, source + 4) };
            found.push((word(datagram, source) & 0x00ff_ffff, sample));
        }
        at += 8 + length;
    }
    found
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aggregator::{Delta, Parties, Policies};
    use collector::Lane;
    use directory::Format;

    use super::*;

    /// Laps that are sent.
    const LAPS: usize = 3;

    #[test]
    fn what_is_repeated_is_neither_lost_nor_old_to_a_collector() {
        let mut stock = Stock::of(12);
        let directory = directory::parse(stock.members.as_bytes(), Some(Format::Toml)).unwrap().as_of(START);
        let mut lane = Lane::new(Parties::Members, Arc::new(Policies::default()), Duration::from_secs(60));
        let mut numbers = stock.numbers();
        for _ in 0..LAPS * stock.bursts.len() {
            let ready = stock.next(&mut numbers);
            let (agent, octets, length) = (ready.agent, ready.octets.to_vec(), usize::from(ready.length));
            for datagram in octets.chunks(length) {
                lane.datagram(stock.agents[agent], datagram, START, &directory);
            }
        }
        let (datagrams, samples) = stock.count();
        let counts = lane.counts().sflow5.clone();
        assert_eq!((counts.datagrams, counts.flow_samples), ((LAPS * datagrams) as u64, (LAPS * samples) as u64));
        let delta = lane.take(Delta::default());
        assert!(!delta.exporters.is_empty());
        for (key, tally) in &delta.exporters {
            let unusual = tally.reordered_datagrams + tally.duplicate_datagrams + tally.restarts;
            assert_eq!((tally.lost_datagrams, tally.lost_samples, unusual), (0, 0, 0), "{key:?}");
        }
    }

    #[test]
    fn bursts_hold_whole_datagrams_of_one_agent() {
        let mut stock = Stock::of(12);
        let mut numbers = stock.numbers();
        for _ in 0..stock.bursts.len() {
            let agents = stock.agents.clone();
            let ready = stock.next(&mut numbers);
            assert_eq!(ready.octets.len(), usize::from(ready.length) * ready.datagrams as usize);
            assert!(ready.datagrams as usize <= BURST && ready.octets.len() <= BURST_OCTETS);
            for datagram in ready.octets.chunks(usize::from(ready.length)) {
                let IpAddr::V4(agent) = agents[ready.agent] else { panic!("agents have IPv4 addresses") };
                assert_eq!(datagram[8..12], agent.octets());
            }
        }
    }
}
