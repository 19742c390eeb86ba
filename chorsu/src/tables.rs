//! Answers as tables for a terminal.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use store::answer::{Estimate, LossBudget, Quality, ShareEstimate};
use store::reattribution::Day;

/// What is said where sampled flow records are among what was counted.
pub(crate) const FLOWS_NOTE: &str =
    "part of it came in flow records, which do not tell packets' lengths: intervals are at least as wide as shown\n";

/// What is said where port counters do not bear an estimate out.
pub(crate) const DIFFER_NOTE: &str = "≠, differ: the ports' counters say something else than the samples, by that factor; `chorsu ports` shows where, --raked follows the counters\n";

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

/// A part of a whole, from 0 to 1, as per cent.
pub(crate) fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    // What is not nothing is not shown as nothing, and what is not all is not shown as all.
    match percent {
        nothing if nothing <= 0.0 => "0 %".into(),
        little if little < 0.05 => "< 0.1 %".into(),
        most if (99.95..100.0).contains(&most) => "> 99.9 %".into(),
        _ => format!("{percent:.1} %"),
    }
}

/// A share with its 95 % interval.
pub(crate) fn share(share: &ShareEstimate) -> String {
    format!("{} ({:.1} – {:.1})", percent(share.share), 100.0 * share.share_low, 100.0 * share.share_high)
}

/// What the counters of the ports say of an estimate, with the factor between the two.
pub(crate) fn quality(estimate: &Estimate) -> String {
    let word = match estimate.quality {
        Quality::Unchecked => return "–".into(),
        Quality::Agrees => "agree",
        Quality::Differs => "differ",
        Quality::Raked => "raked",
    };
    estimate.counter_factor.map_or_else(|| word.to_owned(), |factor| format!("{word} × {factor:.2}"))
}

/// What stands above exporters' loss budgets.
pub(crate) const LOSS_HEADS: [(&str, Align); 11] = [
    ("agent", Align::Left),
    ("domain", Align::Right),
    ("from", Align::Left),
    ("protocol", Align::Left),
    ("taken", Align::Right),
    ("dropped by exporter", Align::Right),
    ("dropped in silence", Align::Right),
    ("lost on the way", Align::Right),
    ("arrived", Align::Right),
    ("lost", Align::Right),
    ("made good", Align::Left),
];

/// A loss budget, behind the exporter's four names: what it took is all the others together.
pub(crate) fn loss(loss: &LossBudget) -> [String; 7] {
    let counts = [loss.taken, loss.dropped_by_exporter, loss.dropped_in_silence, loss.lost_on_the_way, loss.arrived];
    let [taken, dropped, silent, way, arrived] = counts.map(|count| count.to_string());
    let good = match (loss.mostly, loss.made_good) {
        (None, _) => "",
        (Some(_), true) => "by the weights",
        (Some(_), false) => "no",
    };
    [taken, dropped, silent, way, arrived, percent(loss.lost_share), good.to_owned()]
}

/// The two ends of an interval of octets.
pub(crate) fn interval(low: u64, high: u64) -> String {
    format!("{} – {}", octets(low), octets(high))
}

/// A VLAN for people.
pub(crate) fn vlan(id: u16) -> String {
    match id {
        0 => "–".into(),
        id => id.to_string(),
    }
}

/// A span of days, the last one included.
pub(crate) fn days(first: Day, last: Day) -> String {
    if first == last { first.to_string() } else { format!("{first} – {last}") }
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
    fn a_share_that_is_neither_nothing_nor_all_does_not_look_like_it() {
        let texts = [0.0, 0.000_1, 0.123_4, 0.999_9, 1.0].map(percent);
        assert_eq!(texts, ["0 %", "< 0.1 %", "12.3 %", "> 99.9 %", "100.0 %"]);
        let estimate = ShareEstimate { share: 0.25, share_low: 0.201, share_high: 0.3 };
        assert_eq!(share(&estimate), "25.0 % (20.1 – 30.0)");
    }

    #[test]
    fn what_counters_say_is_a_word_and_a_factor() {
        let estimate = Estimate { quality: Quality::Differs, counter_factor: Some(1.312), ..Estimate::default() };
        assert_eq!(quality(&estimate), "differ × 1.31");
        assert_eq!(quality(&Estimate::default()), "–");
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
