//! Accepting connections and finding the handler.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::routing::get;
use axum::{Router, middleware};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use crate::site::{Hall, Site};
use crate::{api, assets, guard, metrics, pages};

/// Connections that are open at the same time; more wait in the kernel. Bounds memory and descriptors.
const MOST_CONNECTIONS: usize = 512;

/// Time to send the head of a request: a client that dribbles it out holds a connection no longer than this.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Octets of a request's head.
const MOST_HEAD_OCTETS: usize = 32 * 1_024;

/// Header lines of a request.
const MOST_HEADERS: usize = 64;

/// Octets of a request's body; no request here needs one.
const MOST_BODY_OCTETS: usize = 64 * 1_024;

/// Time for one answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// Time that open answers get to finish when the server stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Pause after a failed `accept`, as when descriptors have run out: trying again at once would only burn the processor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The routes of the API, the pages and the probes, behind the guard and the limits.
pub fn router(site: Site) -> Router {
    let hall = Arc::new(Hall::new(site));
    Router::new()
        .nest("/api/v1", api::routes())
        .merge(pages::routes())
        .route("/metrics", get(metrics::metrics))
        .route("/healthz", get(api::alive))
        .route("/readyz", get(api::ready))
        .route("/assets/{name}", get(assets::asset))
        .fallback(pages::nowhere)
        .layer(RequestBodyLimitLayer::new(MOST_BODY_OCTETS))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_TIMEOUT))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state(Arc::clone(&hall), guard::guard))
        .with_state(hall)
}

/// Serves the site until `shutdown` is done, then lets open answers finish for a few seconds. A failed connection costs that connection.
pub async fn serve(listener: TcpListener, site: Site, shutdown: impl Future<Output = ()> + Send + 'static) {
    let router = router(site);
    let open = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut shutdown = pin!(shutdown);
    loop {
        let admitted = tokio::select! {
            () = &mut shutdown => break,
            admitted = admitted(&listener, &places) => admitted,
        };
        let Some((stream, place)) = admitted else { continue };
        let service = TowerToHyperService::new(router.clone());
        let connection = open.watch(limits().serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // A client that hangs up in the middle is no event of ours.
            drop(connection.await);
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(STOP_TIMEOUT, open.shutdown()).await.is_err() {
        tracing::warn!("some answers were not finished when the server stopped");
    }
}

fn limits() -> http1::Builder {
    let mut limits = http1::Builder::new();
    limits.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_headers(MOST_HEADERS).max_buf_size(MOST_HEAD_OCTETS);
    limits
}

/// The next connection, once there is a place for it; `None` if accepting failed.
async fn admitted(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => {
            // Only latency is lost where this fails.
            stream.set_nodelay(true).ok();
            Some((stream, place))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}
