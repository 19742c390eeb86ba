//! Other programs that do the same, where they are installed.
//!
//! All of them are whole processes that end by themselves, and what is compared is the processor time that the kernel booked for each, user
//! and system, as `wait4` tells it. [`capture_file`] is what they all read; [`read`] is what ours does with it; `process` runs one and tells its
//! time; `sfacctd` is pmacct's sFlow daemon. `live` sends the same datagrams by UDP, to nfdump's sfcapd and to our service.

mod live;
mod process;
mod sfacctd;

use std::collections::HashMap;
use std::error::Error;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use aggregator::{Delta, OpenWindow, Parties, Policies, Weights};
use collector::{Lane, capture};
use schema::Timestamp;
use simulator::{Exchange, PcapWriter, Plan};

use crate::clock::median;
use crate::report::Report;
use crate::rival::Rival;

use live::Received;
pub use process::{Spent, run};
pub use sfacctd::{Pairs, sfacctd};

/// Members of the exchange whose sFlow is captured.
const MEMBERS: usize = 100;

/// Samples a second of it, and how long: a million samples, so that starting and ending are a small part of every process' time.
const SAMPLES_PER_SECOND: f64 = 20_000.0;
const SPAN: Duration = Duration::from_secs(50);

/// The evening peak of a working day, a whole minute: all of the capture is one window.
const START: Timestamp = Timestamp(1_795_017_600_000);

const WINDOW: Duration = Duration::from_secs(60);

/// Every program runs so often, in turns; odd, so that there is a median.
const TURNS: usize = 5;

/// The same by UDP, which takes some seconds each time.
const LIVE_TURNS: usize = 3;

/// A capture and the member list of the exchange in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Capture {
    /// A pcap file.
    pub file: PathBuf,
    /// A members file.
    pub members: PathBuf,
}

/// By what a capture is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// By us, a matrix of members.
    Members,
    /// By us, a matrix of MAC addresses.
    Macs,
    /// Our reader of captures, then sflow-parser and the standard library's maps: a matrix of members.
    SflowParser,
}

/// A capture that was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Read {
    /// Samples and octets of frames for each sender, receiver, VLAN and IP version. Parties are ASNs, or MAC addresses as numbers.
    pub pairs: HashMap<(u64, u64, u16, u8), (u64, u64)>,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Members, Self::Macs, Self::SflowParser];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Macs => "macs",
            Self::SflowParser => "sflow-parser",
        }
    }

    /// The way of this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.name() == name)
    }
}

/// The capture of so long of an exchange, made in this folder unless it is there. Pools advance by the sampling rate, as those do that scale by it expect.
///
/// # Errors
/// If the folder cannot be written to.
pub fn capture_file(folder: &Path, span: Duration) -> std::io::Result<Capture> {
    let name = format!("sflow-{MEMBERS}-members-{}-seconds", span.as_secs());
    let capture = Capture { file: folder.join(format!("{name}.pcap")), members: folder.join(format!("{name}.toml")) };
    if capture.file.exists() {
        return Ok(capture);
    }
    let plan = Plan { members: MEMBERS, peak_samples_per_second: SAMPLES_PER_SECOND, day_curve: false, ..Plan::default() };
    let mut exchange = Exchange::new(&plan, START);
    let unfinished = folder.join(format!("{name}.unfinished"));
    let mut writer = PcapWriter::new(BufWriter::new(File::create(&unfinished)?))?;
    let mut outcome = Ok(());
    let mut keep = |datagram: &simulator::Datagram<'_>| {
        if outcome.is_ok() {
            outcome = writer.write(datagram);
        }
    };
    exchange.advance(span, &mut keep);
    exchange.flush(&mut keep);
    outcome?;
    writer.finish()?;
    fs::write(&capture.members, exchange.members_toml())?;
    fs::rename(unfinished, &capture.file)?;
    Ok(capture)
}

/// Reads a capture into a matrix.
///
/// # Errors
/// If one of the files cannot be read.
pub fn read(way: Way, capture: &Path, members: &Path) -> Result<Read, Box<dyn Error>> {
    let directory = directory::parse(&fs::read(members)?, None)?.as_of(START);
    let parties = match way {
        Way::Members => Parties::Members,
        Way::Macs => Parties::Macs,
        Way::SflowParser => return by_sflow_parser(capture, &directory),
    };
    let mut lane = Lane::new(parties, Arc::new(Policies::default()), WINDOW);
    capture::read(
        capture,
        &mut |packet| {
            if let Some(udp) = packet.udp {
                lane.datagram(udp.source, udp.payload, packet.at, &directory);
            }
        },
        &mut |_| {},
    )?;
    let mut window = OpenWindow::new(Arc::from("ix"), WINDOW, START, 1);
    window.merge(&lane.take(Delta::default()));
    let closed = window.close(window.end(), Weights::Nominal);
    let mut pairs: HashMap<_, (u64, u64)> = HashMap::new();
    for cell in &closed.cells {
        let party = |asn: u32, mac: u64| if asn == 0 { mac } else { u64::from(asn) };
        let key = (party(cell.src_asn, cell.src_mac), party(cell.dst_asn, cell.dst_mac), cell.vlan, cell.ip_version);
        let pair = pairs.entry(key).or_default();
        *pair = (pair.0 + cell.samples, pair.1 + cell.bytes);
    }
    Ok(Read { pairs })
}

