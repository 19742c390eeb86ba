//! The front door: the command `chorsu`.
//!
//! [`cli`] is what can be typed, [`config`] the file, [`wiring`] how the rooms are put together, [`commands`] what each subcommand does.

mod books;
mod cli;
mod commands;
mod config;
mod failure;
mod keeper;
mod members;
mod places;
mod progress;
mod shipping;
mod strangers;
mod tables;
mod warehouse;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match commands::run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
