//! Sampling rates that an exporter announces in the data of options templates.

use hashbrown::hash_map::Entry;
use schema::sample::Direction;
use schema::{Protocol, Rate};
use wire::flows::{Exported, Sampling};

use super::Map;

/// Observation domains of one exporter whose rates are kept, against one that makes them up. The largest routers have a domain for each of
/// some dozens of line cards.
pub(super) const MAX_DOMAINS: usize = 256;

/// Rates of one exporter that are kept, over all its domains, for the same reason. Samplers are few, but some exporters announce the rate
/// of each interface.
pub(super) const MAX_SAMPLERS: usize = 2_048;

/// Octets that one rate and one domain are reckoned with: their places in up to three half-empty maps.
const SAMPLER_OCTETS: usize = 128;
const DOMAIN_OCTETS: usize = 2 * size_of::<((Protocol, u32), Domain)>();

/// The rates that one exporter announced.
#[derive(Default)]
pub(crate) struct Samplers {
    domains: Map<(Protocol, u32), Domain>,
    /// By the sampler's id alone: some exporters announce samplers under another domain than that of their records.
    anywhere: Map<u64, Rate>,
    count: usize,
}

/// What holds in one observation domain.
#[derive(Default)]
struct Domain {
    samplers: Map<u64, Rate>,
    interfaces: Map<u32, Rate>,
    /// What is said of the domain as a whole.
    whole: Option<Rate>,
    /// How often each rate was said: if it is always the same, it holds for records of which nothing else is known.
    rates: Map<Rate, usize>,
}

/// What became of an announcement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Noted {
    /// It said nothing new.
    Known,
    /// It is kept.
    Changed,
    /// There is no room for it.
    Refused,
}

/// The rates that hold for the records of one domain.
#[derive(Clone, Copy)]
pub(crate) struct Rates<'a> {
    domain: Option<&'a Domain>,
    anywhere: &'a Map<u64, Rate>,
}

impl Samplers {
    /// Keeps what was announced.
    pub(crate) fn note(&mut self, protocol: Protocol, domain: u32, said: Sampling) -> Noted {
        let rooms = self.domains.len();
        let domain = match self.domains.entry((protocol, domain)) {
            Entry::Occupied(domain) => domain.into_mut(),
            Entry::Vacant(_) if rooms >= MAX_DOMAINS || self.count >= MAX_SAMPLERS => return Noted::Refused,
            Entry::Vacant(domain) => domain.insert(Domain::default()),
        };
        // Interface 0 is none: what is said of it is said of the whole domain.
        let interface = said.interface.filter(|interface| *interface != 0);
        let old = match (said.sampler, interface) {
            (Some(sampler), _) => domain.samplers.get(&sampler).copied(),
            (None, Some(interface)) => domain.interfaces.get(&interface).copied(),
            (None, None) => domain.whole,
        };
        if old == Some(said.rate) {
            return Noted::Known;
        }
        if old.is_none() && self.count >= MAX_SAMPLERS {
            return Noted::Refused;
        }
        self.count += usize::from(old.is_none());
        match (said.sampler, interface) {
            (Some(sampler), _) => {
                domain.samplers.insert(sampler, said.rate);
                self.anywhere.insert(sampler, said.rate);
            }
            (None, Some(interface)) => {
                domain.interfaces.insert(interface, said.rate);
            }
            (None, None) => domain.whole = Some(said.rate),
        }
        domain.said(old, said.rate);
        Noted::Changed
    }

    /// The rates for the records of a domain.
    pub(crate) fn rates(&self, protocol: Protocol, domain: u32) -> Rates<'_> {
        Rates { domain: self.domains.get(&(protocol, domain)), anywhere: &self.anywhere }
    }

    /// Everything that was announced, to be noted again by another.
    pub(super) fn all(&self) -> impl Iterator<Item = (Protocol, u32, Sampling)> {
        self.domains.iter().flat_map(|((protocol, domain), said)| said.all().map(|sampling| (*protocol, *domain, sampling)))
    }

    /// Memory that it is reckoned with.
    pub(super) fn octets(&self) -> usize {
        self.count * SAMPLER_OCTETS + self.domains.len() * DOMAIN_OCTETS
    }
}

impl Domain {
    fn said(&mut self, old: Option<Rate>, new: Rate) {
        *self.rates.entry(new).or_default() += 1;
        let Some(Entry::Occupied(mut count)) = old.map(|old| self.rates.entry(old)) else { return };
        *count.get_mut() -= 1;
        if *count.get() == 0 {
            count.remove();
        }
    }

    fn only(&self) -> Option<Rate> {
        let mut rates = self.rates.keys();
        rates.next().copied().filter(|_| rates.next().is_none())
    }

    fn all(&self) -> impl Iterator<Item = Sampling> {
        let samplers = self.samplers.iter().map(|(id, rate)| Sampling { sampler: Some(*id), interface: None, rate: *rate });
        let interfaces = self.interfaces.iter().map(|(index, rate)| Sampling { sampler: None, interface: Some(*index), rate: *rate });
        let whole = self.whole.map(|rate| Sampling { sampler: None, interface: None, rate });
        samplers.chain(interfaces).chain(whole)
    }
}

impl Rates<'_> {
    /// The rate of a record that does not tell its own: by its sampler, in its own domain before any other of the exporter; else that of
    /// the interface where it was metered; else that of the domain, if one was announced for all of it, or the same by everyone.
    #[inline]
    pub(crate) fn of(&self, exported: &Exported) -> Rate {
        let by_sampler = exported.sampler.and_then(|sampler| {
            let here = self.domain.and_then(|domain| domain.samplers.get(&sampler));
            here.or_else(|| self.anywhere.get(&sampler)).copied()
        });
        let rate = by_sampler.or_else(|| {
            let domain = self.domain?;
            domain.of_interface(exported).or(domain.whole).or_else(|| domain.only())
        });
        rate.unwrap_or(Rate::UNKNOWN)
    }
}

