//! What can be typed after `chorsu ship`.

use clap::Args;
use schema::Timestamp;

use super::WithConfig;

const HELP: &str = "The service ships new windows by itself. This brings what is older, or what ClickHouse has lost: it is asked what it has, and gets the rest,
each window once. It may run beside the service, and can be interrupted and repeated at any time.

Windows are shipped by the minute, so only those that the journal still keeps as minutes can be (`store.keep_1m`).

Examples:
  chorsu ship --config chorsu.toml --from 2026-11-01
  chorsu ship --config chorsu.toml --from 2026-11-01T18:00:00Z --to 2026-11-01T19:00:00Z";

#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Ship {
    #[command(flatten)]
    pub(crate) file: WithConfig,
    /// First moment (RFC 3339 or a date)
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Timestamp,
    /// The moment after the last; now if not given
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<Timestamp>,
}
