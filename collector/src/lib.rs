//! The dock: where datagrams arrive, from sockets or from captures.
//!
//! Read it in the order of a datagram's way:
//!
//! 1. [`machine`] tells what there is to receive with, and [`sizes`] chooses from it; [`socket`] binds the listening sockets, [`steering`] has the kernel keep each exporter with one of them, and [`batch`] reads them by
//!    `recvmmsg`; or [`capture`] reads a file;
//! 2. a [`lane`] takes the datagram where it lies: if [`admission`] lets its sender in, it recognises the protocol, walks it with `wire`, adds
//!    its samples and records to its own shard, and what it holds to its [`counts`]; what must be known to read NetFlow v9 and IPFIX is in
//!    [`templates`];
//! 3. [`service`] is the running collector: a thread for each socket with its lane, and one thread whose timer closes the windows;
//!    `listening` knows what each address took; [`replay`] is the same lane fed from captures, by the captures' own clock;
//! 4. closed windows go to the [`outbox`], from where the store takes them.
//!
//! Between a socket and its shard there is no queue and no lock. The threads meet only when a lane hands over what it added, once a second.

mod admission;
mod batch;
pub mod capture;
pub mod counts;
pub mod lane;
mod listening;
pub mod machine;
pub mod outbox;
mod receiving;
pub mod replay;
mod roster;
pub mod service;
pub mod sizes;
pub mod socket;
mod steering;
mod templates;
mod timer;

pub use batch::MOST as MOST_BATCH;
pub use counts::Counts;
pub use lane::Lane;
pub use machine::Machine;
pub use outbox::Outbox;
pub use service::{Service, Settings};
pub use sizes::{Sizes, Wanted};
