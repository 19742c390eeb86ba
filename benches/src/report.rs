//! The figures, for people and for scripts.

use std::fmt::Write;
use std::io;
use std::path::Path;

use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Map, Value, json};

use crate::goals::{GOALS, Goal};

/// Figures by name, in sections, in the order in which they were measured.
#[derive(Default)]
pub struct Report {
    sections: Vec<Section>,
    /// Reasons, and what is missing for each.
    left_out: Vec<(String, Vec<String>)>,
}

struct Section {
    title: String,
    figures: Vec<Figure>,
}

struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
}

impl Report {
    /// Begins a section; what is added stands in it.
    pub fn section(&mut self, title: impl Into<String>) {
        self.sections.push(Section { title: title.into(), figures: Vec::new() });
    }

    /// Adds a figure.
    pub fn add(&mut self, name: impl Into<String>, value: f64, unit: &'static str) {
        if self.sections.is_empty() {
            self.section("Figures");
        }
        if let Some(section) = self.sections.last_mut() {
            section.figures.push(Figure { name: name.into(), value, unit });
        }
    }

    /// Says what was not measured, and why.
    pub fn leave_out(&mut self, what: impl Into<String>, why: impl Into<String>) {
        let (what, why) = (what.into(), why.into());
        match self.left_out.iter_mut().find(|(reason, _)| *reason == why) {
            Some((_, all)) => all.push(what),
            None => self.left_out.push((why, vec![what])),
        }
    }

    /// A figure of this run.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<f64> {
        self.figures().find(|figure| figure.name == name).map(|figure| figure.value)
    }

    fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.sections.iter().flat_map(|section| &section.figures)
    }

    /// All of it as text: the sections, what was left out, and at the end how far the goals are met.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        for section in self.sections.iter().filter(|section| !section.figures.is_empty()) {
            let _ = writeln!(text, "\n{}\n{}", section.title, of_section(section));
        }
        for (why, all) in &self.left_out {
            let _ = writeln!(text, "\nleft out: {why}\n  {}", all.join("\n  "));
        }
        let _ = writeln!(text, "\nGoals\n{}", self.goals());
        text
    }

    fn goals(&self) -> Table {
        let mut table = with_header(["figure", "value", "unit", "goal", "met"]);
        for goal in GOALS {
            let figure = self.figures().find(|figure| figure.name == goal.figure);
            let (value, unit, met) = figure.map_or_else(
                || (String::new(), "", "not measured in this run"),
                |figure| (shown(figure.value), figure.unit, met(goal, figure.value)),
            );
            table.add_row([goal.figure, &value, unit, &goal.text(), met]);
        }
        table
    }

    /// The figures as `{"name": {"value": 0.0, "unit": "…"}}`, together with those that the file already holds under other names.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let before = std::fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let mut all: Map<String, Value> = before.unwrap_or_default();
        for Figure { name, value, unit } in self.figures() {
            all.insert(name.clone(), json!({"value": value, "unit": unit}));
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, serde_json::to_vec_pretty(&all)?)
    }
}

fn of_section(section: &Section) -> Table {
    let mut table = with_header(["figure", "value", "unit", "goal", "met"]);
    for Figure { name, value, unit } in &section.figures {
        let goal = Goal::of(name);
        let (text, met) = goal.map_or_else(|| (String::new(), ""), |goal| (goal.text(), met(goal, *value)));
        table.add_row([name.as_str(), &shown(*value), unit, &text, met]);
    }
    table
}

fn with_header(header: [&str; 5]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(header);
    if let Some(values) = table.column_mut(1) {
        values.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn met(goal: Goal, value: f64) -> &'static str {
    if goal.is_met(value) { "yes" } else { "NO" }
}

/// Small values with more places than large ones.
fn shown(value: f64) -> String {
    match value.abs() {
        0.0..10.0 => format!("{value:.2}"),
        10.0..1_000.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_that_was_missed_or_not_measured_is_said() {
        let mut report = Report::default();
        report.section("sFlow");
        report.add("sflow_vs_sflow_parser_ratio", 3.0, "times as fast");
        report.leave_out("sfcapd", "not installed");
        let text = report.text();
        let row = |name: &str| text.lines().rfind(|line| line.contains(name)).unwrap_or_default().to_owned();
        assert!(row("sflow_vs_sflow_parser_ratio").contains("NO"), "{text}");
        assert!(row("matrix_24h_ms").contains("not measured"), "{text}");
        assert!(text.contains("left out: not installed\n  sfcapd\n"), "{text}");
    }

    #[test]
    fn figures_of_earlier_runs_stay_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("target/bench.json");
        for name in ["a", "b"] {
            let mut report = Report::default();
            report.add(name, 1.0, "ms");
            report.write(&path).unwrap();
        }
        let all: Map<String, Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(all["a"], json!({"value": 1.0, "unit": "ms"}));
        assert_eq!(all.len(), 2);
    }
}
