//! Every text of the pages, in one struct per language, so that a language without one of them does not compile.
//!
//! Sentences are templates: `{word}` stands for a figure that is put in by [`fill`], in whatever order the language wants.

pub(crate) mod budget;
pub(crate) mod causes;
mod en;
pub(crate) mod local;
pub(crate) mod places;
pub(crate) mod ports;
pub(crate) mod quality;
pub(crate) mod shipping;

use std::borrow::Cow;

use maud::{Markup, PreEscaped, html};

/// The texts of one language.
pub(crate) struct Texts {
    /// BCP 47 tag.
    pub(crate) tag: &'static str,
    pub(crate) skip: &'static str,
    pub(crate) pages: &'static str,
    pub(crate) overview: &'static str,
    pub(crate) matrix: &'static str,
    pub(crate) exporters: &'static str,
    pub(crate) range: &'static str,
    pub(crate) filter: &'static str,
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    pub(crate) ip_version: &'static str,
    pub(crate) vlan: &'static str,
    pub(crate) any: &'static str,
    pub(crate) not_ip: &'static str,
    pub(crate) show: &'static str,
    pub(crate) theme: &'static str,
    pub(crate) method: &'static str,
    pub(crate) live: &'static str,
    pub(crate) between: &'static str,
    pub(crate) carries_now: &'static str,
    pub(crate) carried: &'static str,
    pub(crate) carries_nothing: &'static str,
    /// Nothing is sampled at present.
    pub(crate) hears_nothing: &'static str,
    pub(crate) of_span: &'static str,
    pub(crate) rests_on: &'static str,
    pub(crate) gaps: &'static str,
    pub(crate) traffic: &'static str,
    pub(crate) traffic_by: &'static str,
    pub(crate) traffic_sees: &'static str,
    pub(crate) as_table: &'static str,
    pub(crate) csv: &'static str,
    pub(crate) time: &'static str,
    pub(crate) measured: &'static str,
    pub(crate) mean: &'static str,
    pub(crate) peak: &'static str,
    pub(crate) p95: &'static str,
    pub(crate) p95_of: &'static str,
    pub(crate) attention: &'static str,
    pub(crate) attention_none: &'static str,
    pub(crate) unattributed: &'static str,
    pub(crate) unattributed_detail: &'static str,
    pub(crate) silent: &'static str,
    pub(crate) silent_detail: &'static str,
    pub(crate) lost: &'static str,
    pub(crate) lost_detail: &'static str,
    pub(crate) lost_records_title: &'static str,
    pub(crate) lost_records_detail: &'static str,
    pub(crate) unscalable: &'static str,
    pub(crate) unscalable_detail: &'static str,
    pub(crate) kernel_drops: &'static str,
    pub(crate) kernel_drops_detail: &'static str,
    pub(crate) strangers_seen: &'static str,
    pub(crate) strangers_detail: &'static str,
    pub(crate) directory_refused: &'static str,
    pub(crate) directory_warning: &'static str,
    pub(crate) directory_more: &'static str,
    pub(crate) store_failing: &'static str,
    pub(crate) windows_lost: &'static str,
    pub(crate) windows_lost_detail: &'static str,
    pub(crate) top_members: &'static str,
    pub(crate) top_pairs: &'static str,
    pub(crate) all_pairs: &'static str,
    pub(crate) member: &'static str,
    pub(crate) sends: &'static str,
    pub(crate) receives: &'static str,
    pub(crate) peers: &'static str,
    pub(crate) sender: &'static str,
    pub(crate) receiver: &'static str,
    pub(crate) rate: &'static str,
    pub(crate) interval: &'static str,
    pub(crate) share: &'static str,
    pub(crate) samples: &'static str,
    pub(crate) others: &'static str,
    pub(crate) from_flows: &'static str,
    pub(crate) set_aside: &'static str,
    pub(crate) empty: &'static str,
    pub(crate) pairs_exchange: &'static str,
    pub(crate) half_of: &'static str,
    pub(crate) matrix_caption: &'static str,
    pub(crate) matrix_hint: &'static str,
    pub(crate) members_shown: &'static str,
    pub(crate) order: &'static str,
    pub(crate) order_volume: &'static str,
    pub(crate) order_name: &'static str,
    pub(crate) order_asn: &'static str,
    pub(crate) legend: &'static str,
    pub(crate) legend_few: &'static str,
    pub(crate) legend_none: &'static str,
    pub(crate) legend_unseen: &'static str,
    pub(crate) pairs_caption: &'static str,
    pub(crate) more_pairs: &'static str,
    pub(crate) exporters_heard: &'static str,
    pub(crate) exporters_none: &'static str,
    pub(crate) exporters_caption: &'static str,
    pub(crate) exporter: &'static str,
    pub(crate) protocol: &'static str,
    pub(crate) state: &'static str,
    pub(crate) state_ok: &'static str,
    pub(crate) state_silent: &'static str,
    pub(crate) state_lossy: &'static str,
    pub(crate) last_heard: &'static str,
    pub(crate) ago: &'static str,
    pub(crate) datagrams: &'static str,
    pub(crate) lost_short: &'static str,
    pub(crate) flow_records: &'static str,
    pub(crate) templates: &'static str,
    pub(crate) sampling: &'static str,
    pub(crate) sampling_unknown: &'static str,
    pub(crate) counters: &'static str,
    pub(crate) malformed: &'static str,
    pub(crate) restarts: &'static str,
    pub(crate) listeners: &'static str,
    pub(crate) listeners_caption: &'static str,
    pub(crate) address: &'static str,
    pub(crate) threads: &'static str,
    pub(crate) buffer: &'static str,
    pub(crate) received: &'static str,
    pub(crate) dropped: &'static str,
    pub(crate) truncated: &'static str,
    pub(crate) skipped: &'static str,
    pub(crate) skipped_caption: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) count: &'static str,
    pub(crate) skipped_none: &'static str,
    pub(crate) strangers: &'static str,
    pub(crate) strangers_caption: &'static str,
    pub(crate) strangers_more: &'static str,
    pub(crate) keeping: &'static str,
    pub(crate) uptime: &'static str,
    pub(crate) windows: &'static str,
    pub(crate) newest: &'static str,
    pub(crate) directory: &'static str,
    pub(crate) directory_holds: &'static str,
    pub(crate) directory_none: &'static str,
    pub(crate) problem_back: &'static str,
    pub(crate) not_found: &'static str,
    /// How sure a figure is.
    pub(crate) quality: quality::Quality,
    /// How much was lost, where.
    pub(crate) budget: budget::Budget,
    pub(crate) local: local::Local,
    /// From where is known where addresses are.
    pub(crate) places: places::Places,
    /// The page of ports.
    pub(crate) ports: ports::Ports,
    /// What figures may be wrong by.
    pub(crate) causes: causes::Causes,
    pub(crate) shipping: shipping::Shipping,
    /// Why traffic is not between two known members: its name in answers, and for people.
    pub(crate) reasons: &'static [(&'static str, &'static str)],
    /// Why something was stepped over: its name in counters, and for people.
    pub(crate) skips: &'static [(&'static str, &'static str)],
}

