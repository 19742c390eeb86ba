//! A table of places as large as the world's, and addresses to look up in it.
//!
//! Made, not fetched: prefixes of a full routing table by their usual lengths, each with a network of its own, so that hardly two neighbours have
//! the same answer. A table of the world's real prefixes has more neighbours that agree, and is smaller.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use directory::places::{Home, Layer, PlaceSource, Places, Refused, SourceKind, read};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

/// Prefixes of IPv4 of a full routing table.
pub const PREFIXES_4: usize = 1_000_000;

/// Prefixes of IPv6 of one.
pub const PREFIXES_6: usize = 250_000;

/// Addresses of a round.
pub const LOOK_UPS: usize = 65_536;

/// Different addresses that a busy minute asks for again and again.
const BUSY: usize = 4_096;

/// Networks that announce something.
const NETWORKS: u32 = 75_000;

/// The lowest of their numbers: beyond 23,456, which is no network's (RFC 6793).
const FIRST_NETWORK: u32 = 100_000;

/// How many of a hundred prefixes are so long: some three in five are a /24, in IPv6 half are a /48.
const LENGTHS_4: [(u8, u32); 9] = [(24, 61), (23, 10), (22, 11), (21, 5), (20, 5), (19, 3), (18, 2), (17, 1), (16, 2)];
const LENGTHS_6: [(u8, u32); 6] = [(48, 48), (44, 10), (40, 12), (36, 8), (32, 14), (29, 8)];

/// A table and addresses to look up.
#[derive(Debug)]
pub struct Addresses {
    /// The table.
    pub places: Places,
    /// The prefixes of IPv4 that it was made of, each with its length.
    prefixes: Vec<(u32, u8)>,
    /// Addresses of IPv4, few of which are different.
    pub busy: Vec<u32>,
    /// Addresses of IPv4, all of which are different.
    pub far: Vec<u32>,
    /// Addresses of IPv6, few of which are different.
    pub busy_6: Vec<IpAddr>,
}

impl Addresses {
    /// Everything, made once.
    ///
    /// # Errors
    /// If the routing table is refused.
    pub fn made() -> Result<&'static Self, Refused> {
        static MADE: OnceLock<Result<Addresses, Refused>> = OnceLock::new();
        MADE.get_or_init(Self::make).as_ref().map_err(Clone::clone)
    }

    fn make() -> Result<Self, Refused> {
        let mut rng = Pcg64::seed_from_u64(7);
        let (v4, v6) = (prefixes_4(&mut rng), prefixes_6(&mut rng));
        let layer = read(SourceKind::Routes, dump(&v4, &v6, &mut rng).as_slice())?;
        let places = table(layer);
        let one_of = |rng: &mut Pcg64| {
            let (first, len) = v4[rng.random_range(0..v4.len())];
            first | rng.random::<u32>() & u32::MAX.checked_shr(len.into()).unwrap_or(0)
        };
        let different: Vec<u32> = (0..BUSY).map(|_| one_of(&mut rng)).collect();
        let busy = (0..LOOK_UPS).map(|_| different[rng.random_range(0..BUSY)]).collect();
        let far = (0..LOOK_UPS).map(|_| one_of(&mut rng)).collect();
        let different: Vec<IpAddr> = (0..BUSY).map(|_| Ipv6Addr::from_bits(v6[rng.random_range(0..v6.len())].0 | 1).into()).collect();
        let busy_6 = (0..LOOK_UPS).map(|_| different[rng.random_range(0..BUSY)]).collect();
        Ok(Self { places, prefixes: v4, busy, far, busy_6 })
    }

    /// The same answers of IPv4, found by searching.
    #[must_use]
    pub fn search(&self) -> Search {
        Search::of(&self.places, &self.prefixes)
    }
}

fn table(layer: Layer) -> Places {
    let source = PlaceSource { kind: SourceKind::Routes, file: PathBuf::from("made") };
    Places::new(Home::default(), &[(source, Arc::new(layer))])
}

fn length(lengths: &[(u8, u32)], rng: &mut Pcg64) -> u8 {
    let mut left = rng.random_range(0..100_u32);
    let found = lengths.iter().find(|(_, share)| left.checked_sub(*share).map(|rest| left = rest).is_none());
    found.map_or(24, |(length, _)| *length)
}

/// Prefixes of the unicast space, more of them in some parts than in others.
fn prefixes_4(rng: &mut Pcg64) -> Vec<(u32, u8)> {
    let one = |_| {
        let len = length(&LENGTHS_4, rng);
        let high = rng.random_range(1_u32..224) << 24 | (rng.random::<u32>() & rng.random::<u32>()) & 0x00ff_0000;
        ((high | rng.random::<u32>() & 0xffff) & !(u32::MAX >> len), len)
    };
    (0..PREFIXES_4).map(one).collect()
}

