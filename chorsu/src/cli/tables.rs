//! What can be typed after `chorsu schema`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::WithConfig;

const HELP: &str = "The service applies what is missing by itself, when it starts to ship. This is for who wants to see it first, or runs the statements with other rights.

Examples:
  chorsu schema print                              the statements, with the usual times to keep rows
  chorsu schema print --config chorsu.toml         as this configuration wants them
  chorsu schema print --cluster ix > tables.sql    for the cluster of this name
  chorsu schema apply --config chorsu.toml         bring the tables to this version";

#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Schema {
    #[command(subcommand)]
    pub(crate) task: SchemaTask,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SchemaTask {
    /// Print the statements that make the tables
    Print {
        /// The configuration file, for its section [clickhouse]
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// On all servers of this cluster, sharded by exchange (instead of `clickhouse.cluster`)
        #[arg(long, value_name = "NAME")]
        cluster: Option<String>,
    },
    /// Make the tables, or bring them to this version
    Apply {
        #[command(flatten)]
        file: WithConfig,
        /// On all servers of this cluster, sharded by exchange (instead of `clickhouse.cluster`)
        #[arg(long, value_name = "NAME")]
        cluster: Option<String>,
    },
}
