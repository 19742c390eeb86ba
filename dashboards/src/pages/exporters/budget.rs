//! The loss budget: how much of what the switches should have sampled was lost, stage by stage, until it lay in the store.

use std::time::Duration;

use maud::{Markup, html};
use store::answer::{ExporterHealth, ExportersAnswer, LossBudget, Stage};

use super::super::cells::count_cell;
use crate::figure::{count, percent};
use crate::messages::{Texts, fill, say};
use crate::moment::ago;

/// How much was lost, and mostly where: one sentence for samples, one for flow records, each only where there are any.
pub(super) fn sentences(texts: &Texts, answer: &ExportersAnswer) -> (Option<Markup>, Option<Markup>) {
    let (samples, records) = (summed(answer, true), summed(answer, false));
    let words = &texts.budget;
    let of_samples = sentence(texts, answer, &samples, (words.samples_lost, words.samples_whole));
    (of_samples, sentence(texts, answer, &records, (words.records_lost, words.records_whole)))
}

/// What was lost of samples, or of flow records, at all exporters together.
fn summed(answer: &ExportersAnswer, samples: bool) -> LossBudget {
    let mut sum = LossBudget::default();
    for exporter in answer.exporters.iter().filter(|exporter| is_sflow(exporter) == samples) {
        sum.taken += exporter.loss.taken;
        sum.dropped_by_exporter += exporter.loss.dropped_by_exporter;
        sum.dropped_in_silence += exporter.loss.dropped_in_silence;
        sum.lost_on_the_way += exporter.loss.lost_on_the_way;
        sum.arrived += exporter.loss.arrived;
    }
    sum
}

fn is_sflow(exporter: &ExporterHealth) -> bool {
    exporter.protocol.starts_with("sflow")
}

/// What was lost at the three places that an exporter's own numbers tell of.
pub(super) const fn lost(loss: &LossBudget) -> u64 {
    loss.dropped_by_exporter.saturating_add(loss.dropped_in_silence).saturating_add(loss.lost_on_the_way)
}

fn sentence(texts: &Texts, answer: &ExportersAnswer, loss: &LossBudget, (some, none): (&str, &str)) -> Option<Markup> {
    if loss.taken == 0 {
        return None;
    }
    let all_lost = lost(loss);
    if all_lost == 0 {
        return Some(fill(none, &[("count", html! { strong { (count(loss.arrived)) } })]));
    }
    let places = [("share", html! { strong { (percent(all_lost, loss.taken)) } }), ("where", html! { (mostly(texts, answer, loss)) })];
    Some(fill(some, &places))
}

/// Where most was lost. What was lost on the way was lost in this machine if its kernel dropped at least as much as never came.
fn mostly(texts: &Texts, answer: &ExportersAnswer, loss: &LossBudget) -> &'static str {
    let words = &texts.budget;
    let lost_at = |name: &str| answer.budget.iter().find(|stage| stage.stage == name).map_or(0, |stage| stage.lost);
    let kernel = lost_at("kernel");
    let way = if kernel > 0 && kernel >= lost_at("network") { words.mostly_kernel } else { words.mostly_way };
    let places = [
        (loss.lost_on_the_way, way),
        (loss.dropped_by_exporter, words.mostly_exporter),
        (loss.dropped_in_silence, words.mostly_in_silence),
    ];
    // Of equals the last is taken: what nobody tells of is worth a look first.
    places.into_iter().max_by_key(|(lost, _)| *lost).map_or(way, |(_, words)| words)
}

/// Whether the estimates make up for what was lost; `None` where nothing was.
pub(super) fn made_good(texts: &Texts, answer: &ExportersAnswer) -> Option<Markup> {
    let losing = |made_good: bool| answer.exporters.iter().any(|exporter| lost(&exporter.loss) > 0 && exporter.loss.made_good == made_good);
    let (made_good, missing) = (losing(true), losing(false));
    (made_good || missing).then(|| {
        html! {
            @if made_good { (texts.budget.made_good) }
            @if made_good && missing { " " }
            @if missing { (texts.budget.not_made_good) }
        }
    })
}

/// One stage with the shares of what came into the budget that were there before and after it.
struct Step<'a> {
    stage: &'a Stage,
    before: f64,
    after: f64,
}

/// The stages after one another. Each has a unit of its own, so that shares are multiplied, not counts subtracted.
///
/// Of flow records the network loses what it loses of datagrams: that is told in its row, and taken away once.
fn steps(stages: &[Stage]) -> Vec<Step<'_>> {
    let mut left = 1.0;
    let step = |stage| {
        let before = left;
        if !is_told_twice(stage) {
            left *= 1.0 - share_lost(stage);
        }
        Step { stage, before, after: left }
    };
    stages.iter().filter(|stage| stage.of > 0).map(step).collect()
}

