//! `chorsu locality`: how much went from where to where.

use store::answer::{Bounds, LocalityAnswer, LocalityFlow, ShareEstimate};

use super::{Archive, covering, show};
use crate::cli::Question;
use crate::failure::{Context, Outcome};
use crate::tables::{self, Align, table};

/// What the share is not.
const LIMITS: &str =
    "that is a share of what was exchanged here: what members take by transit, private peering or from caches inside is not seen\n";

/// What is missing where no address is known.
const NOTHING_KNOWN: &str =
    "no address is known: name files in [economy] of the configuration, and look again at what is collected from then on\n";

pub(crate) fn locality(asked: &Question) -> Outcome {
    let archive = Archive::open(asked)?;
    let answer = archive.reader.locality(&archive.question, &[]).plain()?;
    show(&answer, asked.format, LocalityAnswer::to_batch, text)
}

fn text(answer: &LocalityAnswer) -> String {
    let heads = [
        ("from", Align::Left),
        ("to", Align::Left),
        ("rate", Align::Right),
        ("95 % interval", Align::Right),
        ("share, % (95 %)", Align::Right),
    ];
    let unattributed = (answer.unattributed.bytes > 0).then(|| {
        let estimate = &answer.unattributed;
        let interval = tables::interval(estimate.bytes_low, estimate.bytes_high);
        vec!["unattributed".to_owned(), "–".to_owned(), tables::rate(estimate.bits_per_second), interval, "–".to_owned()]
    });
    covering(&answer.coverage) + &table(&heads, answer.flows.iter().map(row).chain(unattributed)) + "\n" + &said(answer)
}

fn row(flow: &LocalityFlow) -> Vec<String> {
    let LocalityFlow { src, dst, estimate, share } = flow;
    vec![
        src.to_string(),
        dst.to_string(),
        tables::rate(estimate.bits_per_second),
        tables::interval(estimate.bytes_low, estimate.bytes_high),
        share.as_ref().map_or_else(|| "–".into(), tables::share),
    ]
}

/// The share, and what it is and is not.
fn said(answer: &LocalityAnswer) -> String {
    let part = |share: Option<ShareEstimate>| share.map_or_else(|| "–".into(), |share| tables::percent(share.share));
    let Some(Bounds { low, high }) = answer.domestic else { return NOTHING_KNOWN.to_owned() };
    let (low, high) = (tables::percent(low.share), tables::percent(high.share));
    let (attribution, located) = (part(answer.attribution), part(answer.located));
    format!(
        "domestic at both ends: {low} to {high} of what was exchanged\nbetween known members: {attribution}, with both addresses known: {located}\n{LIMITS}"
    )
}

#[cfg(test)]
mod tests {
    use schema::{Locality, Timestamp};
    use store::answer::{Coverage, End, Estimate};

    use super::*;

    fn answer(domestic: Option<Bounds>) -> LocalityAnswer {
        let coverage = Coverage {
            from: Timestamp(0),
            to: Timestamp(60_000),
            step: "1m".into(),
            source: "journal".into(),
            complete: true,
            measured_seconds: 60,
        };
        let share = ShareEstimate { share: 0.5, share_low: 0.4, share_high: 0.6 };
        let estimate = Estimate { bits_per_second: 5_000, bytes_low: 1, bytes_high: 9, ..Estimate::default() };
        let flow = LocalityFlow { src: Locality::Domestic, dst: Locality::LocalCache, estimate, share: Some(share) };
        let unattributed = Estimate { bytes: 7, ..estimate };
        LocalityAnswer { coverage, total: estimate, flows: vec![flow], unattributed, attribution: Some(share), located: None, domestic }
    }

    #[test]
    fn the_share_is_said_with_both_ends_and_what_it_is_not() {
        let end = |share| End { share, centre: share, identified: true };
        let said = text(&answer(Some(Bounds { low: end(0.4), high: end(0.75) })));
        for words in ["domestic at both ends: 40.0 % to 75.0 %", "local_cache", "50.0 % (40.0 – 60.0)", "unattributed", "by transit"] {
            assert!(said.contains(words), "{said}");
        }
    }

    #[test]
    fn where_no_address_is_known_no_share_is_said() {
        let said = text(&answer(None));
        assert!(said.contains("no address is known") && !said.contains("both ends"), "{said}");
    }
}