fn by_sflow_parser(capture: &Path, directory: &directory::Snapshot) -> Result<Read, Box<dyn Error>> {
    let mut rival = Rival::new(directory);
    capture::read(
        capture,
        &mut |packet| {
            if let Some(udp) = packet.udp {
                rival.datagram(udp.payload);
            }
        },
        &mut |_| {},
    )?;
    let pairs = rival.pairs().into_iter();
    Ok(Read { pairs: pairs.map(|((src, dst, vlan, version), sums)| ((u64::from(src), u64::from(dst), vlan, version), sums)).collect() })
}

/// Measures the peers that are installed, from the same capture.
///
/// # Errors
/// If the capture cannot be made, or our own reader of it does not run.
pub fn measure(folder: &Path, reader: &Path, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let capture = capture_file(folder, SPAN)?;
    from_capture(&capture, folder, reader, report)?;
    by_udp(&capture, folder, &reader.with_file_name("chorsu"), report)?;
    report.leave_out("peer_sflowtool_ratio", "no Debian package has sflowtool");
    Ok(())
}

fn from_capture(capture: &Capture, folder: &Path, reader: &Path, report: &mut Report) -> Result<(), Box<dyn Error>> {
    report.section("From a capture of a million samples: processor time of whole processes");
    let mut ours: [Vec<f64>; 3] = Default::default();
    let mut theirs = Vec::new();
    let mut absent = None;
    for _ in 0..TURNS {
        for (way, costs) in Way::ALL.into_iter().zip(&mut ours) {
            let (spent, said) = run(Command::new(reader).arg(way.name()).args([&capture.file, &capture.members]))?;
            costs.push(each(spent, said.trim().parse()?));
        }
        if absent.is_none() {
            match sfacctd(capture, folder) {
                Ok((spent, pairs)) => theirs.push(each(spent, pairs.frames())),
                Err(why) => absent = Some(why),
            }
        }
    }
    let [members, macs, sflow_parser] = &ours;
    for (name, costs) in [("capture_members", members), ("capture_macs", macs), ("capture_sflow_parser", sflow_parser)] {
        report.add(format!("{name}_ns_per_sample"), median(costs.clone()), "ns");
    }
    report.add("capture_vs_sflow_parser_ratio", quotient(sflow_parser, members), "times as fast");
    match absent {
        Some(why) => report.leave_out("peer_sfacctd_ratio", why.to_string()),
        None => {
            report.add("sfacctd_ns_per_sample", median(theirs.clone()), "ns");
            report.add("peer_sfacctd_ratio", quotient(&theirs, macs), "times as fast");
        }
    }
    Ok(())
}

/// The same datagrams by UDP.
fn by_udp(capture: &Capture, folder: &Path, service: &Path, report: &mut Report) -> Result<(), Box<dyn Error>> {
    report.section("The same datagrams by UDP, 50,000 a second: processor time of whole processes, the kernel's part included");
    let datagrams = live::payloads(&capture.file)?;
    let cost = |received: Received| received.spent.total() * 1e9 / received.samples as f64;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut kept = [0, 0];
    for _ in 0..LIVE_TURNS {
        let own = live::chorsu(service, &datagrams, capture, folder)?;
        let peer = match live::sfcapd(&datagrams, folder) {
            Ok(peer) => peer,
            Err(why) => {
                report.leave_out("peer_sfcapd_ratio", format!("{why} (sfcapd and nfdump: Debian packages nfdump-sflow and nfdump)"));
                return Ok(());
            }
        };
        ours.push(cost(own));
        theirs.push(cost(peer));
        kept = [own.samples, peer.samples];
    }
    for (name, costs, kept) in [("live_chorsu", &ours, kept[0]), ("live_sfcapd", &theirs, kept[1])] {
        report.add(format!("{name}_ns_per_sample"), median(costs.clone()), "ns");
        report.add(format!("{name}_samples"), kept as f64, "samples kept");
    }
    report.add("peer_sfcapd_ratio", quotient(&theirs, &ours), "times the processor time");
    Ok(())
}

/// Nanoseconds of processor time for each sample.
fn each(spent: Spent, samples: u64) -> f64 {
    spent.total() * 1e9 / samples as f64
}

/// The median of the turns' own quotients.
fn quotient(slow: &[f64], fast: &[f64]) -> f64 {
    median(slow.iter().zip(fast).map(|(slow, fast)| slow / fast).collect())
}
