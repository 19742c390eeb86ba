//! Where the warehouse is, and how to get in.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Everything that is needed to speak with a ClickHouse.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Access {
    /// Its HTTP interface, as in `https://clickhouse.example.net:8443`; without user, password and query.
    pub url: String,
    /// The database that holds the tables.
    pub database: String,
    /// Who asks.
    pub user: String,
    /// And proves it by this.
    pub password: Secret,
    /// File of PEM certificates that are trusted instead of those of the system; for `https` only.
    pub ca_file: Option<PathBuf>,
    /// How answers come.
    pub compression: Compression,
    /// How long to wait.
    pub timeouts: Timeouts,
}

/// A text that is shown to nobody.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

/// How answers are packed on their way. What is sent are Parquet files, which are packed already.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Compression {
    /// By LZ4: cheap, and a third of the octets.
    #[default]
    Lz4,
    /// Not at all: for a warehouse on this machine.
    None,
}

/// How long the warehouse may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeouts {
    /// For a connection, signing of certificates included.
    pub connect: Duration,
    /// For the whole answer to a question.
    pub question: Duration,
    /// For taking one insert, its views included.
    pub insert: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), question: Duration::from_secs(30), insert: Duration::from_secs(120) }
    }
}

impl Secret {
    /// Hides a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: for the one who has to send it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "(none)" } else { "(hidden)" })
    }
}

impl fmt::Display for Access {
    /// As people name it: `https://clickhouse.example.net:8443, database chorsu`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, database {}", self.url, self.database)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_to_nobody() {
        let access = Access {
            url: "http://127.0.0.1:8123".into(),
            database: "chorsu".into(),
            user: "chorsu".into(),
            password: Secret::new("pa55word"),
            ca_file: None,
            compression: Compression::default(),
            timeouts: Timeouts::default(),
        };
        for shown in [format!("{access:?}"), format!("{access:#?}"), access.to_string()] {
            assert!(!shown.contains("pa55word"), "{shown}");
        }
        assert_eq!(access.password.reveal(), "pa55word");
    }
}
