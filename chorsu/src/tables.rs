//! Answers as tables for a terminal.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

/// What is said where sampled flow records are among what was counted.
pub(crate) const FLOWS_NOTE: &str =
    "part of it came in flow records, which do not tell packets' lengths: intervals are at least as wide as shown\n";

/// How a column stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// A table with a line under its head.
pub(crate) fn table(heads: &[(&str, Align)], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(heads.iter().map(|(head, align)| cell(head, *align)));
    for row in rows {
        table.add_row(row.iter().zip(heads).map(|(text, (_, align))| cell(text, *align)));
    }
    let mut text: String = table.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    if text.is_empty() {
        text.push('\n');
    }
    text
}

fn cell(text: &str, align: Align) -> Cell {
    let align = if align == Align::Left { CellAlignment::Left } else { CellAlignment::Right };
    Cell::new(text).set_alignment(align)
}

/// Octets with a unit, to three digits.
pub(crate) fn octets(octets: u64) -> String {
    scaled(octets, &["B", "kB", "MB", "GB", "TB", "PB", "EB"])
}

/// Bits a second with a unit, to three digits.
pub(crate) fn rate(bits_per_second: u64) -> String {
    scaled(bits_per_second, &["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s", "Pbit/s", "Ebit/s"])
}

fn scaled(value: u64, units: &[&str]) -> String {
    let mut scaled = value as f64;
    let mut unit = 0;
    // 999.5 would be printed as 1000, which is one of the next unit.
    while scaled >= 999.5 && unit + 1 < units.len() {
        scaled /= 1_000.0;
        unit += 1;
    }
    let digits = match scaled {
        _ if unit == 0 => 0,
        small if small < 9.995 => 2,
        middle if middle < 99.95 => 1,
        _ => 0,
    };
    format!("{scaled:.digits$} {}", units.get(unit).copied().unwrap_or_default())
}

/// A text from outside without what a terminal would obey.
pub(crate) fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() { printable.extend(letter.escape_default()) } else { printable.push(letter) }
    }
    printable
}

/// The two ends of an interval of octets.
pub(crate) fn interval(low: u64, high: u64) -> String {
    format!("{} – {}", octets(low), octets(high))
}

/// An IP version for people.
pub(crate) fn ip_version(version: u8) -> String {
    match version {
        0 => "–".into(),
        version => format!("v{version}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_have_three_digits_and_a_unit() {
        for (value, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.00 kB"),
            (12_345, "12.3 kB"),
            (999_499, "999 kB"),
            (999_500, "1.00 MB"),
            (u64::MAX, "18.4 EB"),
        ] {
            assert_eq!(octets(value), text);
        }
        assert_eq!(rate(41_234_000_000), "41.2 Gbit/s");
    }

    #[test]
    fn text_from_outside_cannot_steer_the_terminal() {
        assert_eq!(printable("Ethernet1\u{1b}[2J\n é"), "Ethernet1\\u{1b}[2J\\n é");
    }

    #[test]
    fn a_table_has_its_head_and_no_trailing_blanks() {
        let text = table(&[("who", Align::Left), ("n", Align::Right)], [vec!["a".to_owned(), "10".to_owned()]]);
        assert_eq!(text.lines().count(), 2);
        assert!(text.lines().all(|line| line == line.trim_end()), "{text:?}");
    }
}