fn is_told_twice(stage: &Stage) -> bool {
    (stage.stage, stage.unit) == ("network", "records")
}

/// Whether a stage tells of time. In minutes without measurement nobody knows what was sampled: they are a gap, and no loss of what came.
fn is_gap(stage: &Stage) -> bool {
    stage.unit == "seconds"
}

fn is_chained(stage: &Stage) -> bool {
    !is_told_twice(stage) && !is_gap(stage)
}

/// The stages of which it is known how much they lost.
fn losing<'a, 's>(steps: &'a [Step<'s>]) -> impl Iterator<Item = &'a Step<'s>> {
    steps.iter().filter(|step| is_chained(step.stage))
}

fn share_lost(stage: &Stage) -> f64 {
    if stage.of == 0 { 0.0 } else { (stage.lost as f64 / stage.of as f64).min(1.0) }
}

/// The panel; nothing where there is no budget.
pub(super) fn panel(texts: &Texts, stages: &[Stage]) -> Markup {
    let steps = steps(stages);
    html! {
        @if !steps.is_empty() {
            section.panel.wide aria-labelledby="budget" {
                header {
                    h2 #budget { (texts.budget.title) }
                    p.note { span.key { i.arrived {} (texts.budget.key_left) } " " span.key { i.lost {} (texts.budget.key_lost) } }
                }
                figure.budget {
                    div.stages aria-hidden="true" { @for columns in columns(&steps) { (picture(texts, columns)) } }
                    figcaption { (sees(texts, &steps)) }
                }
                div.scroll tabindex="0" role="region" aria-labelledby="budget" { (table(texts, &steps)) }
            }
        }
    }
}

/// The steps of one column each: those of the same stage that follow one another.
fn columns<'a, 's>(steps: &'a [Step<'s>]) -> impl Iterator<Item = &'a [Step<'s>]> {
    steps.chunk_by(|one, next| one.stage.stage == next.stage.stage)
}

