//! The scales: what a sample costs, against other ways to do the same work.
//!
//! Absolute times say more of the machine than of the code. Two things are measured instead: instructions, counted by callgrind, which
//! are the same from run to run, and ratios of times taken in turns within one process.
//!
//! 1. [`traffic`] makes the datagrams of a simulated exchange before anything is measured;
//! 2. [`case`] is one piece of work on them, repeated in rounds; [`rival`] does the same work with another decoder and the standard library's maps;
//! 3. [`instructions`] runs a case under callgrind, [`clock`] runs two in turns;
//! 4. [`report`] prints the figures and writes them as JSON.
//!
//! The service as a whole is measured [`live`]: with traffic over loopback, and for long.
//!
//! How right the figures are is weighed too: [`experiments`].

pub mod case;
pub mod clock;
pub mod experiments;
pub mod instructions;
pub mod live;
pub mod report;
pub mod rival;
pub mod traffic;
