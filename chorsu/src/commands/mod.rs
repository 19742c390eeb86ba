//! What each subcommand does.

mod check;
mod demo;
mod inspect;
mod lookup;
mod members;
mod question;
mod replay;
mod run;
mod schema;
mod ship;
mod simulate;

use crate::cli::Command;
use crate::failure::Outcome;

/// Does what was asked.
pub(crate) fn run(command: Command) -> Outcome {
    match command {
        Command::Demo(asked) => demo::demo(&asked),
        Command::Run(asked) => run::run(&asked.config),
        Command::Check(asked) => check::check(&asked),
        Command::Replay(asked) => replay::replay(&asked),
        Command::Simulate(asked) => simulate::simulate(&asked),
        Command::Matrix(asked) => question::matrix(&asked),
        Command::Top(asked) => question::top(&asked),
        Command::Locality(asked) => question::locality(&asked),
        Command::Share(asked) => question::share(&asked),
        Command::Members(asked) => members::members(&asked),
        Command::Ports(asked) => question::ports(&asked),
        Command::Exporters(asked) => question::exporters(&asked),
        Command::Schema(asked) => schema::schema(&asked),
        Command::Ship(asked) => ship::ship(&asked),
        Command::Lookup(asked) => lookup::lookup(&asked),
        Command::Inspect(asked) => inspect::inspect(&asked),
    }
}
