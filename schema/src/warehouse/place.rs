//! On one server, or on many.

use std::fmt::Write as _;

/// How the warehouse is laid out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Form {
    /// One server.
    #[default]
    Single,
    /// A cluster of this name, as `remote_servers` of its servers has it; their macros `shard` and `replica` tell them apart.
    Cluster(String),
}

/// Inserts of which a table remembers the tokens, so that one that is repeated counts once: a week of minutes. Beyond it only what `windows` says keeps
/// a window from being sent again.
const REMEMBERED: u32 = 10_000;

/// How long replicated tables remember them, in seconds: as long.
const REMEMBERED_SECONDS: u32 = 7 * 86_400;

impl Form {
    /// What stands behind the name of whatever is made, changed or dropped: on which servers that is done.
    pub(super) fn everywhere(&self) -> String {
        match self {
            Self::Single => String::new(),
            Self::Cluster(cluster) => format!(" ON CLUSTER {}", quoted(cluster)),
        }
    }

    /// The name of the table that holds a table's rows.
    pub(super) fn stored(&self, table: &str) -> String {
        match self {
            Self::Single => table.to_owned(),
            Self::Cluster(_) => format!("{table}_local"),
        }
    }

    /// An engine of the MergeTree family for a stored table.
    pub(super) fn engine(&self, family: &str, table: &str, version: Option<&str>) -> String {
        let mut arguments = match self {
            Self::Single => String::new(),
            Self::Cluster(_) => format!("'/clickhouse/tables/{{shard}}/{{database}}/{table}', '{{replica}}'"),
        };
        if let Some(version) = version {
            let comma = if arguments.is_empty() { "" } else { ", " };
            let _ = write!(arguments, "{comma}{version}");
        }
        let replicated = if *self == Self::Single { "" } else { "Replicated" };
        if arguments.is_empty() { format!("{replicated}{family}") } else { format!("{replicated}{family}({arguments})") }
    }

    /// An engine for a table that is the same on all servers, whatever their shard.
    pub(super) fn engine_of_all(&self, family: &str, table: &str) -> String {
        match self {
            Self::Single => family.to_owned(),
            Self::Cluster(_) => format!("Replicated{family}('/clickhouse/tables/all/{{database}}/{table}', '{{shard}}-{{replica}}')"),
        }
    }

    /// The settings by which a stored table remembers inserts.
    pub(super) fn remembering(&self) -> String {
        match self {
            Self::Single => format!("non_replicated_deduplication_window = {REMEMBERED}"),
            Self::Cluster(_) => {
                format!("replicated_deduplication_window = {REMEMBERED}, replicated_deduplication_window_seconds = {REMEMBERED_SECONDS}")
            }
        }
    }

    /// The statement that makes a table's distributed form; none on one server.
    pub(super) fn distributed(&self, table: &str) -> Option<String> {
        let Self::Cluster(cluster) = self else { return None };
        let (everywhere, stored) = (self.everywhere(), self.stored(table));
        let of = format!("{}, currentDatabase(), '{stored}', cityHash64(exchange)", text(cluster));
        Some(format!("CREATE TABLE IF NOT EXISTS {table}{everywhere} AS {stored}\nENGINE = Distributed({of})"))
    }
}

/// A name in a statement.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}

/// A text in a statement.
pub(super) fn text(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clusters_name_cannot_end_the_statement() {
        let form = Form::Cluster("a'`\\; DROP".into());
        assert_eq!(form.everywhere(), " ON CLUSTER `a'\\`\\\\; DROP`");
        assert!(form.distributed("t").unwrap().contains("Distributed('a\\'`\\\\; DROP', "));
    }

    #[test]
    fn one_server_has_no_replicas() {
        assert_eq!(Form::Single.engine("ReplacingMergeTree", "t", Some("v")), "ReplacingMergeTree(v)");
        assert_eq!(Form::Single.engine("MergeTree", "t", None), "MergeTree");
        let cluster = Form::Cluster("c".into());
        let engine = cluster.engine("ReplacingMergeTree", "t", Some("v"));
        assert_eq!(engine, "ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/t', '{replica}', v)");
    }
}
