//! Captures: a file of any origin, given to `chorsu replay`.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aggregator::policy::Policies;
use aggregator::{Parties, Weights};
use collector::capture::{self, CaptureError};
use collector::replay::{Replay, Settings, Summary};
use directory::Directory;
use nix::sys::memfd::{MFdFlags, memfd_create};
use schema::Window;

use crate::memory::Bound;

/// The reader's buffer is 1 MiB, and grows at most once for a packet that does not fit; an interface of pcapng costs less than its block.
const MEMORY: Bound = Bound { fixed: 4 << 20, per_octet: 16 };

/// Octets of a packet's header in a capture, which no packet can do without: pcap has 16, pcapng's simple packets 16 too.
const SMALLEST_PACKET: usize = 16;

/// What a capture holds.
#[derive(Default)]
struct Read {
    packets: u64,
    datagrams: u64,
    payload: usize,
}

/// Reads the input as a capture, and replays it; how many UDP datagrams it holds.
///
/// # Panics
/// If the capture has more packets or more payload than fit into it, if reading it takes more memory than its bound, or if the replay
/// counts something else or gives two windows the same name.
pub fn run(input: &[u8]) -> u64 {
    let Ok(file) = in_memory(input) else { return 0 };
    let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    let mut read = Read::default();
    let mut each = |packet: capture::Packet<'_>| {
        read.packets += 1;
        read.datagrams += u64::from(packet.udp.is_some());
        read.payload += packet.udp.map_or(0, |udp| udp.payload.len());
    };
    let end = MEMORY.keep(input.len(), || capture::read(&path, &mut each, &mut |_| {})).result;
    assert!(read.packets <= (input.len() / SMALLEST_PACKET) as u64, "{} packets in {} octets", read.packets, input.len());
    assert!(read.payload <= input.len(), "{} octets of payload in {} octets", read.payload, input.len());
    match end {
        Ok(_) => check(&replayed(&path), &read),
        Err(CaptureError::NoCapture { .. }) => assert_eq!(read.packets, 0, "it is no capture, and has packets"),
        Err(CaptureError::Unreadable { source, .. }) => assert_eq!(source.to_string(), "", "the file can be read"),
    }
    read.datagrams
}

/// What a replay of the capture sums to. Windows are kept by their start and serial: each name must come once.
fn replayed(path: &Path) -> Summary {
    let settings = Settings {
        exchange: "fuzz".into(),
        window: Duration::from_secs(60),
        weights: Weights::Observed,
        parties: Parties::Macs,
        policies: Arc::new(Policies::default()),
    };
    let mut names = BTreeSet::new();
    let mut sink = |window: Window| assert!(names.insert((window.start, window.serial)), "two windows of {:?}", window.start);
    let mut replay = Replay::new(settings, Arc::new(Directory::empty()));
    let end = replay.file(path, &mut sink, &mut |_| {});
    assert!(end.is_ok(), "what can be read can be replayed");
    replay.finish(&mut sink)
}

fn check(summary: &Summary, read: &Read) {
    let counts = &summary.counts;
    assert_eq!((summary.packets, counts.strangers), (read.packets, 0));
    assert_eq!(summary.not_flow, read.packets - read.datagrams + counts.unknown);
    assert_eq!(counts.flow_datagrams() + counts.unknown, read.datagrams);
}

/// A file that holds the input and lies on no disk.
fn in_memory(input: &[u8]) -> io::Result<File> {
    let mut file = File::from(memfd_create(c"capture", MFdFlags::MFD_CLOEXEC)?);
    file.write_all(input)?;
    Ok(file)
}
