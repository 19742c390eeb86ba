//! The two that are compared: the service, and a receiver that only counts.

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use super::bare::LISTENING;
use super::orders::Helper;
use super::process::{Running, Used};
use super::search::ATTAINED;
use super::sender::Sent;
use super::served::{Failed, Served, beside, prefixed};

/// Loss up to that is none: one datagram in ten thousand, in percent.
const LOSSLESS_PERCENT: f64 = 0.01;

/// How long after the last datagram a receiver's count may still grow. The service publishes what it counted once a second.
const SETTLING: Duration = Duration::from_millis(2_500);

/// How often it is asked meanwhile.
const LOOK: Duration = Duration::from_millis(100);

/// Part of a try's time that sender and receiver may wait for their processors without its loss being worthless. The service's own threads make each
/// other wait, too, where they have one processor; that is far less.
const QUIET: f64 = 0.05;

/// Who receives.
pub enum Receiver {
    /// A process that only counts.
    Bare(Helper, SocketAddr),
    /// The service.
    Served(Box<Served>),
}

/// What became of what was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Taken {
    /// Datagrams a second that were wanted.
    pub wanted: f64,
    /// What was sent.
    pub sent: Sent,
    /// Datagrams that were received.
    pub received: u64,
    /// Datagrams that the receiver says the kernel dropped; the bare receiver does not ask.
    pub kernel_drops: Option<u64>,
    /// Processor time of the receiver meanwhile.
    pub used: Used,
    /// How long sender and receiver could have run and did not, because something else had their processors, in seconds.
    pub waited: f64,
}

impl Receiver {
    /// Starts a bare receiver with sockets like the service's.
    ///
    /// # Errors
    /// If the binary `live` is not built or does not start.
    pub fn bare(prefix: &[&str], threads: usize, receive_buffer: usize, batch: usize) -> Result<Self, Failed> {
        let mut command: Command = prefixed(prefix, &beside("live")?);
        let numbers = [threads, receive_buffer, batch].map(|number| number.to_string());
        let mut process = Running::start(command.arg("bare").args(numbers))?;
        let to = process.word_after(LISTENING)?.parse()?;
        Ok(Self::Bare(Helper::new(process), to))
    }

    /// What it is called in tables.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Bare(..) => "bare",
            Self::Served(_) => "chorsu",
        }
    }

    /// Sends to it at this rate and says what became of it.
    ///
    /// # Errors
    /// If the sender or the receiver fails.
    pub fn take(&mut self, sender: &mut Helper, rate: f64, length: Duration) -> Result<Taken, Failed> {
        let (before, drops) = (self.count()?, self.drops()?);
        let (used, waited) = (self.process().used()?, self.process().waited()? + sender.process().waited()?);
        let sent = order(sender, self.to(), rate, length.as_secs_f64())?;
        let (used, waited) = (self.process().used()?.since(used), self.process().waited()? + sender.process().waited()? - waited);
        let received = self.settled(before + sent.datagrams)? - before;
        let kernel_drops = self.drops()?.zip(drops).map(|(now, before)| now - before);
        Ok(Taken { wanted: rate, sent, received, kernel_drops, used, waited })
    }

    fn to(&self) -> SocketAddr {
        match self {
            Self::Bare(_, to) => *to,
            Self::Served(served) => served.to,
        }
    }

    const fn process(&self) -> &Running {
        match self {
            Self::Bare(helper, _) => helper.process(),
            Self::Served(served) => served.process(),
        }
    }

    fn count(&mut self) -> Result<u64, Failed> {
        match self {
            Self::Bare(helper, _) => Ok(helper.order::<1>("count")?[0]),
            Self::Served(served) => Ok(served.listener()?.datagrams),
        }
    }

    fn drops(&self) -> Result<Option<u64>, Failed> {
        match self {
            Self::Bare(..) => Ok(None),
            Self::Served(served) => Ok(Some(served.listener()?.kernel_drops)),
        }
    }

    /// Its count once it is as expected, or does not grow any more.
    fn settled(&mut self, expected: u64) -> Result<u64, Failed> {
        let (mut latest, mut since) = (self.count()?, Instant::now());
        while latest < expected && since.elapsed() < SETTLING {
            std::thread::sleep(LOOK);
            let count = self.count()?;
            if count > latest {
                (latest, since) = (count, Instant::now());
            }
        }
        Ok(latest)
    }
}

fn order(sender: &mut Helper, to: SocketAddr, rate: f64, seconds: f64) -> Result<Sent, Failed> {
    let [datagrams, nanoseconds] = sender.order(&format!("{to} {rate} {seconds}"))?;
    Ok(Sent { datagrams, time: Duration::from_nanos(nanoseconds) })
}

impl Taken {
    /// Datagrams a second that were really sent.
    #[must_use]
    pub fn attained(&self) -> f64 {
        self.sent.datagrams as f64 / self.sent.time.as_secs_f64()
    }

    /// Datagrams that were sent and not received, in percent.
    #[must_use]
    pub fn loss_percent(&self) -> f64 {
        let lost = self.sent.datagrams.saturating_sub(self.received);
        100.0 * lost as f64 / self.sent.datagrams.max(1) as f64
    }

    /// Whether what was lost is not worth the name.
    #[must_use]
    pub fn is_lossless(&self) -> bool {
        self.loss_percent() <= LOSSLESS_PERCENT
    }

    /// The part of the time in which something else had the processors, in percent.
    #[must_use]
    pub fn waited_percent(&self) -> f64 {
        100.0 * self.waited / self.sent.time.as_secs_f64()
    }

    /// Whether that tells something of sender and receiver. Where something else had their processors for long, loss does not, nor that less was sent than
    /// was wanted; that all was sent and taken does all the same.
    #[must_use]
    pub fn is_telling(&self) -> bool {
        let is_quiet = self.waited <= QUIET * self.sent.time.as_secs_f64();
        is_quiet || (self.is_lossless() && self.attained() >= ATTAINED * self.wanted)
    }

    /// Processor time in the receiver's own code, in microseconds for each datagram that was received.
    #[must_use]
    pub fn user_micros(&self) -> f64 {
        self.used.user * 1e6 / self.received.max(1) as f64
    }

    /// Processor time in the kernel, likewise.
    #[must_use]
    pub fn system_micros(&self) -> f64 {
        self.used.system * 1e6 / self.received.max(1) as f64
    }

    /// The part of its processor time that the receiver's own code took, in percent.
    #[must_use]
    pub fn user_percent(&self) -> f64 {
        100.0 * self.used.user / self.used.total()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_ten_thousand_is_no_loss() {
        let sent = Sent { datagrams: 100_000, time: Duration::from_secs(2) };
        let taken = |received| Taken { sent, received, used: Used { user: 0.01, system: 0.03 }, ..Taken::default() };
        assert!(taken(99_990).is_lossless() && !taken(99_989).is_lossless());
        let whole = taken(100_000);
        assert!((whole.attained() - 50_000.0).abs() < 1e-6 && (whole.user_percent() - 25.0).abs() < 1e-6);
        let busy = |received, seconds| Taken {
            wanted: 50_000.0,
            waited: 1.0,
            sent: Sent { time: Duration::from_secs(seconds), ..sent },
            ..taken(received)
        };
        assert!(busy(100_000, 2).is_telling() && !busy(99_000, 2).is_telling() && !busy(100_000, 3).is_telling());
        assert!(taken(99_000).is_telling());
        assert!((whole.user_micros() - 0.1).abs() < 1e-9 && (whole.system_micros() - 0.3).abs() < 1e-9);
    }
}
