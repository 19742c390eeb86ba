//! From an address to its economy and its network.
//!
//! Read it in the order of a file's life:
//!
//! 1. a [`PlaceSource`] names a file and says by its [`SourceKind`] how it is read and how far it is believed;
//! 2. `read` has one module for each format; what comes out is a [`Layer`], prefixes and ranges of AS numbers with a value each, and what had
//!    to be left out, by line;
//! 3. [`Gazetteer`] keeps the latest good layer of each file, looks whether files have changed, and has the table made anew;
//! 4. `compose` lays the layers over each other: the most believed one that says something decides, and the longest prefix within it;
//! 5. the [`Places`] that come out are immutable and answer for every address in a few steps ([`Trie`]).
//!
//! A line that cannot be understood costs that line; a file that cannot be understood is refused in one sentence, and what it said before stays.

mod address;
mod compose;
mod gazetteer;
mod home;
mod layer;
mod note;
mod read;
mod source;
mod table;
mod trie;

#[cfg(test)]
mod tests;

pub use gazetteer::{Gazetteer, MAX_SOURCES, SourceState};
pub use home::Home;
pub use layer::{Layer, MAX_NETWORKS, MAX_PREFIXES_4, MAX_PREFIXES_6};
pub use note::MAX_NOTES;
pub use read::{MAX_LINE_OCTETS, Refused, read};
pub use source::{PlaceSource, SourceKind};
pub use table::{Place, Places};
