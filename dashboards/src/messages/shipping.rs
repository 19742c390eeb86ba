//! What goes to ClickHouse.

/// Texts of shipping.
pub(crate) struct Shipping {
    pub(crate) clickhouse: &'static str,
    /// Everything is there.
    pub(crate) all_there: &'static str,
    pub(crate) waiting: &'static str,
    pub(crate) not_asked: &'static str,
    pub(crate) failing: &'static str,
    pub(crate) failing_detail: &'static str,
    pub(crate) given_up: &'static str,
    pub(crate) given_up_detail: &'static str,
    pub(crate) unreadable: &'static str,
    pub(crate) unreadable_detail: &'static str,
}
