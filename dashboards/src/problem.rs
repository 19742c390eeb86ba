//! What went wrong, as one sentence that a person can act on (RFC 9457).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// A problem: a status, its short title, and the sentence that says what, where, and what to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) detail: String,
}

/// The members of `application/problem+json`; `type` is left at its default, `about:blank`.
#[derive(Serialize)]
struct Details<'a> {
    title: &'a str,
    status: u16,
    detail: &'a str,
}

impl Problem {
    /// The request cannot be understood.
    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, detail: detail.into() }
    }

    /// There is no such thing here.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, detail: detail.into() }
    }

    /// Too many questions at once, or one that takes too long.
    pub(crate) fn busy(detail: impl Into<String>) -> Self {
        Self { status: StatusCode::SERVICE_UNAVAILABLE, detail: detail.into() }
    }

    /// The server failed; the cause is in its log.
    pub(crate) fn internal(detail: impl Into<String>) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, detail: detail.into() }
    }

    /// The status in words.
    pub(crate) fn title(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("Problem")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let details = Details { title: self.title(), status: self.status.as_u16(), detail: &self.detail };
        let body = serde_json::to_vec(&details).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        (self.status, [(header::CONTENT_TYPE, kind)], body).into_response()
    }
}
