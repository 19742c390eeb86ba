//! The ports of the site: each member's own, and one that joins two switches although nothing says so.

use std::collections::BTreeMap;
use std::sync::Arc;

use schema::window::{CellRow, PortRow, PortSampleRow};
use schema::{Sums, Timestamp};

/// Octets by the counter over octets by the samples of most ports: frames that no sample tells of make a few percent.
const FAITHFUL: f64 = 1.02;

/// The member whose port's counter shows more than was sampled there.
const THROTTLED: u32 = 64_502;

/// The member whose port has no counters.
const UNCOUNTED: u32 = 64_505;

/// The port that joins two switches.
const CORE: u32 = 49;

/// Members whose frames are seen coming in at that port too.
const CROSSING: u32 = 64_506;

/// Counters and samples of the ports through which the cells' traffic entered.
pub(super) fn of(time: Timestamp, exchange: &Arc<str>, cells: &[CellRow]) -> (Vec<PortRow>, Vec<PortSampleRow>) {
    let mut sent = BTreeMap::<u32, Sums>::new();
    for cell in cells.iter().filter(|cell| cell.src_asn > 0) {
        sent.entry(cell.src_asn).or_default().merge(cell.sums());
    }
    let (mut ports, mut samples) = (Vec::new(), Vec::new());
    for (asn, sums) in sent {
        let if_index = asn - 64_499;
        samples.push(sampled(time, exchange, if_index, asn, sums));
        if asn < CROSSING {
            samples.push(sampled(time, exchange, CORE, asn, sums));
        }
        let factor = if asn == THROTTLED { 1.6 } else { FAITHFUL };
        if asn != UNCOUNTED {
            ports.push(counted(time, exchange, if_index, octets(sums.bytes as f64 * factor)));
        }
    }
    (ports, samples)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "octets of a minute")]
fn octets(octets: f64) -> u64 {
    octets as u64
}

fn sampled(time: Timestamp, exchange: &Arc<str>, if_index: u32, asn: u32, sums: Sums) -> PortSampleRow {
    PortSampleRow {
        time,
        exchange: Arc::clone(exchange),
        agent: "192.0.2.1".into(),
        if_index,
        egress: 0,
        asn,
        samples: sums.samples,
        packets: sums.packets,
        bytes: sums.bytes,
        variance: sums.variance,
        bytes_from_flows: sums.bytes_from_flows,
        bytes_set_aside: 0,
        core: 0,
    }
}

fn counted(time: Timestamp, exchange: &Arc<str>, if_index: u32, in_octets: u64) -> PortRow {
    PortRow {
        time,
        exchange: Arc::clone(exchange),
        agent: "192.0.2.1".into(),
        if_index,
        speed: 10_000_000_000,
        reports: 2,
        covered_ms: 60_000,
        in_octets,
        out_octets: 2_000_000,
        in_unicast: 1_000,
        out_unicast: 2_000,
        in_discards: 0,
        out_discards: 0,
        in_errors: 0,
        out_errors: 0,
        fcs_errors: 4,
        lag: if if_index == 1 { 1_000 } else { 0 },
        name: format!("xe-0/0/{if_index}").into(),
    }
}
