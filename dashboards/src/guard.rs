//! What every answer carries and every request must: security headers and a `Host` that is ours.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;
use crate::site::Hall;

/// Pages load nothing but their own scripts, styles, pictures and answers, run nothing inline, and are framed by nobody.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Header names and values that every answer carries.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

/// Refuses foreign hosts, and sets the headers on every answer, refusals included.
pub(crate) async fn guard(State(hall): State<Arc<Hall>>, request: Request, next: Next) -> Response {
    let mut response = match host_of(&request) {
        Some(host) if is_ours(&host, &hall.site.hosts) => next.run(request).await,
        host => refused(host.as_deref()).into_response(),
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn refused(host: Option<&str>) -> Problem {
    let detail = match host {
        Some(_) => "the name in `Host` is not one of this server; call it by its address, or add the name to `hosts` in its configuration",
        None => "the request has no readable `Host`; send one",
    };
    Problem { status: StatusCode::MISDIRECTED_REQUEST, detail: detail.to_owned() }
}

/// The host that the request names, without its port.
fn host_of(request: &Request) -> Option<String> {
    let authority = match request.uri().authority() {
        Some(authority) => authority.clone(),
        None => request.headers().get(header::HOST)?.to_str().ok()?.parse::<Authority>().ok()?,
    };
    Some(authority.host().to_ascii_lowercase())
}

/// A literal address names no domain that could be rebound, and `localhost` is ours by RFC 6761; all else must be configured.
fn is_ours(host: &str, hosts: &[String]) -> bool {
    let literal = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    literal.parse::<IpAddr>().is_ok() || host == "localhost" || hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_literal_addresses_localhost_and_configured_names_are_ours() {
        let hosts = ["Stats.ix.example".to_owned()];
        for host in ["127.0.0.1", "[::1]", "192.0.2.7", "localhost", "stats.ix.example"] {
            assert!(is_ours(host, &hosts), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "", "127.0.0.1.evil.example"] {
            assert!(!is_ours(host, &hosts), "{host}");
        }
    }
}
