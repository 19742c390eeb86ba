//! The pages: complete as HTML, with their tables, before any script runs.

mod address;
mod attention;
mod cells;
mod exporters;
mod heatmap;
mod layout;
mod local;
mod matrix;
mod overview;
mod ports;
mod quality;
mod series;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{Markup, html};
use schema::Timestamp;
use store::StoreError;

use crate::api::Pairs;
use crate::asked::{Asked, asked};
use crate::messages::{EN, Texts};
use crate::problem::Problem;
use crate::reading::{Reading, read};
use crate::site::Hall;
use layout::{Frame, Place};

pub(crate) fn routes() -> Router<Arc<Hall>> {
    Router::new().route("/", get(overview)).route("/matrix", get(matrix)).route("/ports", get(ports)).route("/exporters", get(exporters))
}

async fn overview(State(hall): State<Arc<Hall>>, Query(pairs): Pairs) -> Response {
    shown(&hall, Place::Overview, &pairs, &["top", "raked"], overview::seen, overview::body).await
}

async fn matrix(State(hall): State<Arc<Hall>>, Query(pairs): Pairs) -> Response {
    shown(&hall, Place::Matrix, &pairs, &["top", "order", "raked"], matrix::seen, matrix::body).await
}

async fn ports(State(hall): State<Arc<Hall>>, Query(pairs): Pairs) -> Response {
    shown(&hall, Place::Ports, &pairs, &[], ports::seen, ports::body).await
}

async fn exporters(State(hall): State<Arc<Hall>>, Query(pairs): Pairs) -> Response {
    shown(&hall, Place::Exporters, &pairs, &[], exporters::seen, exporters::body).await
}

/// What a page's body is drawn from, beside what it has read.
pub(crate) struct Scene<'a> {
    pub(crate) asked: &'a Asked,
    pub(crate) pairs: &'a [(String, String)],
    pub(crate) texts: &'static Texts,
    pub(crate) now: Timestamp,
}

/// Reads the parameters, lets `look` read what the page shows, and draws it.
async fn shown<T: Send + 'static>(
    hall: &Arc<Hall>,
    place: Place,
    pairs: &[(String, String)],
    known: &[&str],
    look: fn(&Reading, &Asked) -> Result<T, StoreError>,
    draw: fn(&Scene<'_>, &T) -> Markup,
) -> Response {
    let now = Timestamp::now();
    let asked = match asked(pairs, known, now) {
        Ok(asked) => asked,
        Err(problem) => return refused(hall, &problem),
    };
    let question = asked.clone();
    match read(hall, move |reading| look(reading, &question)).await {
        Ok(seen) => {
            let scene = Scene { asked: &asked, pairs, texts: EN, now };
            let frame = Frame { hall, texts: EN, place: Some(place), pairs, asked: Some(&asked) };
            page(StatusCode::OK, &frame.page(place.title(EN), &draw(&scene, &seen)))
        }
        Err(problem) => refused(hall, &problem),
    }
}

fn refused(hall: &Hall, problem: &Problem) -> Response {
    let frame = Frame { hall, texts: EN, place: None, pairs: &[], asked: None };
    let body = html! {
        section.lead {
            h1 { (problem.title()) }
            p.sub { (problem.detail) }
            p { a href="/" { (EN.problem_back) } }
        }
    };
    page(problem.status, &frame.page(problem.title(), &body))
}

/// What is not found: a page for people, a problem for programs.
pub(crate) async fn nowhere(State(hall): State<Arc<Hall>>, uri: Uri) -> Response {
    let problem = Problem::not_found(EN.not_found);
    if uri.path().starts_with("/api/") { problem.into_response() } else { refused(&hall, &problem) }
}

fn page(status: StatusCode, markup: &Markup) -> Response {
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], markup.0.clone()).into_response()
}

/// Distance of the points of a chart: few enough to be told apart.
fn chart_step(length: Duration) -> Duration {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    let step = match length.as_secs() {
        0..=7_200 => MINUTE,
        7_201..=43_200 => 5 * MINUTE,
        43_201..=172_800 => 15 * MINUTE,
        172_801..=1_209_600 => HOUR,
        1_209_601..=5_184_000 => 6 * HOUR,
        _ => 24 * HOUR,
    };
    Duration::from_secs(step)
}
