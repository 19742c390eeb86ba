//! Writes the seeds that come from captures into `fuzz/corpus/`, from the captures that were made for this project:
//! `../shared/captures/live` and `synthetic`. Seeds of member lists are written by hand.
//!
//! ```console
//! cargo run --package fuzz --example seeds
//! ```

use std::error::Error;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use collector::capture;
use fuzz::datagrams::CUT;
use fuzz::lane::{HAND_OVER, NEXT_MINUTE, TWICE};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Octets of a seed with several datagrams. Short inputs are tried more often.
const MOST_OCTETS: usize = 4_096;

/// Octets of a seed for the capture's reader: a few packets.
const MOST_CAPTURED: usize = 2_048;

/// Datagrams of one capture that become seeds by themselves: the shortest, the longest, and some between.
const SINGLE: usize = 5;

const SFLOW: &[&str] = &[
    "live/live-hsflowd",
    "live/live-ovs-sflow",
    "live/live-pmacctd-sfprobe",
    "synthetic/synthetic-sflow-v2",
    "synthetic/synthetic-sflow-v4",
];

const NETFLOW5: &[&str] = &["live/live-pmacctd-nfprobe-v5", "live/live-softflowd-v5"];

const TEMPLATED: &[&str] = &[
    "live/live-ovs-ipfix",
    "live/live-pmacctd-nfprobe-ipfix",
    "live/live-pmacctd-nfprobe-v9",
    "live/live-softflowd-ipfix-biflow",
    "live/live-softflowd-ipfix-ether",
    "live/live-softflowd-psamp",
    "live/live-softflowd-v9-ether",
    "synthetic/synthetic-ipfix-lifecycle",
];

/// A datagram of a capture.
struct Datagram {
    source: IpAddr,
    payload: Vec<u8>,
}

fn main() -> Result<()> {
    for name in SFLOW {
        singles("sflow", name)?;
        lane(name)?;
    }
    for name in NETFLOW5 {
        singles("netflow5", name)?;
        lane(name)?;
    }
    for name in TEMPLATED {
        let payloads = datagrams(name)?.into_iter().map(|datagram| datagram.payload);
        write("netflow9_ipfix", name, &joined(payloads))?;
        lane(name)?;
    }
    captures()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures").join(name).with_extension("pcap")
}

fn datagrams(name: &str) -> Result<Vec<Datagram>> {
    let mut found = Vec::new();
    let mut each = |packet: capture::Packet<'_>| {
        found.extend(packet.udp.map(|udp| Datagram { source: udp.source, payload: udp.payload.to_vec() }));
    };
    capture::read(&path(name), &mut each, &mut |_| {})?;
    Ok(found)
}

fn write(target: &str, name: &str, octets: &[u8]) -> Result<()> {
    let name = name.rsplit('/').next().unwrap_or(name);
    fs::write(folder().join(target).join(name), octets)?;
    Ok(())
}

/// Single datagrams of different lengths, and one of them cut.
fn singles(target: &str, name: &str) -> Result<()> {
    let mut found = datagrams(name)?;
    found.sort_by_key(|datagram| datagram.payload.len());
    found.dedup_by_key(|datagram| datagram.payload.len());
    let step = found.len().div_ceil(SINGLE).max(1);
    for (number, datagram) in found.iter().rev().step_by(step).enumerate() {
        write(target, &format!("{name}-{number}"), &datagram.payload)?;
    }
    let longest = found.last().map_or(&[][..], |datagram| &datagram.payload);
    write(target, &format!("{name}-cut"), longest.get(..longest.len() * 2 / 3).unwrap_or_default())
}

/// Datagrams with marks between them, as many as a seed has room for.
fn joined(datagrams: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut seed = Vec::new();
    for datagram in datagrams {
        if !seed.is_empty() && seed.len() + CUT.len() + datagram.len() > MOST_OCTETS {
            break;
        }
        if !seed.is_empty() {
            seed.extend(CUT);
        }
        seed.extend(datagram);
    }
    seed
}

/// The same for a lane: two exporters that send the same, one of them once too often; a hand-over; and a minute later what came next.
fn lane(name: &str) -> Result<()> {
    let found = datagrams(name)?;
    let first = found.first().map(|datagram| datagram.source);
    let exporter = |datagram: &Datagram| u8::from(Some(datagram.source) != first);
    let with = |control: u8, datagram: &Datagram| [&[control][..], &datagram.payload].concat();
    let once = found.iter().take(4).map(|datagram| with(exporter(datagram), datagram));
    let other = found.iter().take(2).map(|datagram| with(exporter(datagram) ^ 2 | HAND_OVER | TWICE, datagram));
    let later = found.iter().skip(2).take(2).map(|datagram| with(exporter(datagram) | NEXT_MINUTE, datagram));
    write("lane", name, &joined(once.chain(other).chain(later)))
}

/// The first packets of captures, in both formats, one of them cut in a packet.
fn captures() -> Result<()> {
    for name in ["live/live-ovs-ipfix", "live/live-softflowd-v5", "synthetic/synthetic-sflow-v4"] {
        let octets = fs::read(path(name))?;
        let packets = packets(&octets);
        let end = packets.iter().map(|(place, packet)| place + packet.len()).take_while(|end| *end <= MOST_CAPTURED).last();
        let head = octets.get(..end.unwrap_or(octets.len().min(MOST_CAPTURED))).unwrap_or_default();
        write("capture", name, head)?;
        write("capture", &format!("{name}-cut"), head.get(..head.len().saturating_sub(7)).unwrap_or_default())?;
        write("capture", &format!("{name}-ng"), &pcapng(packets.iter().map(|(_, packet)| *packet).take(2)))?;
    }
    Ok(())
}

/// The packets of a capture in the older format, written in little-endian order, and where they lie.
fn packets(octets: &[u8]) -> Vec<(usize, &[u8])> {
    let (mut packets, mut at) = (Vec::new(), 24);
    while let Some([a, b, c, d]) = octets.get(at + 8..).and_then(|rest| rest.first_chunk().copied()) {
        let length = u32::from_le_bytes([a, b, c, d]) as usize;
        let Some(packet) = octets.get(at + 16..).and_then(|rest| rest.get(..length)) else { break };
        packets.push((at + 16, packet));
        at += 16 + length;
    }
    packets
}

/// A capture in the newer format: one section, one interface whose clock counts nanoseconds, and the packets in both kinds of blocks.
fn pcapng<'a>(packets: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut file = block(0x0a0d_0d0a, &[&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat());
    file.extend(block(1, &[1, 0, 0, 0, 0, 0, 4, 0, 9, 0, 1, 0, 9, 0, 0, 0, 14, 0, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
    for packet in packets {
        let length = (packet.len() as u32).to_le_bytes();
        file.extend(block(6, &[&[0; 4][..], &0x0001_8f00_u32.to_le_bytes(), &[0; 4], &length, &length, packet].concat()));
        file.extend(block(3, &[&length[..], packet].concat()));
    }
    file
}

/// A block: its kind, its length before and behind, and its body up to a boundary of four octets.
fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let padding = [0; 3].get(..body.len().next_multiple_of(4) - body.len()).unwrap_or_default();
    let length = ((12 + body.len() + padding.len()) as u32).to_le_bytes();
    [&kind.to_le_bytes()[..], &length, body, padding, &length].concat()
}
