//! What was measured in one window.

use std::sync::Arc;
use std::time::Duration;

use crate::columns::table;
use crate::{Asn, CellKey, Localities, Locality, Mac, Party, Reason, Sums, Timestamp};

/// One window of one exchange, as rows of its tables. The collector closes it, the store keeps it, the pages show it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Window {
    /// Its start: a whole multiple of its length.
    pub start: Timestamp,
    /// Its length.
    pub length: Duration,
    /// Tells apart windows with the same start, of which one process or several may close parts: when it was opened, in
    /// milliseconds since 1970. Start and serial together name the window for ever.
    pub serial: u64,
    /// The part of it that was measured, if that is less than its whole length: it is still running, or was opened or stopped in the middle.
    pub partial: Option<Stretch>,
    /// The matrix.
    pub cells: Vec<CellRow>,
    /// Port counters.
    pub ports: Vec<PortRow>,
    /// Exporters' health.
    pub exporters: Vec<ExporterRow>,
    /// What was sampled at each port.
    pub port_samples: Vec<PortSampleRow>,
    /// The listening sockets' health.
    pub listeners: Vec<ListenerRow>,
}

/// A stretch of time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Stretch {
    /// First moment.
    pub from: Timestamp,
    /// The moment after the last.
    pub to: Timestamp,
}

impl Window {
    /// The time in which something could have been counted. Rates are means over this time.
    #[must_use]
    pub fn measured(&self) -> Stretch {
        self.partial.unwrap_or(Stretch { from: self.start, to: self.end() })
    }

    /// The moment after its last.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        self.start.plus(self.length)
    }

    /// Whether nothing at all was seen in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty() && self.ports.is_empty() && self.exporters.is_empty() && self.port_samples.is_empty()
    }
}

table! {
    /// One cell of the matrix in one window.
    CellRow, CELLS = "cells" {
        /// Start of the window, UTC.
        time: Timestamp, Key;
        /// The exchange's short name.
        exchange: Arc<str>, Key;
        /// ASN of the sending member; 0 where it is no known member.
        src_asn: u32, Key;
        /// ASN of the receiving member; 0 where it is no known member.
        dst_asn: u32, Key;
        /// Source MAC where no member claims it, as a 48-bit number; 0 for none.
        src_mac: u64, Key;
        /// Destination MAC where no member claims it, as a 48-bit number; 0 for none.
        dst_mac: u64, Key;
        /// VLAN id; 0 for none.
        vlan: u16, Key;
        /// 4, 6, or 0 for anything that is not IP.
        ip_version: u8, Key;
        /// 0 for attributed, else the number of the reason why it is not.
        reason: u8, Key;
        /// Where the sender's address is: 1 in the home economy, 2 in another, 3 in a local cache, 0 not known or not asked.
        src_locality: u8, Key;
        /// Where the receiver's address is, by the same numbers.
        dst_locality: u8, Key;
        /// Samples.
        samples: u64, Sum, "samples";
        /// Estimated frames, Σw.
        packets: u64, Sum, "frames";
        /// Estimated octets of layer 2 with FCS, Σw·x.
        bytes: u64, Sum, "octets";
        /// Estimated variance of `bytes`, Σw(w−1)x².
        variance: f64, Sum, "octets²";
        /// The part of `bytes` that came in flow records, which do not tell packets' lengths: its part of `variance` is a lower bound.
        bytes_from_flows: u64, Sum, "octets";
    }
}

table! {
    /// What the counters of one port grew by in one window, from the exporter's counter samples.
    PortRow, PORTS = "ports" {
        /// Start of the window, UTC.
        time: Timestamp, Key;
        /// The exchange's short name.
        exchange: Arc<str>, Key;
        /// Agent address.
        agent: Arc<str>, Key;
        /// ifIndex of the port.
        if_index: u32, Key;
        /// Speed; 0 if not known.
        speed: u64, Max, "bit/s";
        /// Counter reports that came.
        reports: u64, Sum, "reports";
        /// Time between the first and the last report that the growth below covers.
        covered_ms: u64, Sum, "ms";
        /// Octets received.
        in_octets: u64, Sum, "octets";
        /// Octets sent.
        out_octets: u64, Sum, "octets";
        /// Unicast frames received.
        in_unicast: u64, Sum, "frames";
        /// Unicast frames sent.
        out_unicast: u64, Sum, "frames";
        /// Frames received but dropped.
        in_discards: u64, Sum, "frames";
        /// Frames to be sent but dropped.
        out_discards: u64, Sum, "frames";
        /// Frames received in error.
        in_errors: u64, Sum, "frames";
        /// Frames not sent for errors.
        out_errors: u64, Sum, "frames";
        /// Frames received with a wrong check sequence.
        fcs_errors: u64, Sum, "frames";
        /// ifIndex of the aggregate that the port belongs to; 0 for none.
        lag: u32, Max, "ifIndex";
        /// The port's name; empty if not told.
        name: Arc<str>, Max, "text";
    }
}

