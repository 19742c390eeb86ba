//! Ports: their counters, and what was sampled at them.

use serde::Serialize;

use super::{Coverage, Estimate, MemberName};

/// One port's counters over a span.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PortTraffic {
    /// Agent address.
    pub agent: String,
    /// ifIndex.
    pub if_index: u32,
    /// The port's own name; empty if it was not told.
    pub name: String,
    /// ifIndex of the aggregate that the port belongs to, if it belongs to one.
    pub lag: Option<u32>,
    /// The member that the directory puts there, if any.
    pub member: Option<MemberName>,
    /// Speed; 0 if not known.
    pub speed_bits_per_second: u64,
    /// Octets received.
    pub in_octets: u64,
    /// Octets sent.
    pub out_octets: u64,
    /// Mean rate received over the time between counter reports.
    pub in_bits_per_second: u64,
    /// Mean rate sent over the time between counter reports.
    pub out_bits_per_second: u64,
    /// Frames dropped on receiving.
    pub in_discards: u64,
    /// Frames dropped on sending.
    pub out_discards: u64,
    /// Frames received in error.
    pub in_errors: u64,
    /// Frames not sent for errors.
    pub out_errors: u64,
    /// Frames received with a wrong check sequence.
    pub fcs_errors: u64,
    /// Counter reports.
    pub reports: u64,
    /// Frames received, as sampled at this port, held against `in_octets`; `None` if nothing was sampled here at ingress.
    pub received: Option<Reconciliation>,
    /// Frames sent, as sampled at this port, held against `out_octets`; `None` if nothing was sampled here at egress.
    pub sent: Option<Reconciliation>,
    /// Whether the configuration says that it is a port between switches, of which no sample counts.
    pub core: bool,
    /// Why it may be a port between switches although the configuration does not say so: its frames would count twice.
    pub suspicion: Option<Suspicion>,
}

/// A port's counter held against what was sampled at the port.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Reconciliation {
    /// What was sampled, whether it counts in the matrix or was set aside.
    #[serde(flatten)]
    pub sampled: Estimate,
    /// Octets by the counter over octets by the samples (k), both as mean rates over the time that each of them covers; `None` if one of them is nothing.
    pub factor: Option<f64>,
    /// Lower end of its 95 % interval, from the sampling alone.
    pub factor_low: Option<f64>,
    /// Upper end of its 95 % interval.
    pub factor_high: Option<f64>,
    /// Length of the periods that were looked at one by one (`5m`, `1h`, `1d`).
    pub period: String,
    /// Periods in which both could be told.
    pub periods: usize,
    /// Periods in which the factor lay outside 0.9 to 1.1 by more than its own interval.
    pub periods_off: usize,
}

/// Evidence that a port joins two switches.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Suspicion {
    /// Members whose frames were sampled as the port received them, or on a way that is not told.
    pub members: usize,
    /// Those of them whose frames were also sampled so at another port.
    pub members_elsewhere: usize,
    /// Estimated octets of these that would count twice.
    pub bytes: u64,
    /// Whether the exporter does not tell which way frames passed: then it may as well be a port of which both directions are sampled.
    pub untold: bool,
}

/// The answer to `ports`, by agent and ifIndex.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PortsAnswer {
    /// What it covers.
    #[serde(flatten)]
    pub coverage: Coverage,
    /// The ports.
    pub ports: Vec<PortTraffic>,
}
