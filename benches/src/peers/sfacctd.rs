//! pmacct's sFlow daemon, with its print plugin, by pair of MAC addresses.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use super::{Capture, Spent, run};

/// Where Debian puts it, which is not on everyone's path.
const PLACES: [&str; 3] = ["sfacctd", "/usr/sbin/sfacctd", "/usr/local/sbin/sfacctd"];

/// Octets of the queue between its two processes: with less of it, it loses samples.
const QUEUE: u32 = 256 << 20;
const QUEUE_PIECE: u32 = 128 << 10;

/// Why there is no figure.
#[derive(Debug)]
pub struct Absent(String);

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Absent {}

/// Frames and octets of each pair of MAC addresses, as it prints them, not scaled.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pairs(pub HashMap<(String, String), (u64, u64)>);

impl Pairs {
    /// All frames.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.0.values().map(|(frames, _)| frames).sum()
    }
}

/// Has it read a capture; what it found and how long that took.
///
/// # Errors
/// If it is not installed, or does not run to its end.
pub fn sfacctd(capture: &Capture, folder: &Path) -> Result<(Spent, Pairs), Absent> {
    let program = PLACES.into_iter().find(|place| Command::new(place).arg("-V").output().is_ok());
    let program = program.ok_or_else(|| Absent("it is not installed (Debian package pmacct)".to_owned()))?;
    measured(program, capture, folder).map_err(|error| Absent(format!("it did not run: {error}")))
}

fn measured(program: &str, capture: &Capture, folder: &Path) -> io::Result<(Spent, Pairs)> {
    let (settings, printed) = (folder.join("sfacctd.conf"), folder.join("sfacctd.csv"));
    fs::write(&settings, configuration(&capture.file, &printed))?;
    if printed.exists() {
        fs::remove_file(&printed)?;
    }
    let (spent, _) = run(Command::new(program).arg("-f").arg(&settings))?;
    Ok((spent, pairs(&fs::read_to_string(&printed)?)))
}

/// Nothing is printed before the end, and nothing is scaled.
fn configuration(capture: &Path, printed: &Path) -> String {
    format!(
        "daemonize: false\npcap_savefile: {}\nplugins: print\naggregate: src_mac, dst_mac\nprint_output: csv\nprint_output_file: {}\n\
         print_refresh_time: 86400\nplugin_pipe_size: {QUEUE}\nplugin_buffer_size: {QUEUE_PIECE}\n",
        capture.display(),
        printed.display()
    )
}

/// Lines like `02:00:00:00:00:54,02:00:00:00:00:64,204,121912`, under a head.
fn pairs(printed: &str) -> Pairs {
    let mut pairs = Pairs::default();
    for line in printed.lines().skip(1) {
        let mut words = line.split(',');
        let (Some(src), Some(dst), Some(frames), Some(octets)) = (words.next(), words.next(), words.next(), words.next()) else { continue };
        if let (Ok(frames), Ok(octets)) = (frames.parse::<u64>(), octets.parse::<u64>()) {
            let pair = pairs.0.entry((src.to_owned(), dst.to_owned())).or_default();
            *pair = (pair.0 + frames, pair.1 + octets);
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_prints_is_read() {
        let found = pairs("SRC_MAC,DST_MAC,PACKETS,BYTES\n02:00:00:00:00:54,02:00:00:00:00:64,204,121912\n\n");
        assert_eq!((found.frames(), found.0.len()), (204, 1));
    }
}
