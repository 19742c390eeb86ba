//! Keeps datagrams in a capture file.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use schema::Protocol;

use crate::exchange::Datagram;
use crate::packet::{internet_checksum, low16};

/// Where the capture's collector is (RFC 5737).
const COLLECTOR: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
/// The same by IPv6 (RFC 3849).
const COLLECTOR_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);

/// UDP port on which collectors of a protocol listen: IANA's for sFlow and IPFIX; NetFlow has none, and 2055 is what most use.
const fn port(protocol: Protocol) -> u16 {
    match protocol {
        Protocol::Sflow5 | Protocol::Sflow4 | Protocol::Sflow2 => 6343,
        Protocol::Netflow5 | Protocol::Netflow9 => 2055,
        Protocol::Ipfix => 4739,
    }
}

/// Writes datagrams as a pcap file (draft-ietf-opsawg-pcap), in Ethernet, IP and UDP as a collector's port would see them.
pub struct PcapWriter<W: Write> {
    out: W,
    frame: Vec<u8>,
}

impl<W: Write> PcapWriter<W> {
    /// Begins the file.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn new(mut out: W) -> io::Result<Self> {
        // Microseconds, version 2.4, UTC, 65,535 octets a packet, Ethernet.
        let mut head = Vec::with_capacity(24);
        head.extend_from_slice(&0xa1b2_c3d4_u32.to_be_bytes());
        head.extend_from_slice(&[0, 2, 0, 4]);
        for word in [0, 0, 65_535, 1_u32] {
            head.extend_from_slice(&word.to_be_bytes());
        }
        out.write_all(&head)?;
        Ok(Self { out, frame: Vec::new() })
    }

    /// Adds a datagram.
    ///
    /// # Errors
    /// Those of the file.
    pub fn write(&mut self, datagram: &Datagram<'_>) -> io::Result<()> {
        self.frame.clear();
        wrap(&mut self.frame, datagram);
        let millis = datagram.at.millis().max(0);
        let seconds = u32::try_from(millis / 1_000).unwrap_or(u32::MAX);
        let micros = u32::try_from(millis % 1_000 * 1_000).unwrap_or(0);
        let length = u32::try_from(self.frame.len()).unwrap_or(u32::MAX);
        for word in [seconds, micros, length, length] {
            self.out.write_all(&word.to_be_bytes())?;
        }
        self.out.write_all(&self.frame)
    }

    /// Ends the file and gives back what it was written to.
    ///
    /// # Errors
    /// Those of flushing it.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

/// The datagram from the agent's own address to the collector.
fn wrap(frame: &mut Vec<u8>, datagram: &Datagram<'_>) {
    let (agent, port, payload) = (datagram.agent, port(datagram.protocol), datagram.bytes);
    let length = u32::try_from(payload.len() + 8).unwrap_or(u32::MAX);
    frame.extend_from_slice(&[0x02, 0, 0, 0xff, 0, 1, 0x02, 0, 0, 0xff, 0, 2]);
    match agent {
        IpAddr::V4(source) => ipv4(frame, source, length),
        IpAddr::V6(source) => ipv6(frame, source, length),
    }
    let start = frame.len();
    for word in [port, port, low16(length), 0] {
        frame.extend_from_slice(&word.to_be_bytes());
    }
    frame.extend_from_slice(payload);
    let checksum = udp_checksum(agent, length, &frame[start..]);
    frame[start + 6..start + 8].copy_from_slice(&checksum.to_be_bytes());
}

fn ipv4(frame: &mut Vec<u8>, source: Ipv4Addr, length: u32) {
    frame.extend_from_slice(&[0x08, 0x00]);
    let start = frame.len();
    frame.extend_from_slice(&[0x45, 0]);
    frame.extend_from_slice(&low16(length + 20).to_be_bytes());
    frame.extend_from_slice(&[0, 0, 0x40, 0, 64, 17, 0, 0]);
    frame.extend_from_slice(&source.octets());
    frame.extend_from_slice(&COLLECTOR.octets());
    let checksum = internet_checksum(&[&frame[start..]]);
    frame[start + 10..start + 12].copy_from_slice(&checksum.to_be_bytes());
}

fn ipv6(frame: &mut Vec<u8>, source: Ipv6Addr, length: u32) {
    frame.extend_from_slice(&[0x86, 0xdd, 0x60, 0, 0, 0]);
    frame.extend_from_slice(&low16(length).to_be_bytes());
    frame.extend_from_slice(&[17, 64]);
    frame.extend_from_slice(&source.octets());
    frame.extend_from_slice(&COLLECTOR_V6.octets());
}

/// RFC 768 and RFC 8200, section 8.1: 0 is sent as all ones.
fn udp_checksum(agent: IpAddr, length: u32, udp: &[u8]) -> u16 {
    let tail = [length.to_be_bytes(), [0, 0, 0, 17]].concat();
    let checksum = match agent {
        IpAddr::V4(source) => internet_checksum(&[&source.octets(), &COLLECTOR.octets(), &tail, udp]),
        IpAddr::V6(source) => internet_checksum(&[&source.octets(), &COLLECTOR_V6.octets(), &tail, udp]),
    };
    if checksum == 0 { 0xffff } else { checksum }
}

#[cfg(test)]
mod tests {
    use schema::Timestamp;

    use super::*;

    fn written(agent: &str) -> Vec<u8> {
        written_by(agent, Protocol::Sflow5)
    }

    fn written_by(agent: &str, protocol: Protocol) -> Vec<u8> {
        let mut writer = PcapWriter::new(Vec::new()).unwrap();
        let datagram = Datagram { at: Timestamp(1_234_567), agent: agent.parse().unwrap(), protocol, bytes: &[1, 2, 3] };
        writer.write(&datagram).unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn a_datagram_lies_in_its_frame_with_right_lengths_and_checksums() {
        let file = written("192.0.2.11");
        assert_eq!(file.len(), 24 + 16 + 14 + 20 + 8 + 3);
        assert_eq!(file[24..40], [0, 0, 4, 210, 0, 8, 0xa6, 0xd8, 0, 0, 0, 45, 0, 0, 0, 45]);
        let packet = &file[54..];
        assert_eq!(internet_checksum(&[&packet[..20]]), 0);
        assert_eq!(packet[2..4], [0, 31]);
        assert_eq!(packet[22..26], [0x18, 0xc7, 0, 11]);
        assert_eq!(internet_checksum(&[&packet[12..20], &[0, 17, 0, 11], &packet[20..]]), 0);
    }

    #[test]
    fn an_agent_by_ipv6_keeps_its_address() {
        let packet = &written("2001:db8::b")[54..];
        assert_eq!(packet[4..8], [0, 11, 17, 64]);
        assert_eq!(packet[23], 0x0b);
        assert_eq!(internet_checksum(&[&packet[8..40], &[0, 0, 0, 11, 0, 0, 0, 17], &packet[40..]]), 0);
    }

    #[test]
    fn each_protocol_goes_to_its_own_port() {
        for (protocol, port) in [(Protocol::Netflow5, 2055), (Protocol::Netflow9, 2055), (Protocol::Ipfix, 4739)] {
            let file = written_by("192.0.2.11", protocol);
            assert_eq!(file[76..78], u16::to_be_bytes(port), "{protocol:?}");
        }
    }
}
