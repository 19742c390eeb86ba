//! A real ClickHouse for a test: the engine in a process of its own, behind ClickHouse's HTTP interface on loopback (`tests/clickhouse/`).

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::PATIENCE;

/// The one user that the engine admits.
pub const USER: &str = "chorsu";

/// That user's password.
pub const PASSWORD: &str = "a word & another";

/// An engine with a folder of its own, which ends with the test.
pub struct ClickHouse {
    folder: tempfile::TempDir,
    port: u16,
    running: Option<Running>,
}

/// The process. It ends by itself when its standard input does, so it outlives no test, however that ends.
struct Running {
    child: Child,
    _alive: ChildStdin,
}

impl ClickHouse {
    /// Starts an engine on a free port. `None` where Python or the package is missing, after saying that `test` is skipped and why.
    ///
    /// # Panics
    /// If the engine does not start although it is installed.
    #[must_use]
    pub fn start(test: &str) -> Option<Self> {
        if let Some(lacking) = lacking() {
            println!("skipped: {test}: {lacking}; tests/prepare.sh installs it");
            return None;
        }
        let mut engine = Self { folder: tempfile::tempdir().unwrap(), port: 0, running: None };
        engine.resume();
        Some(engine)
    }

    /// Its address, as in `http://127.0.0.1:8123`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Makes a database and gives its name back.
    ///
    /// # Panics
    /// If it is there already.
    pub fn database(&self, name: &str) -> String {
        self.told("", &format!("CREATE DATABASE `{name}`"));
        name.to_owned()
    }

    /// Ends the process by SIGKILL, in the midst of whatever it does.
    ///
    /// # Panics
    /// If it runs no more.
    pub fn kill(&mut self) {
        let mut running = self.running.take().expect("it runs");
        running.child.kill().unwrap();
        running.child.wait().unwrap();
    }

    /// Starts it again after [`ClickHouse::kill`], on the same data and the same port.
    ///
    /// # Panics
    /// If it does not start.
    pub fn resume(&mut self) {
        assert!(self.running.is_none(), "it still runs");
        let mut child = Command::new(python())
            .arg(front())
            .args(["--port", &self.port.to_string(), "--user", USER, "--password", PASSWORD, "--data"])
            .arg(self.folder.path().join("data"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (alive, said) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line).unwrap();
        self.running = Some(Running { child, _alive: alive });
        self.port = line.trim().rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or_else(|| panic!("it said {line:?}"));
    }

    /// Its process.
    ///
    /// # Panics
    /// If it runs no more.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.running.as_ref().expect("it runs").child.id()
    }

    /// Runs one statement in a database and gives its result as text, tab-separated unless the statement names a format.
    ///
    /// # Errors
    /// The engine's refusal, in its words.
    ///
    /// # Panics
    /// If nobody answers.
    pub fn ask(&self, database: &str, statement: &str) -> Result<String, String> {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build().into();
        let asked = agent
            .post(self.url())
            .query("database", database)
            .header("X-ClickHouse-User", USER)
            .header("X-ClickHouse-Key", PASSWORD)
            .send(statement);
        let mut answer = asked.unwrap_or_else(|error| panic!("{statement}: {error}"));
        let text = answer.body_mut().read_to_string().unwrap();
        if answer.status() == 200 { Ok(text) } else { Err(text) }
    }

    /// The same for a statement that must succeed, without the last line's end.
    ///
    /// # Panics
    /// If the engine refuses.
    #[expect(clippy::must_use_candidate, reason = "statements are run for what they change, too")]
    pub fn told(&self, database: &str, statement: &str) -> String {
        let text = self.ask(database, statement).unwrap_or_else(|refusal| panic!("{statement}\n{refusal}"));
        text.trim_end_matches('\n').to_owned()
    }
}

impl Drop for ClickHouse {
    fn drop(&mut self) {
        if self.running.is_some() {
            self.kill();
        }
    }
}

fn front() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clickhouse/front.py")
}

/// The interpreter for which `tests/prepare.sh` installs packages.
fn python() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv/bin/python")
}

/// What the engine lacks here, if anything.
fn lacking() -> Option<String> {
    if !python().is_file() {
        return Some("there is no Python in .venv".into());
    }
    let probe = "import importlib.util as u, sys; sys.exit(not all(u.find_spec(name) for name in ('chdb', 'lz4')))";
    let found = Command::new(python()).args(["-c", probe]).output().is_ok_and(|output| output.status.success());
    (!found).then(|| "ClickHouse's engine, the Python packages chdb-core and lz4, is not in .venv".into())
}
