//! How many threads receive, with which buffers and by how large batches: chosen from the machine, unless the operator knows better.
//!
//! [`Sizes::choose`] is a function of the facts alone, and says its reasons.

use std::fmt;

use crate::machine::{DOUBLED, Machine};

/// Receiving threads that are started by themselves at most, over all addresses; each address has one at least. A few switches make a few busy
/// sockets, whatever the number of processors.
const MOST_THREADS: usize = 8;

/// Receive buffer that is worth having, in octets for each socket. It holds what comes while something else has the thread's processor: at 300,000
/// datagrams/s a tenth of a second of it, several turns of the kernel's scheduler.
pub const USEFUL_BUFFER: usize = 32 << 20;

/// Receive buffer below which the operator is told how to get more, in octets. At a paced 200,000 datagrams/s 8 MiB lost nothing, 1 MiB 0.65 %,
/// and Linux' default of 208 KiB 13 %.
const ENOUGH_BUFFER: usize = 8 << 20;

/// Smallest receive buffer that is chosen, in octets, however little memory there is: Linux' own default is of this order.
const LEAST_BUFFER: usize = 256 << 10;

/// Buffers are chosen in steps of that, in octets, where there is room for one.
const BUFFER_STEP: usize = 1 << 20;

/// All receive buffers together may take this part of the memory when they are full: on a machine of 1 GiB, 64 MiB.
const BUFFERS_SHARE: u64 = 16;

/// Memory that is assumed where it cannot be found out, in octets.
const ASSUMED_MEMORY: u64 = 1 << 30;

/// Datagrams that are read by one system call at most. The call's own cost is then less than a hundredth of a datagram's.
const MOST_BATCH: usize = 64;

/// Datagrams that are read by one system call at least, whatever the cache: with fewer the call itself would be what costs.
const LEAST_BATCH: usize = 16;

/// What a datagram takes of the cache, in octets: one that fills an Ethernet frame.
const IN_CACHE: usize = 1_536;

/// A batch may take this part of the second-level cache; the rest is for members, cells and streams.
const BATCH_SHARE: usize = 4;

/// What the operator wants; what is left out is chosen.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Wanted {
    /// Receiving threads for each address.
    pub threads: Option<usize>,
    /// Receive buffer of each thread, in octets.
    pub receive_buffer: Option<usize>,
    /// Datagrams that are read by one system call.
    pub batch: Option<usize>,
}

/// What is used, and why. Its text is one line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sizes {
    /// Receiving threads for each address.
    pub threads: usize,
    /// Receive buffer of each thread, in octets; as the kernel is asked for it, which takes the double to hold so much.
    pub receive_buffer: usize,
    /// Datagrams that are read by one system call.
    pub batch: usize,
    reasons: [String; 3],
    advice: Option<String>,
}

impl Sizes {
    /// What is wanted, and for what is not said the best that this machine allows, for so many listening addresses.
    #[must_use]
    pub fn choose(machine: &Machine, addresses: usize, wanted: Wanted) -> Self {
        let addresses = addresses.max(1);
        let configured = |number| (number, "as configured".to_owned());
        let (threads, why_threads) = wanted.threads.map_or_else(|| threads(machine, addresses), configured);
        let (asked, why_buffer) = wanted.receive_buffer.map_or_else(|| receive_buffer(machine, addresses * threads), configured);
        let (receive_buffer, why_buffer) = match allowed(machine, asked) {
            Some(limit) => (limit, format!("net.core.rmem_max allows no more; {} {why_buffer}", octets(asked))),
            None if machine.buffer_limit < asked => (asked, format!("{why_buffer}; CAP_NET_ADMIN goes beyond net.core.rmem_max")),
            None => (asked, why_buffer),
        };
        let (batch, why_batch) = wanted.batch.map_or_else(|| batch(machine), configured);
        let is_short = receive_buffer < asked && (receive_buffer < ENOUGH_BUFFER || wanted.receive_buffer.is_some());
        let advice = is_short.then(|| {
            format!(
                "net.core.rmem_max allows a receive buffer of {} instead of {}; bursts may be lost: set it to {asked} by sysctl, or give the service CAP_NET_ADMIN",
                octets(receive_buffer),
                octets(asked)
            )
        });
        Self { threads, receive_buffer, batch, reasons: [why_threads, why_buffer, why_batch], advice }
    }

