//! From where is known in which economy and network an address is, and how old that is.

use maud::{Markup, html};
use schema::status::{PlaceSourceStatus, PlacesStatus, Status};

use super::super::Scene;
use super::super::cells::count_cell;
use crate::messages::{Texts, say};
use crate::moment::{ago, full};

/// The panel of the files.
pub(super) fn panel(scene: &Scene<'_>, status: &Status) -> Markup {
    let (texts, places) = (&scene.texts.places, &status.directory.places);
    html! {
        section.panel.wide aria-labelledby="places" {
            header { h2 #places { (texts.title) } }
            div.scroll data-live="places" tabindex="0" role="region" aria-labelledby="places" {
                @if places.home.is_empty() { p.calm { (texts.none) } }
                @else if places.sources.is_empty() { p.calm { (texts.no_files) } }
                @else { (files(scene, places)) p.more { (say(texts.note, &[("home", &home(places))])) } }
            }
        }
    }
}

/// The home's name; with its economies where it is several.
fn home(places: &PlacesStatus) -> String {
    let codes: Vec<&str> = places.economies.iter().map(schema::Economy::code).collect();
    if codes == [places.home.as_str()] { places.home.clone() } else { format!("{} ({})", places.home, codes.join(", ")) }
}

fn files(scene: &Scene<'_>, places: &PlacesStatus) -> Markup {
    let texts = &scene.texts.places;
    let heads = [texts.data_of, texts.prefixes_4, texts.prefixes_6, texts.networks, texts.left_out];
    html! {
        table.data {
            caption.unseen { (texts.caption) }
            thead { tr {
                th scope="col" { (texts.file) }
                th scope="col" { (texts.is) }
                @for head in heads { th.num scope="col" { (head) } }
            } }
            tbody { @for source in &places.sources { (file(scene, source)) } }
        }
    }
}

fn file(scene: &Scene<'_>, source: &PlaceSourceStatus) -> Markup {
    let texts = &scene.texts.places;
    html! {
        tr {
            th.name scope="row" title=[source.refused.as_ref().or(source.notes.first())] { (source.file) }
            td { (texts.kind(source.kind)) }
            @match source.data_of {
                Some(time) => td.num data-value=(time.millis()) title=(full(time)) { (ago(scene.now.since(time))) },
                None => td.num.quiet { (texts.unread) },
            }
            (count_cell(source.prefixes_4 as u64)) (count_cell(source.prefixes_6 as u64)) (count_cell(source.networks as u64))
            (count_cell(source.left_out))
        }
    }
}

/// Files whose latest version was refused, as sentences.
pub(in crate::pages) fn refused<'s>(status: &'s Status, texts: &Texts) -> impl Iterator<Item = (&'static str, &'s str)> {
    let title = texts.places.refused;
    status.directory.places.sources.iter().filter_map(move |source| Some((title, source.refused.as_deref()?)))
}
