//! A long run at a moderate rate, with questions in between: does memory stay flat?

use std::process::Command;
use std::time::{Duration, Instant};

use comfy_table::{Table, presets};

use super::process::Running;
use super::served::{Failed, Served, beside};

/// Time between two questions.
const QUESTION: Duration = Duration::from_secs(3);

/// Questions that are asked in turns: pages as people look at them, and the API as scripts do.
const QUESTIONS: [&str; 8] = [
    "/",
    "/api/v1/matrix?top=50",
    "/api/v1/timeseries?step=1m",
    "/matrix",
    "/api/v1/exporters",
    "/metrics",
    "/api/v1/members",
    "/api/v1/status",
];

/// What it looks at while it runs, so many times.
const LOOKS: u32 = 60;

/// What is soaked, and how long.
#[derive(Clone, Debug)]
pub struct Soak {
    /// How long.
    pub length: Duration,
    /// Flow samples a second.
    pub rate: f64,
    /// Members of the exchange.
    pub members: u16,
}

/// The service at a moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// Seconds since the start.
    pub at: f64,
    /// Resident memory in octets.
    pub resident: u64,
    /// Open file descriptors.
    pub descriptors: usize,
    /// Octets in the data folder.
    pub disk: u64,
    /// Processor time since the start, in seconds.
    pub processor: f64,
    /// Datagrams since the start.
    pub datagrams: u64,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Soaked {
    /// In order of time.
    pub looks: Vec<Look>,
    /// How long each answer took, in seconds, in ascending order.
    pub answers: Vec<f64>,
    /// Datagrams that the kernel dropped.
    pub kernel_drops: u64,
}

impl Soak {
    /// Runs it to its end.
    ///
    /// # Errors
    /// If the service or the exchange fails, or a question is answered by an error.
    pub fn run(&self, tell: &mut dyn FnMut(&Look)) -> Result<Soaked, Failed> {
        let members = self.member_list()?;
        let served = Served::start(&[], ("ixf.json", &members), "")?;
        let to = served.to.to_string();
        let length = format!("{}s", self.length.as_secs().max(1));
        let mut exchange = Running::start(self.simulate().args(["--to", &to, "--for", &length]))?;
        let mut soaked = Soaked::default();
        let (began, mut asked) = (Instant::now(), 0);
        while began.elapsed() < self.length {
            let look = look(&served, began.elapsed())?;
            tell(&look);
            soaked.looks.push(look);
            let until = self.length * u32::try_from(soaked.looks.len()).unwrap_or(u32::MAX) / LOOKS;
            while began.elapsed() < until {
                soaked.answers.push(ask(&served, QUESTIONS[asked % QUESTIONS.len()])?);
                asked += 1;
                std::thread::sleep(QUESTION.min(until.saturating_sub(began.elapsed())));
            }
        }
        exchange.wait(Duration::ZERO)?;
        soaked.kernel_drops = served.listener()?.kernel_drops;
        soaked.answers.sort_unstable_by(f64::total_cmp);
        served.stop()?;
        Ok(soaked)
    }

    fn simulate(&self) -> Command {
        let mut command = Command::new(beside("chorsu").unwrap_or_else(|_| "chorsu".into()));
        command.args(["simulate", "--seed", "1", "--sampling", "1000"]);
        command.args(["--members", &self.members.to_string(), "--rate", &self.rate.to_string()]);
        command
    }

    fn member_list(&self) -> Result<Vec<u8>, Failed> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("ixf.json");
        let made = self.simulate().args(["--pcap", "/dev/null", "--for", "1s", "--ixf"]).arg(&file).output()?;
        if !made.status.success() {
            return Err(String::from_utf8_lossy(&made.stderr).into_owned().into());
        }
        Ok(std::fs::read(file)?)
    }
}

fn look(served: &Served, at: Duration) -> Result<Look, Failed> {
    let process = served.process();
    Ok(Look {
        at: at.as_secs_f64(),
        resident: process.resident()?,
        descriptors: process.descriptors()?,
        disk: served.disk()?,
        processor: process.used()?.total(),
        datagrams: served.listener()?.datagrams,
    })
}

/// Seconds that the answer took.
fn ask(served: &Served, path: &str) -> Result<f64, Failed> {
    let began = Instant::now();
    let (status, body) = served.get(path)?;
    if status != 200 {
        return Err(format!("{path} was answered by {status}: {body}").into());
    }
    Ok(began.elapsed().as_secs_f64())
}

impl Soaked {
    /// Octets by which memory grew in an hour, by a line of least squares through the second half: before it, caches fill and the first hour's
    /// roll-ups come into being.
    #[must_use]
    pub fn growth_per_hour(&self) -> f64 {
        let half = &self.looks[self.looks.len() / 2..];
        let points: Vec<(f64, f64)> = half.iter().map(|look| (look.at / 3_600.0, look.resident as f64)).collect();
        slope(&points)
    }

    /// The time within which so many of a hundred questions were answered, in seconds.
    #[must_use]
    pub fn answered_within(&self, percent: usize) -> f64 {
        let position = self.answers.len() * percent / 100;
        self.answers.get(position.min(self.answers.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
    }

    /// For people.
    #[must_use]
    pub fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["seconds", "resident MiB", "descriptors", "disk KiB", "processor s", "datagrams"]);
        for look in &self.looks {
            table.add_row([
                format!("{:.0}", look.at),
                format!("{:.1}", look.resident as f64 / f64::from(1 << 20)),
                look.descriptors.to_string(),
                (look.disk >> 10).to_string(),
                format!("{:.1}", look.processor),
                look.datagrams.to_string(),
            ]);
        }
        table
    }
}

/// The slope of the line of least squares; 0 for fewer than two points.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let spread: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    let together: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    if spread > 0.0 { together / spread } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_that_of_the_second_half() {
        let look = |at: f64, resident| Look { at, resident, ..Look::default() };
        let looks = vec![look(0.0, 10), look(1_800.0, 1_000), look(3_600.0, 1_100), look(5_400.0, 1_200)];
        let soaked = Soaked { looks, ..Soaked::default() };
        assert!((soaked.growth_per_hour() - 200.0).abs() < 1e-6, "{}", soaked.growth_per_hour());
        assert!(Soaked::default().growth_per_hour().abs() < 1e-9);
    }

    #[test]
    fn the_slowest_of_a_hundred_answers_is_not_the_ninety_ninth() {
        let answers = (1..=200).map(f64::from).collect();
        let soaked = Soaked { answers, ..Soaked::default() };
        assert!((soaked.answered_within(99) - 199.0).abs() < 1e-9);
        assert!(Soaked::default().answered_within(99).is_nan());
    }
}
