//! How much of what is exchanged is domestic at both ends, and what that does not say.

use maud::{Markup, html};
use store::StoreError;
use store::answer::{Bounds, LocalityAnswer, ShareEstimate};
use store::question::Question;

use super::Scene;
use crate::messages::{Texts, fill, say};
use crate::ratio;
use crate::reading::Reading;

/// What the card shows.
pub(super) struct Local {
    /// The name of the home economy.
    home: String,
    answer: LocalityAnswer,
}

/// Reads it; `None` where addresses are not looked at, so that nobody waits for what is not there.
pub(super) fn seen(reading: &Reading, question: &Question) -> Result<Option<Local>, StoreError> {
    let Some(places) = reading.directory.places() else { return Ok(None) };
    let home = places.home().name().to_owned();
    Ok(Some(Local { home, answer: reading.locality(question)? }))
}

/// Draws the card.
pub(super) fn card(scene: &Scene<'_>, local: &Local) -> Markup {
    let texts = scene.texts;
    html! {
        section.panel.wide aria-labelledby="local" {
            header { h2 #local { (texts.local.title) } }
            div data-live="local" {
                @match &local.answer.domestic {
                    Some(bounds) => {
                        p { (fill(texts.local.domestic, &[("share", html! { strong { (between(texts, bounds)) } })])) }
                        p.calm { (rests_on(texts, local)) }
                    }
                    None => p.calm { (texts.local.nothing_known) }
                }
                p.calm { (texts.local.limits) }
            }
        }
    }
}

fn rests_on(texts: &Texts, local: &Local) -> Markup {
    let located = local.answer.located.as_ref().map_or_else(|| "–".to_owned(), |share| ratio::share(share).percent());
    fill(texts.local.rests_on, &[("home", html! { (local.home) }), ("located", html! { (located) })])
}

/// Both ends in percent, rounded outwards.
fn between(texts: &Texts, Bounds { low, high }: &Bounds) -> Markup {
    let middle = f64::midpoint(low.share, high.share);
    let shown = ratio::share(&ShareEstimate { share: middle, share_low: low.share, share_high: high.share });
    match &shown.range {
        Some((low, high)) => say(texts.between, &[("low", low), ("high", &format!("{high}\u{a0}%"))]),
        None => html! { (shown.percent()) },
    }
}