/// A column that stands on what is left; its lost part hangs at the top with a dashed edge. On narrow pages it lies on its side.
fn picture(texts: &Texts, steps: &[Step<'_>]) -> Markup {
    let (Some(first), Some(last)) = (steps.first(), steps.last()) else { return html! {} };
    let (before, after) = (first.before * 100.0, last.after * 100.0);
    let written = |percent: f64| format!("{percent:.3}");
    let lost = (before > after).then(|| written(before - after));
    html! {
        div.stage .loses[lost.is_some() && !is_gap(last.stage)] .gap[is_gap(last.stage)] {
            b { (worst(steps)) }
            svg.column viewBox="0 0 100 100" preserveAspectRatio="none" focusable="false" {
                rect.left x="0" width="100" y=(written(100.0 - after)) height=(written(after)) {}
                @if let Some(lost) = &lost { rect.gone x="0" width="100" y=(written(100.0 - before)) height=(lost) {} }
            }
            svg.lying viewBox="0 0 100 100" preserveAspectRatio="none" focusable="false" {
                rect.left y="0" height="100" x="0" width=(written(after)) {}
                @if let Some(lost) = &lost { rect.gone y="0" height="100" x=(written(after)) width=(lost) {} }
            }
            span { (texts.budget.stage_named(first.stage.stage)) }
        }
    }
}

/// The largest share that one of the steps took away, of those that are drawn.
fn worst(steps: &[Step<'_>]) -> String {
    let drawn = steps.iter().filter(|step| !is_told_twice(step.stage));
    let largest = drawn.map(|step| step.stage).max_by(|one, other| share_lost(one).total_cmp(&share_lost(other)));
    largest.map_or_else(String::new, |stage| percent(stage.lost, stage.of))
}

/// What one should see: how much is left, where most went, and whether the span has gaps.
fn sees(texts: &Texts, steps: &[Step<'_>]) -> Markup {
    let worst = losing(steps).max_by(|one, other| share_lost(one.stage).total_cmp(&share_lost(other.stage)));
    let gap: u64 = steps.iter().filter(|step| is_gap(step.stage)).map(|step| step.stage.lost).sum();
    let told = match (worst, losing(steps).last()) {
        (Some(worst), Some(last)) if worst.stage.lost > 0 => {
            let name = texts.budget.stage_named(worst.stage.stage).to_lowercase();
            say(texts.budget.sees, &[("left", &left(last.after)), ("lost", &percent(worst.stage.lost, worst.stage.of)), ("stage", &name)])
        }
        _ => html! { (texts.budget.sees_none) },
    };
    let missing = ago(Duration::from_secs(gap));
    html! { (told) @if gap > 0 { " " (say(texts.budget.sees_gap, &[("missing", &missing)])) } }
}

/// What is left, in percent: with digits enough that a small loss does not read as none.
fn left(share: f64) -> String {
    let lost = (1.0 - share) * 100.0;
    let decimals = match lost {
        lost if lost < 0.000_5 => 0,
        lost if lost < 1.0 => 2,
        lost if lost < 10.0 => 1,
        _ => 0,
    };
    let unit = 10_f64.powi(decimals);
    // Rounded down: "100 %" is said of nothing that lost a thing.
    let left = if decimals == 0 { (share * 100.0).round() } else { (share * 100.0 * unit).floor() / unit };
    format!("{left:.*}\u{a0}%", usize::try_from(decimals).unwrap_or(0))
}

fn table(texts: &Texts, steps: &[Step<'_>]) -> Markup {
    let words = &texts.budget;
    html! {
        table.data {
            caption.unseen { (words.title) }
            thead { tr {
                th scope="col" { (words.stage) }
                @for text in [words.lost, words.of] { th.num scope="col" { (text) } }
                th scope="col" { (words.counted_in) }
                @for text in [words.share_lost, words.left] { th.num scope="col" { (text) } }
            } }
            tbody { @for step in steps {
                @let chained = is_chained(step.stage);
                tr {
                    th scope="row" { (words.stage_named(step.stage.stage)) }
                    (count_cell(step.stage.lost)) (count_cell(step.stage.of))
                    td.quiet { (words.unit_named(step.stage.unit)) }
                    td.num .quiet[step.stage.lost == 0] { (percent(step.stage.lost, step.stage.of)) }
                    td.num .quiet[!chained] { @if chained { (left(step.after)) } @else { "–" } }
                }
            } }
        }
    }
}

/// The bar of one exporter's budget: what arrived, and what did not.
pub(super) fn bar(loss: &LossBudget) -> Markup {
    let arrived = loss.arrived as f64 * 100.0 / loss.taken.max(1) as f64;
    let arrived = arrived.clamp(0.0, 100.0);
    html! {
        svg.rod viewBox="0 0 100 12" preserveAspectRatio="none" focusable="false" {
            rect.rod-fill x="0" y="2" height="8" width=(format!("{arrived:.2}")) {}
            @if arrived < 100.0 { rect.gone x=(format!("{arrived:.2}")) y="2" height="8" width=(format!("{:.2}", 100.0 - arrived)) {} }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::EN;

    const fn stage(stage: &'static str, lost: u64, of: u64) -> Stage {
        Stage { stage, lost, of, unit: "samples" }
    }

    #[test]
    fn shares_of_the_stages_multiply() {
        let of_records = Stage { unit: "records", ..stage("network", 5, 10) };
        let stages = [stage("agent", 10, 100), stage("kernel", 0, 0), stage("network", 5, 10), of_records, stage("store", 0, 60)];
        let left: Vec<f64> = steps(&stages).iter().map(|step| step.after).collect();
        let expected = [0.9, 0.45, 0.45, 0.45];
        assert!(left.len() == 4 && left.iter().zip(expected).all(|(left, expected)| (left - expected).abs() < 1e-12), "{left:?}");
        assert_eq!(columns(&steps(&stages)).map(<[Step<'_>]>::len).collect::<Vec<_>>(), [1, 2, 1]);
    }

    #[test]
    fn a_small_loss_does_not_read_as_none() {
        assert_eq!(left(1.0), "100\u{a0}%");
        assert_eq!(left(0.999_97), "99.99\u{a0}%");
        assert_eq!((left(0.95), left(0.45)), ("95.0\u{a0}%".to_owned(), "45\u{a0}%".to_owned()));
    }

    #[test]
    fn the_sentence_names_the_worst_stage() {
        let stages = [stage("agent", 1, 100), stage("network", 30, 100)];
        let text = sees(EN, &steps(&stages)).0;
        assert!(text.contains("69") && text.contains("lost in the network (30\u{a0}%)"), "{text}");
        assert_eq!(sees(EN, &steps(&[stage("agent", 0, 100)])).0, EN.budget.sees_none);
    }

    #[test]
    fn minutes_without_measurement_are_a_gap_and_no_loss() {
        let gap = Stage { unit: "seconds", ..stage("store", 1_800, 3_600) };
        let text = sees(EN, &steps(&[stage("agent", 0, 100), gap])).0;
        assert!(text.starts_with(EN.budget.sees_none) && text.contains("30\u{a0}min"), "{text}");
        assert!(!panel(EN, &[gap]).0.contains("loses"));
    }
}
