//! What is remembered of each data source from sample to sample.

use schema::sample::{Agent, DataSource, Direction, FlowSample, Sampled};
use schema::{Rate, Timestamp};

use super::Shard;
use crate::exporter::ExporterKey;
use crate::roster::{AgentNumber, ExporterId};
use crate::stream::{Follower, StreamKey, Tally};
use crate::streams::Streams;
use crate::table::{Key, fold};

/// Data sources that a shard follows, against an exporter that invents them. The largest switches have a few thousand ports.
pub(crate) const MAX_DATA_SOURCES: usize = 131_072;

/// What names a data source: its agent, and class and index there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct SourceKey {
    /// From the top: 32 bits of agent, 32 of index.
    place: u64,
    class: u32,
}

impl SourceKey {
    #[inline(always)]
    pub(super) const fn of(agent: AgentNumber, source: DataSource) -> Self {
        Self { place: (agent as u64) << 32 | source.index as u64, class: source.class }
    }
}

impl Key for SourceKey {
    #[inline(always)]
    fn mixed(&self, seed: u64) -> u64 {
        // Hardly any agent has sources of several classes: they may meet in one place. Numbers of ports in a row, with whatever distance, are spread by one of both halves.
        fold(self.place, seed)
    }
}

/// A data source.
pub(super) struct Source {
    follower: Follower,
    /// The rate that its samples carry while they go on to its stream of ingress, with [`CORE`] where that is set aside, or [`NO_RATE`] where each must be looked at.
    announced: u64,
    /// What came at ingress since it was last booked with that stream: the usual samples need no look at the stream itself.
    unbooked: Tally,
    /// The numbers of its streams, by their direction.
    streams: [u32; 3],
    is_core: bool,
    /// The rate in use, for which the streams are.
    rate: Rate,
    /// The latest rate that was known.
    pub(super) known_rate: Rate,
    shows_ingress: bool,
    pub(super) agent: Agent,
    pub(super) source: DataSource,
    /// When it was last heard, to a window.
    pub(super) last_seen: Timestamp,
}

/// No stream yet. There are fewer of them than that.
const NO_STREAM: u32 = u32::MAX;

/// More than any sample can carry.
const NO_RATE: u64 = u64::MAX;

/// A core port's rates are marked by it, so that no sample's rate is the same.
const CORE: u64 = 1 << 32;

/// Where a sample belongs.
#[derive(Clone, Copy)]
pub(super) struct Placed {
    pub(super) stream: u32,
    pub(super) is_core: bool,
}

/// A sample of a data source, and the rate that counts for it.
#[derive(Clone, Copy)]
pub(super) struct Rated<'a> {
    pub(super) sample: &'a FlowSample,
    pub(super) rate: Rate,
    /// Whether all samples that carry the same rate count with it.
    pub(super) is_announced: bool,
}

impl Source {
    fn new(agent: Agent, source: DataSource, is_core: bool) -> Self {
        Self {
            follower: Follower::default(),
            announced: NO_RATE,
            unbooked: Tally::default(),
            streams: [NO_STREAM; 3],
            is_core,
            rate: Rate::UNKNOWN,
            known_rate: Rate::UNKNOWN,
            shows_ingress: false,
            agent,
            source,
            last_seen: Timestamp::default(),
        }
    }

    /// Whether samples that it took at ingress have come.
    pub(super) const fn shows_ingress(&self) -> bool {
        self.shows_ingress
    }

    /// Knows no streams any more.
    pub(super) fn begin_anew(&mut self) {
        (self.streams, self.announced) = ([NO_STREAM; 3], NO_RATE);
    }

    /// Whether something came at ingress since it was last booked.
    pub(super) const fn is_unbooked(&self) -> bool {
        self.unbooked.received > 0
    }

    /// Books what came at ingress.
    pub(super) fn book(&mut self, streams: &mut Streams) {
        let [ingress, ..] = self.streams;
        if self.is_unbooked()
            && let Some(tally) = streams.tally_mut(ingress)
        {
            tally.merge(&std::mem::take(&mut self.unbooked));
        }
    }

    /// Goes on with another rate.
    fn begin(&mut self, rate: Rate, streams: &mut Streams) {
        self.book(streams);
        self.begin_anew();
        self.rate = rate;
        if !rate.is_unknown() {
            self.known_rate = rate;
        }
    }
}

