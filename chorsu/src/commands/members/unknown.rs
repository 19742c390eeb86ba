//! `chorsu members unknown`: the MAC addresses that no member claims.

use store::answer::Estimate;
use store::unknown::{UnknownMac, UnknownMacsAnswer, UnknownOthers};

use crate::cli::Question;
use crate::commands::question::{Archive, covering, show};
use crate::failure::{Context, Outcome};
use crate::tables::{self, Align, table};

/// Addresses that are shown if it is not told how many.
const TOP: usize = 50;

pub(super) fn unknown(asked: &Question) -> Outcome {
    let archive = Archive::open(asked)?;
    let answer = archive.reader.unknown_macs(&archive.question, Some(asked.top.unwrap_or(TOP)), &[]).plain()?;
    show(&answer, asked.format, UnknownMacsAnswer::to_batch, text)
}

fn text(answer: &UnknownMacsAnswer) -> String {
    let covering = covering(&answer.coverage);
    if answer.macs.is_empty() {
        return covering + "every MAC address that exchanged something belongs to a member\n";
    }
    let heads = [
        ("MAC address", Align::Left),
        ("VLAN", Align::Right),
        ("days", Align::Left),
        ("samples", Align::Right),
        ("sent", Align::Right),
        ("95 % interval", Align::Right),
        ("received", Align::Right),
        ("95 % interval", Align::Right),
    ];
    let others = (answer.others.macs > 0).then(|| others(&answer.others));
    covering + &table(&heads, answer.macs.iter().map(row).chain(others))
}

fn row(seen: &UnknownMac) -> Vec<String> {
    let days = tables::days(seen.first_day, seen.last_day);
    let names = [seen.mac.to_string(), tables::vlan(seen.vlan), days];
    names.into_iter().chain(figures(&seen.sent, &seen.received)).collect()
}

fn others(others: &UnknownOthers) -> Vec<String> {
    let names = [format!("{} others", others.macs), String::new(), String::new()];
    names.into_iter().chain(figures(&others.sent, &others.received)).collect()
}

/// Samples of both directions, and the volume of each.
pub(super) fn figures(sent: &Estimate, received: &Estimate) -> [String; 5] {
    let [sent_octets, sent_interval] = volume(sent);
    let [received_octets, received_interval] = volume(received);
    [(sent.samples + received.samples).to_string(), sent_octets, sent_interval, received_octets, received_interval]
}

fn volume(estimate: &Estimate) -> [String; 2] {
    match estimate.samples {
        0 => ["–".into(), "–".into()],
        _ => [tables::octets(estimate.bytes), tables::interval(estimate.bytes_low, estimate.bytes_high)],
    }
}
