//! How shipping to ClickHouse stands, in the API's words.

use schema::Timestamp;
use serde::Serialize;
use store::shipping::ShippingStatus;

/// Counts are since the start.
#[derive(Serialize)]
pub(crate) struct ShippingView {
    to: String,
    windows: u64,
    rows: u64,
    bytes: u64,
    up_to: Option<Timestamp>,
    newest: Option<Timestamp>,
    backlog_windows: u64,
    backlog_bytes: u64,
    retries: u64,
    failing: Option<String>,
    failing_since: Option<Timestamp>,
    given_up: GivenUpView,
    unreadable_windows: u64,
}

#[derive(Serialize)]
struct GivenUpView {
    windows: u64,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl From<ShippingStatus> for ShippingView {
    fn from(status: ShippingStatus) -> Self {
        let (from, to) = status.given_up.span.unzip();
        Self {
            to: status.to,
            windows: status.windows,
            rows: status.rows,
            bytes: status.octets,
            up_to: status.up_to,
            newest: status.newest,
            backlog_windows: status.backlog_windows,
            backlog_bytes: status.backlog_octets,
            retries: status.retries,
            failing: status.failing,
            failing_since: status.failing_since,
            given_up: GivenUpView { windows: status.given_up.windows, from, to },
            unreadable_windows: status.unreadable,
        }
    }
}
