//! Answers, in the shape in which the command, the API and the pages show them.
//!
//! Top-N, "others", intervals and rates are made here, once, whatever kept the rows.

use std::collections::BTreeMap;
use std::time::Duration;

use schema::{Share, Sums, Timestamp, estimator};
use serde::Serialize;

/// An estimated volume with its 95 % interval.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Estimate {
    /// Samples that it rests on.
    pub samples: u64,
    /// Estimated frames.
    pub packets: u64,
    /// Estimated octets of layer 2 with FCS.
    pub bytes: u64,
    /// Lower end of the 95 % interval of `bytes`.
    pub bytes_low: u64,
    /// Upper end of the 95 % interval of `bytes`.
    pub bytes_high: u64,
    /// Mean rate over the time that was measured.
    pub bits_per_second: u64,
    /// The part of `bytes` that came in flow records, which do not tell packets' lengths.
    pub bytes_from_flows: u64,
    /// Whether the interval is the narrowest that it can be: packets' lengths vary by more than flow records tell.
    pub interval_is_lower_bound: bool,
    /// How many samples of equal frames would be as sure (`B²/S`), rounded down; `None` where nothing is uncertain. Below 30 a figure is no more than a hint.
    pub effective_samples: Option<u64>,
    /// What the counters of the ports through which it entered say of it.
    pub quality: Quality,
    /// Octets by the ports' counters over octets by the samples, of the ports through which it entered; `None` where no counter could be held against it.
    pub counter_factor: Option<f64>,
}

/// What port counters say of an estimate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// No counter could be held against at least half of it.
    #[default]
    Unchecked,
    /// Counters agree with it to within a tenth.
    Agrees,
    /// Counters and samples differ by more than a tenth.
    Differs,
    /// It was brought to what the counters say, because that was asked for.
    Raked,
}

impl Quality {
    /// Its name in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unchecked => "unchecked",
            Self::Agrees => "agrees",
            Self::Differs => "differs",
            Self::Raked => "raked",
        }
    }
}

/// A share with its 95 % interval, from 0 to 1.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct ShareEstimate {
    /// The share.
    pub share: f64,
    /// Lower end of its 95 % interval.
    pub share_low: f64,
    /// Upper end of its 95 % interval.
    pub share_high: f64,
}

/// What may have passed although nothing of it was sampled (95 %).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Unseen {
    /// At most so many octets, at the coarsest sampling rate in use.
    pub bytes_high: u64,
    /// The same as a mean rate over the time that was measured.
    pub bits_per_second_high: u64,
}

/// Volumes that are no exchange between two known members, with their reasons.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Reasoned {
    /// All of them together.
    #[serde(flatten)]
    pub all: Estimate,
    /// By reason.
    pub reasons: BTreeMap<&'static str, Estimate>,
}

/// A member as it is named in answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MemberName {
    /// Its ASN.
    pub asn: u32,
    /// Its name in the directory, or "AS…" if it is no longer there.
    pub name: String,
}

/// What one member sent to another.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct MatrixCell {
    /// ASN of the sender.
    pub src: u32,
    /// ASN of the receiver.
    pub dst: u32,
    /// How much.
    #[serde(flatten)]
    pub estimate: Estimate,
    /// Which part of the total it is.
    #[serde(flatten)]
    pub share: Option<ShareEstimate>,
}

/// The cells that were left out of a list, summed.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Others {
    /// How many cells.
    pub cells: usize,
    /// How much.
    #[serde(flatten)]
    pub estimate: Estimate,
}

/// What span an answer covers, and from what.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Coverage {
    /// First moment.
    pub from: Timestamp,
    /// The moment after the last.
    pub to: Timestamp,
    /// Length of the coarsest windows that the answer was made of (`1m`, `5m`, `1h`, `1d`).
    pub step: String,
    /// `journal`, `live`, or `journal+live`.
    pub source: String,
    /// Whether every minute of the span was measured and is closed.
    pub complete: bool,
    /// Time for which there is at least one window; rates are means over this time, so a gap is no zero.
    pub measured_seconds: u64,
}

