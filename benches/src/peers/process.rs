//! The processor time of a child.

use std::io;
use std::process::{Command, Stdio};

use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// Processor time in seconds.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Spent {
    /// In the program itself.
    pub user: f64,
    /// In the kernel for it.
    pub system: f64,
}

impl Spent {
    /// Both.
    #[must_use]
    pub fn total(self) -> f64 {
        self.user + self.system
    }

    /// What all children that have ended spent so far, with their own children.
    ///
    /// # Errors
    /// If the kernel does not tell.
    pub fn by_children() -> io::Result<Self> {
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
        let seconds = |time: fn(&Usage) -> nix::sys::time::TimeVal| time(&usage).num_microseconds() as f64 / 1e6;
        Ok(Self { user: seconds(Usage::user_time), system: seconds(Usage::system_time) })
    }

    /// What was spent since.
    ///
    /// # Errors
    /// If the kernel does not tell.
    pub fn since(before: Self) -> io::Result<Self> {
        let now = Self::by_children()?;
        Ok(Self { user: now.user - before.user, system: now.system - before.system })
    }
}

/// Runs a program to its end, and gives its processor time and what it wrote. No other child may end meanwhile.
///
/// # Errors
/// If it cannot be run, or says that it failed.
pub fn run(command: &mut Command) -> io::Result<(Spent, String)> {
    let before = Spent::by_children()?;
    let output = command.stdin(Stdio::null()).output()?;
    let spent = Spent::since(before)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim().lines().last().unwrap_or("it said nothing");
        return Err(io::Error::other(format!("{}: {}: {said}", command.get_program().display(), output.status)));
    }
    Ok((spent, String::from_utf8_lossy(&output.stdout).into_owned()))
}