    /// What the operator should do about it, if anything.
    #[must_use]
    pub fn advice(&self) -> Option<&str> {
        self.advice.as_deref()
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [why_threads, why_buffer, why_batch] = &self.reasons;
        write!(
            f,
            "threads = {} for each address ({why_threads}), receive_buffer = {} for each thread ({why_buffer}), batch = {} datagrams a call ({why_batch})",
            self.threads,
            octets(self.receive_buffer),
            self.batch
        )
    }
}

/// The processors are shared among the addresses.
fn threads(machine: &Machine, addresses: usize) -> (usize, String) {
    let shared = machine.processors.clamp(1, MOST_THREADS);
    let of = if machine.processors > MOST_THREADS { format!(", of which {MOST_THREADS} are used") } else { String::new() };
    (shared.div_ceil(addresses), format!("{}{of}, for {}", count(machine.processors, "processor"), count(addresses, "address")))
}

/// As much as is useful, but no more than the memory bears if each of so many sockets' buffers is full.
fn receive_buffer(machine: &Machine, sockets: usize) -> (usize, String) {
    let memory = machine.memory.unwrap_or(ASSUMED_MEMORY);
    let share = usize::try_from(memory / BUFFERS_SHARE).unwrap_or(usize::MAX) / (sockets.max(1) * DOUBLED);
    if share >= USEFUL_BUFFER {
        return (USEFUL_BUFFER, "the memory bears it".to_owned());
    }
    let rounded = if share >= BUFFER_STEP { share - share % BUFFER_STEP } else { share };
    let why = format!("{} take a sixteenth of {} of memory at most", count(sockets, "full buffer"), octets_rounded(memory));
    (rounded.max(LEAST_BUFFER), why)
}

/// The limit that applies to a buffer, if one does.
fn allowed(machine: &Machine, buffer: usize) -> Option<usize> {
    (!machine.forces_buffers && machine.buffer_limit < buffer).then_some(machine.buffer_limit)
}

/// As many datagrams as stay in the cache between the kernel's copying and the reading.
fn batch(machine: &Machine) -> (usize, String) {
    let Some(cache) = machine.cache else { return (MOST_BATCH, "usual".to_owned()) };
    let fits = cache / BATCH_SHARE / IN_CACHE;
    let why = if fits < MOST_BATCH { "a quarter of" } else { "fits" };
    (fits.clamp(LEAST_BATCH, MOST_BATCH), format!("{why} a second-level cache of {}", octets(cache)))
}

fn count(number: usize, noun: &str) -> String {
    let plural = if noun.ends_with('s') { "es" } else { "s" };
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}{plural}") }
}

/// A size as the configuration takes it.
fn octets(size: usize) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let whole = units.into_iter().find(|(shift, _)| size > 0 && size.is_multiple_of(1 << shift));
    whole.map_or_else(|| size.to_string(), |(shift, unit)| format!("{}{unit}", size >> shift))
}

