//! NetFlow version 5, as any host on the network may send it.

use wire::flows::netflow5;

use crate::memory::Bound;
use crate::records::Records;

/// Octets of the header.
const HEADER: usize = 24;

/// Octets of a record.
const RECORD: usize = 48;

/// Reads the input as one NetFlow v5 datagram; how many records it holds.
///
/// # Panics
/// As [`records`].
pub fn run(input: &[u8]) -> u64 {
    records(input).forward
}

/// The records of a NetFlow v5 datagram.
///
/// # Panics
/// If the walk allocates, tells more records than the octets hold, or tells impossible ones.
pub fn records(input: &[u8]) -> Records {
    let Ok(datagram) = netflow5(input) else { return Records::default() };
    let declared = usize::from(datagram.declared);
    let mut records = Records::default();
    let walked = Bound::NOTHING.keep(input.len(), || datagram.walk(&mut records)).result;
    let there = (input.len() - HEADER) / RECORD;
    assert_eq!((u64::from(walked), records.reverse), (records.forward, 0));
    assert_eq!(records.forward, there.min(declared) as u64, "{declared} records declared, and room for {there}");
    assert!(records.skipped <= 1 + records.forward);
    records
}
