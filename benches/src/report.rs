//! The figures, for people and for scripts.

use std::io;
use std::path::Path;

use comfy_table::Table;
use serde_json::{Map, Value, json};

/// Figures by name, in the order in which they were measured.
#[derive(Default)]
pub struct Report {
    figures: Vec<Figure>,
}

struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
}

impl Report {
    /// Adds a figure.
    pub fn add(&mut self, name: impl Into<String>, value: f64, unit: &'static str) {
        self.figures.push(Figure { name: name.into(), value, unit });
    }

    /// The figures as a table.
    #[must_use]
    pub fn table(&self) -> Table {
        let mut table = Table::new();
        table.set_header(["figure", "value", "unit"]);
        for Figure { name, value, unit } in &self.figures {
            table.add_row([name.as_str(), &format!("{value:.1}"), unit]);
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
        for Figure { name, value, unit } in &self.figures {
            all.insert(name.clone(), json!({"value": value, "unit": unit}));
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, serde_json::to_vec_pretty(&all)?)
    }
}
