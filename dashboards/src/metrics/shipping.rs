//! Shipping to ClickHouse, where there is one.

use store::shipping::ShippingStatus;

use super::{Family, counter, gauge, one, seconds};

/// All families, in the order in which they are written.
pub(super) const FAMILIES: &[Family<ShippingStatus>] = &[
    counter("chorsu_shipped_windows", "Windows shipped to ClickHouse", |s| one(s.windows)),
    counter("chorsu_shipped_rows", "Rows of the windows shipped to ClickHouse, of all tables", |s| one(s.rows)),
    counter("chorsu_shipped_bytes", "Octets of the windows shipped to ClickHouse, as they are sent", |s| one(s.octets)),
    gauge(
        "chorsu_shipped_up_to_timestamp_seconds",
        "Everything that began before this moment is in ClickHouse, in seconds since 1970",
        |s| one(s.up_to.map_or(0, seconds)),
    ),
    gauge("chorsu_shipping_backlog_windows", "Windows in the journal that are not in ClickHouse yet", |s| one(s.backlog_windows)),
    gauge("chorsu_shipping_backlog_bytes", "Octets of the windows that are not in ClickHouse yet", |s| one(s.backlog_octets)),
    counter("chorsu_shipping_retries", "Times that shipping failed and was tried again", |s| one(s.retries)),
    gauge("chorsu_shipping_failing", "1 while shipping fails", |s| one(u64::from(s.failing.is_some()))),
    counter(
        "chorsu_shipping_given_up_windows",
        "Windows dropped although they are not in ClickHouse, because their bound on disk was reached",
        |s| one(s.given_up.windows),
    ),
    counter("chorsu_shipping_unreadable_windows", "Windows that cannot be shipped because their files cannot be read", |s| {
        one(s.unreadable)
    }),
];
