//! The service as a whole, alive: `chorsu run` as a process of its own, with traffic over loopback.
//!
//! 1. [`process`] starts what is measured and reads what it used; [`served`] is the service with a configuration and a folder of its own;
//! 2. [`stock`] holds a simulated exchange's datagrams and gives them new numbers each time, [`sender`] sends them at a given pace, [`bare`] receives
//!    and counts them, and [`orders`] is how the measurement talks with both;
//! 3. [`receiver`] is one try at one rate, [`search`] chooses the rates, and [`Live::run`] measures service and bare receiver in turns;
//! 4. [`soak`] lets the service run for long at a moderate rate, with questions in between.

pub mod bare;
pub mod orders;
pub mod process;
pub mod receiver;
pub mod search;
pub mod sender;
pub mod served;
pub mod soak;
pub mod stock;

use std::time::Duration;

use comfy_table::{Table, presets};
use orders::Helper;
use process::Running;
use receiver::{Receiver, Taken};
use search::Search;
use served::{Failed, Served, beside, prefixed};
use stock::Stock;

use crate::report::Report;

/// Datagrams that the bare receiver reads by one call, as many as the service.
const BATCH: usize = 64;

/// Tries at one rate: what else the machine does makes a receiver lose what it can take, and never the other way round.
const TRIES: usize = 3;

/// What something else disturbs is tried so many times at most, with a rest of such a length in between.
const AGAIN: (usize, Duration) = (5, Duration::from_secs(1));

/// At such a rate, in datagrams a second, and so long, maps and caches are warmed first.
const WARM_UP: (f64, Duration) = (50_000.0, Duration::from_secs(3));

/// The live loss test.
#[derive(Clone, Debug)]
pub struct Live {
    /// Members of the exchange.
    pub members: usize,
    /// How long each try sends.
    pub length: Duration,
    /// Rounds of both receivers at the service's full rate; odd, so that there is a median.
    pub rounds: usize,
}

impl Default for Live {
    fn default() -> Self {
        Self { members: 300, length: Duration::from_secs(2), rounds: 7 }
    }
}

/// What was measured.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Every rate that was tried, by whom it was received, the best of its tries.
    pub tried: Vec<(&'static str, Taken)>,
    /// The highest rate without loss of the bare receiver, in datagrams a second.
    pub bare_rate: f64,
    /// The highest rate without loss of the service.
    pub served_rate: f64,
    /// The sender could not bring the bare receiver to its limit, nor the service to its own.
    pub senders_limit: (bool, bool),
    /// The service at its full rate, a round each.
    pub served: Vec<Taken>,
    /// The bare receiver at the same rate.
    pub bare: Vec<Taken>,
    /// Receiving threads of both.
    pub threads: usize,
    /// Receive buffer of each thread, in octets.
    pub receive_buffer: usize,
}

impl Live {
    /// Measures. `tell` gets each try as it ends.
    ///
    /// # Errors
    /// If a process is not built or fails, or the machine has no rest for long.
    pub fn run(&self, tell: &mut dyn FnMut(&str, &Taken)) -> Result<Figures, Failed> {
        let places = Places::of_this_machine();
        let members = Stock::of(self.members).members;
        let served = Served::start(&places.receivers(), ("members.toml", members.as_bytes()), "")?;
        let like = served.listener()?;
        let bare = Receiver::bare(&places.receivers(), like.threads, like.receive_buffer, BATCH)?;
        let mut command = prefixed(&places.sender(), &beside("live")?);
        let mut sender = Helper::new(Running::start(command.args(["send", &self.members.to_string()]))?);
        let mut receivers = [bare, Receiver::Served(Box::new(served))];
        let mut figures = Figures { threads: like.threads, receive_buffer: like.receive_buffer, ..Figures::default() };
        for receiver in &mut receivers {
            receiver.take(&mut sender, WARM_UP.0, WARM_UP.1)?;
        }
        self.search(&mut receivers, &mut sender, &mut figures, tell)?;
        for _ in 0..self.rounds {
            let [bare, served] = &mut receivers;
            figures.bare.push(self.one(bare, &mut sender, figures.served_rate, tell)?);
            figures.served.push(self.one(served, &mut sender, figures.served_rate, tell)?);
        }
        let [_, served] = receivers;
        if let Receiver::Served(served) = served {
            served.stop()?;
        }
        Ok(figures)
    }

    /// Looks for the highest rate of each, in turns, so that whatever else the machine does disturbs both alike.
    fn search(
        &self,
        receivers: &mut [Receiver; 2],
        sender: &mut Helper,
        figures: &mut Figures,
        tell: &mut dyn FnMut(&str, &Taken),
    ) -> Result<(), Failed> {
        let mut searches = [Search::default(); 2];
        while searches.iter().any(|search| search.next().is_some()) {
            for (search, receiver) in searches.iter_mut().zip(&mut *receivers) {
                let Some(rate) = search.next() else { continue };
                let taken = self.best(receiver, sender, rate, tell)?;
                search.note(rate, taken.attained(), taken.is_lossless());
                figures.tried.push((receiver.name(), taken));
            }
        }
        let [bare, served] = searches;
        (figures.bare_rate, figures.served_rate) = (bare.highest(), served.highest());
        figures.senders_limit = (bare.is_senders_limit(), served.is_senders_limit());
        Ok(())
    }

