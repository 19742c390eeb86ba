//! What is known of addresses at one moment.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use schema::{Asn, Economy, Locality};

use super::compose::{Answers, LOCALITY_BITS, Numbers, Told, asked, intervals};
use super::home::Home;
use super::layer::{Layer, Networks};
use super::source::{PlaceSource, SourceKind};
use super::trie::Trie;

/// Tables made by this process; see [`Places::number`].
static MADE: AtomicU64 = AtomicU64::new(0);

/// What is known of an address. Sources are named by their place in [`Places::sources`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Place {
    /// Where it is, seen from the home economy.
    pub locality: Locality,
    /// Its economy.
    pub economy: Option<Economy>,
    /// Which source decided on the economy, or that there is none.
    pub economy_by: Option<u8>,
    /// The network that announces it.
    pub network: Option<Asn>,
    /// Which source says so.
    pub network_by: Option<u8>,
    /// The economy in which that network is registered.
    pub registered: Option<Economy>,
    /// Which source says so.
    pub registered_by: Option<u8>,
    /// Which source lists it as a local cache.
    pub cache_by: Option<u8>,
}

/// An immutable table from addresses to what is known of them. Looking up allocates nothing, and takes two or three loads that depend on each other.
#[derive(Debug)]
pub struct Places {
    number: u64,
    home: Home,
    sources: Vec<PlaceSource>,
    v4: Trie<u32>,
    v6: Trie<u128>,
    places: Vec<Place>,
    overridden: Vec<(u8, Arc<[Networks]>)>,
    registered: Vec<(u8, Arc<[Networks]>)>,
    caches: Vec<(u8, Arc<[Networks]>)>,
}

impl Places {
    /// A table that knows nothing.
    #[must_use]
    pub fn empty() -> Self {
        Self::new(Home::default(), &[])
    }

    /// The table of these layers, seen from a home. Of two files of one kind the one that is named first counts.
    #[must_use]
    pub fn new(home: Home, layers: &[(PlaceSource, Arc<Layer>)]) -> Self {
        let numbers = |kind| -> Vec<(u8, Arc<[Networks]>)> {
            let of_kind = numbered(layers).filter(|(_, source, layer)| source.kind == kind && layer.networks() > 0);
            of_kind.map(|(source, _, layer)| (source, Arc::clone(&layer.networks))).collect()
        };
        let (overridden, registered) = (numbers(SourceKind::Overrides), numbers(SourceKind::Registry));
        let mut answers = Answers::new(&home, &overridden, &registered);
        let v4: Vec<_> =
            numbered(layers).map(|(source, told, layer)| Told { source, kind: told.kind, entries: layer.v4.as_slice() }).collect();
        let v4 = Trie::new(&intervals(&v4, &mut answers));
        let v6: Vec<_> =
            numbered(layers).map(|(source, told, layer)| Told { source, kind: told.kind, entries: layer.v6.as_slice() }).collect();
        let v6 = Trie::new(&intervals(&v6, &mut answers));
        let mut places = answers.places;
        places.shrink_to_fit();
        Self {
            number: MADE.fetch_add(1, Ordering::Relaxed) + 1,
            sources: layers.iter().map(|(source, _)| source.clone()).collect(),
            v4,
            v6,
            places,
            caches: numbers(SourceKind::LocalCache),
            overridden,
            registered,
            home,
        }
    }

    /// A number that no other table of this process has: what was asked of one need not be asked again while the number stays.
    #[inline]
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// From where it is seen.
    #[must_use]
    pub const fn home(&self) -> &Home {
        &self.home
    }

    /// The files that it was made of.
    #[must_use]
    pub fn sources(&self) -> &[PlaceSource] {
        &self.sources
    }

    /// Where an address is. IPv4 written as IPv6 is IPv4.
    #[inline]
    #[must_use]
    pub fn locality(&self, address: IpAddr) -> Locality {
        Locality::of_bits(self.answer(address))
    }

    /// Where an address of IPv4 is.
    #[inline]
    #[must_use]
    pub fn locality_4(&self, address: u32) -> Locality {
        Locality::of_bits(self.v4.get(address))
    }

    /// All that is known of an address.
    #[inline]
    #[must_use]
    pub fn place(&self, address: IpAddr) -> Place {
        self.places.get((self.answer(address) >> LOCALITY_BITS) as usize).copied().unwrap_or_default()
    }

    #[inline]
    fn answer(&self, address: IpAddr) -> u32 {
        match address.to_canonical() {
            IpAddr::V4(address) => self.v4.get(address.to_bits()),
            IpAddr::V6(address) => self.v6.get(address.to_bits()),
        }
    }

    /// The economy in which a network is registered, and which source says so.
    #[must_use]
    pub fn registered(&self, asn: Asn) -> Option<(Economy, u8)> {
        economy_of(&self.registered, asn)
    }

    /// The economy that the operator gives to all that a network announces, and which source says so.
    #[must_use]
    pub fn overridden(&self, asn: Asn) -> Option<(Economy, u8)> {
        economy_of(&self.overridden, asn)
    }

    /// Whether all that a member sends over the exchange comes from a local cache, and which source lists it.
    #[must_use]
    pub fn is_local_cache(&self, member: Asn) -> Option<u8> {
        asked(&self.caches, member).map(|(source, _)| source)
    }

    /// Octets that the table takes, without those of the layers that it shares.
    #[must_use]
    pub fn octets(&self) -> usize {
        self.v4.octets() + self.v6.octets() + self.places.capacity() * size_of::<Place>()
    }

    /// Different answers that it gives.
    #[must_use]
    pub const fn answers(&self) -> usize {
        self.places.len()
    }
}

impl Default for Places {
    fn default() -> Self {
        Self::empty()
    }
}

fn economy_of(numbers: &Numbers, asn: Asn) -> Option<(Economy, u8)> {
    let (source, range) = asked(numbers, asn)?;
    Some((range.economy()?, source))
}

/// The layers with their sources' numbers. There are never more than an octet can count; see [`MAX_SOURCES`](super::MAX_SOURCES).
fn numbered(layers: &[(PlaceSource, Arc<Layer>)]) -> impl Iterator<Item = (u8, &PlaceSource, &Arc<Layer>)> {
    (0..=u8::MAX).zip(layers).map(|(number, (source, layer))| (number, source, layer))
}
