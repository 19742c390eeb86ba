//! What can be typed.

mod lookup;
mod members;
mod share;
mod ship;
mod simulate;
mod tables;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use schema::{Locality, Timestamp};

pub(crate) use lookup::{Lookup, LookupFormat, Wanted};
pub(crate) use members::{Members, MembersTask, Reattribute, Reattributions};
pub(crate) use share::Share;
pub(crate) use ship::Ship;
pub(crate) use simulate::{DirectionsChoice, ProtocolChoice, Simulate};
pub(crate) use tables::{Schema, SchemaTask};

/// Measures what passes through an Internet exchange point, and how much of it stays local.
#[derive(Debug, Parser)]
#[command(name = "chorsu", version, about, max_term_width = 120, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "Examples:
  chorsu demo                                    a simulated exchange, in the browser
  chorsu check --config chorsu.toml              find every mistake before you start
  chorsu run --config chorsu.toml                the service
  chorsu replay traffic.pcap --members ixf.json  a matrix from a capture
  chorsu matrix --data /var/lib/chorsu --from 2026-11-01 --to 2026-11-02 --format csv";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show a simulated exchange in the browser: real sFlow over loopback into the real pipeline
    Demo(Demo),
    /// Run the service; SIGTERM stops it with nothing lost, SIGHUP reloads the members
    Run(WithConfig),
    /// Find every mistake in a configuration without starting anything
    Check(Check),
    /// Make a matrix from captures (pcap, pcapng) by their own clock
    Replay(Replay),
    /// Send a simulated exchange's sFlow, NetFlow or IPFIX, and write the truth that it hides
    Simulate(Simulate),
    /// Who sent how much to whom
    Matrix(Traffic),
    /// The largest pairs, with their shares and how sure they are
    Top(Traffic),
    /// How much of the economy's traffic stays local, and what is missing to say more
    Share(Share),
    /// What each member sent and received; with a subcommand, MAC addresses that nobody claimed in time
    Members(Members),
    /// How much went from where to where: domestic, foreign, local caches, unknown
    Locality(Question),
    /// What the ports' own counters say, held against what was sampled there
    Ports(Question),
    /// How the exporters are, what was lost and where
    Exporters(Question),
    /// Bring what is in the journal and not in ClickHouse there
    Ship(Ship),
    /// The tables of the ClickHouse: show the statements that make them, or bring them to this version
    Schema(Schema),
    /// What is known of an address or a network, and which file says so
    Lookup(Lookup),
    /// Show a capture's datagrams in full, record by record
    Inspect(Inspect),
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Where the pages are served
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Folder for the data; a temporary one that is removed at the end if not given
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Stop by itself after this long
    #[arg(long = "for", value_name = "TIME", value_parser = span)]
    pub(crate) length: Option<Duration>,
    /// Which exchange: the same number gives the same one
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many members it has
    #[arg(long, value_name = "N", default_value_t = 48, value_parser = clap::value_parser!(u16).range(2..=2000))]
    pub(crate) members: u16,
    /// How much history is filled before the pages open
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = span)]
    pub(crate) history: Duration,
}

#[derive(Debug, Args)]
pub(crate) struct WithConfig {
    /// The configuration file
    #[arg(long, value_name = "FILE", default_value = "chorsu.toml")]
    pub(crate) config: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) file: WithConfig,
    /// Print a whole documented configuration instead
    #[arg(long)]
    pub(crate) example: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum WeightsChoice {
    /// By the data sources' own pools and sequence numbers: corrects for lost samples
    Observed,
    /// The rate that each sample carries, and nothing else
    Nominal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReplayFormat {
    /// For a person
    Table,
    /// Everything, for a program
    Json,
    /// The cells, for a spreadsheet
    Csv,
}

#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// Captures, read in this order
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Who the members are: TOML, CSV or an IX-F export; without it every MAC is a party of its own
    #[arg(long, value_name = "FILE")]
    pub(crate) members: Option<PathBuf>,
    /// Configuration that names the members, the weights, the exchange, and what is known better than exporters say
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// How samples are weighed; by the configuration, or as observed, if not given
    #[arg(long, value_enum)]
    pub(crate) weights: Option<WeightsChoice>,
    /// What is printed
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: ReplayFormat,
    /// Keep the windows in this folder too
    #[arg(long, value_name = "DIR")]
    pub(crate) into: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnswerFormat {
    /// For a person
    Table,
    /// As the API answers
    Json,
    /// For a spreadsheet
    Csv,
    /// Columns, compressed
    Parquet,
    /// Columns, as an Arrow stream
    Arrow,
}

#[derive(Debug, Args)]
pub(crate) struct Question {
    /// Folder of the journal
    #[arg(long, value_name = "DIR", required_unless_present = "config", conflicts_with = "config")]
    pub(crate) data: Option<PathBuf>,
    /// Configuration that names the folder and the members
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Who the members are, for their names: TOML, CSV or an IX-F export
    #[arg(long, value_name = "FILE")]
    pub(crate) members: Option<PathBuf>,
    /// First moment (RFC 3339 or a date); an hour before --to if not given
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<Timestamp>,
    /// The moment after the last; the end of what is kept if not given
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<Timestamp>,
    /// Only this IP version
    #[arg(long, value_name = "4|6|0")]
    pub(crate) ip_version: Option<u8>,
    /// Only this VLAN
    #[arg(long, value_name = "ID")]
    pub(crate) vlan: Option<u16>,
    /// Only what this member sent
    #[arg(long, value_name = "ASN")]
    pub(crate) src: Option<u32>,
    /// Only what this member received
    #[arg(long, value_name = "ASN")]
    pub(crate) dst: Option<u32>,
    /// Only what came from addresses there
    #[arg(long, value_name = "LOCALITY", value_parser = locality)]
    pub(crate) src_locality: Option<Locality>,
    /// Only what went to addresses there
    #[arg(long, value_name = "LOCALITY", value_parser = locality)]
    pub(crate) dst_locality: Option<Locality>,
    /// How many cells or rows; the rest is summed
    #[arg(long, value_name = "N")]
    pub(crate) top: Option<usize>,
    /// How the answer is printed
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: AnswerFormat,
}

/// A question of traffic.
#[derive(Debug, Args)]
pub(crate) struct Traffic {
    #[command(flatten)]
    pub(crate) question: Question,
    /// Bring what each member sent to what the counters of its ports say
    #[arg(long)]
    pub(crate) raked: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// The capture
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// How many datagrams
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) limit: u64,
}

fn locality(text: &str) -> Result<Locality, String> {
    Locality::named(text).ok_or_else(|| format!("write one of {}", Locality::ALL.map(Locality::name).join(", ")))
}

fn span(text: &str) -> Result<Duration, schema::time::NotASpan> {
    schema::time::parse_span(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_typed_fits_together() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