    /// The best of some tries; the first one without loss is good enough.
    fn best(&self, receiver: &mut Receiver, sender: &mut Helper, rate: f64, tell: &mut dyn FnMut(&str, &Taken)) -> Result<Taken, Failed> {
        let mut best = self.one(receiver, sender, rate, tell)?;
        for _ in 1..TRIES {
            if best.is_lossless() {
                break;
            }
            let taken = self.one(receiver, sender, rate, tell)?;
            best = if taken.loss_percent() < best.loss_percent() { taken } else { best };
        }
        Ok(best)
    }

    /// One try that counts. What came of it while something else had the processors says nothing, so it is tried again.
    fn one(&self, receiver: &mut Receiver, sender: &mut Helper, rate: f64, tell: &mut dyn FnMut(&str, &Taken)) -> Result<Taken, Failed> {
        let mut waited = 0.0;
        for _ in 0..AGAIN.0 {
            let taken = receiver.take(sender, rate, self.length)?;
            tell(receiver.name(), &taken);
            if taken.is_telling() {
                return Ok(taken);
            }
            waited = taken.waited_percent();
            std::thread::sleep(AGAIN.1);
        }
        Err(format!("other programs keep this machine too busy: sender and receiver waited for a processor in {waited:.0} % of the time")
            .into())
    }
}

/// Which processors sender and receivers run on: the sender has the last one to itself, where there are two or more.
struct Places {
    receivers: Option<String>,
    sender: Option<String>,
}

impl Places {
    fn of_this_machine() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap_or_default();
        Self::of(&processors(list.trim()))
    }

    fn of(processors: &[usize]) -> Self {
        match processors {
            [receivers @ .., sender] if !receivers.is_empty() => {
                let list: Vec<String> = receivers.iter().map(ToString::to_string).collect();
                Self { receivers: Some(list.join(",")), sender: Some(sender.to_string()) }
            }
            _ => Self { receivers: None, sender: None },
        }
    }

    fn receivers(&self) -> Vec<&str> {
        on(self.receivers.as_deref())
    }

    fn sender(&self) -> Vec<&str> {
        on(self.sender.as_deref())
    }
}

fn on(processors: Option<&str>) -> Vec<&str> {
    processors.map_or_else(Vec::new, |list| vec!["taskset", "--cpu-list", list])
}

/// The processors of a list as the kernel writes it, as in `0-2,5`.
fn processors(list: &str) -> Vec<usize> {
    let range = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some(first.parse().ok()?..=last.parse().ok()?)
    };
    list.split(',').filter_map(range).flatten().collect()
}

impl Figures {
    /// Adds them to a report, under the names that scripts rely on.
    pub fn report(&self, report: &mut Report) {
        let [served, bare] = self.at_full_rate();
        report.add("user_space_share_percent", self.user_space_share_percent(), "%");
        report.add("loss_free_rate_vs_bare_receiver_ratio", self.loss_free_rate_ratio(), "of the bare receiver's");
        report.add("live_loss_free_datagrams_per_second", self.served_rate, "datagrams/s");
        report.add("live_bare_loss_free_datagrams_per_second", self.bare_rate, "datagrams/s");
        report.add("live_user_ns_per_datagram", served.0 * 1e3, "ns");
        report.add("live_system_ns_per_datagram", served.1 * 1e3, "ns");
        report.add("live_bare_ns_per_datagram", (bare.0 + bare.1) * 1e3, "ns");
    }

    /// The part of its processor time that the service's own code takes at its full rate, in percent: the median of the rounds.
    #[must_use]
    pub fn user_space_share_percent(&self) -> f64 {
        median(self.served.iter().map(Taken::user_percent))
    }

    /// The service's highest rate without loss to the bare receiver's.
    #[must_use]
    pub fn loss_free_rate_ratio(&self) -> f64 {
        self.served_rate / self.bare_rate
    }

    /// Everything that was tried, for people.
    #[must_use]
    pub fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header([
            "receiver",
            "wanted/s",
            "sent",
            "sent/s",
            "received",
            "kernel drops",
            "loss %",
            "user µs",
            "system µs",
            "user %",
        ]);
        for (name, taken) in &self.tried {
            table.add_row(row(name, taken));
        }
        table
    }

    /// What a datagram costs at the service's full rate, in microseconds of user and system time: the service's, then the bare receiver's.
    #[must_use]
    pub fn at_full_rate(&self) -> [(f64, f64); 2] {
        [&self.served, &self.bare].map(|rounds| {
            let of = |time: fn(&Taken) -> f64| median(rounds.iter().map(time));
            (of(Taken::user_micros), of(Taken::system_micros))
        })
    }
}

/// A try as cells of a table.
#[must_use]
pub fn row(name: &str, taken: &Taken) -> [String; 11] {
    [
        name.to_owned(),
        format!("{:.0}", taken.wanted),
        taken.sent.datagrams.to_string(),
        format!("{:.0}", taken.attained()),
        taken.received.to_string(),
        taken.kernel_drops.map_or_else(|| "–".to_owned(), |drops| drops.to_string()),
        format!("{:.3}", taken.loss_percent()),
        format!("{:.3}", taken.user_micros()),
        format!("{:.3}", taken.system_micros()),
        format!("{:.1}", taken.user_percent()),
        format!("{:.1}", taken.waited_percent()),
    ]
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sender_has_the_last_processor_to_itself() {
        let places = Places::of(&processors("0-2,5"));
        assert_eq!(places.receivers(), ["taskset", "--cpu-list", "0,1,2"]);
        assert_eq!(places.sender(), ["taskset", "--cpu-list", "5"]);
        assert!(Places::of(&processors("3")).receivers().is_empty());
    }
}
