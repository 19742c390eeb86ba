//! NetFlow version 9 and IPFIX, as an exporter may send them: several datagrams, whose templates hold for those behind them.

use schema::Protocol;
use wire::protocol::recognise;

use crate::datagrams;
use crate::exporter::Exporter;

/// Reads the input as the datagrams of one exporter; how many records they hold.
///
/// # Panics
/// As [`Exporter::datagram`].
pub fn run(input: &[u8]) -> u64 {
    let mut exporter = Exporter::default();
    for datagram in datagrams::of(input) {
        // Also what does not look like either is given to a decoder: it must refuse it by itself.
        exporter.datagram(recognise(datagram).unwrap_or(Protocol::Ipfix), datagram);
    }
    let understood = [exporter.netflow9, exporter.ipfix].map(|exported| exported.records.forward + exported.options_records);
    understood.iter().sum()
}
