//! The pieces of work that are measured.

mod addresses;
mod flows;
mod sflow;
mod windows;

use std::error::Error;
use std::rc::Rc;

use collector::Lane;

use crate::addresses::LOOK_UPS;
use crate::traffic::{Kind, Traffic};

pub use windows::{CLOSED_CELLS, closed_window};

/// A piece of work. Where a name begins with a protocol, its datagrams are of that; the others are sFlow's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Case {
    /// Every octet added up: less than this nobody can do who looks at all of them.
    Floor,
    /// Decoding alone.
    Walk,
    /// Decoding, attributing, adding to the matrix, and a hand-over at the end.
    Matrix,
    /// Decoding alone, by sflow-parser.
    SflowParser,
    /// What `Matrix` does, by sflow-parser and the standard library's maps.
    SflowParserMatrix,
    /// `Matrix` with [`CROWD`](crate::traffic::CROWD) addresses that are claimed and seen.
    CrowdedMatrix,
    /// The same by sflow-parser.
    CrowdedSflowParserMatrix,
    /// `Matrix` where every sample comes from a new address that nobody claims.
    HostileMatrix,
    /// `Matrix` where it is looked up where both addresses of each sample are.
    Localities,
    /// Every octet of the IPFIX messages added up.
    IpfixFloor,
    /// Decoding alone, by compiled plans.
    IpfixWalk,
    /// Decoding, attributing, adding to the matrix, and a hand-over at the end.
    IpfixMatrix,
    /// `IpfixMatrix` where it is looked up where both addresses of each record are.
    IpfixLocalities,
    /// Decoding alone, by `netflow_parser`.
    IpfixNetflowParser,
    /// What `IpfixMatrix` does, by `netflow_parser` and the standard library's maps.
    IpfixNetflowParserMatrix,
    /// As of IPFIX.
    Netflow9Walk,
    /// As of IPFIX.
    Netflow9Matrix,
    /// As of IPFIX.
    Netflow9NetflowParser,
    /// As of IPFIX.
    Netflow9NetflowParserMatrix,
    /// Merging a hand-over of [`CLOSED_CELLS`] cells and closing the window.
    Close,
    /// Merging the hand-overs of two shards, each of [`CLOSED_CELLS`] cells that are the other's too, and closing the window.
    Merge,
    /// Writing a window of [`CLOSED_CELLS`] cells to a journal, without waiting for the disk.
    JournalWrite,
    /// Where an address of IPv4 is, in a table of a full routing table's prefixes: few addresses, again and again.
    Locality,
    /// The same, hardly an address twice.
    LocalityFar,
    /// The same of IPv6, few addresses.
    Locality6,
    /// What `Locality` does, by searching among the beginnings of intervals.
    LocalitySearched,
    /// What `LocalityFar` does, by searching.
    LocalityFarSearched,
}

/// A case made ready: each call is one round, and returns a number that depends on all of its work.
pub type Round = Box<dyn FnMut() -> u64>;

impl Case {
    /// All of them.
    pub const ALL: [Self; 27] = [
        Self::Floor,
        Self::Walk,
        Self::Matrix,
        Self::SflowParser,
        Self::SflowParserMatrix,
        Self::CrowdedMatrix,
        Self::CrowdedSflowParserMatrix,
        Self::HostileMatrix,
        Self::Localities,
        Self::IpfixFloor,
        Self::IpfixWalk,
        Self::IpfixMatrix,
        Self::IpfixLocalities,
        Self::IpfixNetflowParser,
        Self::IpfixNetflowParserMatrix,
        Self::Netflow9Walk,
        Self::Netflow9Matrix,
        Self::Netflow9NetflowParser,
        Self::Netflow9NetflowParserMatrix,
        Self::Close,
        Self::Merge,
        Self::JournalWrite,
        Self::Locality,
        Self::LocalityFar,
        Self::Locality6,
        Self::LocalitySearched,
        Self::LocalityFarSearched,
    ];

