//! `chorsu run` as it is installed: a configuration, a data folder and a member list of its own, on loopback.

use std::error::Error;
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::process::Running;

/// How long the pages may take to answer.
const ANSWER: Duration = Duration::from_secs(60);

/// What a measurement fails with.
pub type Failed = Box<dyn Error>;

/// A running service.
pub struct Served {
    folder: TempDir,
    process: Running,
    /// Where it listens for datagrams.
    pub to: SocketAddr,
    pages: String,
}

/// The built command, or another binary beside the running one.
///
/// # Errors
/// If it is not built.
pub fn beside(name: &str) -> Result<PathBuf, Failed> {
    let built = std::env::current_exe()?.with_file_name(name);
    // A test lies one folder deeper than the binaries that it tests.
    let built = if built.is_file() { built } else { built.parent().and_then(Path::parent).unwrap_or(Path::new(".")).join(name) };
    if built.is_file() { Ok(built) } else { Err(format!("{} is not built; `make build` builds it", built.display()).into()) }
}

impl Served {
    /// Starts the service with this member list (its file's name tells the format); `prefix` is put before its command, as in `taskset -c 0`, and
    /// `collect` are lines for that section of its configuration.
    ///
    /// # Errors
    /// If it is not built or does not start.
    pub fn start(prefix: &[&str], members: (&str, &[u8]), collect: &str) -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        let config = folder.path().join("chorsu.toml");
        let mut text = String::from("[collect]\nlisten = [\"127.0.0.1:0\"]\n");
        write!(text, "{collect}\n[members]\nfile = \"{}\"\n[store]\ndata = \"data\"\n[http]\nlisten = \"127.0.0.1:0\"\n", members.0)?;
        std::fs::write(folder.path().join(members.0), members.1)?;
        std::fs::write(&config, text)?;
        let mut command = prefixed(prefix, &beside("chorsu")?);
        let mut process = Running::start(command.args(["run", "--config"]).arg(&config))?;
        let to = process.word_after("listening for sFlow, NetFlow and IPFIX on UDP ")?.parse()?;
        let pages = process.word_after("pages on ")?;
        Ok(Self { folder, process, to, pages: pages.trim_end_matches('/').to_owned() })
    }

    /// The process.
    #[must_use]
    pub const fn process(&self) -> &Running {
        &self.process
    }

    /// What it answers to a path: the status and the body.
    ///
    /// # Errors
    /// If it does not answer.
    pub fn get(&self, path: &str) -> Result<(u16, String), Failed> {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(ANSWER)).build().into();
        let mut answer = agent.get(format!("{}{path}", self.pages)).call()?;
        Ok((answer.status().as_u16(), answer.body_mut().read_to_string()?))
    }

    /// The first listener of its status.
    ///
    /// # Errors
    /// If it does not answer.
    pub fn listener(&self) -> Result<Listener, Failed> {
        let (_, body) = self.get("/api/v1/status")?;
        let status: Value = serde_json::from_str(&body)?;
        let number = |name: &str| status.pointer(&format!("/listeners/0/{name}")).and_then(Value::as_u64);
        let field = |name: &str| number(name).ok_or_else(|| format!("the status has no {name} of a listener"));
        Ok(Listener {
            datagrams: field("datagrams")?,
            kernel_drops: field("kernel_drops")?,
            threads: usize::try_from(field("threads")?)?,
            receive_buffer: usize::try_from(field("receive_buffer_bytes")?)?,
        })
    }

    /// Octets in its data folder.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn disk(&self) -> std::io::Result<u64> {
        octets_in(&self.folder.path().join("data"))
    }

    /// Stops it in order, and removes what it kept.
    ///
    /// # Errors
    /// If it fails.
    pub fn stop(self) -> Result<(), Failed> {
        Ok(self.process.stop()?)
    }
}

/// What a listener counted since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listener {
    /// Datagrams that it took.
    pub datagrams: u64,
    /// Datagrams that the kernel dropped because the receive buffer was full.
    pub kernel_drops: u64,
    /// Its receiving threads.
    pub threads: usize,
    /// Receive buffer of each, in octets.
    pub receive_buffer: usize,
}

/// A command with another one before it that runs it, if any.
pub fn prefixed(prefix: &[&str], binary: &Path) -> Command {
    let Some((first, rest)) = prefix.split_first() else { return Command::new(binary) };
    let mut command = Command::new(first);
    command.args(rest).arg(binary);
    command
}

fn octets_in(folder: &Path) -> std::io::Result<u64> {
    let mut octets = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // The service renames and removes meanwhile.
        let Ok(metadata) = entry.metadata() else { continue };
        octets += if metadata.is_dir() { octets_in(&entry.path()).unwrap_or(0) } else { metadata.len() };
    }
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_weighs_what_its_files_do() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("inner")).unwrap();
        std::fs::write(folder.path().join("one"), [0; 10]).unwrap();
        std::fs::write(folder.path().join("inner/two"), [0; 32]).unwrap();
        assert_eq!(octets_in(folder.path()).unwrap(), 42);
    }

    #[test]
    fn a_prefix_runs_the_command() {
        let command = prefixed(&["taskset", "-c", "0"], Path::new("/bin/chorsu"));
        let arguments: Vec<_> = command.get_args().collect();
        assert_eq!((command.get_program(), arguments), ("taskset".as_ref(), vec!["-c".as_ref(), "0".as_ref(), "/bin/chorsu".as_ref()]));
        assert_eq!(prefixed(&[], Path::new("/bin/chorsu")).get_program(), "/bin/chorsu");
    }
}
