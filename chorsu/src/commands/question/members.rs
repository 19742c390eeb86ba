//! `chorsu members`: what each member sent and received.

use store::answer::{Estimate, MembersAnswer, Quality, Unseen};

use super::{Archive, covering, show, with_asn};
use crate::cli::Traffic;
use crate::failure::{Context, Outcome};
use crate::tables::{self, Align, table};

pub(crate) fn members(asked: &Traffic) -> Outcome {
    let archive = Archive::of_traffic(asked)?;
    let answer = archive.reader.members(&archive.question, &archive.registered(), &[]).plain()?;
    show(&answer, asked.question.format, MembersAnswer::to_batch, text)
}

fn text(answer: &MembersAnswer) -> String {
    let heads = [
        ("member", Align::Left),
        ("sent", Align::Right),
        ("95 % interval", Align::Right),
        ("counters", Align::Left),
        ("received", Align::Right),
        ("95 % interval", Align::Right),
        ("counters", Align::Left),
        ("peers", Align::Right),
    ];
    let rows = answer.members.iter().map(|traffic| {
        let mut row = vec![with_asn(&traffic.member.name, traffic.member.asn)];
        for estimate in [&traffic.sent, &traffic.received] {
            row.extend(columns(estimate, answer.unseen));
        }
        row.push(traffic.peers.to_string());
        row
    });
    covering(&answer.coverage) + &table(&heads, rows) + note(answer)
}

/// A figure, its interval, and what counters say of it. Where nothing was sampled, it is less than what would have shown.
fn columns(estimate: &Estimate, unseen: Option<Unseen>) -> [String; 3] {
    if estimate.samples > 0 {
        let interval = tables::interval(estimate.bytes_low, estimate.bytes_high);
        return [tables::rate(estimate.bits_per_second), interval, tables::quality(estimate)];
    }
    let figure = unseen.map_or_else(|| tables::rate(0), |unseen| format!("< {}", tables::rate(unseen.bits_per_second_high)));
    [figure, "–".into(), "–".into()]
}

/// What is said below the table where counters do not agree.
fn note(answer: &MembersAnswer) -> &'static str {
    let differs = |estimate: &Estimate| estimate.quality == Quality::Differs;
    if answer.members.iter().any(|traffic| differs(&traffic.sent) || differs(&traffic.received)) { tables::DIFFER_NOTE } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_without_samples_is_shown_below_what_would_have_shown() {
        let unseen = Unseen { bytes_high: 1, bits_per_second_high: 41_200_000 };
        assert_eq!(columns(&Estimate::default(), Some(unseen)), ["< 41.2 Mbit/s", "–", "–"]);
        let seen = Estimate { samples: 1, bits_per_second: 5, bytes_low: 1, bytes_high: 9, ..Estimate::default() };
        assert_eq!(columns(&seen, Some(unseen)), ["5 bit/s", "1 B – 9 B", "–"]);
    }
}
