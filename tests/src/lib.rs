//! What the end-to-end tests share: the built command, services that end with their test, and where captures lie.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot be set up has failed")]

pub mod clickhouse;
pub mod lab;
pub mod warehouse;

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// How long anything may take before a test gives up. Nothing is measured by it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The built command, beside the running test: `target/debug/chorsu` or `target/release/chorsu`.
///
/// # Panics
/// If it is not built.
#[must_use]
pub fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let built = test.ancestors().nth(2).unwrap().join("chorsu");
    assert!(built.is_file(), "{} is not built; run `make test`, or `cargo build --workspace --bins` first", built.display());
    built
}

/// A command line of the built command.
#[must_use]
pub fn chorsu(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs the built command to its end.
///
/// # Panics
/// If it cannot be started.
#[must_use]
pub fn run(arguments: &[&str]) -> Output {
    chorsu(arguments).output().unwrap()
}

/// Runs the built command, which must succeed, and reads its JSON.
///
/// # Panics
/// If it fails or prints no JSON.
#[must_use]
pub fn json(arguments: &[&str]) -> Value {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{arguments:?} printed no JSON: {error}"))
}

/// The folder of captures beside the project, if it is there; else the skip is named.
#[must_use]
pub fn captures() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: ../shared/captures is absent");
    None
}

/// A service that runs until its test ends.
pub struct Service {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    readers: Vec<JoinHandle<()>>,
}

impl Service {
    /// Starts the built command.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start(arguments: &[&str]) -> Self {
        Self::spawn(&mut chorsu(arguments))
    }

    /// Starts a prepared command.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let readers = vec![collect(child.stdout.take().unwrap(), &lines), collect(child.stderr.take().unwrap(), &lines)];
        Self { child, lines, readers }
    }

    /// Waits for a line that holds `text`, and gives the line.
    ///
    /// # Panics
    /// If the service ends or patience does before such a line comes.
    pub fn line(&mut self, text: &str) -> String {
        let began = Instant::now();
        loop {
            if let Some(line) = self.lines.lock().unwrap().iter().find(|line| line.contains(text)) {
                return line.clone();
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none() && began.elapsed() < PATIENCE, "no line with {text:?} in:\n{}", self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The address at the end of the first line that holds `text`.
    ///
    /// # Panics
    /// If there is none.
    pub fn address(&mut self, text: &str) -> SocketAddr {
        let line = self.line(text);
        let after = line.split(text).nth(1).unwrap();
        let address: String = after.chars().take_while(|c| c.is_ascii_hexdigit() || ".:[]".contains(*c)).collect();
        address.parse().unwrap_or_else(|error| panic!("no address after {text:?} in {line:?}: {error}"))
    }

    /// The base of its pages, once they are served.
    pub fn pages(&mut self) -> Pages {
        Pages { base: format!("http://{}", self.address("pages on http://")) }
    }

    /// Where it listens first.
    pub fn listens(&mut self) -> SocketAddr {
        self.address("listening for sFlow, NetFlow and IPFIX on UDP ")
    }

    /// Everything it printed so far.
    ///
    /// # Panics
    /// If a reader panicked.
    #[must_use]
    pub fn said(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal.
    ///
    /// # Panics
    /// If the process is gone.
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// If it does not end.
    pub fn end(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                self.readers.drain(..).for_each(|reader| reader.join().unwrap());
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "it does not end:\n{}", self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asks it to stop and waits for its end.
    ///
    /// # Panics
    /// If it fails.
    pub fn stop(&mut self) {
        self.signal(Signal::SIGTERM);
        let status = self.end();
        assert!(status.success(), "{status}:\n{}", self.said());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(from: impl Read + Send + 'static, lines: &Arc<Mutex<Vec<String>>>) -> JoinHandle<()> {
    let lines = Arc::clone(lines);
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            lines.lock().expect("no reader panics").push(line);
        }
    })
}

/// Pages and API of a service.
#[derive(Clone, Debug)]
pub struct Pages {
    base: String,
}

impl Pages {
    /// The pages at a base address, as in `http://127.0.0.1:8080`.
    #[must_use]
    pub fn at(base: &str) -> Self {
        Self { base: base.trim_end_matches('/').to_owned() }
    }

    /// Status and body of a path.
    ///
    /// # Panics
    /// If nobody answers.
    #[must_use]
    pub fn get(&self, path: &str) -> (u16, String) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build().into();
        let mut answer = agent.get(format!("{}{path}", self.base)).call().unwrap_or_else(|error| panic!("{path}: {error}"));
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    }

    /// The JSON of a path, which must be found.
    ///
    /// # Panics
    /// If it is not.
    #[must_use]
    pub fn json(&self, path: &str) -> Value {
        let (status, body) = self.get(path);
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{path}: {error}: {body}"))
    }

    /// Asks for the JSON of a path until it is as wanted.
    ///
    /// # Panics
    /// If it does not become so.
    pub fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let value = self.json(path);
            if wanted(&value) {
                return value;
            }
            assert!(began.elapsed() < PATIENCE, "{path} does not become as wanted: {value:#}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// A whole number in an answer, by its path.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn number(value: &Value, pointer: &str) -> u64 {
    value.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("no number at {pointer} in {value:#}"))
}
