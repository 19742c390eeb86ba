//! `chorsu share`: how much stays local, between which ends, and what is missing to say more.

use report::books::{Basis, Listed, Row};
use report::{About, Bounds, Declared, Headline, ShareAnswer};
use schema::Month;

use super::{Archive, covering, load, show, with_asn};
use crate::books;
use crate::cli::Share;
use crate::config;
use crate::failure::{Context, Outcome};
use crate::tables::{self, Align, table};

/// Networks that the printed table shows. The other formats hold all.
const SHOWN: usize = 40;

/// Stands where an end is not known.
const UNKNOWN: &str = "?";

pub(crate) fn share(asked: &Share) -> Outcome {
    let config = asked.config.as_deref().map(load).transpose()?;
    let mut share = config.as_ref().map_or_else(config::Share::default, |config| config.share.clone());
    share.volumes = asked.volumes.clone().or(share.volumes);
    let books = books::books(&share)?;
    let mut archive = Archive::open(&asked.question())?;
    if asked.month.is_none() && asked.from.is_none() {
        // `to` is the end of what is kept.
        let last = archive.question.to.minus(std::time::Duration::from_millis(1));
        archive.question.from = Month::of(last).start();
    }
    let home = config.as_ref().and_then(|config| config.economy.as_ref()).map(|economy| economy.home.name());
    let listed = listed(&archive);
    let about = About { economy: home, listed: &listed, books: &books };
    let answer = about.ask(&archive.reader, &archive.question, &[]).plain()?;
    show(&answer, asked.format, ShareAnswer::to_batch, text)
}

fn listed(archive: &Archive) -> Vec<Listed> {
    let members = archive.directory.members().iter();
    members.map(|member| Listed { asn: member.asn, name: member.name.clone(), port_speed: member.speed }).collect()
}

fn text(answer: &ShareAnswer) -> String {
    let account = &answer.account;
    let shares = &account.shares;
    let economy = account.economy.as_deref().map_or_else(String::new, |economy| format!("economy {economy}, "));
    let heads = [("share", Align::Left), ("of", Align::Left), ("low", Align::Right), ("high", Align::Right)];
    let rows = [
        ("accessible", "what reached domestic networks: from inside", shares.accessible),
        ("exchanged", "what came by the exchange from inside, or by transit: by the exchange", shares.exchanged),
        ("domestic–domestic", "what was exchanged: both ends domestic", shares.domestic),
        ("resilience", "what reached domestic networks: left without transit", account.resilience),
    ];
    let rows = rows.map(|(name, of, bounds)| vec![name.to_owned(), of.to_owned(), end(bounds, true), end(bounds, false)]);
    [
        covering(&answer.measured).trim_end().to_owned(),
        format!("\n{economy}method {}, {}\n\n", shares.method, headline(shares.headline)),
        table(&heads, rows),
        coverage(answer),
        volumes(answer),
        members(&account.members),
        listing("decided", &account.notes),
        listing("missing", &account.missing),
        account.resilience_limits.map_or_else(String::new, |limits| format!("\nresilience is {limits}\n")),
        "\ntraffic inside one network is seen nowhere, and is in none of these figures\n".into(),
    ]
    .concat()
}

fn headline(headline: Headline) -> String {
    match headline {
        Headline::Figure(share) => format!("accessible share {}", tables::percent(share)),
        Headline::Range { low, high } => format!("accessible share between {} and {}", tables::percent(low), tables::percent(high)),
        Headline::Nothing => "no share of the economy can be told".into(),
    }
}

fn end(bounds: Option<Bounds>, low: bool) -> String {
    let Some(bounds) = bounds else { return "–".into() };
    let end = if low { bounds.low } else { bounds.high };
    if end.identified { tables::percent(end.share) } else { UNKNOWN.into() }
}

fn coverage(answer: &ShareAnswer) -> String {
    let coverage = &answer.account.shares.coverage;
    let part = |part: Option<f64>| part.map_or_else(|| UNKNOWN.to_owned(), tables::percent);
    format!(
        "\n{} of {} networks tell their transit, with {} of the port speed; attributed {}, of the counters {}\n",
        coverage.reporting,
        coverage.members,
        part(coverage.port_speed),
        part(coverage.attribution),
        part(coverage.counters)
    )
}

fn volumes(answer: &ShareAnswer) -> String {
    let volumes = &answer.account.volumes;
    let rows = [
        ("exchanged", volumes.exchanged),
        ("of it local", volumes.local),
        ("private peering", volumes.private),
        ("caches", volumes.cache),
        ("transit", volumes.transit),
    ];
    let rows = rows.map(|(name, ends)| vec![name.to_owned(), ends_text(ends)]);
    format!("\n{}", table(&[("volume", Align::Left), ("between", Align::Right)], rows))
}

fn members(rows: &[Row]) -> String {
    let heads = [("network", Align::Left), ("transit", Align::Right), ("private", Align::Right), ("cache", Align::Right)];
    let known = |basis: &Basis| format!("{} {}", ends_text(basis.octets), basis.name().replace('_', " "));
    let shown = rows.iter().take(SHOWN).map(|row| {
        let mut columns = vec![with_asn(&row.listed.name, row.listed.asn.0)];
        columns.extend(row.classes().map(|(_, basis)| known(basis)));
        columns
    });
    let more = rows.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!("and {more} more; --format json or csv has all\n") } else { String::new() };
    if rows.is_empty() { String::new() } else { format!("\n{}{more}", table(&heads, shown)) }
}

fn ends_text(ends: Declared) -> String {
    match ends.high {
        Some(high) if high == ends.low => tables::octets(high),
        Some(high) => tables::interval(ends.low, high),
        None => format!("{} – {UNKNOWN}", tables::octets(ends.low)),
    }
}

fn listing(head: &str, sentences: &[String]) -> String {
    let lines: String = sentences.iter().map(|sentence| format!("- {}\n", tables::printable(sentence))).collect();
    if lines.is_empty() { lines } else { format!("\n{head}\n{lines}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use report::End;

    #[test]
    fn an_end_that_nobody_knows_is_not_shown_as_a_figure() {
        let end_of = |share, identified| End { share, centre: share, identified };
        let bounds = Bounds { low: end_of(0.0, false), high: end_of(0.5, true) };
        assert_eq!((end(Some(bounds), true), end(Some(bounds), false), end(None, true)), ("?".into(), "50.0 %".into(), "–".into()));
        assert_eq!(ends_text(Declared { low: 1_000, high: None }), "1.00 kB – ?");
        assert_eq!(ends_text(Declared::between(1_000, 1_000)), "1.00 kB");
    }

    #[test]
    fn the_first_line_says_no_more_than_is_known() {
        assert_eq!(headline(Headline::Nothing), "no share of the economy can be told");
        assert_eq!(headline(Headline::Range { low: 0.2, high: 0.4 }), "accessible share between 20.0 % and 40.0 %");
        assert_eq!(headline(Headline::Figure(0.25)), "accessible share 25.0 %");
    }
}