/// Prefixes of 2000::/3, the long ones mostly within the short ones.
fn prefixes_6(rng: &mut Pcg64) -> Vec<(u128, u8)> {
    let holders: Vec<u128> = (0..30_000).map(|_| u128::from(0x2400_0000 + rng.random_range(0..0x0a00_0000_u32)) << 96).collect();
    let one = |_| {
        let len = length(&LENGTHS_6, rng);
        let holder = holders[rng.random_range(0..holders.len())];
        ((holder | rng.random::<u128>() >> 32) & !(u128::MAX >> len), len)
    };
    (0..PREFIXES_6).map(one).collect()
}

/// A routing table in MRT's format (RFC 6396) with one peer.
fn dump(v4: &[(u32, u8)], v6: &[(u128, u8)], rng: &mut Pcg64) -> Vec<u8> {
    let mut octets = Vec::new();
    // One peer of AS 65000 by IPv4.
    record(&mut octets, 1, &[192, 0, 2, 1, 0, 0, 0, 1, 2, 192, 0, 2, 2, 192, 0, 2, 2, 0, 0, 0xfd, 0xe8]);
    for (first, len) in v4 {
        rib(&mut octets, 2, &first.to_be_bytes(), *len, rng.random_range(FIRST_NETWORK..FIRST_NETWORK + NETWORKS));
    }
    for (first, len) in v6 {
        rib(&mut octets, 4, &first.to_be_bytes(), *len, rng.random_range(FIRST_NETWORK..FIRST_NETWORK + NETWORKS));
    }
    octets
}

fn rib(octets: &mut Vec<u8>, subtype: u16, first: &[u8], len: u8, network: u32) {
    let mut body = vec![0, 0, 0, 0, len];
    body.extend(&first[..usize::from(len).div_ceil(8)]);
    // One route: its peer, its time, its attributes, of which the only one is the path of one network.
    body.extend([0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0x40, 2, 6, 2, 1]);
    body.extend(network.to_be_bytes());
    record(octets, subtype, &body);
}

fn record(octets: &mut Vec<u8>, subtype: u16, body: &[u8]) {
    octets.extend([0, 0, 0, 0, 0, 13]);
    octets.extend(subtype.to_be_bytes());
    octets.extend(u32::try_from(body.len()).unwrap_or_default().to_be_bytes());
    octets.extend(body);
}

/// The other way to keep the same answers of IPv4: where each begins, in order, and an array that says where those of 65,536 addresses are.
#[derive(Debug)]
pub struct Search {
    begins: Vec<u32>,
    networks: Vec<u32>,
    from: Vec<u32>,
}

impl Search {
    fn of(places: &Places, prefixes: &[(u32, u8)]) -> Self {
        let ends = prefixes.iter().flat_map(|(first, len)| [Some(*first), (first | u32::MAX >> len).checked_add(1)]);
        // Each part of 65,536 addresses begins with an answer of its own, so that none is looked for before it.
        let mut begins: Vec<u32> = ends.flatten().chain((0..=0xffff).map(|part| part << 16)).collect();
        begins.sort_unstable();
        begins.dedup();
        let network = |address: &u32| places.place(Ipv4Addr::from_bits(*address).into()).network.map_or(0, |asn| asn.0);
        let mut networks: Vec<u32> = begins.iter().map(network).collect();
        let mut kept = 0;
        for at in 0..begins.len() {
            if begins[at] & 0xffff == 0 || networks[at] != networks[kept - 1] {
                (begins[kept], networks[kept]) = (begins[at], networks[at]);
                kept += 1;
            }
        }
        begins.truncate(kept);
        networks.truncate(kept);
        let place = |part: u32| begins.partition_point(|begin| begin >> 16 < part) as u32;
        let from = (0..=0x1_0000).map(place).collect();
        Self { begins, networks, from }
    }

    /// The network of an address.
    #[inline]
    #[must_use]
    pub fn network(&self, address: u32) -> u32 {
        let part = (address >> 16) as usize;
        let (from, to) = (self.from[part] as usize, self.from[part + 1] as usize);
        let after = self.begins[from..to].partition_point(|begin| *begin <= address);
        self.networks[from + after - 1]
    }

    /// Octets that it takes.
    #[must_use]
    pub fn octets(&self) -> usize {
        (self.begins.capacity() + self.networks.capacity() + self.from.capacity()) * size_of::<u32>()
    }
}
