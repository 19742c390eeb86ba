//! `chorsu matrix` and `chorsu top`: who sent how much to whom.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use store::answer::{Estimate, MatrixAnswer, Quality, ShareEstimate};

use super::{Archive, covering, show, with_asn};
use crate::cli::{AnswerFormat, Traffic};
use crate::failure::Outcome;
use crate::tables::{self, Align, table};

/// Pairs that `top` shows if it is not told how many.
const TOP: usize = 20;

/// Members that the printed matrix shows; more would not fit a terminal. The other formats hold all that is asked.
const GRID: usize = 10;

/// Stands in the printed matrix where nothing was sampled.
const NOTHING: &str = "·";

/// Below so many effective samples a figure is no more than a hint.
const HINT: u64 = 30;

pub(crate) fn matrix(asked: &Traffic) -> Outcome {
    let Traffic { question, .. } = asked;
    let top = if question.format == AnswerFormat::Table { None } else { question.top };
    let answer = Archive::of_traffic(asked)?.matrix(top)?;
    show(&answer, question.format, MatrixAnswer::to_batch, |answer| grid(answer, question.top.unwrap_or(GRID)))
}

pub(crate) fn top(asked: &Traffic) -> Outcome {
    let answer = Archive::of_traffic(asked)?.matrix(Some(asked.question.top.unwrap_or(TOP)))?;
    show(&answer, asked.question.format, MatrixAnswer::to_batch, pairs)
}

fn totals(answer: &MatrixAnswer) -> String {
    let (total, unattributed) = (&answer.total, answer.unattributed.all.bytes);
    let share = if total.bytes == 0 { 0.0 } else { unattributed as f64 / total.bytes as f64 };
    let counters = if total.quality == Quality::Unchecked { String::new() } else { format!(", counters {}", tables::quality(total)) };
    let attribution = answer.attribution.as_ref().map_or_else(String::new, |part| format!("attributed {}\n", tables::share(part)));
    let flows = if total.interval_is_lower_bound { tables::FLOWS_NOTE } else { "" };
    format!(
        "{}\ntotal {} ({}){counters}, {} of it unattributed\n{attribution}{flows}\n",
        covering(&answer.coverage).trim_end_matches('\n'),
        tables::rate(total.bits_per_second),
        tables::interval(total.bytes_low, total.bytes_high),
        tables::percent(share)
    )
}

/// Whether it rests on too few samples to be more than a hint.
fn is_hint(estimate: &Estimate) -> bool {
    estimate.effective_samples.is_some_and(|samples| samples < HINT)
}

/// Whether the ports' counters do not bear it out.
fn differs(estimate: &Estimate) -> bool {
    estimate.quality == Quality::Differs
}

fn pairs(answer: &MatrixAnswer) -> String {
    let heads = [
        ("from", Align::Left),
        ("to", Align::Left),
        ("rate", Align::Right),
        ("volume", Align::Right),
        ("95 % interval", Align::Right),
        ("share", Align::Right),
        ("samples", Align::Right),
        ("counters", Align::Left),
    ];
    let cells =
        answer.cells.iter().map(|cell| row([named(answer, cell.src), named(answer, cell.dst)], &cell.estimate, cell.share.as_ref()));
    let alone = |name: String, estimate: &Estimate| row([name, String::new()], estimate, None);
    let others = (answer.others.cells > 0).then(|| alone(format!("{} other pairs", answer.others.cells), &answer.others.estimate));
    let unattributed = (answer.unattributed.all.samples > 0).then(|| alone("unattributed".into(), &answer.unattributed.all));
    let any = |is_marked: fn(&Estimate) -> bool| answer.cells.iter().any(|cell| is_marked(&cell.estimate));
    totals(answer) + &table(&heads, cells.chain(others).chain(unattributed)) + &notes(any(is_hint), any(differs), "")
}

fn row(names: [String; 2], estimate: &Estimate, share: Option<&ShareEstimate>) -> Vec<String> {
    let hint = if is_hint(estimate) { "~" } else { "" };
    let figures = [
        tables::rate(estimate.bits_per_second),
        format!("{hint}{}", tables::octets(estimate.bytes)),
        tables::interval(estimate.bytes_low, estimate.bytes_high),
        share.map_or_else(String::new, tables::share),
        estimate.samples.to_string(),
        tables::quality(estimate),
    ];
    names.into_iter().chain(figures).collect()
}

/// What the marks mean, of those that stand in the table.
fn notes(hint: bool, differ: bool, more: &str) -> String {
    let hint = if hint { "~ rests on fewer than 30 effective samples: a hint, no more\n" } else { "" };
    let differ = if differ { tables::DIFFER_NOTE } else { "" };
    let all = [hint, differ, more].concat();
    if all.is_empty() { all } else { format!("\n{all}") }
}

fn named(answer: &MatrixAnswer, asn: u32) -> String {
    answer.members.iter().find(|member| member.asn == asn).map_or_else(|| format!("AS{asn}"), |member| member.name.clone())
}

