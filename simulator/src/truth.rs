//! What really crossed the fabric, counted frame by frame.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::AddAssign;

use schema::{Asn, CellKey, Timestamp};
use serde::Serialize;

/// An amount of traffic.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
pub struct Volume {
    /// Frames.
    pub frames: u64,
    /// Layer-2 octets with FCS.
    pub octets: u64,
    /// Flow samples of these frames that went into a datagram; it may still wait to be sent.
    pub samples: u64,
}

impl AddAssign for Volume {
    fn add_assign(&mut self, other: Self) {
        self.frames += other.frames;
        self.octets += other.octets;
        self.samples += other.samples;
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
    /// The total by whole UTC minutes; only the latest 45 days.
    pub minutes: Vec<MinuteTruth>,
    /// Datagrams sent.
    pub datagrams: u64,
    /// Flow samples in them.
    pub flow_samples: u64,
    /// Counter samples in them.
    pub counter_samples: u64,
    /// Flow samples that the switches dropped themselves.
    pub agent_drops: u64,
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
    /// How much.
    #[serde(flatten)]
    pub volume: Volume,
}

/// What passed a member's port.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PortTruth {
    /// Agent address of the switch.
    pub agent: IpAddr,
    /// ifIndex.
    pub if_index: u32,
    /// Its member; `None` for the port of the router that no member claims.
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
    /// `sample_pool` before the first frame.
    pub first_pool: u32,
    /// Flow samples that the switch dropped itself.
    pub agent_drops: u32,
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
    /// Adds the volume of a cell where it belongs.
    pub(crate) fn add(&mut self, cell: CellKey, volume: Volume) {
        if cell.reason.is_set_aside() {
            *self.set_aside.entry(cell.reason.name()).or_default() += volume;
            return;
        }
        self.total += volume;
        match (cell.src.asn(), cell.dst.asn()) {
            (Some(src_asn), Some(dst_asn)) => {
                self.cells.push(CellTruth { src_asn, dst_asn, vlan: cell.vlan, ip_version: cell.ip_version, volume });
            }
            _ => *self.unattributed.entry(cell.reason.name()).or_default() += volume,
        }
    }
}
