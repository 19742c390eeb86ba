//! What stands around every page: navigation, time range, filters.

use std::time::Duration;

use maud::{DOCTYPE, Markup, html};
use schema::time::span_text;
use schema::{METHOD_VERSION, Timestamp};

use super::address::{can_be_raked, changed};
use crate::asked::Asked;
use crate::messages::{Texts, say};
use crate::site::Hall;

/// The pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    Overview,
    Matrix,
    Ports,
    Exporters,
}

impl Place {
    const ALL: [Self; 4] = [Self::Overview, Self::Matrix, Self::Ports, Self::Exporters];

    const fn path(self) -> &'static str {
        match self {
            Self::Overview => "/",
            Self::Matrix => "/matrix",
            Self::Ports => "/ports",
            Self::Exporters => "/exporters",
        }
    }

    pub(crate) const fn title(self, texts: &Texts) -> &'static str {
        match self {
            Self::Overview => texts.overview,
            Self::Matrix => texts.matrix,
            Self::Ports => texts.ports.title,
            Self::Exporters => texts.exporters,
        }
    }
}

/// The spans that one click chooses.
const PRESETS: [&str; 5] = ["1h", "6h", "24h", "7d", "30d"];

/// The parameters that the form of the filter writes itself.
const FORM_FIELDS: [&str; 6] = ["from", "to", "range", "ip_version", "vlan", "raked"];

/// One page with what is around it.
pub(crate) struct Frame<'a> {
    pub(crate) hall: &'a Hall,
    pub(crate) texts: &'static Texts,
    pub(crate) place: Option<Place>,
    pub(crate) pairs: &'a [(String, String)],
    pub(crate) asked: Option<&'a Asked>,
}

impl Frame<'_> {
    /// The whole document.
    pub(crate) fn page(&self, title: &str, body: &Markup) -> Markup {
        let (texts, bundle) = (self.texts, &self.hall.bundle);
        html! {
            (DOCTYPE)
            html lang=(texts.tag) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (title) " · " (self.hall.site.exchange.title) }
                    link rel="icon" href="data:,";
                    script src=(bundle.theme) {}
                    @for style in &bundle.styles { link rel="stylesheet" href=(style); }
                    script type="module" src=(bundle.main) {}
                }
                body data-refresh=[self.refresh()] {
                    a.skip href="#main" { (texts.skip) }
                    (self.top())
                    main #main tabindex="-1" { (body) }
                    footer.foot {
                        p { (say(texts.method, &[("method", METHOD_VERSION), ("version", self.hall.site.version)])) }
                    }
                    div #announce .unseen role="status" aria-live="polite" {}
                }
            }
        }
    }

    /// Seconds between refreshes: a span that ends now moves on by itself, a long one slowly.
    fn refresh(&self) -> Option<u64> {
        let range = self.asked?.range?;
        Some((range.as_secs() / 720).clamp(5, 60))
    }

    fn top(&self) -> Markup {
        let texts = self.texts;
        html! {
            header.top {
                a.brand href="/" { (mark()) span { (self.hall.site.exchange.title) } }
                nav.places aria-label=(texts.pages) {
                    @for place in Place::ALL {
                        a href=(changed(place.path(), &self.kept(place), &[])) aria-current=[(self.place == Some(place)).then_some("page")] {
                            (place.title(texts))
                        }
                    }
                }
                @if let (Some(place), Some(asked)) = (self.place, self.asked) {
                    div.tools {
                        (self.presets(place, asked))
                        (self.filter(place, asked))
                        @if asked.range.is_some() {
                            button.live type="button" hidden aria-pressed="true" { span.dot {} (texts.live) }
                        }
                        button.theme type="button" hidden aria-label=(texts.theme) title=(texts.theme) { (half_moon()) }
                    }
                }
            }
        }
    }

    /// The parameters that mean the same on another page.
    fn kept(&self, place: Place) -> Vec<(String, String)> {
        let is_kept = |name: &str| FORM_FIELDS.contains(&name) && (name != "raked" || can_be_raked(place.path()));
        self.pairs.iter().filter(|(name, _)| is_kept(name)).cloned().collect()
    }

    fn presets(&self, place: Place, asked: &Asked) -> Markup {
        let chosen = asked.range.map(span_text);
        let is_chosen = |preset: &str| chosen.as_deref() == schema::time::parse_span(preset).ok().map(span_text).as_deref();
        html! {
            nav.presets aria-label=(self.texts.range) {
                @for preset in PRESETS {
                    a href=(changed(place.path(), self.pairs, &[("from", ""), ("to", ""), ("range", preset)]))
                        aria-current=[is_chosen(preset).then_some("true")] { (preset) }
                }
            }
        }
    }

    fn filter(&self, place: Place, asked: &Asked) -> Markup {
        let (texts, question) = (self.texts, &asked.question);
        let (fixed, version) = (asked.range.is_none(), question.ip_version);
        let filtered = fixed || version.is_some() || question.vlan.is_some() || question.raked;
        html! {
            details.filter .on[filtered] {
                summary { (texts.filter) }
                form method="get" action=(place.path()) {
                    @for (name, value) in self.pairs.iter().filter(|(name, _)| !FORM_FIELDS.contains(&name.as_str())) {
                        input type="hidden" name=(name) value=(value);
                    }
                    label { span { (texts.from) } (moment("from", fixed.then_some(question.from), question.from)) }
                    label { span { (texts.to) } (moment("to", fixed.then_some(question.to), question.to)) }
                    label { span { (texts.ip_version) }
                        select name="ip_version" {
                            option value="" selected[version.is_none()] { (texts.any) }
                            option value="4" selected[version == Some(4)] { "IPv4" }
                            option value="6" selected[version == Some(6)] { "IPv6" }
                            option value="0" selected[version == Some(0)] { (texts.not_ip) }
                        }
                    }
                    label { span { (texts.vlan) }
                        input name="vlan" inputmode="numeric" pattern="[0-9]*" size="6" placeholder=(texts.any) value=[question.vlan];
                    }
                    @if can_be_raked(place.path()) {
                        label { span { (texts.quality.figures) }
                            select name="raked" {
                                option value="" selected[!question.raked] { (texts.quality.as_sampled) }
                                option value="true" selected[question.raked] { (texts.quality.as_counted) }
                            }
                        }
                    }
                    button type="submit" { (texts.show) }
                }
            }
        }
    }
}

/// A field for a moment; its placeholder shows how to write one.
fn moment(name: &str, value: Option<Timestamp>, example: Timestamp) -> Markup {
    let minute = example.floor(Duration::from_secs(60));
    html! { input name=(name) size="20" autocomplete="off" spellcheck="false" placeholder=(minute) value=[value]; }
}

/// The mark: four ways that meet under a dome.
fn mark() -> Markup {
    html! {
        svg.mark viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" focusable="false" {
            path d="M12 2v6M12 16v6M2 12h6M16 12h6" {}
            path d="M12 8a4 4 0 0 1 4 4a4 4 0 0 1-4 4a4 4 0 0 1-4-4a4 4 0 0 1 4-4z" {}
        }
    }
}

fn half_moon() -> Markup {
    html! {
        svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false" {
            circle.ring cx="8" cy="8" r="6" {}
            path.half d="M8 2a6 6 0 0 1 0 12z" {}
        }
    }
}
