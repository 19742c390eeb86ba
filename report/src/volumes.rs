//! What networks declare of their traffic: a file of comma-separated values, a line for each month, network and class.

mod line;
mod percentile;
mod table;

use std::fmt;

use schema::border::Direction;
use schema::{Asn, Class, Month};

use crate::amount::Declared;

pub use table::{Book, COLUMNS, MAX_OCTETS, MAX_VOLUMES, MAX_WARNINGS};

/// One declared volume.
#[derive(Clone, PartialEq, Debug)]
pub struct Volume {
    /// Of which month.
    pub month: Month,
    /// Of which network.
    pub member: Asn,
    /// Over which kind of link; never the exchange, which measures that itself.
    pub class: Class,
    /// Which way. Only what came in is part of a share.
    pub direction: Direction,
    /// How much.
    pub said: Said,
    /// Who says so, as in "invoice 2026-11".
    pub source: String,
    /// What else there is to say; often empty.
    pub note: String,
    /// The file's line, counted from 1.
    pub line: u64,
}

/// In what terms a volume is declared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Said {
    /// Octets of the month, between two ends.
    Octets(Declared),
    /// The 95th percentile of its rate, in bits a second, as transit is billed.
    Percentile95(u64),
}

impl Said {
    /// What it says of the octets of a month that is so many seconds long, over links that carry `capacity` bits a second.
    #[must_use]
    pub fn octets(self, seconds: u64, capacity: Option<u64>) -> Declared {
        match self {
            Self::Octets(octets) => octets,
            Self::Percentile95(rate) => percentile::octets(rate, seconds, capacity),
        }
    }
}

/// A line that was left out, and why: one sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Warning {
    /// The line, counted from 1.
    pub line: u64,
    /// What is wrong with it, and what to write.
    pub what: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// Why a whole file was refused: one sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused(pub(crate) String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}
