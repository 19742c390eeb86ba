//! Tables in Markdown, as they stand in the documentation.

use super::estimator::{Held, SAMPLES};
use super::mishaps::Judged;
use super::pipeline::{ByProfile, UP_TO};

/// The first table: cells sampled by themselves.
#[must_use]
pub fn of_estimator(rows: &[(&'static str, Vec<Held>)]) -> String {
    let mut table = head("frames of the cell", SAMPLES.iter().map(ToString::to_string));
    for (name, held) in rows {
        table += &row(name, held.iter().map(|held| percent(held, 0)));
    }
    table
}

/// The second table: cells of a whole exchange. What rests on fewer than `least` cells is left out.
#[must_use]
pub fn of_pipeline(held: &ByProfile, least: u32) -> String {
    let from = std::iter::once(0).chain(UP_TO);
    let spans = from.zip(UP_TO).map(|(from, to)| if to == u64::MAX { format!("from {from}") } else { format!("{from} to {to}") });
    let mut table = head("frames of the cell", spans);
    for (name, held) in held {
        table += &row(name, held.iter().map(|held| percent(held, least)));
    }
    table
}

/// The third table: totals after mishaps.
#[must_use]
pub fn of_mishaps(judged: &[Judged]) -> String {
    let columns = ["error of the total", "± by its interval", "by the rate alone", "what the loss budget and the warnings say"];
    let mut table = head("what happens", columns.map(str::to_owned).into_iter());
    for Judged { name, error, half, nominal_error, said } in judged {
        let signed = |share: f64| format!("{:+.2} %", 100.0 * share);
        table += &row(name, [signed(*error), format!("{:.2} %", 100.0 * half), signed(*nominal_error), said.clone()].into_iter());
    }
    table
}

fn percent(held: &Held, least: u32) -> String {
    held.percent().filter(|_| held.trials >= least).map_or_else(|| "–".to_owned(), |percent| format!("{percent:.1}"))
}

fn head(first: &str, columns: impl Iterator<Item = String>) -> String {
    let columns: Vec<String> = columns.collect();
    let line = "|---".repeat(columns.len() + 1);
    format!("{}{line}|\n", row(first, columns.into_iter()))
}

fn row(first: &str, cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.collect();
    format!("| {first} | {} |\n", cells.join(" | "))
}
