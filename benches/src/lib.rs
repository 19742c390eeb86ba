//! The scales: what a sample costs, against other ways to do the same work.
//!
//! Absolute times say more of the machine than of the code. Two things are measured instead: instructions, counted by callgrind, which
//! are the same from run to run, and ratios of times taken in turns within one process.
//!
//! 1. [`traffic`] makes the datagrams of a simulated exchange before anything is measured;
//! 2. [`case`] is one piece of work on them, repeated in rounds; [`rival`] and [`flow_rival`] do the same work with other decoders and the standard
//!    library's maps;
//! 3. [`instructions`] runs a case under callgrind, [`clock`] runs several in turns, and [`groups`] says which are compared;
//!    [`addresses`] is a table of places as large as the world's, and another way to keep one;
//! 4. [`peers`] are other programs that read the same capture;
//! 5. [`year`] makes a year's journal, and [`questions`] asks it;
//! 6. [`report`] prints the figures, holds them against the [`goals`], and writes them as JSON.
//!
//! The service as a whole is measured [`live`]: with traffic over loopback, and for long.
//!
//! How right the figures are is weighed too: [`experiments`].

pub mod addresses;
pub mod case;
pub mod clock;
pub mod experiments;
pub mod flow_rival;
pub mod goals;
pub mod groups;
pub mod instructions;
pub mod live;
pub mod pages;
pub mod peers;
pub mod questions;
pub mod report;
pub mod rival;
pub mod traffic;
pub mod year;