impl Domain {
    #[inline]
    fn of_interface(&self, exported: &Exported) -> Option<Rate> {
        if self.interfaces.is_empty() {
            return None;
        }
        // The way back of a biflow was metered where its way there was, though its interfaces are exchanged.
        let record = &exported.record;
        let metered = if (record.direction == Direction::Egress) ^ exported.reverse { record.output } else { record.input };
        self.interfaces.get(&metered.index()?).copied()
    }
}

#[cfg(test)]
mod tests {
    use schema::sample::{Age, FlowRecord, Interface, LengthBasis, Tunnel};

    use super::*;

    const IPFIX: Protocol = Protocol::Ipfix;

    fn sampling(sampler: Option<u64>, interface: Option<u32>, rate: u32) -> Sampling {
        Sampling { sampler, interface, rate: Rate::whole(rate) }
    }

    fn record(sampler: Option<u64>, input: u32, output: u32, direction: Direction) -> Exported {
        let record = FlowRecord {
            rate: Rate::UNKNOWN,
            direction,
            input: Interface::Index(input),
            output: Interface::Index(output),
            macs: None,
            vlan: 0,
            ip_version: 4,
            tunnel: Tunnel::None,
            ips: None,
            packets: 1,
            octets: 100,
            basis: LengthBasis::IpPacket,
            squares: None,
            age: Age::default(),
        };
        Exported { record, sampler, octets: 100, packets: 1, reverse: false }
    }

    fn plain(sampler: Option<u64>) -> Exported {
        record(sampler, 1, 2, Direction::Ingress)
    }

    #[test]
    fn a_sampler_is_looked_for_in_its_own_domain_first_and_then_in_the_exporters_others() {
        let mut samplers = Samplers::default();
        samplers.note(IPFIX, 1, sampling(Some(7), None, 100));
        samplers.note(IPFIX, 2, sampling(Some(7), None, 200));
        samplers.note(IPFIX, 2, sampling(Some(8), None, 300));
        let rate = |domain, sampler| samplers.rates(IPFIX, domain).of(&plain(Some(sampler))).rounded();
        assert_eq!((rate(1, 7), rate(2, 7), rate(1, 8), rate(3, 8)), (100, 200, 300, 300));
        // Nobody announced it, but all that domain 1 announced is one rate; domain 2 has two.
        assert_eq!((rate(1, 9), rate(2, 9), rate(3, 9)), (100, 0, 0));
    }

    #[test]
    fn an_interfaces_rate_is_that_of_where_the_record_was_metered() {
        let mut samplers = Samplers::default();
        samplers.note(IPFIX, 0, sampling(None, Some(1), 100));
        samplers.note(IPFIX, 0, sampling(None, Some(2), 200));
        let rates = samplers.rates(IPFIX, 0);
        let rate = |input, output, direction| rates.of(&record(None, input, output, direction)).rounded();
        assert_eq!((rate(1, 2, Direction::Ingress), rate(1, 2, Direction::Egress), rate(2, 1, Direction::Unknown)), (100, 200, 200));
        assert_eq!(rate(3, 4, Direction::Ingress), 0);
    }

    #[test]
    fn what_is_said_of_the_whole_domain_or_of_interface_0_holds_where_nothing_nearer_is_said() {
        let mut samplers = Samplers::default();
        samplers.note(IPFIX, 0, sampling(None, Some(0), 4));
        samplers.note(IPFIX, 0, sampling(Some(1), None, 50));
        let rate = |domain, sampler| samplers.rates(IPFIX, domain).of(&plain(sampler)).rounded();
        assert_eq!((rate(0, None), rate(0, Some(1)), rate(0, Some(2)), rate(1, None)), (4, 50, 4, 0));
    }

    #[test]
    fn a_rate_that_changes_leaves_nothing_of_the_old_one() {
        let mut samplers = Samplers::default();
        assert_eq!(samplers.note(IPFIX, 0, sampling(Some(1), None, 100)), Noted::Changed);
        assert_eq!(samplers.note(IPFIX, 0, sampling(Some(1), None, 100)), Noted::Known);
        assert_eq!(samplers.note(IPFIX, 0, sampling(Some(1), None, 400)), Noted::Changed);
        assert_eq!(samplers.rates(IPFIX, 0).of(&plain(None)).rounded(), 400);
        assert_eq!(samplers.all().map(|(.., said)| said.rate.rounded()).collect::<Vec<_>>(), [400]);
    }

    #[test]
    fn samplers_and_domains_that_are_made_up_are_refused_and_cost_no_more_memory() {
        let mut samplers = Samplers::default();
        let refused = (0..10_000).filter(|id| samplers.note(IPFIX, 0, sampling(Some(*id), None, 9)) == Noted::Refused).count();
        assert_eq!(refused, 10_000 - MAX_SAMPLERS);
        assert_eq!(samplers.note(IPFIX, 0, sampling(Some(3), None, 10)), Noted::Changed);
        let full = samplers.octets();
        assert!((0..100_000).all(|domain| samplers.note(IPFIX, domain + 1, sampling(None, None, 9)) == Noted::Refused));
        assert_eq!(samplers.octets(), full);

        let mut samplers = Samplers::default();
        let refused = (0..10_000).filter(|domain| samplers.note(IPFIX, *domain, sampling(None, None, 9)) == Noted::Refused).count();
        assert_eq!(refused, 10_000 - MAX_DOMAINS);
        assert!(samplers.octets() < 256 << 10);
    }
}
