//! What comes after the lanes: merging hand-overs, closing the window, writing it.

use std::error::Error;
use std::net::IpAddr;
use std::sync::Arc;

use aggregator::{Delta, ExporterKey, Numbering, OpenWindow, Parties, Policies, Refused, Shard, Weights};
use schema::sample::{Agent, DataSource, FlowSample, Frame, Interface, LengthBasis, MacPair, Tunnel};
use schema::{Mac, Protocol, Timestamp, Window};
use store::{Appended, Journal, Options};

use super::Round;
use super::sflow::WINDOW;

/// Cells of the window that is closed and written.
pub const CLOSED_CELLS: u32 = 100_000;

/// Senders of these cells and receivers of each.
const RECEIVERS: u32 = 250;

pub(super) fn close() -> Round {
    closing([1].map(handed_over))
}

pub(super) fn merge() -> Round {
    closing([1, 2].map(handed_over))
}

/// Merges and closes the same window again and again.
fn closing<const SHARDS: usize>(deltas: [Delta; SHARDS]) -> Round {
    let mut window = open();
    Box::new(move || {
        window.reopen(Timestamp(0), 1);
        deltas.iter().for_each(|delta| window.merge(delta));
        let closed = window.close(window.end(), Weights::Observed);
        closed.cells.iter().map(|cell| cell.samples).sum()
    })
}

fn open() -> OpenWindow {
    OpenWindow::new(Arc::from("ix"), WINDOW, Timestamp(0), 1)
}

/// A closed window of [`CLOSED_CELLS`] cells.
#[must_use]
pub fn closed_window() -> Window {
    let mut window = open();
    window.merge(&handed_over(1));
    window.close(window.end(), Weights::Observed)
}

pub(super) fn journal_write() -> Result<Round, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let mut journal = Journal::open(folder.path(), Options::default())?;
    let mut window = closed_window();
    Ok(Box::new(move || {
        // Moved here with the journal, so that it lives as long.
        let _folder = &folder;
        window.serial += 1;
        match journal.append_bulk(&window) {
            Ok(Appended::Written) => window.cells.len() as u64,
            // No work that counts; `same_work.rs` would notice.
            Ok(Appended::Known) | Err(_) => 0,
        }
    }))
}

/// What the shard that hears this agent hands over: [`CLOSED_CELLS`] cells, which other agents have too.
fn handed_over(agent: u8) -> Delta {
    let mut shard = Shard::new(Parties::Macs, Arc::new(Policies::default()), WINDOW);
    // A shard that has seen nothing refuses nobody.
    let _: Result<(), Refused> = fill(&mut shard, agent);
    shard.take(Delta::default())
}

/// Adds [`CLOSED_CELLS`] cells: 400 routers, each sending to 250 others through a port of its own.
fn fill(shard: &mut Shard, agent: u8) -> Result<(), Refused> {
    let agent = Agent { address: IpAddr::from([192, 0, 2, agent]), sub_agent: 0 };
    let key = ExporterKey { protocol: Protocol::Sflow5, agent, source: agent.address };
    let exporter = shard.datagram(key, Numbering::Datagrams(1), Some(0), Timestamp(0))?;
    let directory = directory::Snapshot::empty();
    for number in 0..CLOSED_CELLS {
        let (src, dst) = (number / RECEIVERS, number % RECEIVERS);
        shard.flow(exporter, &sample(src, dst + 1_000, number % RECEIVERS + 1), &directory);
    }
    Ok(())
}

fn sample(src: u32, dst: u32, sequence: u32) -> FlowSample {
    let mac = |last: u32| Mac::from_bits(0x0200_0000_0000 | u64::from(last));
    let macs = Some(MacPair { src: mac(src), dst: mac(dst) });
    // Lengths of every size, as a journal finds them.
    let octets = 64 + (src * 7 + dst * 13) % 1_455;
    FlowSample {
        source: DataSource { class: 0, index: src + 1 },
        sequence,
        rate: 1_000,
        pool: 1_000 * sequence,
        drops: 0,
        input: Interface::Index(src + 1),
        output: Interface::Index(dst + 1),
        frame: Some(Frame { octets, basis: LengthBasis::Frame, macs, vlan: 0, ip_version: 4, tunnel: Tunnel::None, ips: None }),
        raw_length: octets,
    }
}
