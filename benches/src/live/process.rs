//! Processes that are started to be measured, and what the kernel says of them.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, SysconfVar, sysconf};

/// How long a process may take to say what it is waited for, or to end, before the measurement gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often it is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(10);

/// A process that ends with its measurement: by [`Running::stop`], or killed when it is dropped.
pub struct Running {
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
}

/// What a process used since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Used {
    /// Processor time in its own code, in seconds.
    pub user: f64,
    /// Processor time in the kernel, in seconds.
    pub system: f64,
}

impl Running {
    /// Starts a command. What it prints is kept; its standard input stays open until the measurement ends.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let said = Arc::default();
        child.stdout.take().into_iter().for_each(|output| keep(output, &said));
        child.stderr.take().into_iter().for_each(|output| keep(output, &said));
        Ok(Self { child, said })
    }

    /// Writes a line to its standard input.
    ///
    /// # Errors
    /// If it has ended.
    pub fn order(&mut self, line: &str) -> io::Result<()> {
        let Some(input) = &mut self.child.stdin else { return Err(self.failed("it takes no orders")) };
        writeln!(input, "{line}")
    }

    /// What stands behind `text` in the first line that holds it; waits for the line.
    ///
    /// # Errors
    /// If the process ends, or patience does, before.
    pub fn rest_after(&mut self, text: &str) -> io::Result<String> {
        let began = Instant::now();
        loop {
            let found = lines(&self.said).iter().find_map(|line| Some(line.split_once(text)?.1.to_owned()));
            if let Some(rest) = found {
                return Ok(rest);
            }
            if self.child.try_wait()?.is_some() || began.elapsed() > PATIENCE {
                return Err(self.failed(&format!("it did not say {text:?}")));
            }
            std::thread::sleep(LOOK);
        }
    }

    /// The word behind `text` in the first line that holds it; waits for the line.
    ///
    /// # Errors
    /// If the process ends, or patience does, before.
    pub fn word_after(&mut self, text: &str) -> io::Result<String> {
        Ok(self.rest_after(text)?.split([' ', ',']).next().unwrap_or_default().to_owned())
    }

    /// Everything that it printed.
    #[must_use]
    pub fn said(&self) -> String {
        lines(&self.said).join("\n")
    }

    /// What it used so far.
    ///
    /// # Errors
    /// If it has ended.
    pub fn used(&self) -> io::Result<Used> {
        Used::from_stat(&self.file("stat")?).ok_or_else(|| self.failed("its processor time cannot be read"))
    }

    /// How long its threads could have run and did not, because something else had the processor, in seconds.
    ///
    /// # Errors
    /// If it has ended, or the kernel does not count that.
    pub fn waited(&self) -> io::Result<f64> {
        let mut waited = 0.0;
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            // A thread may end meanwhile.
            let Ok(stat) = std::fs::read_to_string(thread?.path().join("schedstat")) else { continue };
            waited += waited_from_schedstat(&stat).ok_or_else(|| self.failed("what it waited for a processor cannot be read"))?;
        }
        Ok(waited)
    }

    /// Resident memory in octets.
    ///
    /// # Errors
    /// If it has ended.
    pub fn resident(&self) -> io::Result<u64> {
        let status = self.file("status")?;
        let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse::<u64>().ok());
        kilobytes.map(|kilobytes| kilobytes << 10).ok_or_else(|| self.failed("its memory cannot be read"))
    }

    /// Open file descriptors.
    ///
    /// # Errors
    /// If it has ended.
    pub fn descriptors(&self) -> io::Result<usize> {
        Ok(std::fs::read_dir(format!("/proc/{}/fd", self.child.id()))?.count())
    }

    /// Waits until it ends by itself, at most so long.
    ///
    /// # Errors
    /// If it fails or does not end.
    pub fn wait(&mut self, patience: Duration) -> io::Result<()> {
        let began = Instant::now();
        while began.elapsed() < patience + PATIENCE {
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(self.ended(status)),
                None => std::thread::sleep(LOOK),
            }
        }
        Err(self.failed("it does not end"))
    }

    /// Asks it to stop, and waits for its end.
    ///
    /// # Errors
    /// If it fails or does not end.
    pub fn stop(mut self) -> io::Result<()> {
        let process = i32::try_from(self.child.id()).map_err(io::Error::other)?;
        kill(Pid::from_raw(process), Signal::SIGTERM)?;
        self.wait(Duration::ZERO)
    }

    fn file(&self, name: &str) -> io::Result<String> {
        std::fs::read_to_string(Path::new("/proc").join(self.child.id().to_string()).join(name))
    }

    fn ended(&self, status: ExitStatus) -> io::Error {
        self.failed(&format!("it ended with {status}"))
    }

    fn failed(&self, what: &str) -> io::Error {
        io::Error::other(format!("process {}: {what}; it said:\n{}", self.child.id(), self.said()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads `/proc/PID/task/TID/schedstat` (linux, sched-stats.rst): time on the processor, and time spent waiting for it, in nanoseconds.
fn waited_from_schedstat(stat: &str) -> Option<f64> {
    Some(stat.split_whitespace().nth(1)?.parse::<u64>().ok()? as f64 / 1e9)
}

/// Ticks in a second, as the kernel's files count.
fn ticks() -> Option<f64> {
    Some(sysconf(SysconfVar::CLK_TCK).ok()?? as f64)
}

fn lines(said: &Mutex<Vec<String>>) -> MutexGuard<'_, Vec<String>> {
    said.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep(output: impl Read + Send + 'static, said: &Arc<Mutex<Vec<String>>>) {
    let said = Arc::clone(said);
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            lines(&said).push(line);
        }
    });
}

