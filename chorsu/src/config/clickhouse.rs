//! The section `[clickhouse]`: where the warehouse is, and what goes to it.

use std::path::{Path, PathBuf};

use schema::warehouse::{Form, Keep};
use store::warehouse::{Access, Compression, Secret, Timeouts};

use super::typed::Typed;
use super::values::{Read, octets_within, span, text};
use crate::failure::{Failure, Outcome};

/// The variable of the environment that holds the password where no file does.
const PASSWORD_VARIABLE: &str = "CHORSU_CLICKHOUSE_PASSWORD";

/// Rows that go by one insert: a merge of ClickHouse's costs about as much for a hundred rows as for a hundred thousand.
const USUAL_BATCH: u64 = 500_000;

/// More rows than this would be laid out in memory at once, here and there.
const MOST_BATCH: u64 = 1_000_000;

/// Octets by which the journal may outgrow its retention while ClickHouse is away: several days of a large exchange.
const USUAL_BACKLOG: u64 = 10 << 30;

/// A ClickHouse that this exchange's windows go to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ClickHouse {
    access: Access,
    password_file: Option<PathBuf>,
    /// Rows of one insert, where several windows go together.
    pub(crate) batch: u64,
    /// Octets of windows that are kept for it beyond `store.keep_1m`.
    pub(crate) backlog: u64,
    /// Who answers questions.
    pub(crate) questions: Questions,
    /// On one server, or on a cluster's.
    pub(crate) form: Form,
    /// How long its tables keep what.
    pub(crate) keep: Keep,
}

/// Who answers questions.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Questions {
    /// The journal on this machine.
    #[default]
    Journal,
    /// ClickHouse, by what it has been sent.
    ClickHouse,
}

/// The section, if it is there.
pub(super) fn section(typed: &mut Typed<'_>, folder: &Path) -> Option<ClickHouse> {
    let mut keys = typed.section("clickhouse");
    if !keys.are_there() {
        return None;
    }
    let url = keys.required("url", url, "write where its HTTP interface is, as in \"http://127.0.0.1:8123\"");
    let ca_file = keys.get("ca_file", text).map(|file| folder.join(file));
    if ca_file.is_some() && url.as_ref().is_some_and(|url| url.starts_with("http:")) {
        keys.refuse("ca_file", "is of no use without TLS; write `clickhouse.url` with https, or remove it");
    }
    let (usual, usual_keep) = (Timeouts::default(), Keep::default());
    Some(ClickHouse {
        access: Access {
            url: url.unwrap_or_default(),
            database: keys.get("database", name).unwrap_or_else(|| "chorsu".into()),
            user: keys.get("user", text).unwrap_or_else(|| "chorsu".into()),
            password: Secret::default(),
            ca_file,
            compression: keys.get("compression", compression).unwrap_or_default(),
            timeouts: Timeouts {
                connect: keys.get("connect_timeout", span).unwrap_or(usual.connect),
                question: keys.get("question_timeout", span).unwrap_or(usual.question),
                insert: keys.get("insert_timeout", span).unwrap_or(usual.insert),
            },
        },
        password_file: keys.get("password_file", text).map(|file| folder.join(file)),
        batch: keys.get("batch", batch).unwrap_or(USUAL_BATCH),
        backlog: keys.get("backlog", backlog).unwrap_or(USUAL_BACKLOG),
        questions: keys.get("questions", questions).unwrap_or_default(),
        form: keys.get("cluster", name).map_or(Form::Single, Form::Cluster),
        keep: Keep {
            minutes: keys.get("keep_1m", span).or(usual_keep.minutes),
            five_minutes: keys.get("keep_5m", span).or(usual_keep.five_minutes),
            hours: keys.get("keep_1h", span).or(usual_keep.hours),
            days: keys.get("keep_1d", span).or(usual_keep.days),
        },
    })
}

impl ClickHouse {
    /// The database that holds its tables.
    pub(crate) fn database(&self) -> &str {
        &self.access.database
    }

    /// How to get in, with the password as it stands now in its file or in the environment.
    ///
    /// # Errors
    /// If the file cannot be read or is empty.
    pub(crate) fn access(&self) -> Outcome<Access> {
        let password = match &self.password_file {
            Some(file) => Secret::new(password_of(file)?),
            None => Secret::new(std::env::var(PASSWORD_VARIABLE).unwrap_or_default()),
        };
        Ok(Access { password, ..self.access.clone() })
    }

    /// What its operator should know although it is no mistake.
    pub(crate) fn advice(&self) -> Option<String> {
        let url = &self.access.url;
        let host = url.strip_prefix("http://")?;
        let is_here = ["127.", "localhost", "[::1]"].iter().any(|here| host.starts_with(here));
        (!is_here).then(|| format!("{url} is spoken to without TLS: whoever is on the way reads the password and the traffic of members"))
    }
}

/// The first line of a file, as editors and `echo` end it.
fn password_of(file: &Path) -> Outcome<String> {
    let refused = |why: String| Failure::new(format!("{} {why} (`clickhouse.password_file`)", file.display()));
    let text = std::fs::read_to_string(file)
        .map_err(|error| refused(format!("cannot be read: {error}; write the password into it, readable by the user that runs chorsu")))?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(refused("is empty; write the password into it".into())),
        several if several.contains('\n') => Err(refused("has several lines; write the password into it and nothing else".into())),
        password => Ok(password.to_owned()),
    }
}