/// A size for people.
fn octets_rounded(size: u64) -> String {
    format!("{:.1} GiB", size as f64 / f64::from(1 << 30))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    /// A machine with all that is needed, and the right to have it.
    const LARGE: Machine =
        Machine { processors: 16, memory: Some(64 * GIB), cache: Some(1 << 20), forces_buffers: true, buffer_limit: 212_992 };

    fn chosen(machine: Machine, addresses: usize) -> Sizes {
        Sizes::choose(&machine, addresses, Wanted::default())
    }

    fn numbers(sizes: &Sizes) -> (usize, usize, usize) {
        (sizes.threads, sizes.receive_buffer, sizes.batch)
    }

    #[test]
    fn a_large_machine_gives_all_that_is_useful() {
        let sizes = chosen(LARGE, 1);
        assert_eq!(numbers(&sizes), (MOST_THREADS, USEFUL_BUFFER, MOST_BATCH));
        assert_eq!(sizes.advice(), None);
        assert_eq!(
            sizes.to_string(),
            "threads = 8 for each address (16 processors, of which 8 are used, for 1 address), receive_buffer = 32MiB for each thread \
             (the memory bears it; CAP_NET_ADMIN goes beyond net.core.rmem_max), batch = 64 datagrams a call (fits a second-level cache of 1MiB)"
        );
    }

    #[test]
    fn the_processors_are_shared_among_the_addresses_and_each_has_a_thread() {
        let threads = |processors, addresses| chosen(Machine { processors, ..LARGE }, addresses).threads;
        assert_eq!([threads(1, 1), threads(1, 3), threads(2, 1), threads(2, 3), threads(4, 3), threads(64, 3)], [1, 1, 2, 1, 2, 3]);
    }

    #[test]
    fn full_buffers_leave_a_small_machine_its_memory() {
        for (gib, processors) in [(1, 1), (1, 4), (2, 2), (4, 8)] {
            let machine = Machine { processors, memory: Some(gib * GIB), ..LARGE };
            let sizes = chosen(machine, 3);
            let full = (3 * sizes.threads * sizes.receive_buffer * DOUBLED) as u64;
            assert!(full <= gib * GIB / BUFFERS_SHARE && full * 2 > gib * GIB / BUFFERS_SHARE, "{full} octets of {gib} GiB: {sizes}");
        }
        let one = chosen(Machine { processors: 1, memory: Some(GIB), ..LARGE }, 3);
        assert_eq!(numbers(&one), (1, 10 << 20, MOST_BATCH));
        assert!(one.to_string().contains("3 full buffers take a sixteenth of 1.0 GiB of memory at most"), "{one}");
        assert_eq!(chosen(Machine { memory: Some(64 << 20), ..LARGE }, 3).receive_buffer, LEAST_BUFFER);
        assert_eq!(chosen(Machine { memory: None, ..LARGE }, 1), chosen(Machine { memory: Some(GIB), ..LARGE }, 1));
    }

    #[test]
    fn without_the_privilege_the_systems_limit_is_what_there_is_and_the_operator_is_told() {
        let ordinary = Machine { forces_buffers: false, ..LARGE };
        let sizes = chosen(ordinary, 1);
        assert_eq!(sizes.receive_buffer, 212_992);
        assert!(
            sizes.to_string().contains("208KiB for each thread (net.core.rmem_max allows no more; 32MiB the memory bears it)"),
            "{sizes}"
        );
        assert!(sizes.advice().unwrap().contains("set it to 33554432"), "{:?}", sizes.advice());
        // What is enough is no reason to trouble anybody, unless more was asked for.
        let raised = Machine { buffer_limit: 16 << 20, ..ordinary };
        assert_eq!((chosen(raised, 1).receive_buffer, chosen(raised, 1).advice()), (16 << 20, None));
        let asked = Sizes::choose(&raised, 1, Wanted { receive_buffer: Some(20 << 20), ..Wanted::default() });
        assert!(asked.receive_buffer == 16 << 20 && asked.advice().is_some(), "{asked}");
    }

    #[test]
    fn a_batch_stays_in_a_small_cache() {
        let batch = |cache| chosen(Machine { cache, ..LARGE }, 1).batch;
        assert_eq!([batch(Some(1 << 20)), batch(Some(256 << 10)), batch(Some(64 << 10)), batch(None)], [64, 42, 16, 64]);
    }

    #[test]
    fn what_is_configured_is_used_as_it_is() {
        let wanted = Wanted { threads: Some(3), receive_buffer: Some(65_536), batch: Some(200) };
        let sizes = Sizes::choose(&LARGE, 2, wanted);
        assert_eq!(numbers(&sizes), (3, 65_536, 200));
        assert_eq!(sizes.to_string().matches("as configured").count(), 3);
    }
}
