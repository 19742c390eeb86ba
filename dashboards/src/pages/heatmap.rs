//! The heat map: the largest members as rows and columns, the rest of them as "others", a logarithmic scale of colours.

use std::collections::HashMap;

use maud::{Markup, html};
use store::answer::{Estimate, Quality, Unseen};
use store::question::Question;

use super::quality::is_hint;
use crate::asked::Order;
use crate::figure::{Bounded, Quantity, below, count, figure, rate_of};
use crate::messages::{Texts, say};
use crate::ratio;

/// Steps of the scale of colours; the style sheet has one colour for each.
const STEPS: usize = 12;

/// Decades that the scale spans under its largest cell; anything smaller takes the first colour.
const DECADES: f64 = 4.0;

/// One row or column: a member, or all members that have no row of their own.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Line {
    /// ASN; `None` for the others.
    pub(super) asn: Option<u32>,
    pub(super) name: String,
    pub(super) sent: Estimate,
    pub(super) received: Estimate,
}

/// What is drawn: the lines, and the cells between them by row and column.
pub(super) struct Grid {
    lines: Vec<Line>,
    cells: Vec<Vec<Estimate>>,
}

/// Adds an estimate to a sum. Cells are independent, so half-widths add by their squares; for the few with skewed intervals this
/// is on the safe side.
fn add(sum: &mut Estimate, other: &Estimate) {
    if sum.samples == 0 {
        *sum = *other;
        return;
    }
    let root = |a: u64, b: u64| (a as f64).hypot(b as f64);
    let below = root(sum.bytes - sum.bytes_low.min(sum.bytes), other.bytes - other.bytes_low.min(other.bytes));
    let above = root(sum.bytes_high.saturating_sub(sum.bytes), other.bytes_high.saturating_sub(other.bytes));
    let variance = variance(sum) + variance(other);
    sum.samples += other.samples;
    sum.packets += other.packets;
    sum.bytes += other.bytes;
    sum.bits_per_second += other.bits_per_second;
    sum.bytes_from_flows += other.bytes_from_flows;
    sum.interval_is_lower_bound |= other.interval_is_lower_bound;
    sum.bytes_low = sum.bytes.saturating_sub(whole(below));
    sum.bytes_high = sum.bytes.saturating_add(whole(above));
    sum.effective_samples = (variance > 0.0).then(|| whole((sum.bytes as f64).powi(2) / variance));
    // Counters speak of senders, not of sums of them.
    (sum.quality, sum.counter_factor) = (sum.quality.min(other.quality), None);
}