impl Used {
    /// Both times.
    #[must_use]
    pub fn total(self) -> f64 {
        self.user + self.system
    }

    /// What was used after `before`.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self { user: self.user - before.user, system: self.system - before.system }
    }

    /// Reads `/proc/PID/stat` (proc_pid_stat(5)): utime and stime are fields 14 and 15, in ticks. The name of the process, in parentheses, may
    /// hold anything.
    fn from_stat(stat: &str) -> Option<Self> {
        let (_, after_name) = stat.rsplit_once(')')?;
        let mut fields = after_name.split_whitespace().skip(11);
        let ticks = ticks()?;
        let mut seconds = || Some(fields.next()?.parse::<u64>().ok()? as f64 / ticks);
        Some(Self { user: seconds()?, system: seconds()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_behind_a_name_of_any_kind() {
        let ticks = ticks().unwrap();
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 5 0 100 1 1";
        let used = Used::from_stat(stat).unwrap();
        assert!((used.user - 250.0 / ticks).abs() < 1e-9 && (used.system - 50.0 / ticks).abs() < 1e-9, "{used:?}");
        assert_eq!(Used::from_stat("7 (a) S 1"), None);
    }

    #[test]
    fn waiting_is_the_second_number_of_each_thread() {
        assert_eq!(waited_from_schedstat("9000000000 1500000000 77\n"), Some(1.5));
        assert_eq!(waited_from_schedstat("9"), None);
        let running = Running::start(Command::new("sleep").arg("600")).unwrap();
        assert!(running.waited().unwrap() >= 0.0);
    }

    #[test]
    fn a_process_says_its_word_and_ends_with_its_measurement() {
        let mut running = Running::start(Command::new("sh").args(["-c", "echo ready on 7, now; exec sleep 600"])).unwrap();
        assert_eq!(running.word_after("ready on ").unwrap(), "7");
        assert!(running.resident().unwrap() > 0 && running.descriptors().unwrap() >= 3);
        let folder = format!("/proc/{}", running.child.id());
        drop(running);
        assert!(!Path::new(&folder).exists());
    }

    #[test]
    fn a_process_that_fails_is_quoted() {
        let mut running = Running::start(Command::new("sh").args(["-c", "echo no such port >&2; exit 3"])).unwrap();
        let refused = running.wait(Duration::ZERO).unwrap_err().to_string();
        assert!(refused.contains("exit status: 3"), "{refused}");
        assert!(running.word_after("ready on ").is_err());
    }
}
