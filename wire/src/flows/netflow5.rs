//! NetFlow version 5: a header of 24 octets and records of 48, all of one shape (Cisco, "NetFlow Export Datagram Format").

use schema::Rate;
use schema::sample::{Direction, FlowRecord, IpPair, LengthBasis, Tunnel};

use super::age::{Clock, TimeUnit, Times};
use super::record::interface;
use super::{Exported, RecordListener, Refusal, Skip};
use crate::reader::Reader;

const VERSION: u16 = 5;

/// Octets of a record.
const RECORD: usize = 48;

/// The bits of the sampling field that are the interval; those above say how packets are chosen, and exporters get them wrong.
const INTERVAL: u32 = 0x3fff;

/// Who sends, where the datagram stands in the sender's sequence, and its records, not yet read.
#[derive(Clone, Copy, Debug)]
pub struct Netflow5<'a> {
    /// The engine that made it: its type in the upper eight bits, its number in the lower.
    pub engine: u16,
    /// Number of its first record, modulo 2³².
    pub sequence: u32,
    /// Milliseconds since the exporter started, modulo 2³².
    pub uptime_ms: u32,
    /// One in so many packets was sampled: the interval in the header, whatever the mode beside it says.
    pub rate: Rate,
    /// Records that the datagram declares.
    pub declared: u16,
    /// By what the times of its records are understood.
    pub clock: Clock,
    records: Reader<'a>,
}

/// Reads the header of a NetFlow v5 datagram.
///
/// # Errors
/// Refuses what is not NetFlow v5, or ends inside its header.
#[inline]
pub fn netflow5(payload: &[u8]) -> Result<Netflow5<'_>, Refusal> {
    let mut reader = Reader::new(payload);
    let truncated = Refusal::Truncated(payload.len());
    let [version, declared] = reader.word().map(halves).ok_or(truncated)?;
    if version != VERSION {
        return Err(Refusal::foreign(version, payload));
    }
    let [uptime_ms, seconds, nanoseconds, sequence, last] = reader.words().ok_or(truncated)?;
    let [engine, _sampling] = halves(last);
    Ok(Netflow5 {
        engine,
        sequence,
        uptime_ms,
        rate: Rate::whole(last & INTERVAL),
        declared,
        clock: Clock { export_ms: u64::from(seconds) * 1000 + u64::from(nanoseconds / 1_000_000), uptime_ms: Some(uptime_ms) },
        records: reader,
    })
}

impl Netflow5<'_> {
    /// Reads every whole record and tells the listener; how many they are.
    #[inline]
    pub fn walk<L: RecordListener>(self, listener: &mut L) -> u32 {
        let (records, rest) = self.records.rest().as_chunks::<RECORD>();
        let declared = usize::from(self.declared);
        for record in records.iter().take(declared) {
            if let Some(exported) = self.record(record) {
                listener.record(&exported);
            }
        }
        if records.len() < declared {
            listener.skipped(Skip::MissingRecords);
        } else if records.len() > declared || !rest.is_empty() {
            listener.skipped(Skip::TrailingOctets);
        }
        u32::try_from(records.len().min(declared)).unwrap_or(u32::MAX)
    }

    #[inline(always)]
    fn record(&self, record: &[u8; RECORD]) -> Option<Exported> {
        let [source, destination, _next_hop, interfaces, packets, octets, first, last] = Reader::new(record).words()?;
        let [input, output] = halves(interfaces).map(|index| interface(u64::from(index)));
        let (packets, octets) = (u64::from(packets), u64::from(octets));
        let times = Times { first: u64::from(first), last: u64::from(last), init_ms: 0 };
        let record = FlowRecord {
            rate: self.rate,
            direction: Direction::Unknown,
            input,
            output,
            macs: None,
            vlan: 0,
            ip_version: 4,
            tunnel: Tunnel::None,
            ips: Some(IpPair::V4 { src: source.into(), dst: destination.into() }),
            packets,
            octets,
            basis: LengthBasis::IpPacket,
            squares: None,
            age: self.clock.age(TimeUnit::Uptime, times),
        };
        Some(Exported { record, sampler: None, octets, packets, reverse: false })
    }
}