/// The matrix of the largest members: senders down, receivers across, the rest summed.
fn grid(answer: &MatrixAnswer, size: usize) -> String {
    let shown = largest(answer, size);
    let other = |asn: u32| !shown.contains(&asn);
    let columns: Vec<String> = shown.iter().map(|asn| format!("AS{asn}")).collect();
    let mut heads = vec![("from \\ to", Align::Left)];
    heads.extend(columns.iter().map(|column| (column.as_str(), Align::Right)));
    heads.push(("others", Align::Right));
    let row = |name: String, is_src: &dyn Fn(u32) -> bool| {
        let mut row = vec![name];
        row.extend(shown.iter().map(|dst| together(answer, is_src, &|asn| asn == *dst)));
        row.push(together(answer, is_src, &other));
        row
    };
    let mut rows: Vec<Vec<String>> = shown.iter().map(|src| row(with_asn(&named(answer, *src), *src), &|asn| asn == *src)).collect();
    rows.push(row("others".into(), &other));
    let unseen = answer.unseen.map_or_else(String::new, |unseen| {
        format!("{NOTHING} nothing was sampled: less than {} (95 %)\n", tables::rate(unseen.bits_per_second_high))
    });
    let any = |is_marked: fn(&str) -> bool| rows.iter().flat_map(|row| row.iter().skip(1)).any(|figure| is_marked(figure));
    let unseen = if any(|figure| figure == NOTHING) { unseen } else { String::new() };
    let notes = notes(any(|figure| figure.starts_with('~')), any(|figure| figure.ends_with('≠')), &unseen);
    totals(answer) + &table(&heads, rows) + &notes
}

/// The members that exchanged most, the largest first.
fn largest(answer: &MatrixAnswer, size: usize) -> Vec<u32> {
    let mut weight = BTreeMap::<u32, u64>::new();
    for cell in &answer.cells {
        *weight.entry(cell.src).or_default() += cell.estimate.bytes;
        *weight.entry(cell.dst).or_default() += cell.estimate.bytes;
    }
    let mut largest: Vec<(u32, u64)> = weight.into_iter().collect();
    largest.sort_by_key(|(asn, bytes)| (Reverse(*bytes), *asn));
    largest.into_iter().take(size).map(|(asn, _)| asn).collect()
}

/// The mean rate of some cells together, marked by the least of what is known of them.
fn together(answer: &MatrixAnswer, src: &dyn Fn(u32) -> bool, dst: &dyn Fn(u32) -> bool) -> String {
    let cells = || answer.cells.iter().filter(|cell| src(cell.src) && dst(cell.dst)).map(|cell| &cell.estimate);
    let rate: u64 = cells().map(|estimate| estimate.bits_per_second).sum();
    if rate == 0 {
        return NOTHING.to_owned();
    }
    // A sum of several cells rests on more samples than each of them.
    let hint = if cells().count() == 1 && cells().any(is_hint) { "~" } else { "" };
    let differ = if cells().any(differs) { " ≠" } else { "" };
    format!("{hint}{}{differ}", tables::rate(rate))
}

#[cfg(test)]
mod tests {
    use schema::Timestamp;
    use store::answer::{Coverage, MatrixCell, MemberName, Others, Reasoned, Unseen};

    use super::*;

    fn estimate(bits_per_second: u64, effective: u64, quality: Quality) -> Estimate {
        let counter_factor = (quality != Quality::Unchecked).then_some(1.25);
        let bytes = bits_per_second * 10;
        Estimate {
            samples: effective,
            bytes,
            bytes_low: bytes / 2,
            bytes_high: bytes * 2,
            bits_per_second,
            effective_samples: Some(effective),
            quality,
            counter_factor,
            ..Estimate::default()
        }
    }

    fn answer(unseen: Option<Unseen>) -> MatrixAnswer {
        let coverage = Coverage {
            from: Timestamp(0),
            to: Timestamp(3_600_000),
            step: "1m".into(),
            source: "journal".into(),
            complete: true,
            measured_seconds: 3_600,
        };
        let share = Some(ShareEstimate { share: 0.5, share_low: 0.4, share_high: 0.6 });
        let cell = |src, dst, estimate| MatrixCell { src, dst, estimate, share };
        MatrixAnswer {
            coverage,
            total: estimate(3_000_000, 200, Quality::Agrees),
            unattributed: Reasoned::default(),
            set_aside: Reasoned::default(),
            members: vec![MemberName { asn: 1, name: "One".into() }, MemberName { asn: 2, name: "Two".into() }],
            cells: vec![cell(1, 2, estimate(2_000_000, 100, Quality::Differs)), cell(2, 1, estimate(1_000_000, 7, Quality::Unchecked))],
            others: Others::default(),
            attribution: share,
            unseen,
        }
    }

    #[test]
    fn top_says_of_each_pair_its_share_and_how_sure_it_is() {
        let text = pairs(&answer(None));
        let line = |from: &str| text.lines().find(|line| line.trim_start().starts_with(from)).unwrap();
        assert!(line("One").contains("50.0 % (40.0 – 60.0)") && line("One").ends_with("differ × 1.25"), "{text}");
        assert!(line("Two").contains("~10.0 MB") && !line("One").contains('~'), "{text}");
        assert!(line("total").contains("counters agree × 1.25"), "{text}");
        assert!(text.contains("fewer than 30 effective samples") && text.contains(tables::DIFFER_NOTE), "{text}");
    }

    #[test]
    fn a_pair_of_which_nothing_was_sampled_is_less_than_what_would_have_shown() {
        let unseen = Unseen { bytes_high: 9, bits_per_second_high: 1_230_000 };
        let text = grid(&answer(Some(unseen)), 10);
        assert!(text.contains("· nothing was sampled: less than 1.23 Mbit/s"), "{text}");
        assert!(text.contains("2.00 Mbit/s ≠") && text.contains("~1.00 Mbit/s"), "{text}");
        assert!(!grid(&answer(None), 10).contains("nothing was sampled"));
    }
}