table! {
    /// The health of one exporter in one window.
    ExporterRow, EXPORTERS = "exporters" {
        /// Start of the window, UTC.
        time: Timestamp, Key;
        /// The exchange's short name.
        exchange: Arc<str>, Key;
        /// Protocol that it speaks, as in `sflow5` or `ipfix`.
        protocol: Arc<str>, Key;
        /// Agent address inside the datagrams; the UDP source where a protocol has none.
        agent: Arc<str>, Key;
        /// Sub-agent or observation domain.
        sub_agent: u32, Key;
        /// UDP source address of the datagrams.
        source: Arc<str>, Key;
        /// Datagrams that came.
        datagrams: u64, Sum, "datagrams";
        /// Datagrams that the sequence numbers miss.
        lost_datagrams: u64, Sum, "datagrams";
        /// Datagrams that came late.
        reordered_datagrams: u64, Sum, "datagrams";
        /// Flow samples that came.
        flow_samples: u64, Sum, "samples";
        /// Flow samples that the sequence numbers of their data sources miss.
        lost_samples: u64, Sum, "samples";
        /// Flow records that came, options not among them.
        flow_records: u64, Sum, "records";
        /// Flow records that the sequence numbers of NetFlow v5 and IPFIX miss.
        lost_records: u64, Sum, "records";
        /// Samples that the exporter says it dropped itself.
        agent_drops: u64, Sum, "samples";
        /// Counter samples that came.
        counter_samples: u64, Sum, "samples";
        /// Records and samples stepped over because they were broken.
        malformed: u64, Sum, "records";
        /// Samples and flow records without a known rate: each frame of them is counted as one.
        unscalable: u64, Sum, "samples";
        /// Restarts of the exporter, told by its sequence numbers.
        restarts: u64, Sum, "restarts";
        /// Smallest sampling rate that a sample carried (one in so many); 0 for none.
        rate_min: u32, Min, "frames per sample";
        /// Largest sampling rate that a sample carried.
        rate_max: u32, Max, "frames per sample";
        /// Datagrams that came twice, and were refused.
        duplicate_datagrams: u64, Sum, "datagrams";
        /// Samples whose rate was not believed; they are weighed by the rate that their data source had before.
        implausible: u64, Sum, "samples";
        /// Samples weighed by their data source's pool.
        by_pool: u64, Sum, "samples";
        /// Samples weighed by their rate and their data source's sequence numbers.
        by_sequence: u64, Sum, "samples";
        /// Samples of data sources whose pool contradicts the rate that they carry, so that it was not asked.
        pool_refused: u64, Sum, "samples";
        /// Samples that the exporter should have taken by its data sources' pools and rates, of those weighed by the pool.
        pool_due: u64, Sum, "samples";
        /// Samples that it did take by its sequence numbers and drops, of the same data sources: what is missing to `pool_due` it dropped in silence.
        pool_taken: u64, Sum, "samples";
    }
}

table! {
    /// What was sampled at one port, from or to one member: what the port's own counters are held against, and where a member's traffic enters.
    PortSampleRow, PORT_SAMPLES = "port_samples" {
        /// Start of the window, UTC.
        time: Timestamp, Key;
        /// The exchange's short name.
        exchange: Arc<str>, Key;
        /// Agent address.
        agent: Arc<str>, Key;
        /// ifIndex of the port.
        if_index: u32, Key;
        /// 0 for frames that the port received (sampled at ingress), 1 for frames that it sent (sampled at egress), 2 where the exporter does not tell which.
        egress: u8, Key;
        /// ASN of the member that sent (ingress, or not told) or receives (egress) them; 0 where it is no known member.
        asn: u32, Key;
        /// Samples.
        samples: u64, Sum, "samples";
        /// Estimated frames.
        packets: u64, Sum, "frames";
        /// Estimated octets of layer 2 with FCS, whether they count in the matrix or were set aside.
        bytes: u64, Sum, "octets";
        /// Estimated variance of `bytes`.
        variance: f64, Sum, "octets²";
        /// The part of `bytes` that came in flow records, as in the table of cells.
        bytes_from_flows: u64, Sum, "octets";
        /// The part of `bytes` that was set aside from the matrix.
        bytes_set_aside: u64, Sum, "octets";
        /// 1 for a port between switches, as the configuration says; 0 for an edge port.
        core: u8, Max, "flag";
    }
}

