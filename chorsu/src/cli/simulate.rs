//! What can be typed after `chorsu simulate`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use schema::Timestamp;

use super::span;

/// The largest share of its samples that a switch can be told to drop.
const MOST_AGENT_DROPS: f64 = 0.95;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProtocolChoice {
    /// sFlow version 5: sampled frames
    Sflow,
    /// IPFIX: flow records with layer 2
    Ipfix,
    /// NetFlow version 9: flow records with layer 2
    Netflow9,
    /// NetFlow version 5: flow records of IPv4 without layer 2
    Netflow5,
}

#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// Collector to send to
    #[arg(long, value_name = "ADDRESS", required_unless_present = "pcap")]
    pub(crate) to: Option<SocketAddr>,
    /// Write a capture instead of sending, or beside it
    #[arg(long, value_name = "FILE")]
    pub(crate) pcap: Option<PathBuf>,
    /// What the switches speak
    #[arg(long, value_enum, default_value = "sflow")]
    pub(crate) protocol: ProtocolChoice,
    /// How many members the exchange has
    #[arg(long, value_name = "N", default_value_t = 48, value_parser = clap::value_parser!(u16).range(2..=2000))]
    pub(crate) members: u16,
    /// One frame in so many is sampled
    #[arg(long, value_name = "N", default_value_t = 2048, value_parser = clap::value_parser!(u32).range(1..=16_777_216))]
    pub(crate) sampling: u32,
    /// Samples a second
    #[arg(long, value_name = "SAMPLES_PER_S", default_value_t = 1000.0)]
    pub(crate) rate: f64,
    /// Stop after this long; until interrupted if not given
    #[arg(long = "for", value_name = "TIME", value_parser = span)]
    pub(crate) length: Option<Duration>,
    /// Which exchange: the same number gives the same one
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Where the exchange's clock begins (RFC 3339); now if not given. With it the same seed gives the same datagrams
    #[arg(long, value_name = "TIME")]
    pub(crate) start: Option<Timestamp>,
    /// Write what really passed to this file (JSON)
    #[arg(long, value_name = "FILE")]
    pub(crate) truth: Option<PathBuf>,
    /// Write the members as an IX-F export to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) ixf: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) misbehaviour: Misbehaviour,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DirectionsChoice {
    /// Frames as they enter
    Ingress,
    /// Frames as they enter and as they leave
    Both,
    /// Frames as they leave
    Egress,
}

/// How switches and the way to the collector misbehave: not at all if not asked.
#[derive(Debug, Args)]
#[command(next_help_heading = "Misbehaviour")]
pub(crate) struct Misbehaviour {
    /// What switches sample, with sFlow
    #[arg(long, value_enum, default_value = "ingress")]
    pub(crate) directions: DirectionsChoice,
    /// Let the ports between switches sample too
    #[arg(long)]
    pub(crate) core_sampling: bool,
    /// Share of samples that switches drop themselves, up to 95%
    #[arg(long, value_name = "SHARE", default_value = "0%", value_parser = agent_drops)]
    pub(crate) agent_drops: f64,
    /// Let switches say nothing of the samples that they drop, with sFlow
    #[arg(long, requires = "agent_drops")]
    pub(crate) silent_drops: bool,
    /// Let switches send a sample pool that stands still, with sFlow
    #[arg(long)]
    pub(crate) made_up_pool: bool,
    /// Share of samples with a sampling rate that cannot be, with sFlow
    #[arg(long, value_name = "SHARE", default_value = "0%", value_parser = share)]
    pub(crate) wild_rates: f64,
    /// Share of datagrams that get lost on the way
    #[arg(long, value_name = "SHARE", default_value = "0%", value_parser = share)]
    pub(crate) lose: f64,
    /// Share of datagrams that arrive twice
    #[arg(long, value_name = "SHARE", default_value = "0%", value_parser = share)]
    pub(crate) duplicate: f64,
}

impl Misbehaviour {
    /// What was asked for that only sFlow's samples can show.
    pub(crate) fn of_sflow_only(&self) -> Option<&'static str> {
        let asked = [
            (self.directions != DirectionsChoice::Ingress, "--directions"),
            (self.silent_drops, "--silent-drops"),
            (self.made_up_pool, "--made-up-pool"),
            (self.wild_rates > 0.0, "--wild-rates"),
        ];
        asked.into_iter().find(|(asked, _)| *asked).map(|(_, option)| option)
    }
}

/// Reads `30%`, `0.1%` or `0.3`.
fn share(text: &str) -> Result<f64, String> {
    let (number, whole) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
    let share = number.parse::<f64>().ok().map(|number| number / whole).filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "not a share; write it as 30% or 0.3".to_owned())
}

fn agent_drops(text: &str) -> Result<f64, String> {
    let share = share(text)?;
    if share <= MOST_AGENT_DROPS { Ok(share) } else { Err("a switch that drops more than 95% has nothing to say".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_with_and_without_a_percent_sign() {
        for (text, value) in [("30%", 0.3), ("0.1%", 0.001), ("0.3", 0.3), ("0%", 0.0), ("100%", 1.0), ("1", 1.0)] {
            assert!((share(text).unwrap() - value).abs() < 1e-12, "{text}");
        }
        for text in ["30", "-1%", "101%", "nan", "", "%", "3 %", "many"] {
            assert!(share(text).is_err(), "{text}");
        }
        assert!(agent_drops("95%").is_ok() && agent_drops("96%").is_err());
    }
}
