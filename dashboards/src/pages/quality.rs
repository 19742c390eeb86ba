//! Marks beside figures that are less sure than they look, and the notes that explain them.

use maud::{Markup, html};
use store::answer::{Estimate, Quality};

use super::address::same_question;
use crate::figure::count;
use crate::messages::{Texts, fill, say};
use crate::ratio;

/// With fewer effective samples a figure is no more than a hint.
pub(super) const FEW: u64 = 30;

/// Whether a figure is no more than a hint.
pub(super) fn is_hint(estimate: &Estimate) -> bool {
    estimate.samples > 0 && estimate.effective_samples.is_some_and(|samples| samples < FEW)
}

/// What has to be said of the figures of one place. A mark that all of them would carry is left out: the note says it once.
pub(super) struct Remarks {
    texts: &'static Texts,
    differs: bool,
    few: bool,
    raked: bool,
    unchecked: bool,
    checked: bool,
}

impl Remarks {
    /// The remarks on these figures.
    pub(super) fn of<'a>(texts: &'static Texts, estimates: impl IntoIterator<Item = &'a Estimate>) -> Self {
        let mut remarks = Self { texts, differs: false, few: false, raked: false, unchecked: false, checked: false };
        for estimate in estimates.into_iter().filter(|estimate| estimate.bytes > 0) {
            remarks.few |= is_hint(estimate);
            match estimate.quality {
                Quality::Unchecked => remarks.unchecked = true,
                Quality::Agrees => remarks.checked = true,
                Quality::Differs => (remarks.checked, remarks.differs) = (true, true),
                Quality::Raked => (remarks.checked, remarks.raked) = (true, true),
            }
        }
        remarks
    }

    /// The marks of one figure.
    pub(super) fn marks(&self, estimate: &Estimate) -> Markup {
        let quality = &self.texts.quality;
        html! {
            @if estimate.bytes > 0 {
                @match estimate.quality {
                    Quality::Differs => (mark("differs", "≠", &say(quality.differs, &[("factor", &factor(estimate))]))),
                    Quality::Unchecked if self.checked => (mark("unchecked", "◦", &html! { (quality.unchecked) })),
                    _ => {}
                }
                @if is_hint(estimate) { (mark("few", "~", &say(quality.few, &[("count", &count(estimate.effective_samples.unwrap_or(0)))]))) }
            }
        }
    }

    /// The notes under the place: one for each mark in it.
    pub(super) fn notes(&self, pairs: &[(String, String)]) -> Markup {
        let quality = &self.texts.quality;
        let ports = ports_link(self.texts, pairs);
        html! {
            @if self.raked || self.differs || self.few || self.unchecked {
                ul.notes {
                    @if self.raked { li { (quality.raked_note) } }
                    @if self.differs { li { (sign("differs", "≠")) (fill(quality.differs_note, &[("ports", ports)])) } }
                    @if self.few { li { (sign("few", "~")) (quality.few_note) } }
                    @if self.unchecked && self.checked { li { (sign("unchecked", "◦")) (quality.unchecked_note) } }
                    @if self.unchecked && !self.checked { li { (quality.none_checked_note) } }
                }
            }
        }
    }
}

/// What counters say of a figure, in words that go on in a sentence.
pub(super) fn in_words(texts: &Texts, estimate: &Estimate) -> Markup {
    let quality = &texts.quality;
    match estimate.quality {
        Quality::Agrees => html! { (quality.total_agrees) },
        Quality::Differs => html! { (mark_alone("differs", "≠")) (say(quality.total_differs, &[("factor", &factor(estimate))])) },
        Quality::Unchecked => html! { (quality.total_unchecked) },
        Quality::Raked => html! { (quality.total_raked) },
    }
}

/// A link to the page of ports for the same span.
pub(super) fn ports_link(texts: &Texts, pairs: &[(String, String)]) -> Markup {
    html! { a href=(same_question("/ports", pairs, &[])) { (texts.ports.title) } }
}

fn factor(estimate: &Estimate) -> String {
    estimate.counter_factor.map_or_else(|| "–".to_owned(), ratio::about)
}

/// A sign with its words for those who do not see it, and for those who point at it.
fn mark(class: &str, sign: &str, words: &Markup) -> Markup {
    html! { span class={ "mark " (class) } title=(words) { (self::sign(class, sign)) span.unseen { "(" (words) ") " } } }
}

fn mark_alone(class: &str, sign: &str) -> Markup {
    html! { span class={ "mark " (class) } { (self::sign(class, sign)) } " " }
}

fn sign(class: &str, sign: &str) -> Markup {
    html! { span class={ "sign " (class) } aria-hidden="true" { (sign) } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::EN;

    fn estimate(quality: Quality, effective: u64) -> Estimate {
        let factor = (quality != Quality::Unchecked).then_some(1.5);
        Estimate { samples: 9, bytes: 1_000, effective_samples: Some(effective), quality, counter_factor: factor, ..Estimate::default() }
    }

    #[test]
    fn what_holds_for_all_is_said_once_and_not_marked() {
        let all = [estimate(Quality::Unchecked, 100), estimate(Quality::Unchecked, 200)];
        let remarks = Remarks::of(EN, &all);
        assert!(remarks.marks(&all[0]).0.is_empty());
        assert!(remarks.notes(&[]).0.contains("No port counter could be held against these figures"));
    }

    #[test]
    fn each_mark_has_its_words_and_its_note() {
        let all = [estimate(Quality::Differs, 100), estimate(Quality::Agrees, 12), estimate(Quality::Unchecked, 100)];
        let remarks = Remarks::of(EN, &all);
        for (estimate, sign, words) in
            [(&all[0], "≠", "port counters say 1.50 times as much"), (&all[1], "~", "as sure as 12 samples"), (&all[2], "◦", "not checked")]
        {
            let marks = remarks.marks(estimate).0;
            assert!(marks.contains(sign) && marks.contains(words), "{marks}");
        }
        let notes = remarks.notes(&[]).0;
        assert!(["≠", "~", "◦"].iter().all(|sign| notes.contains(sign)) && notes.contains("href=\"/ports\""), "{notes}");
    }

    #[test]
    fn nothing_is_said_of_figures_that_are_sure() {
        let sure = [estimate(Quality::Agrees, 400), Estimate::default()];
        let remarks = Remarks::of(EN, &sure);
        assert!(remarks.notes(&[]).0.is_empty() && remarks.marks(&sure[0]).0.is_empty() && remarks.marks(&sure[1]).0.is_empty());
        let counted = Estimate { effective_samples: None, ..sure[0] };
        assert!(!is_hint(&counted), "every packet was counted");
    }
}