/// `S = B²/n`, by the definition of the effective samples; they are rounded down, so that none of them may stand for one half.
fn variance(estimate: &Estimate) -> f64 {
    estimate.effective_samples.map_or(0.0, |samples| (estimate.bytes as f64).powi(2) / (samples as f64).max(0.5))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a half-width is not negative, and `as` saturates")]
fn whole(width: f64) -> u64 {
    width.round() as u64
}

impl Grid {
    /// Lays out `cells` (sender, receiver, how much) over the first `top` of `members`, which come with the largest first.
    pub(super) fn new(members: Vec<Line>, cells: &[(u32, u32, Estimate)], top: usize, order: Order, others: &str) -> Self {
        let mut lines = members;
        let rest = lines.split_off(top.min(lines.len()));
        match order {
            Order::Volume => {}
            Order::Name => lines.sort_by_key(|line| line.name.to_lowercase()),
            Order::Asn => lines.sort_by_key(|line| line.asn),
        }
        if !rest.is_empty() {
            let mut all = Line { asn: None, name: others.to_owned(), sent: Estimate::default(), received: Estimate::default() };
            for line in &rest {
                add(&mut all.sent, &line.sent);
                add(&mut all.received, &line.received);
            }
            lines.push(all);
        }
        let places: HashMap<u32, usize> = lines.iter().enumerate().filter_map(|(place, line)| Some((line.asn?, place))).collect();
        let last = lines.len().saturating_sub(1);
        let place = |asn: &u32| places.get(asn).copied().unwrap_or(last);
        let mut grid = vec![vec![Estimate::default(); lines.len()]; lines.len()];
        for (src, dst, estimate) in cells {
            if let Some(cell) = grid.get_mut(place(src)).and_then(|row| row.get_mut(place(dst))) {
                add(cell, estimate);
            }
        }
        Self { lines, cells: grid }
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    fn largest(&self) -> u64 {
        self.cells.iter().flatten().map(|cell| cell.bits_per_second).max().unwrap_or(0)
    }

    /// Draws the table. Each cell carries its figures as text, so that it is complete without colour and without scripts.
    ///
    /// `unseen` is what a cell without samples may hold all the same.
    pub(super) fn table(&self, texts: &Texts, unseen: Option<&Unseen>) -> Markup {
        let scale = Scale::up_to(self.largest());
        let most = self.lines.iter().map(|line| line.sent.bits_per_second.max(line.received.bits_per_second)).max().unwrap_or(0);
        html! {
            table.heat data-heat {
                caption.unseen { (texts.matrix_caption) }
                thead { tr {
                    td.corner { span.across { (texts.receiver) " →" } span.down { (texts.sender) " ↓" } }
                    @for line in &self.lines { th.col scope="col" title=(title(line)) { span { (line.name) } } }
                    th.col.sum scope="col" { span { (texts.sends) } }
                } }
                tbody {
                    @for (line, cells) in self.lines.iter().zip(&self.cells) {
                        tr {
                            th.row scope="row" title=(title(line)) { span { (line.name) } }
                            @for cell in cells { (scale.cell(texts, cell, unseen)) }
                            td.margin { (margin(&line.sent, most, unseen)) }
                        }
                    }
                }
                tfoot { tr {
                    th.row scope="row" { span { (texts.receives) } }
                    @for line in &self.lines { td.margin.down { (column(&line.received, most, unseen)) } }
                    td {}
                } }
            }
        }
    }

    /// The legend: the colours, with rates at their ends and decades.
    pub(super) fn legend(&self, texts: &Texts, unseen: Option<&Unseen>) -> Markup {
        let scale = Scale::up_to(self.largest());
        html! {
            div.legend aria-hidden="true" {
                span.of { (texts.legend) }
                span { (scale.rate_at(0)) }
                span.ramp { @for step in 0..STEPS { i class={ "h" (step) } {} } }
                span { (scale.rate_at(STEPS)) }
                span.key { i.few.h6 {} (texts.legend_few) }
                span.key { i.none {} (none_seen(texts, unseen)) }
            }
        }
    }
}

/// The logarithmic scale of colours.
struct Scale {
    largest: f64,
}

impl Scale {
    const fn up_to(largest: u64) -> Self {
        Self { largest: largest as f64 }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the steps, and `as` saturates")]
    fn step(&self, rate: u64) -> usize {
        let decades_below = (self.largest.max(1.0) / (rate as f64).max(1.0)).log10();
        let along = (1.0 - decades_below / DECADES).clamp(0.0, 1.0);
        ((along * STEPS as f64) as usize).min(STEPS - 1)
    }

    /// The rate at the lower edge of a step.
    fn rate_at(&self, step: usize) -> String {
        let rate = whole(self.largest * 10_f64.powf((step as f64 / STEPS as f64 - 1.0) * DECADES));
        let half = rate / 20;
        figure(Bounded { value: rate, low: rate - half, high: rate + half }, Quantity::Rate).text()
    }

    fn cell(&self, texts: &Texts, estimate: &Estimate, unseen: Option<&Unseen>) -> Markup {
        if estimate.samples == 0 {
            return html! { td.none { span.unseen { (nothing(unseen)) } } };
        }
        let few = if is_hint(estimate) { " few" } else { "" };
        html! { td class={ "h" (self.step(estimate.bits_per_second)) (few) } { span.unseen { (spoken(texts, estimate)) } } }
    }
}

/// What stands where nothing was sampled: less than what may have passed unseen, and never zero.
fn nothing(unseen: Option<&Unseen>) -> String {
    unseen.map_or_else(|| "–".to_owned(), |unseen| figure(below(Some(unseen)), Quantity::Rate).text())
}

fn none_seen(texts: &Texts, unseen: Option<&Unseen>) -> Markup {
    let Some(unseen) = unseen else { return html! { (texts.legend_none) } };
    let most = Bounded { value: unseen.bits_per_second_high, low: 0, high: unseen.bits_per_second_high };
    say(texts.legend_unseen, &[("rate", &figure(most, Quantity::Rate).text())])
}

fn spoken(texts: &Texts, estimate: &Estimate) -> Markup {
    let shown = figure(rate_of(estimate), Quantity::Rate);
    let range = shown.range.as_ref().map_or_else(String::new, |(low, high)| format!(" ({low}–{high})"));
    html! {
        (shown.text()) (range) ", n\u{a0}=\u{a0}" (count(estimate.samples))
        @if is_hint(estimate) { "; " (say(texts.quality.few, &[("count", &count(estimate.effective_samples.unwrap_or(0)))])) }
        @if let (Quality::Differs, Some(factor)) = (estimate.quality, estimate.counter_factor) {
            "; " (say(texts.quality.differs, &[("factor", &ratio::about(factor))]))
        }
    }
}

fn title(line: &Line) -> String {
    line.asn.map_or_else(|| line.name.clone(), |asn| format!("{} AS{asn}", line.name))
}

/// The rate of a row or column, or less than what may have passed unseen.
fn line_rate(estimate: &Estimate, unseen: Option<&Unseen>) -> Bounded {
    if estimate.samples == 0 { below(unseen) } else { rate_of(estimate) }
}

fn margin(estimate: &Estimate, most: u64, unseen: Option<&Unseen>) -> Markup {
    html! { (super::cells::bar(rate_of(estimate), most)) span { (super::cells::rate(line_rate(estimate, unseen))) } }
}

/// A bar that hangs down from its column.
fn column(estimate: &Estimate, most: u64, unseen: Option<&Unseen>) -> Markup {
    let rate = line_rate(estimate, unseen);
    let down = format!("{:.2}", rate.value as f64 * 100.0 / most.max(1) as f64);
    html! {
        svg.drop viewBox="0 0 12 100" preserveAspectRatio="none" focusable="false" aria-hidden="true" {
            rect.rod-fill x="2" y="0" width="8" height=(down) {}
        }
        span.unseen { (figure(rate, Quantity::Rate).text()) }
    }
}

/// Cells with traffic among `members` members that could exchange, and how many of the largest carry half of all.
pub(super) fn concentration(cells: &[(u32, u32, Estimate)], members: usize) -> (usize, usize, usize) {
    let active = cells.iter().filter(|(src, dst, _)| src != dst).count();
    let half = cells.iter().map(|(_, _, cell)| u128::from(cell.bytes)).sum::<u128>() / 2;
    let mut sizes: Vec<u64> = cells.iter().map(|(_, _, cell)| cell.bytes).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    let reached = sizes.iter().scan(0_u128, |before, size| Some(std::mem::replace(before, *before + u128::from(*size))));
    let carrying = reached.take_while(|before| *before < half).count();
    (active, members * members.saturating_sub(1), carrying)
}

/// The question without its filter by party: the grid shows all parties.
pub(super) fn everyone(question: &Question) -> Question {
    Question { src: None, dst: None, ..question.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(bytes: u64) -> Estimate {
        Estimate {
            samples: 1,
            packets: 1,
            bytes,
            bytes_low: bytes / 2,
            bytes_high: bytes * 2,
            bits_per_second: bytes,
            ..Estimate::default()
        }
    }

    fn line(asn: u32, name: &str) -> Line {
        Line { asn: Some(asn), name: name.to_owned(), sent: estimate(10), received: estimate(10) }
    }

    #[test]
    fn members_without_a_row_are_summed_in_others() {
        let cells = [(1, 2, estimate(8)), (1, 3, estimate(3)), (3, 4, estimate(4)), (4, 1, estimate(5))];
        let members = vec![line(1, "b"), line(2, "a"), line(3, "c"), line(4, "d")];
        let grid = Grid::new(members, &cells, 2, Order::Name, "Others");
        let names: Vec<&str> = grid.lines.iter().map(|line| line.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "Others"]);
        let bytes: Vec<Vec<u64>> = grid.cells.iter().map(|row| row.iter().map(|cell| cell.bytes).collect()).collect();
        assert_eq!(bytes, [[0, 0, 0], [8, 0, 3], [0, 5, 4]]);
        assert_eq!(grid.lines[2].sent.bytes, 20);
    }

    #[test]
    fn sums_keep_an_interval_around_them() {
        let mut sum = estimate(30);
        add(&mut sum, &estimate(40));
        assert_eq!((sum.bytes, sum.bytes_low, sum.bytes_high), (70, 45, 120));
    }

    #[test]
    fn sums_are_as_sure_as_their_parts_together() {
        let part = Estimate { effective_samples: Some(20), quality: Quality::Agrees, counter_factor: Some(1.0), ..estimate(100) };
        let mut sum = Estimate::default();
        add(&mut sum, &part);
        assert_eq!(sum, part);
        add(&mut sum, &part);
        assert_eq!((sum.effective_samples, sum.quality, sum.counter_factor), (Some(40), Quality::Agrees, None));
        add(&mut sum, &Estimate { effective_samples: None, ..estimate(200) });
        assert_eq!((sum.effective_samples, sum.quality), (Some(160), Quality::Unchecked), "what was counted adds no variance");
    }

    #[test]
    fn a_cell_without_samples_is_less_than_something() {
        let unseen = Unseen { bytes_high: 1, bits_per_second_high: 2_900_000 };
        let grid = Grid::new(vec![line(1, "a"), line(2, "b")], &[(1, 2, estimate(8))], 2, Order::Volume, "Others");
        let text = |unseen: Option<&Unseen>| grid.table(crate::messages::EN, unseen).0;
        assert_eq!(text(Some(&unseen)).matches("&lt; 3\u{a0}Mbit/s").count(), 3);
        assert!(!text(None).contains("&lt; "));
    }

    #[test]
    fn the_scale_is_logarithmic_and_ends_at_the_largest() {
        let scale = Scale::up_to(1_000_000);
        assert_eq!((scale.step(1_000_000), scale.step(10_000), scale.step(100), scale.step(1)), (11, 6, 0, 0));
    }

    #[test]
    fn concentration_counts_the_largest_that_carry_half() {
        let cells = [(1, 2, estimate(50)), (2, 1, estimate(30)), (1, 3, estimate(20)), (1, 1, estimate(4))];
        assert_eq!(concentration(&cells, 3), (3, 6, 2));
        assert_eq!(concentration(&[], 0), (0, 0, 0));
    }
}
