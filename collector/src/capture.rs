//! Captures: pcap and pcapng files, as far as their UDP datagrams go.

use std::fs::File;
use std::io::{self, Read};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice};
use pcap_parser::data::{PacketData, get_packetdata};
use pcap_parser::{Block, Linktype, PcapBlockOwned, PcapError};
use schema::Timestamp;

/// Size of the reading buffer, and so the longest packet that is read. Jumbo frames and loopback's 64 KiB fit many times.
const BUFFER: usize = 1 << 20;

/// Interfaces of one pcapng section that are kept, against a file that declares them without end.
const MAX_INTERFACES: usize = 65_536;

/// How every section of a pcapng file begins, in both byte orders.
const SECTION: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// Octets of the smallest block of a pcapng file: its kind, and its length before and behind what it holds. pcap-parser counts on it for
/// blocks of a kind that it does not know.
const SMALLEST_BLOCK: u32 = 12;

/// Why a capture cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// It cannot be opened or read.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is empty or something else.
    #[error("{}: is no pcap or pcapng capture; record one with `tcpdump -w FILE udp port 6343`", path.display())]
    NoCapture {
        /// The file.
        path: PathBuf,
    },
}

/// How a capture ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// After its last packet.
    Whole,
    /// In the middle of a packet, or in bytes that are none. What came before was read.
    Cut,
}

/// One packet of a capture.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// When it was captured.
    pub at: Timestamp,
    /// Its UDP datagram, if it carries one.
    pub udp: Option<Udp<'a>>,
}

/// A UDP datagram.
#[derive(Clone, Copy, Debug)]
pub struct Udp<'a> {
    /// Sender.
    pub source: IpAddr,
    /// Destination port.
    pub port: u16,
    /// What it carries, as far as it was captured.
    pub payload: &'a [u8],
}

/// Reads a capture from its first packet to its last.
///
/// `each` gets every packet; `progress` the octets read so far, now and then.
///
/// # Errors
/// Refuses what cannot be opened and what is no capture. A capture that is cut is no error: see [`End`].
pub fn read(path: &Path, each: &mut dyn FnMut(Packet<'_>), progress: &mut dyn FnMut(u64)) -> Result<End, CaptureError> {
    let unreadable = |source| CaptureError::Unreadable { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.is_dir() {
        return Err(unreadable(io::ErrorKind::IsADirectory.into()));
    }
    let no_capture = |_| CaptureError::NoCapture { path: path.to_owned() };
    let mut reader = pcap_parser::create_reader(BUFFER, Filling(file)).map_err(no_capture)?;
    let mut clock = Clocks::default();
    let has_blocks = reader.data().starts_with(&SECTION);
    loop {
        if has_blocks && is_too_short(reader.data()) {
            return Ok(End::Cut);
        }
        let incomplete = match reader.next() {
            Ok((length, block)) => {
                clock.block(&block, each);
                reader.consume(length);
                continue;
            }
            Err(PcapError::Eof) => return Ok(End::Whole),
            Err(error) => matches!(error, PcapError::Incomplete(_)),
        };
        if !incomplete || reader.reader_exhausted() || reader.refill().is_err() {
            return Ok(End::Cut);
        }
        progress(reader.consumed() as u64);
    }
}

/// Whether a block of pcapng is shorter than any can be. A length that is so small in the other byte order would exceed the buffer in the
/// right one.
fn is_too_short(block: &[u8]) -> bool {
    let length = block.get(4..).and_then(|rest| rest.first_chunk::<4>());
    length.is_some_and(|length| u32::from_le_bytes(*length).min(u32::from_be_bytes(*length)) < SMALLEST_BLOCK)
}

/// Fills the whole buffer that it is given. A file never gives less than asked before its end, but a pipe does, and the first read must
/// hold the header.
struct Filling<R>(R);

impl<R: Read> Read for Filling<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.0.read(rest) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

/// What the file says of its interfaces: link type, and how time is counted.
#[derive(Default)]
struct Clocks {
    legacy: Option<(Linktype, bool)>,
    interfaces: Vec<Interface>,
}

#[derive(Clone, Copy)]
struct Interface {
    link: Linktype,
    units_per_second: u64,
    offset_seconds: i64,
}

impl Clocks {
    fn block(&mut self, block: &PcapBlockOwned<'_>, each: &mut dyn FnMut(Packet<'_>)) {
        match block {
            PcapBlockOwned::LegacyHeader(header) => self.legacy = Some((header.network, header.is_nanosecond_precision())),
            PcapBlockOwned::Legacy(packet) => {
                let Some((link, nanos)) = self.legacy else { return };
                let per_milli = if nanos { 1_000_000 } else { 1_000 };
                let at = Timestamp(i64::from(packet.ts_sec) * 1_000 + i64::from(packet.ts_usec / per_milli));
                each(Packet { at, udp: udp(packet.data, link) });
            }
            PcapBlockOwned::NG(Block::SectionHeader(_)) => self.interfaces.clear(),
            PcapBlockOwned::NG(Block::InterfaceDescription(interface)) if self.interfaces.len() < MAX_INTERFACES => {
                self.interfaces.push(Interface {
                    link: interface.linktype,
                    units_per_second: interface.ts_resolution().unwrap_or(1_000_000),
                    offset_seconds: interface.ts_offset(),
                });
            }
            PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                let Some(interface) = self.interfaces.get(packet.if_id as usize) else { return };
                let units = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                each(Packet { at: interface.time(units), udp: udp(packet.data, interface.link) });
            }
            PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
                let Some(interface) = self.interfaces.first() else { return };
                each(Packet { at: Timestamp(0), udp: udp(packet.data, interface.link) });
            }
            PcapBlockOwned::NG(_) => {}
        }
    }
}

impl Interface {
    fn time(&self, units: u64) -> Timestamp {
        let millis = u128::from(units) * 1_000 / u128::from(self.units_per_second.max(1));
        Timestamp(i64::try_from(millis).unwrap_or(i64::MAX).saturating_add(self.offset_seconds.saturating_mul(1_000)))
    }
}

/// The UDP datagram in a captured packet. Fragments carry only a part of one, and so count as none.
fn udp(data: &[u8], link: Linktype) -> Option<Udp<'_>> {
    let packet = match get_packetdata(data, link, data.len())? {
        PacketData::L2(frame) => LaxSlicedPacket::from_ethernet(frame).ok()?,
        PacketData::L3(ether_type, bytes) => LaxSlicedPacket::from_ether_type(EtherType(ether_type), bytes),
        PacketData::L4(..) | PacketData::Unsupported(_) => return None,
    };
    let source = match packet.net.as_ref()? {
        LaxNetSlice::Ipv4(ip) => IpAddr::V4(ip.header().source_addr()),
        LaxNetSlice::Ipv6(ip) => IpAddr::V6(ip.header().source_addr()),
        LaxNetSlice::Arp(_) => return None,
    };
    match packet.transport? {
        TransportSlice::Udp(datagram) => Some(Udp { source, port: datagram.destination_port(), payload: datagram.payload() }),
        _ => None,
    }
}
