//! How fast ports are.

use crate::fabric::Fabric;
use crate::flows::{Exit, Flow};
use crate::members::Member;
use crate::port::Side;

const GIGABIT: u64 = 1_000_000_000;
/// Share of a port's speed that its peak fills at most.
const FILLED: f64 = 0.6;
/// Gigabits per second of the slowest core port.
const CORE_AT_LEAST: u32 = 100;

/// Gives each port a speed on which its peak has room; the largest members have 400G or 100G ports in any case.
pub(crate) fn give(members: &mut [Member], flows: &[Flow]) {
    let peaks: Vec<f64> = peak_octets(flows, members.len()).into_iter().map(|(entering, leaving)| entering.max(leaving)).collect();
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_by(|a, b| peaks[*b].total_cmp(&peaks[*a]));
    for (rank, position) in order.into_iter().enumerate() {
        let needed = gigabits(needed(peaks[position]));
        members[position].speed = GIGABIT * u64::from(needed.max(by_rank(rank, members.len())));
    }
}

/// The speed of each switch's core port, on which its peak has room.
pub(crate) fn of_core_ports(fabric: &Fabric, flows: &[Flow]) -> Vec<u64> {
    let mut peaks = vec![(0.0_f64, 0.0_f64); fabric.joined()];
    for flow in flows {
        let volume = flow.frames_per_second * flow.profile.mean_octets();
        fabric.onward(flow, |port, side| {
            let Some((entering, leaving)) = port.checked_sub(fabric.edge()).and_then(|switch| peaks.get_mut(switch)) else { return };
            *if side == Side::Entering { entering } else { leaving } += volume;
        });
    }
    let speed = |(entering, leaving): (f64, f64)| GIGABIT * u64::from(gigabits(needed(entering.max(leaving))).max(CORE_AT_LEAST));
    peaks.into_iter().map(speed).collect()
}

/// The gigabits per second that a port needs for a peak of so many octets per second.
fn needed(peak: f64) -> f64 {
    peak * 8.0 / FILLED / GIGABIT as f64
}

/// The smallest speed in use that is enough, or as many links of 400G as it takes.
fn gigabits(needed: f64) -> u32 {
    let single = [10_u32, 100, 400].into_iter().find(|speed| f64::from(*speed) >= needed);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of links, not negative")]
    let links = (needed / 400.0).ceil() as u32;
    single.unwrap_or_else(|| links.saturating_mul(400))
}

/// One member in twenty has 400G, and a quarter 100G.
const fn by_rank(rank: usize, members: usize) -> u32 {
    match rank * 20 {
        position if position < members => 400,
        position if position < members * 6 => 100,
        _ => 10,
    }
}

/// Octets per second that enter and leave each port at the peak.
fn peak_octets(flows: &[Flow], ports: usize) -> Vec<(f64, f64)> {
    let mut octets = vec![(0.0, 0.0); ports];
    for flow in flows {
        let volume = flow.frames_per_second * flow.profile.mean_octets();
        octets[flow.entry].0 += volume;
        if let Exit::Port(exit) = flow.exit {
            octets[exit].1 += volume;
        }
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_larger_port_is_taken() {
        for (needed, speed) in [(0.0, 10), (10.0, 10), (10.1, 100), (399.0, 400), (401.0, 800), (1_900.0, 2_000)] {
            assert_eq!(gigabits(needed), speed, "{needed}");
        }
    }
}