    /// Its name on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Walk => "walk",
            Self::Matrix => "matrix",
            Self::SflowParser => "sflow_parser",
            Self::SflowParserMatrix => "sflow_parser_matrix",
            Self::CrowdedMatrix => "crowded_matrix",
            Self::CrowdedSflowParserMatrix => "crowded_sflow_parser_matrix",
            Self::HostileMatrix => "hostile_matrix",
            Self::Localities => "localities",
            Self::IpfixFloor => "ipfix_floor",
            Self::IpfixWalk => "ipfix_walk",
            Self::IpfixMatrix => "ipfix_matrix",
            Self::IpfixLocalities => "ipfix_localities",
            Self::IpfixNetflowParser => "ipfix_netflow_parser",
            Self::IpfixNetflowParserMatrix => "ipfix_netflow_parser_matrix",
            Self::Netflow9Walk => "netflow9_walk",
            Self::Netflow9Matrix => "netflow9_matrix",
            Self::Netflow9NetflowParser => "netflow9_netflow_parser",
            Self::Netflow9NetflowParserMatrix => "netflow9_netflow_parser_matrix",
            Self::Close => "close",
            Self::Merge => "merge",
            Self::JournalWrite => "journal_write",
            Self::Locality => "locality",
            Self::LocalityFar => "locality_far",
            Self::Locality6 => "locality_ipv6",
            Self::LocalitySearched => "locality_searched",
            Self::LocalityFarSearched => "locality_far_searched",
        }
    }

    /// The case of this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|case| case.name() == name)
    }

    /// The traffic that it works on; `None` where it makes its own cells.
    #[must_use]
    pub const fn kind(self) -> Option<Kind> {
        match self {
            Self::Floor | Self::Walk | Self::Matrix | Self::Localities | Self::SflowParser | Self::SflowParserMatrix => Some(Kind::Sflow),
            Self::CrowdedMatrix | Self::CrowdedSflowParserMatrix => Some(Kind::Crowded),
            Self::HostileMatrix => Some(Kind::Hostile),
            Self::IpfixFloor
            | Self::IpfixWalk
            | Self::IpfixMatrix
            | Self::IpfixLocalities
            | Self::IpfixNetflowParser
            | Self::IpfixNetflowParserMatrix => Some(Kind::Ipfix),
            Self::Netflow9Walk | Self::Netflow9Matrix | Self::Netflow9NetflowParser | Self::Netflow9NetflowParserMatrix => {
                Some(Kind::Netflow9)
            }
            Self::Close
            | Self::Merge
            | Self::JournalWrite
            | Self::Locality
            | Self::LocalityFar
            | Self::Locality6
            | Self::LocalitySearched
            | Self::LocalityFarSearched => None,
        }
    }

    /// What its cost is divided by.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self.kind() {
            Some(Kind::Sflow | Kind::Crowded | Kind::Hostile) => "sample",
            Some(Kind::Ipfix | Kind::Netflow9) => "record",
            None if self.looks_up() => "look_up",
            None => "cell",
        }
    }

    /// Whether it looks up addresses.
    const fn looks_up(self) -> bool {
        matches!(self, Self::Locality | Self::LocalityFar | Self::Locality6 | Self::LocalitySearched | Self::LocalityFarSearched)
    }

    /// How many of its units a round has.
    #[must_use]
    pub fn units(self, traffic: &Traffic) -> u64 {
        match self {
            Self::Close | Self::JournalWrite => u64::from(CLOSED_CELLS),
            Self::Merge => 2 * u64::from(CLOSED_CELLS),
            _ if self.looks_up() => LOOK_UPS as u64,
            _ => traffic.samples,
        }
    }

    /// Makes it ready.
    ///
    /// # Errors
    /// Of [`Case::JournalWrite`], if it has no place for its journal, and of look-ups if their table is refused.
    pub fn prepare(self, traffic: &Rc<Traffic>) -> Result<Round, Box<dyn Error>> {
        let traffic = Rc::clone(traffic);
        Ok(match self {
            Self::Floor | Self::IpfixFloor => Box::new(move || sflow::floor(&traffic)),
            Self::Walk => Box::new(move || sflow::walk(&traffic)),
            Self::Matrix | Self::CrowdedMatrix | Self::HostileMatrix => sflow::matrix(traffic),
            Self::Localities => sflow::matrix(located(&traffic)?),
            Self::SflowParser => Box::new(move || sflow::parsed(&traffic)),
            Self::SflowParserMatrix | Self::CrowdedSflowParserMatrix => sflow::rival(traffic),
            Self::IpfixWalk | Self::Netflow9Walk => flows::walk(traffic),
            Self::IpfixMatrix | Self::Netflow9Matrix => flows::matrix(traffic),
            Self::IpfixLocalities => flows::matrix(located(&traffic)?),
            Self::IpfixNetflowParser | Self::Netflow9NetflowParser => flows::parsed(traffic),
            Self::IpfixNetflowParserMatrix | Self::Netflow9NetflowParserMatrix => flows::rival(&traffic),
            Self::Close => windows::close(),
            Self::Merge => windows::merge(),
            Self::JournalWrite => windows::journal_write()?,
            Self::Locality => addresses::busy()?,
            Self::LocalityFar => addresses::far()?,
            Self::Locality6 => addresses::busy_6()?,
            Self::LocalitySearched => addresses::searched_busy()?,
            Self::LocalityFarSearched => addresses::searched_far()?,
        })
    }
}

/// The same traffic where it is looked up where addresses are.
fn located(traffic: &Traffic) -> Result<Rc<Traffic>, Box<dyn Error>> {
    Ok(Rc::new(traffic.clone().located()?))
}

/// Gives all datagrams to a lane.
pub fn feed(lane: &mut Lane, traffic: &Traffic) {
    for datagram in &traffic.datagrams {
        lane.datagram(datagram.source, &datagram.payload, datagram.at, &traffic.directory);
    }
}
