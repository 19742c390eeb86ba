//! Requests to the router, without a socket.

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use dashboards::Site;
use schema::Timestamp;
use schema::status::Status;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::site;

/// One answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// The router over a journal of its own.
pub(crate) struct Served {
    router: Router,
    status: Arc<ArcSwap<Status>>,
    _dir: tempfile::TempDir,
}

impl Served {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// With a site that is changed first.
    pub(crate) fn with(change: impl FnOnce(&mut Site)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut site = site::site(dir.path(), 12, 30, Timestamp::now());
        change(&mut site);
        let status = Arc::clone(&site.status);
        Self { router: dashboards::router(site), status, _dir: dir }
    }

    pub(crate) async fn get(&self, address: &str) -> Answer {
        self.ask(Request::get(address).header(header::HOST, "127.0.0.1:8080")).await
    }

    pub(crate) async fn ask(&self, request: axum::http::request::Builder) -> Answer {
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// Changes what the collector says of itself.
    pub(crate) fn says(&self, change: impl FnOnce(&mut Status)) {
        let mut status = Status::clone(&self.status.load());
        change(&mut status);
        self.status.store(Arc::new(status));
    }
}
