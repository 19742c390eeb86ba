//! What the sockets of each listening address took: since the start, and in the window.

use std::sync::Arc;

use schema::Timestamp;
use schema::status::Listener;
use schema::window::ListenerRow;

use crate::counts::Counts;
use crate::receiving::SocketStats;

/// The listening addresses. A lane belongs to one of them.
pub(crate) struct Listening {
    addresses: Vec<Address>,
}

struct Address {
    /// As it was bound; its counters stay at zero.
    bound: Listener,
    /// As it is written to the rows.
    name: Arc<str>,
    /// What it had taken when the last window was closed.
    closed: Taken,
}

/// What was taken since the start.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Taken {
    datagrams: u64,
    octets: u64,
    kernel_drops: u64,
    truncated: u64,
    errors: u64,
    refused: u64,
}

/// What one lane counted since the start, and the place of the address to which it belongs.
pub(crate) type OfLane<'a> = (usize, &'a SocketStats, &'a Counts);

impl Listening {
    pub(crate) fn new(listeners: Vec<Listener>) -> Self {
        let address = |bound: Listener| Address { name: bound.address.to_string().into(), bound, closed: Taken::default() };
        Self { addresses: listeners.into_iter().map(address).collect() }
    }

    /// Every address with what its lanes counted since the start.
    pub(crate) fn status<'a>(&self, lanes: impl Iterator<Item = OfLane<'a>>) -> Vec<Listener> {
        let sums = self.sums(lanes);
        let status = |(address, taken): (&Address, Taken)| Listener {
            datagrams: taken.datagrams,
            octets: taken.octets,
            kernel_drops: taken.kernel_drops,
            truncated: taken.truncated,
            errors: taken.errors,
            refused: taken.refused,
            ..address.bound.clone()
        };
        self.addresses.iter().zip(sums).map(status).collect()
    }

    /// A row for each address with what came since the last window was closed.
    pub(crate) fn rows<'a>(&self, time: Timestamp, exchange: &Arc<str>, lanes: impl Iterator<Item = OfLane<'a>>) -> Vec<ListenerRow> {
        let sums = self.sums(lanes);
        let row = |(address, taken): (&Address, Taken)| {
            let growth = taken.since(address.closed);
            ListenerRow {
                time,
                exchange: Arc::clone(exchange),
                address: Arc::clone(&address.name),
                datagrams: growth.datagrams,
                octets: growth.octets,
                kernel_drops: growth.kernel_drops,
                truncated: growth.truncated,
                errors: growth.errors,
                refused: growth.refused,
            }
        };
        self.addresses.iter().zip(sums).map(row).collect()
    }

    /// Notes that a window was closed with what came until now.
    pub(crate) fn close<'a>(&mut self, lanes: impl Iterator<Item = OfLane<'a>>) {
        let sums = self.sums(lanes);
        for (address, taken) in self.addresses.iter_mut().zip(sums) {
            address.closed = taken;
        }
    }

    fn sums<'a>(&self, lanes: impl Iterator<Item = OfLane<'a>>) -> Vec<Taken> {
        let mut sums = vec![Taken::default(); self.addresses.len()];
        for (listener, stats, counts) in lanes {
            if let Some(sum) = sums.get_mut(listener) {
                sum.add(stats, counts);
            }
        }
        sums
    }
}

impl Taken {
    fn add(&mut self, stats: &SocketStats, counts: &Counts) {
        self.datagrams += stats.datagrams;
        self.octets += stats.octets;
        self.kernel_drops += stats.kernel_drops;
        self.truncated += stats.truncated;
        self.errors += stats.errors;
        self.refused += counts.not_read();
    }

    const fn since(self, before: Self) -> Self {
        Self {
            datagrams: self.datagrams.saturating_sub(before.datagrams),
            octets: self.octets.saturating_sub(before.octets),
            kernel_drops: self.kernel_drops.saturating_sub(before.kernel_drops),
            truncated: self.truncated.saturating_sub(before.truncated),
            errors: self.errors.saturating_sub(before.errors),
            refused: self.refused.saturating_sub(before.refused),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listener(port: u16) -> Listener {
        let address = ([127, 0, 0, 1], port).into();
        Listener { address, threads: 2, receive_buffer: 1, datagrams: 0, octets: 0, kernel_drops: 0, truncated: 0, errors: 0, refused: 0 }
    }

    fn stats(datagrams: u64) -> SocketStats {
        SocketStats { datagrams, octets: 100 * datagrams, kernel_drops: datagrams / 2, truncated: 1, errors: 0 }
    }

    #[test]
    fn a_row_is_the_growth_of_all_lanes_of_its_address_since_the_last_window() {
        let mut listening = Listening::new(vec![listener(6343), listener(2055)]);
        let counts = |strangers| Counts { strangers, ..Counts::default() };
        let before = [(0, stats(10), counts(1)), (1, stats(4), counts(0)), (0, stats(20), counts(2))];
        fn lanes(of: &[(usize, SocketStats, Counts)]) -> impl Iterator<Item = OfLane<'_>> {
            of.iter().map(|(listener, stats, counts)| (*listener, stats, counts))
        }
        let of = |listening: &Listening, now: &[(usize, SocketStats, Counts)]| {
            let rows = listening.rows(Timestamp(60_000), &"ix".into(), lanes(now));
            let figures = |row: &ListenerRow| (row.address.to_string(), row.datagrams, row.octets, row.kernel_drops, row.refused);
            rows.iter().map(figures).collect::<Vec<_>>()
        };
        let (first, second) = ("127.0.0.1:6343".to_owned(), "127.0.0.1:2055".to_owned());
        assert_eq!(of(&listening, &before), [(first.clone(), 30, 3_000, 15, 3), (second.clone(), 4, 400, 2, 0)]);
        listening.close(lanes(&before));
        let after = [(0, stats(12), counts(1)), (1, stats(4), counts(0)), (0, stats(30), counts(7))];
        assert_eq!(of(&listening, &after), [(first, 12, 1_200, 6, 5), (second, 0, 0, 0, 0)]);
        let since_the_start: Vec<u64> = listening.status(lanes(&after)).iter().map(|listener| listener.datagrams).collect();
        assert_eq!(since_the_start, [42, 4]);
    }
}
