//! What can go wrong with the warehouse, and what to do about it.

use std::error::Error as _;
use std::path::PathBuf;

use clickhouse::error::Error;

/// Why the warehouse did not do what it was asked; each is one sentence for a person.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// Nobody answered, or the connection broke.
    #[error("ClickHouse cannot be reached at {url}: {detail}; see that it runs and that `clickhouse.url` is its HTTP interface")]
    Unreachable {
        /// Where it was looked for.
        url: String,
        /// What the network said.
        detail: String,
    },
    /// It did not answer in time.
    #[error("ClickHouse at {url} did not answer in time; see what it is busy with, or give it longer by {key}")]
    TimedOut {
        /// Where it is.
        url: String,
        /// The key that sets the time.
        key: &'static str,
    },
    /// It answered that it will not.
    #[error("ClickHouse refuses: {0}")]
    Refused(Refusal),
    /// Its answer cannot be read.
    #[error("the answer of {url} cannot be read: {detail}; see that `clickhouse.url` is the HTTP interface of a ClickHouse")]
    Answer {
        /// Who answered.
        url: String,
        /// What is wrong with the answer.
        detail: String,
    },
    /// At no moment all windows that were begun were there whole.
    #[error("ClickHouse is taking in windows, of which there may be parts; ask again when it is through")]
    Busy,
    /// Its tables were made by a later version.
    #[error(
        "the tables of the database {database} are at step {found}, but this version knows {known}; use the version that made them, or a later one"
    )]
    Newer {
        /// The database.
        database: String,
        /// The last step that was applied.
        found: u32,
        /// The last step that this version knows.
        known: u32,
    },
    /// Its tables were made in another form.
    #[error(
        "the tables of the database {database} were made {found}; set `clickhouse.cluster` (or --cluster) as it was then, or use another database"
    )]
    OtherForm {
        /// The database.
        database: String,
        /// In which form, for people.
        found: &'static str,
    },
    /// The certificates to trust cannot be had.
    #[error("{} {detail}", path.display())]
    Certificates {
        /// The file; empty for the system's own.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        detail: String,
    },
    /// This process could not start what it needs.
    #[error("the client of ClickHouse cannot be started: {0}")]
    Start(String),
}

/// What ClickHouse said, by the number of its exceptions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// ClickHouse's number of the exception; 0 if there was none in the answer.
    pub code: u32,
    /// Its own text, in one line and cut.
    pub text: String,
}

/// Characters of ClickHouse's own text that are kept: it repeats statements and their values, and log lines must stay lines.
const MOST_TEXT: usize = 300;

/// Exceptions after which a person has to do something, and what. The numbers are those of ClickHouse's `ErrorCodes.cpp`.
const ADVICE: [(u32, &str); 15] = [
    (16, "a column is missing: `chorsu schema apply` brings the tables to this version"),
    (60, "a table is missing: `chorsu schema apply` makes it"),
    (81, "the database is missing: `chorsu schema apply` makes it, or `clickhouse.database` is misspelt"),
    (164, "the user may only read: grant it INSERT on the tables"),
    (192, "`clickhouse.user` is not known there"),
    (193, "the password is wrong: see `clickhouse.password_file` or CHORSU_CLICKHOUSE_PASSWORD"),
    (194, "a password is needed: set `clickhouse.password_file` or CHORSU_CLICKHOUSE_PASSWORD"),
    (195, "the user may not come from this machine's address"),
    (241, "it has not enough memory for this: raise its limit, or lower `clickhouse.batch`"),
    (242, "a table is read-only: see its ClickHouse Keeper"),
    (243, "its disk is full"),
    (252, "it does not keep up with merging parts; it is given time"),
    (497, "the user lacks a right: grant it SELECT and INSERT on the database"),
    (701, "`clickhouse.cluster` is no cluster that it knows: see its `remote_servers`"),
    (516, "user or password is wrong: see `clickhouse.user`, `clickhouse.password_file` and CHORSU_CLICKHOUSE_PASSWORD"),
];

impl Refusal {
    /// Reads ClickHouse's text: `Code: 60. DB::Exception: … (UNKNOWN_TABLE) (version …)`.
    pub(crate) fn of(text: &str) -> Self {
        let after = text.split_once("Code: ").map_or("", |(_, after)| after);
        let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
        let told = text.split_once("DB::Exception: ").map_or(text, |(_, told)| told);
        let line: Vec<&str> = told.split_whitespace().collect();
        Self { code: digits.parse().unwrap_or(0), text: line.join(" ").chars().take(MOST_TEXT).collect() }
    }

    /// What a person can do about it, where that is known.
    #[must_use]
    pub fn advice(&self) -> Option<&'static str> {
        ADVICE.iter().find(|(code, _)| *code == self.code).map(|(_, advice)| *advice)
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.advice() {
            Some(advice) => write!(f, "{advice} (code {}: {})", self.code, self.text),
            None => write!(f, "{} (code {})", self.text, self.code),
        }
    }
}

impl Trouble {
    /// What an error of the client means. `key` sets the time that was given.
    pub(crate) fn of(url: &str, key: &'static str, error: &Error) -> Self {
        let url = url.to_owned();
        match error {
            Error::BadResponse(text) if text.contains("Code: ") => Self::Refused(Refusal::of(text)),
            Error::BadResponse(text) => Self::Answer { url, detail: Refusal::of(text).text },
            Error::TimedOut => Self::TimedOut { url, key },
            Error::Network(_) => Self::Unreachable { url, detail: root_of(error) },
            other => Self::Answer { url, detail: root_of(other) },
        }
    }

    /// ClickHouse's own words, if it was ClickHouse that refused.
    #[must_use]
    pub const fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }
}

/// What lies at the bottom of an error: the layers above only say that there was one.
fn root_of(error: &Error) -> String {
    let mut deepest = error.source();
    while let Some(below) = deepest.and_then(std::error::Error::source) {
        deepest = Some(below);
    }
    deepest.map_or_else(|| error.to_string(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clickhouse_says_becomes_a_sentence_with_what_to_do() {
        let told = "Code: 60. DB::Exception: Table c.cells does not exist.\n Maybe you meant `x`? (UNKNOWN_TABLE) (version 26.9.2.1)\n";
        let refusal = Refusal::of(told);
        assert_eq!(refusal.code, 60);
        let said = Trouble::Refused(refusal).to_string();
        assert!(
            said.starts_with("ClickHouse refuses: a table is missing: `chorsu schema apply` makes it (code 60: Table c.cells"),
            "{said}"
        );
        assert!(!said.contains('\n'), "{said}");
    }

    #[test]
    fn a_long_text_is_cut_and_an_unknown_code_is_shown_as_it_is() {
        let refusal = Refusal::of(&format!("Code: 9999. DB::Exception: {}", "é".repeat(2_000)));
        assert_eq!((refusal.code, refusal.text.chars().count()), (9999, MOST_TEXT));
        assert!(refusal.to_string().ends_with("é (code 9999)"));
    }

    #[test]
    fn what_is_no_clickhouse_is_told_apart() {
        let trouble = Trouble::of("http://h:1", "k", &Error::BadResponse("<html>404 Not Found".into()));
        assert!(matches!(trouble, Trouble::Answer { .. }), "{trouble:?}");
        assert!(
            Trouble::of("http://h:1", "`clickhouse.insert_timeout`", &Error::TimedOut).to_string().ends_with("`clickhouse.insert_timeout`")
        );
    }
}