impl Texts {
    /// Why traffic is not between two known members; its bare name where there is no text for it.
    pub(crate) fn reason(&self, name: &str) -> Cow<'static, str> {
        told(self.reasons, name)
    }

    /// Why something was stepped over; its bare name where there is no text for it.
    pub(crate) fn skip_reason(&self, name: &str) -> Cow<'static, str> {
        told(self.skips, name)
    }
}

fn told(texts: &'static [(&'static str, &'static str)], name: &str) -> Cow<'static, str> {
    texts.iter().find(|(known, _)| *known == name).map_or_else(|| Cow::Owned(name.replace('_', " ")), |(_, text)| Cow::Borrowed(*text))
}

/// English, the language in which all texts exist first.
pub(crate) const EN: &Texts = &en::TEXTS;

/// Puts markup in the places of a template; a place without one is left out.
pub(crate) fn fill(template: &str, places: &[(&str, Markup)]) -> Markup {
    let mut rest = template;
    let mut filled = String::with_capacity(template.len() * 2);
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        filled.push_str(&html! { (before) }.into_string());
        if let Some((_, markup)) = places.iter().find(|(place, _)| *place == name) {
            filled.push_str(&markup.0);
        }
        rest = after;
    }
    filled.push_str(&html! { (rest) }.into_string());
    PreEscaped(filled)
}

/// [`fill`] with plain text.
pub(crate) fn say(template: &str, places: &[(&str, &str)]) -> Markup {
    let places: Vec<(&str, Markup)> = places.iter().map(|(name, text)| (*name, html! { (text) })).collect();
    fill(template, &places)
}

#[cfg(test)]
mod tests {
    use schema::Reason;

    use super::*;

    #[test]
    fn places_are_filled_and_escaped() {
        assert_eq!(say("<{a}> of {b}.", &[("b", "1 & 2"), ("a", "x")]).0, "&lt;x&gt; of 1 &amp; 2.");
        assert_eq!(say("{missing} end {open", &[]).0, " end ");
    }

    #[test]
    fn every_reason_of_the_matrix_has_a_text_and_none_is_told_twice() {
        for reason in Reason::ALL.into_iter().filter(|reason| *reason != Reason::Attributed) {
            assert!(EN.reasons.iter().any(|(name, _)| *name == reason.name()), "{}", reason.name());
        }
        for texts in [EN.reasons, EN.skips] {
            for (name, text) in texts {
                assert_eq!(texts.iter().filter(|(other, _)| other == name).count(), 1, "{name}");
                assert!(!text.contains('_'), "{text}");
            }
        }
        assert_eq!(EN.skip_reason("of_a_later_version"), "of a later version");
    }
}