/// The answer to `matrix`. `cells` + `others` + `unattributed` = `total`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct MatrixAnswer {
    /// What it covers.
    #[serde(flatten)]
    pub coverage: Coverage,
    /// All that was exchanged.
    pub total: Estimate,
    /// What no two known members exchanged.
    pub unattributed: Reasoned,
    /// Dropped and flooded frames: health figures, outside `total`.
    pub set_aside: Reasoned,
    /// The members that appear in `cells`, by ASN.
    pub members: Vec<MemberName>,
    /// The largest cells, the largest first.
    pub cells: Vec<MatrixCell>,
    /// The rest of the cells.
    pub others: Others,
    /// Which part of the total two known members exchanged.
    pub attribution: Option<ShareEstimate>,
    /// What a pair that is not listed anywhere may have exchanged all the same.
    pub unseen: Option<Unseen>,
}

/// One series of a time series.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Series {
    /// What it is of: `all`, an IP version, or a VLAN id.
    pub key: String,
    /// One for each of the answer's times; null where nothing was measured. A point without samples reaches up to what may have passed unseen.
    pub points: Vec<Option<Estimate>>,
}

/// The answer to `timeseries`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct TimeseriesAnswer {
    /// What it covers; `step` is the distance of the times.
    #[serde(flatten)]
    pub coverage: Coverage,
    /// Start of each step.
    pub times: Vec<Timestamp>,
    /// Measured time in each step.
    pub measured: Vec<u64>,
    /// The series, the largest first. Together they are all that was exchanged, unattributed traffic included.
    pub series: Vec<Series>,
}

/// What one member exchanged.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct MemberTraffic {
    /// The member.
    #[serde(flatten)]
    pub member: MemberName,
    /// Whether the directory knows it now.
    pub registered: bool,
    /// Sent to other parties, unknown ones included.
    pub sent: Estimate,
    /// Received from other parties, unknown ones included.
    pub received: Estimate,
    /// Members to which it sent or from which it received.
    pub peers: usize,
}

/// The answer to `members`, the largest first; members without traffic last.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct MembersAnswer {
    /// What it covers.
    #[serde(flatten)]
    pub coverage: Coverage,
    /// All that was exchanged.
    pub total: Estimate,
    /// The members.
    pub members: Vec<MemberTraffic>,
    /// What a member without samples may have sent or received all the same.
    pub unseen: Option<Unseen>,
}

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
    /// Members whose frames were sampled as the port received them.
    pub members: usize,
    /// Those of them whose frames were also sampled as another port received them.
    pub members_elsewhere: usize,
    /// Estimated octets of these that would count twice.
    pub bytes: u64,
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

/// One exporter's health over a span.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct ExporterHealth {
    /// Protocol that it speaks, as in `sflow5` or `ipfix`.
    pub protocol: String,
    /// Agent address inside its datagrams; the UDP source where a protocol has none.
    pub agent: String,
    /// Sub-agent or observation domain.
    pub sub_agent: u32,
    /// UDP source of its datagrams.
    pub source: String,
    /// Start of the last window in which it was heard.
    pub last_seen: Timestamp,
    /// Datagrams that came.
    pub datagrams: u64,
    /// Datagrams that the sequence numbers miss.
    pub lost_datagrams: u64,
    /// Datagrams that came late.
    pub reordered_datagrams: u64,
    /// Datagrams that came twice, and were refused.
    pub duplicate_datagrams: u64,
    /// Flow samples that came.
    pub flow_samples: u64,
    /// Flow samples that the sequence numbers miss.
    pub lost_samples: u64,
    /// Flow records that came, options not among them.
    pub flow_records: u64,
    /// Flow records that the sequence numbers miss.
    pub lost_records: u64,
    /// Samples that the exporter dropped itself.
    pub agent_drops: u64,
    /// Counter samples that came.
    pub counter_samples: u64,
    /// Broken records and samples.
    pub malformed: u64,
    /// Samples and flow records without a rate: each frame of them is counted as one.
    pub unscalable: u64,
    /// Restarts.
    pub restarts: u64,
    /// Smallest sampling rate seen; 0 for none.
    pub rate_min: u32,
    /// Largest sampling rate seen.
    pub rate_max: u32,
    /// Samples whose rate was not believed; they are weighed by the rate that their data source had before.
    pub implausible: u64,
    /// Samples weighed by their data source's pool.
    pub by_pool: u64,
    /// Samples weighed by rate and sequence numbers.
    pub by_sequence: u64,
    /// Samples of data sources whose pool contradicts their rate.
    pub pool_refused: u64,
    /// Where its samples were lost.
    pub loss: LossBudget,
}

