//! Counters held against samples: what a port's own counters say that passed, over what the samples say.
//!
//! Of each port and direction there are two measurements that know nothing of each other: the growth of the octet counters, which the exporter
//! reports every half a minute or so, and the estimate from the frames that were sampled there. Their ratio
//!
//! ```text
//! k = (octets by the counter / time between its reports) / (octets by the samples / measured time)
//! ```
//!
//! is 1 but for chance where all is well. It is told for each **period** that has both ([`Held`]), by [`Booked`], which reads the two tables. From the ports' factors come
//! those of members: [`Checks`] weighs the factor of each port through which a member's traffic entered with what entered there. An exporter that samples only frames
//! that leave is held against what its ports sent, and speaks for receivers instead.
//!
//! Ports between switches take no part: their samples are set aside. Counters hold what samples may not, as frames that are flooded or cannot be
//! decoded, so a few per cent of difference are normal.

mod booked;
mod checks;
mod crossing;
mod held;
mod periods;

use std::ops::RangeInclusive;
use std::time::Duration;

use schema::sample;

pub(crate) use booked::Booked;
pub(crate) use checks::{Check, Checks, Margin, Party};
pub(crate) use crossing::suspicions;
pub(crate) use held::Held;
pub(crate) use periods::Periods;

/// Factors that are no cause for doubt. Multicast and frames that are not IP, which samples may lack, make a difference of 5 % normal.
pub(crate) const AGREES: RangeInclusive<f64> = 0.9..=1.1;

/// Factors by which traffic is scaled where that is asked for. One further off tells that counter and samples are not of the same thing, and scaling by it would spread the
/// mistake.
pub(crate) const RAKED_WITHIN: RangeInclusive<f64> = 0.5..=3.0;

/// Effective samples below which a factor says nothing: its interval would be wider than what it is to tell.
const ENOUGH_SAMPLES: f64 = 30.0;

/// The part of a period that the counter must cover.
const LEAST_COVERED: f64 = 0.5;

/// Counters are reported at times of their own, so this much of a period may lack their cover although nothing is wrong: half of five minutes.
const UNCOVERED: Duration = Duration::from_secs(150);

/// Of long periods no more than this part may lack cover. Mostly an exporter that was silent is the cause, of which samples are missing for the same time: then
/// the factor is too large by as much.
const UNCOVERED_PART: f64 = 0.05;

/// A port in its switch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Port {
    /// Position of its agent among the agents.
    pub(crate) agent: usize,
    /// ifIndex.
    pub(crate) if_index: u32,
}

/// Which way frames pass a port.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Direction {
    /// The port received them.
    Received,
    /// The port sent them.
    Sent,
    /// The exporter does not tell which of the two. No counter can be held against them.
    Untold,
}

impl Direction {
    /// The direction that the column `egress` of the port samples names.
    const fn from_code(code: u8) -> Self {
        match sample::Direction::from_code(code) {
            sample::Direction::Ingress => Self::Received,
            sample::Direction::Egress => Self::Sent,
            sample::Direction::Unknown => Self::Untold,
        }
    }
}

/// One direction of a port.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct PortSide {
    pub(crate) port: Port,
    pub(crate) direction: Direction,
}

/// Whether a counter covers enough of the time in which samples were taken.
fn covers(covered: Duration, measured: Duration) -> bool {
    let (covered, whole) = (covered.as_secs_f64(), measured.as_secs_f64());
    let may_lack = UNCOVERED.as_secs_f64().max(UNCOVERED_PART * whole);
    covered > 0.0 && covered >= LEAST_COVERED * whole && covered >= whole - may_lack
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_must_cover_half_of_a_short_period_and_nearly_all_of_a_long_one() {
        let least = |measured: u64| (0..=measured).find(|covered| covers(Duration::from_secs(*covered), Duration::from_secs(measured)));
        assert_eq!([60, 300, 600, 3_600, 86_400].map(least), [Some(30), Some(150), Some(450), Some(3_420), Some(82_080)]);
        assert_eq!(least(0), None);
    }
}
