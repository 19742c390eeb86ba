//! The configuration: one documented TOML file, as typed → resolved. The program sees only the second.
//!
//! Every mistake of a file is found in one go, each with its line, its key and what was expected.

mod keys;
mod typed;

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aggregator::Weights;
use schema::Level;
use store::Retention;

pub(crate) use keys::EXAMPLE;
use typed::Typed;

/// sFlow's port (IANA).
const SFLOW_PORT: u16 = 6343;

/// Receive buffer to ask for, in octets for each socket. Linux' default of 208 KiB loses 13 % at a paced 200,000 datagrams/s; 8 MiB loses nothing.
const RECEIVE_BUFFER: usize = 8 << 20;

/// Receiving threads that are started by themselves at most. A few switches make a few busy sockets, whatever the number of processors.
const MOST_THREADS: usize = 8;

/// The configuration as the program uses it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Config {
    pub(crate) exchange: Exchange,
    pub(crate) collect: Collect,
    pub(crate) members: Option<PathBuf>,
    pub(crate) store: Store,
    pub(crate) http: Http,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exchange {
    pub(crate) name: Arc<str>,
    pub(crate) title: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Collect {
    pub(crate) listen: Vec<SocketAddr>,
    pub(crate) threads: usize,
    pub(crate) receive_buffer: usize,
    pub(crate) window: Duration,
    pub(crate) weights: Weights,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Store {
    pub(crate) data: PathBuf,
    /// How long each level is kept.
    pub(crate) keep: Retention,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Http {
    pub(crate) listen: SocketAddr,
    pub(crate) hosts: Vec<String>,
}

/// One mistake in a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// Where, as `FILE, line N` or `FILE`.
    pub(crate) place: String,
    /// What is wrong and what was expected.
    pub(crate) what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

impl Config {
    /// Reads a file. Relative paths in it are meant from its own folder.
    ///
    /// # Errors
    /// All mistakes of the file.
    pub(crate) fn load(path: &Path) -> Result<Self, Vec<Mistake>> {
        let place = path.display().to_string();
        let unreadable = |error: std::io::Error| {
            let what = format!("cannot be read: {error}; write one as `chorsu check --example` shows it, and name it with --config");
            vec![Mistake { place: place.clone(), what }]
        };
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self::parse(&place, &text, folder)
    }

    /// Reads a file's text.
    pub(crate) fn parse(place: &str, text: &str, folder: &Path) -> Result<Self, Vec<Mistake>> {
        let mut typed = Typed::parse(place, text)?;
        let config = Self::resolve(&mut typed, folder);
        let mistakes = typed.finish();
        if mistakes.is_empty() { Ok(config) } else { Err(mistakes) }
    }

    fn resolve(typed: &mut Typed<'_>, folder: &Path) -> Self {
        let name: Arc<str> = typed.get("exchange", "name", short_name).unwrap_or_else(|| "ix".into());
        let title = typed.get("exchange", "title", text).unwrap_or_else(|| name.to_string());
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self {
            exchange: Exchange { name, title },
            collect: Collect {
                listen: typed
                    .list("collect", "listen", address)
                    .unwrap_or_else(|| vec![SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), SFLOW_PORT)]),
                threads: typed.get("collect", "threads", threads).unwrap_or(cores.min(MOST_THREADS)),
                receive_buffer: typed.get("collect", "receive_buffer", octets).unwrap_or(RECEIVE_BUFFER),
                window: typed.get("collect", "window", window).unwrap_or(Level::Minute.span()),
                weights: typed.get("collect", "weights", weights).unwrap_or_default(),
            },
            members: typed.get("members", "file", text).map(|file| folder.join(file)),
            store: Store { data: folder.join(typed.get("store", "data", text).unwrap_or_else(|| "data".into())), keep: keep(typed) },
            http: http(typed),
        }
    }
}

fn keep(typed: &mut Typed<'_>) -> Retention {
    let usual = Retention::default();
    Retention {
        minutes: typed.get("store", "keep_1m", span).or(usual.minutes),
        five_minutes: typed.get("store", "keep_5m", span).or(usual.five_minutes),
        hours: typed.get("store", "keep_1h", span).or(usual.hours),
        days: typed.get("store", "keep_1d", span).or(usual.days),
    }
}

fn http(typed: &mut Typed<'_>) -> Http {
    let open = typed.get("http", "allow_unauthenticated", yes_or_no).unwrap_or(false);
    let guarded = |text: &str| {
        let listen = address(text)?;
        if listen.ip().is_loopback() || open {
            return Ok(listen);
        }
        Err("would show members' traffic to everyone who reaches this address; keep it on 127.0.0.1 behind a proxy that \
             signs people in, or set `http.allow_unauthenticated = true` if the network itself is closed"
            .to_owned())
    };
    let loopback = SocketAddr::new(IpAddr::from([127, 0, 0, 1]), 8080);
    Http { listen: typed.get("http", "listen", guarded).unwrap_or(loopback), hosts: typed.list("http", "hosts", text).unwrap_or_default() }
}

/// What a value must be is told where it is read: a reader gives the value, or what was expected.
type Read<T> = Result<T, String>;

#[expect(clippy::unnecessary_wraps, reason = "one shape for all readers")]
fn text(text: &str) -> Read<String> {
    Ok(text.to_owned())
}

fn short_name(text: &str) -> Read<Arc<str>> {
    let fits = (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if fits { Ok(text.into()) } else { Err("expected 1 to 32 small letters, digits and hyphens, as in \"my-ix\"".into()) }
}

fn address(text: &str) -> Read<SocketAddr> {
    text.parse().map_err(|_| "expected an address and a port, as in \"127.0.0.1:8080\" or \"[::]:6343\"".into())
}

fn threads(text: &str) -> Read<usize> {
    let number = text.parse().ok().filter(|number| (1..=64).contains(number));
    number.ok_or_else(|| "expected a number from 1 to 64".into())
}

fn octets(text: &str) -> Read<usize> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let shift = match unit.trim() {
        "" | "B" => 0,
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        _ => usize::BITS,
    };
    let size = number.parse::<usize>().ok().and_then(|number| number.checked_mul(1_usize.checked_shl(shift)?));
    let fits = size.filter(|size| (4_096..=1 << 30).contains(size));
    fits.ok_or_else(|| "expected a size from 4 KiB to 1 GiB, as in \"8MiB\"".into())
}

fn span(text: &str) -> Read<Duration> {
    schema::time::parse_span(text).map_err(|refused| refused.to_string())
}

/// A minute must be a whole number of windows, and a window long enough to be worth a file.
fn window(text: &str) -> Read<Duration> {
    let length = span(text)?;
    let minute = Level::Minute.span().as_millis();
    let fits = length >= Duration::from_secs(1) && minute.is_multiple_of(length.as_millis());
    if fits { Ok(length) } else { Err("expected 60s, or a shorter length of at least 1s that divides a minute, as in \"10s\"".into()) }
}

fn weights(text: &str) -> Read<Weights> {
    match text {
        "observed" => Ok(Weights::Observed),
        "nominal" => Ok(Weights::Nominal),
        _ => Err("expected \"observed\" or \"nominal\"".into()),
    }
}

fn yes_or_no(text: &str) -> Read<bool> {
    text.parse().map_err(|_| "expected true or false".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, Vec<String>> {
        let mistakes = |mistakes: Vec<Mistake>| mistakes.iter().map(ToString::to_string).collect();
        Config::parse("chorsu.toml", text, Path::new("/etc/chorsu")).map_err(mistakes)
    }

    #[test]
    fn an_empty_file_gives_sane_defaults() {
        let config = parse("").unwrap();
        assert_eq!(config.collect.listen, ["[::]:6343".parse().unwrap()]);
        assert_eq!((config.collect.window, config.collect.weights), (Duration::from_secs(60), Weights::Observed));
        assert!(config.http.listen.ip().is_loopback());
        assert_eq!(config.store.data, Path::new("/etc/chorsu/data"));
    }

    #[test]
    fn the_documented_example_is_read_whole_and_names_every_key() {
        parse(EXAMPLE).unwrap();
        for key in keys::KEYS {
            let (_, name) = key.split_once('.').unwrap();
            assert!(EXAMPLE.contains(&format!("{name} = ")), "{key} is not in the example");
        }
    }

    #[test]
    fn all_mistakes_are_told_at_once_with_line_key_and_what_was_expected() {
        let mistakes =
            parse("[exchange]\nname = \"My IX\"\n[collect]\nlisten = [\"6343\"]\nlisen = 1\nwindow = \"7s\"\n[htp]\n").unwrap_err();
        assert_eq!(
            mistakes,
            [
                "chorsu.toml, line 2: `exchange.name` is \"My IX\": expected 1 to 32 small letters, digits and hyphens, as in \"my-ix\"",
                "chorsu.toml, line 4: `collect.listen` is \"6343\": expected an address and a port, as in \"127.0.0.1:8080\" or \"[::]:6343\"",
                "chorsu.toml, line 5: `collect.lisen` is no key of this file; did you mean `collect.listen`?",
                "chorsu.toml, line 6: `collect.window` is \"7s\": expected 60s, or a shorter length of at least 1s that divides a minute, as in \"10s\"",
                "chorsu.toml, line 7: `htp` is no section of this file; did you mean `http`?",
            ]
        );
    }

    #[test]
    fn a_file_that_is_no_toml_is_one_sentence() {
        let mistakes = parse("[exchange\nname = 1").unwrap_err();
        assert_eq!(mistakes.len(), 1);
        assert!(mistakes[0].starts_with("chorsu.toml, line 1: "), "{}", mistakes[0]);
        assert!(!mistakes[0].contains('\n'), "{}", mistakes[0]);
    }

    #[test]
    fn pages_are_not_opened_to_a_network_by_accident() {
        let mistakes = parse("[http]\nlisten = \"0.0.0.0:8080\"").unwrap_err();
        assert!(mistakes[0].contains("allow_unauthenticated"), "{}", mistakes[0]);
        let config = parse("[http]\nallow_unauthenticated = true\nlisten = \"0.0.0.0:8080\"").unwrap();
        assert_eq!(config.http.listen.port(), 8080);
    }

    #[test]
    fn a_value_of_another_type_says_so() {
        let mistakes = parse("exchange = 5\n[store]\ndata = [1]").unwrap_err();
        assert_eq!(mistakes[0], "chorsu.toml, line 1: `exchange` must be a section, written as [exchange]");
        assert!(mistakes[1].contains("`store.data`"), "{}", mistakes[1]);
    }

    #[test]
    fn numbers_and_texts_are_both_understood() {
        assert_eq!(parse("[collect]\nthreads = 3\nreceive_buffer = 65536").unwrap().collect.receive_buffer, 65_536);
        assert_eq!(parse("[collect]\nthreads = \"3\"").unwrap().collect.threads, 3);
        assert_eq!(parse("[collect]\nlisten = \"[::1]:1\"").unwrap().collect.listen.len(), 1);
        assert!(parse("[collect]\nreceive_buffer = \"8 zebras\"").is_err());
    }
}
