//! Every key of the configuration file, once. A test holds the documented example against this list.

/// A whole configuration with its defaults, documented.
pub(crate) const EXAMPLE: &str = include_str!("../../chorsu.example.toml");

/// All keys, as `section.key`, in the order of the example.
pub(super) const KEYS: &[&str] = &[
    "exchange.name",
    "exchange.title",
    "collect.listen",
    "collect.threads",
    "collect.receive_buffer",
    "collect.window",
    "collect.weights",
    "members.file",
    "store.data",
    "store.keep_1m",
    "store.keep_5m",
    "store.keep_1h",
    "store.keep_1d",
    "http.listen",
    "http.allow_unauthenticated",
    "http.hosts",
];

/// The sections in which the keys stand.
pub(super) fn sections() -> impl Iterator<Item = &'static str> {
    KEYS.iter().filter_map(|key| key.split_once('.')).map(|(section, _)| section)
}