impl Shard {
    /// Books the numbers of a sample taken at ingress of an edge port that goes on as its data source has begun, and says to which stream it belongs; `None` for any
    /// other, of which nothing is booked.
    #[inline(always)]
    pub(super) fn go_on(&mut self, agent: AgentNumber, sample: &impl Sampled) -> Option<u32> {
        let place = DataSource { class: 0, index: sample.port()? };
        let source = self.sources.get_mut(&SourceKey::of(agent, place))?;
        // A rate was announced, so frames came in here.
        let goes_on =
            source.announced == u64::from(sample.rate()) && sample.enters_here() && source.follower.go_on(sample, &mut source.unbooked);
        let [stream, ..] = source.streams;
        goes_on.then_some(stream)
    }

    /// Books the numbers of a sample taken at ingress that goes on as its data source has begun, and says to which stream it belongs; `None` for any other.
    pub(super) fn follow(&mut self, agent: AgentNumber, sample: &impl Sampled) -> Option<Placed> {
        let source = self.sources.get_mut(&SourceKey::of(agent, sample.source()))?;
        if source.announced & !CORE != u64::from(sample.rate()) {
            return None;
        }
        source.follower.follow(sample, &mut source.unbooked);
        let [stream, ..] = source.streams;
        Some(Placed { stream, is_core: source.is_core })
    }

    /// The same for any sample.
    #[inline(never)]
    pub(super) fn follow_any(&mut self, exporter: ExporterId, rated: Rated<'_>, direction: Direction) -> Placed {
        let Some(heard) = self.exporters.get(exporter) else { return Placed { stream: NO_STREAM, is_core: false } };
        let (agent, sample) = (heard.key.agent, rated.sample);
        let key = SourceKey::of(heard.agent_number, sample.source);
        let Some(source) = self.sources.get_mut(&key) else {
            return self.follow_new(exporter, rated, direction);
        };
        source.last_seen = self.now;
        if source.rate != rated.rate {
            source.begin(rated.rate, &mut self.streams);
        }
        if rated.is_announced && !rated.rate.is_unknown() && direction == Direction::Ingress {
            source.announced = u64::from(sample.rate) | if source.is_core { CORE } else { 0 };
        }
        let is_core = source.is_core;
        let Some(number) = source.streams.get_mut(direction as usize) else { return Placed { stream: NO_STREAM, is_core } };
        if *number == NO_STREAM {
            let key = StreamKey { agent, source: sample.source, rate: rated.rate, direction, is_core };
            *number = self.streams.number(&heard.key, key);
            if direction == Direction::Ingress && !source.shows_ingress {
                source.shows_ingress = true;
                self.entries.note(agent, sample.source);
            }
        }
        let stream = *number;
        if let Some(tally) = self.streams.tally_mut(stream) {
            source.follower.follow(sample, tally);
        }
        Placed { stream, is_core }
    }

    /// The same for one of a data source that was not heard of before.
    #[cold]
    fn follow_new(&mut self, exporter: ExporterId, rated: Rated<'_>, direction: Direction) -> Placed {
        let Some(heard) = self.exporters.get(exporter) else { return Placed { stream: NO_STREAM, is_core: false } };
        let (key, number, source) = (heard.key, heard.agent_number, rated.sample.source);
        let is_core = source.interface().is_some_and(|port| heard.policy.core_ports.contains(port));
        if self.sources.len() >= MAX_DATA_SOURCES {
            return Placed { stream: self.unfollowed(&key, rated.rate), is_core };
        }
        self.sources.insert_new(SourceKey::of(number, source), Source::new(key.agent, source, is_core));
        self.follow_any(exporter, rated, direction)
    }

    /// The stream of a sample whose data source is not followed.
    fn unfollowed(&mut self, exporter: &ExporterKey, rate: Rate) -> u32 {
        let stream = self.streams.number(exporter, StreamKey::unfollowed(exporter.agent, rate));
        if let Some(tally) = self.streams.tally_mut(stream) {
            tally.received += 1;
        }
        stream
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of the keys meet in a place with another, of twice as many places as keys, on the average over seeds.
    fn meeting(distance: u32) -> usize {
        let seeds = (0..64_u64).map(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let all: usize = seeds
            .map(|seed| {
                let places = (1..=512_u32).map(|port| {
                    let source = DataSource { class: 0, index: 1_000 + port * distance };
                    SourceKey::of(port % 8, source).mixed(seed) % 1_024
                });
                512 - places.collect::<std::collections::BTreeSet<_>>().len()
            })
            .sum();
        all / 64
    }

    #[test]
    fn ports_in_a_row_are_spread_whatever_their_distance() {
        // Chance alone leaves some 110 of 512 without a place of their own.
        for distance in [1, 2, 3, 64, 512, 4_096, 1 << 16, 1 << 20] {
            assert!(meeting(distance) < 160, "{distance}: {}", meeting(distance));
        }
    }
}
