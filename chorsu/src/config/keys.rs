//! Every key of the configuration file, once. A test holds the documented example against this list.

/// A whole configuration with its defaults, documented.
pub(crate) const EXAMPLE: &str = include_str!("../../chorsu.example.toml");

/// All keys, as `section.key` or `block.key`, in the order of the example.
pub(super) const KEYS: &[&str] = &[
    "exchange.name",
    "exchange.title",
    "collect.listen",
    "collect.threads",
    "collect.receive_buffer",
    "collect.batch",
    "collect.window",
    "collect.weights",
    "collect.allow",
    "members.file",
    "store.data",
    "store.keep_1m",
    "store.keep_5m",
    "store.keep_1h",
    "store.keep_1d",
    "clickhouse.url",
    "clickhouse.database",
    "clickhouse.user",
    "clickhouse.password_file",
    "clickhouse.ca_file",
    "clickhouse.compression",
    "clickhouse.connect_timeout",
    "clickhouse.question_timeout",
    "clickhouse.insert_timeout",
    "clickhouse.batch",
    "clickhouse.backlog",
    "clickhouse.questions",
    "clickhouse.cluster",
    "clickhouse.keep_1m",
    "clickhouse.keep_5m",
    "clickhouse.keep_1h",
    "clickhouse.keep_1d",
    "http.listen",
    "http.allow_unauthenticated",
    "http.hosts",
    "economy.home",
    "economy.overrides",
    "economy.geofeeds",
    "economy.economy_databases",
    "economy.registries",
    "economy.routes",
    "economy.network_databases",
    "economy.local_cache",
    "privacy.layer2_only",
    "share.volumes",
    "share.outside",
    "group.name",
    "group.economies",
    "border.member",
    "border.class",
    "border.capacity",
    "exporter.address",
    "exporter.domain",
    "exporter.sampling",
    "exporter.sampling_if_missing",
    "exporter.scaled",
    "exporter.direction",
    "exporter.octets",
    "exporter.core_ports",
];

/// Names that may stand several times, each as a block of its own with double brackets.
const BLOCKS: &[&str] = &["border", "exporter", "group"];

/// What stands before the keys: sections and blocks.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    KEYS.iter().filter_map(|key| key.split_once('.')).map(|(name, _)| name)
}

/// The sections, each of which stands once.
pub(super) fn sections() -> impl Iterator<Item = &'static str> {
    names().filter(|name| !BLOCKS.contains(name))
}

/// The names of blocks.
pub(super) fn blocks() -> impl Iterator<Item = &'static str> {
    BLOCKS.iter().copied()
}
