//! What can be typed after `chorsu share`.

use std::path::PathBuf;

use clap::Args;
use schema::{Month, Timestamp};

use super::{AnswerFormat, Question};

const HELP: &str =
    "Each share lies between two ends that hold the truth whatever was not told; what is missing to bring them together stands below.

Examples:
  chorsu share --config chorsu.toml --month 2026-11
  chorsu share --config chorsu.toml --from 2026-10-01 --to 2026-12-01 --format json
  chorsu share --data /var/lib/chorsu --volumes volumes.csv --month 2026-11";

#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Share {
    /// Folder of the journal
    #[arg(long, value_name = "DIR", required_unless_present = "config", conflicts_with = "config")]
    data: Option<PathBuf>,
    /// Configuration that names the folder, the members, the economy, and what is known of members' borders
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Who the members are: TOML, CSV or an IX-F export
    #[arg(long, value_name = "FILE")]
    members: Option<PathBuf>,
    /// Volumes that networks declare (instead of `share.volumes`)
    #[arg(long, value_name = "FILE")]
    pub(crate) volumes: Option<PathBuf>,
    /// A calendar month; the last one of which something is kept if no time is given
    #[arg(long, value_name = "MONTH", conflicts_with_all = ["from", "to"])]
    pub(crate) month: Option<Month>,
    /// First moment (RFC 3339 or a date)
    #[arg(long, value_name = "TIME", requires = "to")]
    pub(crate) from: Option<Timestamp>,
    /// The moment after the last
    #[arg(long, value_name = "TIME", requires = "from")]
    pub(crate) to: Option<Timestamp>,
    /// How the answer is printed
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: AnswerFormat,
}

impl Share {
    /// The same as a question to the store.
    pub(crate) fn question(&self) -> Question {
        Question {
            data: self.data.clone(),
            config: self.config.clone(),
            members: self.members.clone(),
            from: self.month.map(Month::start).or(self.from),
            to: self.month.map(Month::end).or(self.to),
            ip_version: None,
            vlan: None,
            src: None,
            dst: None,
            src_locality: None,
            dst_locality: None,
            top: None,
            format: self.format,
        }
    }
}