/// Where samples were lost, from the exporter's sampling function to the matrix. `taken` = all the others together. Of flow records there is only what
/// sequence numbers tell.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct LossBudget {
    /// Samples, or flow records, that the exporter took or should have taken.
    pub taken: u64,
    /// Dropped by the exporter, as it says itself.
    pub dropped_by_exporter: u64,
    /// Dropped by the exporter in silence: its pools show that it should have taken them. Zero unless they are more than chance.
    pub dropped_in_silence: u64,
    /// Lost between exporter and this program: in the network or in the kernel's buffer.
    pub lost_on_the_way: u64,
    /// Arrived.
    pub arrived: u64,
    /// Share of `taken` that did not arrive.
    pub lost_share: f64,
    /// Where most of it was lost: `exporter`, `exporter_in_silence`, `way`; `None` without loss. Of NetFlow v9 only lost datagrams are known, and not how many
    /// records were in them: then it is `way`, although the numbers here say of no loss.
    pub mostly: Option<&'static str>,
    /// Whether the weights of the samples that arrived make up for it. They do for sFlow, and do not for flow records.
    pub made_good: bool,
}

/// One listening address over a span.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ListenerHealth {
    /// Address and port.
    pub address: String,
    /// Datagrams received.
    pub datagrams: u64,
    /// Octets received.
    pub octets: u64,
    /// Datagrams that the kernel dropped because the receive buffer was full.
    pub kernel_drops: u64,
    /// Datagrams longer than the buffer of one message.
    pub truncated: u64,
    /// Errors of receiving calls.
    pub errors: u64,
    /// Datagrams that were not read.
    pub refused: u64,
}

/// One stage of the loss budget over all exporters, from the agent to the store. A stage that loses things of two kinds is there twice, with a unit each.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Stage {
    /// `agent`, `agent_in_silence`, `network`, `kernel`, `decoder`, `store`.
    pub stage: &'static str,
    /// How much was lost there.
    pub lost: u64,
    /// Of how much that came so far.
    pub of: u64,
    /// What is counted: `samples`, `datagrams`, `records` or `seconds`.
    pub unit: &'static str,
}

/// The answer to `exporters`, by agent, sub-agent, source and protocol.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ExportersAnswer {
    /// What it covers.
    #[serde(flatten)]
    pub coverage: Coverage,
    /// The exporters.
    pub exporters: Vec<ExporterHealth>,
    /// The listening addresses.
    pub listeners: Vec<ListenerHealth>,
    /// The loss budget, from the agents to the store.
    pub budget: Vec<Stage>,
}

impl Estimate {
    /// The estimate of a cell's sums over `measured` time.
    #[must_use]
    pub fn new(sums: Sums, measured: Duration) -> Self {
        let interval = estimator::volume(&sums);
        let effective = estimator::effective_samples(&sums);
        Self {
            samples: sums.samples,
            packets: sums.packets,
            bytes: sums.bytes,
            bytes_low: interval.low,
            bytes_high: interval.high,
            bits_per_second: rate(sums.bytes, measured),
            bytes_from_flows: sums.bytes_from_flows,
            // Where every packet was counted, nothing is uncertain, whatever the packets' lengths.
            interval_is_lower_bound: sums.bytes_from_flows > 0 && sums.variance > 0.0,
            effective_samples: effective.is_finite().then_some(floor(effective)),
            quality: Quality::Unchecked,
            counter_factor: None,
        }
    }
}

impl From<Share> for ShareEstimate {
    fn from(share: Share) -> Self {
        Self { share: share.value, share_low: share.low, share_high: share.high }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and no number of samples is negative")]
const fn floor(samples: f64) -> u64 {
    samples as u64
}

/// Mean bit/s of `octets` over `measured` time; zero where nothing was measured.
#[must_use]
pub fn rate(octets: u64, measured: Duration) -> u64 {
    let bits_by_millis = u128::from(octets) * 8 * 1_000;
    bits_by_millis.checked_div(measured.as_millis()).map_or(0, |rate| u64::try_from(rate).unwrap_or(u64::MAX))
}