/// Both halves of a word.
#[inline(always)]
fn halves(word: u32) -> [u16; 2] {
    let [a, b, c, d] = word.to_be_bytes();
    [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])]
}

#[cfg(test)]
mod tests {
    use schema::sample::{Age, Interface};

    use super::*;
    use crate::flows::builder::Heard;

    /// A datagram that declares `declared` records and holds `held` of 1,000 octets in 10 packets.
    fn datagram(declared: u16, held: usize, sampling: u16) -> Vec<u8> {
        let mut bytes = [5_u16.to_be_bytes(), declared.to_be_bytes()].concat();
        bytes.extend([500_000_u32, 1_700_000_000, 250_000_000, 77].into_iter().flat_map(u32::to_be_bytes));
        bytes.extend([1, 2]);
        bytes.extend(sampling.to_be_bytes());
        for _ in 0..held {
            let words = [0xc000_0201_u32, 0xc000_0202, 0, 0x0003_0004, 10, 1_000, 440_000, 495_000, 0, 0, 0, 0];
            bytes.extend(words.into_iter().flat_map(u32::to_be_bytes));
        }
        bytes
    }

    fn walked(bytes: &[u8]) -> Heard {
        let mut heard = Heard::default();
        heard.records = netflow5(bytes).unwrap().walk(&mut heard);
        heard
    }

    #[test]
    fn the_header_names_the_engine_and_the_sequence() {
        let bytes = datagram(2, 2, 0);
        let header = netflow5(&bytes).unwrap();
        assert_eq!((header.engine, header.sequence, header.declared, header.uptime_ms), (0x0102, 77, 2, 500_000));
        assert_eq!(header.clock, Clock { export_ms: 1_700_000_000_250, uptime_ms: Some(500_000) });
    }

    #[test]
    fn the_interval_counts_whatever_the_mode_says() {
        for (field, rate) in [(1_000, 1_000), (0x4000 | 1_000, 1_000), (0xc000 | 0x3fff, 0x3fff), (0x4000, 0), (0, 0)] {
            assert_eq!(netflow5(&datagram(0, 0, field)).unwrap().rate, Rate::whole(rate), "{field:#x}");
        }
    }

    #[test]
    fn a_record_becomes_a_flow_record() {
        let heard = walked(&datagram(1, 1, 100));
        let exported = heard.exported[0];
        assert_eq!((heard.records, exported.octets, exported.packets, exported.sampler, exported.reverse), (1, 1_000, 10, None, false));
        let record = exported.record;
        assert_eq!((record.octets, record.packets, record.basis, record.rate), (1_000, 10, LengthBasis::IpPacket, Rate::whole(100)));
        assert_eq!((record.input, record.output, record.ip_version), (Interface::Index(3), Interface::Index(4), 4));
        assert_eq!(record.age, Age { first_ms: 60_000, last_ms: 5_000 });
        assert_eq!(record.ips, Some(IpPair::v4([192, 0, 2, 1, 192, 0, 2, 2])));
        assert!(record.macs.is_none() && heard.skips.is_empty());
    }

    #[test]
    fn a_wrong_count_costs_no_whole_record() {
        for (declared, held, extra, records, skips) in [
            (3, 2, 0, 2, vec![Skip::MissingRecords]),
            (3, 2, 47, 2, vec![Skip::MissingRecords]),
            (2, 3, 0, 2, vec![Skip::TrailingOctets]),
            (2, 2, 1, 2, vec![Skip::TrailingOctets]),
            (40, 40, 0, 40, vec![]),
            (u16::MAX, 0, 0, 0, vec![Skip::MissingRecords]),
            (0, 0, 0, 0, vec![]),
        ] {
            let mut bytes = datagram(declared, held, 0);
            bytes.resize(bytes.len() + extra, 0);
            let heard = walked(&bytes);
            assert_eq!((heard.records, heard.exported.len(), heard.skips), (records, records as usize, skips));
        }
    }

    #[test]
    fn every_cut_inside_the_header_is_refused() {
        let bytes = datagram(1, 1, 0);
        for length in 0..24 {
            assert_eq!(netflow5(&bytes[..length]).unwrap_err(), Refusal::Truncated(length));
        }
    }
}
