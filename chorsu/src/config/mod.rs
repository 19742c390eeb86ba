//! The configuration: one documented TOML file, as typed → resolved. The program sees only the second.
//!
//! Every mistake of a file is found in one go, each with its line, its key and what was expected.

mod clickhouse;
mod economy;
mod exporters;
mod keys;
mod nearest;
mod share;
mod typed;
mod values;

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aggregator::Weights;
use aggregator::policy::Rule;
use collector::{Machine, Sizes, Wanted};
use ipnet::IpNet;
use schema::Level;
use store::Retention;

pub(crate) use clickhouse::{ClickHouse, Questions};
pub(crate) use economy::Economy;
pub(crate) use exporters::rule_text;
pub(crate) use keys::EXAMPLE;
pub(crate) use share::Share;
use typed::Typed;
use values::{address, auto_or, batch, octets, prefix, prefix_text, short_name, span, text, threads, weights, window, yes_or_no};

/// Where exporters send by custom: sFlow's port (IANA), NetFlow's (no registered one, but every router's example), IPFIX' (IANA). What comes is told by its
/// content, so that any protocol may come to any of them.
const PORTS: [u16; 3] = [6343, 2055, 4739];

/// The configuration as the program uses it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Config {
    pub(crate) exchange: Exchange,
    pub(crate) collect: Collect,
    pub(crate) members: Option<PathBuf>,
    pub(crate) store: Store,
    /// The warehouse that windows are shipped to, if there is one.
    pub(crate) clickhouse: Option<ClickHouse>,
    pub(crate) http: Http,
    /// What is measured as domestic, and from where is known which addresses are; `None` where nothing above layer 2 is looked at.
    pub(crate) economy: Option<Economy>,
    /// Whether that was switched off.
    pub(crate) layer2_only: bool,
    /// What is known of networks beside the exchange.
    pub(crate) share: Share,
    /// What is known better than what exporters say, the most specific first.
    pub(crate) exporters: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exchange {
    pub(crate) name: Arc<str>,
    pub(crate) title: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Collect {
    pub(crate) listen: Vec<SocketAddr>,
    /// Threads, receive buffers and batches, as far as they are not left to the program.
    pub(crate) wanted: Wanted,
    pub(crate) window: Duration,
    pub(crate) weights: Weights,
    /// Source addresses that may send; empty for all.
    pub(crate) allow: Vec<IpNet>,
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

impl Collect {
    /// Threads, receive buffers and batches, as they are wanted or as this machine suggests.
    pub(crate) fn sizes(&self) -> Sizes {
        let machine = Machine::here(self.wanted.receive_buffer.unwrap_or(collector::sizes::USEFUL_BUFFER));
        Sizes::choose(&machine, self.listen.len(), self.wanted)
    }

    /// Where it listens, for people.
    pub(crate) fn addresses(&self) -> String {
        let addresses: Vec<String> = self.listen.iter().map(ToString::to_string).collect();
        format!("UDP {}", addresses.join(", "))
    }

    /// Whose datagrams are taken, for people.
    pub(crate) fn allowed(&self) -> String {
        let prefixes: Vec<String> = self.allow.iter().map(prefix_text).collect();
        if prefixes.is_empty() { "everyone: `collect.allow` is not set".into() } else { prefixes.join(", ") }
    }
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
        let mut exchange = typed.section("exchange");
        let name: Arc<str> = exchange.get("name", short_name).unwrap_or_else(|| "ix".into());
        let title = exchange.get("title", text).unwrap_or_else(|| name.to_string());
        let layer2_only = typed.section("privacy").get("layer2_only", yes_or_no).unwrap_or(false);
        // It is read in any case, so that its mistakes are told.
        let economy = economy::economy(typed, folder).filter(|_| !layer2_only);
        Self {
            exchange: Exchange { name, title },
            collect: collect(typed),
            members: typed.section("members").get("file", text).map(|file| folder.join(file)),
            store: store(typed, folder),
            clickhouse: clickhouse::section(typed, folder),
            http: http(typed),
            economy,
            layer2_only,
            share: share::share(typed, folder),
            exporters: exporters::rules(typed),
        }
    }
}

fn collect(typed: &mut Typed<'_>) -> Collect {
    let mut keys = typed.section("collect");
    let everywhere = |port| SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port);
    let listen = keys.list("listen", address).unwrap_or_else(|| PORTS.map(everywhere).to_vec());
    Collect {
        listen,
        wanted: Wanted {
            threads: keys.get("threads", auto_or(threads)).flatten(),
            receive_buffer: keys.get("receive_buffer", auto_or(octets)).flatten(),
            batch: keys.get("batch", auto_or(batch)).flatten(),
        },
        window: keys.get("window", window).unwrap_or(Level::Minute.span()),
        weights: keys.get("weights", weights).unwrap_or_default(),
        allow: keys.list("allow", prefix).unwrap_or_default(),
    }
}

