//! What can be typed after `chorsu members`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use store::reattribution::Day;

use super::{Question, Traffic};

const EXAMPLES: &str = "Examples:
  chorsu members --data /var/lib/chorsu --from 2026-11-01 --to 2026-12-01
  chorsu members unknown --data /var/lib/chorsu --from 2026-11-01
  chorsu members reattribute --data /var/lib/chorsu --members members.toml --dry-run";

/// A question of what members exchanged, or a task about MAC addresses that no member claimed.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, after_help = EXAMPLES)]
pub(crate) struct Members {
    #[command(flatten)]
    pub(crate) traffic: Traffic,
    #[command(subcommand)]
    pub(crate) task: Option<MembersTask>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MembersTask {
    /// The MAC addresses that exchanged something and that no member claims, the busiest first
    #[command(after_help = "Examples:
  chorsu members unknown --data /var/lib/chorsu
  chorsu members unknown --config chorsu.toml --from 2026-11-01 --to 2026-12-01 --top 20 --format csv")]
    Unknown(Question),
    /// Give a member that was registered late its history: what its MAC addresses exchanged before they were known
    #[command(after_help = "The journal is not rewritten: what moves is noted beside it, applied to every question, and can be withdrawn.

Examples:
  chorsu members reattribute --data /var/lib/chorsu --members members.toml --dry-run
  chorsu members reattribute --config chorsu.toml --from 2026-11-01 --to 2026-11-15")]
    Reattribute(Reattribute),
    /// What was re-attributed so far, and how to withdraw it
    #[command(after_help = "Examples:
  chorsu members reattributions --data /var/lib/chorsu
  chorsu members reattributions --data /var/lib/chorsu --withdraw 3")]
    Reattributions(Reattributions),
}

#[derive(Debug, Args)]
pub(crate) struct Reattribute {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Who the members are: TOML, CSV or an IX-F export; if not given, that of the configuration or of the folder
    #[arg(long, value_name = "FILE")]
    pub(crate) members: Option<PathBuf>,
    /// First day (UTC); the first that is kept if not given
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Option<Day>,
    /// The day after the last (UTC); the end of what is kept if not given
    #[arg(long, value_name = "DAY")]
    pub(crate) to: Option<Day>,
    /// Say what would move, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Reattributions {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Withdraw this one: its addresses are unknown again
    #[arg(long, value_name = "ID")]
    pub(crate) withdraw: Option<u64>,
}

/// Where the journal is.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// Folder of the journal
    #[arg(long, value_name = "DIR", required_unless_present = "config", conflicts_with = "config")]
    pub(crate) data: Option<PathBuf>,
    /// Configuration that names the folder and the members
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}