fn url(text: &str) -> Read<String> {
    let expected = "expected the HTTP interface, as in \"http://127.0.0.1:8123\" or \"https://clickhouse.example.net:8443\"";
    let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://")).ok_or(expected)?;
    if host.contains('@') {
        return Err("holds a user or a password; give them by `clickhouse.user` and `clickhouse.password_file`".into());
    }
    if host.split('/').next().is_some_and(|authority| authority.ends_with(":9000")) {
        return Err(
            "has the port of ClickHouse's own protocol; expected that of its HTTP interface, usually 8123 or, with TLS, 8443".into()
        );
    }
    let is_whole = !host.starts_with(['/', ':']) && !host.is_empty() && !host.contains(['?', '#', ' ']);
    if is_whole { Ok(text.trim_end_matches('/').to_owned()) } else { Err(expected.into()) }
}

fn name(text: &str) -> Read<String> {
    let is_name = |first: char| first.is_ascii_alphabetic() || first == '_';
    let fits = text.starts_with(is_name) && text.chars().all(|c| is_name(c) || c.is_ascii_digit()) && text.len() <= 64;
    if fits { Ok(text.to_owned()) } else { Err("expected up to 64 letters, digits and _, as in \"chorsu\"".into()) }
}

fn compression(text: &str) -> Read<Compression> {
    match text {
        "lz4" => Ok(Compression::Lz4),
        "none" => Ok(Compression::None),
        _ => Err("expected \"lz4\" or \"none\"".into()),
    }
}

fn questions(text: &str) -> Read<Questions> {
    match text {
        "journal" => Ok(Questions::Journal),
        "clickhouse" => Ok(Questions::ClickHouse),
        _ => Err("expected \"journal\" or \"clickhouse\"".into()),
    }
}

fn batch(text: &str) -> Read<u64> {
    let rows = text.parse().ok().filter(|rows| (1..=MOST_BATCH).contains(rows));
    rows.ok_or_else(|| format!("expected a number of rows from 1 to {MOST_BATCH}"))
}

/// From a few windows up to what no disk of this decade holds.
fn backlog(text: &str) -> Read<u64> {
    octets_within(text, (1 << 20)..=(1 << 50)).ok_or_else(|| "expected a size from 1 MiB to 1024 TiB, as in \"10GiB\"".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Mistake};

    fn parse(text: &str) -> Result<Option<ClickHouse>, Vec<String>> {
        let mistakes = |mistakes: Vec<Mistake>| mistakes.iter().map(ToString::to_string).collect();
        let text = format!("[clickhouse]\n{text}");
        Config::parse("chorsu.toml", &text, Path::new("/etc/chorsu")).map(|config| config.clickhouse).map_err(mistakes)
    }

    #[test]
    fn an_address_is_enough() {
        let clickhouse = parse("url = \"http://127.0.0.1:8123/\"\n").unwrap().unwrap();
        assert_eq!(clickhouse.access.to_string(), "http://127.0.0.1:8123, database chorsu");
        assert_eq!((clickhouse.batch, clickhouse.questions), (USUAL_BATCH, Questions::Journal));
        assert_eq!(clickhouse.advice(), None);
        assert!(parse("url = \"http://192.0.2.1:8123\"\n").unwrap().unwrap().advice().unwrap().contains("without TLS"));
        assert_eq!(parse("url = \"https://192.0.2.1:8443\"\n").unwrap().unwrap().advice(), None);
    }

    #[test]
    fn a_section_without_an_address_is_a_mistake_and_none_at_all_is_not() {
        assert_eq!(Config::parse("f", "", Path::new("/")).unwrap().clickhouse, None);
        let mistakes = parse("user = \"me\"\n").unwrap_err();
        assert!(mistakes[0].contains("`clickhouse.url` is missing: write where"), "{mistakes:?}");
    }

    #[test]
    fn addresses_that_cannot_be_meant_say_what_to_write() {
        for (typed, part) in [
            ("127.0.0.1:8123", "expected the HTTP interface"),
            ("http://", "expected the HTTP interface"),
            ("http://:8123", "expected the HTTP interface"),
            ("http://me:secret@h:8123", "holds a user or a password"),
            ("http://h:9000", "has the port of ClickHouse's own protocol"),
            ("http://[::1]:9000/", "has the port of ClickHouse's own protocol"),
            ("http://h:8123/?user=me", "expected the HTTP interface"),
        ] {
            let mistakes = parse(&format!("url = \"{typed}\"\n")).unwrap_err();
            assert!(mistakes.len() == 1 && mistakes[0].contains(part), "{typed}: {mistakes:?}");
        }
        let mistakes = parse(
            "url = \"http://h:8123\"\nca_file = \"ca.pem\"\ndatabase = \"a-b\"\nbatch = 0\nbacklog = \"5\"\nquestions = 1\ncompression = \"gzip\"",
        );
        assert_eq!(mistakes.unwrap_err().len(), 6);
    }

    #[test]
    fn a_password_comes_from_its_file_and_is_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let text = "[clickhouse]\nurl = \"http://h:8123\"\npassword_file = \"password\"\n";
        let clickhouse = Config::parse("f", text, folder.path()).unwrap().clickhouse.unwrap();
        assert!(clickhouse.access().unwrap_err().to_string().contains("cannot be read"));
        for (content, refused) in [("\n", "is empty"), ("a\nb\n", "has several lines")] {
            std::fs::write(folder.path().join("password"), content).unwrap();
            assert!(clickhouse.access().unwrap_err().to_string().contains(refused));
        }
        std::fs::write(folder.path().join("password"), "geheim wort\n").unwrap();
        let access = clickhouse.access().unwrap();
        assert_eq!(access.password.reveal(), "geheim wort");
        assert!(!format!("{access:?}{clickhouse:?}").contains("geheim"));
    }
}