fn store(typed: &mut Typed<'_>, folder: &Path) -> Store {
    let mut keys = typed.section("store");
    let usual = Retention::default();
    Store {
        data: folder.join(keys.get("data", text).unwrap_or_else(|| "data".into())),
        keep: Retention {
            minutes: keys.get("keep_1m", span).or(usual.minutes),
            five_minutes: keys.get("keep_5m", span).or(usual.five_minutes),
            hours: keys.get("keep_1h", span).or(usual.hours),
            days: keys.get("keep_1d", span).or(usual.days),
        },
    }
}

fn http(typed: &mut Typed<'_>) -> Http {
    let mut keys = typed.section("http");
    let open = keys.get("allow_unauthenticated", yes_or_no).unwrap_or(false);
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
    Http { listen: keys.get("listen", guarded).unwrap_or(loopback), hosts: keys.list("hosts", text).unwrap_or_default() }
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
        assert_eq!(config.collect.listen, ["[::]:6343", "[::]:2055", "[::]:4739"].map(|address| address.parse().unwrap()));
        assert_eq!(config.collect.wanted, Wanted::default(), "what the machine tells is not in the file");
        assert!(config.collect.allow.is_empty() && config.exporters.is_empty());
        assert_eq!((config.collect.window, config.collect.weights), (Duration::from_secs(60), Weights::Observed));
        assert!(config.http.listen.ip().is_loopback());
        assert_eq!(config.store.data, Path::new("/etc/chorsu/data"));
    }

    /// The example with everything switched on that is there to be read only.
    fn example() -> String {
        let is_off = |line: &str| line.strip_prefix('#').is_some_and(|rest| rest.starts_with(|first: char| !first.is_whitespace()));
        EXAMPLE.lines().map(|line| if is_off(line) { &line[1..] } else { line }.to_owned() + "\n").collect()
    }

    #[test]
    fn the_documented_example_is_read_whole_and_names_every_key() {
        let as_it_is = parse(EXAMPLE).unwrap();
        assert!(as_it_is.collect.allow.is_empty() && as_it_is.exporters.is_empty(), "whoever copies the example must not lose traffic");
        assert!(as_it_is.clickhouse.is_none(), "whoever copies the example need not have a ClickHouse");
        let all = parse(&example()).unwrap();
        assert_eq!((all.collect.allow.len(), all.exporters.len()), (2, 2));
        assert_eq!(all.collect.listen, parse("").unwrap().collect.listen);
        let example = example();
        for key in keys::KEYS {
            let (_, name) = key.split_once('.').unwrap();
            assert!(example.lines().any(|line| line.starts_with(&format!("{name} = "))), "{key} is not in the example");
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
        let numbers = parse("[collect]\nthreads = 3\nreceive_buffer = 65536\nbatch = 20").unwrap().collect;
        assert_eq!(numbers.wanted, Wanted { threads: Some(3), receive_buffer: Some(65_536), batch: Some(20) });
        assert_eq!(parse("[collect]\nthreads = \"3\"").unwrap().collect.wanted.threads, Some(3));
        assert_eq!(parse("[collect]\nlisten = \"[::1]:1\"").unwrap().collect.listen.len(), 1);
        assert!(parse("[collect]\nreceive_buffer = \"8 zebras\"").is_err());
    }

    #[test]
    fn what_is_auto_is_chosen_from_the_machine_and_what_is_not_is_used() {
        let auto = parse("[collect]\nthreads = \"auto\"\nreceive_buffer = \"auto\"\nbatch = \"auto\"").unwrap();
        assert_eq!(auto, parse("").unwrap());
        let sizes = auto.collect.sizes();
        assert!(sizes.threads >= 1 && sizes.receive_buffer >= 4_096 && sizes.batch >= 1, "{sizes}");
        let wanted = parse("[collect]\nthreads = 5\nreceive_buffer = \"64KiB\"\nbatch = 7").unwrap().collect.sizes();
        assert_eq!((wanted.threads, wanted.receive_buffer, wanted.batch), (5, 64 << 10, 7));
        let mistakes = parse("[collect]\nthreads = \"all\"\nbatch = 0").unwrap_err();
        assert_eq!(
            mistakes,
            [
                "chorsu.toml, line 2: `collect.threads` is \"all\": expected \"auto\", or a number from 1 to 64",
                "chorsu.toml, line 3: `collect.batch` is \"0\": expected \"auto\", or a number from 1 to 256",
            ]
        );
    }

    #[test]
    fn an_allow_list_takes_prefixes_and_single_addresses() {
        let allow = parse("[collect]\nallow = [\"192.0.2.0/24\", \"2001:db8::1\", \"::ffff:198.51.100.7\"]").unwrap().collect.allow;
        let written: Vec<String> = allow.iter().map(prefix_text).collect();
        assert_eq!(written, ["192.0.2.0/24", "2001:db8::1", "198.51.100.7"]);
        let mistakes = parse("[collect]\nallow = [\"192.0.2.1/24\"]").unwrap_err();
        assert_eq!(
            mistakes,
            ["chorsu.toml, line 2: `collect.allow` is \"192.0.2.1/24\": has bits set behind its length; did you mean \"192.0.2.0/24\"?"]
        );
        assert_eq!(parse("[collect]\nallow = [\"switch1\"]").unwrap_err().len(), 1);
    }
}
