//! What is said of a re-attribution before it is made.

use std::fmt::Write;
use std::path::Path;

use directory::Snapshot;

use super::plan::{Move, Place, Plan};
use crate::commands::members::matching::Days;
use crate::commands::members::unknown::figures;
use crate::commands::question::with_asn;
use crate::tables::{self, Align, table};

/// What moves, and what does not and why.
pub(super) fn text(plan: &Plan, list: &Snapshot, days: Days, file: &Path) -> String {
    let mut text = if plan.moves.is_empty() { nothing(plan, days, file) } else { moves(plan, list) };
    for (place, divided) in &plan.divided {
        let days: Vec<String> = divided.iter().map(ToString::to_string).collect();
        let days = days.join(", ");
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{} stays unknown on {days}: the list's claim begins or ends within the day, and only whole days are moved",
            named(*place)
        );
    }
    for place in &plan.ambiguous {
        let _ = writeln!(text, "{} stays unknown where several members claim it", named(*place));
    }
    if plan.unclaimed > 0 && !plan.moves.is_empty() {
        let _ = writeln!(
            text,
            "{} unknown MAC addresses stay so: the list does not claim them on the days on which they were seen",
            plan.unclaimed
        );
    }
    text
}

fn nothing(plan: &Plan, days: Days, file: &Path) -> String {
    let span = format!("from {} until before {}", days.from, days.until);
    match plan.unclaimed + plan.divided.len() + plan.ambiguous.len() {
        0 => format!("nothing to re-attribute: no unknown MAC address exchanged anything {span}\n"),
        unknown => format!(
            "nothing to re-attribute: of the MAC addresses that were unknown {span} ({unknown}), {} claims none for a whole day\n",
            file.display()
        ),
    }
}

fn moves(plan: &Plan, list: &Snapshot) -> String {
    let heads = [
        ("MAC address", Align::Left),
        ("VLAN", Align::Right),
        ("member", Align::Left),
        ("days", Align::Left),
        ("samples", Align::Right),
        ("sent", Align::Right),
        ("95 % interval", Align::Right),
        ("received", Align::Right),
        ("95 % interval", Align::Right),
    ];
    let row = |to_move: &Move| {
        let (mac, vlan) = to_move.place;
        let member = with_asn(&list.name(to_move.asn), to_move.asn.0);
        let names = [mac.to_string(), tables::vlan(vlan), member, days(to_move.days)];
        names.into_iter().chain(figures(&to_move.sent, &to_move.received)).collect()
    };
    table(&heads, plan.moves.iter().map(row)) + "\n"
}

fn days(days: Days) -> String {
    if days.from.next() == days.until { days.from.to_string() } else { format!("{} until before {}", days.from, days.until) }
}

fn named((mac, vlan): Place) -> String {
    if vlan == 0 { mac.to_string() } else { format!("{mac} in VLAN {vlan}") }
}

#[cfg(test)]
mod tests {
    use schema::{Asn, Mac};
    use store::answer::Estimate;

    use super::*;

    fn place(last: u8) -> Place {
        (Mac::new([2, 0, 0, 0, 0, last]), 7)
    }

    fn span() -> Days {
        Days { from: "2026-11-01".parse().unwrap(), until: "2026-11-03".parse().unwrap() }
    }

    fn said(plan: &Plan) -> String {
        text(plan, &Snapshot::empty(), span(), Path::new("members.toml"))
    }

    #[test]
    fn that_nothing_moves_is_a_sentence_that_says_why() {
        assert!(said(&Plan::default()).starts_with("nothing to re-attribute: no unknown MAC address"));
        let plan = Plan { unclaimed: 3, ..Plan::default() };
        let expected = "nothing to re-attribute: of the MAC addresses that were unknown from 2026-11-01 until before 2026-11-03 (3), members.toml claims none for a whole day\n";
        assert_eq!(said(&plan), expected);
    }

    #[test]
    fn what_moves_is_a_table_and_what_does_not_is_said() {
        let sent = Estimate { samples: 3, bytes: 3_000, bytes_low: 1_000, bytes_high: 5_000, ..Estimate::default() };
        let to_move = Move { place: place(1), asn: Asn(64500), days: span(), sent, received: Estimate::default() };
        let divided = vec![(place(1), vec!["2026-11-03".parse().unwrap()])];
        let text = said(&Plan { moves: vec![to_move], divided, ambiguous: vec![place(2)], unclaimed: 4 });
        let row = text.lines().nth(1).unwrap();
        for part in ["02:00:00:00:00:01", "AS64500", "2026-11-01 until before 2026-11-03", "3.00 kB", "1.00 kB – 5.00 kB"] {
            assert!(row.contains(part), "{part} in {row}");
        }
        assert!(text.contains("02:00:00:00:00:01 in VLAN 7 stays unknown on 2026-11-03"), "{text}");
        assert!(
            text.contains("02:00:00:00:00:02 in VLAN 7 stays unknown where several") && text.contains("4 unknown MAC addresses"),
            "{text}"
        );
    }
}
