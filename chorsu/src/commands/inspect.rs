//! `chorsu inspect`: a capture's datagrams in full, record by record, for a person.
//!
//! What is shown is decoded by other libraries than what is counted, so that the one can be held against the other. They are not trusted with the network: the
//! service has its own decoders, and here each library gets bounded input only.

mod counted;
mod flows;
mod sflow;
mod tree;

use collector::capture;
use schema::{Protocol, Timestamp};
use wire::protocol::recognise;

use crate::cli::Inspect;
use crate::failure::{Context, Outcome, print};
use flows::Flows;

pub(crate) fn inspect(asked: &Inspect) -> Outcome {
    let (mut shown, mut outcome, mut flows) = (0, Ok(()), Flows::default());
    let mut each = |packet: capture::Packet<'_>| {
        let Some(udp) = packet.udp.filter(|_| shown < asked.limit && outcome.is_ok()) else { return };
        shown += 1;
        outcome = print(datagram(shown, packet.at, &udp, &mut flows));
    };
    capture::read(&asked.file, &mut each, &mut |_| {}).plain()?;
    outcome
}

fn datagram(number: u64, at: Timestamp, udp: &capture::Udp<'_>, flows: &mut Flows) -> String {
    let mut text = format!("datagram {number}, {at}, from {} to port {}, {} octets\n", udp.source, udp.port, udp.payload.len());
    match recognise(udp.payload) {
        Some(Protocol::Sflow5) => text.push_str(&sflow::show(udp.payload)),
        Some(protocol @ (Protocol::Netflow5 | Protocol::Netflow9 | Protocol::Ipfix)) => {
            text.push_str(&flows.show(udp.source, protocol, udp.payload));
        }
        Some(Protocol::Sflow4 | Protocol::Sflow2) => text.push_str(&counted::show(udp.payload)),
        None => text.push_str("  no flow protocol\n"),
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    /// All captures of the project, or none where they are not at hand.
    fn captures() -> Vec<PathBuf> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures");
        let files = |folder: PathBuf| folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
        let folders = root.read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
        folders.flat_map(files).filter(|file| file.extension().is_some_and(|extension| extension == "pcap")).collect()
    }

    /// Datagrams of a capture after which nothing new is to be expected.
    const ENOUGH: usize = 120;

    #[test]
    fn datagrams_of_every_capture_are_shown_in_full() {
        let captures = captures();
        if captures.is_empty() {
            println!("skipped: ../shared/captures is absent");
        }
        for file in captures {
            let (mut flows, mut shown) = (Flows::default(), 0);
            let mut each = |packet: capture::Packet<'_>| {
                let Some(udp) = packet.udp.filter(|_| shown < ENOUGH) else { return };
                shown += 1;
                let text = datagram(1, packet.at, &udp, &mut flows);
                let lines = text.lines().count();
                assert!(lines >= 2, "{}: {text}", file.display());
                if recognise(udp.payload).is_some_and(|protocol| !protocol.is_sflow()) {
                    assert!(lines > 6 && !text.contains("not readable in full"), "{}: {text}", file.display());
                }
            };
            capture::read(&file, &mut each, &mut |_| {}).unwrap();
        }
    }
}
