//! Exporters: what came from them, and where samples were lost.

use schema::Timestamp;
use serde::Serialize;

use super::Coverage;

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
