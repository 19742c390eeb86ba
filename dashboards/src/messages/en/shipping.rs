//! What goes to ClickHouse, in English.

use crate::messages::shipping::Shipping;

pub(super) const SHIPPING: Shipping = Shipping {
    clickhouse: "ClickHouse",
    all_there: "has everything up to {time}",
    waiting: "has everything up to {time}; {count} windows wait ({volume})",
    not_asked: "has not been reached yet; {count} windows wait ({volume})",
    failing: "Windows are not shipped to ClickHouse since {time}",
    failing_detail: "{reason}. They wait in the journal, and nothing is lost: {count} windows, {volume}.",
    given_up: "{count} windows will be missing in ClickHouse",
    given_up_detail: "ClickHouse was away for longer than the journal may wait for it (“backlog”). They are from {from} to {to}; the journal's own answers have them.",
    unreadable: "{count} windows cannot be shipped to ClickHouse",
    unreadable_detail: "Their files cannot be read; the log names them.",
};
