//! What really crossed the fabric, counted frame by frame.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::AddAssign;

use schema::{Asn, Localities, Locality, Timestamp};
use serde::Serialize;

use crate::flows::Flow;

/// An amount of traffic.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
pub struct Volume {
    /// Frames.
    pub frames: u64,
    /// Layer-2 octets with FCS.
    pub octets: u64,
    /// Samples of these frames that went into a datagram, which may still wait to be sent, or into a flow, which may still be in its cache.
    /// Where a frame can be sampled at several ports, each of its samples counts.
    pub samples: u64,
}

impl AddAssign for Volume {
    fn add_assign(&mut self, other: Self) {
        self.frames += other.frames;
        self.octets += other.octets;
        self.samples += other.samples;
    }
}

/// What left the switches by one protocol, as it stands in the datagrams. Figures that a protocol has not are 0.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
pub struct Exported {
    /// Datagrams.
    pub datagrams: u64,
    /// Flow samples (sFlow).
    pub flow_samples: u64,
    /// Counter samples (sFlow).
    pub counter_samples: u64,
    /// Templates of flows, those sent again not counted (NetFlow v9, IPFIX).
    pub templates: u64,
    /// Options templates, those sent again not counted (NetFlow v9, IPFIX).
    pub options_templates: u64,
    /// Flow records, or frame sections (NetFlow, IPFIX).
    pub records: u64,
    /// Options records, those sent again counted (NetFlow v9, IPFIX).
    pub options_records: u64,
    /// Octets of the flow records' packets under the Ethernet header (octetDeltaCount), not scaled (NetFlow, IPFIX).
    pub octets: u64,
    /// The flow records' packets (packetDeltaCount), not scaled (NetFlow, IPFIX).
    pub packets: u64,
    /// Σ octets of sampled frames, FCS included, times the sampling rate; the true one where a sample carries a wild one.
    pub nominal_bytes: u64,
    /// Σ sampled frames times the sampling rate, likewise.
    pub nominal_packets: u64,
}

impl AddAssign for Exported {
    fn add_assign(&mut self, other: Self) {
        self.datagrams += other.datagrams;
        self.flow_samples += other.flow_samples;
        self.counter_samples += other.counter_samples;
        self.templates += other.templates;
        self.options_templates += other.options_templates;
        self.records += other.records;
        self.options_records += other.options_records;
        self.octets += other.octets;
        self.packets += other.packets;
        self.nominal_bytes += other.nominal_bytes;
        self.nominal_packets += other.nominal_packets;
    }
}

/// The truth from the start until now.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Truth {
    /// Short name of the exchange.
    pub exchange: String,
    /// Seed.
    pub seed: u64,
    /// One frame in so many is sampled; single ports may differ.
    pub sampling: u32,
    /// Start.
    pub from: Timestamp,
    /// Now.
    pub to: Timestamp,
    /// Attributed and unattributed traffic: what a matrix adds up to.
    pub total: Volume,
    /// Traffic between two members.
    pub cells: Vec<CellTruth>,
    /// Traffic that is not between two members, by the name of its [`schema::Reason`].
    pub unattributed: BTreeMap<&'static str, Volume>,
    /// Dropped and flooded frames, outside the total, by the name of their [`schema::Reason`].
    pub set_aside: BTreeMap<&'static str, Volume>,
    /// Members' ports, and the one of the router that no member claims.
    pub ports: Vec<PortTruth>,
    /// The switches' links to each other, one for each switch where there are several; they report counters only where they sample.
    pub core_ports: Vec<PortTruth>,
    /// The total by whole UTC minutes; only the latest 45 days.
    pub minutes: Vec<MinuteTruth>,
    /// Datagrams sent.
    pub datagrams: u64,
    /// sFlow's flow samples in them.
    pub flow_samples: u64,
    /// sFlow's counter samples in them.
    pub counter_samples: u64,
    /// Samples that the switches dropped themselves, as they report.
    pub agent_drops: u64,
    /// Samples that they dropped without a word.
    pub silent_drops: u64,
    /// Samples sent with a wild sampling rate; they are among `flow_samples` once they have left.
    pub wild_samples: u64,
    /// What has left the switches, by the name of the protocol.
    pub protocols: BTreeMap<&'static str, Exported>,
    /// Traffic of `cells`, `unattributed` and `set_aside` of which the protocol says nothing, by the reason: `discarded`, and in NetFlow v5
    /// `ipv6` and `not_ip`. Its `samples` are those that a switch took and could not export, which no other figure counts.
    pub not_exported: BTreeMap<&'static str, Volume>,
}

/// What one member sent to another in one VLAN and IP version.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct CellTruth {
    /// Sender.
    pub src_asn: Asn,
    /// Receiver.
    pub dst_asn: Asn,
    /// VLAN id.
    pub vlan: u16,
    /// 4 or 6.
    pub ip_version: u8,
    /// Where the sender's customers are.
    pub src_locality: Locality,
    /// Where the receiver's are.
    pub dst_locality: Locality,
    /// Its mix of frame sizes: `content`, mostly full frames; `acknowledgements`, mostly small ones; or `mixed`.
    pub profile: &'static str,
    /// How much.
    #[serde(flatten)]
    pub volume: Volume,
}

/// What passed a port.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PortTruth {
    /// Agent address of the switch.
    pub agent: IpAddr,
    /// ifIndex.
    pub if_index: u32,
    /// Its member; `None` for the port of the router that no member claims, and for core ports.
    pub asn: Option<Asn>,
    /// Speed.
    pub speed_bits_per_second: u64,
    /// One frame in so many is sampled.
    pub sampling: u32,
    /// Frames that entered, dropped ones included.
    pub in_frames: u64,
    /// Octets that entered.
    pub in_octets: u64,
    /// Frames that left.
    pub out_frames: u64,
    /// Octets that left.
    pub out_octets: u64,
    /// Frames that entered and were dropped.
    pub in_discards: u64,
    /// `sample_pool` before the first frame; 0 where pools are made up.
    pub first_pool: u32,
    /// Samples of frames that entered, dropped ones excluded.
    pub in_samples: u64,
    /// Samples of frames that left, dropped ones excluded.
    pub out_samples: u64,
    /// Samples that the switch dropped itself, as it reports.
    pub agent_drops: u32,
    /// Samples that it dropped without a word.
    pub silent_drops: u64,
    /// Samples sent with a wild sampling rate.
    pub wild_samples: u64,
}

/// One minute's total.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct MinuteTruth {
    /// Its start.
    pub time: Timestamp,
    /// Frames, set-aside ones excluded.
    pub frames: u64,
    /// Their octets.
    pub octets: u64,
}

impl Truth {
    /// Adds the volume of a flow where it belongs.
    pub(crate) fn add(&mut self, flow: &Flow, volume: Volume) {
        let cell = flow.cell;
        if cell.reason.is_set_aside() {
            *self.set_aside.entry(cell.reason.name()).or_default() += volume;
            return;
        }
        self.total += volume;
        match (cell.src.asn(), cell.dst.asn()) {
            (Some(src_asn), Some(dst_asn)) => {
                let profile = flow.profile.name();
                let (vlan, ip_version) = (cell.vlan, cell.ip_version);
                let Localities { src: src_locality, dst: dst_locality } = cell.localities;
                self.cells.push(CellTruth { src_asn, dst_asn, vlan, ip_version, src_locality, dst_locality, profile, volume });
            }
            _ => *self.unattributed.entry(cell.reason.name()).or_default() += volume,
        }
    }
}
