//! The windows: HTTP API and pages
