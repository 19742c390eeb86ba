//! What can be wrong with re-attributions.

use std::path::PathBuf;

use schema::Timestamp;

use super::in_force::Contradiction;

/// Why re-attributions could not be read or made; each is one sentence for a person.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// A line of the file says nothing that this version understands.
    #[error("{}, line {line}: {detail}; correct the line or take it out", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        detail: String,
    },
    /// The claims that the file holds, or would hold, contradict each other.
    #[error("{}: {found}", path.display())]
    Contradiction {
        /// The file.
        path: PathBuf,
        /// Where they do.
        found: Contradiction,
    },
    /// A list without a claim.
    #[error("there is nothing to claim; give at least one MAC address")]
    NoClaims,
    /// More claims than may be in force.
    #[error("{claims} claims would be in force, and {most} is the most; withdraw some, or claim fewer MAC addresses")]
    TooManyClaims {
        /// Claims that would be in force.
        claims: usize,
        /// The bound.
        most: usize,
    },
    /// A file that is too long to be read for every change.
    #[error("{} would be {octets} octets long, and {most} is the most; take out lines of re-attributions that are withdrawn", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// Its length.
        octets: u64,
        /// The bound.
        most: u64,
    },
    /// A withdrawal of what was never made.
    #[error("there is no re-attribution {id}; list them to see which there are")]
    NoSuch {
        /// The number that was asked for.
        id: u64,
    },
    /// A second withdrawal.
    #[error("re-attribution {id} was withdrawn already, at {at}")]
    Withdrawn {
        /// The number that was asked for.
        id: u64,
        /// When it was withdrawn.
        at: Timestamp,
    },
}
