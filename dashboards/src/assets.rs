//! Scripts and styles, as `web/` was built to; their names carry their content's hash.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};
use serde::Deserialize;

use crate::problem::Problem;
use crate::site::Hall;

#[derive(RustEmbed)]
#[folder = "web/dist"]
struct Dist;

/// One entry of Vite's manifest.
#[derive(Deserialize)]
struct Chunk {
    file: String,
    #[serde(default)]
    css: Vec<String>,
}

/// The files that a page links to.
pub(crate) struct Bundle {
    /// Runs before the first drawing, so that the chosen theme is there at once.
    pub(crate) theme: String,
    /// Runs after the page is read.
    pub(crate) main: String,
    /// Style sheets.
    pub(crate) styles: Vec<String>,
}

impl Bundle {
    /// The bundle inside this program. A page without its scripts is still complete, so a broken manifest is only logged.
    pub(crate) fn embedded() -> Self {
        let manifest = Dist::get(".vite/manifest.json").and_then(|file| serde_json::from_slice(&file.data).ok());
        let chunks: BTreeMap<String, Chunk> = manifest.unwrap_or_else(|| {
            tracing::error!("the pages were built without a readable manifest; they are served without scripts and styles");
            BTreeMap::new()
        });
        let address = |file: &String| format!("/{file}");
        let script = |entry: &str| chunks.get(entry).map(|chunk| address(&chunk.file)).unwrap_or_default();
        let styles = chunks.get("src/main.ts").map(|chunk| chunk.css.iter().map(address).collect());
        Self { theme: script("src/theme.ts"), main: script("src/main.ts"), styles: styles.unwrap_or_default() }
    }
}

/// A file under `/assets/`: its name changes with its content, so it may be kept for ever.
pub(crate) async fn asset(State(_): State<Arc<Hall>>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(file) = Dist::get(&format!("assets/{name}")) else {
        return Problem::not_found("there is no such file; reload the page, which may be of an older version").into_response();
    };
    sent(&name, file, headers.get(header::IF_NONE_MATCH))
}

fn sent(name: &str, file: EmbeddedFile, known: Option<&HeaderValue>) -> Response {
    let digest = file.metadata.sha256_hash();
    // Weak, since the same content is also sent compressed.
    let tag: String = digest.iter().take(12).fold("W/\"".to_owned(), |tag, octet| format!("{tag}{octet:02x}")) + "\"";
    if known.is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    let headers = [
        (header::CONTENT_TYPE, kind_of(name).to_owned()),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()),
        (header::ETAG, tag),
    ];
    (headers, file.data.into_owned()).into_response()
}

fn kind_of(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}
