//! Sends a stock of datagrams at a given pace, as a process of its own.

use std::collections::HashMap;
use std::io::{self, IoSlice};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use nix::sys::socket::{ControlMessage, MsgFlags, SockaddrIn, sendmsg};

use super::orders;
use super::served::Failed;
use super::stock::{Numbers, Stock};

/// When it is ahead of its pace by more than that, it sleeps instead of looking at the clock.
const NAP: Duration = Duration::from_micros(100);

/// When it is behind its pace by more than that, because something else had the processor, it goes on from there instead of making up for it by a
/// burst that no buffer could hold.
const BEHIND: Duration = Duration::from_millis(2);

/// Longest order, so that a sender that is left alone ends.
const LONGEST: Duration = Duration::from_secs(120);

/// A sender of a stock.
pub struct Sender {
    stock: Stock,
    /// One for each agent, each with an address of its own, so that a receiver tells them apart.
    sockets: Vec<UdpSocket>,
    numbers: HashMap<SocketAddr, Numbers>,
}

/// What was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Datagrams.
    pub datagrams: u64,
    /// In so much time.
    pub time: Duration,
}

impl Sender {
    /// A sender of an exchange's datagrams. Its agents have addresses of the loopback network.
    ///
    /// # Errors
    /// If there is no socket to be had.
    pub fn new(members: usize) -> io::Result<Self> {
        let stock = Stock::of(members);
        let addresses = (1_u8..=250).map(|last| Ipv4Addr::new(127, 0, 1, last));
        let sockets = stock.agents.iter().zip(addresses).map(|(_, address)| UdpSocket::bind((address, 0))).collect::<io::Result<_>>()?;
        Ok(Self { stock, sockets, numbers: HashMap::new() })
    }

    /// Obeys orders from standard input: `ADDRESS DATAGRAMS_PER_SECOND SECONDS`, answered by what was sent and in how many nanoseconds.
    ///
    /// # Errors
    /// If an order is not understood, or the kernel refuses to send.
    pub fn obey(mut self) -> Result<(), Failed> {
        orders::obey(|words| {
            let (to, rate, seconds) = (orders::next(words)?, orders::next(words)?, orders::next::<f64>(words)?);
            let sent = self.send(to, rate, Duration::from_secs_f64(seconds))?;
            Ok(vec![sent.datagrams, u64::try_from(sent.time.as_nanos())?])
        })
    }

    /// Sends so many datagrams a second for some time.
    ///
    /// # Errors
    /// If the kernel refuses to send.
    pub fn send(&mut self, to: SocketAddr, rate: f64, length: Duration) -> io::Result<Sent> {
        let SocketAddr::V4(address) = to else { return Err(io::Error::other("agents with IPv4 addresses send to IPv4 only")) };
        let length = length.min(LONGEST);
        let numbers = self.numbers.entry(to).or_insert_with(|| self.stock.numbers());
        let mut pace = Pace::new(rate);
        let (began, mut datagrams) = (Instant::now(), 0);
        loop {
            let now = began.elapsed();
            if now >= length {
                return Ok(Sent { datagrams, time: now });
            }
            let early = pace.early(now);
            if early > NAP {
                std::thread::sleep(early.min(length - now));
            }
            if !early.is_zero() {
                continue;
            }
            let burst = self.stock.next(numbers);
            call(&self.sockets[burst.agent], burst.octets, burst.length, address)?;
            datagrams += burst.datagrams;
            pace.sent(burst.datagrams);
        }
    }
}

/// One system call, which the kernel cuts into datagrams of this length (`UDP_SEGMENT`, udp(7)).
fn call(socket: &UdpSocket, octets: &[u8], length: u16, to: SocketAddrV4) -> io::Result<()> {
    let segments = [ControlMessage::UdpGsoSegments(&length)];
    match sendmsg(socket.as_raw_fd(), &[IoSlice::new(octets)], &segments, MsgFlags::empty(), Some(&SockaddrIn::from(to))) {
        // A full buffer at the other side is not the sender's matter.
        Ok(_) | Err(nix::errno::Errno::ENOBUFS | nix::errno::Errno::ECONNREFUSED) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// When the next burst is due.
struct Pace {
    /// Seconds for each datagram.
    each: f64,
    /// When the next burst is due, in seconds since the start.
    due: f64,
}

impl Pace {
    fn new(rate: f64) -> Self {
        Self { each: 1.0 / rate.max(f64::MIN_POSITIVE), due: 0.0 }
    }

    /// How long there is to wait.
    fn early(&mut self, now: Duration) -> Duration {
        let now = now.as_secs_f64();
        self.due = self.due.max(now - BEHIND.as_secs_f64());
        Duration::try_from_secs_f64(self.due - now).unwrap_or(Duration::ZERO)
    }

    fn sent(&mut self, datagrams: u64) {
        self.due += self.each * datagrams as f64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_due_when_those_before_it_have_had_their_time() {
        let mut pace = Pace::new(1_000.0);
        assert_eq!(pace.early(Duration::ZERO), Duration::ZERO);
        pace.sent(20);
        assert_eq!(pace.early(Duration::from_millis(5)), Duration::from_millis(15));
        assert_eq!(pace.early(Duration::from_millis(20)), Duration::ZERO);
    }

    #[test]
    fn time_that_was_lost_is_not_made_up_for_by_a_flood() {
        let mut pace = Pace::new(1_000.0);
        let late = Duration::from_secs(5);
        let mut burst = 0;
        while pace.early(late).is_zero() {
            pace.sent(1);
            burst += 1;
        }
        assert!(burst <= 3, "{burst} datagrams at once");
    }

    #[test]
    fn what_is_sent_arrives_as_single_datagrams() {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        receiver.set_nonblocking(true).unwrap();
        let mut sender = Sender::new(12).unwrap();
        // Less than one burst a second: the first one alone.
        let sent = sender.send(receiver.local_addr().unwrap(), 1.0, Duration::from_millis(5)).unwrap();
        let mut buffer = [0; 2_048];
        let mut from = None;
        for _ in 0..sent.datagrams {
            let (length, source) = receiver.recv_from(&mut buffer).unwrap();
            assert!(length <= 1_400 && buffer[..8] == [0, 0, 0, 5, 0, 0, 0, 1]);
            assert_eq!(*from.get_or_insert(source), source);
        }
        assert!(sent.datagrams > 0 && receiver.recv_from(&mut buffer).is_err());
    }
}