table! {
    /// What the sockets of one listening address took in one window.
    ListenerRow, LISTENERS = "listeners" {
        /// Start of the window, UTC.
        time: Timestamp, Key;
        /// The exchange's short name.
        exchange: Arc<str>, Key;
        /// Listening address and port.
        address: Arc<str>, Key;
        /// Datagrams received.
        datagrams: u64, Sum, "datagrams";
        /// Octets received.
        octets: u64, Sum, "octets";
        /// Datagrams that the kernel dropped because the receive buffer was full.
        kernel_drops: u64, Sum, "datagrams";
        /// Datagrams longer than the buffer of one message.
        truncated: u64, Sum, "datagrams";
        /// Errors of receiving calls.
        errors: u64, Sum, "errors";
        /// Datagrams that were not read: of senders that are not allowed, of no known protocol, with a broken header, or of one exporter too many.
        refused: u64, Sum, "datagrams";
    }
}

impl CellRow {
    /// The row of a cell.
    #[must_use]
    pub fn new(time: Timestamp, exchange: &Arc<str>, key: CellKey, sums: Sums) -> Self {
        Self {
            time,
            exchange: Arc::clone(exchange),
            src_asn: key.src.asn().map_or(0, |asn| asn.0),
            dst_asn: key.dst.asn().map_or(0, |asn| asn.0),
            src_mac: key.src.mac().map_or(0, Mac::bits),
            dst_mac: key.dst.mac().map_or(0, Mac::bits),
            vlan: key.vlan,
            ip_version: key.ip_version,
            reason: key.reason.code(),
            src_locality: key.localities.src.code(),
            dst_locality: key.localities.dst.code(),
            samples: sums.samples,
            packets: sums.packets,
            bytes: sums.bytes,
            variance: sums.variance,
            bytes_from_flows: sums.bytes_from_flows,
        }
    }

    /// Its four sums.
    #[must_use]
    pub const fn sums(&self) -> Sums {
        Sums {
            samples: self.samples,
            packets: self.packets,
            bytes: self.bytes,
            variance: self.variance,
            bytes_from_flows: self.bytes_from_flows,
        }
    }

    /// Who sent.
    #[must_use]
    pub const fn src(&self) -> Party {
        party(self.src_asn, self.src_mac)
    }

    /// Who received.
    #[must_use]
    pub const fn dst(&self) -> Party {
        party(self.dst_asn, self.dst_mac)
    }

    /// Where both ends are.
    #[must_use]
    pub const fn localities(&self) -> Localities {
        Localities { src: Locality::from_code(self.src_locality), dst: Locality::from_code(self.dst_locality) }
    }

    /// Why it is or is not attributed; `None` for a number that this version does not know.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        Reason::from_code(self.reason)
    }
}

impl PortSampleRow {
    /// The four sums.
    #[must_use]
    pub const fn sums(&self) -> Sums {
        Sums {
            samples: self.samples,
            packets: self.packets,
            bytes: self.bytes,
            variance: self.variance,
            bytes_from_flows: self.bytes_from_flows,
        }
    }
}

const fn party(asn: u32, mac: u64) -> Party {
    match (asn, mac) {
        (0, 0) => Party::NOBODY,
        (0, mac) => Party::unknown(Mac::from_bits(mac)),
        (asn, _) => Party::member(Asn(asn)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_row_gives_back_its_key_and_sums() {
        let key = CellKey {
            src: Party::member(Asn(64500)),
            dst: Party::unknown(Mac::new([2, 0, 0, 0, 0, 9])),
            vlan: 100,
            ip_version: 6,
            reason: Reason::UnknownDestination,
            localities: Localities { src: Locality::Domestic, dst: Locality::LocalCache },
        };
        let sums = Sums { samples: 1, packets: 2, bytes: 3, variance: 4.0, bytes_from_flows: 3 };
        let row = CellRow::new(Timestamp(60_000), &"ix".into(), key, sums);
        assert_eq!((row.src(), row.dst(), row.reason(), row.localities()), (key.src, key.dst, Some(key.reason), key.localities));
        assert_eq!(row.sums(), sums);
    }
}
