//! Tables that only the warehouse has.

use std::sync::Arc;

use crate::columns::table;
use crate::{Timestamp, Window};

table! {
    /// One window that is in the warehouse, or about to be.
    WindowRow, WINDOWS = "windows" {
        /// Start of the window, UTC.
        time: Timestamp, Key;
        /// The exchange's short name.
        exchange: Arc<str>, Key;
        /// Tells apart windows with the same start.
        serial: u64, Key;
        /// Its length.
        length_ms: u64, Max, "ms";
        /// First moment that it measured.
        measured_from: Timestamp, Max, "moment";
        /// The moment after the last that it measured.
        measured_to: Timestamp, Max, "moment";
        /// 1 if it was measured from its start to its end, 0 if only a part of it was.
        whole: u8, Max, "flag";
        /// 0 while its rows are being sent, 1 when all of them are here.
        finished: u8, Max, "flag";
    }
}

table! {
    /// One member in one version of the member list.
    MemberRow, MEMBERS = "members" {
        /// Since when this version of the list is in use, UTC.
        time: Timestamp, Key;
        /// The exchange's short name.
        exchange: Arc<str>, Key;
        /// ASN of the member.
        asn: u32, Key;
        /// Its name.
        name: Arc<str>, Max, "text";
        /// Speed of its connections together; 0 if the list does not say.
        speed: u64, Max, "bit/s";
        /// MAC addresses that are its own.
        macs: u32, Max, "addresses";
        /// Ports that are its own.
        ports: u32, Max, "ports";
    }
}

impl WindowRow {
    /// The row of a window whose rows are being sent.
    #[must_use]
    pub fn begun(exchange: &Arc<str>, window: &Window) -> Self {
        let measured = window.measured();
        Self {
            time: window.start,
            exchange: Arc::clone(exchange),
            serial: window.serial,
            length_ms: u64::try_from(window.length.as_millis()).unwrap_or(u64::MAX),
            measured_from: measured.from,
            measured_to: measured.to,
            whole: u8::from(window.partial.is_none()),
            finished: 0,
        }
    }

    /// The same when all of them are there.
    #[must_use]
    pub fn finished(self) -> Self {
        Self { finished: 1, ..self }
    }
}
